"""A botocore session whose credentials fail in words, and in time.

botocore runs programs (`credential_process`) and asks for codes of MFA devices. What a program says may be anything, it
may never end, and there may be nobody to ask: each is told as a failure of the credentials, which no call survives.
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
"""Seconds that credentials may take, but for the time in which somebody is asked for a code."""
_POLL = 0.5
_T = TypeVar("_T")


class CredentialsFailed(BotoCoreError):
    """The credentials cannot be had. `reason` follows "The AWS credentials cannot be had: "."""

    fmt = "{reason}"


def new_session(profile: str | None) -> Session:
    """A session of the profile. Raises DynaopsError for a profile, or a configuration, that cannot be used."""
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
    """botocore's chain of credential providers, with its failures as CredentialsFailed."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self._asking = threading.Event()
        for provider in inner.providers:
            if hasattr(provider, "_prompter"):
                provider._prompter = self._asked

    def load_credentials(self) -> Any:
        found = _in_time(self._inner.load_credentials, self._asking)
        return found if found is None else _Credentials(found, self._asking)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def _asked(self, prompt: str) -> str:
        """The code that somebody types. Raises CredentialsFailed where there is no terminal to ask on."""
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
    """Credentials as botocore knows them; what goes wrong when they are renewed is CredentialsFailed."""

    def __init__(self, inner: Any, asking: threading.Event) -> None:
        self._inner = inner
        self._asking = asking

    def get_frozen_credentials(self) -> Any:
        due = getattr(self._inner, "refresh_needed", None)
        if due is not None and due():
            found = _in_time(self._inner.get_frozen_credentials, self._asking)
        else:
            found = _told(self._inner.get_frozen_credentials)
        for part in (found.access_key, found.secret_key, found.token):
            if part and not (part.isprintable() and " " not in part):
                raise CredentialsFailed(reason="they have characters that no credentials have")
        return found

    def get_deferred_property(self, name: str) -> Callable[[], Any]:
        """How botocore asks for the account's id when it chooses an endpoint."""
        return lambda: getattr(self, name, None)

    def __getattr__(self, name: str) -> Any:
        """Some of what is asked for renews them, too."""
        try:
            return getattr(self._inner, name)
        except RuntimeError as error:
            raise CredentialsFailed(reason=str(error)) from error


def _in_time(job: Callable[[], _T], asking: threading.Event) -> _T:
    """The result of `job`, which is given up after PATIENCE. Raises CredentialsFailed."""
    results: list[_T] = []
    failures: list[BaseException] = []

    def work() -> None:
        try:
            results.append(_told(job))
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


def _told(job: Callable[[], _T]) -> _T:
    """The result of `job`, whatever it fails with as CredentialsFailed."""
    try:
        return job()
    except CredentialRetrievalError as error:
        said = str(error.kwargs.get("error_msg", "")).strip() or "it failed and said nothing"
        raise CredentialsFailed(reason=f"{error.kwargs.get('provider', 'a provider')}: {said}") from error
    except (BotoCoreError, DynaopsError):
        raise
    except OSError as error:
        told = f"{error.filename}: {error.strerror}" if error.filename else str(error)
        raise CredentialsFailed(reason=told) from error
    except RuntimeError as error:
        raise CredentialsFailed(reason=f"{error}") from error
    except Exception as error:
        raise CredentialsFailed(
            reason=f"what gives them (such as credential_process) said nothing that can be read ({error})"
        ) from error


def has_terminal() -> bool:
    """Whether somebody can be asked."""
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | getattr(os, "O_NOCTTY", 0)))
    except OSError:
        return False
    return True
