"""Reading spec files: from paths and overlays to one tree a document, each value with its place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from dynaops.engine.overlay import merged
from dynaops.engine.yaml_tree import MAX_BYTES, Node, Unreadable, nodes, unreadable
from dynaops.model.files import FileRefused, Refusal, read_text
from dynaops.model.finding import Finding, Place, Severity
from dynaops.model.project import leads_outside

SUFFIXES = (".yaml", ".yml", ".json")


def merged_files(
    paths: Sequence[str | Path], overlays: Sequence[str | Path], findings: list[Finding]
) -> list[tuple[str, Node]]:
    """Each document of `paths` with the overlays laid over it, and the file that it is of.

    Without `paths`, the overlays are laid over the first of them. What is wrong is added to `findings`.
    """
    base = [document for path in _files(paths, findings) for document in _read(path, findings)]
    over = [document for path in _files(overlays, findings) for document in _read(path, findings)]
    if not paths and over:
        base, over = over[:1], over[1:]
    for _, layer in over:
        base = [(source, merged(node, layer) if _concerns(layer, node) else node) for source, node in base]
    return base


def _concerns(layer: Node, node: Node) -> bool:
    """An overlay that names a table is for that table; one that names none is for all."""
    named = layer.value.get("table_name") if isinstance(layer.value, dict) else None
    own = node.value.get("table_name") if isinstance(node.value, dict) else None
    return named is None or own is None or named.value == own.value or "${" in str(named.value)


def _files(paths: Sequence[str | Path], findings: list[Finding]) -> Iterator[Path]:
    """The files that are named, and those of folders; of links out of the project, a finding each."""
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
                _error(
                    "SPEC001",
                    f"{path}: there is no such file or folder",
                    "Run `dynaops init` to write a starter spec, or name the spec to use.",
                )
            )


def _of_folder(folder: Path, findings: list[Finding]) -> Iterator[Path]:
    """Whatever is named like a spec but folders: a broken link or a named pipe is told, not left out in silence."""
    try:
        named = sorted(path for path in folder.iterdir() if path.suffix in SUFFIXES and not path.is_dir())
    except OSError as error:
        findings.append(
            _error("SPEC001", f"{folder}: cannot be read: {error.strerror}", "Check its permissions.")
        )
        return
    if not named:
        findings.append(
            _error("SPEC001", f"{folder}: the folder has no spec files", "They end in .yaml, .yml or .json.")
        )
    for path in named:
        if leads_outside(path, listed=True):
            findings.append(_linked(path))
        else:
            yield path


def _read(path: Path, findings: list[Finding]) -> list[tuple[str, Node]]:
    """The documents of a file."""
    file = path.as_posix()
    start = Place(file=file, line=1, column=1)
    try:
        found = nodes(read_text(path, MAX_BYTES), file)
        if not found:
            hint = "Run `dynaops init` to write a starter spec."
            raise unreadable("SPEC002", "the file is empty", start, hint)
    except Unreadable as error:
        findings.append(error.finding)
        return []
    except FileRefused as error:
        findings.append(_refused(file, start, error))
        return []
    return [(file, node) for node in found]


def _refused(file: str, start: Place, error: FileRefused) -> Finding:
    if error.why is Refusal.TOO_LARGE:
        hint = "Move items to a file of their own."
        return unreadable("SPEC003", f"the file {error.reason}", start, hint).finding
    if error.why is Refusal.NOT_TEXT:
        return unreadable("SPEC002", f"the file {error.reason}", start).finding
    return _error("SPEC001", f"{file}: {error.reason}", "Name a file that can be read.")


def _linked(path: Path) -> Finding:
    return _error(
        "SPEC001",
        f"{path.as_posix()}: leads out of the project by a link, and is not read",
        "Name the file that the link leads to, if that is what you mean.",
    )


def _error(code: str, message: str, hint: str) -> Finding:
    return Finding(code=code, severity=Severity.ERROR, message=message, hint=hint)
