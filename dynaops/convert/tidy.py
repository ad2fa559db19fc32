"""Tidies a converted spec: keys in the order of the format, without values that are the default."""

from __future__ import annotations

import re
from typing import Any

from dynaops.convert.arns import missing, own
from dynaops.convert.notes import Notes, SourcePlace
from dynaops.convert.part import Open
from dynaops.convert.pieces import Spec
from dynaops.engine.ownership_mark import DEFAULT_KEY
from dynaops.kinds import TableSpec
from dynaops.kinds.table.mapping import names
from dynaops.kinds.trigger import Trigger

_DEFAULTS: Spec = {
    "billing_mode": "PAY_PER_REQUEST",
    "table_class": "STANDARD",
    "deletion_protection": False,
    "encryption": {"enabled": True},
    "point_in_time_recovery": {"enabled": True},
    "multi_region_consistency": "EVENTUAL",
}
_VARIABLE = re.compile(r"\$\{(?!(?:table_arn|stream_arn|index_arns)\})")
"""The begin of a variable, except for the placeholders that the conversion itself puts in."""
_SHORT = {"encryption": {"enabled": False}, "point_in_time_recovery": {"enabled": False}}


def tidied(spec: Spec, where: SourcePlace, notes: Notes) -> Spec:
    """The tidy spec. Attribute definitions that are not keys are noted, because AWS does not accept them."""
    spec = own(spec, spec["table_name"])
    _only_keys(spec, where, notes)
    for name in [key for key in spec if missing(spec[key])]:
        notes.lost(where.below(name), f"not all of it is known: {', '.join(sorted(missing(spec.pop(name))))}")
    _alike(spec)
    _unmarked(spec, where, notes)
    _insights(spec, where, notes)
    for trigger in spec.get("lambda_triggers") or ():
        _without_defaults(trigger)
    # A name with ${ is a placeholder for the table's name, not text to escape.
    spec = {name: value if name == "table_name" else _literal(value) for name, value in spec.items()}
    ordered: Spec = {}
    for name in TableSpec.model_fields:
        value = _without_none(spec.get(name))
        if value in (None, [], {}) or value == _DEFAULTS.get(name):
            continue
        ordered[name] = False if value == _SHORT.get(name) else value
    return ordered


def _literal(value: Any) -> Any:
    """The value with ``${`` of the source escaped, because in a spec it would begin a variable."""
    if isinstance(value, dict):
        return {_literal(name): _literal(child) for name, child in value.items()}
    if isinstance(value, list):
        return [_literal(child) for child in value]
    if not isinstance(value, str) or isinstance(value, Open) or "${" not in value:
        return value
    return _VARIABLE.sub("$${", value)


def _only_keys(spec: Spec, where: SourcePlace, notes: Notes) -> None:
    used = {*names(spec.get("hash_key")), *names(spec.get("range_key"))}
    for key in ("global_secondary_indexes", "local_secondary_indexes"):
        for index in spec.get(key) or ():
            used |= {*names(index.get("hash_key")), *names(index.get("range_key"))}
    attributes = spec.get("attributes") or {}
    for name in attributes:
        if name not in used:
            notes.lost(where.below(f"attribute {name}"), "it is the key of neither the table nor an index")
    spec["attributes"] = {name: kind for name, kind in attributes.items() if name in used}


def _without_defaults(trigger: Spec) -> None:
    """Remove a trigger's defaults, except the starting position, which counts when the trigger is created."""
    for name, field in Trigger.model_fields.items():
        if name in trigger and name != "starting_position" and trigger[name] == field.default:
            del trigger[name]


def _unmarked(spec: Spec, where: SourcePlace, notes: Notes) -> None:
    """Remove the ownership tag of a state from the tags, with a note: each state sets its own."""
    for tagged in (spec, *(spec.get("replicas") or ())):
        owner = (tagged.get("tags") or {}).pop(DEFAULT_KEY, None)
        if owner is not None and tagged is spec:
            notes.remark(
                where.below(f"tag {DEFAULT_KEY}"),
                f"left out: it marks what the state {owner} owns; another state takes it with --take-over",
            )


def _insights(spec: Spec, where: SourcePlace, notes: Notes) -> None:
    block = spec.get("contributor_insights")
    if block and not block["enabled"]:
        why = "a spec has contributor insights of indexes only where the table has them too"
        notes.lost(where.below(f"contributor insights of {', '.join(block.get('indexes') or ())}"), why)
        del spec["contributor_insights"]


def _alike(spec: Spec) -> None:
    """Write `indexes: all` if every index is scaled as the table is."""
    block = spec.get("autoscaling") or {}
    indexes = block.get("indexes")
    sides = {side: block[side] for side in ("read", "write") if side in block}
    named = {index.get("name") for index in spec.get("global_secondary_indexes") or ()}
    if indexes and sides and set(indexes) == named and all(index == sides for index in indexes.values()):
        block["indexes"] = "all"


def _without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_none(child) for name, child in value.items() if child is not None}
    if isinstance(value, list):
        return [_without_none(child) for child in value]
    return value
