"""Text of any origin in GitHub's Markdown: shown as it is, with no links, mentions, HTML or new cells made of it."""

from __future__ import annotations

import html
import re

from dynaops.views.page import Line, clean
from dynaops.views.plain import text_of

LONGEST = 1_000
"""Characters of a text before it is escaped; a longer one is cut, since a policy document may be of 20 KiB."""
_LONGEST_CODE = 300
"""Characters of an address; a table's name has 255 at the most."""
_LINK = re.compile(r"@|\b(?:https?|ftp|mailto|xmpp):|\bwww(?=\.)", re.IGNORECASE)
_SPECIAL = re.compile(r"([\\`*_\[\]<>|~#&])")


def escaped(text: str | Line, most: int = LONGEST) -> str:
    """Text that Markdown takes as it is, of at most `most` characters before it is escaped."""
    plain = clean(text if isinstance(text, str) else text_of(text))
    return _broken(_SPECIAL.sub(r"\\\1", short(plain, most)))


def in_html(text: str) -> str:
    """Text within an HTML element: GitHub still finds mentions and addresses in it."""
    return _broken(html.escape(short(clean(text), _LONGEST_CODE)))


def code(text: str) -> str:
    """Text between single backticks, also in a cell of a table."""
    return short(clean(text), _LONGEST_CODE).replace("`", "'").replace("|", "\\|")


def short(text: str, most: int) -> str:
    """Plain text of at most `most` characters; to be escaped afterwards, so that no escape is cut in two."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _broken(text: str) -> str:
    """Mentions and addresses broken by a space of no width, so that GitHub makes no links of them."""
    return _LINK.sub(lambda match: f"{match[0]}\u200b", text)
