"""Whole loads where the network is not what one would wish: proxies, expired credentials, wrong clocks."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tests.cli.running import Result, run_process
from tests.data.sinks import SinkProcess

ROWS = 400


def _load(here: Path, environment: dict[str, str], *options: str) -> Result:
    (here / "a.jsonl").write_text("".join(json.dumps({"id": f"k{n}", "n": n}) + "\n" for n in range(ROWS)))
    plain = {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_REGION": "eu-west-1",
    }
    return run_process("load-data", "sink", "a.jsonl", "--json", *options, cwd=here, env=plain | environment)


def test_through_the_proxy_that_the_environment_names(here: Path) -> None:
    with SinkProcess() as sink:
        far = {"AWS_ENDPOINT_URL": "http://dynamodb.example", "HTTP_PROXY": sink.url}
        result = _load(here, far)
        assert result.code == 0, result.err
        assert result.json["written"] == ROWS == len(sink.rows())


def test_credentials_that_expire_are_fetched_again(here: Path) -> None:
    """What the first answer of a credential process is good for has passed when rows are to be written."""
    told = here / "told"
    program = here / "credentials.py"
    program.write_text(
        "import json, pathlib\n"
        f"told = pathlib.Path({str(told)!r})\n"
        "count = int(told.read_text()) + 1 if told.exists() else 1\n"
        "told.write_text(str(count))\n"
        "keys = {'AccessKeyId': 'a', 'SecretAccessKey': 's', 'SessionToken': f'token-{count}'}\n"
        "print(json.dumps({'Version': 1, **keys}))\n"
    )
    config = here / "config"
    config.write_text(f"[default]\ncredential_process = {sys.executable} {program}\n")
    with SinkProcess("--token", "token-2") as sink:
        environment = {
            "AWS_ENDPOINT_URL": sink.url,
            "AWS_CONFIG_FILE": str(config),
            "AWS_ACCESS_KEY_ID": "",
            "AWS_SECRET_ACCESS_KEY": "",
        }
        result = _load(here, environment)
        assert result.code == 0, result.err
        assert result.json["written"] == ROWS == len(sink.rows())
    assert told.read_text() == "2"


def test_a_clock_that_is_an_hour_slow(here: Path) -> None:
    with SinkProcess("--clock-ahead", "3600") as sink:
        result = _load(here, {"AWS_ENDPOINT_URL": sink.url})
        assert result.code == 0, result.err
        assert result.json["written"] == ROWS == len(sink.rows())
