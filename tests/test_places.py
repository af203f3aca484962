"""What the system refuses: one line with place, cause and hint, and never a traceback."""

from __future__ import annotations

import gc
import io
import os
import random
import tarfile
import zipfile
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from kit import cli, settings, sources, store
from kit.errors import SettingsError
from tests import exports
from tests.letters import letter
from tests.test_fuzz import damaged, read

REFUSED = PermissionError(13, "Permission denied")


def kit(*words: object) -> Result:
    return CliRunner().invoke(cli.main, [*map(str, words)], catch_exceptions=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    exports.write(tmp_path / "in", "a.csv", exports.MONTHS)
    return tmp_path / "in"


@pytest.fixture
def in_the_way(tmp_path: Path) -> Path:
    return exports.write(tmp_path, "file", "x") / "below"


OUTPUTS = [("report", "--out"), ("tables", "--out"), ("check", "--report")]


@pytest.mark.parametrize(("command", "option"), OUTPUTS)
def test_a_place_to_write_is_tried_before_any_work(
    folder: Path, in_the_way: Path, monkeypatch: pytest.MonkeyPatch, command: str, option: str
) -> None:
    monkeypatch.setattr(store, "open_data", lambda *_: pytest.fail("worked before the place was tried"))
    place = in_the_way / "x" if option == "--report" else in_the_way
    done = kit(command, folder, option, place)
    said = f"kit: {option} {place}: not a directory. Choose a folder with write permission and free space.\n"
    assert (done.exit_code, done.stderr) == (2, said)


def test_a_cache_that_cannot_be_written_is_said(
    folder: Path, in_the_way: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KIT_CACHE", str(in_the_way))
    done = kit("check", folder)
    said = f"kit: {in_the_way}: not a directory. Set KIT_CACHE to a folder with write permission and free space.\n"
    assert (done.exit_code, done.stderr) == (1, said)


def test_a_full_disk_is_said_and_leaves_nothing(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "Error writing bytes to file")

    monkeypatch.setenv("KIT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(pq, "write_table", full)
    done = kit("check", folder)
    place = tmp_path / "cache"
    said = f"kit: {place}: no space left on device. Set KIT_CACHE to a folder with write permission and free space.\n"
    assert (done.exit_code, done.stderr, list(place.iterdir())) == (1, said, [])


@pytest.mark.parametrize("damage", ["store.json", "campaigns/0.parquet"])
def test_a_store_that_is_damaged_is_made_anew(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: str
) -> None:
    monkeypatch.setenv("KIT_CACHE", str(tmp_path / "cache"))
    first = store.open_data(folder)
    before = first.table("campaigns")
    (first.path / damage).write_bytes(b"{")
    assert store.open_data(folder).table("campaigns").equals(before)


def test_settings_that_nobody_may_read_are_said(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    exports.write(folder, settings.FILE, 'currency = "EUR"\n')

    def refuse(*_: object, **__: object) -> str:
        raise REFUSED

    monkeypatch.setattr(Path, "read_text", refuse)
    with pytest.raises(SettingsError) as raised:
        settings.load(folder)
    assert str(raised.value) == "kit.toml: permission denied. Check the file and its read permissions."


@pytest.mark.parametrize("name", ["a.ndjson", "a.mbox"])
def test_a_file_that_is_gone_before_it_is_read_is_said(
    folder: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    content = '{"event": "open", "sg_message_id": "1", "timestamp": 1767600000, "email": "a@example.com"}\n'
    path = exports.write(folder, name, letter(Message_ID="<1@example.com>") if name == "a.mbox" else content)
    if name == "a.mbox":
        path.write_bytes(b"From a Mon Jan  5 10:00:00 2026\n" + path.read_bytes())
    reading = sources.read

    def vanish(*words: object) -> object:
        loaded = reading(*words)
        path.unlink(missing_ok=True)
        return loaded

    monkeypatch.setattr(sources, "read", vanish)
    log = next(one for one in store.open_data(folder).files if one.file == name)
    assert log.status == "unreadable"
    assert log.error


def test_names_that_are_no_utf8_are_read_as_letters(folder: Path) -> None:
    for name in (b"\xf0\xe0\xf1\xf1\xfb\xeb\xea\xe8.csv", b"\xff\xfe.csv"):  # cp1251, as an unpacked ZIP leaves it
        try:
            Path(os.fsdecode(os.fsencode(folder) + b"/" + name)).write_text(exports.MONTHS + "\n" * len(name))
        except OSError:
            pytest.skip("this system knows no such names")
    exports.write(folder, "яю.csv", exports.MONTHS + "\n\n")
    with tarfile.open(folder / "mail.tar", "w") as archive:
        about = tarfile.TarInfo(os.fsdecode(b"\xef\xee\xf7\xf2\xe0/1.eml"))
        about.size = len(letter())
        archive.addfile(about, io.BytesIO(letter()))
    assert [log.file for log in store.open_data(folder).files] == [
        "a.csv", "mail.tar [почта/1.eml]", "рассылки.csv", "яю.csv", "яю.csv (2)",
    ]  # fmt: skip
    assert kit("check", folder).exit_code == 0


def archives() -> dict[str, bytes]:
    made = {}
    for name, files in {
        "mail.zip": {f"Mail/{number}.eml": letter(Message_ID=f"<{number}@example.com>") for number in range(3)},
        "exports.zip": {"a.csv": exports.MONTHS, "b.csv": exports.CAMPAIGNS},
    }.items():
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for inside, content in files.items():
                archive.writestr(zipfile.ZipInfo(inside), content)
        made[name] = packed.getvalue()
    return made


@pytest.mark.parametrize("name", archives())
def test_no_damage_leaves_an_archive_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.delattr(zipfile.ZipFile, "__del__")  # which would close what nobody has
    (tmp_path / "in").mkdir()
    rng = random.Random(name)  # noqa: S311  no secret
    for _ in range(12):
        read(tmp_path / "in", damaged(archives()[name], rng), name)
        gc.collect()
