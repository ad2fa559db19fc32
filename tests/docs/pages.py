"""A page of the documentation as a shell session: what of its Markdown is run, and how.

Its ``sh`` blocks run in order as one bash session. ``<!-- run: COMMAND -->`` is set-up that readers do not see,
``<!-- exit: 2 -->`` the status that the next block ends with, ``<!-- not run: WHY -->`` excuses the next block.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
GENERATED = {"cli.md", "findings.md", "spec.md"}
"""References that are written by a program; other tests hold them to what they are written from."""

_MARK = re.compile(r"<!-- (?P<what>run|exit|not run): (?P<text>.+?) -->")
_FENCE = re.compile(r"^(?P<indent> *)```(?P<language>\w*)$")


@dataclass(frozen=True)
class Block:
    """A run of commands: the line of the page it starts at, and the status it must end with."""

    line: int
    text: str
    status: int = 0


def pages() -> list[Path]:
    """Every page that is run."""
    found = sorted((ROOT / "docs").glob("*.md"))
    return [ROOT / "README.md", *(page for page in found if page.name not in GENERATED)]


def blocks(text: str) -> list[Block]:
    """What is run of a page. Raises ValueError for an excuse or status that no block follows."""
    found: list[Block] = []
    status, excused = 0, ""
    lines = iter(enumerate(text.split("\n"), start=1))
    for number, line in lines:
        mark, fence = _MARK.fullmatch(line.strip()), _FENCE.match(line)
        if mark and mark["what"] == "run":
            found.append(Block(number, mark["text"]))
        elif mark and mark["what"] == "exit":
            status = int(mark["text"])
        elif mark:
            excused = mark["text"]
        elif fence:
            body = _body(lines, fence["indent"])
            if fence["language"] == "sh":
                if not excused:
                    found.append(Block(number + 1, body, status))
                status, excused = 0, ""
    if status or excused:
        raise ValueError("a mark with no sh block after it")
    return found


def _body(lines: Iterator[tuple[int, str]], indent: str) -> str:
    body = []
    for _, line in lines:
        if line.strip() == "```":
            break
        body.append(line.removeprefix(indent))
    return "\n".join(body)


def script(found: list[Block]) -> str:
    """One bash script of all blocks; it names the block that ended otherwise than the page says."""
    parts = ["set -u"]
    for block in found:
        parts += [
            f"at={block.line}; wanted={block.status}",
            "set -e; trap 'finish $?' EXIT" if not block.status else "set +e; trap - EXIT",
            block.text,
        ]
        if block.status:
            parts.append("got=$?; [ $got = $wanted ] || { finish $got; exit 99; }")
        else:
            parts.append("set +e; trap - EXIT")
    return _FINISH + "\n".join(parts) + "\n"


_FINISH = """finish() {
  if [ "$1" != "$wanted" ]; then echo "the block at line $at ended with $1 instead of $wanted" >&2; fi
}
"""
