"""Bad input: one clear message with file, row, column and hint; the other files are read all the same."""

from __future__ import annotations

import gzip
import io
import json
import os
import struct
import time
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from kit import cli, sources
from kit.settings import Settings
from kit.sources.text import encodings, grid, packed
from kit.store import open_data
from tests import exports
from tests.small import event

if TYPE_CHECKING:
    from kit.sources import FileLog

BARE = Settings()
HEAD = "Campaign,Date,Sent,Delivered,Opened,Revenue\n"
GOOD = "A,2026-01-05,3,1,1,1\n"
LONG = "x" * 1_000_000
BROKEN = "it contains bytes that are not characters of the file's encoding."
BOMB = "unpacked, it is far larger than any export, and it is not read."


def both(folder: Path) -> tuple[FileLog, FileLog]:
    """The log of a.*, and that of a good file beside it."""
    exports.write(folder, "z.csv", exports.MONTHS)
    first, last = sources.read(folder, BARE).files
    assert (last.file, last.status, last.rows_kept) == ("z.csv", "read", 2)
    return first, last


CELLS = [
    ("-3", "'-3' is negative, but a count never is", "Write the intended number, or leave the cell empty."),
    ("1.5", "'1.5' is not a whole number, but a count always is",
     "Write the intended number, or leave the cell empty."),
    ("1.204", "'1.204' is not a whole number, but a count always is",
     "If the point separates thousands, set `decimal: comma` in a mapping (kit map)."),
    ("#REF!", "'#REF!' is a spreadsheet's error, not a value", "Correct the formula, or leave the cell empty."),
    ("many", "'many' is not a number", "Write it as 1234.50."),
    (f'"{"9" * 100_000}"', f"'{'9' * 60}…' is not a number", "Write it as 1234.50."),
]  # fmt: skip


@pytest.mark.parametrize(("cell", "said", "hint"), CELLS)
def test_a_count_that_cannot_be_read_is_named_with_its_hint(tmp_path: Path, cell: str, said: str, hint: str) -> None:
    exports.write(tmp_path, "a.csv", f"{HEAD}{GOOD}B,2026-01-06,{cell},1,1,1\n{GOOD}")
    log, _ = both(tmp_path)
    assert [str(one) for one in log.cells] == [
        f"a.csv, line 3, column 'Sent': {said}; the row is kept without it. {hint}"
    ]
    assert (log.rows_read, log.rows_kept) == (3, 3)
    done = CliRunner().invoke(cli.main, ["check", str(tmp_path)], catch_exceptions=False)
    assert (done.exit_code, f"{said}; the row is kept without it" in done.stdout) == (1, True)


ROWS = [
    ("\0", "it contains a NUL byte. Export the file again."),
    (LONG, "the cell has 1,000,000 characters, but at most 131,072 can be read. Shorten it."),
]


@pytest.mark.parametrize(("cell", "said"), ROWS)
def test_a_row_that_cannot_be_read_is_named_with_its_hint(tmp_path: Path, cell: str, said: str) -> None:
    exports.write(tmp_path, "a.csv", f"{HEAD}{GOOD}B,2026-01-06,{cell},1,1,1\n{GOOD}")
    log, _ = both(tmp_path)
    assert [str(one) for one in log.rejections] == [f"a.csv, line 3, column 'Sent': {said}"]
    assert (log.rows_read, log.rows_kept) == (3, 2)


FILES = [
    ("empty file", "", "empty", "a.csv: it is empty. Export it again."),
    ("header only", HEAD, "empty",
     "a.csv, line 1: it has a header and no rows. Export it again if it should have rows."),
    ("date in another order", f"{HEAD}A,03/04/2026,3,1,1,1\n", "unreadable",
     ("a.csv, line 2, column 'Date': '03/04/2026' can be read as two different dates. "
     "Set day_first = true or false in kit.toml.")),
]  # fmt: skip


@pytest.mark.parametrize(("content", "status", "said"), [one[1:] for one in FILES], ids=[one[0] for one in FILES])
def test_a_file_that_cannot_be_read_is_named_with_its_hint(
    tmp_path: Path, content: str, status: str, said: str
) -> None:
    exports.write(tmp_path, "a.csv", content)
    log, _ = both(tmp_path)
    assert (log.status, str(log.error), log.rows_read) == (status, said, 0)
    done = CliRunner().invoke(cli.main, ["check", str(tmp_path)], catch_exceptions=False)
    assert done.exit_code == 1
    assert said.removeprefix("a.csv").lstrip(",: ") in done.stdout


