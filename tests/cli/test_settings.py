"""Global options before and after the command."""

from __future__ import annotations

import pytest

from dynaops.cli.settings import early, hoist


@pytest.mark.parametrize(
    ("given", "hoisted"),
    [
        (["plan", "--json"], ["--json", "plan"]),
        (
            ["plan", "a.yaml", "--region", "eu-central-1", "--out", "p"],
            ["--region", "eu-central-1", "plan", "a.yaml", "--out", "p"],
        ),
        (["--state=x", "state", "list", "--sandbox"], ["--state=x", "--sandbox", "state", "list"]),
        (["plan", "--", "--json"], ["plan", "--", "--json"]),
        (["plan", "--state"], ["--state", "plan"]),
        (["plan", "--stat", "x"], ["plan", "--stat", "x"]),
        ([], []),
    ],
)
def test_hoist(given: list[str], hoisted: list[str]) -> None:
    assert hoist(given) == hoisted


def test_what_errors_need_to_know_early() -> None:
    settings = early(["plan", "--json", "--log-file", "x.log", "--", "--verbose"])
    assert settings.json
    assert not settings.verbose
    assert settings.log_file == "x.log"
