"""THE TABLE OF CHECKS: all that `validate --live` looks at, in the order of its report. A new check is a line here."""

from __future__ import annotations

from dynaops.health import alarms, settings, use
from dynaops.health.check import Check
from dynaops.model.findings.live import (
    LIVE101,
    LIVE102,
    LIVE103,
    LIVE104,
    LIVE105,
    LIVE106,
    LIVE107,
    LIVE108,
    LIVE109,
    LIVE110,
    LIVE111,
    LIVE112,
    LIVE201,
    LIVE202,
    LIVE203,
    LIVE204,
    LIVE205,
    LIVE206,
    LIVE207,
    LIVE208,
    LIVE209,
)

CHECKS: tuple[Check, ...] = (
    Check(LIVE101, settings.exists),
    Check(LIVE102, settings.status),
    Check(LIVE103, settings.encryption),
    Check(LIVE104, settings.recovery),
    Check(LIVE105, settings.protection),
    Check(LIVE106, settings.stream),
    Check(LIVE107, settings.ttl),
    Check(LIVE108, settings.indexes),
    Check(LIVE112, settings.replicas),
    Check(LIVE109, settings.contents),
    Check(LIVE110, settings.drift),
    Check(LIVE111, settings.drill),
    Check(LIVE201, use.throttles),
    Check(LIVE202, use.system_errors),
    Check(LIVE203, use.latency),
    Check(LIVE204, use.headroom),
    Check(LIVE205, use.over_provisioned),
    Check(LIVE206, use.billing),
    Check(LIVE207, use.unused_indexes),
    Check(LIVE208, use.replication),
    Check(LIVE209, alarms.states),
)
SETTLED = frozenset(check.code for check in CHECKS if check.code.startswith("LIVE1"))
"""Checks of settings, which stay as they are; the others are of measurements, which come and go."""
