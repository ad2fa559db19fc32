"""Which of our functions answers which AWS operation.

A service file decorates a function per operation; what no function claims goes on to moto::

    @operation("dynamodb", "DescribeTable")
    def describe_table(call: Call) -> dict[str, Any]: ...

The function returns the response body (as the wire's JSON: numbers for timestamps), or raises ApiError.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dynaops.sandbox.world import Region, World


@dataclass(frozen=True)
class ApiCall:
    """One request: where it goes and what it says."""

    world: World
    account: str
    region: str
    operation: str
    body: dict[str, Any]
    request_id: str = ""
    leaves_out: Callable[[], bool] | None = None
    """Where a fault makes a batch leave parts unprocessed: whether the next part is one of them."""

    @property
    def here(self) -> Region:
        """What the caller's account holds in the region that was called."""
        return self.world.region(self.account, self.region)

    @property
    def now(self) -> float:
        return self.world.now()


PASS: dict[str, Any] = {}
"""What a handler returns (this very object) to let moto's own code answer after all."""


@dataclass(frozen=True)
class Touched:
    """What a handler returns to let moto answer, with the request or the answer touched up.

    `request` is given moto's own parsed parameters, `answer` the body of a successful answer; both change them.
    """

    request: Callable[[dict[str, Any]], None] | None = None
    answer: Callable[[dict[str, Any]], None] | None = None


Handler = Callable[[ApiCall], "dict[str, Any] | Touched"]
_HANDLERS: dict[tuple[str, str], Handler] = {}


def operation(service: str, name: str) -> Callable[[Handler], Handler]:
    """Register the decorated function as the answer to `service`'s operation `name`."""

    def register(function: Handler) -> Handler:
        if (service, name) in _HANDLERS:
            raise ValueError(f"{service}:{name} is registered twice")
        _HANDLERS[service, name] = function
        return function

    return register


def handler_for(service: str, name: str) -> Handler | None:
    """Our answer to an operation, or None where moto's stands."""
    return _HANDLERS.get((service, name))
