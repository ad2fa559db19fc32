"""The first line of a plan or a report: environment, account, regions and state, on one quiet line."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePath

from dynaops.model.headline import Headline
from dynaops.views import wording
from dynaops.views.page import PageNode, Section, faint, joined, line

_LONGEST_PATH = 40
"""Characters of a path that are shown; of a longer one, its last two parts are."""
_SANDBOXES = "/dynaops/sandbox/"
"""What paths of states have in them that lie beside a sandbox's content."""


def headline_sections(headline: Headline) -> Iterable[Section]:
    """One line; none where nothing is known."""
    words = headline_words(headline)
    if words:
        yield Section((PageNode(joined([line(faint(word)) for word in words])),))


def headline_words(headline: Headline) -> list[str]:
    """The parts of the line, in their order."""
    if headline.state is None and headline.account is None:
        return []
    found = [f"environment {headline.environment}"] if headline.environment else []
    partition = headline.partition if headline.partition not in (None, "aws") else None
    account = headline.account or "unknown"
    found.append(f"account {account} ({partition})" if partition else f"account {account}")
    if headline.regions:
        found.append(wording.listed(headline.regions))
    if headline.state is not None:
        found.append(_state(headline.state))
    return found


def _state(place: str) -> str:
    if _SANDBOXES in place.replace("\\", "/"):
        return "the sandbox's own state"
    if "://" in place or len(place) <= _LONGEST_PATH:
        return f"state {place.partition('?')[0]}"
    return f"state .../{'/'.join(PurePath(place).parts[-2:])}"
