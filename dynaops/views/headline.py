"""The first line of a plan or a report: environment, account, regions and state, in a dim style."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePath

from dynaops.model.headline import Headline
from dynaops.views import wording
from dynaops.views.page import PageNode, Section, faint, joined, line

_LONGEST_PATH = 40
"""The most characters of a path; of a longer path, the last two parts are shown."""
_SANDBOXES = "/dynaops/sandbox/"
"""A part of the paths of states that are stored with a sandbox."""


def headline_sections(headline: Headline) -> Iterable[Section]:
    """A section with one line, or none if nothing is known."""
    words = headline_words(headline)
    if words:
        yield Section((PageNode(joined([line(faint(word)) for word in words])),))


def headline_words(headline: Headline) -> list[str]:
    """The parts of the line, in order."""
    if headline.state is None and headline.account is None:
        return []
    words = [f"environment {headline.environment}"] if headline.environment else []
    partition = headline.partition if headline.partition not in (None, "aws") else None
    account = headline.account or "unknown"
    words.append(f"account {account} ({partition})" if partition else f"account {account}")
    if headline.regions:
        words.append(wording.listed(headline.regions))
    if headline.state is not None:
        words.append(_state(headline.state))
    return words


def _state(path: str) -> str:
    if _SANDBOXES in path.replace("\\", "/"):
        return "the sandbox's own state"
    if "://" in path or len(path) <= _LONGEST_PATH:
        return f"state {path.partition('?')[0]}"
    return f"state .../{'/'.join(PurePath(path).parts[-2:])}"
