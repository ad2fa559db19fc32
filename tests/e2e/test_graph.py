"""``dynaops graph --plan`` through the real command line."""

from __future__ import annotations

from tests.e2e.conftest import Terminal

BASE = "table_name: users\nhash_key: id\nattributes: {id: S, mail: S}\n"
INDEX = "global_secondary_indexes: [{name: %s, hash_key: mail}]\n"


def actions(terminal: Terminal, path: str) -> dict[str, str | None]:
    found = terminal("graph", path, "--plan", "--json").json
    return {one["id"]: one["action"] for one in found["nodes"]}


def test_colours_by_what_apply_would_do(terminal: Terminal) -> None:
    path = terminal.write(BASE + INDEX % "one")
    assert set(actions(terminal, path).values()) == {"create"}
    assert terminal("apply", path, "--yes").code == 0
    assert set(actions(terminal, path).values()) == {"no-op"}
    terminal.write(BASE + INDEX % "two" + "deletion_protection: true\n")
    terminal.server.requests.clear()
    assert actions(terminal, path) == {
        "users": "update",
        "users/gsi/one": "delete",
        "users/gsi/two": "create",
        "users/point_in_time_recovery": "no-op",
    }
    assert terminal.server.requests.writes() == []
    drawn = terminal("graph", path, "--plan", "--format", "svg")
    assert "#ffebe9" in drawn.out
    assert "global secondary index [delete]" in drawn.out
    tree = terminal("graph", path, "--plan").out
    assert "  - gsi/one" in tree
    assert "  + gsi/two" in tree


def test_a_table_that_goes_is_drawn_too(terminal: Terminal) -> None:
    path = terminal.write(BASE + INDEX % "one")
    assert terminal("apply", "specs", "--yes").code == 0
    terminal.write(BASE.replace("users", "others") + INDEX % "one")
    found = actions(terminal, path)
    assert found["users"] == "delete"
    assert found["users/gsi/one"] == "delete"
    assert found["others"] == "create"
