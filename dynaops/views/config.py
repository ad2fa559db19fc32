"""Page of a project's settings: each value, and its source."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

from dynaops.views.page import Page, PageNode, Section, faint, line
from dynaops.views.values import compact


class SettingShown(Protocol):
    """A setting with the text of its value and its source."""

    @property
    def name(self) -> str: ...
    @property
    def value(self) -> Any: ...
    @property
    def origin(self) -> str: ...


def config_page(settings: Iterable[SettingShown]) -> Page:
    """One line for each setting; a dash if there is no value."""
    return Page((Section(tuple(_node(setting) for setting in settings)),))


def _node(setting: SettingShown) -> PageNode:
    return PageNode(
        line(setting.name), value=(*line(_text(setting.value)), *line("  ", faint(setting.origin)))
    )


def _text(value: Any) -> str:
    if value is None or value in ((), {}, []):
        return "-"
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else compact(value)
