"""The plan: everything that apply will do, and everything a reader must know to agree to it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from dynaops.model.base import Json, Model
from dynaops.model.change import Action, Change, Drift, Unmanaged
from dynaops.model.cost import ByUse, Cost, Usage
from dynaops.model.finding import Finding, Severity
from dynaops.model.headline import Headline
from dynaops.model.operation import Danger, Effect, Operation, Wait

FORMAT_VERSION = 1


class Consent(Model):
    """Agreement to one danger at one address; written ``destroy:orders``."""

    danger: Danger
    address: str

    def __str__(self) -> str:
        return f"{self.danger.value}:{self.address}"


class Plan(Model):
    """A plan, fresh or saved.

    `updates` are effects on the state that need no AWS call (adoption, forgetting what vanished). `fingerprints`
    (address -> path -> digest of what was compared of the live resource; without any where it is not live),
    `spec_digests` (table -> key -> digest), `serial`, `lineage`, `endpoint` and `account` (of a saved plan) guard it
    against a world that has moved on. `created_at` is ISO 8601 in UTC, to the
    millisecond, and the only time that anything
    in the plan depends on.
    """

    format_version: int = FORMAT_VERSION
    dynaops_version: str
    created_at: str
    serial: int
    lineage: str
    environment: str | None = None
    """The environment of the project file that it was made for."""
    account: str | None = None
    partition: str | None = None
    regions: tuple[str, ...] = ()
    """The home regions of the tables that were looked at."""
    state: str | None = None
    """Where the state is kept (``--state``)."""
    endpoint: str | None = None
    spec_digests: dict[str, dict[str, str]] = {}
    block_digests: dict[str, str] = {}
    """Digests of what the `moved`, `removed` and `import` blocks of the specs say, by kind of block, and of what
    they say of `external` tables."""
    destroy: bool = False
    changes: tuple[Change, ...] = ()
    operations: tuple[Operation, ...] = ()
    updates: tuple[Effect, ...] = ()
    drift: tuple[Drift, ...] = ()
    unmanaged: tuple[Unmanaged, ...] = ()
    warnings: tuple[Finding, ...] = ()
    violations: tuple[Finding, ...] = ()
    """House rules that the plan breaks (``--policy``). With an error among them it is not carried out."""
    consents: tuple[Consent, ...] = ()
    """What was agreed to when the plan was made (``--consent``); exact addresses, no patterns."""
    pending: tuple[str, ...] = ()
    """What AWS is still doing from before (an index build of an earlier run), in words."""
    settle: tuple[Wait, ...] = ()
    """What apply waits for even where there is nothing to send: work of AWS from before."""
    tables: tuple[str, ...] = ()
    """The addresses of all tables that were looked at, changed or not."""
    fingerprints: dict[str, dict[str, str]] = {}
    usage: tuple[Usage, ...] = ()
    """What AWS bills by the month of these tables, before and after."""
    by_use: tuple[ByUse, ...] = ()
    """What of it afterwards depends on how the tables are used."""
    cost: Cost | None = None
    """What that comes to, at the prices that were asked for; None where none were."""

    @property
    def empty(self) -> bool:
        """Nothing to do: no call, and no change worth showing."""
        return not self.changes and not self.operations

    @property
    def made_at(self) -> float:
        """`created_at` in epoch seconds. Raises ValueError for what is no time."""
        return datetime.fromisoformat(self.created_at).timestamp()

    @property
    def touched(self) -> frozenset[str]:
        """The addresses of the tables of which anything is changed in AWS or is said to be."""
        changed = (
            *(element.address for element in self.changes),
            *(element.address for element in self.operations),
        )
        return frozenset(address.partition("/")[0] for address in changed)

    @property
    def destructive(self) -> tuple[Operation, ...]:
        return tuple(op for op in self.operations if op.destructive)

    @property
    def forgets(self) -> tuple[Change, ...]:
        """What stays in AWS and is no longer looked after."""
        return tuple(change for change in self.changes if change.action is Action.FORGET)

    @property
    def forbidden(self) -> tuple[Finding, ...]:
        """The broken house rules that keep it from being carried out."""
        return tuple(violation for violation in self.violations if violation.severity is Severity.ERROR)

    @property
    def adoptions(self) -> tuple[Change, ...]:
        """The changes that take something live over that nothing proves to be the state's."""
        return tuple(change for change in self.changes if change.danger is Danger.ADOPT)

    def consents_to(self, dangerous: Operation | Change) -> bool:
        """Whether what an operation loses, or a change takes over, was agreed to when the plan was made."""
        return any(
            consent.danger is dangerous.danger and consent.address == dangerous.address
            for consent in self.consents
        )

    def public(self) -> dict[str, Json]:
        """The plan as ``plan --json`` prints it (public interface, version 1)."""
        return {
            "format_version": self.format_version,
            "serial": self.serial,
            "headline": self.headline.model_dump(mode="json"),
            "changes": [change.model_dump(mode="json", exclude={"region"}) for change in self.changes],
            "operations": [op.public() for op in self.operations],
            "warnings": [_warning(finding) for finding in self.warnings],
            "violations": [_warning(finding) for finding in self.violations],
            "consents": [consent.model_dump(mode="json") for consent in self.consents],
            "drift": [drift.model_dump(mode="json") for drift in self.drift],
            "unmanaged": [entry.model_dump(mode="json") for entry in self.unmanaged],
            "pending": list(self.pending),
            "cost": self.cost.model_dump(mode="json") if self.cost else None,
            "summary": self.counts(),
        }

    @property
    def headline(self) -> Headline:
        """Of what the plan is."""
        return Headline(**{name: getattr(self, name) for name in Headline.model_fields})

    def counts(self) -> dict[str, int]:
        """How many changes there are of each action (``no-op`` left out)."""
        counts: dict[str, int] = {}
        for change in self.changes:
            counts[change.action.value] = counts.get(change.action.value, 0) + 1
        return counts


def _warning(finding: Finding) -> dict[str, Any]:
    return finding.model_dump(mode="json", exclude_none=True)
