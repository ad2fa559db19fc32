"""Folders with folders in them, partition folders, patterns of names, and exports checked by their manifests."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from dynaops.data.reading.globs import matches
from dynaops.data.rows import Keys
from dynaops.model.errors import DynaopsError
from tests.data.reading import ID, Found, read

_TIMES = {"outputFormat": "DYNAMODB_JSON", "tableArn": "arn:aws:dynamodb:eu-west-1:1:table/orders"}


def _write(path: Path, *ids: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps({"id": one}) + "\n" for one in ids))


def _ids(found: Found) -> list[str]:
    return [item["id"]["S"] for item in found.items]


def _kinds(found: Found) -> list[str]:
    return [note.kind for note in found.notes]


def test_folders_are_read_with_all_below_them(tmp_path: Path) -> None:
    for name, one in {"b/2.jsonl": "b", "b/a/1.jsonl": "c", "a.jsonl": "a", "z/deep/er/x.jsonl": "d"}.items():
        _write(tmp_path / name, one)
    assert _kinds(read(tmp_path)) == []
    for name in ("b/_SUCCESS", "b/.part.crc", "_temporary/0/x.jsonl", ".git/x.jsonl", "x.jsonl.md5"):
        _write(tmp_path / name, "lost")
    (tmp_path / "z" / "loop").symlink_to(tmp_path)
    found = read(tmp_path)
    assert _ids(found) == ["a", "b", "c", "d"]
    (note,) = found.notes
    assert note.kind == "files-not-read" and "6 files" in note.text


@pytest.mark.parametrize(
    "keys", [ID, Keys("id", "dt", {"id": "S", "dt": "S"}), Keys("dt", "id", {"dt": "S", "id": "S"})]
)
def test_folders_names_are_attributes_if_asked_for(tmp_path: Path, keys: Keys) -> None:
    (tmp_path / "dt=2026-01-01" / "region=a%2Fb").mkdir(parents=True)
    (tmp_path / "dt=2026-01-01" / "region=a%2Fb" / "1.csv").write_text("id,n\na,1\n")
    _write(tmp_path / "dt=2026-01-02" / "region=__HIVE_DEFAULT_PARTITION__" / "2.jsonl", "b")
    (tmp_path / "dt=2026-01-02" / "3.json").write_text('{"Item":{"id":{"S":"c"},"dt":{"S":"other"}}}')
    found = read(tmp_path, keys, partitions=True)
    assert found.items == [
        {"id": {"S": "a"}, "n": {"N": "1"}, "dt": {"S": "2026-01-01"}, "region": {"S": "a/b"}},
        {"id": {"S": "b"}, "dt": {"S": "2026-01-02"}},
    ]
    assert len({row.key for row in found.rows}) == 2
    (reject,) = found.rejects
    assert "in the file" in reject.reason and found.read == 3
    if keys is ID:
        assert _kinds(read(tmp_path)) == ["partition-folders"]
        numbers = read(tmp_path / "dt=2026-01-01", types={"dt": "N"}, partitions=True)
        assert not numbers.rows and "dt" in numbers.rejects[0].reason


def test_patterns_that_no_shell_expanded(tmp_path: Path) -> None:
    for name in ("a.json", "b.json", "c.txt", "d/e.json", "d/.f.json"):
        _write(tmp_path / name, name)
    assert _ids(read(tmp_path / "*.json")) == ["a.json", "b.json"]
    assert _ids(read(tmp_path / "**" / "*.json")) == ["a.json", "b.json", "d/e.json"]
    assert _ids(read(tmp_path / "[bc].*")) == ["b.json", "c.txt"]
    with pytest.raises(DynaopsError, match="No file matches"):
        read(tmp_path / "*.parquet")


def test_patterns_of_keys_are_as_in_a_shell() -> None:
    for pattern, key, expected in (
        ("in/*.json", "in/a.json", True),
        ("in/*.json", "in/x/a.json", False),
        ("in/**/*.json", "in/x/y/a.json", True),
        ("in/**/*.json", "in/a.json", True),
        ("in/*.json", "in/.a.json", False),
        ("in/?[!a].json", "in/ab.json", True),
        ("in/?[!a].json", "in/aa.json", False),
        ("a.b*", "aXb", False),
    ):
        assert matches(pattern, key) is expected, (pattern, key)


def test_a_folder_of_dynamodump(tmp_path: Path) -> None:
    _dump(tmp_path / "orders")
    found = read(tmp_path)
    assert _ids(found) == ["a"] and "dynamodump" in _kinds(found)
    _dump(tmp_path / "users")
    with pytest.raises(DynaopsError, match="several tables"):
        read(tmp_path)


def _dump(folder: Path) -> None:
    (folder / "data").mkdir(parents=True)
    (folder / "schema.json").write_text('{"Table": {"TableName": "orders"}}')
    (folder / "data" / "0001.json").write_text('{"Items": [{"id": {"S": "a"}}], "Count": 1}')


def _export(
    folder: Path, files: dict[str, list[str]], about: dict[str, Any], data: str = "data"
) -> list[dict[str, Any]]:
    (folder / data).mkdir(parents=True, exist_ok=True)
    listed = []
    for name, lines in files.items():
        content = gzip.compress("".join(f"{line}\n" for line in lines).encode(), mtime=0)
        (folder / data / f"{name}.json.gz").write_bytes(content)
        md5 = base64.b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode()
        listed.append(
            {"itemCount": len(lines), "md5Checksum": md5, "dataFileS3Key": f"x/data/{name}.json.gz"}
        )
    _manifest(folder, listed)
    total = sum(map(len, files.values()))
    (folder / "manifest-summary.json").write_text(json.dumps({**_TIMES, "itemCount": total, **about}))
    return listed


def _manifest(folder: Path, listed: list[dict[str, Any]]) -> None:
    (folder / "manifest-files.json").write_text("".join(json.dumps(one) + "\n" for one in listed))


def _item(one: str) -> str:
    return json.dumps({"Item": {"id": {"S": one}}})


def test_data_files_are_compared_with_their_manifest(tmp_path: Path) -> None:
    listed = _export(tmp_path, {"one": [_item("a"), _item("b")], "two": [_item("c")]}, {})
    found = read(tmp_path, faults=True, table="users")
    assert _ids(found) == ["a", "b", "c"] and not found.faults
    assert _kinds(found) == ["export-of-other-table"]
    first, second = listed
    for wrong, message in (
        ([{**first, "md5Checksum": "AAAA"}, second], "its MD5 is another"),
        ([{**first, "itemCount": 3}, second], "holds 2 items, the manifest says 3"),
        ([first, second, {**second, "dataFileS3Key": "x/data/three.json.gz"}], "which is not there"),
    ):
        _manifest(tmp_path, wrong)
        found = read(tmp_path, faults=True)
        assert _ids(found) == ["a", "b", "c"]
        assert message in " ".join(fault.message for fault in found.faults)
    _manifest(tmp_path, [first])
    (fault,) = read(tmp_path, faults=True).faults
    assert "counts 3 items" in fault.message
    text = "".join(json.dumps(one) + "\n" for one in listed)
    (tmp_path / "manifest-files.json").write_text(text[:-20])
    found = read(tmp_path, faults=True)
    assert _ids(found) == ["a", "b"] and "ends within this line" in found.faults[0].message


def test_two_full_exports_are_asked_about(tmp_path: Path) -> None:
    _export(tmp_path / "AWSDynamoDB" / "01", {"one": [_item("old")]}, {"exportTime": "2026-01-01T00:00:00Z"})
    assert _ids(read(tmp_path)) == ["old"]
    _export(tmp_path / "AWSDynamoDB" / "02", {"one": [_item("new")]}, {"exportTime": "2026-01-02T00:00:00Z"})
    with pytest.raises(DynaopsError) as raised:
        read(tmp_path)
    assert "2026-01-01T00:00:00Z" in raised.value.message and "2026-01-02T00:00:00Z" in raised.value.message


def test_incremental_exports_follow_the_full_one_in_order(tmp_path: Path) -> None:
    def change(one: str, image: bool) -> str:
        return json.dumps(
            {
                "Keys": {"id": {"S": one}},
                **({"NewImage": {"id": {"S": one}}} if image else {}),
                "Metadata": {},
            }
        )

    def span(begins: int, ends: int) -> dict[str, str]:
        times = {
            "exportFromTime": f"2026-01-{begins:02}T00:00:00Z",
            "exportToTime": f"2026-01-{ends:02}T00:00:00Z",
        }
        return {"exportType": "INCREMENTAL_EXPORT", **times}

    _export(tmp_path / "3", {"c": [change("b", False)]}, span(4, 5))
    _export(tmp_path / "0", {"z": [change("old", True)]}, span(1, 2))
    _export(tmp_path / "1", {"a": [_item("a")]}, {"exportTime": "2026-01-02T00:00:00Z"})
    _export(tmp_path / "2", {"b": [change("b", True)]}, span(2, 3))
    found = read(tmp_path)
    assert [(row.is_put, item["id"]["S"]) for row, item in zip(found.rows, found.items, strict=True)] == [
        (True, "a"),
        (True, "b"),
        (False, "b"),
    ]
    assert {"export-order", "export-gap", "export-not-needed"} <= set(_kinds(found))
