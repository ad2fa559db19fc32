"""Schedules are checked before anything is sent, in every place where a spec has one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.running import Cli

TABLE = """\
table_name: users
hash_key: id
attributes: {id: S}
billing_mode: PROVISIONED
read_capacity: 5
write_capacity: 5
"""
BACKUP = """\
backup:
  plan:
    rules:
      - name: nightly
        schedule: SCHEDULE
        delete_after_days: 7
"""
SCALING = """\
autoscaling:
  read:
    min: 5
    max: 10
    schedules:
      - name: night
        schedule: SCHEDULE
        min: 1
"""


@pytest.mark.parametrize(("block", "place"), [(BACKUP, "11:19"), (SCALING, "13:19")])
def test_a_schedule_that_aws_refuses_fails_validation_with_its_place(
    cli: Cli, here: Path, block: str, place: str
) -> None:
    (here / "users.yaml").write_text(
        TABLE + block.replace("SCHEDULE", "cron(0 99 * * ? *)"), encoding="utf-8"
    )
    result = cli("validate", "users.yaml")
    assert result.code == 1
    assert f"users.yaml:{place}: error: " in result.out
    assert "refuses the schedule: '99' of hours is not one of 0 to 23 (character 8)" in result.out


@pytest.mark.parametrize("block", [BACKUP, SCALING])
def test_a_schedule_that_never_runs_is_a_warning(cli: Cli, here: Path, block: str) -> None:
    (here / "users.yaml").write_text(
        TABLE + block.replace("SCHEDULE", "cron(0 5 31 2 ? *)"), encoding="utf-8"
    )
    result = cli("validate", "users.yaml")
    assert result.code == 0
    assert "warning: the schedule 'cron(0 5 31 2 ? *)' never runs" in result.out


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("schedule: rate(1 day)", "autoscaling.read.schedules.0 sets neither min nor max"),
        ("schedule: rate(1 day)\n        min: 9\n        max: 2", "min 9 is above max 2"),
        ("schedule: rate(1 day)\n        min: 1\n        timezone: Berlin", "'Berlin' is not a time zone"),
        ("schedule: rate(1 days)\n        min: 1", "Write rate(1 day)."),
        (
            "schedule: rate(1 day)\n        min: 1\n"
            "      - name: night\n        schedule: rate(2 days)\n        max: 9",
            "there are two schedules 'night'",
        ),
    ],
)
def test_scheduled_actions_that_aws_refuses(cli: Cli, here: Path, lines: str, message: str) -> None:
    block = SCALING.replace("schedule: SCHEDULE\n        min: 1", lines)
    (here / "users.yaml").write_text(TABLE + block, encoding="utf-8")
    result = cli("validate", "users.yaml")
    assert result.code == 1
    assert message in result.out


def test_at_is_for_scheduled_actions_only(cli: Cli, here: Path) -> None:
    moment = "at(2030-01-01T00:00:00)"
    (here / "users.yaml").write_text(TABLE + SCALING.replace("SCHEDULE", moment), encoding="utf-8")
    assert cli("validate", "users.yaml").code == 0
    (here / "users.yaml").write_text(TABLE + BACKUP.replace("SCHEDULE", moment), encoding="utf-8")
    assert "write cron(...) or rate(...)" in cli("validate", "users.yaml").out
