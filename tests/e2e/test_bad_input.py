"""Bad input of every kind: a clear message, the right exit code, the state untouched."""

from __future__ import annotations

import json

import pytest

from dynaops.sandbox.faults import FaultRule
from tests.e2e.conftest import Terminal

GOOD = "table_name: users\nhash_key: id\nattributes: {id: S}\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("table_name: [", "specs/spec.yaml:1:"),
        ("a:\n\tb: 1", "specs/spec.yaml:2:1"),
        (GOOD + "billing_mod: x\n", "Did you mean billing_mode?"),
        (GOOD + "read_capacity: five\n", "specs/spec.yaml:4:16"),
        (GOOD + "read_capacity: 5\n", "PROVISIONED"),
        (GOOD + GOOD, "stands twice"),
        (GOOD + "tags: {a: '${var.nope}'}\n", "${var.nope} is not defined"),
        (GOOD + "tags: !!python/object:os.system {}\n", "not allowed"),
        ("", "empty"),
    ],
)
def test_bad_specs(terminal: Terminal, text: str, said: str) -> None:
    path = terminal.write(text)
    for command in ("validate", "plan", "apply"):
        ran = terminal(command, path)
        assert ran.code == 1
        assert said in ran.out + ran.err, ran
    assert not (terminal.folder / ".dynaops/state.json").exists()


def test_an_alias_bomb_is_refused(terminal: Terminal) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9)]
    ran = terminal("validate", terminal.write("\n".join(lines)))
    assert ran.code == 1
    assert "expands to too much" in ran.out + ran.err


@pytest.mark.parametrize(
    ("env", "said"),
    [
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, "Cannot reach"),
        ({"AWS_DEFAULT_REGION": "mars-north-1"}, "no AWS region"),
        ({"AWS_DEFAULT_REGION": "eu-centrl-1"}, "Did you mean eu-central-1"),
        ({"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}, "credentials"),
        ({"AWS_PROFILE": "nobody"}, "nobody"),
    ],
)
def test_a_bad_way_to_aws(terminal: Terminal, env: dict[str, str], said: str) -> None:
    ran = terminal("plan", terminal.write(GOOD), **env)
    assert ran.code == 1
    assert said in ran.err, ran
    assert not (terminal.folder / ".dynaops/state.json").exists()


def test_denied_permissions_name_the_action(terminal: Terminal) -> None:
    terminal.server.faults.add(FaultRule("access_denied", operation="CreateTable", times=None))
    ran = terminal("apply", terminal.write(GOOD), "--yes")
    assert ran.code == 1
    assert "dynamodb:CreateTable" in ran.out + ran.err
    terminal.server.faults.clear()
    assert terminal("apply", "specs/spec.yaml", "--yes").code == 0


@pytest.mark.parametrize(
    "content", ["{", '{"version": 4, "terraform_version": "1.9", "resources": []}', "[]"]
)
def test_a_corrupt_or_foreign_state_is_left_alone(terminal: Terminal, content: str) -> None:
    state = terminal.folder / ".dynaops/state.json"
    state.parent.mkdir()
    state.write_text(content)
    ran = terminal("apply", terminal.write(GOOD), "--yes")
    assert ran.code == 1
    assert ran.err
    assert state.read_text() == content
    assert terminal.server.requests.writes() == []


def test_a_state_of_the_sandbox_is_not_taken_for_one_of_the_real_aws(terminal: Terminal) -> None:
    path = terminal.write(GOOD)
    assert terminal("apply", path, "--yes").code == 0
    ran = terminal("plan", path, AWS_ENDPOINT_URL="https://proxy.example")
    assert ran.code == 1
    assert "made on a sandbox" in ran.err


def test_json_is_one_document_even_when_it_fails(terminal: Terminal) -> None:
    ran = terminal("--json", "plan", terminal.write(GOOD + "x: 1\n"))
    assert ran.code == 1
    assert json.loads(ran.out)


def test_a_secret_of_the_environment_gets_into_no_plan(terminal: Terminal) -> None:
    path = terminal.write(GOOD + 'tags: {a: "${env.AWS_SECRET_ACCESS_KEY}"}\n')
    secret = "wJalrXUtnFEMI"
    ran = terminal("plan", path, "--markdown", "plan.md", AWS_SECRET_ACCESS_KEY=secret)
    assert ran.code == 1
    assert "specs/spec.yaml:4:11" in ran.err
    assert "--env-var AWS_SECRET_ACCESS_KEY" in ran.err
    assert secret not in ran.out + ran.err
    assert not (terminal.folder / "plan.md").exists()


def test_a_saved_plan_opens_no_name_of_the_environment(terminal: Terminal) -> None:
    """A file could be edited to open any; the command line says it again."""
    path = terminal.write(GOOD + 'tags: {a: "${env.SHOP_TOKEN}"}\n')
    opened = ("--env-var", "SHOP_TOKEN")
    assert terminal("plan", path, "--out", "it.plan", *opened, SHOP_TOKEN="t1").code == 0
    refused = terminal("apply", "it.plan", "--yes", SHOP_TOKEN="t1")
    assert (refused.code, "--env-var SHOP_TOKEN" in refused.err) == (1, True), refused
    assert terminal("apply", "it.plan", "--yes", *opened, SHOP_TOKEN="other").code == 5
    assert terminal("apply", "it.plan", "--yes", *opened, SHOP_TOKEN="t1").code == 0
