"""What a file is that is no export: by its first bytes, in a few words."""

from __future__ import annotations

import re

_KINDS = (
    (rb"%PDF-", "a PDF document"),
    (rb"\x89PNG|\xff\xd8\xff|GIF8[79]a|RIFF....WEBP|II\*\x00|MM\x00\*|BM.{4}\x00{4}", "a picture"),
    (rb"\x1aE\xdf\xa3|.{4}ftyp|ID3[\x02-\x04]|OggS|RIFF....(WAVE|AVI )", "sound or film"),
    (
        rb"7z\xbc\xaf\x27\x1c|Rar!\x1a|\xfd7zXZ\x00|BZh[1-9]1AY|\x28\xb5\x2f\xfd|.{257}ustar",
        "an archive of a kind that is not unpacked",
    ),
    (rb"SQLite format 3\x00", "a database (SQLite)"),
    (rb"PAR1[^,;\t]|ARROW1\x00|Obj\x01", "a table for programs (Parquet, Arrow or Avro)"),
    (rb"MZ.\x00|\x7fELF|#!/", "a program"),
    (rb"\{\\rtf", "a document (RTF)"),
    (rb"PK\x03\x04", "an archive in an archive, or a document"),
)
"""How the files begin that lie beside exports the most often."""

_MENDS = {
    "a PDF document": "export the numbers in it as CSV or XLSX",
    "a picture": "export the numbers in it as CSV or XLSX",
    "an archive of a kind that is not unpacked": "unpack it and read what is in it",
    "an archive in an archive, or a document": "unpack it and read what is in it",
    "a document (RTF)": "save the tables in it as CSV or XLSX",
    "a database (SQLite)": "export its tables as CSV",
    "a table for programs (Parquet, Arrow or Avro)": "export it as CSV",
}


_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")


def may_be_workbook(head: bytes) -> bool:
    """Whether a file begins as a workbook does, and other documents."""
    return head.startswith(_WORKBOOKS)


def left_out(head: bytes) -> str:
    """Why a file of another kind is left out, and what to do; "" where its beginning does not tell a kind.

    Args:
        head: its first bytes, 300 or more where it has so many.
    """
    kind = next((said for pattern, said in _KINDS if re.match(pattern, head, re.DOTALL)), "")
    mend = f"; {_MENDS[kind]}" if kind in _MENDS else ""
    return f"it is {kind}, no export, and is left out{mend}" if kind else ""
