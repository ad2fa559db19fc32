"""Whether specs that share a backup plan say the same of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from dynaops.kinds.backup_plan.mapping import plan_name, vault_name, wanted_rules
from dynaops.model.resource import Properties

if TYPE_CHECKING:
    from dynaops.kinds import TableSpec


class Contradiction(NamedTuple):
    """Two specs (by their positions) that say different things of one plan; `parts` are keys below `backup`."""

    first: int
    second: int
    plan: str
    parts: tuple[str, ...]


def contradictions(specs: Sequence[TableSpec]) -> Iterator[Contradiction]:
    """The specs that give a plan the name of another spec's, in the same region, and say other things of it."""
    seen: dict[tuple[str | None, str], tuple[int, Properties]] = {}
    for position, spec in enumerate(specs):
        if spec.backup is None:
            continue
        plan = plan_name(spec.backup, spec.table_name)
        settings = _said(spec)
        first, other = seen.setdefault((spec.region, plan), (position, settings))
        parts = tuple(part for part in settings if part in other and settings[part] != other[part])
        if parts:
            yield Contradiction(first, position, plan, parts)


def _said(spec: TableSpec) -> Properties:
    """What a spec says of its plan; who makes the backups is the plan's only where it selects by tag."""
    block = spec.backup
    assert block is not None, "only a backup says something of a plan"
    settings: Properties = {"vault": vault_name(block, spec.table_name), "rules": wanted_rules(block, "")}
    if block.select_by_tag is not None:
        settings |= {"select_by_tag": block.select_by_tag, "role_arn": block.role_arn}
    return settings
