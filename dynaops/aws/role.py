"""Assume an IAM role: a session with the role's temporary credentials, which are renewed during a run."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from dynaops.model.arns import global_region

if TYPE_CHECKING:
    from botocore.session import Session

SESSION_NAME = "dynaops"
_CODE = re.compile("[0-9]{6}")


@dataclass(frozen=True)
class Role:
    """A role to assume. `said` and `mfa_said` are the places of its settings, such as "role_arn, dynaops.toml:7:1"."""

    arn: str
    external_id: str | None = None
    session_name: str | None = None
    said: str = "role_arn"
    mfa_serial: str | None = None
    """The ARN or serial number of the MFA device whose code is needed."""
    mfa_said: str = "mfa_serial"

    @property
    def sts_region(self) -> str:
        """A region of the role's partition."""
        return global_region(self.arn.split(":")[1])


def take_on(session: Session, role: Role, sts: Callable[[], Any]) -> None:
    """Make `session` use the role's credentials, which are requested at the first use and when they expire.

    `sts` gives a client of STS that signs with the caller's own credentials.
    """
    from botocore.credentials import DeferredRefreshableCredentials

    session._credentials = DeferredRefreshableCredentials(partial(_assumed, role, sts), "assume-role")  # type: ignore[attr-defined]


def _mfa_code(role: Role) -> str:
    """Ask the user for a code of the role's MFA device. Raises CredentialsFailed.

    The user is asked again when the role's credentials expire, after an hour.
    """
    import getpass

    from dynaops.aws.credentials import CredentialsFailed, has_terminal

    needs = f"the role {role.arn} needs a code of the MFA device {role.mfa_serial} ({role.mfa_said})"
    if not has_terminal():
        raise CredentialsFailed(
            reason=f"{needs}, and there is no terminal to ask for it on. A pipeline takes a role without MFA"
        )
    try:
        code = getpass.getpass(f"Code of the MFA device {role.mfa_serial}: ").strip()
    except (EOFError, OSError):
        code = ""
    if not _CODE.fullmatch(code):
        raise CredentialsFailed(reason=f"{needs}, which has 6 digits")
    return code


def _assumed(role: Role, sts: Callable[[], Any]) -> dict[str, str]:
    """Assume the role; its credentials in the form of botocore's refresh function. Raises CredentialsFailed."""
    from botocore.exceptions import BotoCoreError, ClientError

    from dynaops.aws.credentials import CredentialsFailed

    request = {"RoleArn": role.arn, "RoleSessionName": role.session_name or SESSION_NAME}
    if role.external_id is not None:
        request["ExternalId"] = role.external_id
    if role.mfa_serial is not None:
        request |= {"SerialNumber": role.mfa_serial, "TokenCode": _mfa_code(role)}
    try:
        credentials = sts().assume_role(**request)["Credentials"]
    except ClientError as error:
        details = error.response.get("Error", {})
        raise CredentialsFailed(
            reason=f"the role {role.arn} cannot be assumed ({role.said}): "
            f"{details.get('Message') or details.get('Code') or error}. "
            "The role's trust policy must allow the caller, and the caller's policies sts:AssumeRole"
        ) from error
    except CredentialsFailed:
        raise
    except BotoCoreError as error:
        raise CredentialsFailed(
            reason=f"the role {role.arn} cannot be assumed ({role.said}): {error}"
        ) from error
    return {
        "access_key": credentials["AccessKeyId"],
        "secret_key": credentials["SecretAccessKey"],
        "token": credentials["SessionToken"],
        "expiry_time": credentials["Expiration"].isoformat(),
    }
