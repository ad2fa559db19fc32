"""Templates for rows of the same shape.

The rows of a file mostly have the same attributes with the same types. What depends only on these is computed once per
shape: whether the key exists with the right type, the index keys, the size of names, and the text around the values.
A row is then `template % values`, without a function call per value. No escaping is needed if the line of JSON has no
backslash: then its strings contain nothing that has to be escaped in the request.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Generic, NamedTuple, TypeVar

import orjson

from dynaops.data.parsing import exact_json
from dynaops.data.parsing.codegen import Straight, straight
from dynaops.data.parsing.keys import KeyRules, joined
from dynaops.values import attributes, numbers
from dynaops.values.limits import MOST_HASH_BYTES, MOST_RANGE_BYTES

Values = tuple[Any, ...]
Identity = Callable[[Values], bytes | None]
"""Computes a key's identity from the values of a row; None if the value needs the slow path (it is empty or long)."""

Signature = TypeVar("Signature", bound=tuple[tuple[str, ...], *tuple[Any, ...]])
"""The signature of a shape; its first member are the attribute names."""
_UTF8 = 4
"""The most bytes of a character."""
_MOST_SHAPES = 4096
_MOST_NAMES = 400_000
"""The most shapes, and the most names in all of them, so that data with many shapes cannot fill the memory."""
_MOST_STRAIGHT = 500
"""The most attributes for which a function is generated, because the compiler limits the length of expressions."""
DOUBLE = "double"
"""The kind of a number that was read as a double; the other kinds are DynamoDB's types."""
_FIELDS = {
    "S": '{"S":"%s"}',
    "N": '{"N":"%s"}',
    DOUBLE: '{"N":"%s"}',
    "BOOL": '{"BOOL":%s}',
    "NULL": '{"NULL":true%.0s}',
}
_BOOLS = ("false", "true")


class NeedsSlowPath(Exception):
    """A row has to be read by the slow path."""


class Shape(NamedTuple):
    """A shape.

    A row's size is `constant` plus the length of its body, plus corrections for the values at these indexes.
    """

    template: str
    constant: int
    numbers: tuple[int, ...]
    flags: tuple[int, ...]
    doubles: tuple[int, ...]
    others: tuple[int, ...]
    """Indexes of values that are read one by one: lists, maps and so on."""
    strings: tuple[int, ...]
    identity: Identity
    simple: bool
    """Whether the template takes all values unchanged."""
    straight: Straight | None = None
    """The generated function, for values of plain JSON that need no escaping; doubles must be exact."""
    quotes: int = 0
    """The number of quotes in the JSON of such a row, without the values at `others`, if no name occurs twice."""


class Shapes(Generic[Signature]):
    """The known shapes. A shape is built at its second occurrence, because many occur only once."""

    def __init__(self, make: Callable[[Signature], Shape | None]) -> None:
        self.known: dict[Signature, Shape] = {}
        self._make = make
        self._tried: dict[Signature, bool] = {}
        self._names = 0

    def learn(self, signature: Signature) -> None:
        """Record a row of this shape that was read by the slow path."""
        tried = self._tried.get(signature)
        if tried:
            return
        names = len(signature[0])
        if len(self._tried) >= _MOST_SHAPES or self._names + names > _MOST_NAMES:
            self._tried.clear()
            self.known.clear()
            self._names = 0
        if tried is None:
            self._names += names
        self._tried[signature] = tried is not None
        if tried is not None and (shape := self._make(signature)):
            self.known[signature] = shape


def shape_of(
    names: tuple[str, ...],
    kinds: tuple[str, ...],
    rules: KeyRules,
    types: Mapping[str, str],
    plain: bool = False,
) -> Shape | None:
    """The shape of rows with these attributes, `kinds` being DynamoDB's types or DOUBLE.

    None where each row has to be looked at by itself. `types` are those that somebody asked for. `plain`: numbers are
    as JSON has them, not text.
    """
    if "" in names or not _fits(dict(zip(names, kinds, strict=True)), rules, types):
        return None
    fields = (f"{_quoted(name)}:{_FIELDS.get(kind, '%s')}" for name, kind in zip(names, kinds, strict=True))
    template = "{" + ",".join(fields) + "}"
    nothing = template % tuple("" for _ in kinds)
    flags, doubles = _places(kinds, "BOOL"), _places(kinds, DOUBLE)
    others = tuple(at for at, kind in enumerate(kinds) if kind not in _FIELDS)
    constant = sum(map(attributes.text_size, names)) + kinds.count("NULL") - len(nothing.encode())
    identity = _identity(names, rules)
    direct = plain and not others and len(names) <= _MOST_STRAIGHT
    short = tuple("D" if kind == DOUBLE else kind for kind in kinds)
    return Shape(
        template=template,
        constant=constant,
        numbers=_places(kinds, "N"),
        flags=flags,
        doubles=doubles,
        others=others,
        strings=_places(kinds, "S"),
        identity=identity,
        simple=not (flags or doubles or others),
        straight=straight(short, template, constant, identity, NeedsSlowPath) if direct else None,
        quotes=2 * len(names) + _quotes_of_values(kinds, plain),
    )


