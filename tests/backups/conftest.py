"""Fixtures of the backups' tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from dynaops.sandbox import SandboxServer
from tests.backups.shop import LIGHT, SETTINGS, Shop


@pytest.fixture
def shop(tmp_path: Path, server: SandboxServer, request: pytest.FixtureRequest) -> Shop:
    """With all settings for restores, which put them back; else with few."""
    return Shop(tmp_path, server, SETTINGS if request.path.name == "test_restore.py" else LIGHT)
