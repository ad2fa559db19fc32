"""What is fuzzed: a reader, good files to start from, and what it may raise."""

from __future__ import annotations

import gzip
import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random

from dynaops.cli.planning import saved_plans
from dynaops.cli.wiring import SpecSource
from dynaops.convert.budget import Budget
from dynaops.convert.formats import Options
from dynaops.convert.run import convert
from dynaops.engine.state_check import faults_of
from dynaops.model.errors import DynaopsError
from dynaops.model.plan import Plan
from dynaops.model.rendered import RenderedDocument
from dynaops.model.state import Record, State
from dynaops.specs.composition import Composition
from dynaops.specs.environment import Environment
from dynaops.specs.load import load
from dynaops.specs.project import Project
from dynaops.specs.render import rendered
from dynaops.specs.variables import MAX_EXPANDED, Substitution, Values
from dynaops.specs.yaml_tree import nodes
from dynaops.stores import format as state_format
from dynaops.views.rendered import yaml_text
from tests.convert.converted import INPUTS, REGION
from tests.data.reading import read
from tests.engine.whole_state import whole_state
from tests.fuzz import grammar_cloudformation, grammar_hcl, grammar_specs
from tests.fuzz.descriptions import DESCRIPTIONS

SPECS = Path(__file__).parent.parent.parent / "specs"
MAX_CONVERTED = 16 * 1024 * 1024
"""Characters of the specs and notes of one conversion."""
_ROWS = [{"id": "a", "n": 1, "t": 'quo"ted'}, {"id": "ü€", "n": 2.5, "t": "two\nlines"}]
_LINES = "".join(json.dumps(row) + "\n" for row in _ROWS)
_TYPED = json.dumps([{"id": {"S": "a"}, "n": {"N": "1"}, "b": {"B": "AAE="}, "l": {"L": [{"NULL": True}]}}])
_CSV = 'id,n,t\na,1,"quo""ted"\nb,2,"two\nlines"\n'
_VARIABLES = tuple(
    (f"{name}.yaml", f"table_name: users\nhash_key: id\nattributes: {{id: S}}\n{text}\n".encode())
    for name, text in {
        "tags": "tags: {a: '${var.a}-${var.number}', b: '${env.DYNAOPS_VAR_A}', c: '$${var.a}', d: '${workspace}'}",
        "iam": "iam: {read_only: {attach_to_roles: '${var.list}'}, write_only: {name: 'w-${workspace}'}}",
        "items": "items: [{id: '${var.a}', n: '${var.number}', m: '${var.map}'}, {id: '$${${var.a}'}]",
        "again": "tags: {" + ", ".join(f"t{number}: '${{var.long}}'" for number in range(40)) + "}",
    }.items()
)

_COMPOSITIONS = (
    (
        "users.yaml",
        b"""defaults: {tags: {a: '${environment:-none}'}}
---
only: [prod, dev]
table_name: users-${environment}
hash_key: id
attributes: {id: S}
""",
    ),
)


File = tuple[str, bytes]
"""A file's name, which says the format, and its content."""


@dataclass(frozen=True)
class Target:
    """`reader` is given a damaged file; DynaopsError kinds are its good right, all else is a crash."""

    name: str
    seeds: tuple[File, ...]
    """Good files, to be damaged."""
    reader: Callable[[Path], object]
    makers: tuple[Callable[[Random], File], ...] = ()
    """What makes files up."""
    holds_json: bool = False
    """Whether values in the seeds that are JSON are damaged, too, and not their bytes alone."""


NAMES = (
    *(
        "specs",
        "variables",
        "compositions",
        "states",
        "saved plans",
        "rows",
        "terraform",
        "tfvars",
        "terraform states",
    ),
    *("cloudformation", "descriptions"),
)
"""The targets."""


@contextmanager
def targets() -> Iterator[tuple[Target, ...]]:
    """All of them; the saved plan among the seeds stands in a folder of its own meanwhile."""
    with tempfile.TemporaryDirectory() as folder:
        yield (
            Target("specs", _files(SPECS.glob("*.yaml")), lambda path: load([path])),
            Target("variables", _VARIABLES, _fill_in, (grammar_specs.variables,)),
            Target("compositions", _COMPOSITIONS, _compose, (grammar_specs.compositions,)),
            Target("states", _states(), _read_state, holds_json=True),
            Target("saved plans", (("plan.json", _plan(Path(folder))),), _read_plan),
            Target("rows", _rows(), read),
            Target("terraform", _files(INPUTS.rglob("*.tf")), _convert, (grammar_hcl.terraform,)),
            Target("tfvars", _files(INPUTS.rglob("*.tfvars")), _convert, (grammar_hcl.tfvars,)),
            Target("terraform states", _terraform_states(), _convert, holds_json=True),
            Target("cloudformation", _templates(), _convert, (grammar_cloudformation.cloudformation,), True),
            Target("descriptions", _descriptions(), _convert, holds_json=True),
        )


