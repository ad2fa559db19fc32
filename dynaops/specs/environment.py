"""Decides which environment variables specs may read as ``${env.NAME}``.

The author of a spec decides what a plan shows, and a pipeline's environment holds its credentials. So a name is
readable only by its prefix, and a name that looks like a secret only if the command line names it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

PREFIX = "DYNAOPS_VAR_"
"""The prefix of the names that every spec may read."""
_SECRET = re.compile(
    r"^AWS_"
    r"|TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|PASSCODE|CREDENTIAL|PRIVATE|COOKIE|BEARER|WEBHOOK|AUTHORIZATION|SIGNING"
    r"|API_?KEY|ACCESS_?KEY|CONNECTION_?STRING|DATABASE_UR[IL]"
    r"|(^|_)(KEYS?|PASS|PWD|AUTH|CREDS?|JWT|PAT|DSN|PIN|OTP|MFA)(_(ID|B64|BASE64|PEM|FILE|DATA))?$",
    re.IGNORECASE,
)
_PREFIX_FORM = re.compile(r"[A-Za-z][A-Za-z0-9]\w*_", re.ASCII)


def looks_secret(name: str) -> bool:
    """Whether an environment variable of that name is likely to hold a secret."""
    return bool(_SECRET.search(name))


def prefix_error(prefix: str) -> str | None:
    """Why a project cannot allow the names that begin with `prefix`; None if it can."""
    if not _PREFIX_FORM.fullmatch(prefix):
        return "is no prefix: it has at least two letters or digits and ends with _, such as SHOP_"
    if looks_secret(prefix) or looks_secret(f"{prefix}X"):
        return "would open names that look like those of secrets"
    return None


@dataclass(frozen=True)
class Environment:
    """The environment variables for specs. `prefixes` are from the project file; `names` from the command line."""

    values: Mapping[str, str] = field(repr=False)
    prefixes: tuple[str, ...] = ()
    names: frozenset[str] = frozenset()

    def get(self, name: str) -> str | None:
        """The value if specs may read the name and it is set, else None."""
        return self.values.get(name) if self.refusal(name) is None else None

    def refusal(self, name: str) -> tuple[str, str] | None:
        """Why specs may not read `name`, and a hint; None if they may. Does not depend on whether it is set."""
        if name in self.names:
            return None
        allow = f"--env-var {name}"
        if looks_secret(name):
            return (
                "its name looks like that of a secret",
                f"If plans may show its value, allow it with {allow}.",
            )
        allowed = (PREFIX, *self.prefixes)
        if name.startswith(allowed):
            return None
        return (
            f"only names that begin with {' or '.join(allowed)} are open to specs",
            f"Allow it with {allow}, name it {PREFIX}{name}, or add its prefix to env_prefixes in dynaops.toml.",
        )
