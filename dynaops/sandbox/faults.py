"""Fault injection by rules: throttling, errors, lost connections and denied permissions."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from fnmatch import fnmatchcase
from functools import partial
from typing import Any

from dynaops.model.arns import iam_arn, partition_of
from dynaops.sandbox.errors import ApiError
from dynaops.sandbox.foreign import PAGES, Foreign, instead_of
from dynaops.sandbox.responses import Answer

EFFECTS = (
    "throttle",
    "error",
    "timeout",
    "drop_before",
    "drop_after",
    "access_denied",
    "kill",
    "unprocessed",
    "foreign_before",
    "foreign_after",
)
_RESOURCE_NAMES = (
    *("TableName", "ResourceArn", "StreamArn", "TableArn", "ResourceId", "FunctionName"),
    *("RoleName", "PolicyName", "logGroupName", "BackupVaultName", "StreamName"),
)
"""Members of requests that name the resource of the request."""
_BATCHES = ("BatchGetItem", "BatchWriteItem")
_TRANSACTIONS = ("TransactGetItems", "TransactWriteItems")
_DATA = ("GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query", "Scan", *_BATCHES, *_TRANSACTIONS)
EXCEEDED = (
    "The level of configured provisioned throughput for the table was exceeded. Consider increasing your "
    "provisioning level with the UpdateTable API."
)


class Dropped(ConnectionError):
    """The connection is closed without a response."""


class TimedOut(Dropped):
    """The connection is closed without a response, after some seconds."""


@dataclass
class FaultRule:
    """A fault, and the requests that it applies to.

    `service`, `operation`, `resource` (a table's or other resource's name) and `region` are glob patterns. Of the
    requests that match, `nth` is the first to be hit (from 1); from there on every `every`-th one is, `times` in all
    (None: without end), each with the `probability` given (repeatable by its `seed`).

    `effect` is one of EFFECTS. `throttle` and `error` answer with `code`, `message` and `status`, or AWS's own where
    they are not given; `timeout` holds the caller for `seconds` (real) and then drops the connection; `drop_before` and
    `drop_after` drop it before and after the request has had its effect; `kill` ends the sandbox's process;
    `foreign_before` and `foreign_after` answer with a `page` (one of PAGES) that is not AWS's, before and after;
    `unprocessed` makes BatchWriteItem and BatchGetItem leave out that `share` of what they were asked (all of it is
    throttling, as on AWS).
    """

    effect: str
    service: str = "*"
    operation: str = "*"
    resource: str = "*"
    region: str = "*"
    nth: int = 1
    every: int = 1
    times: int | None = 1
    probability: float = 1.0
    seed: int = 0
    code: str | None = None
    message: str | None = None
    status: int | None = None
    seconds: float = 1.0
    share: float = 0.2
    page: str = "html"
    seen: int = 0
    """Requests that matched so far."""
    hit: int = 0
    """Requests that were hit so far."""
    _random: random.Random = field(default_factory=random.Random, repr=False)

    def __post_init__(self) -> None:
        if self.effect not in EFFECTS:
            raise ValueError(f"a fault's effect is one of {', '.join(EFFECTS)}, not {self.effect}")
        if self.page not in PAGES:
            raise ValueError(f"a fault's page is one of {', '.join(PAGES)}, not {self.page}")
        if self.nth < 1 or self.every < 1:
            raise ValueError("a fault's nth and every are at least 1")
        if not 0 <= self.share <= 1:
            raise ValueError("a fault's share is between 0 and 1")
        self._random = random.Random(self.seed)  # noqa: S311 (a repeatable test, no secret)

    @classmethod
    def of(cls, data: dict[str, Any]) -> FaultRule:
        """A rule from JSON. Raises ValueError for a member that rules do not have."""
        known = {field.name for field in fields(cls)} - {"seen", "hit", "_random"}
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
        turn, rest = divmod(self.seen - self.nth, self.every)
        if turn < 0 or rest or (self.times is not None and turn >= self.times):
            return False
        if self.probability < 1 and self._random.random() >= self.probability:
            return False
        self.hit += 1
        return True

    def leaves_out(self) -> bool:
        """Whether the next part of a batch is left unprocessed; repeatable by the seed."""
        return self._random.random() < self.share


class Faults:
    """The active rules, tried in the order in which they were added."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rules: list[FaultRule] = []
        self.on_kill: Callable[[], None] | None = None
        """The function that `kill` calls before the connection is dropped; a sandbox process ends there."""

    def add(self, rule: FaultRule) -> FaultRule:
        """Add a rule."""
        with self._lock:
            self._rules.append(rule)
        return rule

    def clear(self) -> None:
        """Remove all rules."""
        with self._lock:
            self._rules.clear()

    def before(
        self, service: str, operation: str, region: str, account: str, body: dict[str, Any]
    ) -> Callable[[Answer], Answer] | None:
        """Apply the first rule that hits; returns a function that changes the response, if any."""
        if not self._rules:
            return None
        resource = _resource(body)
        with self._lock:
            rules = [rule for rule in self._rules if rule.effect != "unprocessed"]
            hit = next((rule for rule in rules if rule.hits(service, operation, region, resource)), None)
        if hit is None:
            return None
        if hit.effect == "access_denied":
            raise _denied(service, operation, region, account, resource)
        return self._apply(hit, service, operation)

    def leaves_out(
        self, service: str, operation: str, region: str, body: dict[str, Any]
    ) -> Callable[[], bool] | None:
        """For a batch that an `unprocessed` rule hits: the function that tells whether a part is left out."""
        if not self._rules or operation not in _BATCHES:
            return None
        resource = _resource(body)
        with self._lock:
            rules = [rule for rule in self._rules if rule.effect == "unprocessed"]
            hit = next((rule for rule in rules if rule.hits(service, operation, region, resource)), None)
        return hit.leaves_out if hit is not None else None

    def _apply(self, rule: FaultRule, service: str, operation: str) -> Callable[[Answer], Answer] | None:
        if rule.effect in ("throttle", "error"):
            raise _refusal(rule, service == "dynamodb" and operation in _DATA)
        if rule.effect == "drop_after":
            return _drop
        if rule.effect == "foreign_before":
            raise Foreign(instead_of(rule.page, None))
        if rule.effect == "foreign_after":
            return partial(instead_of, rule.page)
        if rule.effect == "timeout":
            time.sleep(rule.seconds)
            raise TimedOut
        if rule.effect == "kill" and self.on_kill is not None:
            self.on_kill()
        raise Dropped


