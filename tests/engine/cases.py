"""Cases as files: desired, recorded and live specs, and what must become of them.

`live` and `recorded` are written as specs too (`live` defaults to `recorded`); what AWS shows beyond a spec
(table id, ARNs, statuses) is added here in DescribeTable's shape.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from dynaops.engine.plan import PlanOptions, TablePlan, plan_table
from dynaops.engine.table_scopes import RunTarget
from dynaops.kinds.registry import HANDLERS, PROPERTY_RULES
from dynaops.model.resource import Observed, Scope
from dynaops.model.state import Record, State
from dynaops.specs.load import document_of

FOLDER = Path(__file__).parent.parent / "cases"
NOW = 1_800_000_000.0
REGION = "eu-west-1"
BASE = {"table_name": "users", "hash_key": "id", "attributes": {"id": "S"}}


@dataclass(frozen=True)
class Case:
    name: str
    why: str
    desired: dict[str, Any] | None
    recorded: dict[str, Any] | None
    live: dict[str, Any] | None
    expect: dict[str, Any]
    stamps: dict[str, list[float]]
    decreases: dict[str, Any]
    """DescribeTable's ProvisionedThroughput: how many decreases today, the last how many seconds `ago`."""


def cases() -> list[Case]:
    """Every case of every file."""
    found = []
    for path in sorted(FOLDER.glob("*.yaml")):
        for document in YAML(typ="safe").load_all(path.read_text()):
            found.append(_case(path.stem, document))
    return found


def _case(file: str, document: dict[str, Any]) -> Case:
    recorded = _whole(document.get("recorded"))
    live = _whole(document["live"]) if "live" in document else recorded
    stamps = {name: [NOW - ago for ago in agos] for name, agos in document.get("changed_ago", {}).items()}
    return Case(
        name=f"{file}: {document['case']}",
        why=document.get("why", ""),
        desired=_whole(document.get("desired")),
        recorded=recorded,
        live=live,
        expect=document["expect"],
        stamps=stamps,
        decreases=document.get("decreases", {}),
    )


def _whole(spec: dict[str, Any] | None) -> dict[str, Any] | None:
    """A case's spec with the parts that most cases share."""
    return None if spec is None else {**BASE, **spec}


def planned(case: Case) -> TablePlan:
    """The plan of a case's table."""
    scope = Scope("users", "users", REGION)
    spec = document_of(case.desired).spec if case.desired else None
    live = observed(scope, case.live)
    if case.decreases:
        live[scope.address].raw["ProvisionedThroughput"] = _decreased(case.decreases)
    return plan_table(
        RunTarget(scope, spec, "specs/users.yaml"),
        _state(scope, case),
        live,
        None,
        PlanOptions(),
        NOW,
    )


def observed(scope: Scope, spec: dict[str, Any] | None, recorded: bool = False) -> dict[str, Observed]:
    """What AWS shows of a table that is just as `spec` says; `recorded`: with what the state alone remembers."""
    if spec is None:
        return {}
    found: dict[str, Observed] = {}
    for handler in HANDLERS:
        for one in handler.declare(scope, document_of(spec).spec):
            policy = PROPERTY_RULES[one.kind]
            shown = {
                name: value
                for name, value in one.properties.items()
                if recorded or name not in policy.remembered
            }
            if one.properties != policy.absent:
                found[one.address] = Observed(
                    one.address, one.kind, one.region, shown, _outputs(one.address), one.owner
                )
    table = found[scope.address]
    raw = {
        "TableName": scope.table_name,
        "TableStatus": "ACTIVE",
        "AttributeDefinitions": [
            {"AttributeName": name, "AttributeType": kind} for name, kind in spec["attributes"].items()
        ],
    }
    found[scope.address] = Observed(
        table.address, table.kind, table.region, table.properties, table.outputs, None, None, raw
    )
    return found


def _decreased(decreases: dict[str, Any]) -> dict[str, Any]:
    """What DescribeTable says of the day's decreases."""
    last = datetime.fromtimestamp(NOW - decreases["ago"], UTC)
    return {"NumberOfDecreasesToday": decreases["today"], "LastDecreaseDateTime": last}


def _outputs(address: str) -> dict[str, Any]:
    if address == "users":
        return {"arn": f"arn:aws:dynamodb:{REGION}:123456789012:table/users", "id": "table-id"}
    return {}


def _state(scope: Scope, case: Case) -> State:
    state = State.empty()
    if case.recorded is None:
        return state
    records = {}
    for address, one in observed(scope, case.recorded, recorded=True).items():
        records[address] = Record(
            kind=one.kind,
            region=one.region,
            id=one.outputs.get("id"),
            arn=one.outputs.get("arn"),
            properties=one.properties,
            stamps=case.stamps if address == scope.address else {},
            source="specs/users.yaml" if address == scope.address else None,
        )
    return state.model_copy(update={"resources": records})
