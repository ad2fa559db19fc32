"""Page that lists AWS's import and export jobs."""

from __future__ import annotations

from collections.abc import Sequence

from dynaops.views.page import DOT, Page, PageNode, Section, joined, line, strong


def jobs_page(title: str, jobs: Sequence[tuple[str, str, str, int]]) -> Page:
    """Each job's ARN, status, start time and number of items."""
    nodes = [
        PageNode(joined((line(strong(status)), line(f"{items:,} items"), line(at), line(arn)), DOT))
        for arn, status, at, items in jobs
    ]
    return Page((Section(tuple(nodes) or (PageNode(line("none")),), line(title)),))