def _drop(_: Answer) -> Answer:
    raise Dropped


def _refusal(rule: FaultRule, data: bool) -> ApiError:
    """The error of a rule; AWS has different messages for throttled data calls and control calls."""
    code, message, status = "InternalServerError", "Internal server error", 500
    if rule.effect == "throttle":
        code, message, status = "ThrottlingException", "Rate exceeded", 400
        if data and rule.code in (None, "ProvisionedThroughputExceededException"):
            code, message = "ProvisionedThroughputExceededException", EXCEEDED
    return ApiError(
        rule.code or code,
        message if rule.message is None else rule.message,
        status if rule.status is None else rule.status,
    )


def _resource(body: dict[str, Any]) -> str:
    """The name of the request's resource; for an ARN the part after ``table/`` or the like."""
    name = next((body[name] for name in _RESOURCE_NAMES if isinstance(body.get(name), str)), "")
    if not name and isinstance(body.get("RequestItems"), dict):
        name = next(iter(body["RequestItems"]), "")
    if name.startswith("arn:"):
        name = name.split(":", 5)[-1]
    if "table/" in name:
        return str(name.partition("table/")[2].partition("/")[0])
    return str(name)


def _denied(service: str, operation: str, region: str, account: str, resource: str) -> ApiError:
    """AWS's message for a permission that no policy grants (IAM User Guide, "Troubleshoot access denied")."""
    action = f"{service}:{operation}"
    arn = f"arn:{partition_of(region)}:{service}:{region}:{account}:table/{resource or '*'}"
    if service != "dynamodb":
        arn = f"arn:{partition_of(region)}:{service}:{region}:{account}:{resource or '*'}"
    return ApiError(
        "AccessDeniedException",
        f"User: {iam_arn(region, account, 'user/sandbox')} is not authorized to perform: {action} on resource: {arn} "
        f"because no identity-based policy allows the {action} action",
    )
