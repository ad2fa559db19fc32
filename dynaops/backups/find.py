"""Finds a backup by its ARN, its name, or a recovery point's id."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING

from dynaops.backups.listing import listing, table_of
from dynaops.model import arns
from dynaops.model.backup import Backup
from dynaops.model.errors import DynaopsError

if TYPE_CHECKING:
    from dynaops.aws.session import Aws

_LIST = "`dynaops backup list` shows the backups there are."


def find(aws: Aws, reference: str, region: str) -> Backup:
    """The backup that `reference` names. Raises DynaopsError if there is none, or if several have that name."""
    return find_all(aws, [reference], region)[0]


def find_all(aws: Aws, references: Sequence[str], region: str) -> list[Backup]:
    """The backups that `references` name, each once. Raises DynaopsError at the first that names none or several."""
    backups: dict[str, Backup] = {}
    for named_region in dict.fromkeys(region_of(reference, region) for reference in references):
        in_region = [reference for reference in references if region_of(reference, region) == named_region]
        listed = listing(aws, named_region, _tables(in_region))
        for reference in in_region:
            backup = _only(reference, listed.backups, named_region, listed.gaps)
            backups[backup.arn] = backup
    return list(backups.values())


def is_arn(reference: str) -> bool:
    """Whether `reference` is the ARN of a backup or a recovery point."""
    return reference.startswith("arn:") and ("/backup/" in reference or ":recovery-point:" in reference)


def region_of(reference: str, region: str) -> str:
    """The region of an ARN; `region` for any other reference."""
    return arns.region_of(reference, region)


def _tables(references: Sequence[str]) -> list[str]:
    """The tables of the references, if all are ARNs that contain the table; else none, so that all tables are read."""
    tables = [table_of(reference) for reference in references]
    return list(dict.fromkeys(tables)) if all(tables) else []


def _only(reference: str, listed: Sequence[Backup], region: str, gaps: Sequence[str]) -> Backup:
    matching = [backup for backup in listed if reference in (backup.arn, backup.name)]
    if len(matching) == 1:
        return matching[0]
    if not matching:
        similar = get_close_matches(reference, [backup.name for backup in listed], 3)
        hint = f"Did you mean {', '.join(dict.fromkeys(similar))}?" if similar else _LIST
        if gaps:
            hint = f"Not all could be looked at: {'; '.join(gaps)}"
        raise DynaopsError(f"There is no backup {reference} in {region}", hint)
    arns = "".join(f"\n  {backup.arn}" for backup in matching)
    raise DynaopsError(
        f"{len(matching)} backups are called {reference}", f"Say which one is meant, by its ARN:{arns}"
    )
