"""Page about the status of the sandbox."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from dynaops.views import wording
from dynaops.views.page import Line, Page, PageNode, Section, StyledText, TextStyle, faint, line


def status_page(url: str | None, details: Mapping[str, Any]) -> Page:
    """The sandbox's URL, time and tables, or that none is running. `details` is the sandbox's status response."""
    if url is None:
        return Page(
            (
                Section(
                    (PageNode(line("No sandbox is running here."), notes=(line(faint(wording.START_IT)),)),)
                ),
            )
        )
    speed = float(details.get("speed", 0))
    now = datetime.fromtimestamp(float(details.get("now", 0)), UTC)
    pace = f"{speed:g} times as fast as real time" if speed else "standing still"
    rows = [
        ("url", line(StyledText(url, TextStyle.GOOD))),
        ("process", line(str(details.get("pid", "")))),
        ("its time", line(f"{now:%Y-%m-%d %H:%M:%S} UTC, {pace}")),
        *_tables(details.get("tables", {})),
    ]
    if details.get("not_saved"):
        rows.append(("not kept", line(f"{wording.listed(sorted(details['not_saved']))}, when it stops")))
    return Page((Section(tuple(PageNode(line(faint(name)), value=value) for name, value in rows)),))


def _tables(regions: Mapping[str, Any]) -> list[tuple[str, Line]]:
    with_tables = {region: names for region, names in regions.items() if names}
    if not with_tables:
        return [("tables", line("none"))]
    return [
        (f"tables in {region.rpartition('/')[2]}", line(wording.listed(names, most=10)))
        for region, names in sorted(with_tables.items())
    ]
