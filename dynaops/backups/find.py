"""A backup by what people call it: its ARN, its name, or a recovery point's id."""

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
    """The one backup that is meant. Raises DynaopsError for none, and for several of that name."""
    return find_all(aws, [reference], region)[0]


def find_all(aws: Aws, references: Sequence[str], region: str) -> list[Backup]:
    """The backups that are meant, each once. Raises DynaopsError for the first that is none, or several."""
    found: dict[str, Backup] = {}
    for place in dict.fromkeys(region_of(one, region) for one in references):
        here = [one for one in references if region_of(one, region) == place]
        known = listing(aws, place, _tables(here))
        for one in here:
            backup = _only(one, known.backups, place, known.gaps)
            found[backup.arn] = backup
    return list(found.values())


def is_arn(reference: str) -> bool:
    """Whether it is the ARN of a backup or a recovery point."""
    return reference.startswith("arn:") and ("/backup/" in reference or ":recovery-point:" in reference)


def region_of(reference: str, region: str) -> str:
    """The region that an ARN names; else `region`."""
    return arns.region_of(reference, region)


def _tables(references: Sequence[str]) -> list[str]:
    """The tables to look at, where all are ARNs that tell; else none, which is all of them."""
    named = [table_of(reference) for reference in references]
    return list(dict.fromkeys(named)) if all(named) else []


def _only(reference: str, known: Sequence[Backup], region: str, gaps: Sequence[str]) -> Backup:
    matching = [one for one in known if reference in (one.arn, one.name)]
    if len(matching) == 1:
        return matching[0]
    if not matching:
        near = get_close_matches(reference, [one.name for one in known], 3)
        hint = f"Did you mean {', '.join(dict.fromkeys(near))}?" if near else _LIST
        if gaps:
            hint = f"Not all could be looked at: {'; '.join(gaps)}"
        raise DynaopsError(f"There is no backup {reference} in {region}", hint)
    arns = "".join(f"\n  {one.arn}" for one in matching)
    raise DynaopsError(
        f"{len(matching)} backups are called {reference}", f"Say which one is meant, by its ARN:{arns}"
    )
