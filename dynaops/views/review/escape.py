"""Escapes untrusted text for GitHub's Markdown, so that it makes no links, mentions, HTML or table cells."""

from __future__ import annotations

import html
import re

from dynaops.views.page import Line, clean
from dynaops.views.plain import text_of

LONGEST = 1_000
"""The most characters of a text before it is escaped; a policy document may have 20 KiB."""
_LONGEST_CODE = 300
"""The most characters of an address; a table's name has at most 255."""
_LINK = re.compile(r"@|\b(?:https?|ftp|mailto|xmpp):|\bwww(?=\.)", re.IGNORECASE)
_SPECIAL = re.compile(r"([\\`*_\[\]<>|~#&])")


def escaped(text: str | Line, most: int = LONGEST) -> str:
    """Text that Markdown shows literally, of at most `most` characters before it is escaped."""
    plain = clean(text if isinstance(text, str) else text_of(text))
    return _broken(_SPECIAL.sub(r"\\\1", short(plain, most)))


def in_html(text: str) -> str:
    """Text within an HTML element, in which GitHub would still find mentions and addresses."""
    return _broken(html.escape(short(clean(text), _LONGEST_CODE)))


def code(text: str) -> str:
    """Text between single backticks, also in a cell of a table."""
    return short(clean(text), _LONGEST_CODE).replace("`", "'").replace("|", "\\|")


def short(text: str, limit: int) -> str:
    """Plain text of at most `most` characters; it must be escaped afterwards, so that no escape is split."""
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def _broken(text: str) -> str:
    """The text with a zero-width space in mentions and addresses, so that GitHub does not make links of them."""
    return _LINK.sub(lambda match: f"{match[0]}\u200b", text)
