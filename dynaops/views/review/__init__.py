"""A plan for reviewers: Markdown for a pull request, or one HTML file."""

from __future__ import annotations

from dynaops.views.review.html import html
from dynaops.views.review.markdown import markdown

__all__ = ["html", "markdown"]
