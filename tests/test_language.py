"""Names that were given up do not come back: files, classes, and variables that do not say what they hold."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent / "dynaops"

BANNED_FILES = frozenset(
    [
        "room",
        "rooms",
        "shape",
        "looking",
        "late",
        "moved",
        "sides",
        "entries",
        "held",
        "narrow",
        "sharing",
        "grantees",
        "granted",
        "detour",
        "objects",
        "holders",
        "s3_place",
        "unrecorded",
        "carrier",
        "wire",
        "pace",
        "crew",
        "frames",
        "feeder",
        "roads",
        "straight",
        "harvest",
        "cut",
        "columnar",
        "expand",
        "stage",
        "life",
        "door",
        "hook",
        "companions",
        "windows",
        "witness",
        "moving",
        "imported",
        "converted",
        "running",
        "saved",
        "placing",
        "permitting",
        "rehearsing",
        "reviewing",
        "showing",
        "pricing",
        "converting",
        "exporting",
        "importing",
        "loading",
        "restoring",
        "verifying",
        "utils",
    ]
)
ALLOWED_FILES = frozenset(
    {
        "backups/restoring.py",
        "convert/cloudformation/companions.py",
        "convert/terraform/companions.py",
        "engine/held.py",
        "model/findings/companions.py",
        "sandbox/pricing.py",  # the AWS service of that name
        "sandbox/running.py",
        "views/formats/entries.py",
    }
)
"""Files that have such a name today."""

BANNED_CLASSES = frozenset(
    [
        "Room",
        "BaseRoom",
        "Judged",
        "Detour",
        "Remembering",
        "Carrier",
        "Direct",
        "Wire",
        "Window",
        "Crew",
        "Hand",
        "Road",
        "Unfit",
        "Harvest",
        "Turns",
        "Told",
        "Letter",
        "Turned",
        "Moving",
        "PlainMoving",
        "LiveMoving",
        "Unrecorded",
        "Patience",
        "Overtaken",
    ]
)

BANNED_VARIABLES = frozenset({"one", "found", "told", "said", "way", "thing", "kin"})

ALLOWED_VARIABLES = {("aws/role.py", "said"), ("rehearsal/live_account.py", "told")}
"""Fields that still have such a name."""

ARCHAIC = re.compile(
    r"\b(lest|befell?|befalls|dearer|gravely|whereof|thereof|thence|hitherto|nought|ere|thus far|akin)\b",
    re.I,
)


def _modules() -> Iterator[tuple[str, Path]]:
    for path in sorted(ROOT.rglob("*.py")):
        yield path.relative_to(ROOT).as_posix(), path


def _variables(tree: ast.AST) -> Iterator[str]:
    """The names that code binds: variables, parameters, loop variables."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.arg):
            yield node.arg


def test_no_file_has_a_name_that_was_given_up() -> None:
    offenders = {name for name, path in _modules() if path.stem in BANNED_FILES}
    assert offenders <= ALLOWED_FILES


def test_no_class_has_a_name_that_was_given_up() -> None:
    offenders = [
        (name, node.name)
        for name, path in _modules()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef) and node.name in BANNED_CLASSES
    ]
    assert not offenders


def test_variables_say_what_they_hold() -> None:
    offenders = {
        (name, variable)
        for name, path in _modules()
        for variable in _variables(ast.parse(path.read_text(encoding="utf-8")))
        if variable in BANNED_VARIABLES
    }
    assert offenders == ALLOWED_VARIABLES


def test_no_archaic_words() -> None:
    offenders = [
        (name, number, line.strip())
        for name, path in _modules()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if ARCHAIC.search(line)
    ]
    assert not offenders
