"""The kinds of errors in JSON are public: a class that is renamed keeps its kind."""

from __future__ import annotations

import importlib
import pkgutil

import dynaops
from dynaops.cli.failures import kind_of
from dynaops.model.errors import DynaopsError

KINDS = frozenset(
    {
        "account-unknown",
        "aws-failure",
        "counts-differ",
        "damaged-input",
        "denied",
        "dynaops-error",
        "foreign-answer",
        "guard-error",
        "interrupted",
        "lock-held",
        "lost",
        "of-another",
        "overtaken",
        "plan-refused",
        "project-file-error",
        "refused",
        "spec-error",
        "state-elsewhere",
        "state-error",
        "state-moved",
        "state-unreadable",
        "unreachable",
        "unreadable",
        "watched",
        "wrong-place",
    }
)
"""All kinds, by the names that the classes had when the interface was first recorded."""


def _subclasses(error_class: type[DynaopsError]) -> set[type[DynaopsError]]:
    below = {inner for child in error_class.__subclasses__() for inner in _subclasses(child)}
    return {error_class, *below}


def test_no_kind_is_lost_or_renamed() -> None:
    for module in pkgutil.walk_packages(dynaops.__path__, "dynaops."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    own = {error for error in _subclasses(DynaopsError) if error.__module__.startswith("dynaops.")}
    assert KINDS - {kind_of(error) for error in own} == set()
