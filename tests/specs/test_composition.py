"""Composition: defaults of folders and environments, documents of some environments only, and names with the stage."""

from __future__ import annotations

import json
import re
import tempfile
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from dynaops.model.errors import SpecError
from dynaops.model.finding import Finding
from dynaops.specs.composition import Composition, composed
from dynaops.specs.environment import Environment
from dynaops.specs.load import Document, load
from dynaops.specs.project import Project
from dynaops.specs.project_file import find
from dynaops.specs.schema import json_schema
from dynaops.specs.variables import Substitution, Values
from dynaops.specs.yaml_tree import nodes
from tests.specs.naive import composed as naively_composed
from tests.specs.naive import defaulted
from tests.specs.test_overlays import PATTERNS, VALUES, bodies, fill
from tests.unusual_files import KINDS, make_unusual, no_hang

TABLE = "table_name: {name}\nhash_key: id\nattributes: {{id: S}}\n"
PROJECT = """[environment.dev]
[environment.prod]
"""


class Estate:
    """A project in the working directory."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.notices: list[str] = []
        (folder / ".git").mkdir()

    def write(self, **files: str) -> None:
        for name, text in files.items():
            path = self.folder / name.replace("__", "/")
            path = path.with_suffix(".toml" if path.name == "dynaops" else ".yaml")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def project(self, environment: str | None) -> Project:
        file = find(self.folder)
        return file.project(environment) if file else Project()

    def load(
        self, *paths: str, overlays: tuple[str, ...] = (), environment: str | None = None, whole: bool = True
    ) -> dict[str, Document]:
        composition = Composition.of(self.project(environment), whole, self.notices.append)
        found = load(paths or ("specs",), overlays, {}, Environment({}), "default", composition)
        return {document.spec.table_name: document for document in found}

    def tags(self, *paths: str, **options: Any) -> dict[str, dict[str, str]]:
        return {name: dict(each.spec.tags or {}) for name, each in self.load(*paths, **options).items()}

    def findings(self, *paths: str, **options: Any) -> list[tuple[str, str]]:
        """The codes of findings, and their places."""
        with pytest.raises(SpecError) as caught:
            self.load(*paths, **options)
        self.told: tuple[Finding, ...] = caught.value.findings
        return [(finding.code, str(finding.place)) for finding in caught.value.findings]


@pytest.fixture
def estate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Estate:
    monkeypatch.chdir(tmp_path)
    return Estate(tmp_path)


def table(name: str, more: str = "") -> str:
    return TABLE.format(name=name) + more


# Defaults


layers = st.lists(
    bodies.map(lambda body: {"defaults": body})
    | st.builds(lambda body, match: {"match": match, "defaults": body}, bodies, st.sampled_from(PATTERNS)),
    max_size=2,
)
names = st.sampled_from(["users", "orders-${workspace}", "shop-a"])


@given(names, bodies, bodies, st.tuples(layers, layers, layers), st.lists(bodies, max_size=2), st.booleans())
@settings(max_examples=60, deadline=None)
def test_it_is_what_a_naive_composer_makes_of_it(
    name: str,
    body: dict[str, Any],
    project: dict[str, Any],
    folders: tuple[list[Any], list[Any], list[Any]],
    overlays: list[dict[str, Any]],
    alone: bool,
) -> None:
    """Defaults of the project, of two folders and of the file, and overlays: read alone or with its folder."""
    document = {"table_name": name, **body}
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        (folder / "specs" / "sub").mkdir(parents=True)
        files = {
            "specs/defaults.yaml": folders[0],
            "specs/sub/defaults.yaml": folders[1],
            "specs/sub/a.yaml": [*folders[2], document],
            "over.yaml": overlays,
        }
        for path, texts in files.items():
            if texts:
                (folder / path).write_text("\n---\n".join(map(json.dumps, texts)))
        findings: list[Finding] = []
        (found,) = composed(
            [folder / "specs" / "sub" / ("a.yaml" if alone else "")],
            [folder / "over.yaml"] if overlays else [],
            Composition(defaults=project, default_tags={"d": "t"}, folder=folder),
            Substitution(VALUES),
            findings,
        )
    matching = [
        layer["defaults"]
        for layer in chain.from_iterable(folders)
        if naively_composed([document], [{**layer, "match": layer.get("match", "*")}], fill)[1] == 0
    ]
    base = defaulted(document, [{"tags": {"d": "t"}}, project, *matching], fill)
    ((expected,), _) = naively_composed([base], overlays, fill)
    assert not findings
    assert found.node.plain() == expected


def test_defaults_are_those_of_folders_above_too(estate: Estate) -> None:
    estate.write(
        defaults="defaults: {tags: {a: root, b: root, c: root, d: root}}\n",
        specs__defaults="defaults: {tags: {b: specs, c: specs, d: specs}}\n",
        specs__shop__defaults="defaults: {tags: {c: shop, d: shop}}\n",
        specs__shop__users=table("users", "tags: {d: own}\n"),
        specs__carts=table("carts"),
        elsewhere__other=table("other"),
    )
    expected = {"users": {"a": "root", "b": "specs", "c": "shop", "d": "own"}}
    assert estate.tags("specs/shop") == estate.tags("specs/shop/users.yaml") == expected
    assert estate.tags(str(estate.folder / "specs" / "shop")) == expected
    assert estate.tags("specs")["carts"] == {"a": "root", "b": "specs", "c": "specs", "d": "specs"}
    assert estate.tags("elsewhere")["other"] == dict.fromkeys("abcd", "root")


def test_defaults_end_at_the_project(estate: Estate) -> None:
    estate.write(
        defaults="defaults: {tags: {a: outside}}\n",
        inner__dynaops="",
        inner__specs__users=table("users"),
    )
    composition = Composition(folder=estate.folder / "inner")
    (document,) = load(["inner/specs"], composition=composition)
    assert document.spec.tags is None
    (estate.folder / "inner" / ".git").mkdir()
    (document,) = load(["inner/specs"])
    assert document.spec.tags is None


def test_defaults_of_a_file_are_for_that_file(estate: Estate) -> None:
    estate.write(
        specs__a="defaults: {tags: {x: y}}\n---\n"
        + table("users")
        + "---\n"
        + table("carts", "tags: {x: own}\n"),
        specs__b=table("other"),
    )
    assert estate.tags() == {"users": {"x": "y"}, "carts": {"x": "own"}, "other": {}}


def test_a_tables_own_word_wins(estate: Estate) -> None:
    estate.write(
        specs__defaults="""defaults:
  point_in_time_recovery: {enabled: true, recovery_period_days: 7}
  deletion_protection: true
  ttl: {attribute: expires}
  log_group: {name: shared, retention_days: 30}
  lambda_triggers: [{function: audit, batch_size: 10}]
