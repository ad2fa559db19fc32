"""Generates a function for rows of one shape, without the loops over values in `fast_path`.

It saves a quarter of the time per row. The function's source text contains only indexes and DynamoDB's types; names and
everything else that comes from a file is passed as objects.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from types import CodeType
from typing import Any

from dynaops.data.rows import WriteRow
from dynaops.values.limits import MOST_ITEM_BYTES

Straight = Callable[[tuple[Any, ...], int], WriteRow]
"""Builds the row of a shape's values; arguments: values, line. Raises `unfit` if the slow path is needed."""

_TEXTS = {"N": "str(v{at})", "D": "repr(v{at})"}
_BYTES = {
    "N": "(len(t{at}.rstrip('0')) + (3 if v{at} >= 0 else 4) >> 1) - len(t{at})",
    "D": "(len(t{at}.replace('.', '').strip('-0')) + 1 >> 1) + (1 if v{at} > 0 else 2) - len(t{at})",
    "BOOL": "v{at} - 4",
}
"""The size that DynamoDB counts minus the length of the text, in bytes: see `numbers.size`."""
_ARGUMENTS = {"N": "t{at}", "D": "t{at}", "BOOL": "flags[v{at}]"}
_IN_RANGE = "1e-130 <= abs(v{at}) < 1e126 and 'e' not in t{at}"
"""Doubles whose `repr` is as DynamoDB writes them. Zero is not among them: 1E-400 reads as that, too."""


def straight(
    kinds: tuple[str, ...],
    template: str,
    constant: int,
    identity: Callable[[tuple[Any, ...]], bytes | None],
    unfit: type[Exception],
) -> Straight:
    """The function for a shape whose values are of these kinds: S, N (integers), D (doubles), BOOL and NULL."""
    namespace: dict[str, Any] = {
        "template": template,
        "constant": constant,
        "identity": identity,
        "unfit": unfit,
        "flags": ("false", "true"),
        "new": tuple.__new__,
        "Row": WriteRow,
    }
    exec(_code(kinds), namespace)  # noqa: S102 (nothing of it comes from outside: see above)
    function: Straight = namespace["row"]
    return function


@lru_cache(4096)
def _code(kinds: tuple[str, ...]) -> CodeType:
    """The function's code, the same for all shapes of these kinds."""
    positions = list(enumerate(kinds))
    values = "".join(f"v{at}, " for at, _ in positions)
    arguments = "".join(f"{_ARGUMENTS.get(kind, 'v{at}').format(at=at)}, " for at, kind in positions)
    texts = [f"t{at} = {_TEXTS[kind].format(at=at)}" for at, kind in positions if kind in _TEXTS]
    doubles = [_IN_RANGE.format(at=at) for at, kind in positions if kind == "D"]
    sizes = [
        "len(body) + constant",
        *(_BYTES[kind].format(at=at) for at, kind in positions if kind in _BYTES),
    ]
    lines = [
        "def row(values, line):",
        f"({values}) = values",
        *texts,
        f"if not ({' and '.join(['True', *doubles])}): raise unfit",
        "key = identity(values)",
        f"body = (template % ({arguments})).encode()",
        f"size = {' + '.join(sizes)}",
        f"if key is None or size > {MOST_ITEM_BYTES}: raise unfit",
        "return new(Row, (body, key, size, line))",
    ]
    return compile("\n    ".join(lines), "<a row of one shape>", "exec")
