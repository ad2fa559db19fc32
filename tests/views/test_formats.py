"""Formats for pipelines: whole and well formed whatever text is in them, by the words of their own specifications."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import unquote
from xml.parsers import expat

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dynaops.cli import formats
from dynaops.model.change import Action, Difference, Drift, Unmanaged
from dynaops.model.finding import Finding, Place, Severity
from dynaops.model.findings import FINDING_RULES
from dynaops.model.health import Status
from dynaops.model.operation import Danger
from dynaops.model.plan import Consent
from dynaops.views.formats.entries import RULES, of_drift, of_health, of_plan, of_specs
from dynaops.views.formats.entry import Level, ReportEntry, RuleText, RunReport
from dynaops.views.formats.github import command, github
from dynaops.views.formats.junit import junit
from dynaops.views.formats.sarif import sarif
from tests.views.plans import FULL, change, plan
from tests.views.test_health import report
from tests.views.test_inert import ESCAPES, hostile

TEXTS = st.text(max_size=40) | st.sampled_from(
    [
        "%,\r\n::error::x",
        "a\nb",
        "::set-output name=x::y",
        "\x00\x1b]]>",
        "<a>&\"'",
        "\ud800",
        "\ufffe",
        "{0} [a](b)",
    ]
)


def told(*entries: ReportEntry, **more: Any) -> RunReport:
    return RunReport("plan", "1.2.3", entries, {"R1": RuleText("it means\x00 something", "do this")}, **more)


@st.composite
def everything(draw: st.DrawFn) -> RunReport:
    """Entries of all levels with text of any kind in every part."""
    place = st.none() | st.builds(
        lambda file, line, column: Place(file=file or "x", line=line, column=column),
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=9),
        st.integers(1, 99),
        st.integers(1, 99),
    )
    entry = st.builds(
        ReportEntry,
        st.sampled_from(["R1", "other"]) | TEXTS,
        st.sampled_from(Level),
        TEXTS,
        TEXTS,
        TEXTS,
        st.none() | TEXTS,
        st.none() | TEXTS,
        place,
        st.booleans(),
        st.none() | TEXTS,
    )
    entries = draw(st.lists(entry, max_size=6))
    return told(*entries, environment=draw(st.none() | TEXTS), failure=draw(st.none() | TEXTS))


@settings(max_examples=30)
@given(everything())
def test_each_line_for_github_is_one_command(made: RunReport) -> None:
    text = github(made)
    shown = [entry for entry in made.entries if entry.level not in (Level.PASSED, Level.SUPPRESSED)]
    lines = text.split("\n")
    assert lines.pop() == ""
    assert len(lines) == len(shown) + (made.failure is not None)
    for line in lines:
        match = re.fullmatch(r"::(error|warning|notice) ((?:\w+=[^:,]*)(?:,\w+=[^:,]*)*)::(.*)", line)
        assert match, line
        keys = [part.split("=", 1)[0] for part in match[2].split(",")]
        assert keys in (["title"], ["file", "line", "col", "title"])
        assert not re.search(r"%(?!25|0A|0D|3A|2C)", line)
        assert "\r" not in line
        assert "\x1b" not in line


@pytest.mark.parametrize(
    ("properties", "message", "line"),
    [
        (
            {"file": "a,b:c%.yaml", "line": "3"},
            "50% of\nall, so: it is",
            "::error file=a%2Cb%3Ac%25.yaml,line=3::50%25 of%0Aall, so: it is",
        ),
        ({"title": "x\ny"}, "a\r\nb\rc", "::error title=x%0Ay::a%0Ab%0Ac"),
        ({"title": "t"}, "%0A::error::%25", "::error title=t::%250A::error::%2525"),
    ],
)
def test_what_would_end_a_part_of_a_command_is_escaped(
    properties: dict[str, str], message: str, line: str
) -> None:
    assert command("error", properties, message) == line


@settings(max_examples=30)
@given(everything())
def test_junit_is_well_formed_and_counts_right(made: RunReport) -> None:
    """Read by expat, which reads what XML 1.0 allows and no more."""
    seen: list[tuple[str, dict[str, str]]] = []
    parser = expat.ParserCreate()
    parser.StartElementHandler = lambda name, attributes: seen.append((name, attributes))
    parser.Parse(junit(made).encode("utf-8"), True)
    names = [name for name, _ in seen]
    assert names[0] == "testsuites"
    total = seen[0][1]
    cases = len(made.entries) + (made.failure is not None)
    assert int(total["tests"]) == names.count("testcase") == cases
    assert int(total["failures"]) == names.count("failure") == sum(entry.fails for entry in made.entries)
    assert int(total["errors"]) == names.count("error") == (made.failure is not None)
    assert int(total["skipped"]) == names.count("skipped")
    suites = [attributes for name, attributes in seen if name == "testsuite"]
    assert sum(int(suite["tests"]) for suite in suites) == cases
    assert all({"name", "tests", "failures", "errors", "skipped"} <= suite.keys() for suite in suites)


def assert_sarif(log: dict[str, Any]) -> dict[str, Any]:
    """What SARIF 2.1.0 demands of what we write, by its sections."""
    assert set(log) == {"$schema", "version", "runs"}
    assert log["version"] == "2.1.0"  # 3.13.2
    run: dict[str, Any]
    (run,) = log["runs"]
    driver = run["tool"]["driver"]
    assert driver["name"]  # 3.19.8
    ids = [rule["id"] for rule in driver["rules"]]
    assert len(ids) == len(set(ids))  # 3.19.23
    for rule in driver["rules"]:
        for part in ("shortDescription", "help"):
            assert rule.get(part, {"text": "x"})["text"]  # 3.12.3
        assert rule.get("defaultConfiguration", {"level": "note"})["level"] in ("error", "warning", "note")
    for result in run["results"]:
        assert ids[result["ruleIndex"]] == result["ruleId"]  # 3.27.5, 3.27.6
        assert result["level"] in ("error", "warning", "note")  # 3.27.10
        assert isinstance(result["message"]["text"], str)  # 3.11.8
        for location in result.get("locations", ()):
            physical = location.get("physicalLocation")
            if physical:
                uri = physical["artifactLocation"]["uri"]  # 3.4.3: a valid URI reference
                assert re.fullmatch(r"[A-Za-z0-9._~/%-]+", uri)
                assert physical["artifactLocation"]["uriBaseId"] == "%SRCROOT%"
                assert min(physical["region"]["startLine"], physical["region"]["startColumn"]) >= 1
            for logical in location.get("logicalLocations", ()):
                assert logical["fullyQualifiedName"]
        for suppression in result.get("suppressions", ()):
            assert suppression["kind"] == "inSource"  # 3.35.2
    (invocation,) = run["invocations"]
    assert isinstance(invocation["executionSuccessful"], bool)  # 3.20.14
    assert run["columnKind"] == "unicodeCodePoints"  # 3.14.17
    return run


@settings(max_examples=30)
@given(everything())
def test_sarif_is_as_its_specification_says(made: RunReport) -> None:
    text = json.dumps(sarif(made))
    run = assert_sarif(json.loads(text))
    results = [entry for entry in made.entries if entry.level is not Level.PASSED]
    assert len(run["results"]) == len(results)
    assert run["invocations"][0]["executionSuccessful"] is (made.failure is None)
    for entry, result in zip(results, run["results"], strict=True):
        assert ("suppressions" in result) == (entry.level is Level.SUPPRESSED)
        if entry.place is not None:
            uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
            assert unquote(uri)


def test_every_id_of_the_reference_is_a_rule_with_words() -> None:
    known = formats._rules()
    assert set(known) == {*FINDING_RULES, *RULES}
    assert all(rule.meaning and rule.level for rule in known.values())
    assert all(rule.meaning.endswith(".") for rule in RULES.values())


def nowhere(address: str) -> None:
    return None


def test_findings_of_specs() -> None:
    wrong = Finding(
        code="DDB101",
        severity=Severity.ERROR,
        message="no",
        hint="so",
        place=Place(file="a.yaml", line=2, column=7),
    )
    warned = wrong.model_copy(update={"severity": Severity.WARNING, "code": "DDB202"})
    entries = of_specs([wrong, warned], 2, strict=False)
    assert [(entry.level, entry.fails) for entry in entries] == [(Level.ERROR, True), (Level.WARNING, False)]
    assert [entry.fails for entry in of_specs([warned], 2, strict=True)] == [True]
    assert [entry.level for entry in of_specs([], 2, strict=True)] == [Level.PASSED]
    assert github(told(*entries)).split("\n")[0] == (
        "::error file=a.yaml,line=2,col=7,title=DDB101 specs::no%0Aso"
    )


def test_health_has_a_case_for_each_check() -> None:
    statuses = {
        "LIVE105": Status.FAIL,
        "LIVE111": Status.WARN,
        "LIVE201": Status.UNKNOWN,
        "LIVE110": Status.SUPPRESSED,
    }
    made = report("orders", statuses)
    entries = of_health([made], [], False, nowhere)
    assert len(entries) == len(made.results)
    assert [entry.rule for entry in entries if entry.fails] == ["LIVE105"]
    assert [entry.rule for entry in of_health([made], [], True, nowhere) if entry.fails] == [
        "LIVE105",
        "LIVE111",
    ]
    assert junit(told(*entries)).count("<skipped") == 2
    assert github(told(*entries)).count("::warning") == 2
    (suppressed,) = [one for one in sarif(told(*entries))["runs"][0]["results"] if "suppressions" in one]
    assert suppressed["suppressions"][0]["justification"] == "it is meant"


def test_each_drifted_address_fails_and_each_other_table_passes() -> None:
    drift = (
        Drift(
            address="orders/ttl",
            kind="ttl",
            differences=(Difference(path="enabled", before=True, after=False),),
        ),
        Drift(address="users", kind="table", vanished=True),
    )
    added = (Unmanaged(address="orders", path="tags.x", value="1"),)
    entries = of_drift(drift, added, ["audit", "orders", "users"], False, nowhere)
    assert [(entry.rule, entry.level, entry.fails) for entry in entries] == [
        ("drift", Level.WARNING, True),
        ("drift-gone", Level.WARNING, True),
        ("unmanaged", Level.NOTE, False),
        ("drift", Level.PASSED, False),
    ]
    assert "enabled: true, now false" in entries[0].message
    counted = of_drift((), added, ["orders"], True, nowhere)
    assert [(entry.level, entry.fails) for entry in counted] == [(Level.WARNING, True)]


def test_a_plan_tells_losses_changes_drift_and_warnings_and_fails_only_what_is_forbidden() -> None:
    broken = (Finding(code="house", severity=Severity.ERROR, message="no", address="orders"),)
    entries = of_plan(FULL.model_copy(update={"violations": broken}), nowhere)
    assert [entry.rule for entry in entries if entry.fails] == ["house"]
    rules = {entry.rule for entry in entries}
    assert {
        "loss",
        "create",
        "update",
        "replace",
        "delete",
        "adopt",
        "drift",
        "drift-gone",
        "unmanaged",
    } <= rules
    (loss,) = [entry for entry in entries if entry.rule == "loss"]
    assert (loss.level, loss.hint) == (Level.WARNING, "needs --allow-replace")
    assert [entry.subject for entry in entries if entry.level is Level.PASSED] == ["audit"]


def test_an_adoption_that_nobody_consented_to_is_a_warning() -> None:
    adopted = change("orders", Action.ADOPT, danger=Danger.ADOPT)
    marked = change("users", Action.ADOPT, danger=Danger.ADOPT, owner="of-another")
    made = plan(changes=(adopted, change("carts", Action.ADOPT), marked))
    levels = {entry.subject: (entry.level, entry.hint) for entry in of_plan(made, nowhere)}
    assert levels == {
        "orders": (Level.WARNING, "needs --allow-adopt"),
        "carts": (Level.NOTE, None),
        "users": (Level.WARNING, "needs --take-over of-another"),
    }
    consented = made.model_copy(update={"consents": (Consent(danger=Danger.ADOPT, address="orders"),)})
    told_then = {entry.subject: entry.level for entry in of_plan(consented, nowhere)}
    assert told_then == {"orders": Level.NOTE, "carts": Level.NOTE, "users": Level.WARNING}


def test_a_hostile_plan_is_inert() -> None:
    made = told(*of_plan(hostile(ESCAPES), nowhere))
    for text in (github(made), junit(made), json.dumps(sarif(made), ensure_ascii=False)):
        assert not {"\x1b", "\x07", "\u202e", "\x9b"} & set(text)
    assert_sarif(sarif(made))