""",
        specs__a=table("a-1"),
        specs__b=table(
            "b-1",
            """point_in_time_recovery: false
deletion_protection: false
ttl: null
log_group: {name: own}
lambda_triggers: [{function: audit, enabled: false}, {function: other}]
""",
        ),
    )
    found = estate.load()
    first, second = found["a-1"].spec, found["b-1"].spec
    assert (first.point_in_time_recovery.recovery_period_days, first.deletion_protection) == (7, True)
    assert first.ttl is not None
    assert first.ttl.attribute == "expires"
    assert (second.point_in_time_recovery.enabled, second.deletion_protection, second.ttl) == (
        False,
        False,
        None,
    )
    assert second.log_group is not None
    assert (second.log_group.name, second.log_group.retention_days) == ("own", 30)
    triggers = [(each.function, each.enabled, each.batch_size) for each in second.lambda_triggers or ()]
    assert triggers == [("audit", False, 10), ("other", True, 100)]


def test_defaults_for_some_tables(estate: Estate) -> None:
    estate.write(
        specs__defaults="match: shop-*\ndefaults: {tags: {x: y}}\n---\nmatch: ['a-${workspace}']\ndefaults: "
        "{tags: {x: z}}\n",
        specs__a=table("shop-a") + "---\n" + table("users") + "---\n" + table("a-default"),
    )
    assert estate.tags() == {"shop-a": {"x": "y"}, "users": {}, "a-default": {"x": "z"}}


def test_a_file_named_defaults_may_hold_tables_as_well(estate: Estate) -> None:
    estate.write(specs__defaults=table("users") + "---\ndefaults: {tags: {x: y}}\n")
    assert estate.tags() == {"users": {"x": "y"}}


def test_defaults_of_the_project_and_of_environments(estate: Estate) -> None:
    estate.write(
        dynaops="""default_tags = {team = "shop", tier = "any"}
