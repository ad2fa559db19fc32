"""moto's IAM: it keeps one for each account and partition."""

from __future__ import annotations

from typing import Any

from dynaops.model.arns import partition_of


def iam_backend(account: str, region: str) -> Any:
    """What an account has in the IAM of the region's partition."""
    from moto.iam.models import iam_backends

    return iam_backends[account][partition_of(region)]
