"""Reads spec files: from paths to one tree for each document, in which each value has its place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from dynaops.model.files import FileRefused, Refusal, read_text
from dynaops.model.finding import Finding, Place
from dynaops.model.findings.rule import make_finding
from dynaops.model.findings.specs import SPEC001, SPEC002, SPEC003
from dynaops.model.project import leads_outside
from dynaops.specs.blocks import Written
from dynaops.specs.path_patterns import SUFFIXES, TooManyFiles, files_of, fixed_part, is_pattern
from dynaops.specs.yaml_tree import MAX_BYTES, UnreadableSpec, nodes, unreadable


def documents_of(paths: Sequence[str | Path], findings: list[Finding]) -> list[Written]:
    """The documents of files and folders. Errors are added to `findings`."""
    return [document for path in _files(paths, findings) for document in read_file(path, findings)]


def _files(paths: Sequence[str | Path], findings: list[Finding]) -> Iterator[Path]:
    """The named files, and those of folders and patterns. Each link out of the project is a finding.

    A file that matches several patterns is returned once.
    """
    of_patterns = {
        str(given): list(_of_pattern(str(given), findings)) for given in paths if is_pattern(given)
    }
    seen = {file for files in of_patterns.values() for file in files}
    for path in _named([given for given in paths if str(given) not in of_patterns], findings):
        if path not in seen:
            yield path
    yield from sorted(seen)


def _named(paths: Sequence[str | Path], findings: list[Finding]) -> Iterator[Path]:
    for given in paths:
        path = Path(given)
        if leads_outside(path):
            findings.append(_linked(path))
        elif path.is_dir():
            yield from _of_folder(path, findings)
        elif path.exists() or path.is_symlink():
            yield path
        else:
            findings.append(
                make_finding(
                    SPEC001,
                    f"{path}: there is no such file or folder",
                    "Run `dynaops init` to write a starter spec, or name the spec to use.",
                )
            )


def _of_pattern(pattern: str, findings: list[Finding]) -> Iterator[Path]:
    if leads_outside(fixed_part(pattern)):
        findings.append(_linked(fixed_part(pattern)))
        return
    try:
        files = files_of(pattern)
    except TooManyFiles:
        findings.append(
            make_finding(SPEC001, f"{pattern}: looks at too many files", "Name a folder nearer to the specs.")
        )
        return
    except OSError as error:
        findings.append(_unreadable(error.filename, error))
        return
    yield from _inside(files, f"{pattern}: no spec file fits the pattern", findings)


def _of_folder(folder: Path, findings: list[Finding]) -> Iterator[Path]:
    """The entries of a folder with a spec's extension, except folders; a broken link causes an error later."""
    try:
        named = sorted(path for path in folder.iterdir() if path.suffix in SUFFIXES and not path.is_dir())
    except OSError as error:
        findings.append(_unreadable(folder, error))
        return
    yield from _inside(named, f"{folder}: the folder has no spec files", findings)


def _inside(paths: Sequence[Path], none: str, findings: list[Finding]) -> Iterator[Path]:
    """The files that are not links out of the project; `none` is the message if there are no files."""
    if not paths:
        findings.append(make_finding(SPEC001, none, "They end in .yaml, .yml or .json."))
    for path in paths:
        if leads_outside(path, listed=True):
            findings.append(_linked(path))
        else:
            yield path


def _unreadable(place: object, error: OSError) -> Finding:
    return make_finding(SPEC001, f"{place}: cannot be read: {error.strerror}", "Check its permissions.")


def read_file(path: Path, findings: list[Finding]) -> list[Written]:
    """The documents of a file. Errors are added to `findings`."""
    file = path.as_posix()
    start = Place(file=file, line=1, column=1)
    try:
        documents = nodes(read_text(path, MAX_BYTES), file)
        if not documents:
            hint = "Run `dynaops init` to write a starter spec."
            raise unreadable(SPEC002, "the file is empty", start, hint)
    except UnreadableSpec as error:
        findings.append(error.finding)
        return []
    except FileRefused as error:
        findings.append(_refused(file, start, error))
        return []
    return [Written(file, node) for node in documents]


def read_if_file(path: Path, findings: list[Finding]) -> list[Written]:
    """The documents of a file that was found in its folder and not named; empty for a folder of that name."""
    if leads_outside(path, listed=True):
        findings.append(_linked(path))
        return []
    return [] if path.is_dir() else read_file(path, findings)


def _refused(file: str, start: Place, error: FileRefused) -> Finding:
    if error.why is Refusal.TOO_LARGE:
        hint = "Move items to a file of their own."
        return unreadable(SPEC003, f"the file {error.reason}", start, hint).finding
    if error.why is Refusal.NOT_TEXT:
        return unreadable(SPEC002, f"the file {error.reason}", start).finding
    return make_finding(SPEC001, f"{file}: {error.reason}", "Name a file that can be read.")


def _linked(path: Path) -> Finding:
    return make_finding(
        SPEC001,
        f"{path.as_posix()}: leads out of the project by a link, and is not read",
        "Name the file that the link leads to, if that is what you mean.",
    )
