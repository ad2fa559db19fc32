"""What lies near a place without a state: a mistyped path is found, what belongs to a state is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from dynaops.aws.session import Aws
from dynaops.stores import open_store
from dynaops.stores.nearby_states import near_state


def no_aws() -> Aws:
    raise AssertionError("a file is not looked for in AWS")


def test_what_a_run_puts_beside_its_state_is_no_state(tmp_path: Path) -> None:
    """The first apply of all holds the lock while it looks."""
    place = str(tmp_path / "shop" / "state.json")
    with open_store(place).lock("apply"):
        assert list((tmp_path / "shop").iterdir())
        assert near_state(place, no_aws) is None


@pytest.mark.parametrize(
    "name", ["state.json.lock", "state.json.lock.json", "state.json.lease", "other.json.lock.json"]
)
def test_locks_are_none(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "shop"  # neighbours of the folder are looked at too: they must be this test's own
    folder.mkdir()
    (folder / name).write_text("{}")
    assert near_state(str(folder / "state.json"), no_aws) is None


def test_a_mistyped_path_is_found(tmp_path: Path) -> None:
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "state.json").write_text("{}")
    assert near_state(str(tmp_path / "tabels" / "state.json"), no_aws) == str(
        tmp_path / "tables" / "state.json"
    )
    assert near_state(str(tmp_path / "tables" / "stat.json"), no_aws) == str(
        tmp_path / "tables" / "state.json"
    )
