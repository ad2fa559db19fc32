"""Variables: what they stand for, what specs may read of the environment, and that no text makes them slow or large."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dynaops.model.errors import SpecError
from dynaops.model.finding import Finding
from dynaops.specs import references
from dynaops.specs.environment import Environment, looks_secret, prefix_error
from dynaops.specs.load import load
from dynaops.specs.references import MAX_NESTED, PieceKind, TextPiece, pieces
from dynaops.specs.variables import MAX_EXPANDED, Substitution, Values
from dynaops.specs.yaml_tree import MAX_BYTES, YamlNode, tree_of
from tests.unusual_files import no_hang

GOOD = "table_name: users\nhash_key: id\nattributes: {id: S}\n"
SECRET = "wJalrXUtnFEMI/K7MDENG"
SPOT = ("spec.yaml", 4, 11)


class CountedTokens:
    """Finds tokens as the expression does, and counts the characters that are gone through."""

    def __init__(self, expression: re.Pattern[str]) -> None:
        self.looked_at = 0
        self._expression = expression

    def finditer(self, text: str) -> Iterator[re.Match[str]]:
        before = 0
        for token in self._expression.finditer(text):
            self.looked_at += token.end() - before
            before = token.end()
            yield token
        self.looked_at += len(text) - before


HOSTILE = {
    "never ended": "${",
    "never ended, named": "${var.",
    "escapes, never ended": "$${",
    "many dollars": "$$$",
    "references": "${var.a}",
    "undefined": "${var.nope}",
    "refused": "${env.HOME}",
    "nested": "${var.${var.a}",
    "nested defaults": "${var.a:-${var.b:-",
    "nested defaults, ended": "${var.b:-${var.c:-x}}",
    "a default that never ends": "${var.b:-",
    "escapes in a default": "${var.b:-$${",
    "many ends of names": "${var.b:-:-:-}",
    "closed at once": "${}",
    "ends alone": "}",
    "escaped references": "$${var.a}",
    "mixed": "$${${${var.a}$",
}


@pytest.mark.parametrize("ended", [False, True])
@pytest.mark.parametrize("unit", HOSTILE.values(), ids=HOSTILE)
def test_a_text_is_gone_through_once(unit: str, ended: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    text = unit * 2000 + ("}" if ended else "")
    tokens = CountedTokens(references._TOKEN)
    monkeypatch.setattr(references, "_TOKEN", tokens)
    found = pieces(text)
    assert sizes(found) <= 4 * len(text)
    assert tokens.looked_at <= len(text)


def sizes(found: Sequence[TextPiece]) -> int:
    """How many pieces there are, and how many characters they hold beside what is written."""
    return sum(1 + len(piece.text) + sizes(piece.default or ()) for piece in found)


@pytest.mark.parametrize("unit", HOSTILE.values(), ids=HOSTILE)
def test_a_large_text_is_filled_in_or_told_of_briefly(unit: str) -> None:
    substitution = Substitution(Values({"a": "x"}, Environment({}), "default"))
    with no_hang():
        substitution.document(YamlNode(unit * (MAX_BYTES // 4 // len(unit)), SPOT))
    told = substitution.all_findings()
    assert len(told) <= 101
    assert max((len(finding.message) for finding in told), default=0) < 400


def test_a_spec_as_large_as_may_be(tmp_path: Path) -> None:
    head = GOOD + "tags: {a: '"
    (tmp_path / "spec.yaml").write_text(head + "${" * ((MAX_BYTES - len(head) - 2) // 2) + "'}")
    with no_hang(), pytest.raises(SpecError, match="1 error"):
        load([tmp_path / "spec.yaml"])


_PIECE = re.compile(r"(\$?)\$\{([^}]*)\}|\$\$\{|\$\{.*", re.DOTALL)


def by_expression(text: str) -> str:
    """The same by a regular expression, which is quadratic."""
    return _PIECE.sub(
        lambda match: (
            match[0].replace("$${", "${", 1)
            if match[0].startswith("$$")
            else f"<{(match[2] or '').strip() or '?'}>"
        ),
        text,
    )


@given(st.lists(st.sampled_from(["$", "{", "}", "a", "${", "$${", "${a}", "\n"]), max_size=20).map("".join))
@settings(max_examples=200, deadline=None)
def test_the_pieces_are_those_of_a_regular_expression(text: str) -> None:
    found = "".join(
        piece.text
        if piece.kind is PieceKind.LITERAL
        else f"<{piece.text or '?'}>"
        if piece.kind is PieceKind.REFERENCE
        else "<?>"
        for piece in pieces(text)
    )
    assert found == by_expression(text)


def filled(text: str, variables: dict[str, Any] | None = None, **env: str) -> Any:
    """What a string value becomes. Raises SpecError."""
    values = Values(variables or {}, Environment(env), "staging")
    substitution = Substitution(values)
    node = substitution.document(YamlNode(text, SPOT))
    if node is None:
        raise SpecError(substitution.all_findings())
    return node.plain()


class Given(NamedTuple):
    """A reference with its default, as a test builds it."""

    name: str
    default: list[str | Given] | None


def written(parts: Sequence[str | Given]) -> str:
    return "".join(
        part
        if isinstance(part, str)
        else f"${{{part.name}}}"
        if part.default is None
        else f"${{{part.name}:-{written(part.default)}}}"
        for part in parts
    )


def stands_for(parts: Sequence[str | Given]) -> str:
    """What it stands for by what it was built from."""
    values = {"var.a": "A", "env.DYNAOPS_VAR_A": "E", "workspace": "staging"}
    text = ""
    for part in parts:
        if isinstance(part, str):
            text += part.replace("$${", "${")
        elif part.name in values:
            text += values[part.name]
        else:
            assert part.default is not None
            text += stands_for(part.default)
    return text


literals = st.sampled_from(["x", "-", ":", "{", " ", "$${y}", "5", "$ "])
built: st.SearchStrategy[list[str | Given]] = st.recursive(
    st.lists(literals, max_size=2),
    lambda inner: st.lists(
        literals
        | st.builds(Given, st.sampled_from(["var.a", "workspace", "env.DYNAOPS_VAR_A"]), st.none() | inner)
        | st.builds(
            Given, st.sampled_from(["var.none", "var.empty", "env.DYNAOPS_VAR_B", "environment"]), inner
        ),
        max_size=3,
    ),
    max_leaves=8,
)


@given(built)
@settings(max_examples=150, deadline=None)
def test_defaults_stand_for_what_is_not_given(parts: list[str | Given]) -> None:
    text = "." + written(parts)
    assert filled(text, {"a": "A", "empty": ""}, DYNAOPS_VAR_A="E") == "." + stands_for(parts)


@pytest.mark.parametrize(
    ("text", "becomes"),
    [
        ("${var.none:-x}", "x"),
        ("${ var.none :- x }", " x "),
        ("${var.none:-}", ""),
        ("${var.none:-5}", 5),
        ("${var.none:-true}", True),
        ("n${var.none:-5}", "n5"),
        ("${var.a:-x}", "x-given"),
        ("${var.empty:-x}", "x"),
        ("${var.empty}", ""),
        ("${var.no:-x}", False),
        ("${var.null:-x}", "x"),
        ("${var.none:-${var.a}}", "x-given"),
        ("${var.none:-${var.list}}", [1]),
        ("${var.none:-${var.nope:-${env.DYNAOPS_VAR_N:-${var.list}}}}", [1]),
        ("${var.none:-{}}", "{}"),
        ("${env.DYNAOPS_VAR_A:-x}", "e"),
        ("${env.DYNAOPS_VAR_NONE:-x}", "x"),
        ("${workspace:-x}", "staging"),
        ("${environment:-5}", "5"),
        ("$${var.none:-x}", "${var.none:-x}"),
        ("${var.none:-a:-b}", "a:-b"),
    ],
)
def test_what_a_default_becomes(text: str, becomes: Any) -> None:
    variables = {"a": "x-given", "list": [1], "empty": "", "no": False, "null": None}
    assert filled(text, variables, DYNAOPS_VAR_A="e") == becomes


@pytest.mark.parametrize("times", [MAX_NESTED, MAX_NESTED + 1])
def test_defaults_nest_as_deeply_as_may_be(times: int) -> None:
    text = "${var.none:-" * times + "x" + "}" * times
    if times <= MAX_NESTED:
        assert filled(text) == "x"
        return
    with pytest.raises(SpecError) as caught:
        filled(text)
    assert "nested too deeply" in caught.value.findings[0].message


def test_the_environment_is_a_variable() -> None:
    substitution = Substitution(Values({}, Environment({}), "default", "prod"))
    node = substitution.document(tree_of(["${environment}", "a-${environment:-x}"], SPOT))
    assert node is not None
    assert node.plain() == ["prod", "a-prod"]


def test_keys_are_filled_in_too(tmp_path: Path) -> None:
    text = """billing_mode: PROVISIONED
