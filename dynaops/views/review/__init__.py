"""A plan for reviewers elsewhere: Markdown for a pull request, one HTML file for everybody else."""

from __future__ import annotations

from dynaops.views.review.html import html
from dynaops.views.review.markdown import markdown

__all__ = ["html", "markdown"]