def test_a_truncated_last_line_is_named(tmp_path: Path) -> None:
    exports.write(tmp_path, "a.csv", f"{HEAD}{GOOD}B,2026-01-06,3")
    log, _ = both(tmp_path)
    assert [str(one) for one in log.rejections] == [
        "a.csv, line 3: it has 3 cells, but the header has 6. Perhaps the file is cut off here; export it again."
    ]


def test_mixed_encodings_cost_the_rows_of_the_other_one(tmp_path: Path) -> None:
    raw = f"{HEAD}Весна,2026-01-05,3,1,1,1\n".encode() + "Шины,2026-01-05,3,1,1,1\n".encode("cp1251")
    exports.write(tmp_path, "a.csv", raw)
    log, _ = both(tmp_path)
    assert [str(one) for one in log.rejections] == [
        f"a.csv, line 3, column 'Campaign': {BROKEN} Save the whole file in one encoding, preferably UTF-8."
    ]
    assert log.notes[0] == "some bytes are not UTF-8; the rows that contain them are rejected"


def test_columns_by_a_bar_are_read_and_by_a_sign_that_nobody_uses_are_not(tmp_path: Path) -> None:
    exports.write(tmp_path, "a.csv", (HEAD + GOOD).replace(",", "|"))
    assert both(tmp_path)[0].separator == "|"
    exports.write(tmp_path, "a.csv", (HEAD + GOOD).replace(",", "~"))
    log, _ = both(tmp_path)
    assert log.status == "unrecognised"
    assert str(log.why).startswith("its header Campaign~Date~Sent~Delivered~Opened~Reve… fits no preset")


def test_duplicate_headers_are_said(tmp_path: Path) -> None:
    exports.write(tmp_path, "a.csv", "Campaign,Sent,Opened,Sent\nA,100,30,7\n")
    assert both(tmp_path)[0].notes == ("column 'Sent' occurs 2 times; the first one is used",)


def test_opens_without_delivery_are_said(tmp_path: Path) -> None:
    exports.write(tmp_path, "a.csv", "Campaign,Sent,Delivered,Opened\nA,100,0,30\n")
    log, _ = both(tmp_path)
    assert log.notes == ("opened is larger than delivered in 1 row, on line 2 (30 > 0)",)


def test_a_long_header_never_floods(tmp_path: Path) -> None:
    exports.write(tmp_path, "a.csv", HEAD.replace("Revenue", f"Revenue,{'y' * 5000}") + GOOD.replace("\n", ",\n"))
    log, _ = both(tmp_path)
    assert log.unmapped == ("y" * 60 + "…",)
    done = CliRunner().invoke(cli.main, ["check", str(tmp_path)], catch_exceptions=False)
    assert max(map(len, done.stdout.splitlines())) < 300


def test_a_header_that_is_too_long_is_said(tmp_path: Path) -> None:
    exports.write(tmp_path, "a.csv", f"{LONG},b\n1,2\n")
    log, _ = both(tmp_path)
    assert log.notes == ("line 1: the cell has 1,000,000 characters, but at most 131,072 can be read",)


def test_no_permission_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    exports.write(tmp_path, "a.csv", HEAD + GOOD)
    opened = Path.open

    def refuse(path: Path, mode: str = "r", **how: str) -> object:
        if path.name == "a.csv":
            raise PermissionError(13, "Permission denied")
        return opened(path, mode, **how)

    monkeypatch.setattr(Path, "open", refuse)
    log, _ = both(tmp_path)
    assert (log.status, str(log.error)) == (
        "unreadable", "a.csv: permission denied. Check the file and its read permissions.",
    )  # fmt: skip


def test_a_folder_that_cannot_be_opened_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").mkdir()
    listed = os.scandir

    def refuse(path: str) -> object:
        if Path(path).name == "a":
            raise PermissionError(13, "Permission denied", path)
        return listed(path)

    monkeypatch.setattr(os, "scandir", refuse)
    log, _ = both(tmp_path)
    assert (log.status, str(log.error)) == (
        "unreadable", "a: permission denied. Check the folder and its read permissions.",
    )  # fmt: skip


def test_links_that_lead_nowhere_or_to_folders_are_said(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "self").symlink_to(".")
    exports.write(tmp_path, "z.csv", exports.MONTHS)
    loop, itself, good = sources.read(tmp_path, BARE).files
    nowhere = "loop: it is a link that leads nowhere or in a circle. Put the file itself here."
    assert (loop.status, str(loop.error)) == ("unreadable", nowhere)
    assert (itself.status, itself.why) == (
        "unrecognised",
        "it is a link to a folder, and links are not followed; copy the files here or use that folder",
    )
    assert good.rows_kept == 2


