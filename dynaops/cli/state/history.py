"""The ``state history`` and ``state log`` commands."""

from __future__ import annotations

from dynaops.cli import wiring
from dynaops.cli.screen import Screen
from dynaops.cli.settings import GlobalSettings
from dynaops.model.errors import DynaopsError


def show_history(settings: GlobalSettings) -> None:
    """Show the kept generations, each with the run that saved it if that is known."""
    from dynaops.views.runs import history_page

    screen = Screen(settings)
    store = wiring.store(settings)
    generations = store.history()
    try:
        runs = store.recorder.log.of_generations(generations)
    except DynaopsError as error:
        runs = {}
        screen.aside(f"warning: the records of runs cannot be read: {error.message}")
    if settings.json:
        documents = []
        for generation in generations:
            run = runs.get(generation.serial)
            about = run.model_dump(mode="json", include=_ABOUT) if run else None
            documents.append({**generation.model_dump(mode="json"), "run": about})
        screen.document(documents)
    else:
        screen.show(history_page(generations, runs))


_ABOUT = {"id", "command", "arguments", "began_at", "ended_at", "result", "who", "commit", "environment"}
"""The members of a run in the JSON of ``state history``."""


def show_log(settings: GlobalSettings, limit: int) -> None:
    """Show the newest `limit` runs, and name those that cannot be read."""
    from dynaops.views.runs import log_page

    screen = Screen(settings)
    records, unreadable = wiring.store(settings).recorder.log.newest(limit)
    for run in unreadable:
        screen.aside(f"warning: the record of run {run.id} cannot be read: {run.reason}")
    if settings.json:
        screen.document(
            {
                "runs": [record.model_dump(mode="json") for record in records],
                "unreadable": [run._asdict() for run in unreadable],
            }
        )
    else:
        screen.show(log_page(records))


def show_run(settings: GlobalSettings, reference: str) -> None:
    """Show one run with its operations."""
    from dynaops.views.runs import run_page

    screen = Screen(settings)
    record = wiring.store(settings).recorder.log.find(reference)
    if settings.json:
        screen.document(record.model_dump(mode="json"))
    else:
        screen.show(run_page(record))
