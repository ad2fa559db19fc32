"""A plan as one HTML file without scripts and external files, so that it can be mailed, stored and opened anywhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from importlib.resources import files

from dynaops.model.operation import Operation
from dynaops.model.plan import Plan
from dynaops.views import wording
from dynaops.views.cost import figure
from dynaops.views.estimate import duration, schedule
from dynaops.views.headline import headline_words
from dynaops.views.page import Line, PageNode, Section, StyledText, TextStyle, clean
from dynaops.views.plain import text_of
from dynaops.views.plan import about_sections, table_sections
from dynaops.views.values import compact

_LEAST_SHOWN = 0.6
"""The least width of an operation on the time line in per cent, so that it is visible."""
_TITLE = "dynaops plan"


def html(plan: Plan, refreshed: bool = True, digest: str | None = None) -> str:
    """The page; ends with a newline."""
    style = files("dynaops.views.review").joinpath("plan.css").read_text(encoding="utf-8")
    body = "\n".join(_body(plan, refreshed, digest))
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        f"<title>{_TITLE}: {escape(_verdict(plan))}</title>\n<style>\n{style}</style></head>\n"
        f"<body><main>\n{body}\n</main></body></html>\n"
    )


def _body(plan: Plan, refreshed: bool, digest: str | None) -> Iterator[str]:
    yield from _header(plan, refreshed)
    about = list(about_sections(plan))
    for section in about:
        if _is_grave(section):
            yield _card(section, "grave")
    changes = list(table_sections(plan.changes))
    if changes:
        yield "<h2>Changes</h2>"
    for section in changes:
        yield _card(section, "change")
    if plan.operations:
        yield from _timeline(plan)
    for section in about:
        if not _is_grave(section):
            yield _card(section, "about")
    yield _footer(plan, digest)


def _header(plan: Plan, refreshed: bool) -> Iterator[str]:
    yield f"<header><h1>{_TITLE}</h1><p class=verdict>{escape(_verdict(plan))}</p>"
    words = headline_words(plan.headline)
    if words:
        yield f"<p class=faint>{escape(clean(' · '.join(words)))}</p>"
    tiles = [(str(number), action, action) for action, number in plan.counts().items()]
    if plan.operations:
        counted = str(len(plan.operations))
        tiles += [(counted, "operations" if counted != "1" else "operation", "plain")]
        tiles += [(wording.takes(duration(plan)).removeprefix("about "), "expected of AWS", "plain")]
    if figure(plan):
        tiles.append((figure(plan).removesuffix(" a month"), "a month", "plain"))
    if tiles:
        drawn = "".join(
            f'<li class="{style}"><b>{escape(value)}</b> {escape(name)}</li>' for value, name, style in tiles
        )
        yield f"<ul class=tiles>{drawn}</ul>"
    if not refreshed:
        yield f"<p class=warning>{escape(wording.NOT_REFRESHED)}</p>"
    yield "</header>"


def _verdict(plan: Plan) -> str:
    return wording.NOTHING_TO_DO if plan.empty else wording.totals(plan.counts())


def _is_grave(section: Section) -> bool:
    return any(span.style is TextStyle.ERROR for span in section.title)


def _card(section: Section, kind: str) -> str:
    title = f"<h2>{_spans(section.title)}</h2>" if section.title else ""
    return f'<section class="{kind}">{title}{_list(section.nodes)}</section>'


def _list(nodes: Sequence[PageNode]) -> str:
    return f"<ul>{''.join(_item(node) for node in nodes)}</ul>" if nodes else ""


def _item(node: PageNode) -> str:
    mark = (
        f"<span class='mark {node.mark.style.value}'>{escape(text_of((node.mark,)))}</span> "
        if node.mark
        else ""
    )
    value = f" <span class=value>{_spans(node.value)}</span>" if node.value else ""
    row = f"{mark}<span class=label>{_spans(node.text)}</span>{value}"
    notes = "".join(f"<p class=note>{_spans(note)}</p>" for note in node.notes)
    if node.children and node.mark:
        return f"<li><details open><summary>{row}{notes}</summary>{_list(node.children)}</details></li>"
    return f"<li>{row}{notes}{_list(node.children)}</li>"


def _spans(pieces: Line) -> str:
    return "".join(_span(piece) for piece in pieces)


def _span(piece: StyledText) -> str:
    if piece.style in (TextStyle.PLAIN, TextStyle.GLYPH):
        return escape(clean(piece.text))
    return f'<span class="{piece.style.value}">{escape(clean(piece.text))}</span>'


def _timeline(plan: Plan) -> Iterator[str]:
    """The operations in order, each with a bar for its expected start and duration."""
    times = schedule(plan)
    whole = max([1.0, *(end for _, end in times.values())])
    yield "<h2>Operations <span class=faint>in the order in which they are sent</span></h2>"
    yield "<section class=timeline><ol>"
    for operation in plan.operations:
        start, end = times[operation.id]
        width = max(_LEAST_SHOWN, 100 * (end - start) / whole)
        left = min(100 * start / whole, 100 - width)
        style = "danger" if operation.destructive else "bar"
        yield (
            f"<li><details><summary><span class=label>{escape(clean(operation.title))}</span>"
            f"<span class=track><span class={style} style='left:{left:.2f}%;width:{width:.2f}%'></span></span>"
            f"<span class=takes>{escape(_takes(operation))}</span></summary>{_call(operation)}</details></li>"
        )
    yield "</ol></section>"


def _takes(operation: Operation) -> str:
    return wording.about(operation.expected_wait) if operation.expected_wait else ""


def _call(operation: Operation) -> str:
    rows = [
        ("why", operation.reason),
        ("address", operation.address),
        ("removes", operation.removes or ""),
        ("loses", operation.loses or ""),
        ("call", f"{operation.service}:{operation.api} in {operation.region}"),
        *((name, compact(value, 10_000)) for name, value in operation.parameters.items()),
        *(("until", wait.title) for wait in (operation.before, operation.cooldown, operation.wait) if wait),
    ]
    cells = "".join(
        f"<dt>{escape(clean(name))}</dt><dd>{escape(clean(text))}</dd>" for name, text in rows if text
    )
    return f"<dl>{cells}</dl>"


def _footer(plan: Plan, digest: str | None) -> str:
    of = f"state serial {plan.serial}, made {plan.created_at}, dynaops {plan.dynaops_version}"
    saved = f"; saved plan, SHA-256 {digest}" if digest else ""
    return f"<footer>{escape(clean(of + saved))}</footer>"
