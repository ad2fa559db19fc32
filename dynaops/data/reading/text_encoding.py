"""Detects the encoding of a text file by its byte order mark or zero bytes, else guesses it; converts text to UTF-8.

What is not UTF-8 in a CSV file is taken for Windows-1252, the encoding of Excel and most Windows programs in Western
Europe and America, or for Mac Roman where lines end with CR as in files of Excel for Mac; the guess is told. Where the
bytes do not look like accented letters among others it is not guessed: rows that are not UTF-8 are then rejected.
"""

from __future__ import annotations

import codecs
import re
from typing import NamedTuple

from dynaops.data.notes import LoadNote
from dynaops.data.reading.inputs import Readable
from dynaops.model.errors import DynaopsError

UTF8 = "utf-8"
BOM = b"\xef\xbb\xbf"
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_PIECE = 1 << 18
_MOST_LOOKED_AT = 1 << 20
_HIGH = re.compile(rb"[\x80-\xff]+")
_NOT_IN_1252 = re.compile(rb"[\x81\x8d\x8f\x90\x9d\xff]").search
"""Bytes that Windows-1252 has no characters for; and 255, which no text of it has as good as never."""
SHOWN = {"cp1252": "Windows-1252", "mac_roman": "Mac Roman"}
"""How encodings are named to people."""
_ERRORS = "dynaops-undecodable"


class Guessed(NamedTuple):
    """An encoding that was guessed: its name, and text in which the first bytes stand that are not UTF-8."""

    name: str
    sample: str


def _as_surrogates(error: UnicodeError) -> tuple[str, int]:
    """Undecodable bytes become lone surrogates, which no text has: their row is found by them, and rejected."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "".join(chr(0xDC00 + byte) for byte in error.object[error.start : error.end]), error.end


codecs.register_error(_ERRORS, _as_surrogates)


def checked(name: str) -> str:
    """The name of an encoding as Python has it. Raises DynaopsError for --encoding with one that is unknown."""
    try:
        codec = codecs.lookup(name)
        "a".encode(codec.name)
    except (LookupError, TypeError, UnicodeError):
        raise DynaopsError(
            f"--encoding: there is no {name!r}",
            "Usual ones are utf-8, windows-1252, latin-1, utf-16, mac-roman.",
        ) from None
    return UTF8 if codec.name == "utf-8-sig" else codec.name


def wide(sample: bytes) -> str | None:
    """UTF-16 or UTF-32, by the byte order mark or the zero bytes that ASCII characters have there; else None."""
    for mark, name in _MARKS:
        if sample.startswith(mark) and not (name == "utf-16-le" and len(sample) < 4 and len(sample) % 2):
            return name
    looked_at = sample[:4_096]
    if b"\0" not in looked_at or len(looked_at) < 4:
        return None
    guess = _by_zeros(looked_at)
    if guess is None:
        return None
    text = codecs.getincrementaldecoder(guess)("replace").decode(looked_at)
    readable = all(sign.isprintable() or sign.isspace() for sign in text) and "\ufffd" not in text
    return guess if readable else None


def _by_zeros(data: bytes) -> str | None:
    zeros = [data[at::4].count(0) for at in range(4)]
    quarter = len(data) // 4
    if zeros[1] + zeros[2] + zeros[3] >= 2.8 * quarter:
        return "utf-32-le"
    if zeros[0] + zeros[1] + zeros[2] >= 2.8 * quarter:
        return "utf-32-be"
    even, odd = zeros[0] + zeros[2], zeros[1] + zeros[3]
    if odd >= quarter and even <= odd // 8:
        return "utf-16-le"
    return "utf-16-be" if even >= quarter and odd <= even // 8 else None


class DecodedText(NamedTuple):
    """The beginning of an input as text in UTF-8, and the encoding it was read by. `chosen`: the user said which."""

    name: str
    sample: bytes
    encoding: str = UTF8
    chosen: bool = False
    notes: tuple[LoadNote, ...] = ()

    def guessed(self, raw: bytes) -> DecodedText:
        """The same of a CSV file, whose encoding is guessed where its beginning is not UTF-8."""
        if self.chosen or self.encoding != UTF8 or (guess := eight_bit(raw)) is None:
            return self
        shown = f"{self.name} is not UTF-8 and is read as {SHOWN[guess.name]}, a guess: {guess.sample!r}"
        note = LoadNote("encoding-guessed", self.name, f"{shown}; if that is wrong, say --encoding")
        return DecodedText(self.name, as_utf8(raw, guess.name), guess.name, notes=(*self.notes, note))


def text_of(raw: bytes, encoding: str | None, name: str) -> DecodedText:
    """The first bytes of an input as text; `encoding` is --encoding's."""
    if encoding is not None:
        if encoding in ("utf-16", "utf-32"):
            wide_encoding = wide(raw)
            encoding = (
                wide_encoding if wide_encoding and wide_encoding.startswith(encoding) else f"{encoding}-le"
            )
        return DecodedText(name, as_utf8(raw, encoding), encoding, chosen=True)
    wide_encoding = wide(raw)
    if wide_encoding is None:
        return DecodedText(name, raw)
    if any(raw.startswith(mark) for mark, _ in _MARKS):
        return DecodedText(name, as_utf8(raw, wide_encoding), wide_encoding)
    note = LoadNote("encoding-guessed", name, f"{name} is read as {wide_encoding.upper()}, by its zero bytes")
    return DecodedText(name, as_utf8(raw, wide_encoding), wide_encoding, notes=(note,))


