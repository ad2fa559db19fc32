"""Logging, set up only where it is asked for: ``--verbose`` on stderr, ``--log-file`` in a file."""

from __future__ import annotations

from dynaops.cli.settings import Settings

_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


def start(settings: Settings) -> None:
    """Send our own log in full, and that of the AWS SDK from INFO on, to where the options say."""
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
    logging.basicConfig(level=logging.INFO, format=_FORMAT, handlers=handlers, force=True)
    logging.getLogger("dynaops").setLevel(logging.DEBUG)
