"""States and plans that are none of ours to read: told by every command in words, and nothing is sent."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from dynaops.model.state import Record, State
from dynaops.stores import format as form
from dynaops.stores import open_store
from tests.cli.running import Cli, Result

SPEC = "table_name: orders\nhash_key: id\nattributes: {id: S}\nregion: eu-central-1\n"
GOOD = State(
    serial=3,
    lineage="b7d6",
    origin="local",
    resources={
        "orders": Record(
            kind="table",
            region="eu-central-1",
            properties={"hash_key": "id", "attributes": {"id": "S"}},
            source="specs/orders.yaml",
        )
    },
)
COMMANDS: tuple[tuple[str, ...], ...] = (
    ("plan",),
    ("plan", "--no-refresh"),
    ("apply", "--yes"),
    ("destroy", "--yes"),
    ("drift",),
    ("output",),
    ("graph", "--recorded"),
    ("graph", "--plan"),
    ("validate", "--live"),
    ("import", "customers"),
    ("import", "--all"),
    ("state", "list"),
    ("state", "show", "orders"),
    ("state", "rm", "orders"),
    ("state", "mv", "orders", "sales"),
    ("state", "pull"),
    ("state", "restore", "2"),
    ("init", "--migrate", "--state", "elsewhere.json"),
)
STATES: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "a kind of a newer version": (
        lambda raw: raw.replace(b'"kind": "table"', b'"kind": "quantum_table"'),
        "'quantum_table' is no kind of resource that this dynaops knows",
    ),
    "a key twice": (
        lambda raw: raw.replace(b'  "serial": 3\n', b'  "resources": {},\n  "serial": 3\n'),
        'the key "resources" is given twice, in lines 6 and 25',
    ),
    "a property of another type": (
        lambda raw: raw.replace(b'"hash_key": "id"', b'"hash_key": 5'),
        "resources > orders > properties > hash_key: input should be a valid string",
    ),
    "a property missing": (
        lambda raw: raw.replace(b'"hash_key": "id"', b'"range_key": "id"'),
        "resources > orders > properties > hash_key is missing",
    ),
    "a byte order mark": (
        lambda raw: b"\xef\xbb\xbf" + raw,
        ".json:1:1 is not valid JSON: it begins with a byte order mark",
    ),
}


@pytest.fixture
def there(here: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A spec, and an AWS where nobody answers: a call would fail in other words."""
    (here / "specs").mkdir()
    (here / "specs" / "orders.yaml").write_text(SPEC, encoding="utf-8")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    return here


def put(change: Callable[[bytes], bytes]) -> bytes:
    raw = form.dumps(GOOD)
    changed = change(raw)
    assert changed != raw
    path = Path(".dynaops/state.json")
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(changed)
    kept = path.parent / "state.d"
    kept.mkdir(exist_ok=True)
    (kept / "00000002-00000000.json").write_bytes(changed)
    return changed


def refused(result: Result, words: str) -> None:
    told = " ".join(result.err.split())
    assert result.code == 1, result
    assert words in told, told
    assert "fault in dynaops" not in told and "Traceback" not in told
    assert "127.0.0.1:9" not in told, "a call was made"


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_tells_of_a_kind_that_it_does_not_know(
    cli: Cli, there: Path, command: tuple[str, ...]
) -> None:
    change, words = STATES["a kind of a newer version"]
    raw = put(change)
    result = cli(*command)
    refused(result, words)
    assert "Upgrade dynaops" in result.err
    assert Path(".dynaops/state.json").read_bytes() == raw
    assert not Path("elsewhere.json").exists()


@pytest.mark.parametrize("name", STATES)
@pytest.mark.parametrize(
    "command", [("plan",), ("apply", "--yes"), ("destroy", "--yes"), ("state", "restore", "2")]
)
def test_nothing_is_forgotten_or_sent_for_a_state_that_cannot_be_read(
    cli: Cli, there: Path, command: tuple[str, ...], name: str
) -> None:
    change, words = STATES[name]
    raw = put(change)
    refused(cli(*command), words)
    assert Path(".dynaops/state.json").read_bytes() == raw


def test_such_a_state_is_not_pushed(cli: Cli, there: Path) -> None:
    store = open_store(".dynaops/state.json")
    store.save(GOOD.model_copy(update={"serial": 0}))
    before = Path(".dynaops/state.json").read_bytes()
    for change, words in STATES.values():
        Path("given.json").write_bytes(change(form.dumps(GOOD)))
        for more in ((), ("--force",)):
            refused(cli("state", "push", "given.json", *more), words)
    assert Path(".dynaops/state.json").read_bytes() == before


def test_a_move_to_an_address_that_could_not_be_read_again_is_refused(cli: Cli, there: Path) -> None:
    record = Record(
        kind="policy",
        region="eu-central-1",
        properties={"name": "reader", "path": "/"},
        depends_on=("orders",),
    )
    state = GOOD.model_copy(
        update={"serial": 0, "resources": {**GOOD.resources, "orders/iam/read_only": record}}
    )
    open_store(".dynaops/state.json").save(state)
    result = cli("state", "mv", "orders/iam/read_only", "orders/iam/nonsense")
    assert result.code == 1 and "this is not the address of a IAM policy" in " ".join(result.err.split())
    assert cli("state", "list").out == "orders\norders/iam/read_only\n"


PLANS: dict[str, tuple[Callable[[str], str], str]] = {
    "an inner format of later": (
        lambda text: text.replace('"plan":{"format_version":1', '"plan":{"format_version":99'),
        "orders.plan has plan format 99; this version understands 1",
    ),
    "an inner format of another type": (
        lambda text: text.replace('"plan":{"format_version":1', '"plan":{"format_version":true'),
        "orders.plan has plan format True",
    ),
    "an outer format of later": (
        lambda text: text.replace('{"saved_plan":1', '{"saved_plan":2'),
        "orders.plan has plan format 2",
    ),
    "a key twice": (
        lambda text: text.replace('"destroy":false', '"destroy":false,"destroy":false'),
        'the key "destroy" is given twice',
    ),
    "a list of operations twice": (
        lambda text: text.replace('"updates":', '"operations":[],"updates":'),
        'the key "operations" is given twice',
    ),
    "half a file": (lambda text: text[: len(text) // 2], "is no plan that this version understands"),
}


@pytest.mark.parametrize(("change", "words"), PLANS.values(), ids=PLANS)
def test_a_saved_plan_that_could_be_read_in_two_ways_is_refused(
    cli: Cli, there: Path, change: Callable[[str], str], words: str
) -> None:
    from dynaops.cli.planning import saved_plans
    from dynaops.cli.wiring import SpecSource
    from dynaops.model.plan import Plan

    plan = Plan(dynaops_version="0", created_at="2026-01-01T00:00:00+00:00", serial=0, lineage="b7d6")
    saved_plans.save(plan, SpecSource(("specs",)), "orders.plan")
    text = Path("orders.plan").read_text(encoding="utf-8")
    assert change(text) != text
    Path("orders.plan").write_text(change(text), encoding="utf-8")
    refused(cli("apply", "orders.plan", "--yes"), words)


def test_a_good_state_is_read(cli: Cli, there: Path) -> None:
    put(lambda raw: raw + b"\n")
    assert json.loads(cli("state", "show", "orders", "--json").out)["kind"] == "table"
