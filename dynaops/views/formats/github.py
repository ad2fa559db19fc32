"""Writes GitHub's workflow commands: each line becomes an annotation of the pull request.

https://docs.github.com/actions/reference/workflow-commands-for-github-actions
"""

from __future__ import annotations

from collections.abc import Iterator

from dynaops.views.formats.entry import Level, ReportEntry, RunReport
from dynaops.views.formats.text import lines_of, path_of

_COMMANDS = {
    Level.ERROR: "error",
    Level.WARNING: "warning",
    Level.UNKNOWN: "warning",
    Level.NOTE: "notice",
}
"""Commands in the order of printing, because GitHub shows only ten annotations of a kind in a step. Passed has none."""


def github(report: RunReport) -> str:
    """A line for each entry that is not passed, the worst first; each ends with a newline."""
    return "".join(f"{line}\n" for line in _lines(report))


def _lines(report: RunReport) -> Iterator[str]:
    if report.failure is not None:
        yield command("error", {"title": f"dynaops {report.command}"}, report.failure)
    for level, name in _COMMANDS.items():
        for entry in report.entries:
            if entry.level is level:
                yield command(name, _properties(entry), _message(entry))


def command(name: str, properties: dict[str, str], message: str) -> str:
    """A command such as ``::error file=a.yaml,line=1::message``, with separators in its parts escaped."""
    listed = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    return f"::{name} {listed}::{_data(message)}"


def _properties(entry: ReportEntry) -> dict[str, str]:
    title = {"title": f"{entry.rule} {entry.address or entry.subject}"}
    if entry.place is None:
        return title
    place = {"file": path_of(entry.place.file), "line": str(entry.place.line), "col": str(entry.place.column)}
    return {**place, **title}


def _message(entry: ReportEntry) -> str:
    unknown = "not checked: " if entry.level is Level.UNKNOWN else ""
    return "\n".join([unknown + entry.message, *([entry.hint] if entry.hint else [])])


def _data(text: str) -> str:
    escaped = "\n".join(lines_of(text)).replace("%", "%25")
    return escaped.replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
