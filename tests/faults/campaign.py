"""The campaign: at each boundary of each specimen a fault, then one run more, and a look at all there is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from dynaops.model.errors import DynaopsError
from dynaops.model.plan import Plan
from dynaops.sandbox import SandboxServer
from dynaops.sandbox.faults import FaultRule
from dynaops.stores import open_store
from dynaops.stores.base import StateUnreadable
from tests.companions.bench import REGION, Bench
from tests.companions.functions import make_function, make_role
from tests.companions.test_everything import EVERYTHING
from tests.e2e.census import census
from tests.faults.dying import Boundary, dies

INDEXED: dict[str, Any] = {
    "attributes": {"id": "S", "a": "S", "b": "S"},
    "global_secondary_indexes": [{"name": "by-a", "hash_key": "a"}, {"name": "by-b", "hash_key": "b"}],
    "ttl": {"attribute": "gone"},
    "stream": {"view_type": "NEW_IMAGE"},
    "tags": {"team": "one"},
}
SPECIMENS: dict[str, dict[str, Any]] = {"plain": {}, "indexed": INDEXED, "everything": EVERYTHING}
ANSWERS = ("drop_before", "drop_after", "access_denied", "error", "throttle", "expired")
KILLS = tuple((what, when) for what in ("write", "state") for when in ("before", "during", "after"))
_TROUBLES = {"write": ("jump", "damaged"), "state": ("full",)}
"""A jump of the clock, a full disk, and a state file that is found cut in two after a death."""
_LISTS = (
    "tables",
    "mappings",
    "log groups",
    "scalable targets",
    "scaling policies",
    "vaults",
    "plans",
    "alarms",
)


@dataclass
class Counts:
    """What the campaign reports. `wrong` says what did not end well, and where."""

    boundaries: int = 0
    survived: int = 0
    orphans: int = 0
    duplicates: int = 0
    by_fault: dict[str, int] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    def lines(self) -> Iterator[str]:
        yield f"boundaries tried  {self.boundaries}"
        yield f"faults survived   {self.survived}"
        yield f"orphans           {self.orphans}"
        yield f"duplicates        {self.duplicates}"
        yield from (f"  {name:<30}{count}" for name, count in sorted(self.by_fault.items()))
        yield from (f"WRONG: {one}" for one in self.wrong)


@dataclass(frozen=True)
class Fault:
    """One fault at one boundary: a death, or an answer of AWS that goes wrong (`nth` is the operation's place).

    `destroy`: on the way back.
    """

    kind: str
    boundary: Boundary
    destroy: bool = False

    def __str__(self) -> str:
        return f"{self.kind}, {self.boundary}{' of destroy' if self.destroy else ''}"


def faults(calls: int, every: int = 1, first: int = 0, answers: Sequence[str] = ANSWERS) -> Iterator[Fault]:
    """All faults of a plan of that many calls; with `every`, that share of them, from the one at `first`."""
    found = [
        *(Fault("kill", Boundary("write", nth, when)) for nth in range(calls) for when in _whens("write")),
        *(
            Fault("kill", Boundary("state", nth, when))
            for nth in range(2 * calls)
            for when in _whens("state")
        ),
        *(Fault(kind, Boundary("write", nth, "at")) for nth in range(calls) for kind in answers),
        *(Fault(when, Boundary("write", nth, when)) for nth in range(calls) for when in _TROUBLES["write"]),
        *(Fault(when, Boundary("state", nth, when)) for nth in range(calls) for when in _TROUBLES["state"]),
    ]
    yield from found[first::every]


def faults_back(
    calls: int, every: int = 1, first: int = 0, answers: Sequence[str] = ANSWERS
) -> Iterator[Fault]:
    """The same of a teardown of that many calls."""
    for fault in faults(calls, every, first, answers):
        if fault.kind != "damaged":  # the kept state knows of nothing that went meanwhile, and need not
            yield replace(fault, destroy=True)


def _whens(what: str) -> Iterable[str]:
    return (when for one, when in KILLS if one == what)


def world(folder: Path, server: SandboxServer, state: str = "file") -> Bench:
    """A workbench with what the specimens lean on, and its state in a file or in S3 (``s3``)."""
    bench = Bench(folder, server)
    if state == "s3":
        place = {"Bucket": "states", "CreateBucketConfiguration": {"LocationConstraint": REGION}}
        bench.client("s3").create_bucket(**place)
        bench.store = open_store("s3://states/state.json", open_aws=lambda: bench.aws)
    make_role(bench, "reader")
    make_function(bench, "one", allowed=False)
    bench.client("kinesis").create_stream(StreamName="changes", ShardCount=1)
    return bench


def run(
    bench: Bench,
    name: str,
    counts: Counts,
    every: int = 1,
    first: int = 0,
    answers: Sequence[str] = ANSWERS,
) -> None:
    """Every fault on the way there; after each the next run must converge, and the way back leave nothing."""
    spec = SPECIMENS[name]
    nothing = census(bench.server)
    calls = len(bench.apply(spec).operations)
    undisturbed = _sizes(census(bench.server))
    back = len(_back(bench).operations)
    in_file = not bench.store.location.startswith("s3:")
    for fault in (*faults(calls, every, first, answers), *faults_back(back, every, first, answers)):
        if fault.kind in ("full", "damaged") and not in_file:
            continue
        if fault.destroy:
            bench.apply(spec)
            bench.server.advance(60)
        if not strike(bench, fault, spec):
            continue
        counts.boundaries += 1
        counts.by_fault[_named(fault)] = counts.by_fault.get(_named(fault), 0) + 1
        try:
            surplus = 0
            if not fault.destroy:
                bench.apply(spec)
                surplus = _surplus(_sizes(census(bench.server)), undisturbed)
            counts.duplicates += surplus
            _back(bench)
            left = census(bench.server) != nothing
            counts.orphans += left
            if surplus or left:
                counts.wrong.append(f"{name}: {fault}: left or doubled")
                return
            counts.survived += 1
        except Exception as error:
            counts.wrong.append(f"{name}: {fault}: {type(error).__name__}: {error}")
            return  # what it left would blur all that follows


def _back(bench: Bench) -> Plan:
    bench.server.advance(60)
    return bench.destroy()


def strike(bench: Bench, fault: Fault, spec: dict[str, Any]) -> bool:
    """Run with the fault. False: the run never came to that boundary, and its work is taken back."""
    specs = () if fault.destroy else (spec,)
    try:
        if fault.kind in ("kill", "jump", "full"):
            hit = dies(bench, fault.boundary, *specs, destroy=fault.destroy)
        elif fault.kind == "damaged":
            hit = dies(bench, replace(fault.boundary, when="after"), *specs) and _damage(bench)
        else:
            hit = _refused(bench, fault, specs)
    finally:
        bench.server.faults.clear()
    if not hit:
        if not fault.destroy:
            bench.apply(spec)
        _back(bench)
    return hit


def _damage(bench: Bench) -> bool:
    """Half of the state is lost: it is refused as a whole, and the one of the last run that ended is restored."""
    path = Path(bench.store.location)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    try:
        bench.store.load()
    except StateUnreadable:
        kept = [one for one in bench.store.history() if not one.current]
        bench.store.restore(kept[0].serial)
        return True
    raise AssertionError("half a state was taken for a whole one")


def _refused(bench: Bench, fault: Fault, specs: tuple[dict[str, Any], ...]) -> bool:
    plan = bench.plan(*specs, destroy=fault.destroy)
    target = plan.operations[fault.boundary.nth]
    same = [one for one in plan.operations[: fault.boundary.nth + 1] if one.api == target.api]
    if fault.kind == "expired":  # from then on whatever is asked, reads too
        rule = FaultRule(
            "error", nth=3 * fault.boundary.nth + 1, times=None, code="ExpiredTokenException", status=400
        )
    else:
        rule = FaultRule(fault.kind, service=target.service, operation=target.api, nth=len(same), times=7)
    if fault.kind == "error":
        rule = replace(rule, code="InternalServerError", status=500)
    bench.server.faults.add(rule)
    with suppress(DynaopsError):
        bench.run(*specs, destroy=fault.destroy)
    return rule.hit > 0


def _named(fault: Fault) -> str:
    kind = f"kill {fault.boundary.when} {fault.boundary.what}" if fault.kind == "kill" else fault.kind
    return f"destroy: {kind}" if fault.destroy else kind


def _sizes(found: dict[str, Any]) -> dict[str, int]:
    regions = {name: one for name, one in found.items() if isinstance(one, dict)}
    sizes = {f"{name}/{kind}": len(one[kind]) for name, one in regions.items() for kind in _LISTS}
    return sizes | {name: len(one) for name, one in found.items() if name not in regions}


def _surplus(found: dict[str, int], wanted: dict[str, int]) -> int:
    return sum(max(0, size - wanted.get(name, 0)) for name, size in found.items())