def zipped(folder: Path, name: str, files: dict[str, str | bytes], how: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(folder / name, "w", how) as book:
        for inside, content in files.items():
            book.writestr(inside, content)
    return folder / name


def test_an_archive_of_exports_is_read_where_it_lies(tmp_path: Path) -> None:
    log = "".join(json.dumps(event(kind, 1)) + "\n" for kind in ("processed", "delivered", "open"))
    inside = {"x/a.csv": exports.CAMPAIGNS, "x/log.ndjson.gz": gzip.compress(log.encode()), "__MACOSX/x/._a.csv": "?"}
    zipped(tmp_path, "a.zip", inside)
    exports.write(tmp_path, "z.csv", exports.CAMPAIGNS)
    data = open_data(tmp_path)
    assert [(one.file, one.status, one.rows_kept) for one in data.files] == [
        ("a.zip/x/a.csv", "read", 2),
        ("a.zip/x/log.ndjson.gz", "read", 3),
        ("z.csv", "ignored", 0),  # unpacked, and left beside the archive
    ]
    assert data.table("messages")[["delivered", "opened"]].to_numpy().tolist() == [[True, True]]


ARCHIVES = [
    ("10,000 files", {f"{n}.csv": "" for n in range(10_000)},
     ("a.zip: the archive contains 10,000 files, but at most 2,000 are read from one archive. "
     "Unpack it and read the folder.")),
    ("a bomb", {"a.csv": b"\0" * (packed.FREE + 1)},
     f"a.zip: {BOMB} Export it again; if it is correct, unpack it and read its contents."),
]  # fmt: skip


@pytest.mark.parametrize(("files", "said"), [one[1:] for one in ARCHIVES], ids=[one[0] for one in ARCHIVES])
def test_an_archive_beyond_the_limits_stays_shut(tmp_path: Path, files: dict[str, str | bytes], said: str) -> None:
    zipped(tmp_path, "a.zip", files)
    log, _ = both(tmp_path)
    assert (log.status, str(log.error)) == ("unreadable", said)


def test_an_archive_that_is_damaged_or_empty_is_said(tmp_path: Path) -> None:
    path = zipped(tmp_path, "a.zip", {"a.csv": exports.CAMPAIGNS})
    path.write_bytes(path.read_bytes()[:-30])
    assert str(both(tmp_path)[0].error) == "a.zip: the archive is damaged. Create or download it again."
    zipped(tmp_path, "a.zip", {"folder/": ""})
    assert both(tmp_path)[0].status in ("empty", "unreadable")


def test_an_archive_in_an_archive_is_not_unfolded(tmp_path: Path) -> None:
    inner = zipped(tmp_path, "inner", {"a.csv": exports.CAMPAIGNS})
    zipped(tmp_path, "a.zip", {"b.zip": inner.read_bytes()})
    inner.unlink()
    log, _ = both(tmp_path)
    assert (log.status, log.why) == (
        "unrecognised",
        (
            "it is an archive inside an archive, or a document, not an export, and is left out; unpack it and read "
            "its contents"
        ),
    )


def test_a_workbook_that_lies_about_its_size_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packed, "FREE", 1 << 20)
    path = exports.workbook(tmp_path, "a.xlsx", {"A": [["Campaign", "Sent"], ["A", 1]]})
    bomb = io.BytesIO()
    with zipfile.ZipFile(path) as honest, zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as book:
        for info in honest.infolist():
            padding = b" " * (4 << 20) if info.filename == "xl/s1.xml" else b""
            book.writestr(info.filename, honest.read(info) + padding)
    raw = bomb.getvalue()
    with zipfile.ZipFile(path) as honest:
        told = honest.getinfo("xl/s1.xml").file_size
    with zipfile.ZipFile(bomb) as book:
        real = book.getinfo("xl/s1.xml").file_size
    path.write_bytes(raw.replace(real.to_bytes(4, "little"), told.to_bytes(4, "little")))
    log, _ = both(tmp_path)
    assert log.status == "unreadable"
    assert "unpacked, it is far larger than any export" in str(log.error)


def test_an_entity_that_grows_is_never_expanded(tmp_path: Path) -> None:
    path = exports.workbook(tmp_path, "a.xlsx", {"A": [["Campaign", "Sent"], ["A", 1]]})
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    with zipfile.ZipFile(path) as honest:
        parts = {name: honest.read(name).decode() for name in honest.namelist()}
    sheet = parts["xl/s1.xml"].replace("<t>A</t>", "<t>&l9;</t>")
    parts["xl/s1.xml"] = f'<!DOCTYPE x [<!ENTITY l0 "ha">{laughs}]>{sheet}'
    zipped(tmp_path, "a.xlsx", dict(parts))
    log, _ = both(tmp_path)
    assert log.rows_read == log.rows_kept + log.rows_left_out


