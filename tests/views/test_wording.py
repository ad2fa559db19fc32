"""Durations and counts in words."""

from __future__ import annotations

import pytest

from dynaops.model.change import Action
from dynaops.model.event import Stage
from dynaops.model.operation import Danger
from dynaops.views import wording


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.2, "~1 s"),
        (10, "~10 s"),
        (89, "~89 s"),
        (540, "~9 min"),
        (3600, "~1 h"),
        (4800, "~1 h 20 min"),
        (36000, "~10 h"),
        (7 * 86400, "~7 days"),
    ],
)
def test_about(seconds: float, text: str) -> None:
    assert wording.about(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(-1, "0 s"), (4.9, "4 s"), (59, "59 s"), (129, "2:09"), (3729, "1:02:09")]
)
def test_elapsed(seconds: float, text: str) -> None:
    assert wording.elapsed(seconds) == text


def test_a_long_list_is_counted() -> None:
    assert wording.listed([]) == ""
    assert wording.listed(["a"]) == "a"
    assert wording.listed(["a", "b", "c"]) == "a, b and c"
    assert wording.listed("abcdefg") == "a, b, c, d and 3 more"


def test_every_member_has_its_words() -> None:
    assert {wording.MARKS[action] for action in Action}
    assert all(wording.stage(stage) for stage in Stage)
    assert all(wording.consent(danger).startswith("--allow-") and wording.loss(danger) for danger in Danger)
