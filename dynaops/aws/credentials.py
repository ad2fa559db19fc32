"""A botocore session whose credentials fail with a clear message and within a time limit.

botocore runs programs (`credential_process`) and asks for codes of MFA devices. A program may print anything or never
end, and there may be no terminal to ask on: all that is raised as CredentialsFailed.
"""

from __future__ import annotations

import getpass
import os
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from botocore.exceptions import BotoCoreError, ConfigParseError, CredentialRetrievalError, ProfileNotFound

from dynaops.model.errors import DynaopsError

if TYPE_CHECKING:
    from botocore.session import Session

PATIENCE = 60.0
"""Seconds that getting credentials may take, without the time in which the user is asked for a code."""
_POLL = 0.5
_T = TypeVar("_T")


class CredentialsFailed(BotoCoreError):
    """No credentials could be obtained. `reason` is shown after "The AWS credentials cannot be had: "."""

    fmt = "{reason}"


def new_session(profile: str | None) -> Session:
    """A botocore session of the profile. Raises DynaopsError for a profile or configuration that cannot be used."""
    from botocore.session import Session

    session = Session(profile=profile)
    try:
        session.get_scoped_config()
        provider = session.get_component("credential_provider")
    except ProfileNotFound as error:
        names = ", ".join(sorted(session.available_profiles)) or "none is configured"
        raise DynaopsError(f"{error}", f"Profiles there are: {names}.") from error
    except ConfigParseError as error:
        raise DynaopsError(f"AWS's configuration cannot be read: {error}", "Correct the file.") from error
    except ValueError as error:
        hint = "Check ~/.aws/config and the variables that begin with AWS_."
        raise DynaopsError(f"AWS's configuration cannot be used: {error}", hint) from error
    session.register_component("credential_provider", _Resolver(provider))
    return session


class _Resolver:
    """botocore's chain of credential providers, whose failures are raised as CredentialsFailed."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self._asking = threading.Event()
        for provider in inner.providers:
            if hasattr(provider, "_prompter"):
                provider._prompter = self._asked

    def load_credentials(self) -> Any:
        credentials = _in_time(self._inner.load_credentials, self._asking)
        return credentials if credentials is None else _Credentials(credentials, self._asking)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def _asked(self, prompt: str) -> str:
        """Ask the user for the code. Raises CredentialsFailed if there is no terminal."""
        if not has_terminal():
            raise CredentialsFailed(
                reason="the role needs a code of an MFA device (mfa_serial), and there is no terminal to ask for it on"
            )
        self._asking.set()
        try:
            return getpass.getpass(prompt)
        finally:
            self._asking.clear()


class _Credentials:
    """botocore credentials, whose failures on renewal are raised as CredentialsFailed."""

    def __init__(self, inner: Any, asking: threading.Event) -> None:
        self._inner = inner
        self._asking = asking

    def get_frozen_credentials(self) -> Any:
        refresh_needed = getattr(self._inner, "refresh_needed", None)
        if refresh_needed is not None and refresh_needed():
            frozen = _in_time(self._inner.get_frozen_credentials, self._asking)
        else:
            frozen = _translated(self._inner.get_frozen_credentials)
        for part in (frozen.access_key, frozen.secret_key, frozen.token):
            if part and not (part.isprintable() and " " not in part):
                raise CredentialsFailed(reason="they have characters that no credentials have")
        return frozen

    def get_deferred_property(self, name: str) -> Callable[[], Any]:
        """A getter of an attribute: botocore calls it for the account id when it chooses an endpoint."""
        return lambda: getattr(self, name, None)

    def __getattr__(self, name: str) -> Any:
        """An attribute of the credentials, which may renew them. Raises CredentialsFailed."""
        try:
            return getattr(self._inner, name)
        except RuntimeError as error:
            raise CredentialsFailed(reason=str(error)) from error


def _in_time(job: Callable[[], _T], asking: threading.Event) -> _T:
    """The result of `job`, which may take PATIENCE seconds. Raises CredentialsFailed."""
    results: list[_T] = []
    failures: list[BaseException] = []

    def work() -> None:
        try:
            results.append(_translated(job))
        except BaseException as error:
            failures.append(error)

    worker = threading.Thread(target=work, name="credentials", daemon=True)
    worker.start()
    patient_until = time.monotonic() + PATIENCE
    while worker.is_alive() and time.monotonic() < patient_until:
        worker.join(min(_POLL, PATIENCE))
        if asking.is_set():
            patient_until = time.monotonic() + PATIENCE
    if failures:
        raise failures[0]
    if not results:
        raise CredentialsFailed(
            reason=f"what gives them (such as credential_process) did not end within {PATIENCE:.0f} s"
        )
    return results[0]


def _translated(job: Callable[[], _T]) -> _T:
    """The result of `job`, whose failures are raised as CredentialsFailed."""
    try:
        return job()
    except CredentialRetrievalError as error:
        details = str(error.kwargs.get("error_msg", "")).strip() or "it failed and said nothing"
        raise CredentialsFailed(reason=f"{error.kwargs.get('provider', 'a provider')}: {details}") from error
    except (BotoCoreError, DynaopsError):
        raise
    except OSError as error:
        reason = f"{error.filename}: {error.strerror}" if error.filename else str(error)
        raise CredentialsFailed(reason=reason) from error
    except RuntimeError as error:
        raise CredentialsFailed(reason=f"{error}") from error
    except Exception as error:
        raise CredentialsFailed(
            reason=f"what gives them (such as credential_process) said nothing that can be read ({error})"
        ) from error


def has_terminal() -> bool:
    """Whether there is a terminal on which the user can be asked."""
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | getattr(os, "O_NOCTTY", 0)))
    except OSError:
        return False
    return True
