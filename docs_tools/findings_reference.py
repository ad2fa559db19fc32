"""The reference of findings, docs/findings.md, from the registry of findings.

``python -m docs_tools.findings_reference`` writes it anew; a test keeps it current.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from dynaops.model.findings import FINDING_RULES
from dynaops.model.findings.rule import Stage

REFERENCE = Path(__file__).parent.parent / "docs" / "findings.md"
_SECTIONS = {
    Stage.SPECS: ("Specs", "Found offline, by `dynaops validate` and before every plan."),
    Stage.PROJECT: ("Projects", "Found wherever the project file or a file of house rules is read."),
    Stage.PLAN: ("Plans", "Found when a plan is made: they take a look at the state and at AWS."),
    Stage.LIVE: ("Deployed tables", "Found by `dynaops validate --live`."),
    Stage.BACKUPS: ("Backups", "Told by `dynaops backup`."),
    Stage.GRANT: ("Grants", "Told by `dynaops grant`."),
    Stage.CONVERT: ("Conversions", "Told by `dynaops convert`."),
}
_OPENING = """# Findings

Written by `python -m docs_tools.findings_reference` from `dynaops/model/findings`: change that, not this file.

Every finding has an id that does not change. Errors stop a command. Warnings do not, but end `validate --strict` with
3, and a spec can accept them for its table, with a reason ([validate.md](validate.md)):

```yaml
suppress:
  - finding: DDB311
    reason: the table is a cache; its rows can be made again
```

`…` stands for what the message names.
"""


def page() -> str:
    """The text of docs/findings.md."""
    return "\n".join([_OPENING, *_sections()])


def _sections() -> Iterator[str]:
    for stage, (title, about) in _SECTIONS.items():
        yield from (f"## {title}", "", about, "")
        yield "| id | severity | finding | remedy |"
        yield "| --- | --- | --- | --- |"
        for rule in FINDING_RULES.values():
            if rule.stage is stage:
                yield f"| {rule.code} | {rule.severity} | {_cell(rule.summary)} | {_cell(rule.shown_remedy)} |"
        yield ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")


if __name__ == "__main__":
    REFERENCE.write_text(page(), encoding="utf-8")