[defaults]
deletion_protection = true
[defaults.tags]
tier = "default"
stage = "${environment:-none}"
[environment.prod.defaults]
point_in_time_recovery = {recovery_period_days = 30}
[environment.prod.defaults.tags]
tier = "prod"
[environment.dev.defaults]
deletion_protection = false
""",
        specs__a=table("users", "tags: {own: x}\n"),
    )
    for environment, tier, protected, days in (
        (None, "default", True, 35),
        ("prod", "prod", True, 30),
        ("dev", "default", False, 35),
    ):
        spec = estate.load(environment=environment)["users"].spec
        stage = environment or "none"
        assert spec.tags == {"team": "shop", "tier": tier, "stage": stage, "own": "x"}
        assert (spec.deletion_protection, spec.point_in_time_recovery.recovery_period_days) == (
            protected,
            days,
        )


@pytest.mark.parametrize(
    ("files", "code", "place"),
    [
        ({"specs__defaults": "defaults: {ttl: {attribute: 5}}"}, "SPEC012", "specs/defaults.yaml:1:29"),
        ({"specs__defaults": "defaults: {tagz: {}}"}, "SPEC010", "specs/defaults.yaml:1:12"),
        ({"defaults": "defaults: {tags: {a: 5}}"}, "SPEC012", "defaults.yaml:1:22"),
        ({"specs__defaults": "defaults: [a]"}, "SPEC012", "specs/defaults.yaml:1:11"),
        ({"specs__defaults": "defaults: {table_name: x}"}, "SPEC012", "specs/defaults.yaml:1:24"),
        ({"specs__defaults": "defaults: {tags: {a: '${var.x}'}}"}, "SPEC007", "specs/defaults.yaml:1:22"),
        ({"specs__defaults": "match: 5\ndefaults: {tags: {a: b}}"}, "SPEC012", "specs/defaults.yaml:1:8"),
        ({"defaults": "a: [\n"}, "SPEC002", "defaults.yaml:2:1"),
        ({"specs__b": table("b-1", "defaults: {tags: {}}")}, "SPEC017", "specs/b.yaml:4:1"),
        ({"dynaops": "[defaults]\nttl = {attribute = 5}"}, "SPEC012", "dynaops.toml:2:8"),
        ({"dynaops": "[defaults.tags]\na = 5"}, "SPEC012", "dynaops.toml:2:1"),
        ({"dynaops": "defaults.tagz = 5"}, "SPEC010", "dynaops.toml:1:10"),
        ({"dynaops": "default_tags.a = '${var.x}'"}, "SPEC007", "dynaops.toml:1:14"),
        ({"dynaops": "overlays = ['over.yaml']", "over": "ttl: {attribute: 5}"}, "SPEC012", "over.yaml:1:18"),
    ],
)
def test_what_is_wrong_is_told_once_where_it_is_written(
    estate: Estate, files: dict[str, str], code: str, place: str
) -> None:
    estate.write(specs__a=table("users") + "---\n" + table("carts"), **files)
    assert estate.findings() == [(code, place)]


def test_what_is_missing_is_told_at_the_document(estate: Estate) -> None:
    estate.write(
        specs__defaults="defaults: {tags: {a: b}, ttl: {enabled: true}}\n", specs__a="table_name: users\n"
    )
    assert set(estate.findings()) == {
        ("SPEC011", "specs/a.yaml:1:1"),
        ("SPEC011", "specs/defaults.yaml:1:31"),
    }


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "folder"])
@pytest.mark.parametrize("above", [False, True])
def test_defaults_that_are_no_file(estate: Estate, kind: str, above: bool) -> None:
    """Neither read nor left out in silence: a table without its defaults is another table."""
    estate.write(specs__a=table("users"))
    make_unusual(estate.folder / ("" if above else "specs") / "defaults.yaml", kind)
    with no_hang():
        found = estate.findings("specs/a.yaml")
    assert len(found) == 1
    told = estate.told[0].message
    assert KINDS[kind] in told or "leads out of the project" in told


def test_a_folder_named_defaults_is_none(estate: Estate) -> None:
    estate.write(specs__a=table("users"))
    (estate.folder / "specs" / "defaults.yaml").mkdir()
    assert estate.tags() == {"users": {}}


def test_one_mistake_makes_no_others(estate: Estate) -> None:
    """What defaults and overlays give is not missing because something else is wrong."""
    estate.write(
        specs__defaults="defaults: {hash_key: id}\n---\ndefaults: [a]\n",
        specs__a="table_name: users\n",
        over="attributes: {id: S}\n",
    )
    assert estate.findings(overlays=("over.yaml",)) == [("SPEC012", "specs/defaults.yaml:3:11")]
    estate.write(specs__b="a: [\n", specs__defaults="defaults: {hash_key: id}\n", named="table_name: carts\n")
    found = estate.findings(overlays=("over.yaml", "named.yaml"))
    assert found == [("SPEC002", "specs/b.yaml:2:1")]


def test_neither_defaults_nor_overlays_are_laid_on_blocks(estate: Estate) -> None:
    estate.write(
        specs__defaults="defaults: {tags: {a: b}}\nmoved: [{from: old, to: users}]\n",
        specs__a=table("users") + "---\nonly: [prod]\nremoved: [gone]\n---\nonly: [dev]\nremoved: [left]\n",
        over="tags: {b: c}\n---\nremoved: [other]\n",
    )
    composition = Composition(environment="prod")
    found = load(["specs"], ["over.yaml"], composition=composition)
    assert [document.spec.tags for document in found] == [{"a": "b", "b": "c"}]
    assert [(move.source, move.target) for move in found.blocks.moved] == [("old", "users")]
    assert [removal.address for removal in found.blocks.removed] == ["gone", "other"]


def test_what_stands_beside_blocks_is_told(estate: Estate) -> None:
    estate.write(specs__a=table("users") + "---\nremoved: [gone]\ntagz: {}\n", over="tags: {b: c}\n")
    assert [place for _, place in estate.findings(overlays=("over.yaml",))] == ["specs/a.yaml:6:1"]


def test_defaults_in_an_overlay_are_refused(estate: Estate) -> None:
    estate.write(specs__a=table("users"), over="tags: {a: b}\n---\ndefaults: {tags: {}}\n")
    assert estate.findings(overlays=("over.yaml",)) == [("SPEC017", "over.yaml:3:1")]


# Overlays of environments


def test_overlays_of_environments(estate: Estate) -> None:
    estate.write(
        dynaops="""[environment.dev]
