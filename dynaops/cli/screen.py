"""Where a command speaks: one document for programs on stdout, everything for people beside it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, TextIO

from dynaops.cli.settings import GlobalSettings, wants_color

if TYPE_CHECKING:
    from dynaops.views.page import Page


def notice(text: str) -> None:
    """A sentence for people beside the command's result: on stderr."""
    from dynaops.views.terminal import sentence

    sys.stderr.write(sentence(f"note: {text}.", sys.stderr))


class Screen:
    """The output of one command. People are spoken to on stderr where a `document` is on stdout, as with ``--json``."""

    def __init__(self, settings: GlobalSettings, document: bool = False) -> None:
        self.settings = settings
        self.json = settings.json
        self.color = wants_color(settings)
        self.people: TextIO = sys.stderr if settings.json or document else sys.stdout

    def show(self, page: Page, *, beside: bool = False) -> None:
        """Draw a page for people; `beside` a result that stdout holds: on stderr."""
        from dynaops.views.terminal import show

        show(page, sys.stderr if beside else self.people, self.color)

    def say(self, text: str) -> None:
        """A sentence for people."""
        from dynaops.views.terminal import sentence

        self.people.write(sentence(text, self.people))

    def aside(self, text: str) -> None:
        """A sentence for people that is no part of the command's result: always on stderr."""
        from dynaops.views.terminal import sentence

        sys.stderr.write(sentence(text, sys.stderr))

    def document(self, document: Any) -> None:
        """The one JSON document of ``--json``."""
        from dynaops.views.json_documents import write

        write(document, sys.stdout)

    def data(self, text: str) -> None:
        """A result that is text of its own (YAML, JSON Schema, env lines), as it is."""
        sys.stdout.write(text if text.endswith("\n") else text + "\n")

    def gap(self) -> None:
        """An empty line between two things for people."""
        self.people.write("\n")
