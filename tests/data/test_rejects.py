"""Bad rows of every format are told with their lines and reasons, and cost no other row."""

from __future__ import annotations

import csv
import gzip
import io
import json
import random
from pathlib import Path
from typing import Any

import pytest

from dynaops.data.table_info import file_stem
from tests.data.reading import read

GOOD = [{"id": f"k{n}", "n": n} for n in range(60)]
_BAD_LINES = [
    "{oops",
    '{"id":""}',
    '{"n":1}',
    "nonsense",
    '{"id":"x","n":1e999}',
    "[1]",
    '"text"',
    "{}",
    "null",
]


def _mixed(bad: list[str], seed: int = 3) -> list[str]:
    """Good rows with bad ones between them."""
    pick = random.Random(seed)
    lines = [json.dumps(row) for row in GOOD]
    for one in bad:
        lines.insert(pick.randrange(len(lines)), one)
    return lines


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz"])
@pytest.mark.parametrize("block", [50, 1 << 20])
def test_lines(tmp_path: Path, name: str, block: int) -> None:
    lines = _mixed(_BAD_LINES)
    data = "\n".join(lines).encode()
    path = tmp_path / name
    path.write_bytes(gzip.compress(data, mtime=0) if name.endswith("gz") else data)
    found = read(path, block=block)
    expected = {number: line for number, line in enumerate(lines, 1) if line in _BAD_LINES}
    assert {one.line: one.text for one in found.rejects} == expected
    assert all(one.reason and one.source == str(path) for one in found.rejects)
    assert [item["id"]["S"] for item in found.items] == [row["id"] for row in GOOD]
    assert found.read == len(lines)


@pytest.mark.parametrize("block", [60, 1 << 20])
@pytest.mark.parametrize("between", [",\n", ", "])
def test_arrays(tmp_path: Path, block: int, between: str) -> None:
    bad = ['{"id":}', '{"id":""}', '{"n":1}', "17", "[1]", '"a, string"', '{"id":"x","n":NaN}', "{id:1}"]
    rows = _mixed(bad)
    path = tmp_path / "a.json"
    path.write_text(f"[\n{between.join(rows)}\n]")
    found = read(path, block=block)
    lined = between.endswith("\n")
    expected = [(at + 2 if lined else 2, row) for at, row in enumerate(rows) if row in bad]
    assert [(one.line, one.text) for one in found.rejects] == expected
    assert [item["id"]["S"] for item in found.items] == [row["id"] for row in GOOD]


