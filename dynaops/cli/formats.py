"""``--format``: the findings of a command as one document on stdout, with the text for people on stderr."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from dynaops.cli.settings import GlobalSettings

if TYPE_CHECKING:
    from dynaops.model.finding import Place
    from dynaops.model.state import State
    from dynaops.specs.load import Document
    from dynaops.views.formats.entries import PlaceOf
    from dynaops.views.formats.entry import ReportEntry, RuleText, RunReport


class PipelineFormat(StrEnum):
    """The formats for pipelines."""

    GITHUB = "github"
    SARIF = "sarif"
    JUNIT = "junit"


FormatOption = Annotated[
    PipelineFormat | None,
    typer.Option("--format", help="For a pipeline: workflow commands of GitHub, SARIF, or JUnit XML."),
]


class Output:
    """Prints the document of one run of a command; does nothing if no format is chosen."""

    def __init__(self, settings: GlobalSettings, command: str, chosen: PipelineFormat | None) -> None:
        self._settings = settings
        self._command = command
        self.chosen = chosen

    def show(self, entries: Iterable[ReportEntry]) -> None:
        """Print the document."""
        if self.chosen is not None:
            self._write(tuple(entries), None)

    def fail(self, error: Exception) -> None:
        """Print the reason why there is no result: errors in the specs, or another failure."""
        from dynaops.views.formats.entries import of_specs

        findings = tuple(getattr(error, "findings", ()))
        hint = getattr(error, "hint", None)
        message = getattr(error, "message", str(error))
        failure = None if findings else "\n".join(filter(None, [message, hint]))
        self._write(of_specs(findings, 0, strict=False) if findings else (), failure)

    def _write(self, entries: tuple[ReportEntry, ...], failure: str | None) -> None:
        from dynaops import __version__
        from dynaops.views.formats.entry import RunReport

        report = RunReport(self._command, __version__, entries, _rules(), self._settings.environment, failure)
        sys.stdout.write(_text(report, self.chosen))


@contextmanager
def output(settings: GlobalSettings, command: str, chosen: PipelineFormat | None) -> Iterator[Output]:
    """A context that gives the Output of a command, and prints a failure in the chosen format.

    Raises BadParameter together with ``--json``, which prints another document.
    """
    if chosen is not None and settings.json:
        raise typer.BadParameter(
            "--json and --format each print a document: choose one", param_hint="--format"
        )
    from dynaops.model.errors import DynaopsError

    document = Output(settings, command, chosen)
    try:
        yield document
    except DynaopsError as error:
        if chosen is not None:
            with suppress(OSError):  # `main` tells of an output that cannot be written to
                document.fail(error)
        raise


def places(documents: Sequence[Document], state: State | None = None) -> PlaceOf:
    """A function that gives the place of an address: in its spec, else the file that its table was applied from."""
    from dynaops.model.finding import Place

    known = {document.spec.table_name: document for document in documents}
    records = state.resources if state else {}

    def place_of(address: str) -> Place | None:
        table, _, rest = address.partition("/")
        if table in known:
            return known[table].place(rest.partition("/")[0])
        source = records[table].source if table in records else None
        return Place(file=source, line=1, column=1) if source else None

    return place_of


def _text(report: RunReport, chosen: PipelineFormat | None) -> str:
    if chosen is PipelineFormat.GITHUB:
        from dynaops.views.formats.github import github

        return github(report)
    if chosen is PipelineFormat.JUNIT:
        from dynaops.views.formats.junit import junit

        return junit(report)
    import json

    from dynaops.views.formats.sarif import sarif

    return json.dumps(sarif(report), indent=2) + "\n"


def _rules() -> Mapping[str, RuleText]:
    """The descriptions of finding ids, as in docs/findings.md."""
    from dynaops.model.findings import FINDING_RULES
    from dynaops.views.formats.entries import RULES
    from dynaops.views.formats.entry import LEVELS, RuleText

    known = {
        rule.code: RuleText(rule.summary, rule.shown_remedy, LEVELS[rule.severity])
        for rule in FINDING_RULES.values()
    }
    return {**known, **RULES}
