"""Fills in variables in strings of specs: ``${var.NAME}``, ``${env.NAME}``, ``${workspace}``, ``${environment}``.

They may be in values and in keys. ``${var.NAME:-DEFAULT}`` has a default, for a variable that is missing or empty.
``$${`` is a literal ``${``. Placeholders of a later step (``${table_arn}``, ``${stream_arn}``, ``${index_arns}``) are
not changed. ``${ref:TABLE/ATTRIBUTE}``, a value of another table, is converted to its form in a plan
(`model.late_values`). Values of variables are not searched for variables again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import NamedTuple

from dynaops.model.finding import Finding
from dynaops.model.findings.rule import FindingRule, make_finding
from dynaops.model.findings.specs import SPEC003, SPEC005, SPEC007, SPEC008
from dynaops.model.late_values import reference
from dynaops.specs.environment import Environment
from dynaops.specs.references import MAX_NESTED, OF_TABLE, PieceKind, TextPiece, pieces
from dynaops.specs.table_references import TableReference, attribute_error
from dynaops.specs.yaml_tree import YamlNode, cost_of, place_of, tree_of

MAX_EXPANDED = 4 * 1024 * 1024
"""The most characters that variables add to one document."""
MAX_EXPANDED_IN_ALL = 64 * 1024 * 1024
"""The most characters that variables add to all documents of a run."""
_MAX_FINDINGS = 100
"""The most findings of a run."""
_LONGEST_NAME = 100
_MOST_COMPARED = 1000
"""The most names that an unknown name is compared with to suggest one."""
LATER = {"table_arn", "stream_arn", "index_arns"}
_WORKSPACE = "workspace"
_ENVIRONMENT = "environment"
_TEXTS = {_WORKSPACE, _ENVIRONMENT}
"""Variables whose values always stay text, also if they look like numbers."""
_INTEGER = re.compile(r"[-+]?[0-9]+")


class Values(NamedTuple):
    """The values of variables."""

    variables: Mapping[str, object]
    env: Environment
    workspace: str
    environment: str | None = None

    def of(self, name: str) -> object | None:
        """The value of ``${name}``; None if it is not defined, not allowed, or not known yet."""
        scope, _, key = name.partition(".")
        if scope == "var":
            return self.variables.get(key)
        if scope == "env":
            return self.env.get(key)
        if name == _ENVIRONMENT:
            return self.environment
        return self.workspace if name == _WORKSPACE else None

    def may_default(self, name: str) -> bool:
        """Whether ``${name}`` may have a default: its name has a known form, and may be read."""
        scope, dot, key = name.partition(".")
        if scope == "env" and dot:
            return self.env.refusal(key) is None
        return (scope == "var" and bool(dot)) or name in _TEXTS


class Substitution:
    """Fills in variables, document by document, and counts the characters that this adds."""

    def __init__(self, values: Values) -> None:
        self.findings: list[Finding] = []
        self.values = values
        self.references: list[TableReference] = []
        """The references to other tables in the last document."""
        self._left_in_all = MAX_EXPANDED_IN_ALL
        self._left = 0
        self._more = 0

    def document(self, node: YamlNode) -> YamlNode | None:
        """The document with all variables filled in; None if that is not possible, with errors in `findings`."""
        before = len(self.findings) + self._more
        self.references = []
        self._left = limit = min(MAX_EXPANDED, self._left_in_all)
        try:
            filled = self._node(node)
        except _TooMuch as error:
            self._tell(
                SPEC003,
                "the document expands to too much (variables with long values, named many times)",
                "Give them shorter values, or name them less often.",
                error.node,
            )
            return None
        finally:
            self._left_in_all -= limit - max(self._left, 0)
        return filled if len(self.findings) + self._more == before else None

    def all_findings(self) -> list[Finding]:
        """The findings, with a last one that gives the number of further findings."""
        if not self._more:
            return self.findings
        message = f"{self._more:,} more variables cannot be filled in"
        return [*self.findings, make_finding(SPEC007, message)]

    def _node(self, node: YamlNode) -> YamlNode:
        if isinstance(node.value, dict):
            return YamlNode(self._map(node.value), node.spot, node.key)
        if isinstance(node.value, list):
            return YamlNode([self._node(child) for child in node.value], node.spot, node.key)
        if isinstance(node.value, str) and "${" in node.value:
            return self._string(node, pieces(node.value))
        return node

    def _map(self, value: dict[str, YamlNode]) -> dict[str, YamlNode]:
        filled: dict[str, YamlNode] = {}
        for name, child in value.items():
            if "${" in name:
                written, key = name, YamlNode(name, child.key or child.spot)
                parts = pieces(written)
                if any(_is_of_table(part) for part in parts):
                    self._tell(SPEC007, f"{_short(written)}: a reference cannot stand in a key", None, key)
                    continue
                name = self._text(parts, key)
                if name != written and (name in value or name in filled):
                    self._tell(SPEC005, f"the key {_short(name)} stands twice", "Remove one.", key)
            filled[name] = self._node(child)
        return filled

    def _string(self, node: YamlNode, parts: Sequence[TextPiece]) -> YamlNode:
        if len(parts) == 1 and parts[0].kind is PieceKind.REFERENCE and parts[0].text not in _TEXTS:
            (part,) = parts
            value = self._given(part)
            if value is not None:
                return self._whole(value, node)
            if part.default is not None and self.values.may_default(part.text):
                if len(part.default) == 1 and part.default[0].kind is PieceKind.REFERENCE:
                    return self._string(node, part.default)
                return self._whole(self._text(part.default, node), node)
        return YamlNode(self._text(parts, node), node.spot, node.key)

    def _given(self, part: TextPiece) -> object | None:
        """The value of a reference; None if it is missing, or is empty and has a default."""
        value = self.values.of(part.text)
        return None if value == "" and part.default is not None else value

    def _text(self, parts: Sequence[TextPiece], node: YamlNode) -> str:
        text = ""
        for part in parts:
            if _is_of_table(part) and text.endswith("$"):
                self._tell(SPEC007, f"{part.written}: a $ cannot stand before a reference", None, node)
            text += self._part(part, node)
        return text

    def _whole(self, value: object, node: YamlNode) -> YamlNode:
        """The value of a string that is only one variable: it keeps its type, and a text is read like YAML."""
        if isinstance(value, dict | list):
            tree = tree_of(value, node.spot)
            self._pay(cost_of(tree), node)
            return YamlNode(tree.value, node.spot, node.key)
        self._pay(len(str(value)), node)
        return YamlNode(_typed(value) if isinstance(value, str) else value, node.spot, node.key)

    def _part(self, part: TextPiece, node: YamlNode) -> str:
        if part.kind is PieceKind.LITERAL:
            return part.text
        if part.kind is PieceKind.UNENDED:
            self._tell(
                SPEC007,
                f"{_short(part.text)}: a variable has no end",
                "Close it with }, or write $${ for a literal ${.",
                node,
            )
            return part.text
        if part.kind is PieceKind.NESTED:
            hint = f"Nest up to {MAX_NESTED}."
            self._tell(SPEC007, f"{_short(part.text)}: defaults are nested too deeply", hint, node)
            return part.text
        if _is_of_table(part):
            return self._of_table(part, node)
        value = self._given(part)
        if value is None:
            if part.default is not None and self.values.may_default(part.text):
                return self._text(part.default, node)
            self._missing(part, node)
            return f"${{{part.text}}}"
        if isinstance(value, dict | list):
            kind = "map" if isinstance(value, dict) else "list"
            self._tell(
                SPEC007,
                f"${{{_short(part.text)}}} is a {kind}, which cannot stand within a text",
                "Let it stand alone, or name a variable with a plain value.",
                node,
            )
            return ""
        text = str(value).lower() if isinstance(value, bool) else str(value)
        self._pay(len(text), node)
        return text

    def _of_table(self, part: TextPiece, node: YamlNode) -> str:
        """The text for a reference to a value of another table; only that table's name is known here."""
        if part.default is not None:
            hint = f"Write ${{{part.text}}} alone."
            self._tell(
                SPEC007, f"{_short(part.written)}: a reference to a table takes no default", hint, node
            )
            return ""
        name = self._text(pieces(part.text.removeprefix(OF_TABLE)), node)
        table, _, attribute = (word.strip() for word in name.rpartition("/"))
        wrong = attribute_error(table, attribute)
        if wrong is not None:
            self._tell(SPEC007, f"{_short(part.written)}: {wrong[0]}", wrong[1], node)
            return ""
        self.references.append(TableReference(table, attribute, place_of(node.spot)))
        text = table if attribute == "name" else reference(table, attribute)
        self._pay(len(text), node)
        return text

    def _pay(self, characters: int, node: YamlNode) -> None:
        """Count the characters that a variable adds at `node`. Raises _TooMuch."""
        self._left -= characters
        if self._left < 0:
            raise _TooMuch(node)

    def _missing(self, part: TextPiece, node: YamlNode) -> None:
        name = part.text
        if name in LATER:
            if part.default is not None:
                hint = f"Write ${{{name}}} alone."
                self._tell(
                    SPEC007, f"${{{name}}} is filled in when it is known, and takes no default", hint, node
                )
            return
        scope, _, key = name.partition(".")
        refusal = self.values.env.refusal(key) if scope == "env" else None
        if refusal is not None and len(key) <= _LONGEST_NAME:
            self._tell(SPEC008, f"${{{name}}} may not be read: {refusal[0]}", refusal[1], node)
            return
        if scope == "var":
            hint = self._near(key)
        elif scope == "env":
            hint = f"Set {_short(key)} in the environment."
        elif name == _ENVIRONMENT:
            hint = "Choose one with -E NAME, or write ${environment:-NAME}."
        else:
            hint = (
                "Write ${var.NAME}, ${env.NAME}, ${workspace}, ${environment} or ${ref:TABLE/ATTRIBUTE}, or $${ for a "
                "literal ${."
            )
        self._tell(SPEC007, f"${{{_short(name)}}} is not defined", hint, node)

    def _near(self, key: str) -> str:
        names = self.values.variables
        if len(key) <= _LONGEST_NAME and len(names) <= _MOST_COMPARED and len(self.findings) < _MAX_FINDINGS:
            suggestions = get_close_matches(key, names, 1)
            if suggestions:
                return f"Did you mean ${{var.{suggestions[0]}}}?"
        return f"Give it with --var {_short(key)}=VALUE or --var-file."

    def _tell(self, rule: FindingRule, message: str, hint: str | None, node: YamlNode) -> None:
        if len(self.findings) >= _MAX_FINDINGS:
            self._more += 1
            return
        place = place_of(node.spot)
        self.findings.append(make_finding(rule, message, hint, place=place))


def _is_of_table(part: TextPiece) -> bool:
    return part.kind is PieceKind.REFERENCE and part.text.startswith(OF_TABLE)


class Names:
    """Fills in the variables of names, as far as possible. Reports no errors."""

    def __init__(self, values: Values) -> None:
        self._substitution = Substitution(values)
        self._known: dict[str, str | None] = {}

    def filled(self, text: str) -> str | None:
        """The text with its variables filled in; None if that is not possible, or the result is not text."""
        if "${" not in text:
            return text
        if text not in self._known:
            node = self._substitution.document(YamlNode(text, ("", 1, 1)))
            self._known[text] = node.value if node is not None and isinstance(node.value, str) else None
        return self._known[text]


class _TooMuch(Exception):
    """Variables add more characters than allowed at `node`."""

    def __init__(self, node: YamlNode) -> None:
        super().__init__()
        self.node = node


def _typed(text: str) -> object:
    """The value of a text as YAML reads it: a number, a boolean, or the text itself."""
    if text in ("true", "false"):
        return text == "true"
    return int(text) if len(text) < 18 and _INTEGER.fullmatch(text) else text


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_NAME else f"{text[: _LONGEST_NAME - 1]}…"
