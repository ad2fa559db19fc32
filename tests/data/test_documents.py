"""JSON files of any layout: all documents of a file, what wrappers mean, and files that are cut off at any byte."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dynaops.data.rows import DeletedRow
from tests.data.reading import Found, read

Change = tuple[str, str]
"""What a row does: "put" or "delete", and the id."""


def _done(found: Found) -> list[Change]:
    """What the rows do, in their order."""
    said = zip(found.rows, found.items, strict=True)
    return [("delete" if type(row) is DeletedRow else "put", item["id"]["S"]) for row, item in said]


def _read(path: Path, text: str | bytes, **options: Any) -> Found:
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read(path, faults=True, **options)


def _typed(one: str) -> dict[str, Any]:
    return {"id": {"S": one}, "n": {"N": "1.50"}, "x": {"L": [{"S": "]}"}]}}


def _put(one: str) -> dict[str, Any]:
    return {"PutRequest": {"Item": _typed(one)}}


def _delete(one: str) -> dict[str, Any]:
    return {"DeleteRequest": {"Key": {"id": {"S": one}}}}


def _image(one: str, event: str) -> dict[str, Any]:
    images = {"NewImage": _typed(one)} if event != "REMOVE" else {"OldImage": _typed(one)}
    return {
        "eventName": event,
        "eventSourceARN": "arn:aws:dynamodb:eu-west-1:1:table/T/stream/2026",
        "dynamodb": {"Keys": {"id": {"S": one}}, **images, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    }


SPECIMENS: list[tuple[str, list[Change], int]] = [
    ('[{"id":"a"}][{"id":"b"}]', [("put", "a"), ("put", "b")], 0),
    ('[{"id":"a"}]\n{"id":"b"} [{"id":"c"},\n{"id":"d"}] {"id":"e"}', [("put", one) for one in "abcde"], 0),
    ('[{"id":"a"}]\n\ufeff[{"id":"b"}]\n', [("put", "a"), ("put", "b")], 0),
    ('{"id":"a"}\n\ufeff{"id":"b"}\n[{"id":"c"}]\n', [("put", one) for one in "abc"], 0),
    (json.dumps({"T": [_put("a"), _delete("a"), _put("b")]}),
     [("put", "a"), ("delete", "a"), ("put", "b")], 0),
    (json.dumps({"T": [_put("a")], "U": [_put("b")]}), [("put", "a")], 1),
    (json.dumps({"U": [_put("a")], "T": [_put("b")]}), [("put", "b")], 1),
    (json.dumps({"RequestItems": {"U": [_put("a")], "T": [_delete("b")]}}), [("delete", "b")], 1),
    ("\n".join(map(json.dumps, (_put("a"), _delete("b"), _put("c")))),
     [("put", "a"), ("delete", "b"), ("put", "c")], 0),
    (json.dumps({"$metadata": {"httpStatusCode": 200}, "Count": 1, "Items": [_typed("a")]}), [("put", "a")], 0),
    (json.dumps({"$metadata": {"x": [1]}, "Count": 1, "Items": [_typed("a")]}, indent=2), [("put", "a")], 0),
    (json.dumps({"Responses": {"T": [_typed("a")], "U": [_typed("b")]}, "UnprocessedKeys": {}}), [("put", "a")], 1),
    (json.dumps({"Item": _typed("a"), "ConsumedCapacity": {"CapacityUnits": 1}}), [("put", "a")], 0),
    (json.dumps({"TransactItems": [{"Put": {"TableName": "T", "Item": _typed("a")}},
                                   {"Delete": {"TableName": "T", "Key": {"id": {"S": "b"}}}},
                                   {"Put": {"TableName": "U", "Item": _typed("c")}}]}),
     [("put", "a"), ("delete", "b")], 1),
    (json.dumps({"Records": [_image("a", "INSERT"), _image("b", "REMOVE"), _image("c", "MODIFY")]}),
     [("put", "a"), ("delete", "b"), ("put", "c")], 0),
    (json.dumps({"ModelName": "m", "DataModel": [{"TableName": "U", "TableData": [_typed("x")]},
                                                 {"TableName": "T", "TableData": [_typed("a")]}]}, indent=1),
     [("put", "a")], 1),
    ("\n".join(map(json.dumps, ({"Metadata": {}, "Keys": {"id": {"S": "a"}}, "NewImage": _typed("a")},
                                {"Metadata": {}, "Keys": {"id": {"S": "b"}}, "OldImage": _typed("b")}))),
     [("put", "a"), ("delete", "b")], 0),
]  # fmt: skip


@pytest.mark.parametrize("block", [40, 1 << 20])
@pytest.mark.parametrize(("text", "changes", "others"), SPECIMENS)
def test_what_a_document_means(
    tmp_path: Path, text: str, changes: list[Change], others: int, block: int
) -> None:
    found = _read(tmp_path / "rows.json", text, table="T", block=block)
    assert (found.told, found.faults) == ([], ())
    assert (_done(found), found.not_loaded) == (changes, others)
    for at in range(1, len(found.blocks)):
        rest = read(tmp_path / "rows.json", table="T", block=block, start=found.blocks[at - 1].end)
        assert [one.data for one in rest.blocks] == [one.data for one in found.blocks[at:]]


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ({"TransactItems": [{"Update": {"TableName": "T", "Key": {"id": {"S": "a"}}}}]}, "neither a put nor"),
        ({"T": [{"PutRequest": {"Item": {"n": {"N": "1"}}}}]}, "missing"),
        ({"T": [{"PutRequest": {}}]}, "missing"),
        ({"Key": {"id": {"S": "a"}}}, "--delete"),
        ({"eventName": "MODIFY", "dynamodb": {"Keys": {"id": {"S": "a"}}}}, "no NewImage"),
        ({"Keys": {"id": {"S": "a"}}, "StreamViewType": "KEYS_ONLY"}, "without eventName"),
        ({"kinesis": {"data": "e30="}, "eventID": "1"}, "Kinesis"),
        ({"data": {"id": "a"}, "metadata": {"operation": "load"}}, "DMS"),
        ({"before": None, "after": {"id": "a"}, "op": "c"}, "Debezium"),
    ],
)
def test_what_cannot_be_carried_out_is_rejected_by_name(
    tmp_path: Path, document: dict[str, Any], reason: str
) -> None:
    found = _read(tmp_path / "rows.json", json.dumps(document))
    assert not found.rows and len(found.rejects) == 1 and reason in found.rejects[0].reason


def test_an_item_that_has_the_names_of_a_wrapper(tmp_path: Path) -> None:
    item = {"id": "a", "Items": [{"id": "b"}], "Count": 7, "Keys": {"x": 1}}
    assert _done(_read(tmp_path / "rows.json", json.dumps(item))) == [("put", "a")]


def test_partial_answers_are_told(tmp_path: Path) -> None:
    for size in (3, 400):
        items = [_typed(f"{at}") for at in range(size)]
        for block in (300, 1 << 20):
            for count, last, kinds in (
                (size, None, []),
                (size + 1, None, ["answer-count"]),
                (size, {"id": {"S": "z"}}, ["partial-answer"]),
            ):
                answer = {"Items": items, "Count": count, **({"LastEvaluatedKey": last} if last else {})}
                found = _read(tmp_path / "rows.json", json.dumps(answer, indent=2), block=block)
                assert [note.kind for note in found.notes] == kinds
                assert len(found.rows) == size and not found.rejects and not found.faults


def test_deletes_where_nothing_is_put(tmp_path: Path) -> None:
    text = json.dumps({"T": [_delete("a"), _put("b")]})
    found = _read(tmp_path / "rows.json", text, keys_only=True)
    assert found.items == [{"id": {"S": "a"}}, {"id": {"S": "b"}}]
    found = _read(tmp_path / "rows.json", text, deletes=False)
    assert _done(found) == [("put", "b")] and "do not carry out" in found.rejects[0].reason


Layout = Callable[[random.Random, list[str]], str]


def _lines(_: random.Random, ids: list[str]) -> str:
    return "".join(json.dumps(_typed(one)) + "\n" for one in ids)


def _array(chance: random.Random, ids: list[str]) -> str:
    return json.dumps([_typed(one) for one in ids], indent=chance.choice((None, 1)))


def _arrays(chance: random.Random, ids: list[str]) -> str:
    at = chance.randrange(len(ids))
    return chance.choice(("", "\n", " ")).join(_array(chance, part) for part in (ids[:at], ids[at:]))


def _answer(chance: random.Random, ids: list[str]) -> str:
    answer = {"Items": [_typed(one) for one in ids], "Count": len(ids), "ScannedCount": len(ids)}
    names = chance.sample(list(answer), len(answer))
    return json.dumps({name: answer[name] for name in names}, indent=chance.choice((None, 2)))


def _answers(chance: random.Random, ids: list[str]) -> str:
    at = chance.randrange(len(ids))
    return "\n".join(_answer(chance, part) for part in (ids[:at], ids[at:]))


def _requests(chance: random.Random, ids: list[str]) -> str:
    return json.dumps({"T": [_put(one) for one in ids]}, indent=chance.choice((None, 1)))


LAYOUTS: list[Layout] = [_lines, _array, _arrays, _answer, _answers, _requests]


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.__name__.strip("_"))
def test_files_cut_off_at_any_byte(tmp_path: Path, layout: Layout) -> None:
    """Whole rows before the cut are all there, nothing else is, and the end is told unless rows end there."""
    chance = random.Random(layout.__name__)
    ids = [f"id-{at}" for at in range(6)]
    text = layout(chance, ids)
    ends = _ends_of_items(text, ids)
    whole = read_all(tmp_path / "rows.json", text, 60)
    assert _done(whole) == [("put", one) for one in ids] and not whole.rejects and not whole.faults
    for cut in chance.sample(range(2, len(text)), 60):
        for block in (60, 1 << 20):
            found = read_all(tmp_path / "rows.json", text[:cut], block)
            expected = [one for one, end in ends if end <= cut]
            assert [one for _, one in _done(found)] == expected, (cut, block, text[:cut])
            told = found.rejects or found.faults
            ended = not text[:cut].strip() or _is_complete(text[:cut])
            assert bool(told) == (not ended), (cut, block, text[:cut], found.told, found.faults)


def read_all(path: Path, text: str | bytes, block: int) -> Found:
    return _read(path, text, table="T", block=block)


def _ends_of_items(text: str, ids: list[str]) -> list[tuple[str, int]]:
    """Where each item ends: behind the brace that closes the object that begins before its id's member."""
    found = []
    for one in ids:
        start = text.rindex("{", 0, text.rindex('"id"', 0, text.index(f'"{one}"')))
        found.append((one, start + json.JSONDecoder().raw_decode(text[start:])[1]))
    return found


