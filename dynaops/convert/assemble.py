"""Combines pieces into the spec of each table, with a note for each piece that fits no spec."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dynaops.convert.arns import missing, own
from dynaops.convert.backups import add_backups
from dynaops.convert.budget import TOO_LARGE
from dynaops.convert.pieces import PieceKind, Pieces, ResourcePiece, Spec
from dynaops.convert.policies import add_policies
from dynaops.convert.scaling import add_scaling
from dynaops.convert.tidy import tidied

_MOST_LISTED = 1000
"""The most indexes, replicas or triggers of one table: each is compared with all before it, and AWS allows a tenth."""
_ON_ITS_OWN = "its table {} is in none of the files"


def assemble(pieces: Pieces) -> list[Spec]:
    """The specs, in the order of the tables. A piece that fits no spec is added to the notes."""
    specs = {name: dict(table.spec) for name, table in pieces.tables.items()}
    scaled: list[ResourcePiece] = []
    for piece in _settled(pieces):
        spec = specs.get(piece.table)
        if spec is None:
            pieces.notes.lost(piece.where, _ON_ITS_OWN.format(piece.table))
        elif piece.kind in (PieceKind.TARGET, PieceKind.POLICY, PieceKind.SCHEDULE):
            scaled.append(piece)
        else:
            _PLACED[piece.kind](spec, piece, pieces)
    add_scaling(specs, scaled, pieces.notes)
    add_backups(specs, pieces)
    add_policies(specs, pieces)
    _log_groups(specs, pieces)
    return [tidied(spec, pieces.tables[name].where, pieces.notes) for name, spec in specs.items()]


def _settled(pieces: Pieces) -> list[ResourcePiece]:
    """The pieces whose values are all known, with the ARNs of their tables in the form of a spec."""
    settled = []
    for piece in pieces.around:
        data = own(piece.data, piece.table) if piece.kind is PieceKind.RESOURCE_POLICY else piece.data
        missing_names = missing(data)
        if missing_names:
            pieces.notes.lost(piece.where, unknown(missing_names))
        else:
            settled.append(ResourcePiece(piece.kind, piece.table, data, piece.where))
    return settled


def unknown(missing_names: set[str]) -> str:
    """The message about names that have no value yet."""
    names = sorted(
        name.replace("table_arn:", "the ARN of ").replace("stream_arn:", "the stream of ")
        for name in missing_names
    )
    given = [name for name in names if " of " not in name]
    hint = f": give it with --parameter {given[0]}=VALUE" if given else ""
    return f"{', '.join(names)} is not known{hint}"


def _under(key: str) -> Callable[[Spec, ResourcePiece, Pieces], None]:
    """A function that puts a piece into the spec as the value of `key`; a second piece is added to the notes."""

    def placed(spec: Spec, piece: ResourcePiece, pieces: Pieces) -> None:
        if key in spec and spec[key] not in (piece.data, False, None):
            pieces.notes.lost(piece.where, f"{piece.table} has another {piece.kind} already")
            return
        spec[key] = piece.data["policy"] if piece.kind is PieceKind.RESOURCE_POLICY else piece.data

    return placed


def _in_list(key: str, name: str) -> Callable[[Spec, ResourcePiece, Pieces], None]:
    """A function that appends a piece to the list at `key`, whose members are identified by their `name`."""

    def placed(spec: Spec, piece: ResourcePiece, pieces: Pieces) -> None:
        listed = spec.setdefault(key, [])
        if len(listed) >= _MOST_LISTED:
            pieces.notes.lost(
                piece.where, f"{TOO_LARGE}: {piece.table} has {_MOST_LISTED} of its kind already"
            )
            return
        for entry in listed:
            if entry[name] == piece.data[name]:
                if entry != piece.data:
                    pieces.notes.lost(
                        piece.where, f"{piece.table} has another {piece.kind} of {entry[name]} already"
                    )
                return
        listed.append(piece.data)

    return placed


def _item(spec: Spec, piece: ResourcePiece, pieces: Pieces) -> None:  # noqa: ARG001
    spec.setdefault("items", []).append(piece.data["item"])


def _tag(spec: Spec, piece: ResourcePiece, pieces: Pieces) -> None:  # noqa: ARG001
    tags = spec.get("tags") or {}
    tags[piece.data["key"]] = piece.data["value"]
    spec["tags"] = tags


def _index(spec: Spec, piece: ResourcePiece, pieces: Pieces) -> None:
    attributes = piece.data["attributes"]
    index = {name: value for name, value in piece.data.items() if name != "attributes"}
    _in_list("global_secondary_indexes", "name")(
        spec, ResourcePiece(piece.kind, piece.table, index, piece.where), pieces
    )
    spec["attributes"] = {**spec.get("attributes", {}), **attributes}


def _insights(spec: Spec, piece: ResourcePiece, pieces: Pieces) -> None:  # noqa: ARG001
    """Contributor insights of the table, or of the index that `index` names; indexes have the table's mode."""
    block = spec.setdefault("contributor_insights", {"enabled": False})
    index, mode = piece.data.get("index"), piece.data.get("mode")
    if index is None:
        block.update({"enabled": True, **({"mode": mode} if mode else {})})
    else:
        block.setdefault("indexes", []).append(index)


_PLACED: dict[PieceKind, Callable[[Spec, ResourcePiece, Pieces], None]] = {
    PieceKind.REPLICA: _in_list("replicas", "region"),
    PieceKind.INDEX: _index,
    PieceKind.TRIGGER: _in_list("lambda_triggers", "function"),
    PieceKind.KINESIS: _under("kinesis"),
    PieceKind.INSIGHTS: _insights,
    PieceKind.RESOURCE_POLICY: _under("resource_policy"),
    PieceKind.ITEM: _item,
    PieceKind.TAG: _tag,
    PieceKind.RECOVERY: _under("point_in_time_recovery"),
    PieceKind.TTL: _under("ttl"),
}


def _log_groups(specs: dict[str, Spec], pieces: Pieces) -> None:
    """A log group belongs to the table whose trigger's function writes into it."""
    specs_of: dict[str, list[Spec]] = {}
    for spec in specs.values():
        for function in _functions(spec):
            specs_of.setdefault(function, []).append(spec)
    for group in pieces.log_groups:
        function = str(group.data.get("name", "")).removeprefix("/aws/lambda/")
        users = specs_of.get(function, [])
        if len(users) != 1:
            why = (
                "several tables' triggers use its function" if users else "it is of no table's Lambda trigger"
            )
            pieces.notes.lost(group.where, why)
        elif "log_group" in users[0]:
            pieces.notes.lost(
                group.where, f"{users[0]['table_name']} has a log group already; a spec names one"
            )
        else:
            users[0]["log_group"] = group.data


def _functions(spec: Spec) -> set[Any]:
    return {str(trigger["function"]).partition(":")[0] for trigger in spec.get("lambda_triggers") or ()}
