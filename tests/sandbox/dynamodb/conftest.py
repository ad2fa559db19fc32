from collections.abc import Iterator

import pytest
from moto import mock_aws

from tests.sandbox.dynamodb.desk import Desk


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """Direct calls on a fresh world; moto's backends are emptied before and after."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    with mock_aws():
        yield Desk()
