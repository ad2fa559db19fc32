"""The output of a command: one document for programs on stdout, and messages for people."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, TextIO

from dynaops.cli.settings import GlobalSettings, wants_color

if TYPE_CHECKING:
    from dynaops.views.page import Page


def notice(text: str) -> None:
    """Print a message on stderr, apart from the command's result."""
    from dynaops.views.terminal import sentence

    sys.stderr.write(sentence(f"note: {text}.", sys.stderr))


class Screen:
    """The output of one command. Messages are on stderr if a `document` is on stdout, as with ``--json``."""

    def __init__(self, settings: GlobalSettings, document: bool = False) -> None:
        self.settings = settings
        self.json = settings.json
        self.color = wants_color(settings)
        self.people: TextIO = sys.stderr if settings.json or document else sys.stdout

    def show(self, page: Page, *, beside: bool = False) -> None:
        """Print a page for people; with `beside`, on stderr, since stdout has a result."""
        from dynaops.views.terminal import show

        show(page, sys.stderr if beside else self.people, self.color)

    def say(self, text: str) -> None:
        """Print a message for people."""
        from dynaops.views.terminal import sentence

        self.people.write(sentence(text, self.people))

    def aside(self, text: str) -> None:
        """Print a message that is not part of the command's result: always on stderr."""
        from dynaops.views.terminal import sentence

        sys.stderr.write(sentence(text, sys.stderr))

    def document(self, document: Any) -> None:
        """Print the JSON document of ``--json``."""
        from dynaops.views.json_documents import write

        write(document, sys.stdout)

    def data(self, text: str) -> None:
        """Print a result that is text in a format of its own (YAML, JSON Schema, env lines)."""
        sys.stdout.write(text if text.endswith("\n") else text + "\n")

    def gap(self) -> None:
        """Print an empty line between two parts for people."""
        self.people.write("\n")
