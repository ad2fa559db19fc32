"""THE REGISTRY OF FINDINGS: each id is declared once, as a constant of that name in a module of this package.

Who makes a finding imports its constant and calls `make_finding` (rule.py), so an id that is not declared fails type
checking. Docs, `suppress` and the rules of SARIF read `FINDING_RULES`. docs/findings.md is written from it by
``python -m docs_tools.findings_reference``.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType, ModuleType

from dynaops.model.findings import (
    backup_plans,
    commands,
    companions,
    global_tables,
    live,
    pipes,
    plans,
    specs,
    table,
)
from dynaops.model.findings.rule import FindingRule

FAMILIES: tuple[ModuleType, ...] = (
    specs,
    table,
    companions,
    pipes,
    backup_plans,
    global_tables,
    plans,
    live,
    commands,
)


def _declared() -> dict[str, FindingRule]:
    rules = [rule for module in FAMILIES for rule in vars(module).values() if isinstance(rule, FindingRule)]
    return {rule.code: rule for rule in sorted(rules, key=lambda rule: rule.code)}


FINDING_RULES: Mapping[str, FindingRule] = MappingProxyType(_declared())
"""Each id and what it stands for, in the order of ids."""
