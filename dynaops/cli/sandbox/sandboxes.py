"""The sandbox process that a command uses, and the credentials for it."""

from __future__ import annotations

import hashlib
import hmac
import os
from typing import TYPE_CHECKING

from dynaops.cli.screen import Screen
from dynaops.cli.settings import GlobalSettings

if TYPE_CHECKING:
    from dynaops.aws.route import Credentials
    from dynaops.sandbox.daemon import Running

_DUMMY = "sandbox"


def running_sandbox(settings: GlobalSettings) -> Running:
    """The sandbox of the working directory, started if needed. Raises DynaopsError."""
    from dynaops.sandbox import daemon

    tell_of_old_content(settings)
    return daemon.ensure()


def tell_of_old_content(settings: GlobalSettings) -> None:
    """Show once that the content that an earlier version kept in the project is not read."""
    from dynaops.sandbox import state_folder

    folder = state_folder.folder_of()
    old = state_folder.old_content(folder)
    if old is not None:
        Screen(settings).aside(
            f"The sandbox keeps its content in {folder} now. What is in {old} is not read; you may delete it."
        )


def credentials(url: str) -> Credentials:
    """The credentials for a sandbox: those of the environment if that sandbox has issued them, else dummy credentials.

    No credentials of the caller are sent to find out, and no profile, SSO login or credential process is read.
    """
    from dynaops.aws.route import Credentials
    from dynaops.sandbox import daemon

    key, secret = os.environ.get("AWS_ACCESS_KEY_ID", ""), os.environ.get("AWS_SECRET_ACCESS_KEY", "")
    if key and secret and key != _DUMMY:
        for issued in daemon.issued_keys(url):
            if issued["id"] == key and _matches(secret, issued["secret"]):
                token = os.environ.get("AWS_SESSION_TOKEN", "")
                return Credentials(key, secret, token if token and _matches(token, issued["token"]) else None)
    return Credentials(_DUMMY, _DUMMY)


def _matches(value: str, digest: str) -> bool:
    return hmac.compare_digest(hashlib.sha256(value.encode()).hexdigest(), digest)
