"""The encoding of a text, by its first bytes, and the text in UTF-8: one definition for exports and for plays."""

from __future__ import annotations

import codecs
from dataclasses import dataclass, field
from typing import Protocol

from deepcuts.checks import shown
from deepcuts.errors import FileFormatError, SettingsError

_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",  # before UTF-16, whose mark it begins with
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_FIRST_BYTES = 1 << 16
_BLOCK_BYTES = 1 << 20
_NO_TEXT = tuple(bytes([code]) for code in range(9))  # control characters that no table holds
BLANK = "holds nothing but blanks and empty lines"  # follows the name of a file
_ADVICE = "Say its encoding with encoding=... (--encoding), such as cp1251, shift_jis or gb18030."


class ByteStream(Protocol):
    """What bytes can be read from."""

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes; none at the end."""


def is_blank(text: bytes) -> bool:
    """Whether a text in UTF-8 has nothing but blanks and ends of lines in it."""
    return not text.decode("utf-8-sig", "replace").strip()


def check_encoding(encoding: str | None) -> None:
    """Refuse the name of an encoding that there is not.

    Raises
    ------
    SettingsError
        Naming it.
    """
    try:
        known = encoding is None or codecs.lookup(encoding)._is_text_encoding
    except (LookupError, ValueError, TypeError):
        known = False
    if not known:
        raise SettingsError(f"encoding is {shown(encoding)}, and there is none of that name. Give one such as cp1252.")


def marked_encoding(head: bytes) -> str | None:
    """The encoding that a text says of itself by a byte-order mark, or by where its zeros are; None for any other."""
    for mark, name in _MARKS.items():
        if head.startswith(mark):
            return name
    start = head[:2000]
    pairs = len(start) // 2
    # UTF-16 of a Latin alphabet has a zero in nearly every pair, always on the same side.
    odd, even = start[1::2].count(0), start[0::2].count(0)
    if pairs >= 4 and max(odd, even) > 0.6 * pairs and min(odd, even) < 0.1 * pairs:
        return "utf-16-le" if odd > even else "utf-16-be"
    return None


def eight_bit_encoding(block: bytes) -> str | None:
    """Which of "utf-8" and "cp1252" the bytes of a text beyond ASCII are; None where there are none."""
    text = codecs.getincrementaldecoder("utf-8")("surrogateescape").decode(block)  # a letter cut off waits for its end
    odd = [character for character in text if not character.isascii()]
    if not odd:
        return None
    # 0xFF is ÿ in cp1252, which hardly any name has, and damage in most files.
    n_stray = sum("\udc80" <= character <= "\udcfe" for character in odd)
    return "cp1252" if 2 * n_stray > len(odd) else "utf-8"


@dataclass
class Utf8Stream:
    r"""A text in any encoding as UTF-8 with "\n" at the end of every line, or "\r\n".

    Parameters
    ----------
    stream
        Its bytes.
    name
        What messages call it.
    encoding
        What somebody said that it is; None finds out.
    """

    stream: ByteStream
    name: str
    encoding: str | None = None
    remarks: list[str] = field(default_factory=list)
    _decoder: codecs.IncrementalDecoder | None = None
    _first: bytes | None = None
    _is_decided: bool = False
    _only_returns: bool = False

    def read(self, size: int, /) -> bytes:
        """Return about `size` bytes; none at the end."""
        while size > 0:
            raw = self._raw(size)
            text = self._utf8(raw)
            if text or not raw:
                return text.replace(b"\r", b"\n") if self._only_returns else text
        return b""

    def _raw(self, size: int) -> bytes:
        if self._first is not None:
            return self.stream.read(min(size, _BLOCK_BYTES))
        parts: list[bytes] = []
        while sum(map(len, parts)) < _FIRST_BYTES and (part := self.stream.read(_FIRST_BYTES)):
            parts.append(part)
        self._first = b"".join(parts)
        self._begin(self._first)
        return self._first

    def _begin(self, head: bytes) -> None:
        known = self.encoding or marked_encoding(head)
        if known is None and any(code in head for code in _NO_TEXT):
            known = "utf-8"  # no text at all, and nothing to be guessed
        if known and codecs.lookup(known).name != "utf-8":
            self._decoder = codecs.getincrementaldecoder(known)()
        # JSON is UTF-8 by its standard.
        self._is_decided = known is not None or head.lstrip()[:1] in (b"[", b"{")
        plain = (
            head
            if self._decoder is None
            else codecs.getincrementaldecoder(known or "utf-8")("replace").decode(head).encode("utf-8", "replace")
        )
        self._only_returns = b"\r" in plain[:-1] and b"\n" not in plain

    def _utf8(self, raw: bytes) -> bytes:
        if not self._is_decided and not raw.isascii():
            self._decide(raw)
        if self._decoder is None:
            return raw
        try:
            return self._decoder.decode(raw, final=not raw).encode()
        except UnicodeError as error:
            raise FileFormatError(
                f"{self.name} begins like {self._label()} text and does not go on so: {error}. {_ADVICE}"
            ) from None

    def _decide(self, raw: bytes) -> None:
        found = eight_bit_encoding(raw)
        self._is_decided = found is not None
        if found != "cp1252":
            return
        self.encoding = "cp1252"
        self._decoder = codecs.getincrementaldecoder("cp1252")()
        check_looks_western(raw, self.name)
        self.remarks.append(
            f"{self.name} is not UTF-8 text, and was read as cp1252 (Western Europe). If names look wrong: "
            f"{_ADVICE[0].lower()}{_ADVICE[1:]}"
        )

    def _label(self) -> str:
        return (self.encoding or marked_encoding(self._first or b"") or "utf-8").upper().removesuffix("-SIG")


def check_looks_western(raw: bytes, name: str) -> None:
    """Refuse bytes that would make no words of Western Europe if they were cp1252.

    Raises
    ------
    FileFormatError
        If words have more letters beyond ASCII than within it, as those of other scripts would, or bytes that are none.
    """
    undefined = any(byte in raw for byte in (b"\x81", b"\x8d", b"\x8f", b"\x90", b"\x9d"))
    n_high = sum(byte >= 0xC0 for byte in raw)
    words = [
        word for word in raw.replace(b"\t", b" ").replace(b",", b" ").replace(b";", b" ").split() if not word.isascii()
    ]
    n_foreign = sum(2 * sum(byte >= 0x80 for byte in word) > len(word) > 2 for word in words)
    if undefined or (words and n_high and 2 * n_foreign > len(words)):
        raise FileFormatError(f"{name} is neither UTF-8 nor Western European text (cp1252). {_ADVICE}")