def test_an_array_that_ends_within_an_element(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('[{"id":"a"},\n{"id":"b"},\n{"id":')
    with pytest.raises(Exception, match="ends before its JSON array does"):
        read(path)


def test_objects_one_after_the_other(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('{\n "id": "a"\n}\n{\n "id": 1\n}\n{\n "id": "b"\n}\n{\n "id": "c"')
    found = read(path)
    assert [item["id"]["S"] for item in found.items] == ["a", "b"]
    assert found.told == [
        (4, "the key 'id' is of type N, not a string (S) as the table's key"),
        (10, "the file ends within this element"),
    ]


@pytest.mark.parametrize("block", [40, 1 << 20])
def test_csv(tmp_path: Path, block: int) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(
        b"id,n,b\n"  # 1
        b"k0,1,true\n"
        b",2,true\n"  # 3: no key
        b"k1,three,true\n"  # 4: no number
        b"k2,4\n"  # 5: too few
        b"k3,5,true,more\n"  # 6: too many
        b'k4,6,"true\n\n"\n'  # 7-9: fine
        b'k5,"7"8,true\n'  # 10: no CSV
        b"k6,9,maybe\n"  # 11: no boolean
        b"k\xff,10,true\n"  # 12: no UTF-8
        b"k7,1E200,true\n"  # 13: out of range
        b"k8,11,false\n"
        b'k9,12,"false\n'  # 15: a quote that nothing closes
    )
    found = read(path, block=block, types={"n": "N", "b": "BOOL"})
    assert [item["id"]["S"] for item in found.items] == ["k0", "k4", "k8"]
    assert found.told == [
        (3, "the key 'id' is empty"),
        (4, "n: 'three' is not a number"),
        (5, "has 2 cells; the header has 3"),
        (6, "has 4 cells; the header has 3"),
        (10, "is not CSV: ',' expected after '\"'"),
        (11, "b: 'maybe' is neither true nor false (BOOL)"),
        (12, "id: is not UTF-8 text"),
        (13, "n: a number is between 1E-130 and 9.9E+125, not about 1E+200"),
        (15, "is not CSV: unexpected end of data"),
    ]
    assert found.rejects[1].text == "k1,three,true"


def test_a_quote_that_nothing_closes_costs_its_line_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    with path.open("w") as file:
        file.write('id,t\nk0,x\nbad,"open\n')
        for n in range(1, 180_000):
            file.write(f"k{n},{'y' * 90}\n")
    found = read(path)
    assert found.told == [(3, "is not CSV: unexpected end of data")]
    assert [row.key for row in found.rows] == [f"k{n}".encode() for n in range(180_000)]


def test_rows_of_an_export(tmp_path: Path) -> None:
    path = tmp_path / "data.json.gz"
    lines = [
        '{"Item":{"id":{"S":"a"}}}',
        '{"Item":{"id":{"N":"1"}}}',
        '{"Item":{"id":{"S":"b"},"s":{"SS":[]}}}',
        '{"Item":{"id":{"S":"c"}}',
        '{"Item":{"id":{"S":"d"}}}',
    ]
    path.write_bytes(gzip.compress("\n".join(lines).encode()))
    found = read(path, format="dynamodb")
    assert [item["id"]["S"] for item in found.items] == ["a", "d"]
    assert [one.line for one in found.rejects] == [2, 3, 4]


@pytest.mark.parametrize("seed", range(40))
def test_rubbish_never_raises_and_is_accounted_for(tmp_path: Path, seed: int) -> None:
    """Files with bytes changed, cut out or put in: whatever becomes of them, it is rows, rejects or words."""
    from dynaops.model.errors import DynaopsError

    pick = random.Random(seed)
    rows: list[dict[str, Any]] = [{"id": f"k{n}", "n": n, "t": 'a"b,\n'} for n in range(50)]
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, ["id", "n", "t"])
    writer.writeheader()
    writer.writerows(rows)
    forms = {
        "a.jsonl": "\n".join(map(json.dumps, rows)),
        "a.json": json.dumps(rows, indent=pick.choice([None, 1])),
        "a.csv": text.getvalue(),
    }
    for name, content in forms.items():
        data = bytearray(content.encode())
        for _ in range(pick.randrange(1, 12)):
            at = pick.randrange(20, len(data))
            match pick.randrange(3):
                case 0:
                    data[at] = pick.randrange(256)
                case 1:
                    del data[at : at + pick.randrange(1, 30)]
                case _:
                    data[at:at] = pick.choice([b'"', b"{", b"}", b"[", b"]", b"\\", b"\n", b"\x00", b"\xff"])
        path = tmp_path / name
        path.write_bytes(data)
        try:
            found = read(path, block=pick.choice([100, 1_000, 1 << 20]))
        except DynaopsError as error:
            assert error.message
        else:
            assert found.read == len(found.rows) + len(found.rejects) > 0
            assert all(one.reason and one.line for one in found.rejects)


@pytest.mark.parametrize(
    ("reference", "stem"),
    [
        ("orders", "orders"),
        ("arn:aws:dynamodb:eu-west-1:123456789012:table/orders", "orders"),
        ("arn:aws:dynamodb:eu-west-1:123456789012:table/orders/index/by-a", "orders"),
        ("arn:aws:dynamodb:eu-west-1:123456789012:orders", "arn_aws_dynamodb_eu-west-1_123456789012_orders"),
        ("../../etc/orders", ".._.._etc_orders"),
    ],
)
def test_the_default_files_lie_in_the_working_directory_whatever_the_table_is_called(
    reference: str, stem: str
) -> None:
    assert file_stem(reference) == stem
    assert len(Path(f"{file_stem(reference)}.rejects.jsonl").parts) == 1