def eight_bit(sample: bytes) -> Guessed | None:
    """What a text that is not UTF-8 seems to be in; None if it is UTF-8, or that does not show."""
    looked_at = sample[:_MOST_LOOKED_AT]
    bad = _bytes_that_are_not_utf8(looked_at)
    if not bad:
        return None
    valid = sum(1 for run in _HIGH.finditer(looked_at)) - len(bad)
    alone = sum(end - start <= 2 for start, end in bad)
    if valid > len(bad) or alone * 2 < len(bad):
        return None
    mac = b"\r" in looked_at and b"\n" not in looked_at
    if not mac and any(_NOT_IN_1252(looked_at, start, end) for start, end in bad):
        return None
    name = "mac_roman" if mac else "cp1252"
    start, end = bad[0]
    around = looked_at[max(0, start - 12) : end + 12]
    text = re.split(r"[\r\n\t,;]", around.decode(name, "replace"))
    return Guessed(name, max(text, key=lambda part: sum(not sign.isascii() for sign in part)).strip())


def _bytes_that_are_not_utf8(data: bytes) -> list[tuple[int, int]]:
    """The runs of bytes above 127 that are not UTF-8: where each begins and ends. One cut off at the end is none."""
    runs = []
    for run in _HIGH.finditer(data):
        try:
            run[0].decode(UTF8)
        except UnicodeDecodeError as error:
            if run.end() < len(data) or error.reason != "unexpected end of data":
                runs.append(run.span())
    return runs


def as_utf8(data: bytes, encoding: str, last: bool = False) -> bytes:
    """The beginning of a text as UTF-8; what its last bytes begin is left out unless these are the `last`."""
    if encoding == UTF8:
        return data
    decoder = codecs.getincrementaldecoder(encoding)(_ERRORS)
    return decoder.decode(data, last).encode(UTF8, "surrogatepass")


class Transcoded:
    """A stream of text, read as UTF-8. What cannot be decoded is no UTF-8 there, either."""

    def __init__(self, stream: Readable, encoding: str) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder(encoding)(_ERRORS)
        self._ready = memoryview(b"")
        self._ended = False

    def read(self, size: int = -1, /) -> bytes:
        while not self._ready and not self._ended:
            data = self._stream.read(_PIECE)
            self._ended = not data
            self._ready = memoryview(self._decoder.decode(data, self._ended).encode(UTF8, "surrogatepass"))
        data, self._ready = bytes(self._ready[:size]), self._ready[size:]
        return data

    def close(self) -> None:
        self._stream.close()
