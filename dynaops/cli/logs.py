"""Logging, set up only on request: ``--verbose`` to stderr, ``--log-file`` to a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from dynaops.cli.settings import GlobalSettings

if TYPE_CHECKING:
    import logging

_FORMAT = "%(asctime)s %(levelname)s %(threadName)s %(name)s: %(message)s"


def start(settings: GlobalSettings, command: str = "") -> None:
    """Send our own log in full, and that of the AWS SDK from INFO on, to where the options say.

    Lines are numbered from 1 in each run, which shows the order of lines with the same time, and missing lines.
    """
    if not settings.verbose and settings.log_file is None:
        return
    import logging

    handlers: list[logging.Handler] = []
    if settings.log_file is not None:
        from dynaops.model.project import require_inside

        require_inside(settings.log_file)
        handlers.append(logging.FileHandler(settings.log_file, encoding="utf-8"))
    if settings.verbose:
        handlers.append(logging.StreamHandler())
    for handler in handlers:
        handler.setFormatter(_numbering())
    logging.basicConfig(level=logging.INFO, handlers=handlers, force=True)
    log = logging.getLogger("dynaops")
    log.setLevel(logging.DEBUG)
    if command:
        from dynaops import __version__

        # Without its arguments, since a value of --var may be a secret.
        log.info("dynaops %s: %s", __version__, command)


def write(settings: GlobalSettings, text: str) -> None:
    """Log a text of several lines, also where logging was not set up yet. Raises OSError, DynaopsError."""
    import logging

    file = str(Path(settings.log_file or "").absolute())
    if not any(getattr(handler, "baseFilename", "") == file for handler in logging.getLogger().handlers):
        start(settings)
    logging.getLogger("dynaops").error("%s", text)


def _numbering() -> logging.Formatter:
    """A formatter that numbers the lines of one log from 1, and escapes terminal control characters."""
    import logging

    from dynaops.views.page import clean

    class Numbering(logging.Formatter):
        """A handler formats within its own lock, so the numbers are in the order of the lines."""

        def __init__(self) -> None:
            super().__init__(_FORMAT)
            self._written = 0

        def format(self, record: logging.LogRecord) -> str:
            first, *more = super().format(record).splitlines() or [""]
            numbered = []
            for line in (first, *(f"| {line}" for line in more)):
                self._written += 1
                numbered.append(f"{self._written:06} {clean(line)}")
            return "\n".join(numbered)

    return Numbering()