[environment.prod]
overlays = ["overlays/prod.yaml"]
""",
        overlays__prod="tags: {x: all, y: all}\n---\ntable_name: orders-*\ntags: {y: orders}\n",
        specs__a=table("orders-${environment:-local}") + "---\n" + table("users"),
        over="table_name: users\ntags: {y: given}\n",
    )
    assert estate.tags() == {"orders-local": {}, "users": {}}
    assert estate.tags(environment="prod") == {
        "orders-prod": {"x": "all", "y": "orders"},
        "users": {"x": "all", "y": "all"},
    }
    assert estate.tags(environment="prod", overlays=("over.yaml",))["users"] == {"x": "all", "y": "given"}


def test_overlays_of_an_environment_must_fit_where_all_specs_are_read(estate: Estate) -> None:
    estate.write(
        dynaops='overlays = ["over.yaml"]\n', over="table_name: users\ntags: {x: y}\n", specs__a=table("usrs")
    )
    assert estate.findings() == [("SPEC015", "over.yaml:1:13")]
    assert estate.tags("specs/a.yaml", whole=False) == {"usrs": {}}


# Only


@pytest.mark.parametrize(
    ("only", "environment", "there"),
    [
        ("[prod]", "prod", True),
        ("prod", "prod", True),
        ("[dev, prod]", "dev", True),
        ("[prod]", "dev", False),
        ("[prod]", None, False),
    ],
)
def test_only_in_some_environments(estate: Estate, only: str, environment: str | None, there: bool) -> None:
    """A document that is left out is as if absent: its variables are not looked at, another may have its name."""
    estate.write(
        dynaops=PROJECT,
        specs__a=table("users")
        + "---\n"
        + f"only: {only}\n"
        + table("audit", "tags: {x: '${environment}'}\n"),
        specs__b="only: [staging]\ntable_name: ${var.nope}\nnonsense: true\n",
    )
    (estate.folder / "specs" / "b.yaml").unlink()
    assert list(estate.load(environment=environment)) == ["users", *(["audit"] if there else [])]
    assert estate.notices == (
        [] if environment or there else ["left out, as no environment is chosen (-E): audit"]
    )


def test_what_is_left_out_is_not_looked_at(estate: Estate) -> None:
    estate.write(
        dynaops=PROJECT,
        specs__a="only: prod\n" + table("users", "tags: {x: prod}\n"),
        specs__b="only: dev\n" + table("users", "tags: {x: dev}\n"),
        specs__c="only: prod\ntable_name: ${var.nope}\nnonsense: true\n---\n[not, a, map]\n",
    )
    assert [place for _, place in estate.findings(environment="dev")] == ["specs/c.yaml:5:1"]
    estate.write(specs__c="only: prod\ntable_name: ${var.nope}\nnonsense: true\n")
    assert estate.tags(environment="dev") == {"users": {"x": "dev"}}


def test_only_on_defaults_and_overlays(estate: Estate) -> None:
    estate.write(
        dynaops=PROJECT + 'overlays = ["over.yaml"]\n',
        specs__defaults="only: prod\ndefaults: {tags: {a: prod}}\n---\nonly: [dev]\ndefaults: {tags: {a: dev}}\n",
        specs__a=table("users") + "---\nonly: dev\n" + table("audit"),
        over="only: prod\ntags: {b: prod}\n---\ntable_name: audit\ntags: {b: audit}\n",
    )
    assert estate.tags(environment="prod") == {"users": {"a": "prod", "b": "prod"}}
    assert estate.tags(environment="dev", overlays=("over.yaml",)) == {
        "users": {"a": "dev"},
        "audit": {"a": "dev", "b": "audit"},
    }


@pytest.mark.parametrize(
    ("only", "code", "place", "hint"),
    [
        ("[prdo]", "SPEC016", "specs/a.yaml:1:8", "Did you mean prod?"),
        ("staging", "SPEC016", "specs/a.yaml:1:7", "Environments there are: dev, prod."),
        ("[]", "SPEC012", "specs/a.yaml:1:7", "For example [prod]."),
        ("[5]", "SPEC012", "specs/a.yaml:1:8", "For example [prod]."),
        ("{a: b}", "SPEC012", "specs/a.yaml:1:7", "For example [prod]."),
        ("['${environment}']", "SPEC012", "specs/a.yaml:1:8", "For example [prod]."),
        ("", "SPEC012", "specs/a.yaml:1:1", "For example [prod]."),
    ],
)
def test_environments_that_cannot_be(estate: Estate, only: str, code: str, place: str, hint: str) -> None:
    estate.write(dynaops=PROJECT, specs__a=f"only: {only}\n" + table("users"))
    assert estate.findings(environment="dev") == [(code, place)]
    assert estate.told[0].hint == hint


def test_any_environment_may_be_right_without_a_project_file(estate: Estate) -> None:
    estate.write(specs__a="only: staging\n" + table("users") + "---\n" + table("carts"))
    assert list(estate.load()) == ["carts"]


def test_a_misspelled_only_is_told(estate: Estate) -> None:
    estate.write(specs__a="onyl: [prod]\n" + table("users"))
    assert estate.findings() == [("SPEC010", "specs/a.yaml:1:1")]
    assert estate.told[0].hint == "Did you mean only?"


# Names


def test_the_stage_stands_in_every_name(estate: Estate) -> None:
    """Functions, roles, topics, vaults, streams, indexes, in values and in keys."""
    arn = "arn:aws:{}:eu-west-1:123456789012:{}-${{environment}}"
    spec = {
        "table_name": "orders-S",
        "hash_key": "id",
        "attributes": {"id": "S", "by-S": "S"},
        "billing_mode": "PROVISIONED",
        "global_secondary_indexes": [{"name": "by-S", "hash_key": "by-S"}],
        "autoscaling": {
            **{side: {"min": 1, "max": 9} for side in ("read", "write")},
            "indexes": {"by-S": {side: {"min": 1, "max": 9} for side in ("read", "write")}},
        },
        "iam": {
            "read_only": {"name": "read-S", "attach_to_roles": ["app-S"]},
            "custom": [{"name": "own-S", "statements": [], "attach_to_roles": ["app-S"]}],
        },
        "lambda_triggers": [{"function": "audit-S", "on_failure_arn": arn.format("sqs", "dead")}],
        "log_group": {"name": "/orders/S"},
        "kinesis": {"stream_arn": arn.format("kinesis", "stream/orders")},
        "backup": {"vault": {"name": "vault-S"}, "daily": {"retention_days": 7}},
        "alarms": {"sns_topic_arns": [arn.format("sns", "alarms")]},
        "resource_policy": {"Statement": [{"Principal": "arn:aws:iam::1:role/app-S"}]},
        "items": [{"id": "S"}],
        "tags": {"stage-S": "S"},
    }
    text = json.dumps(spec)
    text = re.sub(r"(?<=[-/])S\b", "${environment}", text)
    estate.write(dynaops=PROJECT, specs__a=text)
    document = estate.load(environment="prod")["orders-prod"]
    filled = json.dumps(document.node.plain())
    assert "${" not in filled
    assert filled.count("prod") == text.count("${environment}") >= 17
    assert document.spec.lambda_triggers is not None
    assert document.spec.lambda_triggers[0].function == "audit-prod"


def test_an_environment_that_is_not_chosen_is_told(estate: Estate) -> None:
    estate.write(dynaops=PROJECT, specs__a=table("orders-${environment}"))
    assert estate.findings() == [("SPEC007", "specs/a.yaml:1:13")]
    assert "-E NAME" in str(estate.told[0].hint)


def test_values_of_many_documents_are_composed_in_bounded_steps() -> None:
    """Defaults that documents share are merged once, and not once for each."""
    values = Values({}, Environment({}), "default")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        (folder / "defaults.yaml").write_text(
            "defaults: {tags: {a: b}}\n" + "---\ndefaults: {ttl: {}}\n" * 50
        )
        (folder / "a.yaml").write_text("---\n".join(f"table_name: t-{n}\n" for n in range(500)))
        findings: list[Finding] = []
        found = composed([folder], [], Composition(folder=folder), Substitution(values), findings)
    assert len(found) == 500
    assert not findings
    assert len({id(document.node.value["tags"]) for document in found}) == 1


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        (table("users"), True),
        ("only: [prod]\n" + table("users"), True),
        ("only: prod\n" + table("users"), True),
        ("only: 5\n" + table("users"), False),
        ("onyl: [prod]\n" + table("users"), False),
        ("defaults: {tags: {a: b}}\nonly: [prod]\nmatch: shop-*\n", True),
        ("defaults: {tagz: {a: b}}\n", False),
        ("defaults: {table_name: x}\n", False),
        ("defaults: {ttl: {attribute: 5}}\n", False),
        ("match: [shop-*]\ntags: {a: b}\n", True),
        ("table_name: users\n", False),
    ],
)
def test_the_json_schema_knows_the_keys(text: str, valid: bool) -> None:
    (node,) = nodes(text, "")
    assert Draft202012Validator(json_schema()).is_valid(node.plain()) is valid
