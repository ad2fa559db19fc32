"""moto's IAM backends: one for each account and partition."""

from __future__ import annotations

from typing import Any

from dynaops.model.arns import partition_of


def iam_backend(account: str, region: str) -> Any:
    """The IAM backend of an account in the region's partition."""
    from moto.iam.models import iam_backends

    return iam_backends[account][partition_of(region)]
