"""``dynaops render``: composed documents, where each value comes from, and no secret."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from dynaops.specs.environment import Environment
from dynaops.specs.load import load
from tests.cli.running import Cli

SECRET = "wJalrXUtnFEMI/K7MDENG"


@pytest.fixture
def estate(here: Path) -> Path:
    for name, text in {
        "dynaops.toml": """default_tags = {project = "shop"}
[variables]
tier = "gold"
[environment.prod]
overlays = ["over.yaml"]
""",
        "specs/defaults.yaml": "defaults:\n  point_in_time_recovery: {recovery_period_days: 7}\n",
        "specs/data/rows.json": '[{"id": "a", "n": 0.10}]',
        "specs/orders.yaml": """table_name: orders-${environment}
hash_key: id
attributes: {id: S}
tags: {tier: "${var.tier}", token: "${env.API_TOKEN}"}
global_secondary_indexes:
  - {name: by-id, hash_key: id}
items_file: data/rows.json
items: []
resource_policy: {Version: "2012-10-17", Resource: "${table_arn}/index/*"}
""",
        "over.yaml": "deletion_protection: true\nglobal_secondary_indexes:\n- name: by-id\n  projection: "
        "{type: KEYS_ONLY}\n",
    }.items():
        (here / name).parent.mkdir(parents=True, exist_ok=True)
        (here / name).write_text(text)
    return here


PRINTED = """# specs/orders.yaml
table_name: orders-prod             # specs/orders.yaml:1, ${environment}
hash_key: id                        # specs/orders.yaml:2
attributes:
  id: S                             # specs/orders.yaml:3
tags:
  project: shop                     # dynaops.toml:1
  tier: gold                        # specs/orders.yaml:4, ${var.tier}
  token: "${env.API_TOKEN}"         # specs/orders.yaml:4, ${env.API_TOKEN}
global_secondary_indexes:
  - name: by-id                     # over.yaml:3
    hash_key: id                    # specs/orders.yaml:6
    projection:
      type: KEYS_ONLY               # over.yaml:4
items_file: specs/data/rows.json    # specs/orders.yaml:7
items: []                           # specs/orders.yaml:8
resource_policy:
  Version: "2012-10-17"             # specs/orders.yaml:9
  Resource: "${table_arn}/index/*"  # specs/orders.yaml:9
point_in_time_recovery:
  recovery_period_days: 7           # specs/defaults.yaml:2
deletion_protection: true           # over.yaml:1
"""


def test_the_command(cli: Cli, estate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_TOKEN", SECRET)
    arguments = ("render", "-E", "prod", "--env-var", "API_TOKEN")
    with_origins = cli(*arguments, "--origins")
    assert with_origins.out == PRINTED
    plain = cli(*arguments, "specs/orders.yaml").out
    assert plain == "".join(f"{line.split('  #')[0].rstrip()}\n" for line in PRINTED.splitlines())
    assert SECRET not in with_origins.out + plain
    (estate / "printed.yaml").write_text(plain)
    environment = Environment({"API_TOKEN": SECRET}, names=frozenset({"API_TOKEN"}))
    (document,) = load(["printed.yaml"], env=environment)
    assert document.spec.tags == {"project": "shop", "tier": "gold", "token": SECRET}
    assert [row.item for row in document.spec.file_items] == [{"id": "a", "n": Decimal("0.10")}]
    assert document.spec.deletion_protection


def test_the_command_for_programs(cli: Cli, estate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_TOKEN", SECRET)
    printed = cli("--json", "render", "-E", "prod", "--env-var", "API_TOKEN")
    assert SECRET not in printed.out
    (document,) = printed.json["documents"]
    assert (document["table"], document["source"]) == ("orders-prod", "specs/orders.yaml")
    assert document["spec"]["tags"]["token"] == "${env.API_TOKEN}"
    assert document["origins"]["tags.tier"] == {
        "file": "specs/orders.yaml",
        "line": 4,
        "column": 14,
        "variables": ["${var.tier}"],
    }
    assert document["origins"]["point_in_time_recovery.recovery_period_days"] == {
        "file": "specs/defaults.yaml",
        "line": 2,
        "column": 50,
    }


def test_what_cannot_be_composed_is_told(cli: Cli, estate: Path) -> None:
    refused = cli("render", "-E", "prod")
    assert refused.code == 1
    assert "specs/orders.yaml:4:36: error: ${env.API_TOKEN} may not be read" in refused.err
    assert not refused.out


def test_an_environment_without_documents(cli: Cli, here: Path) -> None:
    (here / "a.yaml").write_text("only: prod\ntable_name: users\nhash_key: id\nattributes: {id: S}\n")
    printed = cli("render", "a.yaml")
    assert (printed.code, printed.out) == (0, "")
    assert "left out, as no environment is chosen (-E): users" in printed.err
    assert cli("--json", "render", "a.yaml").json == {"documents": []}
