"""Fixtures of the converters' tests."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dynaops.sandbox import SandboxServer
from tests.companions.bench import Bench
from tests.companions.functions import TRUST, make_function, make_role


@pytest.fixture
def bench(tmp_path: Path, server: SandboxServer) -> Bench:
    return Bench(tmp_path, server)


@pytest.fixture
def surroundings(bench: Bench) -> Bench:
    """The functions and roles that the inputs lean on."""
    for name in ("order-worker", "basket-watch", "sensor-count", "cdk-handler"):
        make_function(bench, name)
    for name in ("order-worker", "reader"):
        make_role(bench, name)
    trust = json.dumps(TRUST).replace("lambda.amazonaws.com", "backup.amazonaws.com")
    bench.client("iam").create_role(RoleName="backup-worker", AssumeRolePolicyDocument=trust)
    return bench
