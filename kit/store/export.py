"""The canonical tables as files for other tools: Parquet or CSV, people as salted hashes unless asked for."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from kit.errors import InputError, UsageError
from kit.messages import _, _n, message
from kit.places import WRITE_CACHE, reaching, replacing, sweep, try_exchange, write_new
from kit.privacy import masked
from kit.sources import frames
from kit.store import build
from kit.tables import CONTACTS, MAILS, TABLES, TICKET_MESSAGES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from kit.store import Data
    from kit.tables import Column, Table

FORMULA = re.compile(r"[\t\r\n]|[\s\u200b\u200e\u200f\u2060\ufeff]*[=+\-@＝＋－＠]")
"""How a text begins that a spreadsheet takes for a formula (OWASP: CSV injection): also in full width, and
behind signs that nobody sees."""

MANIFEST = "tables.json"
"""The file by which a folder of tables is known; it lists them with the type, unit and meaning of each column."""

DICTIONARY = "tables.md"
"""What the tables and columns mean, for whoever gets them."""

PRIVATE = frozenset(
    {"email", "body_text", "comment", "company", "deal_name", "owner", "agent", "mailbox", "consent_proof"}
)
"""Columns in which people are named by themselves or by others; they leave only with the addresses. So do the
subjects of `mails` and `ticket_messages`, which are of people; those of campaigns are the firm's."""

RAW = "raw"
"""The folder of what no table took, beside the tables."""

SALT = 32
"""Bytes of the secret by which the keys of people are hashed."""

_PREFACE = (
    message("Made by `kit tables`; `{file}` has the same for programs.", file=MANIFEST),
    message("An empty cell means unknown, never 0."),
    message("`time` is a moment in UTC, `local` the firm's local time, `date` a day."),
    message("Amounts are in the `currency` of their row."),
    message(
        "`contact_key` and `from_key` are the same person in every table of this machine. No address can be found "
        "from them."
    ),
)

_HEADER = (message("Column"), message("type"), message("unit"), message("meaning"))

_KEY = re.compile(r"(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])")

Form = Literal["parquet", "csv"]


def export(
    data: Data, out: Path, *, form: Form = "parquet", addresses: bool = False, raw: bool = False
) -> tuple[Path, ...]:
    """Write each canonical table that has rows, what they mean, and a list of what was written; returns their files.

    A former export in `out` is replaced; any other folder that is not empty stays as it is.

    Args:
        data: what `kit.open` returned.
        out: the folder, made if it is not there.
        form: "parquet" or "csv" (UTF-8 with BOM, so that spreadsheets read it).
        addresses: keep e-mail addresses, and the columns in which people are named (PRIVATE); else they are
            left out, and in other texts addresses are masked before the @. Keys of people are always hashed with
            a secret of this machine, so that nobody can find an address by hashing guesses.
        raw: write what no table took too, a file each; names and telephone numbers that stand there are not known
            for such, and leave.

    Raises:
        UsageError: `out` holds something else, or lies in the folder of the exports.
    """
    check_place(out, data.target)
    tables = {name: data.table(name) for name in TABLES}
    keys = _keys(tables.values())
    hide = _hidden(keys, addresses=addresses)
    with replacing(out) as draft:
        _keep_others(out, draft)
        written = _write_tables(draft, tables, hide, form, addresses=addresses)
        if raw:
            written |= _write_raw(draft, data, hide, form)
        (draft / DICTIONARY).write_text(dictionary(written), encoding="utf-8")
        (draft / MANIFEST).write_text(json.dumps({"tables": written}, ensure_ascii=False, indent=1), encoding="utf-8")
    return tuple(out / name for name in written)


