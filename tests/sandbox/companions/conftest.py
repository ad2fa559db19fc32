from __future__ import annotations

import pytest

from dynaops.sandbox import Sandbox
from tests.sandbox.companions.backup_bench import Bench, make_bench


@pytest.fixture
def backup(sandbox: Sandbox) -> Bench:
    return make_bench(sandbox)
