"""Every resource ends in exactly one way; one that ends in none is told as a fault of ours."""

from __future__ import annotations

from dynaops.convert.ledger import ConversionOutcome
from dynaops.convert.notes import SourcePlace
from dynaops.convert.pieces import PieceKind, Pieces
from dynaops.convert.run import outcomes

FILE = ("t.yaml", 1, 1)


def test_each_resource_ends_in_one_way() -> None:
    pieces = Pieces()
    names = ("Table", "Target", "Listed", "Partly", "Other", "Vanished")
    table, target, listed, partly, other, vanished = (SourcePlace(name, FILE) for name in names)
    for where in (table, target, listed, partly, vanished):
        pieces.ledger.found(where)
    pieces.ledger.outside(other)
    pieces.table({"table_name": "orders"}, table)
    pieces.add(PieceKind.TTL, "orders", {}, target.below("Block"))
    pieces.notes.lost(listed, "why")
    pieces.notes.lost(partly.below("Setting[3]"), "why")
    assert outcomes([{"table_name": "orders"}], pieces) == {
        ConversionOutcome.CONVERTED: 2,
        ConversionOutcome.LISTED: 2,
        ConversionOutcome.OUTSIDE: 1,
        ConversionOutcome.LOST: 1,
    }
    (fault,) = [note for note in pieces.notes.entries if note.where == vanished]
    assert "this is a fault of dynaops" in fault.why


def test_a_piece_that_found_no_place_is_listed() -> None:
    pieces = Pieces()
    where = SourcePlace("Target", FILE)
    pieces.ledger.found(where)
    pieces.add(PieceKind.TTL, "orders", {}, where)
    pieces.notes.lost(where, "its table orders is in none of the files")
    assert outcomes([], pieces) == {ConversionOutcome.LISTED: 1}
