"""Values in one line."""

from __future__ import annotations

from typing import Any

import pytest

from dynaops.views.values import compact


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        ("true", '"true"'),
        (5, "5"),
        ("5", '"5"'),
        ("", '""'),
        (None, "null"),
        ("ACTIVE", "ACTIVE"),
        ("arn:aws:kms:eu-central-1:123456789012:key/1-2", "arn:aws:kms:eu-central-1:123456789012:key/1-2"),
        ("two words", '"two words"'),
        ({"type": "INCLUDE", "names": ["a", "b c"]}, '{type: INCLUDE, names: [a, "b c"]}'),
        ("${ref:orders/stream_arn}", "(known after apply)"),
        (["${ref:orders/backup/role/arn}"], "[(known after apply)]"),
        ("${ref:orders/arn}/index/*", '"(known after apply)/index/*"'),
        ("$${ref:orders/arn}", '"${ref:orders/arn}"'),
        ("$$${ref:orders/arn} ${ref:a/arn}", '"$${ref:orders/arn} (known after apply)"'),
        ([], "[]"),
    ],
)
def test_compact(value: Any, text: str) -> None:
    assert compact(value) == text


def test_a_string_is_never_mistaken_for_another_value() -> None:
    for value in ("true", "no", "null", "~", "1.5", "-", "{}", "[a]", "a, b", "a: b"):
        assert compact(value).startswith('"')


def test_what_is_very_long_is_cut_and_says_so() -> None:
    text = compact("x" * 1000)
    assert len(text) < 430
    assert text.endswith("... (1,000 characters)")
