"""House rules: a team's own rules for plans, as code (``--policy FILE``).

A rule evaluates one JMESPath expression on the facts of each table in a plan. A `deny` rule is broken if the result is
true, a `require` rule if it is false. The facts are a public interface (docs/reviews.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from dynaops.model.errors import SpecError
from dynaops.model.files import FileRefused, read_text
from dynaops.model.finding import Finding, Place, Severity
from dynaops.model.findings.rule import make_finding, make_house_finding
from dynaops.model.findings.specs import POLICY
from dynaops.model.project import leads_outside
from dynaops.specs.yaml_tree import MAX_BYTES, UnreadableSpec, YamlNode, nodes

if TYPE_CHECKING:
    from dynaops.model.plan import Plan
    from dynaops.model.state import State
    from dynaops.specs.load import Document

_LONGEST = 4000
"""The most characters that an expression may have."""
_DEEPEST = 100
_MOST_COPIES = 1000


class RulesError(SpecError):
    """A policy file is not valid; `findings` say where and why."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__(findings)
        self.message = self.message.replace("the spec", "the policy file")


class HouseRule(BaseModel):
    """One rule. `tables` (JMESPath on the same facts) selects its tables; `message` gives the reason."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    id: str
    message: str
    tables: str | None = None
    deny: str | None = None
    require: str | None = None
    severity: Literal["error", "warning"] = "error"
    hint: str | None = None

    @model_validator(mode="after")
    def _asks_one_question(self) -> HouseRule:
        if (self.deny is None) == (self.require is None):
            raise ValueError("a rule has either deny or require")
        return self


@dataclass(frozen=True)
class HouseRules:
    """The rules of all policy files, in the order of the files on the command line."""

    rules: tuple[HouseRule, ...]

    def broken_by(self, plan: Plan, documents: Sequence[Document], state: State) -> list[Finding]:
        """The findings for what breaks a rule in the plan, table by table."""
        return [
            finding
            for facts in _facts(plan, documents, state)
            for rule in self.rules
            for finding in _broken(rule, facts)
        ]

    def broken_by_specs(self, documents: Sequence[Document]) -> list[Finding]:
        """Findings for what breaks a rule in the specs, and for rules about changes or operations (not checked)."""
        applicable = [rule for rule in self.rules if not _asks_of_plan(rule)]
        findings = [
            finding.model_copy(update={"place": document.place("table_name")})
            for document in documents
            for rule in applicable
            for finding in _broken(rule, _facts_of_spec(document))
        ]
        return [*findings, *(_not_asked(rule) for rule in self.rules if rule not in applicable)]


def load_rules(paths: Iterable[str | Path]) -> HouseRules:
    """Read files of rules: ``rules: [{id, message, deny | require, tables, severity, hint}]``.

    A file that is named twice is read once. Raises RulesError with the place of every error in all files. Two rules
    with the same id are an error, since a finding names the rule by its id.
    """
    findings: list[Finding] = []
    rules: list[HouseRule] = []
    places: dict[str, Place] = {}
    for path in dict.fromkeys(Path(path) for path in paths):
        try:
            located = _rules_of(path)
        except RulesError as error:
            findings.extend(error.findings)
            continue
        for rule, place in located:
            first = places.setdefault(rule.id, place)
            if first != place:
                findings.append(_file_finding(f"there is a rule {rule.id!r} already ({first})", place=place))
            rules.append(rule)
    if findings:
        raise RulesError(findings)
    return HouseRules(tuple(rules))


def _rules_of(path: Path) -> list[tuple[HouseRule, Place]]:
    """The rules of one file, each with its place in the file. Raises RulesError."""
    file = path.as_posix()
    if leads_outside(path):
        raise RulesError([_file_finding(f"{file} leads out of the project by a link, and is not read", file)])
    try:
        documents = nodes(read_text(path, MAX_BYTES), file)
    except UnreadableSpec as error:
        raise RulesError([error.finding]) from error
    except FileRefused as error:
        raise RulesError([_file_finding(f"{file} {error.reason}", file)]) from error
    listed = (
        documents[0].value.get("rules")
        if len(documents) == 1 and isinstance(documents[0].value, dict)
        else None
    )
    if listed is None or not isinstance(listed.value, list) or len(documents[0].value) > 1:
        raise RulesError([_file_finding("a policy file has one key, `rules`, with a list of rules", file)])
    findings: list[Finding] = []
    rules = [(rule, node.place("id")) for node in listed.value for rule in _rule(node, findings)]
    if findings:
        raise RulesError(findings)
    return rules


def _rule(node: YamlNode, findings: list[Finding]) -> Iterator[HouseRule]:
    try:
        rule = HouseRule.model_validate(node.plain())
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            name = ".".join(str(part) for part in detail["loc"]) or "rule"
            findings.append(
                _file_finding(
                    f"{name}: {detail['msg'].removeprefix('Value error, ')}", place=node.place(name)
                )
            )
        return
    unreadable = [
        _file_finding(f"{name} is no JMESPath expression: {reason}", place=node.place(name))
        for name, expression in (("tables", rule.tables), ("deny", rule.deny), ("require", rule.require))
        if expression is not None and (reason := _expression_error(expression))
    ]
    findings.extend(unreadable)
    if not unreadable:
        yield rule


def _expression_error(expression: str) -> str | None:
    """Why an expression is not valid or too expensive to evaluate; None if it is fine."""
    import jmespath

    if len(expression) > _LONGEST:
        return f"it is longer than {_LONGEST:,} characters"
    try:
        parsed = jmespath.compile(expression).parsed
    except jmespath.exceptions.JMESPathError as error:
        return " ".join(str(error).split("\n")[0].split())
    except RecursionError:
        return "it is nested too deeply"
    depth, copies = _size(parsed)
    if depth > _DEEPEST:
        return "it is nested too deeply"
    return "its lists and maps multiply to too much" if copies > _MOST_COPIES else None


def _size(parsed: Mapping[str, Any]) -> tuple[int, int]:
    """(depth of nesting, how often its lists and maps, as in ``[@, @] | [@, @]``, may repeat their input)."""
    deepest, copies = 0, 1
    waiting = [(parsed, 1)]
    while waiting:
        node, depth = waiting.pop()
        children = [child for child in node.get("children", ()) if isinstance(child, dict)]
        deepest = max(deepest, depth)
        if node.get("type") in ("multi_select_list", "multi_select_dict"):
            copies *= max(1, len(children))
        waiting += [(child, depth + 1) for child in children]
    return deepest, copies


def _file_finding(message: str, file: str = "", place: Place | None = None) -> Finding:
    at = place or Place(file=file, line=1, column=1)
    return make_finding(POLICY, message, place=at)


def _facts(plan: Plan, documents: Sequence[Document], state: State) -> Iterator[dict[str, Any]]:
    """The facts that rules are evaluated on, one map for each table."""
    public_plan = plan.public()
    specs = {
        entry.spec.table_name: entry.spec.model_dump(mode="json", exclude_none=True) for entry in documents
    }
    for table in plan.tables:
        spec = None if plan.destroy else specs.get(table)
        record = state.resources.get(table)
        tags = (spec or {}).get("tags") or (record.properties.get("tags") if record else None) or {}
        yield {
            "table": table,
            "region": (spec or {}).get("region") or (record.region if record else None),
            "tags": tags,
            "spec": spec,
            "changes": [entry for entry in public_plan["changes"] if _is_of_table(table, entry)],
            "operations": [entry for entry in public_plan["operations"] if _is_of_table(table, entry)],
        }


def _facts_of_spec(document: Document) -> dict[str, Any]:
    """The facts of one spec, if there is no plan."""
    spec = document.spec.model_dump(mode="json", exclude_none=True)
    return {
        "table": document.spec.table_name,
        "region": document.spec.region,
        "tags": document.spec.tags or {},
        "spec": spec,
        "changes": [],
        "operations": [],
    }


def _asks_of_plan(rule: HouseRule) -> bool:
    """Whether the result of a rule depends on the changes or operations of a plan."""
    import jmespath

    expressions = [
        expression for expression in (rule.tables, rule.deny, rule.require) if expression is not None
    ]
    return any(_names_plan(jmespath.compile(expression).parsed) for expression in expressions)


_DERIVED = (
    "subexpression",
    "index_expression",
    "pipe",
    "projection",
    "value_projection",
    "filter_projection",
)
"""JMESPath nodes of which only the first child is evaluated on the facts; the others on the result of the first."""


def _names_plan(node: Mapping[str, Any]) -> bool:
    """Whether a JMESPath node reads changes or operations of the facts (``@`` and ``*`` read all of them)."""
    if node["type"] == "field":
        return node["value"] in ("changes", "operations")
    if node["type"] in ("current", "identity"):
        return True
    children = node.get("children", [])
    return any(_names_plan(child) for child in (children[:1] if node["type"] in _DERIVED else children))


def _not_asked(rule: HouseRule) -> Finding:
    return make_house_finding(
        rule.id,
        Severity.INFO,
        f"the house rule {rule.id!r} was not asked: it is about what a plan would do",
        "`dynaops plan --policy` asks it.",
    )


def _is_of_table(table: str, entry: Mapping[str, Any]) -> bool:
    return bool(entry["address"].partition("/")[0] == table)


def _broken(rule: HouseRule, facts: Mapping[str, Any]) -> Iterator[Finding]:
    if rule.tables is not None and not _answer(rule.tables, facts):
        return
    if rule.require is not None:
        # A table that is deleted need not meet any requirement; `deny` rules still apply to its changes.
        broken = facts["spec"] is not None and not _answer(rule.require, facts)
        yield from _findings(rule, (facts["table"],)) if broken else ()
    elif rule.deny is not None:
        answer = _answer(rule.deny, facts)
        yield from _findings(rule, _addresses(answer) or (facts["table"],)) if answer else ()


def _answer(expression: str, facts: Mapping[str, Any]) -> Any:
    import jmespath

    try:
        return jmespath.search(expression, facts)
    except (jmespath.exceptions.JMESPathError, RecursionError) as error:
        message = f"the question {expression!r} cannot be asked of {facts['table']}: {error}"
        raise RulesError([_file_finding(message)]) from error


def _addresses(answer: Any) -> tuple[str, ...]:
    """The addresses in the result, if it is a list of changes or operations."""
    addresses = (
        [item.get("address") for item in answer if isinstance(item, dict)] if isinstance(answer, list) else []
    )
    return tuple(dict.fromkeys(str(item) for item in addresses if item))


def _findings(rule: HouseRule, addresses: Sequence[str]) -> Iterator[Finding]:
    for address in addresses:
        yield make_house_finding(rule.id, Severity(rule.severity), rule.message, rule.hint, address)
