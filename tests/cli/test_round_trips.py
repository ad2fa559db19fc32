"""What export-data writes, load-data reads back, whatever characters are in it."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from dynaops.aws.session import Aws
from dynaops.sandbox import SandboxServer
from tests.cli.running import Cli
from tests.data.tables import REGION, make_table, put, rows_of, way_to

_CONTROLS = [chr(code) for code in (*range(32), 127, 0x85, 0xA0, 0x2028, 0x2029, 0xFEFF, 0xFFFE)]
_SIGNS = list("\"'\\,;|\t\r\n#N=- ")


@pytest.fixture
def aws(server: SandboxServer, here: Path, monkeypatch: pytest.MonkeyPatch) -> Aws:
    """A sandbox with two tables, `from` and `to`."""
    environment = {"AWS_ENDPOINT_URL": server.url, "AWS_REGION": REGION}
    for name, value in {
        **environment,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
    }.items():
        monkeypatch.setenv(name, value)
    aws = way_to(server)
    for table in ("source", "copy"):
        make_table(aws, table, {"id": "S"})
    return aws


def _cell(numbers: random.Random) -> str:
    """A text in which control characters and CSV's own signs are frequent, and any other character occurs."""
    signs = []
    for _ in range(numbers.randint(1, 12)):
        kind = numbers.random()
        if kind < 0.35:
            signs.append(numbers.choice(_CONTROLS))
        elif kind < 0.6:
            signs.append(numbers.choice(_SIGNS))
        elif kind < 0.9:
            signs.append(chr(numbers.randint(33, 126)))
        else:
            signs.append(
                chr(numbers.choice([numbers.randint(0xA1, 0xD7FF), numbers.randint(0xE000, 0x10FFFF)]))
            )
    return "".join(signs)


def _items(seed: int, count: int) -> list[dict[str, Any]]:
    numbers = random.Random(seed)
    return [
        {
            "id": {"S": f"{number}{_cell(numbers)}"},
            **{name: {"S": _cell(numbers)} for name in ("a", "b", "c")},
        }
        for number in range(count)
    ]


def _round_trip(cli: Cli, aws: Aws, items: list[dict[str, Any]], name: str, *options: str) -> None:
    put(aws, "source", items)
    written = cli("export-data", "source", "--out", name)
    assert written.code == 0, written.err
    loaded = cli("load-data", "copy", name, *options)
    assert loaded.code == 0, loaded.err + loaded.out
    assert rows_of(aws, "copy") == rows_of(aws, "source")


@pytest.mark.parametrize("name", ["x.csv", "x.tsv", "x.csv.gz", "x.jsonl"])
@pytest.mark.parametrize("seed", range(2))
def test_all_characters_come_back(cli: Cli, aws: Aws, here: Path, name: str, seed: int) -> None:
    options = () if "jsonl" in name else ("--types", "id=S,a=S,b=S,c=S", "--format", "csv")
    _round_trip(cli, aws, _items(seed, 60), name, *options)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 130))
def test_all_characters_come_back_at_length(cli: Cli, aws: Aws, here: Path, seed: int) -> None:
    _round_trip(cli, aws, _items(seed, 200), "x.csv", "--types", "id=S,a=S,b=S,c=S", "--format", "csv")


@pytest.mark.parametrize("control", ["\x1a", "\0", "\x07", "\x7f"])
def test_control_characters_do_not_make_csv_binary(cli: Cli, aws: Aws, here: Path, control: str) -> None:
    items = [{"id": {"S": f"k{n}"}, "a": {"S": f'{control * 3}x{control}"y"'}} for n in range(9)]
    _round_trip(cli, aws, items, "x.csv")


def test_what_is_binary_is_still_refused(cli: Cli, aws: Aws, here: Path) -> None:
    (here / "x.bin").write_bytes(bytes(range(1, 20)) * 40)
    (here / "x.csv").write_bytes(b"id,a\n" + bytes(random.Random(1).randbytes(3_000)))
    for name in ("x.bin", "x.csv"):
        result = cli("load-data", "copy", name)
        assert result.code == 1 and "is binary, and of no kind that is known here" in result.err
