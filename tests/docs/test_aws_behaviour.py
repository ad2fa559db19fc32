"""The findings about AWS that the code cites are in docs/aws-behaviour.md, and no cited document is missing."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
PAGE = ROOT / "docs" / "aws-behaviour.md"
_CITED = re.compile(
    r"DDB-(TABLE|BACKUP|IMPORT|EXPORT|GLOBALTABLE)-(\d{3}(?:(?:,? and |, ?|,\s+| to )-?\d{3}\b)*)"
)
_LISTED = re.compile(r"^\| (DDB-[A-Z]+-\d{3}) \|", re.M)


def cited() -> dict[str, str]:
    """Each id that the code or a test cites, to a file that cites it."""
    ids: dict[str, str] = {}
    for folder in ("dynaops", "tests"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            for kind, numbers in _CITED.findall(path.read_text(encoding="utf-8")):
                for first, last in re.findall(r"(\d{3})(?: to -?(\d{3}))?", numbers):
                    for number in range(int(first), int(last or first) + 1):
                        ids.setdefault(f"DDB-{kind}-{number:03}", path.relative_to(ROOT).as_posix())
    return ids


def test_each_cited_id_is_listed_and_each_listed_one_is_cited() -> None:
    listed = _LISTED.findall(PAGE.read_text(encoding="utf-8"))
    known = cited()
    assert len(known) > 100
    assert len(set(listed)) == len(listed)
    assert {name: path for name, path in known.items() if name not in listed} == {}
    assert [name for name in listed if name not in known] == []


def test_no_document_is_cited_that_does_not_exist() -> None:
    missing = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in sorted((ROOT / "dynaops").rglob("*.py"))
        for name in re.findall(r"\bdocs/[\w-]+\.md\b", path.read_text(encoding="utf-8"))
        if not (ROOT / name).is_file()
    }
    assert not missing
    assert not [path for path in (ROOT / "dynaops").rglob("*.py") if "SPEC-FORMAT" in path.read_text("utf-8")]
