"""Bytes to text: which encoding a file is in."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kit.errors import InputError
from kit.messages import Text, message
from kit.places import printable
from kit.sources.text.packed import Packed

if TYPE_CHECKING:
    from pathlib import Path

LARGEST = 512 << 20
"""Bytes of a table or workbook, unpacked: more of it does not fit into the memory of an ordinary machine."""

DAMAGED = "\ufffd"
"""Stands for bytes that are no character; a row that holds it is rejected."""

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_RUN_OF_HIGH = re.compile(rb"[\x80-\xff]{2}")
_RUSSIAN = {name: "абвгдежзийклмнопрстуфхцчшщъыьэюя".encode(name) for name in ("cp1251", "cp866", "koi8-r")}
_COMMON_RUSSIAN = {name: "оеаинтОЕАИНТ".encode(name) for name in ("cp1251", "koi8-r")}
_ASIAN = ("gb18030", "big5", "cp932")
_ASCII = bytes(range(0x80))
_CENTRAL = re.compile(rb"(?<=[A-Za-z])[\xb9\xb3\xbf\x9f\xbe](?=[a-z])|[\x8d\x8f\x9d]")
"""Letters of cp1250 within a word that are signs in cp1252, and those that are nothing there."""
_HIGH = re.compile(rb"[\x80-\xff]+")
_BESIDE_ASCII = re.compile(rb"(?:[A-Za-z][\x80-\xff]+|(?<![A-Za-z\x80-\xff])[\x80-\xff]+[A-Za-z])")
_PAIRS = re.compile(rb"(?:[\xa1-\xfe][\xa1-\xfe])+")
_COMMON = re.compile(rb"[\xa1-\xa3\xb0-\xd7][\xa1-\xfe]")
"""Chinese characters of the first level, the 3,755 most common ones, and their marks and digits."""
_SEVERAL, _MOSTLY = 4, 0.9
_SNIFFED = 1 << 16  # bytes that tell a Chinese or Japanese encoding
_HEAD = 4096  # bytes that tell the encoding


@dataclass(frozen=True, slots=True)
class Decoded:
    """Decoded text.

    Attributes:
        text: with its own line ends.
        encoding: what was chosen.
        note: what to say about the choice; empty where there was none.
    """

    text: str
    encoding: str
    note: Text = ""


def unpacked(path: Path, limit: int = LARGEST) -> bytes:
    """The first bytes of a file; a gzip file is unpacked as far as it is whole.

    Raises:
        InputError: the file cannot be opened, or unpacks to more than an export does.
    """
    return _read(path, limit)[0]


def whole(path: Path) -> tuple[bytes, bool]:
    """All bytes of a file, and whether it is a packed one that is cut off.

    Raises:
        InputError: the file cannot be opened, is too large, or unpacks to more than an export does.
    """
    raw, cut = _read(path, LARGEST + 1)
    if len(raw) > LARGEST:
        problem = message("it is larger than {n} MB, which is too large for a table", n=str(LARGEST >> 20))
        raise InputError(problem, file=path.name, hint=message("Export it in parts, one file per month or year."))
    return raw, cut


def _read(path: Path, limit: int) -> tuple[bytes, bool]:
    try:
        with Packed(path) as stream:
            raw = stream.read(limit)
            if stream.swollen:
                raise swelling(path.name)
            return raw, stream.cut
    except OSError as error:
        problem = error.strerror.lower() if error.strerror else message("cannot be opened")
        raise InputError(problem, file=path.name, hint=message("Check the file and its read permissions.")) from error


def swelling(file: str) -> InputError:
    """Why a packed file is not read to its end."""
    return InputError(
        message("unpacked, it is far larger than any export, and it is not read"),
        file=file,
        hint=message("Export it again; if it is correct, put it here unpacked."),
    )


def decode(raw: bytes) -> Decoded:
    """Text of bytes: by its mark, else UTF-8, else the likeliest one-byte encoding.

    A few broken bytes in a UTF-8 file do not make it another encoding: they become DAMAGED.
    """
    for mark, encoding in _BOMS:
        if raw.startswith(mark):
            return Decoded(raw.decode(encoding, errors="replace"), encoding.removesuffix("-sig"))
    head = raw[:_HEAD]
    if head[1::2].count(0) > len(head) / 4:  # every other byte of Latin text in UTF-16 is 0
        return Decoded(raw.decode("utf-16-le", errors="replace"), "utf-16")
    try:
        return Decoded(raw.decode("utf-8"), "utf-8")
    except UnicodeDecodeError:
        pass
    text = raw.decode("utf-8", errors="replace")
    broken = text.count(DAMAGED)
    if broken <= sum(letter > "\x7f" for letter in text) - broken:
        return Decoded(text, "utf-8", message("some bytes are not UTF-8; the rows that contain them are rejected"))
    encoding = _likeliest(raw)
    note = message("the encoding is not marked; {encoding} is the most likely", encoding=encoding)
    return Decoded(raw.decode(encoding, errors="replace"), encoding, note)


def readable(name: str) -> str:
    """A file's name, fit to be shown; bytes of it that are no UTF-8 are the letters that they most likely are."""
    try:
        raw = name.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # half a letter, which only some systems allow
        return printable(name.encode("utf-8", "replace").decode())
    try:
        return printable(raw.decode())
    except UnicodeDecodeError:
        return printable(raw.decode(_likeliest(raw), "replace"))


