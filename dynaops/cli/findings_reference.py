"""The reference of findings for the docs, and the list of their ids: both from the code that makes findings.

``python -m dynaops.cli.findings_reference`` writes docs/findings.md and dynaops/engine/known_findings.py anew; a test
keeps them current.
"""

from __future__ import annotations

import ast
import json
import re
import textwrap
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
_ID = re.compile(r"(SPEC|DDB|PLAN|LIVE|BACKUP|GRANT|CONV)\d{3}")
_ONLY_AWS_TELLS = (
    *("kinds/" + name for name in ("room.py", "findings.py", "group.py", "regional.py")),
    "engine/claims.py",
    "engine/same_table.py",
    "engine/guard.py",
    "engine/marking.py",
    "engine/resume.py",
    "engine/sharing.py",
)
"""Files whose findings take a look at AWS (of kinds, in any of their folders): those of a plan."""
_SECTIONS = {
    "offline": ("Specs", "Found offline, by `dynaops validate` and before every plan."),
    "plan": ("Plans", "Found when a plan is made: they take a look at AWS."),
    "live": ("Deployed tables", "Found by `dynaops validate --live`."),
    "backups": ("Backups", "Told by `dynaops backup`."),
    "grant": ("Grants", "Told by `dynaops grant`."),
    "convert": ("Conversions", "Told by `dynaops convert`."),
}
_OPENING = """# Findings

Written by `python -m dynaops.cli.findings_reference` from the code that makes findings: change that, not this file.

Every finding has an id that does not change. Errors stop a command. Warnings do not, but end `validate --strict` with
3, and a spec can accept them for its table, with a reason ([validate.md](validate.md)):

```yaml
suppress:
  - finding: DDB311
    reason: the table is a cache; its rows can be made again
```

`…` stands for what the message names.
"""
_LISTING = '''"""The ids of all findings, by which suppressions are checked.

Written by ``python -m dynaops.cli.findings_reference`` from the code that makes findings: change that, not this file.
"""

# fmt: off
OFFLINE = frozenset(
    {{
{offline}
    }}
)
"""What the checks of a spec alone find."""

KNOWN = OFFLINE | frozenset(
    {{
{others}
    }}
)

MEANINGS = (
{meanings}
)
# fmt: on
"""Id, severity, message and remedy, as docs/findings.md has them; of several of an id, the first."""
'''


class Entry(NamedTuple):
    """One way in which a finding is made."""

    code: str
    section: str
    severity: str
    message: str
    remedy: str


@cache
def documents() -> dict[Path, str]:
    """File to text."""
    entries = _told({*_scanned(), *_live()})
    offline = {one.code for one in entries if one.section == "offline"}
    others = {one.code for one in entries} - offline
    listing = _LISTING.format(
        offline=_block(offline), others=_block(others), meanings="\n".join(_meanings(entries))
    )
    return {
        ROOT.parent / "docs" / "findings.md": "\n".join([_OPENING, *_page(entries)]),
        ROOT / "engine" / "known_findings.py": listing,
    }


def _told(entries: set[Entry]) -> list[Entry]:
    """In order, without those whose words come from elsewhere, unless nothing else is known of an id."""
    worded = {one.code for one in entries if one.message}
    return sorted(
        one if one.message else one._replace(message="as the message says")
        for one in entries
        if one.message or one.code not in worded
    )


def _block(codes: Iterable[str]) -> str:
    """Several ids a line."""
    quoted = " ".join(f'"{code}",' for code in sorted(codes))
    return textwrap.indent(textwrap.fill(quoted, 110), " " * 8)


def _meanings(entries: list[Entry]) -> Iterator[str]:
    """A line for each id, however long."""
    first = {one.code: one for one in reversed(entries)}
    for code, one in sorted(first.items()):
        told = (one.severity, *(" ".join(text.split()) for text in (one.message, one.remedy)))
        yield f"    ({json.dumps([code, *told], ensure_ascii=False)[1:-1]}),"


def _page(entries: list[Entry]) -> Iterator[str]:
    for section, (title, about) in _SECTIONS.items():
        found = [one for one in entries if one.section == section]
        yield f"## {title}"
        yield ""
        yield about
        yield ""
        yield "| id | severity | finding | remedy |"
        yield "| --- | --- | --- | --- |"
        for one in found:
            yield f"| {one.code} | {one.severity} | {_cell(one.message)} | {_cell(one.remedy)} |"
        yield ""


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


def _live() -> Iterator[Entry]:
    from dynaops.health.checks import CHECKS
    from dynaops.model.health import Status

    words = {Status.FAIL: "error", Status.WARN: "warning", Status.PASS: "remark"}
    for check in CHECKS:
        yield Entry(check.code, "live", words[check.worst], f"{check.title}: {check.meaning}", check.remedy)


def _scanned() -> Iterator[Entry]:
    """Every call in the source that names an id."""
    texts = {path: path.read_text(encoding="utf-8") for path in sorted(ROOT.rglob("*.py"))}
    telling = {path: text for path, text in texts.items() if "Severity" in text or _ID.search(text)}
    trees = {path: ast.parse(text) for path, text in telling.items()}
    makers = {
        node.name: severity
        for tree in trees.values()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and (severity := _severity(node))
    }
    for path, tree in trees.items():
        if path.parent.name != "health":
            known = {**makers, **_own_makers(tree)}
            for node in ast.walk(tree):
                if isinstance(node, ast.Call):
                    yield from _entry(node, path, known)


def _own_makers(tree: ast.Module) -> dict[str, str]:
    functions = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))
    return {one.name: severity for one in functions if (severity := _severity(one))}


def _severity(node: ast.AST) -> str | None:
    """The severity that is named within `node`, if just one is."""
    if isinstance(node, ast.Constant | ast.Name):
        return None
    named = {
        one.attr.lower()
        for one in ast.walk(node)
        if isinstance(one, ast.Attribute) and isinstance(one.value, ast.Name) and one.value.id == "Severity"
    }
    return named.pop() if len(named) == 1 else None


def _entry(call: ast.Call, path: Path, makers: dict[str, str]) -> Iterator[Entry]:
    named = {one.arg: one.value for one in call.keywords if one.arg}
    arguments = [*call.args, *named.values()]
    codes = [text for one in arguments if _ID.fullmatch(text := _text(one))]
    if not codes:
        return
    callee = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    severity = next((told for one in arguments if (told := _severity(one))), makers.get(callee, "warning"))
    texts = [text for one in arguments if (text := _text(one)) and " " in text]
    message = _text(named["message"]) if "message" in named else next(iter(texts), "")
    hint = _text(named["hint"]) if "hint" in named else next(iter(texts[1:]), "")
    yield Entry(codes[0], _section(path, codes[0]), severity, message, hint)


def _text(node: ast.AST) -> str:
    """A string as written, with `…` for what is filled in; of a choice, its first."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(one) if isinstance(one, ast.Constant) else "…" for one in node.values)
    if isinstance(node, ast.BinOp):
        return _text(node.left) + _text(node.right)
    return _text(node.body) if isinstance(node, ast.IfExp) else ""


def _section(path: Path, code: str) -> str:
    package = path.relative_to(ROOT).parts[0]
    if package in ("backups", "convert"):
        return package
    if path.name in ("grant.py", "grantees.py"):
        return "grant"
    of_plans = code.startswith("PLAN") or f"{package}/{path.name}" in _ONLY_AWS_TELLS
    return "plan" if of_plans else "offline"


if __name__ == "__main__":
    for file, text in documents().items():
        file.write_text(text, encoding="utf-8")
