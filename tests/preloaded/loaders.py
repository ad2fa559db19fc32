"""botocore's descriptions of AWS, read once for all sessions of a process.

Each botocore session reads endpoints.json and the models of its services anew: about 0.2 s of JSON for each of the
hundreds of sessions that tests make.
"""

from __future__ import annotations

import functools

from botocore import loaders


def share() -> None:
    """Let all sessions of this process that look in the same places share one loader, with what it has read."""
    if not hasattr(loaders.create_loader, "cache_info"):
        loaders.create_loader = functools.cache(loaders.create_loader)
