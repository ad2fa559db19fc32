"""Whose account it is."""

from __future__ import annotations

import pytest

from dynaops.sandbox import SandboxServer
from tests.cli.running import Cli

REGION = ("--region", "eu-west-1")


def test_it_says_account_identity_and_region(
    cli: Cli, server: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    result = cli("whoami", "--endpoint-url", server.url, *REGION)
    assert result.code == 0
    assert [line.split()[0] for line in result.out.splitlines()] == ["account", "arn", "region", "endpoint"]
    found = cli("whoami", "--json", "--endpoint-url", server.url, *REGION).json
    assert found["account"] == "123456789012"
    assert found["region"] == "eu-west-1"


def test_without_credentials_it_says_so(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    result = cli("whoami", "--endpoint-url", "http://127.0.0.1:9", *REGION)
    assert result.code == 1
    assert "No AWS credentials" in result.err