def _is_complete(text: str) -> bool:
    """Whether a text is whole JSON documents, one after the other."""
    at = 0
    while text[at:].strip():
        at += len(text[at:]) - len(text[at:].lstrip())
        try:
            at = json.JSONDecoder().raw_decode(text, at)[1]
        except ValueError:
            return False
    return True


def test_packed_files_cut_off_anywhere(tmp_path: Path) -> None:
    text = _array(random.Random(1), [f"id-{at}" for at in range(400)]).encode()
    packed = gzip.compress(text[:20_000], mtime=0) + gzip.compress(text[20_000:], mtime=0)
    assert len(_read(tmp_path / "rows.json.gz", packed).rows) == 400
    for cut in (200, len(packed) // 2, len(packed) - 1):
        found = _read(tmp_path / "rows.json.gz", packed[:cut], block=500)
        assert found.faults and [one for _, one in _done(found)] == [
            f"id-{at}" for at in range(len(found.rows))
        ]


def test_dynamodb_json_with_nulls_for_what_is_absent(tmp_path: Path) -> None:
    """As DuckDB and Spark write it, whose structs have all types that any row has."""
    rows = [
        {
            "id": {"S": "a", "N": None},
            "x": None,
            "m": {"M": {"q": {"S": "1", "N": None}, "r": None}, "S": None},
        },
        {"id": {"S": "b", "N": None}, "x": {"S": None, "N": "2"}, "m": {"M": None, "S": None}},
    ]
    found = _read(tmp_path / "rows.jsonl", "\n".join(map(json.dumps, rows)))
    assert found.items == [
        {"id": {"S": "a"}, "m": {"M": {"q": {"S": "1"}}}},
        {"id": {"S": "b"}, "x": {"N": "2"}},
    ]


def test_extended_json_of_mongodb(tmp_path: Path) -> None:
    row = {
        "id": {"$oid": "65f0"},
        "at": {"$date": {"$numberLong": "1700000000123"}},
        "on": {"$date": "2026-01-02T03:04:05Z"},
        "n": {"$numberLong": "7"},
        "m": {"d": {"$numberDecimal": "1.50"}, "o": {"$unknown": "x"}},
    }
    found = _read(tmp_path / "rows.jsonl", "\n".join([json.dumps(row)] * 3))
    assert (
        found.items
        == [
            {
                "id": {"S": "65f0"},
                "at": {"S": "2023-11-14T22:13:20.123Z"},
                "on": {"S": "2026-01-02T03:04:05Z"},
                "n": {"N": "7"},
                "m": {"M": {"d": {"N": "1.5"}, "o": {"M": {"$unknown": {"S": "x"}}}}},
            }
        ]
        * 3
    )


def test_extended_json_is_said(tmp_path: Path) -> None:
    found = _read(tmp_path / "rows.jsonl", json.dumps({"id": {"$oid": "65f0"}}))
    assert [note.kind for note in found.notes] == ["extended-json"]


@pytest.mark.parametrize(
    ("counts", "kinds"),
    [
        ({"Count": 1, "ScannedCount": 1}, []),
        ({"Count": 1, "ScannedCount": 9}, ["filtered-answer"]),
        ({"Count": 1, "ScannedCount": 0}, ["answer-count"]),
        ({"Count": 2, "ScannedCount": 2}, ["answer-count"]),
        ({"Count": 2, "ScannedCount": 3}, ["filtered-answer", "answer-count"]),
    ],
)
def test_what_an_answer_counts_is_compared(tmp_path: Path, counts: dict[str, int], kinds: list[str]) -> None:
    for block in (40, 1 << 20):
        text = json.dumps({"Items": [_typed("a")], **counts})
        found = _read(tmp_path / "rows.json", text, block=block)
        assert [note.kind for note in found.notes] == kinds and _done(found) == [("put", "a")]
