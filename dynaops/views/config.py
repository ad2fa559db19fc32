"""The settings of a project for people: each value, and where it comes from."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

from dynaops.views.page import Page, PageNode, Section, faint, line
from dynaops.views.values import compact


class SettingShown(Protocol):
    """A setting as it is shown."""

    @property
    def name(self) -> str: ...
    @property
    def value(self) -> Any: ...
    @property
    def origin(self) -> str: ...


def config_page(settings: Iterable[SettingShown]) -> Page:
    """A line a setting; a dash where there is no value."""
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
