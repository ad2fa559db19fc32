"""Sentences that say why a change is needed. They are for people: no code depends on them."""

from __future__ import annotations

from collections.abc import Sequence

from dynaops.kinds.kind import AddressDiff
from dynaops.kinds.property_rules import PropertyRules
from dynaops.model.change import Action, Difference


def created(entry: AddressDiff, rules: PropertyRules, owner: AddressDiff | None) -> str:
    """Why something is created."""
    if entry.record is not None:
        return f"it was applied before, and has vanished from {entry.region}"
    if owner is not None and owner.action is Action.CREATE:
        return f"it comes with the new {owner.kind} {owner.name}"
    if rules.absent is not None:
        return "the spec asks for it, and it is off"
    return f"the spec asks for it, and there is no such {rules.title or entry.kind} in {entry.region}"


def deleted(entry: AddressDiff, destroying: bool) -> str:
    """Why something is deleted."""
    if destroying:
        return f"destroy was asked for {entry.name}"
    return f"the spec no longer names {entry.name}, which dynaops applied"


def adopted(entry: AddressDiff, rules: PropertyRules, differences: Sequence[Difference]) -> str:
    """Why something live is adopted."""
    title = rules.title or entry.kind
    if differences:
        return f"the {title} is there already: it is recorded as it is, then changed in place"
    return f"the {title} is there already, just as the spec says: it is only recorded"


def updated(differences: Sequence[Difference]) -> str:
    """Why something is changed in place."""
    return "live differs from the spec in " + _paths(differences)


def replaced(entry: AddressDiff, rules: PropertyRules, forcing: Sequence[Difference]) -> str:
    """Why something is replaced: the properties that force it, and AWS's rule."""
    return f"{_paths(forcing)} forces replacement: {rules.replacement.replace('{name}', entry.name)}"


def goes_with(owner: AddressDiff) -> str:
    """Why a part is deleted or replaced together with its owner."""
    verb = "replaced" if owner.action is Action.REPLACE else "deleted"
    return f"it goes with {owner.address}, which is {verb}"


def _paths(differences: Sequence[Difference]) -> str:
    return ", ".join(difference.path for difference in differences)