@pytest.mark.parametrize("name", ["a.csv.gz", "a.ndjson.gz"])
def test_a_gzip_bomb_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(packed, "FREE", 1 << 20)
    begin = (HEAD + GOOD) if "csv" in name else json.dumps(event("open", 1)) + "\n"
    exports.write(tmp_path, name, gzip.compress(begin.encode() + b"x" * (4 << 20)))
    said = f"{name}: unpacked, it is far larger than any export, and it is not read. "
    said += "Export it again; if it is correct, put it here unpacked."
    log = next(one for one in open_data(tmp_path).files if one.file == name)
    assert (log.status, str(log.error)) == ("unreadable", said)


def test_a_packed_table_that_is_cut_off_is_said(tmp_path: Path) -> None:
    exports.write(tmp_path, "a.csv.gz", gzip.compress((HEAD + GOOD * 500).encode())[:-8])
    log, _ = both(tmp_path)
    assert log.notes[0] == "the file is cut off: the end of the archive is missing; what comes before it is read"


def test_a_table_too_large_for_memory_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encodings, "LARGEST", 1 << 20)
    exports.write(tmp_path, "a.csv", HEAD + GOOD * 60_000)
    assert str(both(tmp_path)[0].error) == (
        "a.csv: it is larger than 1 MB, which is too large for a table. Export it in parts, one file per month or year."
    )


@pytest.mark.parametrize("name", ["a.csv", "a.ndjson"])
def test_a_file_that_changes_while_it_is_read_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    path = exports.write(tmp_path, name, (HEAD + GOOD) if "csv" in name else json.dumps(event("open", 1)) + "\n")
    read = packed.Packed.read

    def grow(stream: packed.Packed, size: int) -> bytes:
        with path.open("a", encoding="utf-8") as file:
            file.write("\n")
        return read(stream, size)

    monkeypatch.setattr(packed.Packed, "read", grow)
    log = next(one for one in open_data(tmp_path).files if one.file == name)
    assert (log.status, str(log.error)) == (
        "unreadable",
        (
            f"{name}: it changed while it was read, and is not used. "
            "Run the kit again when no program is writing to the file."
        ),
    )
    monkeypatch.undo()
    assert open_data(tmp_path).files[0].status == "read"  # the store of the moving file is not found again


