"""Faults by rule: throttling, errors, lost connections and denied permissions, as data."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from fnmatch import fnmatchcase
from typing import Any

from dynaops.sandbox.errors import ApiError

EFFECTS = ("throttle", "error", "timeout", "drop_before", "drop_after", "access_denied", "kill")


class Dropped(ConnectionError):
    """The connection is to end without an answer."""


@dataclass
class Rule:
    """When a fault happens, and which.

    `service`, `operation`, `resource` (the table's name) and `region` are glob patterns. `nth` is the matching request
    that is hit first (from 1), `times` how many from there on (None: all), `probability` a chance for each. `effect` is
    one of EFFECTS; `code`, `message` and `status` are of an `error`; `seconds` (real) is how long a `timeout` holds.
    """

    effect: str
    service: str = "*"
    operation: str = "*"
    resource: str = "*"
    region: str = "*"
    nth: int = 1
    times: int | None = 1
    probability: float = 1.0
    seed: int = 0
    code: str = "InternalServerError"
    message: str = "Internal server error"
    status: int = 500
    seconds: float = 1.0
    seen: int = 0
    _random: random.Random = field(default_factory=random.Random, repr=False)

    def __post_init__(self) -> None:
        if self.effect not in EFFECTS:
            raise ValueError(f"a fault's effect is one of {', '.join(EFFECTS)}, not {self.effect}")
        self._random = random.Random(self.seed)  # noqa: S311 (a repeatable test, no secret)

    @classmethod
    def of(cls, data: dict[str, Any]) -> Rule:
        """A rule from JSON. Raises ValueError for a member that rules do not have."""
        known = {one.name for one in fields(cls)} - {"seen", "_random"}
        unknown = set(data) - known
        if unknown or "effect" not in data:
            raise ValueError(f"a fault rule takes {', '.join(sorted(known))}")
        return cls(**data)

    def hits(self, service: str, operation: str, region: str, resource: str) -> bool:
        """Whether this request is one to be hit; counts it if it matches."""
        pairs = (
            (service, self.service),
            (operation, self.operation),
            (region, self.region),
            (resource, self.resource),
        )
        if not all(fnmatchcase(value, pattern) for value, pattern in pairs):
            return False
        self.seen += 1
        if self.seen < self.nth or (self.times is not None and self.seen >= self.nth + self.times):
            return False
        return self.probability >= 1 or self._random.random() < self.probability


class Faults:
    """The rules in force, tried in the order they were added."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rules: list[Rule] = []
        self.on_kill: Callable[[], None] | None = None

    def add(self, rule: Rule) -> Rule:
        """Put a rule in force."""
        with self._lock:
            self._rules.append(rule)
        return rule

    def clear(self) -> None:
        """Put all rules out of force."""
        with self._lock:
            self._rules.clear()

    def before(
        self, service: str, operation: str, region: str, account: str, body: dict[str, Any]
    ) -> Callable[[], None] | None:
        """Apply the first rule that hits. Answers what to do after the call; raises ApiError or Dropped."""
        resource = str(body.get("TableName") or body.get("ResourceArn") or "").rpartition("table/")[2]
        with self._lock:
            hit = next((one for one in self._rules if one.hits(service, operation, region, resource)), None)
        return self._apply(hit, service, operation, region, account, resource) if hit else None

    def _apply(
        self, rule: Rule, service: str, operation: str, region: str, account: str, resource: str
    ) -> Callable[[], None] | None:
        if rule.effect == "throttle":
            raise ApiError("ThrottlingException", "Rate exceeded")
        if rule.effect == "error":
            raise ApiError(rule.code, rule.message, rule.status)
        if rule.effect == "access_denied":
            raise _denied(service, operation, region, account, resource)
        if rule.effect == "drop_after":
            return _drop
        if rule.effect == "kill" and self.on_kill is not None:
            self.on_kill()
        if rule.effect == "timeout":
            time.sleep(rule.seconds)
        raise Dropped


def _drop() -> None:
    raise Dropped


def _denied(service: str, operation: str, region: str, account: str, resource: str) -> ApiError:
    action = f"{service}:{operation}"
    arn = f"arn:aws:{service}:{region}:{account}:table/{resource or '*'}"
    return ApiError(
        "AccessDeniedException",
        f"User: arn:aws:iam::{account}:user/sandbox is not authorized to perform: {action} on resource: {arn} "
        f"because no identity-based policy allows the {action} action",
    )