global_secondary_indexes: [{name: "by-${workspace}", hash_key: id}]
autoscaling: {read: {min: 1, max: 9}, write: {min: 1, max: 9}, indexes: {"by-${workspace}": {read: {min: 2, max: 9}}}}
tags: {"$${x}": "y"}
"""
    (tmp_path / "spec.yaml").write_text(GOOD + text)
    (document,) = load([tmp_path / "spec.yaml"], workspace="eu")
    plain = document.node.plain()
    assert list(plain["autoscaling"]["indexes"]) == ["by-eu"]
    assert plain["tags"] == {"${x}": "y"}


@pytest.mark.parametrize(
    ("key", "code"), [("${var.nope}", "SPEC007"), ("a-${workspace}", "SPEC005"), ("${var.a", "SPEC007")]
)
def test_a_key_that_cannot_be_filled_in(tmp_path: Path, key: str, code: str) -> None:
    (tmp_path / "spec.yaml").write_text(GOOD + f"tags: {{a-eu: x, '{key}': y}}\n")
    with pytest.raises(SpecError) as caught:
        load([tmp_path / "spec.yaml"], workspace="eu")
    (finding,) = caught.value.findings
    assert (finding.code, str(finding.place).rpartition("/")[2]) == (code, "spec.yaml:4:17")


@pytest.mark.parametrize(
    ("text", "becomes"),
    [
        ("${var.a}", "x"),
        ("${ var.a }", "x"),
        ("-${var.a}-${var.a}", "-x-x"),
        ("${var.number}", 5),
        ("n${var.number}", "n5"),
        ("${var.yes}", True),
        ("${var.text_yes}", True),
        ("is ${var.yes}", "is true"),
        ("${workspace}", "staging"),
        ("${env.DYNAOPS_VAR_A}", "e"),
        ("$${var.a}", "${var.a}"),
        ("$$${var.a}", "$${var.a}"),
        ("$${", "${"),
        ("a $${ b $${", "a ${ b ${"),
        ("${table_arn}/index/*", "${table_arn}/index/*"),
        ("${var.again}", "${var.a}"),
        ("$", "$"),
        ("{}", "{}"),
        ("${var.list}", ["p", {"q": 1}]),
        ("${var.map}", {"k": ["v"]}),
    ],
)
def test_what_a_text_becomes(text: str, becomes: Any) -> None:
    variables = {
        "a": "x",
        "number": "5",
        "yes": True,
        "text_yes": "true",
        "again": "${var.a}",
        "list": ["p", {"q": 1}],
        "map": {"k": ["v"]},
    }
    assert filled(text, variables, DYNAOPS_VAR_A="e") == becomes


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("${var.b}", "${var.b} is not defined"),
        ("${nope}", "${nope} is not defined"),
        ("${}", "${} is not defined"),
        ("${var.a", "has no end"),
        ("${var.a} ${", "has no end"),
        ("x ${var.list}", "is a list, which cannot stand within a text"),
        ("x ${var.map}", "is a map, which cannot stand within a text"),
        ("x ${var.b:-${var.list}}", "is a list, which cannot stand within a text"),
        ("${var.b:-${var.c}}", "${var.c} is not defined"),
        ("${va.b:-x}", "${va.b} is not defined"),
        ("${b:-x}", "${b} is not defined"),
        ("${env.HOME:-x}", "may not be read"),
        ("${environment}", "${environment} is not defined"),
        ("${table_arn:-x}", "takes no default"),
        ("${var.b:-x", "has no end"),
        ("${var.b:-${var.a}", "has no end"),
    ],
)
def test_what_cannot_be_filled_in(text: str, told: str) -> None:
    with pytest.raises(SpecError) as caught:
        filled(text, {"a": "x", "list": [1], "map": {}})
    (finding,) = caught.value.findings
    assert told in finding.message
    assert str(finding.place) == "spec.yaml:4:11"


def test_lists_of_a_var_file_are_checked_like_those_of_the_spec(tmp_path: Path) -> None:
    (tmp_path / "spec.yaml").write_text(GOOD + "iam: {read_only: {attach_to_roles: '${var.roles}'}}\n")
    (document,) = load([tmp_path / "spec.yaml"], variables={"roles": ["app", "batch"]})
    assert document.node.plain()["iam"]["read_only"]["attach_to_roles"] == ["app", "batch"]
    with pytest.raises(SpecError):
        load([tmp_path / "spec.yaml"], variables={"roles": [{"x": 1}]})


@pytest.mark.parametrize(
    ("value", "times"),
    [
        pytest.param("x" * 1_000_000, 5, id="a long text"),
        pytest.param("x" * 1000, 50_000, id="a text named often"),
        pytest.param([["x"] * 1000] * 50, 10, id="a large list"),
        pytest.param({str(number): "x" for number in range(10_000)}, 100, id="a large map"),
    ],
)
@pytest.mark.parametrize("within", [True, False])
def test_variables_do_not_blow_a_document_up(value: Any, times: int, within: bool) -> None:
    """A billion laughs by variables."""
    text = "${var.a} " * times if within and isinstance(value, str) else ["${var.a}"] * times
    substitution = Substitution(Values({"a": value}, Environment({}), "default"))
    assert substitution.document(tree_of(text, SPOT)) is None
    (finding,) = substitution.findings
    assert (finding.code, "expands to too much" in finding.message) == ("SPEC003", True)


def test_all_documents_of_a_run_share_a_bound() -> None:
    substitution = Substitution(Values({"a": "x" * (MAX_EXPANDED - 100)}, Environment({}), "default"))
    done = [substitution.document(tree_of({"a": "${var.a}"}, SPOT)) is not None for _ in range(300)]
    assert done.count(True) == 16
    assert len(substitution.all_findings()) == 101
    assert "184 more" in substitution.all_findings()[-1].message


def test_aliases_of_long_texts_do_not_blow_a_document_up(tmp_path: Path) -> None:
    text = "a: &a " + "x" * 100_000 + "\nb: [" + "*a, " * 1000 + "]\n"
    (tmp_path / "spec.yaml").write_text(text)
    with no_hang(), pytest.raises(SpecError, match="1 error") as caught:
        load([tmp_path / "spec.yaml"])
    assert caught.value.findings[0].code == "SPEC003"


SECRETS = re.findall(
    r"\w+",
    """AWS_SECRET_ACCESS_KEY AWS_ACCESS_KEY_ID AWS_SESSION_TOKEN AWS_PROFILE aws_region GITHUB_TOKEN
    ACTIONS_ID_TOKEN_REQUEST_TOKEN ACTIONS_ID_TOKEN_REQUEST_URL NPM_TOKEN DB_PASSWORD db_password DBPASSWD MYSQL_PWD
    SIGNING_KEY KEY APIKEY API_KEY STRIPE_KEY Stripe_Key SSH_PRIVATE_KEY SSH_PRIVATE_KEY_B64 MY_SECRET
    CLIENT_SECRET_ID GOOGLE_APPLICATION_CREDENTIALS CREDS DB_CREDS PASSPHRASE SESSION_COOKIE BASIC_AUTH JWT GH_PAT
    SENTRY_DSN SLACK_WEBHOOK DATABASE_URL CONNECTION_STRING KMS_KEY_ID AUTHORIZATION X_BEARER
    DYNAOPS_VAR_DB_PASSWORD DYNAOPS_VAR_TOKEN""",
)
PLAIN = re.findall(
    r"\w+",
    "HOME USER PATH CI GITHUB_SHA STAGE REGION KEYBOARD MONKEYS AUTHOR COMPASS PATTERN DYNAOPS_VAR_STAGE",
)


@pytest.mark.parametrize("name", SECRETS)
def test_names_of_secrets(name: str) -> None:
    assert looks_secret(name)


@pytest.mark.parametrize("name", PLAIN)
def test_names_that_are_none_of_secrets(name: str) -> None:
    assert not looks_secret(name)


def refusals(folder: Path, text: str, environment: Environment, **files: str) -> tuple[Finding, ...]:
    for name, content in {"spec": GOOD + text, **files}.items():
        (folder / f"{name}.yaml").write_text(content)
    with pytest.raises(SpecError) as caught:
        load([folder / "spec.yaml"], [folder / f"{name}.yaml" for name in files], env=environment)
    return caught.value.findings


@pytest.mark.parametrize("is_set", [True, False])
@pytest.mark.parametrize("name", [*SECRETS, *(name for name in PLAIN if not name.startswith("DYNAOPS_VAR_"))])
def test_a_spec_reads_no_name_that_is_not_open(tmp_path: Path, name: str, is_set: bool) -> None:
    """The message is the same whether the variable is set: that alone could tell something."""
    environment = Environment({name: SECRET} if is_set else {}, prefixes=("SHOP_",))
    (finding,) = refusals(tmp_path, f'tags: {{a: "x-${{env.{name}}}"}}\n', environment)
    assert finding.code == "SPEC008"
    assert str(finding.place).endswith("spec.yaml:4:11")
    assert f"--env-var {name}" in str(finding.hint)
    assert SECRET not in finding.model_dump_json()


@pytest.mark.parametrize(
    "written",
    ["${env.HOME}", "${ env.HOME }", "a${env.HOME}b", "${env. HOME}", "${env.home}", "${env.HOME:-x}"],
)
@pytest.mark.parametrize(
    "key",
    ["tags: {{a: '{}'}}", "table_name: '{}'", "items_file: '{}'", "items: [{{id: '{}'}}]", "nope: '{}'"],
)
def test_no_part_of_a_spec_and_no_overlay_reads_it(tmp_path: Path, written: str, key: str) -> None:
    text = key.format(written) + "\n"
    told = refusals(tmp_path, "", Environment({"HOME": SECRET, " HOME": SECRET}), overlay=text)
    assert SECRET not in json.dumps([finding.model_dump(mode="json") for finding in told])
    assert {finding.code for finding in told} == {"SPEC008"}


@pytest.mark.parametrize("name", SECRETS)
def test_a_projects_prefix_opens_no_secret(name: str) -> None:
    """Whatever prefix a project's file gives, even one that it could not give."""
    for end in range(1, len(name) + 1):
        assert Environment({name: SECRET}, prefixes=(name[:end],)).get(name) is None