def _write_tables(
    out: Path, tables: Mapping[str, pd.DataFrame], hide: Callable[[str], str], form: Form, *, addresses: bool
) -> dict[str, Any]:
    written: dict[str, Any] = {}
    for name, frame in tables.items():
        if frame.empty:
            continue
        table = TABLES[name]
        public = [column for column in table.columns if addresses or not private(table, column)]
        arrays = {
            column.name: pa.Array.from_pandas(frame[column.name], type=frames.ARROW[column.type]) for column in public
        }
        for column in public:
            if column.type == "text" and not (column.name == "email" and table is CONTACTS):
                arrays[column.name] = _mapped(arrays[column.name], hide)
        _write(pa.table(arrays), out / f"{name}.{form}", form)
        columns = [
            {"name": column.name, "type": column.type, "unit": column.unit, "meaning": str(column.meaning)}
            for column in public
        ]
        left_out = [column.name for column in table.columns if column not in public]
        about = {"caution": str(table.caution), "left_out": left_out}
        written[f"{name}.{form}"] = {"rows": len(frame), "grain": str(table.grain), "columns": columns} | {
            key: value for key, value in about.items() if value
        }
    return written


def _write_raw(out: Path, data: Data, hide: Callable[[str], str], form: Form) -> dict[str, Any]:
    written: dict[str, Any] = {}
    for number, log in enumerate(data.files):
        unmapped = data.raw(log.file)
        if unmapped.empty:
            continue
        (out / RAW).mkdir(exist_ok=True)
        plain = {name: pa.Array.from_pandas(unmapped[name]) for name in unmapped}
        hidden = {
            name: _mapped(cells, hide) if pa.types.is_large_string(cells.type) else cells
            for name, cells in plain.items()
        }
        path = f"{RAW}/{number}.{form}"
        _write(pa.table(hidden), out / path, form)
        written[path] = {"rows": len(unmapped), "file": hide(log.file)}
    return written


def private(table: Table, column: Column) -> bool:
    """Whether a column names people and leaves only with the addresses."""
    return column.name in PRIVATE or (table in (MAILS, TICKET_MESSAGES) and column.name == "subject")


def dictionary(written: Mapping[str, Mapping[str, Any]]) -> str:
    """What was written, in Markdown: each table's rows and columns, and the cautions of the metrics.

    Args:
        written: by file, as the MANIFEST lists them.
    """
    parts = ["# " + _("Tables"), " ".join(map(str, _PREFACE))]
    for file, about in written.items():
        if "columns" not in about:
            continue
        hidden = ", ".join(f"`{name}`" for name in about.get("left_out", ()))
        out = _("Left out: {names}.", names=hidden) if hidden else ""
        row = _n("A row is {grain}; {n} row.", "A row is {grain}; {n} rows.", about["rows"], grain=about["grain"])
        parts += [f"## {file}", row, about.get("caution", ""), out]
        rows = [
            f"| `{column['name']}` | {column['type']} | {column['unit']} | {column['meaning']} |"
            for column in about["columns"]
        ]
        parts.append("\n".join(["| " + " | ".join(map(str, _HEADER)) + " |", "|---|---|---|---|", *rows]))
    raw = [f"| `{file}` | {about['file']} |" for file, about in written.items() if "file" in about]
    if raw:
        header = "| " + " | ".join([_("File"), _("came from")]) + " |"
        parts += ["## " + _("Cells that no table holds"), "\n".join([header, "|---|---|", *raw])]
    return "\n\n".join(filter(None, parts)) + "\n"


