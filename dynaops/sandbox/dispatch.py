"""The registry of our handlers: which function answers which AWS operation.

A service's module decorates one function for each operation; moto answers the other operations::

    @operation("dynamodb", "DescribeTable")
    def describe_table(call: Call) -> dict[str, Any]: ...

The function returns the response body (as JSON on the wire: numbers for timestamps), or raises ApiError.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dynaops.sandbox.world import Region, World


@dataclass(frozen=True)
class ApiCall:
    """One request: account, region, operation and body."""

    world: World
    account: str
    region: str
    operation: str
    body: dict[str, Any]
    request_id: str = ""
    leaves_out: Callable[[], bool] | None = None
    """Set if a fault leaves parts of a batch unprocessed: tells whether the next part is left out."""

    @property
    def here(self) -> Region:
        """The resources of the caller's account in the region of the call."""
        return self.world.region(self.account, self.region)

    @property
    def now(self) -> float:
        return self.world.now()


PASS: dict[str, Any] = {}
"""What a handler returns (this very object) to let moto answer the request."""


@dataclass(frozen=True)
class Touched:
    """What a handler returns to let moto answer, with changes of the request or the response.

    `request` changes moto's parsed parameters in place, `answer` the body of a successful response.
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
    """Our handler of an operation, or None if moto answers it."""
    return _HANDLERS.get((service, name))
