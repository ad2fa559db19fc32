"""How quantities are said, in findings as on screen."""

from __future__ import annotations


def size(count: float) -> str:
    """``812 B``, ``4.9 MB``."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.0f} B" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} TB"
