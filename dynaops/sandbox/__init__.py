"""The embedded AWS: moto, extended with the rules of AWS that moto does not implement.

`Sandbox` runs in this process (for unit tests), `SandboxServer` over HTTP in a thread, `daemon` as a separate
process. Importing this package loads neither moto nor boto3.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dynaops.sandbox.running import Sandbox, SandboxServer

__all__ = ["Sandbox", "SandboxServer"]


def __getattr__(name: str) -> object:
    if name in __all__:
        from dynaops.sandbox import running

        return getattr(running, name)
    raise AttributeError(name)