def _quotes_of_values(kinds: tuple[str, ...], plain: bool) -> int:
    """The number of quotes in a row's values: around strings; in DynamoDB JSON also around types and numbers."""
    if plain:
        return 2 * kinds.count("S")
    return 2 * len(kinds) + 2 * sum(kind in ("S", "N") for kind in kinds)


def put_in(
    shape: Shape, values: Values, escaped: bool, read_value: Callable[[int], attributes.Sized]
) -> tuple[Values, int]:
    """The values as texts for the template, and their sizes minus the lengths of these texts, in bytes.

    Numbers but doubles are not its concern. `other` reads the value at a place; `escaped`: strings may have to be.
    Raises MalformedRow, Inexact.
    """
    texts, extra_size = list(values), 0
    for index in shape.flags:
        flag = values[index]
        texts[index] = _BOOLS[flag]
        extra_size += flag - 4  # it counts 1, not the 5 letters of false or the 4 of true
    for index in shape.doubles:
        texts[index] = text = exact_json.of_double(values[index])
        extra_size += numbers.size(text) - len(text)
    for index in shape.others:
        value, size = read_value(index)
        written = orjson.dumps(value)
        texts[index] = written.decode()
        extra_size += size - len(written)
    if escaped:
        for index in shape.strings:
            written = orjson.dumps(values[index])[1:-1]
            texts[index] = written.decode()
            extra_size += attributes.text_size(values[index]) - len(written)
    return tuple(texts), extra_size


def _fits(row: Mapping[str, str], rules: KeyRules, types: Mapping[str, str]) -> bool:
    """Whether the attributes' types are valid, as far as that can be checked without values."""
    wanted = {**types, **rules.index_keys, **rules.types}
    return rules.types.keys() <= row.keys() and all(
        (row[name] == kind and kind in ("S", "N")) or (row[name] == DOUBLE and kind == "N")
        for name, kind in wanted.items()
        if name in row
    )


def _places(kinds: tuple[str, ...], wanted: str) -> tuple[int, ...]:
    return tuple(at for at, kind in enumerate(kinds) if kind == wanted)


def _quoted(name: str) -> str:
    """A name as JSON, in a template."""
    return orjson.dumps(name).decode().replace("%", "%%")


def _identity(names: tuple[str, ...], rules: KeyRules) -> Identity:
    """The function that computes the key's identity from a row's values."""
    indexed = tuple(
        names.index(name) for name, kind in rules.index_keys.items() if kind == "S" and name in names
    )
    first = _part(names, rules, rules.hash_key, MOST_HASH_BYTES)
    if rules.range_key is None:
        return _checking(first, indexed) if indexed else first
    second = _part(names, rules, rules.range_key, MOST_RANGE_BYTES)

    def both(values: Values) -> bytes | None:
        hash_identity, range_identity = first(values), second(values)
        return (
            None if hash_identity is None or range_identity is None else joined(hash_identity, range_identity)
        )

    return _checking(both, indexed) if indexed else both


def _part(names: tuple[str, ...], rules: KeyRules, name: str, most: int) -> Identity:
    """The function that computes the identity of one key attribute."""
    index, short = names.index(name), most // _UTF8

    def string(values: Values) -> bytes | None:
        text: str = values[index]
        return text.encode() if 0 < len(text) <= short else None

    def number(values: Values) -> bytes | None:
        value = values[index]
        if type(value) is int:
            return b"%d" % value
        return numbers.canonical(value).encode() if type(value) is str else None

    return string if rules.types[name] == "S" else number


def _checking(identity: Identity, indexed: tuple[int, ...]) -> Identity:
    """`identity`, which returns None if a string that is an index key needs the slow path."""
    short = MOST_RANGE_BYTES // _UTF8

    def checked(values: Values) -> bytes | None:
        for index in indexed:
            if not 0 < len(values[index]) <= short:
                return None
        return identity(values)

    return checked
