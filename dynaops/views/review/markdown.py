"""A plan as Markdown for a comment on a pull request: the verdict first, everything else collapsed.

It uses GitHub's dialect (alerts, ``<details>``, ``diff`` blocks), and is readable without it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from dynaops.model.change import Change
from dynaops.model.operation import Operation
from dynaops.model.plan import Plan
from dynaops.views import wording
from dynaops.views.cost import figure
from dynaops.views.estimate import duration
from dynaops.views.headline import headline_words
from dynaops.views.page import PageNode, Section, groups
from dynaops.views.plain import label_width, text_of
from dynaops.views.plan import about_sections, adopted_groups, adoption_consent, loss, table_sections
from dynaops.views.review.bounded import CommentPart, bounded, marker
from dynaops.views.review.escape import LONGEST, code, escaped, in_html, short

_MOST_NAMED = 5
"""The most addresses of taken over resources that are named for each table."""
_LONGEST_NAME = 40
_SIGNS = {"+": "+", "-": "-", "~": "!", "-/+": "!", "<-": "#", "->": "#", "!": "-"}
"""The sign in the first column of a ``diff`` block, which decides the colour, by the sign of the action."""
_WHOLE = "what `dynaops plan` prints, its `--json` and its `--html`"


def markdown(plan: Plan, refreshed: bool = True, digest: str | None = None) -> str:
    """The comment; ends with the marker of its environment and a newline, and has at most LONGEST characters."""
    head = _head(plan, refreshed, digest)
    return bounded(
        head, _lists(plan), list(_details(plan)), _WHOLE, marker("plan", plan.headline.environment)
    )


def _head(plan: Plan, refreshed: bool, digest: str | None) -> Iterator[str]:
    if plan.empty:
        yield f"### dynaops plan: nothing to do\n\n{wording.count(len(plan.tables), 'table')}, all as the specs say."
    else:
        yield f"### dynaops plan: {wording.totals(plan.counts())}"
        yield " · ".join(_figures(plan))
    words = headline_words(plan.headline)
    if words:
        yield escaped(" · ".join(words))
    if digest:
        yield f"Saved plan, SHA-256 `{digest}`"
    if not refreshed:
        yield f"*{wording.NOT_REFRESHED}*"


def _lists(plan: Plan) -> Iterator[CommentPart]:
    """The lists that are never collapsed: broken house rules, losses and warnings, if there are any."""
    if plan.violations:
        rows = (
            f"{escaped(finding.message)}{_where(finding.address)} {escaped(finding.code)}"
            for finding in plan.violations
        )
        alert = "> [!CAUTION]" if plan.forbidden else "> [!WARNING]"
        yield _quoted("broken house rules", f"{alert}\n> House rules it breaks:", rows)
    losses = [_loss(operation, plan) for operation in plan.operations if operation.danger]
    losses += [_adoption(group, plan) for group in adopted_groups(plan)]
    if losses:
        yield _quoted("losses", "> [!CAUTION]", losses)
    if plan.warnings:
        rows = (escaped(finding.message) + _where(finding.address) for finding in plan.warnings)
        yield _quoted("warnings", "> [!WARNING]", rows)


def _quoted(name: str, opening: str, texts: Iterable[str]) -> CommentPart:
    return CommentPart(name, tuple(f"> - {text}" for text in texts), opening, more="> - *and {} more*")


def _figures(plan: Plan) -> Iterator[str]:
    yield wording.count(len(plan.operations), "operation")
    if plan.operations:
        yield wording.takes(duration(plan))
    if figure(plan):
        yield escaped(figure(plan))


def _loss(operation: Operation, plan: Plan) -> str:
    danger = operation.danger
    if danger is None:
        return ""
    row = f"`{code(operation.address)}`{escaped(loss(operation, danger, plan))}"
    if plan.consents_to(operation):
        return f"**{row}** (consented to in this plan: `{danger.value}:{code(operation.address)}`)"
    return f"**{row}** (needs `{wording.consent(danger)}`)"


def _adoption(group: Sequence[Change], plan: Plan) -> str:
    names = ", ".join(f"`{code(change.address)}`" for change in group[:_MOST_NAMED])
    names += f" and {len(group) - _MOST_NAMED} more" if len(group) > _MOST_NAMED else ""
    consent = ", ".join(dict.fromkeys(adoption_consent(change, plan) for change in group))
    return f"**{names} {escaped(wording.adoption(group[0].owner, len(group)))}** ({escaped(consent)})"


def _where(address: str | None) -> str:
    return f" (`{code(address)}`)" if address else ""


def _details(plan: Plan) -> Iterator[CommentPart]:
    for section in table_sections(plan.changes):
        (node,) = section.nodes
        mark = in_html(node.mark.text) if node.mark else ""
        title = f"{mark} <b>{in_html(text_of(node.text))}</b> {in_html(text_of(node.value))}"
        yield _folded(escaped(text_of(node.text), _LONGEST_NAME), title, _diff([node]))
    if plan.operations:
        counted = wording.count(len(plan.operations), "operation")
        title = f"{counted}, in the order in which they are sent"
        yield _folded("the list of operations", title, _table(plan.operations))
    for section in about_sections(plan):
        if not _details_above(section):
            title = text_of(section.title)
            yield _folded(escaped(title, _LONGEST_NAME), in_html(title), _diff(section.nodes))


def _details_above(section: Section) -> bool:
    return text_of(section.title) in ("Destructive", "Warnings", "House rules it breaks")


def _folded(name: str, title: str, body: CommentPart) -> CommentPart:
    opening = f"<details><summary>{title}</summary>\n\n{body.opening}"
    return body._replace(name=name, opening=opening, closing=f"{body.closing}\n\n</details>".lstrip("\n"))


def _diff(nodes: Sequence[PageNode]) -> CommentPart:
    rows = tuple(short(row, LONGEST) for row in _rows(nodes, 0, " "))
    longest = max((len(run) for row in rows for run in re.findall("`+", row)), default=0)
    fence = "`" * max(3, longest + 1)
    return CommentPart("", rows, f"{fence}diff", fence, "# and {} more lines")


def _rows(nodes: Sequence[PageNode], depth: int, inherited: str) -> Iterator[str]:
    for group in groups(nodes):
        width = label_width(group)
        for node in group:
            sign = _SIGNS.get(node.mark.text, inherited) if node.mark else inherited
            yield f"{sign} {'  ' * depth}{_row(node, width)}"
            yield from (f"  {'  ' * (depth + 1)}{text_of(note)}" for note in node.notes)
            yield from _rows(node.children, depth + 1, sign if sign in "+-" else " ")


def _row(node: PageNode, width: int) -> str:
    mark = f"{node.mark.text} " if node.mark and node.mark.text not in "+-~!" else ""
    label = mark + text_of(node.text)
    return f"{label:<{width}}  {text_of(node.value)}" if node.value else label


def _table(operations: Iterable[Operation]) -> CommentPart:
    rows = []
    for number, operation in enumerate(operations, start=1):
        takes = wording.takes(operation.expected_wait) if operation.expected_wait else ""
        call = f"`{code(operation.service)}:{code(operation.api)}`"
        words = (escaped(text) for text in (operation.title, operation.reason))
        rows.append(f"| {' | '.join((str(number), call, *words, takes))} |")
    opening = "| | Call | What | Why | AWS takes |\n| --: | --- | --- | --- | --- |"
    return CommentPart("", tuple(rows), opening, "", "| | | *and {} more* | | |")