def neutral(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with an apostrophe before every text that a spreadsheet would run as a formula."""
    texts = frame.select_dtypes(include=["object", "string"]).columns
    safe = frame.assign(**{name: frame[name].map(_quoted, na_action="ignore") for name in texts})
    return safe.rename(columns=_quoted)


def _quoted(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and FORMULA.match(value) else value


def _write(table: pa.Table, path: Path, form: Form) -> None:
    if form == "parquet":
        pq.write_table(table, path)
        return
    # whole numbers stay whole where some are missing, and days have no hour
    frame = table.to_pandas(types_mapper={pa.int64(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype()}.get)
    neutral(frame).to_csv(path, index=False, encoding="utf-8-sig", lineterminator="\n")


def check_place(out: Path, target: Path | None) -> None:
    """Refuse a place where tables must not be put: nothing that is no former export of them is ever replaced.

    Raises:
        UsageError: in the folder of the exports, on something else, or not to be written.
    """
    if target is not None and target.is_dir() and out.resolve().is_relative_to(target.resolve()):
        raise UsageError(_("--out {out} is inside the folder of exports, and nothing is written there.", out=out))
    try_exchange(out, f"--out {out}")
    if out.exists() and not out.is_dir():
        raise UsageError(_("--out {out} is a file. Choose a folder.", out=out))
    others = sorted(path.name for path in out.iterdir()) if out.is_dir() else []
    if others and MANIFEST not in others:
        raise UsageError(
            _(
                "--out {out} is not an earlier export of tables (it contains {value}). Choose an empty or new folder.",
                out=out,
                value=repr(others[0]),
            )
        )


def _keep_others(out: Path, draft: Path) -> None:
    """Take along what lies in the folder of a former export and is none of it."""
    try:
        former = json.loads((out / MANIFEST).read_text(encoding="utf-8"))["tables"]
    except (OSError, ValueError, KeyError):  # there was none
        return
    own = {out / name for name in (*former, DICTIONARY, MANIFEST)}
    shutil.copytree(
        out, draft, symlinks=True, dirs_exist_ok=True,
        ignore=lambda folder, names: [name for name in names if Path(folder) / name in own],
    )  # fmt: skip
    with suppress(OSError):  # something else lies there
        (draft / RAW).rmdir()


def _keys(tables: Iterable[pd.DataFrame]) -> set[str]:
    """The keys of all people, by which they are found inside other texts too."""
    names = ("contact_key", "from_key")
    return {key for table in tables for name in names if name in table for key in table[name].dropna().unique()}


def _hidden(keys: set[str], *, addresses: bool) -> Callable[[str], str]:
    """How a text leaves: keys of people salted wherever they stand, and addresses masked."""
    salted = _salted(_salt())

    def hide(text: str) -> str:
        text = _KEY.sub(lambda match: salted(match[0]) if match[0] in keys else match[0], text)
        return text if addresses else masked(text)

    return hide


def _mapped(column: pa.Array | pa.ChunkedArray, hide: Callable[[str], str]) -> pa.Array:
    """A column of texts, each different one changed once."""
    whole = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    packed = whole.dictionary_encode()
    changed = [text if text is None else hide(text) for text in packed.dictionary.to_pylist()]
    return pa.array(changed, type=whole.type).take(packed.indices)


def salted(keys: pd.Series) -> pd.Series:
    """Keys of people as they leave: hashed with a secret of this machine, the same in every list and table of it."""
    hashed = _salted(_salt())
    return keys.map(hashed, na_action="ignore")


def _salted(salt: bytes) -> Callable[[str], str]:
    return lambda key: hashlib.blake2b(key.encode(), key=salt, digest_size=16).hexdigest()


def _salt() -> bytes:
    """The secret of this machine's store, made once; it is never written to an output."""
    path = build.cache() / "salt"
    with reaching(path, WRITE_CACHE):
        path.parent.mkdir(parents=True, exist_ok=True)
        sweep(path.parent.glob(f".{path.name}.new-*"))
        if not path.exists():
            with suppress(FileExistsError):  # another process was first
                write_new(path, os.urandom(SALT), mode=0o600)
        salt = path.read_bytes()
    if len(salt) != SALT or not any(salt):
        raise InputError(
            message("the secret of the keys needs {n} random bytes, but this file has {held}", n=SALT, held=len(salt)),
            file=str(path),
            hint=message("Delete it: the next export creates a new one, and its keys differ from earlier ones."),
        )
    return salt