def _likeliest(raw: bytes) -> str:
    """The encoding of bytes that are no UTF-8.

    Latin letters that are no ASCII seldom stand side by side. Of the Russian encodings the one that makes the most
    small letters: a wrong one makes capitals or frames. Where most bytes are none, it may be Chinese or Japanese.
    """
    if not _RUN_OF_HIGH.search(raw) or _is_latin(raw):
        return _latin(raw)
    letters = {name: sum(map(raw.count, small)) for name, small in _RUSSIAN.items()}
    russian = max(letters, key=letters.__getitem__)
    if russian == "koi8-r" and _is_chinese(raw):  # its small letters are where the most common Chinese characters are
        return "gb18030"
    if russian == "koi8-r":  # and they are the capitals of cp1251
        russian = max(("koi8-r", "cp1251"), key=lambda name: sum(map(raw.count, _COMMON_RUSSIAN[name])))
    if max(letters.values()) >= len(raw.translate(None, _ASCII)) / 2:
        return russian
    if _is_chinese(raw):
        return "gb18030"
    from charset_normalizer import from_bytes  # noqa: PLC0415  takes a third of a second, and few files need it

    likeliest = from_bytes(raw[:_SNIFFED], cp_isolation=[*_ASIAN, russian, "cp1252"]).best()
    encoding = likeliest.encoding.replace("_", "-") if likeliest else russian
    return _latin(raw) if encoding == "cp1252" else encoding


def _latin(raw: bytes) -> str:
    """The encoding of Latin letters: that of Western or of Central Europe, where letters stand in place of signs."""
    return "cp1250" if _CENTRAL.search(raw) else "cp1252"


def _is_latin(raw: bytes) -> bool:
    """Whether letters that are no ASCII stand beside letters that are, one to three together, as in größer."""
    runs = _HIGH.findall(raw[:_SNIFFED])
    return max(map(len, runs), default=0) <= 3 and len(_BESIDE_ASCII.findall(raw[:_SNIFFED])) > len(runs) / 2


def _is_chinese(raw: bytes) -> bool:
    """Whether bytes are Chinese in GB18030: whole pairs only, and nearly all of them common characters.

    A Russian text has words of an odd number of letters, which break the pairs.
    """
    head = raw[:_SNIFFED]
    head = head[: max(head.rfind(b"\n"), 0) or len(head)]
    pairs = _PAIRS.findall(head)
    return (
        len(_HIGH.findall(head)) >= _SEVERAL
        and sum(map(len, pairs)) == len(head.translate(None, _ASCII))
        and sum(len(_COMMON.findall(run)) for run in pairs) >= _MOSTLY * sum(map(len, pairs)) / 2
    )
