"""Pages about backups: lists, running jobs, and results of verifications."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from dynaops.model.backup import Backup, BackupJobStatus, Listing, RecoveryWindow, Verified, Via
from dynaops.model.quantities import size
from dynaops.views import wording
from dynaops.views.page import (
    Line,
    Page,
    PageNode,
    Section,
    StyledText,
    TextStyle,
    faint,
    joined,
    line,
    strong,
)

_KINDS = {"USER": "on demand", "SYSTEM": "of the deleted table", "AWS_BACKUP": "AWS Backup"}
_WRITTEN_SINCE = (
    "What was written to {} since the backup differs by nature; --latest compares with the least delay."
)
_NONE = "There are no backups."


def list_page(listing: Listing, now: float, arns: bool = False) -> Page:
    """The backups of each table, newest first. `now` is AWS's time. `arns`: show them all, not only where needed."""
    tables = dict.fromkeys(
        [entry.table for entry in listing.windows] + [entry.table for entry in listing.backups]
    )
    names = [entry.name for entry in listing.backups]
    twice = {name for name in names if names.count(name) > 1}
    sections = [
        Section(
            (
                *(_window(entry, now) for entry in listing.windows if entry.table == table),
                *(
                    _backup(entry, now, arns or entry.name in twice)
                    for entry in listing.backups
                    if entry.table == table
                ),
            ),
            line(strong(table)),
        )
        for table in tables
    ]
    if not listing.backups:
        sections.append(Section((PageNode(line(_NONE)),)))
    return Page((*sections, *_gaps(listing.gaps)))


def status_page(jobs: Sequence[BackupJobStatus], gaps: Sequence[str], now: float) -> Page:
    """The running backup and restore jobs, and recent failures."""
    running = tuple(_job(job, now) for job in jobs if job.running)
    finished = tuple(_job(job, now) for job in jobs if not job.running and job.kind != "verify")
    left = tuple(_job(job, now) for job in jobs if not job.running and job.kind == "verify")
    sections = [
        Section(nodes, line(StyledText(title, style)))
        for nodes, title, style in (
            (finished, "Failed within a day", TextStyle.ERROR),
            (left, "Left by a verification", TextStyle.WARNING),
            (running, "Running", TextStyle.STRONG),
        )
        if nodes
    ]
    if not running:
        sections.append(Section((PageNode(line("Nothing is being backed up or restored.")),)))
    return Page((*sections, *_gaps(gaps)))


def verified_page(verified: Verified, source: str) -> Page:
    """The result of comparing a restored copy: counts, differences, and the verdict last."""
    differing = verified.differing
    rows = [
        PageNode(line("restored"), value=line(source)),
        PageNode(line("items in the copy"), value=line(f"{verified.items:,}")),
    ]
    if verified.expected is not None:
        where = "counted at the backup" if verified.method == "count" else f"in {verified.table}"
        rows.append(PageNode(line(f"items {where}"), value=line(f"{verified.expected:,}")))
    rows.append(PageNode(line("compared"), value=line(_compared(verified))))
    sections = [Section(tuple(rows), line(strong(verified.table)))]
    if differing.total:
        sections.append(Section(_differing(verified), line(StyledText("Differs", TextStyle.ERROR))))
    verdict = (
        StyledText("Identical", TextStyle.GOOD)
        if verified.identical
        else StyledText("Differs", TextStyle.ERROR)
    )
    if verified.identical and verified.method == "count":
        verdict = StyledText("Restored", TextStyle.GOOD)
    facts = [line(verdict), line(wording.elapsed(verified.seconds)), line(f"{verified.units:,.0f} RCU")]
    nodes = [PageNode(joined(facts))]
    if not verified.identical:
        nodes.append(PageNode(line(faint(_WRITTEN_SINCE.format(verified.table)))))
    return Page((*sections, Section(tuple(nodes))))


def _compared(verified: Verified) -> str:
    if verified.method == "count":
        return f"only the number of items, since {verified.table} is gone"
    if verified.method == "sample":
        return f"all keys, and {wording.count(verified.compared, 'item')} whole"
    return f"every item{f', digest {verified.digest}' if verified.digest else ''}"


def _differing(verified: Verified) -> tuple[PageNode, ...]:
    differing = verified.differing
    counts = (
        (differing.changed, f"not the same as in {verified.table}"),
        (differing.missing, "not in the copy"),
        (differing.extra, f"not in {verified.table}"),
    )
    rows = tuple(PageNode(line(f"{number:,}"), value=line(meaning)) for number, meaning in counts if number)
    return (*rows, *(PageNode(line(faint(key))) for key in differing.keys))


def nothing_to_prune(tables: Iterable[str]) -> str:
    """The message if pruning finds no backup to delete."""
    return f"Nothing to prune: {wording.listed(tables)} has no backup that retention is over for."


def _window(window: RecoveryWindow, now: float) -> PageNode:
    times = f"{wording.moment(window.earliest)} to {wording.moment(window.latest)}"
    kept = f"{wording.count(window.days, 'day')} are kept"
    return PageNode(
        line("any second"),
        value=joined(
            [line(times), line(faint(f"the latest is {wording.ago(now - window.latest)}")), line(faint(kept))]
        ),
    )


def _backup(backup: Backup, now: float, arn: bool) -> PageNode:
    parts: list[Line] = [line(_kind(backup))]
    if not backup.ready:
        parts.append(line(StyledText(backup.status, TextStyle.WARNING)))
    if backup.created is not None:
        parts.append(line(wording.ago(now - backup.created)))
    if backup.size is not None:
        parts.append(line(size(backup.size)))
    ends = "kept until deleted" if backup.expires is None else f"ends {wording.ahead(backup.expires - now)}"
    parts.append(line(faint(ends)))
    notes = (line(faint(backup.arn)),) if arn else ()
    return PageNode(line(backup.name), value=joined(parts), notes=notes)


def _kind(backup: Backup) -> str:
    kind = _KINDS.get(backup.kind, backup.kind)
    return f"{kind}, vault {backup.vault}" if backup.vault else kind


def _job(job: BackupJobStatus, now: float) -> PageNode:
    parts = [line(job.state)]
    if job.percent and job.running:
        parts.append(line(f"{job.percent.rstrip('%')} %"))
    if job.started is not None:
        parts.append(line(f"since {wording.ago(now - job.started)}".replace("since just now", "just begun")))
    if job.via is Via.AWS_BACKUP:
        parts.append(line(faint(f"job {job.id}")))
    notes = (line(faint(job.message)),) if job.message else ()
    return PageNode(line(_about(job)), value=joined(parts), notes=notes)


def _about(job: BackupJobStatus) -> str:
    if job.kind == "backup":
        return f"backup of {job.table}"
    if job.kind == "verify":
        return f"scratch table {job.target}"
    source = f" from {job.table}" if job.table else ""
    return f"restore of {job.target or 'a table'}{source}"


def _gaps(gaps: Sequence[str]) -> Iterator[Section]:
    if gaps:
        nodes = tuple(PageNode(line(gap)) for gap in gaps)
        yield Section(nodes, line(StyledText("Not looked at", TextStyle.WARNING)))
