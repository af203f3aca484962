"""The canonical tables as files for other tools: Parquet or CSV, addresses hashed unless asked for."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING, Literal

from kit.store import build
from kit.tables import TABLES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pandas as pd

    from kit.store import Data

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""Signs by which a spreadsheet takes a text for a formula (OWASP: CSV injection)."""


def export(
    data: Data, out: Path, *, form: Literal["parquet", "csv"] = "parquet", with_addresses: bool = False
) -> tuple[Path, ...]:
    """Write each canonical table that has rows; returns the files written.

    Args:
        data: what `kit.open` returned.
        out: the folder, made if it is not there.
        form: "parquet" or "csv" (UTF-8 with BOM, so that spreadsheets read it).
        with_addresses: keep e-mail addresses; else they are left out. Keys of people are always hashed
            with a secret of this machine, so that nobody can find an address by hashing guesses.
    """
    out.mkdir(parents=True, exist_ok=True)
    written = []
    for name, table in TABLES.items():
        frame = data.table(name)
        if frame.empty:
            continue
        if "contact_key" in frame:
            frame["contact_key"] = frame["contact_key"].map(_salted(_salt()), na_action="ignore")
        if "message_key" in frame:
            frame["message_key"] = frame["message_key"].map(_salted(_salt()), na_action="ignore")
        if "email" in frame and not with_addresses:
            frame = frame.drop(columns="email")
        path = out / f"{table.name}.{form}"
        if form == "parquet":
            frame.to_parquet(path, index=False)
        else:
            neutral(frame).to_csv(path, index=False, encoding="utf-8-sig", lineterminator="\n")
        written.append(path)
    return tuple(written)


def neutral(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with an apostrophe before every text that a spreadsheet would run as a formula."""
    texts = frame.select_dtypes(include=["object", "string"]).columns
    return frame.assign(**{name: frame[name].map(_quoted, na_action="ignore") for name in texts})


def _quoted(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


def _salted(salt: bytes) -> Callable[[str], str]:
    return lambda key: hashlib.blake2b(key.encode(), key=salt, digest_size=16).hexdigest()


def _salt() -> bytes:
    """The secret of this machine's store, made once; it is never written to an output."""
    path = build.cache() / "salt"
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(os.urandom(32))
        path.chmod(0o600)
    return path.read_bytes()
