"""The state of a sandbox: a clock, scheduled events, and the resources of each account and region.

Asynchronous AWS states (CREATING, UPDATING, BACKFILLING ...) are events scheduled in virtual time.
They are data, not closures, so that a sandbox can be saved and loaded; `settle` runs the events that are
due, and is called before each request is answered.
"""

from __future__ import annotations

import heapq
import itertools
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from dynaops.sandbox.clock import Clock

T = TypeVar("T")
Action = Callable[["World", dict[str, Any]], None]
_ACTIONS: dict[str, Action] = {}


def action(name: str) -> Callable[[Action], Action]:
    """Register what the scheduled event `name` does when it is due."""

    def register(function: Action) -> Action:
        if name in _ACTIONS:
            raise ValueError(f"scheduled action {name} is registered twice")
        _ACTIONS[name] = function
        return function

    return register


@dataclass(order=True)
class ScheduledEvent:
    """A scheduled state change, which happens at `due` (virtual epoch seconds)."""

    due: float
    number: int
    name: str = field(compare=False)
    data: dict[str, Any] = field(compare=False)


@dataclass
class Region:
    """The resources of one account in one region: one instance per class, created at first access."""

    account: str
    name: str
    _holdings: dict[str, Any] = field(default_factory=dict)

    def holding(self, kind: type[T]) -> T:
        """The region's one instance of `kind` (for example its `Tables`)."""
        key = f"{kind.__module__}.{kind.__qualname__}"
        if key not in self._holdings:
            self._holdings[key] = kind()
        held: T = self._holdings[key]
        return held


class World:
    """The state of one sandbox. All of it is guarded by `lock`, which handlers hold while they run."""

    def __init__(self, clock: Clock | None = None) -> None:
        self.clock = clock or Clock()
        self.id = secrets.token_hex(8)
        """The sandbox's id; emptying the sandbox does not change it."""
        self.lock = threading.RLock()
        self._events: list[ScheduledEvent] = []
        self._numbers = itertools.count()
        self._regions: dict[tuple[str, str], Region] = {}

    def now(self) -> float:
        """The virtual time, in epoch seconds."""
        return self.clock.now()

    def region(self, account: str, name: str) -> Region:
        """The resources of `account` in region `name`."""
        return self._regions.setdefault((account, name), Region(account, name))

    def regions(self, account: str) -> list[Region]:
        """The regions of `account` that were ever used."""
        return [held for (owner, _), held in self._regions.items() if owner == account]

    def all_regions(self) -> list[tuple[tuple[str, str], Region]]:
        """All regions that were ever used: ((account, region name), region)."""
        return list(self._regions.items())

    def content(self) -> dict[str, Any]:
        """The whole state, for a snapshot."""
        return {"now": self.now(), "events": list(self._events), "regions": self._regions}

    def restore(self, content: dict[str, Any] | None) -> None:
        """Replace the whole state by `content`; None empties it."""
        with self.lock:
            self._events = list(content["events"]) if content else []
            heapq.heapify(self._events)
            self._regions = dict(content["regions"]) if content else {}
            self._numbers = itertools.count(max((event.number for event in self._events), default=-1) + 1)
            if content:
                self.clock.advance(max(0.0, content["now"] - self.now()))

    def schedule(self, delay: float, name: str, **data: Any) -> None:
        """Schedule the action `name` in `delay` virtual seconds, with `data` (plain values)."""
        heapq.heappush(self._events, ScheduledEvent(self.now() + delay, next(self._numbers), name, data))

    def settle(self) -> None:
        """Run all events that are due, in the order of their time."""
        with self.lock:
            now = self.now()
            while self._events and self._events[0].due <= now:
                event = heapq.heappop(self._events)
                _ACTIONS[event.name](self, event.data)
