"""The command on a bad day, killed again and again: the table holds the file's rows, by key and content.

The long form, ten kills: scripts/test tests/cli/test_load_faults.py -m slow
"""

from __future__ import annotations

import csv
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.cli.running import Cli, bare_environment, run_process
from tests.data.sinks import FAULTS, SinkProcess
from tests.preloaded.process import popen

ROOT = Path(__file__).parent.parent.parent
COLUMNS = ("id", "n", "price", "text")


def _rows(count: int, seed: int) -> list[dict[str, str]]:
    """Rows of about 300 bytes as text; keys repeat, near to one another and far."""
    pick = random.Random(seed)
    return [
        {
            "id": f"k{pick.randrange(count // 2)}",
            "n": str(at),
            "price": f"{pick.randrange(1, 9999)}.{pick.randrange(1, 10)}",
            "text": "x" * pick.randrange(1, 500),
        }
        for at in range(count)
    ]


def _write(path: Path, rows: list[dict[str, str]]) -> list[int]:
    """Write rows in the format that the file's name says, a bad one after each 700; answers the bad ones' lines."""
    bad = []
    with path.open("w", newline="") as file:
        if path.suffix == ".csv":
            csv.writer(file, lineterminator="\n").writerow(COLUMNS)
        line = 1 if path.suffix == ".csv" else 0
        for at, row in enumerate(rows, 1):
            line += 1
            if path.suffix == ".csv":
                csv.writer(file, lineterminator="\n").writerow(row.values())
            else:
                text = f'"text": {json.dumps(row["text"])}'
                file.write(f'{{"id": "{row["id"]}", "n": {row["n"]}, "price": {row["price"]}, {text}}}\n')
            if at % 700 == 0:
                line += 1
                bad.append(line)
                file.write(",1,1,x\n" if path.suffix == ".csv" else '{"id": ""}\n')
    return bad


def _item(row: dict[str, str]) -> dict[str, Any]:
    return {
        "id": {"S": row["id"]},
        "n": {"N": row["n"]},
        "price": {"N": row["price"]},
        "text": {"S": row["text"]},
    }


def _resume(here: Path) -> tuple[str, ...]:
    """--resume, where the run that was killed came so far as to leave a checkpoint."""
    return ("--resume",) if list((here / ".dynaops" / "load").glob("*.json")) else ()


def _campaign(here: Path, name: str, count: int, kills: int, seed: int) -> None:
    pick = random.Random(seed)
    rows = _rows(count, seed)
    bad = _write(here / name, rows)
    command = ["load-data", "sink", name]
    with SinkProcess(*FAULTS, "--latency-ms", "5", "--seed", str(seed)) as sink:
        environment = {
            "AWS_ENDPOINT_URL": sink.url,
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_REGION": "eu-west-1",
        }
        alive = 0
        for _ in range(kills):
            before = sink.stats()["requests"]
            running = popen(
                "dynaops",
                *command,
                *_resume(here),
                env={**bare_environment(here), **environment},
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            while sink.stats()["requests"] < before + 20 and running.poll() is None:
                time.sleep(0.02)
            time.sleep(pick.random() * 0.5)
            alive += running.poll() is None
            os.kill(running.pid, signal.SIGKILL)
            running.wait()
        last = run_process(*command, *_resume(here), "--json", cwd=here, env=environment)
        there = {item["id"]["S"]: item for item in sink.rows()}
    assert last.code == 1 and "Traceback" not in last.err, last.err
    assert alive or kills == 0
    assert there == {row["id"]: _item(row) for row in rows}
    found = last.json
    assert found["complete"] and found["read"] == count + len(bad) == found["written"] + found["rejected"]
    (rejects,) = here.glob("sink.a.*.rejects.jsonl")
    told = [json.loads(line) for line in rejects.read_text().splitlines()]
    assert not list((here / ".dynaops" / "load").glob("*.json"))
    assert [one["line"] for one in told] == bad
    assert all(one["reason"] == "the key 'id' is empty" for one in told)


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv"])
def test_two_kills(here: Path, name: str) -> None:
    _campaign(here, name, count=9_000, kills=2, seed=1)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["a.jsonl", "a.csv"])
@pytest.mark.parametrize("seed", range(2))
def test_ten_kills(here: Path, name: str, seed: int) -> None:
    _campaign(here, name, count=60_000, kills=10, seed=seed)


def test_rows_that_may_be_the_loads_own_are_told_as_unsure(
    cli: Cli, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / "a.jsonl").write_text("".join(json.dumps({"id": f"k{n}"}) + "\n" for n in range(200)))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    with SinkProcess("--drop", "0.3", "--seed", "7") as sink:
        monkeypatch.setenv("AWS_ENDPOINT_URL", sink.url)
        result = cli("load-data", "sink", "a.jsonl", "--if-not-exists", "--json")
        assert len(sink.rows()) == 200
    found = result.json
    assert result.code == 0 and found["unsure"] > 0 == found["skipped"] == found["rejected"]
    assert found["written"] + found["unsure"] == 200
    assert f"{found['unsure']} unsure" in result.err and "an answer from aws was lost" in result.err.lower()


@pytest.mark.parametrize(
    ("redirection", "code", "words"),
    [
        (">/dev/full", 1, "standard output: No space left on device"),
        (">&-", 1, "standard output: it is closed"),
        (">&- <&- 2>&-", 1, ""),
    ],
)
def test_all_rows_are_written_wherever_the_result_goes(
    here: Path, redirection: str, code: int, words: str
) -> None:
    (here / "a.jsonl").write_text("".join(json.dumps({"id": f"k{n}"}) + "\n" for n in range(60)))
    with SinkProcess() as sink:
        environment = {
            **bare_environment(here),
            "PYTHONPATH": str(ROOT),
            "AWS_ENDPOINT_URL": sink.url,
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_REGION": "eu-west-1",
        }
        command = f'exec "$0" -m dynaops --json load-data sink a.jsonl {redirection}'
        done = subprocess.run(
            ["sh", "-c", command, sys.executable],
            cwd=here,
            env=environment,
            stderr=subprocess.PIPE,
            check=False,
        )
        assert len(sink.rows()) == 60, done.stderr
    said = done.stderr.decode()
    assert done.returncode == code and words in said and "Traceback" not in said, said
    assert sorted(path.name for path in here.iterdir()) == [".dynaops", "a.jsonl"]
