"""Credentials that cannot be had: a program that fails, prints anything or never ends, a code that nobody can type."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from dynaops.aws import credentials
from dynaops.aws.errors import AwsFailure
from dynaops.aws.route import credentials_of
from dynaops.aws.session import Aws
from dynaops.model.errors import DynaopsError

KEYS = {"Version": 1, "AccessKeyId": "AKIAEXAMPLE", "SecretAccessKey": "secret", "SessionToken": "token"}
NOBODY = "http://127.0.0.1:9"
PROGRAMS: dict[str, tuple[str, str]] = {
    "it fails": ("exit 3", "it failed and said nothing"),
    "it fails with words": ("echo 'no card' >&2; exit 3", "no card"),
    "it is not there": ("", "/no/such/program: No such file or directory"),
    "no JSON": ("echo hello", "said nothing that can be read"),
    "nothing": ("true", "said nothing that can be read"),
    "a list": ("echo '[]'", "said nothing that can be read"),
    "no text": (r"printf '\xff\xfe'", "said nothing that can be read"),
    "another version": ("""echo '{"Version": 9}'""", "Unsupported version"),
    "no keys": ("""echo '{"Version": 1}'""", "Missing required key"),
    "no time": (f"echo '{json.dumps({**KEYS, 'Expiration': 'soon'})}'", "said nothing that can be read"),
    "expired": (f"echo '{json.dumps({**KEYS, 'Expiration': '2020-01-01T00:00:00Z'})}'", "still expired"),
    "a line break": (
        f"echo '{json.dumps({**KEYS, 'SecretAccessKey': 'a' + chr(10) + 'b'})}'",
        "characters that no",
    ),
    "it never ends": ("sleep 60", "did not end within"),
}


@pytest.fixture
def configured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """AWS's configuration, to be written, with no credentials in the environment."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    path = tmp_path / "config"
    monkeypatch.setenv("AWS_CONFIG_FILE", str(path))
    return path


def program(folder: Path, script: str) -> str:
    if not script:
        return "/no/such/program"
    path = folder / "program"
    path.write_text(f"#!/bin/bash\n{script}\n", encoding="utf-8")
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize(("script", "words"), PROGRAMS.values(), ids=PROGRAMS)
def test_a_program_for_credentials_fails_in_words(
    configured: Path, monkeypatch: pytest.MonkeyPatch, script: str, words: str
) -> None:
    configured.write_text(f"[default]\ncredential_process = {program(configured.parent, script)}\n")
    if words.startswith("did not end"):
        monkeypatch.setattr(credentials, "PATIENCE", 0.2)
    for attempt in (
        lambda: Aws("eu-west-1", endpoint_url=NOBODY).call("dynamodb", "ListTables", "eu-west-1", {}),
        lambda: credentials_of(Aws("eu-west-1", endpoint_url=NOBODY)),
    ):
        with pytest.raises(AwsFailure, match="The AWS credentials cannot be had: ") as caught:
            attempt()
        assert words in caught.value.message
        assert "aws sso login" in (caught.value.hint or "")


def test_a_program_that_gives_some_is_used(configured: Path) -> None:
    told = {**KEYS, "Expiration": "2999-01-01T00:00:00Z"}
    path = program(configured.parent, f"echo '{json.dumps(told)}'")
    configured.write_text(f"[default]\ncredential_process = {path}\n")
    assert credentials_of(Aws("eu-west-1", endpoint_url=NOBODY)).access_key == "AKIAEXAMPLE"


MFA = """[profile m]
role_arn = arn:aws:iam::123456789012:role/x
source_profile = s
mfa_serial = arn:aws:iam::123456789012:mfa/u
[profile s]
aws_access_key_id = a
aws_secret_access_key = b
"""


def test_a_code_is_not_asked_for_where_there_is_no_terminal(configured: Path) -> None:
    """In a session of its own, a process has none, whoever started the tests."""
    configured.write_text(MFA)
    script = (
        "from dynaops.aws.session import Aws\n"
        f"aws = Aws('eu-west-1', 'm', endpoint_url={NOBODY!r})\n"
        "try:\n    aws.call('dynamodb', 'ListTables', 'eu-west-1', {})\n"
        "except Exception as error:\n    print(type(error).__name__, error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=dict(os.environ),
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        timeout=120,
        check=True,
    )
    assert (
        "AwsFailure The AWS credentials cannot be had: the role needs a code of an MFA device" in done.stdout
    )
    assert "no terminal" in done.stdout and done.stderr == ""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[default\nregion = x\n", "AWS's configuration cannot be read"),
        ("\0\udcff[[[", "AWS's configuration cannot be read"),
        ("[profile a]\nsource_profile = a\nrole_arn = arn:aws:iam::123456789012:role/x\n", "Infinite loop"),
    ],
)
def test_a_configuration_that_is_broken_is_told(configured: Path, text: str, words: str) -> None:
    configured.write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(DynaopsError, match=words):
        Aws("eu-west-1", "a" if "profile a" in text else None, endpoint_url=NOBODY).call(
            "dynamodb", "ListTables", "eu-west-1", {}
        )


@pytest.mark.parametrize("region", [None, "eu-west-1"])
def test_a_profile_that_is_not_there_is_told_with_those_that_are(
    configured: Path, region: str | None
) -> None:
    configured.write_text("[profile one]\n[profile two]\n")
    with pytest.raises(DynaopsError, match="nope") as caught:
        Aws(region, "nope", endpoint_url=NOBODY).call("dynamodb", "ListTables", "eu-west-1", {})
    assert caught.value.hint == "Profiles there are: one, two."


@pytest.mark.parametrize(
    ("name", "value"), [("AWS_METADATA_SERVICE_TIMEOUT", "x"), ("AWS_METADATA_SERVICE_NUM_ATTEMPTS", "x")]
)
def test_a_setting_that_is_none_is_not_taken_for_the_endpoint(
    configured: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(DynaopsError, match="AWS's configuration cannot be used") as caught:
        Aws("eu-west-1", endpoint_url=NOBODY).call("dynamodb", "ListTables", "eu-west-1", {})
    assert "endpoint" not in caught.value.message
