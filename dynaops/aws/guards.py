"""Guards of an environment: calls are allowed in one account and certain regions only, checked before each call."""

from __future__ import annotations

from dataclasses import dataclass

from dynaops.model.errors import DynaopsError

_WITHOUT_REGION = {"iam", "pricing", "s3", "sts"}
"""Global services, which no region guard applies to (and S3: a bucket has a region of its own)."""


class GuardError(DynaopsError):
    """A guard of the environment forbids the call; nothing was sent."""


@dataclass(frozen=True)
class Guard:
    """The guards of an environment. None: not guarded. `environment` and `*_said` are for messages."""

    account: str | None = None
    regions: tuple[str, ...] | None = None
    environment: str = ""
    account_said: str = "account"
    regions_said: str = "regions"

    def check_region(self, service: str, region: str) -> None:
        """Raise GuardError for a call outside the environment's regions."""
        if self.regions is not None and region not in self.regions and service not in _WITHOUT_REGION:
            raise GuardError(
                f"The environment {self.environment} is kept to {', '.join(self.regions)} "
                f"({self.regions_said}); a call of {service} in {region} was not sent",
                "Name another region, or add this one to the environment's `regions`.",
            )

    def check_account(self, account: str | None) -> None:
        """Raise GuardError if the caller's account is not the environment's, or is not known."""
        if self.account is None or account == self.account:
            return
        actual = (
            f"the credentials are of account {account}"
            if account
            else "nobody says whose the credentials are"
        )
        raise GuardError(
            f"The environment {self.environment} is in account {self.account} ({self.account_said}), "
            f"and {actual}: nothing was read or changed",
            "Use credentials of that account (--profile, or the environment's profile or role_arn), "
            "or choose another environment with -E.",
        )
