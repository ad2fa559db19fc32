"""Every case file: the actions, the operations in their order, and the findings."""

from __future__ import annotations

from typing import Any

import pytest

from dynaops.model.finding import Severity
from dynaops.model.operation import Operation
from tests.engine.cases import Case, cases, planned


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_case(case: Case) -> None:
    plan = planned(case)
    expect = case.expect
    errors = [one.code for one in plan.findings if one.severity is Severity.ERROR]
    assert errors == expect.get("errors", []), plan.findings
    if "warnings" in expect:
        warnings = [one.code for one in plan.findings if one.severity is Severity.WARNING]
        assert warnings == expect["warnings"], plan.findings
    if "hint" in expect:
        assert any(expect["hint"] in (one.hint or "") for one in plan.findings), plan.findings
    if errors:
        return
    changes = {change.address: change.action.value for change in plan.changes}
    assert changes == expect.get("changes", {}), case.why
    assert [_call(one) for one in plan.operations] == expect.get("operations", []), case.why
    if "replacing" in expect:
        forcing = {d.path for change in plan.changes for d in change.differences if d.forces_replacement}
        assert forcing == set(expect["replacing"])
    if "drift" in expect:
        assert [d.path for drift in plan.drift for d in drift.differences] == expect["drift"]
    if "unmanaged" in expect:
        assert [
            f"{one.address}{'.' + one.path if one.path else ''}" for one in plan.judged.unmanaged
        ] == expect["unmanaged"]
    if "loses" in expect:
        assert {one.address: one.loses for one in plan.operations if one.loses} == expect["loses"]
        assert all(one.danger for one in plan.operations if one.loses)
    for wanted in expect.get("parameters", []):
        assert any(_holds(one.parameters, wanted) for one in plan.operations), wanted
    if "wait" in expect:
        assert sum(one.expected_wait for one in plan.operations) >= expect["wait"]
    if "wait_under" in expect:
        assert sum(one.expected_wait for one in plan.operations) < expect["wait_under"]


def _call(operation: Operation) -> str:
    """An operation in a word or two: its API, and what of the table it is about."""
    parameters = operation.parameters
    for updates in ("GlobalSecondaryIndexUpdates", "VectorIndexUpdates"):
        if parameters.get(updates):
            verbs = [
                f"{verb} {body['IndexName']}" for one in parameters[updates] for verb, body in one.items()
            ]
            settings = [key for key in parameters if key in ("BillingMode", "ProvisionedThroughput")]
            return f"{operation.api} {' '.join([*settings, *verbs])}"
    skipped = ("TableName", "AttributeDefinitions")
    if operation.api != "UpdateTable":
        return operation.api
    detail = [key for key in parameters if key not in skipped]
    return f"{operation.api} {' '.join(detail)}"


def _holds(parameters: Any, wanted: Any) -> bool:
    """`wanted` is part of `parameters`."""
    if isinstance(wanted, dict):
        return isinstance(parameters, dict) and all(
            key in parameters and _holds(parameters[key], value) for key, value in wanted.items()
        )
    if isinstance(wanted, list):
        return (
            isinstance(parameters, list)
            and len(parameters) == len(wanted)
            and all(_holds(*pair) for pair in zip(parameters, wanted, strict=True))
        )
    return bool(parameters == wanted)