FOREIGN = {
    "a.pdf": (b"%PDF-1.7\n1 0 obj\n", "a PDF document", "; export the numbers in it as CSV or XLSX"),
    "a.png": (b"\x89PNG\r\n\x1a\n" + bytes(300), "an image", "; export the numbers in it as CSV or XLSX"),
    "a.7z": (
        b"7z\xbc\xaf\x27\x1c" + bytes(30),
        "an archive that cannot be unpacked here",
        "; unpack it and read its contents",
    ),
    "a.mp4": (b"\0\0\0\x20ftypisom" + bytes(30), "an audio or video file", ""),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_what_is_no_export_is_named_for_what_it_is(tmp_path: Path, name: str) -> None:
    raw, kind, hint = FOREIGN[name]
    exports.write(tmp_path, name, raw)
    log, _ = both(tmp_path)
    assert (log.status, log.why) == ("unrecognised", f"it is {kind}, not an export, and is left out{hint}")


def test_a_document_is_no_archive_of_exports(tmp_path: Path) -> None:
    path = zipped(tmp_path, "a.docx", {"[Content_Types].xml": "<Types/>", "word/document.xml": "<w/>"})
    assert not packed.of_exports(path)
    assert both(tmp_path)[0].status == "unrecognised"


def test_marks_of_the_byte_order_and_control_characters_belong_to_no_cell(tmp_path: Path) -> None:
    text = HEAD + "A\x07,2026-01-05,3,1,1,1\n\ufeffB\u200b,2026-01-06,4\x1b,1,1,1\n"
    exports.write(tmp_path, "a.csv", b"\xef\xbb\xbf" * 2 + text.encode())
    (log,) = sources.read(tmp_path, Settings()).files
    table = sources.read(tmp_path, Settings()).tables["campaign_stats"]
    assert (log.status, log.header[0], log.rejections) == ("read", "Campaign", ())
    assert (table["campaign_name"].tolist(), table["sent"].tolist()) == (["A", "B"], [3, 4])


def test_misplaced_quotes_take_time_in_proportion_to_the_lines() -> None:
    def seconds(line: str) -> float:
        decoded = encodings.decode((HEAD + line * 60_000).encode())
        begin = time.process_time()
        assert len(grid.of_text(decoded, "a.csv").rows) == 60_001
        return time.process_time() - begin

    whole, misplaced = seconds(GOOD), seconds(f'"x"{GOOD}')
    assert misplaced < 40 * whole  # each line read from the first one on would take a thousand times as long


OPEN = "urn:oasis:names:tc:opendocument:xmlns"


def open_document(folder: Path, end: str) -> None:
    """An .ods of one campaign, and what stands below it."""

    def row(*texts: str) -> str:
        cells = (
            f'<table:table-cell office:value-type="string"><text:p>{text}</text:p></table:table-cell>' for text in texts
        )
        return f"<table:table-row>{''.join(cells)}</table:table-row>"

    names = " ".join(f'xmlns:{name}="{OPEN}:{name}:1.0"' for name in ("office", "table", "text"))
    table = row("Campaign", "Date", "Sent", "Opened") + row("A", "2026-01-05", "100", "30") + end
    with zipfile.ZipFile(folder / "far.ods", "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        book.writestr("META-INF/manifest.xml", f'<manifest xmlns="{OPEN}:manifest:1.0"/>')
        book.writestr(
            "content.xml",
            f"<office:document-content {names}><office:body><office:spreadsheet>"
            f'<table:table table:name="A">{table}</table:table>'
            "</office:spreadsheet></office:body></office:document-content>",
        )


BLANK = '<table:table-cell table:number-columns-repeated="16383"/>'
FAR = '<table:table-cell office:value-type="float" office:value="1"><text:p>1</text:p></table:table-cell>'


@pytest.mark.parametrize(("last", "status"), [(FAR, "unreadable"), ("<table:table-cell/>", "read")])
def test_a_cell_far_away_in_an_open_document(tmp_path: Path, last: str, status: str) -> None:
    exports.write(tmp_path, "good.csv", HEAD + GOOD)
    blank = f'<table:table-row table:number-rows-repeated="1048573">{BLANK}<table:table-cell/></table:table-row>'
    open_document(tmp_path, f"{blank}<table:table-row>{BLANK}{last}</table:table-row>")
    odd, good = sources.read(tmp_path, Settings()).files
    assert (odd.status, good.status, good.rows_kept) == (status, "read", 1)
    if status == "unreadable":
        assert "9 filled cells and reaches to XFD1048576" in str(odd.error)


def test_a_binary_sheet_that_reaches_far_for_its_size_is_refused_before_it_is_read(tmp_path: Path) -> None:
    exports.write(tmp_path, "good.csv", HEAD + GOOD)
    with zipfile.ZipFile(tmp_path / "far.xlsb", "w") as book:
        book.writestr("xl/workbook.bin", b"\x83\x01\x00")
        dimension = b"\x94\x01\x10" + struct.pack("<4I", 0, 1_048_575, 0, 16_383)
        book.writestr("xl/worksheets/sheet1.bin", b"\x81\x01\x00" + dimension + bytes(200))
    bad, good = sources.read(tmp_path, Settings()).files
    assert (bad.status, good.status) == ("unreadable", "read")
    assert "reaches to XFD1048576" in str(bad.error)


def test_a_cell_far_away_from_the_table_keeps_its_workbook_alone_from_being_read(tmp_path: Path) -> None:
    exports.write(tmp_path, "good.csv", HEAD + GOOD)
    path = exports.workbook(tmp_path, "far.xlsx", {"Sheet": [["Campaign", "Date"], ["A", "2026-01-05"]]})
    far = '<row><c r="XFD1048576" t="inlineStr"><is><t>x</t></is></c></row></sheetData>'
    blank = '<row><c r="XFD1048576" s="1"/></row></sheetData>'
    with zipfile.ZipFile(path) as book:
        parts = {name: book.read(name).decode() for name in book.namelist()}
    for end, status in ((far, "unreadable"), (blank, "unrecognised")):
        with zipfile.ZipFile(path, "w") as book:
            for name, part in parts.items():
                book.writestr(name, part.replace("</sheetData>", end))
        bad, good = sources.read(tmp_path, Settings()).files
        assert (bad.status, good.status, good.rows_kept) == (status, "read", 1)
        if status == "unreadable":
            assert "5 filled cells and reaches to XFD1048576" in str(bad.error)