def _files(paths: Iterator[Path]) -> tuple[tuple[str, bytes], ...]:
    return tuple((path.name, path.read_bytes()) for path in sorted(paths))


def _rows() -> tuple[tuple[str, bytes], ...]:
    texts = {
        "a.csv": _CSV,
        "a.tsv": _CSV.replace(",", "\t"),
        "a.jsonl": _LINES,
        "a.json": json.dumps(_ROWS),
        "typed.json": _TYPED,
        "request.json": json.dumps({"t": [{"PutRequest": {"Item": one}} for one in json.loads(_TYPED)]}),
    }
    plain = {name: text.encode() for name, text in texts.items()}
    return (*plain.items(), *((f"{name}.gz", gzip.compress(raw, mtime=0)) for name, raw in plain.items()))


def _states() -> tuple[File, ...]:
    """One of a record, and one with a record of every kind."""
    return (("state.json", _state()), ("whole.json", state_format.dumps(whole_state())))


def _terraform_states() -> tuple[File, ...]:
    return _files(INPUTS / "terraform" / name for name in ("terraform.tfstate", "plan.json"))


def _templates() -> tuple[File, ...]:
    return _files((INPUTS / "cloudformation").iterdir())


def _descriptions() -> tuple[File, ...]:
    return (("answers.json", json.dumps(DESCRIPTIONS).encode()),)


def _state() -> bytes:
    record = Record(
        kind="table",
        region="eu-west-1",
        properties={"hash_key": "id", "attributes": {"id": "S"}, "tags": {"a": "b"}},
    )
    return state_format.dumps(State(serial=3, lineage="b7d6", resources={"users": record}))


def _plan(folder: Path) -> bytes:
    plan = Plan(dynaops_version="0", created_at="2026-01-01T00:00:00+00:00", serial=0, lineage="b7d6")
    path = folder / "plan.json"
    saved_plans.save(plan, SpecSource(("spec.yaml",)), str(path))
    return path.read_bytes()


def _fill_in(path: Path) -> object:
    variables = {"a": "x", "number": "7", "list": ["p", "q"], "map": {"k": [1]}, "long": "x" * 100_000}
    documents = load([path], variables=variables, env=Environment({"DYNAOPS_VAR_A": "e", "HOME": "secret"}))
    for document in documents:
        size = len(json.dumps(document.node.plain(), default=str))
        assert size < 2 * MAX_EXPANDED, f"it expands to {size} characters"
    return documents


def _compose(path: Path) -> object:
    """The file as specs, which are printed and read again, and as overlays of another."""
    composition = Composition(environment="prod", environments=("prod", "dev"), default_tags={"t": "u"})
    values = Values({"map": {"k": [1]}}, Environment({}), "default", "prod")
    with suppress(DynaopsError):
        load([SPECS / "simple-table.yaml"], [path], composition=composition)
    documents = load([path], variables=values.variables, env=values.env, composition=composition)
    for document in documents:
        text = yaml_text([RenderedDocument(document.source, rendered(document.written, values))], True)
        (printed,) = nodes(text, "printed")
        again = Substitution(values).document(printed)
        assert again is not None and again.plain() == document.node.plain(), text
    return documents


def _read_state(path: Path) -> object:
    return state_format.loads(path.read_bytes(), path.name, faults_of)


def _read_plan(path: Path) -> object:
    return saved_plans.load(str(path)).documents(Project()) if saved_plans.is_saved_plan(str(path)) else None


def _convert(path: Path) -> object:
    budget = Budget()
    made = convert([str(path)], None, Options({}, REGION), budget)
    limits = budget.limits
    assert budget.steps <= limits.all_steps and budget.size <= limits.all_size, "it is over its budget"
    size = sum(len(one.yaml) for one in made.specs if not one.findings)
    size += sum(len(note.why) + len(note.where.what) for note in made.notes)
    assert size <= MAX_CONVERTED, f"what comes of it has {size} characters"
    return made