def test_what_is_open() -> None:
    values = {"DYNAOPS_VAR_STAGE": "prod", "SHOP_NAME": "x", "AWS_SECRET_ACCESS_KEY": SECRET, "HOME": "/"}
    environment = Environment(values, ("SHOP_",), frozenset({"AWS_SECRET_ACCESS_KEY"}))
    assert [environment.get(name) for name in values] == ["prod", "x", SECRET, None]
    assert SECRET not in repr(environment)


@pytest.mark.parametrize(
    ("prefix", "fits"),
    [
        ("SHOP_", True),
        ("SHOP_EU_", True),
        ("", False),
        ("_", False),
        ("S_", False),
        ("SHOP", False),
        ("*", False),
        ("SHOP-", False),
        ("AWS_", False),
        ("aws_", False),
        ("GITHUB_TOKEN_", False),
        ("MY_SECRET_", False),
        ("ACTIONS_ID_TOKEN_REQUEST_", False),
    ],
)
def test_prefixes_that_a_project_can_give(prefix: str, fits: bool) -> None:
    assert (prefix_error(prefix) is None) is fits


@pytest.mark.parametrize("value", ["{name: shop-${environment}}", "[shop-${environment}]"])
def test_a_variable_within_braces_or_brackets_wants_quotes(tmp_path: Path, value: str) -> None:
    """YAML takes its `{` for a map: the error says what to do."""
    (tmp_path / "one.yaml").write_text(f"table_name: orders\ntags: {value}\n")
    with pytest.raises(SpecError) as caught:
        load([tmp_path / "one.yaml"])
    (finding,) = caught.value.findings
    assert (finding.code, finding.place and finding.place.line) == ("SPEC002", 2)
    assert "in quotes" in (finding.hint or "")
