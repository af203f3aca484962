"""Faults of the machine: a kill at any step, a full disk, a secret that is none, names and settings that are odd."""

from __future__ import annotations

import errno
import json
import os
import resource
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from click.testing import CliRunner, Result

from kit import cli, report, settings, store
from kit.errors import InputError, SettingsError, UsageError
from kit.places import draft_name, printable, recover, replacing, write_new
from kit.sources.text.addresses import contact_key
from kit.store import build, export, frame_files
from tests import exports, tiny

if TYPE_CHECKING:
    from collections.abc import Iterator

STEPS = ("rename", "mkdir", "unlink", "rmdir", "link", "scandir")
"""Functions of the system that change folders, or look into them to do so."""

GONE = 2**22 + 1
"""The number of a process that cannot be: it is above the largest of Linux."""


class Killed(BaseException):
    """Stands for the end of the process: nothing is done after it."""


def killed_at(monkeypatch: pytest.MonkeyPatch, step: int) -> list[int]:
    """From the step of this number on the system does nothing any more; returns how many steps were done."""
    done = [0]

    def patch(name: str) -> None:
        before = getattr(os, name)

        def call(*arguments: Any, **more: Any) -> Any:
            if done[0] >= step:
                raise Killed
            done[0] += 1
            return before(*arguments, **more)

        monkeypatch.setattr(os, name, call)

    for name in STEPS:
        patch(name)
    return done


def kit(*words: object) -> Result:
    return CliRunner().invoke(cli.main, [*map(str, words)], catch_exceptions=False)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of this test alone."""
    monkeypatch.setenv("KIT_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def folder(tmp_path: Path, place: Path) -> Path:  # noqa: ARG001  reads into a cache of its own
    exports.write(tmp_path / "in", "a.csv", exports.MONTHS)
    exports.write(tmp_path / "in", "people.csv", "Email,Status,Opted in at\njohn@example.com,active,2026-01-05\n")
    return tmp_path / "in"


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def write(out: Path, text: str) -> None:
    with replacing(out) as draft:
        for name in ("a.html", "b.html"):
            (draft / name).write_text(text, encoding="utf-8")


def test_a_report_is_the_former_or_the_new_one_wherever_the_run_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = set()
    for step in range(100):
        out = tmp_path / str(step) / "out [1]"
        write(out, "former")
        with monkeypatch.context() as patched:
            done = killed_at(patched, step)
            with suppress(Killed):
                write(out, "new")
            ended = done[0] < step
        recover(out)
        texts = {path.read_text(encoding="utf-8") for path in out.iterdir()}
        assert (len(texts), len(list(out.iterdir()))) == (1, 2), step
        assert [path.name for path in out.parent.iterdir()] == [out.name], step
        seen |= texts
        if ended:
            assert seen == {"former", "new"}
            return
    pytest.fail("no run came to its end")


@pytest.mark.parametrize("out_is_there", [True, False])
def test_what_killed_runs_left_is_swept_and_what_live_ones_write_is_not(tmp_path: Path, *, out_is_there: bool) -> None:
    out = tmp_path / "out"
    parent = os.getppid()
    for name, text in {f".out.old-{GONE}": "former", f".out.new-{GONE}-12ab": "draft", f".out.new-{parent}-1": "live",
                       f".outer.new-{GONE}": "another's", ".out.new": "somebody's"}.items():  # fmt: skip
        exports.write(tmp_path, f"{name}/a.html", text)
    if out_is_there:
        exports.write(tmp_path, "out/a.html", "present")
    recover(out)
    assert (out / "a.html").read_text(encoding="utf-8") == ("present" if out_is_there else "former")
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        ".out.new", f".out.new-{parent}-1", f".outer.new-{GONE}", "out",
    ]  # fmt: skip
    os.utime(tmp_path / f".out.new-{parent}-1", (0, 0))
    recover(out)
    assert not (tmp_path / f".out.new-{parent}-1").exists()


def test_two_drafts_never_have_one_name() -> None:
    assert len({draft_name("draft") for _ in range(100)}) == 100


def test_a_folder_where_a_disk_begins_is_refused_before_any_work(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "is_mount", lambda _: True)
    for command in ("report", "tables"):
        done = kit(command, folder, "--out", tmp_path / "out")
        assert done.exit_code == 2
        assert "it is the root of a disk and cannot be replaced. Choose a folder inside it." in done.stderr


@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_tables_are_the_former_or_the_new_ones_wherever_the_run_is_killed(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    first, out = store.open_data(folder), tmp_path / "out"
    export.export(first, out, form="csv")
    exports.write(out, "mine.txt", "mine")
    former = contents(out)
    exports.write(folder, "b.csv", exports.CAMPAIGNS)
    second = store.open_data(folder)
    export.export(second, tmp_path / "whole", form=form)
    new = contents(tmp_path / "whole") | {"mine.txt": b"mine"}
    seen = []
    for step in range(200):
        shutil.copytree(out, tmp_path / "at" / "out")
        with monkeypatch.context() as patched:
            done = killed_at(patched, step)
            with suppress(Killed):
                export.export(second, tmp_path / "at" / "out", form=form)
            ended = done[0] < step
        export.check_place(tmp_path / "at" / "out", folder)
        left = contents(tmp_path / "at" / "out")
        assert left in (former, new), step
        assert [path.name for path in (tmp_path / "at").iterdir()] == ["out"], step
        shutil.rmtree(tmp_path / "at")
        seen.append(left == new)
        if ended:
            assert seen == sorted(seen)
            assert seen[-1]
            return
    pytest.fail("no run came to its end")


def test_a_full_disk_leaves_the_former_tables(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert kit("tables", folder, "--out", tmp_path / "out", "--format", "csv").exit_code == 0
    former = contents(tmp_path / "out")
    write_text = Path.write_text

    def full(path: Path, *words: Any, **more: Any) -> int:
        if path.name == export.MANIFEST:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write_text(path, *words, **more)

    monkeypatch.setattr(Path, "write_text", full)
    done = kit("tables", folder, "--out", tmp_path / "out")
    said = f"kit: {tmp_path / 'out'}: no space left on device. Choose a folder with write permission and free space.\n"
    assert (done.exit_code, done.stderr) == (1, said)
    assert contents(tmp_path / "out") == former
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cache", "in", "out"]


def mounted(place: Path) -> bool:
    """Whether a disk of 2 MB could be mounted there, as only root may."""
    place.mkdir()
    if os.geteuid() or shutil.which("mount") is None:
        return False
    command = ["mount", "-t", "tmpfs", "-o", "size=2m", "none", str(place)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@contextmanager
def no_room(disk: Path, *, is_disk: bool) -> Iterator[str]:
    """Nothing of more than a block can be written: the disk is full, else files are limited; gives the reason."""
    if is_disk:
        with suppress(OSError), (disk / "ballast").open("wb", buffering=0) as file:
            while True:
                file.write(bytes(4096))
        yield os.strerror(errno.ENOSPC)
        (disk / "ballast").unlink()
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1024, hard))
    try:
        yield os.strerror(errno.EFBIG)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("command", ["tables", "report", "cache"])
@pytest.mark.parametrize("how", ["disk", "limit"])
def test_a_disk_that_is_really_full_leaves_what_was_there(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str, how: str
) -> None:
    disk = tmp_path / "disk"
    if not (is_disk := mounted(disk)) and how == "disk":
        pytest.skip("only root may mount a disk")
    try:
        if is_disk and how == "limit":
            subprocess.run(["umount", str(disk)], check=True)
            is_disk = False
        tiny.notebook(tmp_path / "notebooks" / "01_one.ipynb", "print('page ' * 2000)")
        monkeypatch.setattr(report, "build", partial(report.build, notebooks=tmp_path / "notebooks"))
        out = disk / "out"
        words = ["report", folder, "--out", out] if command == "report" else ["tables", folder, "--out", out]
        assert kit(*words).exit_code == 0
        former = contents(out)
        exports.write(folder, "b.csv", exports.CAMPAIGNS)
        if command == "cache":
            monkeypatch.setenv("KIT_CACHE", str(disk / "cache"))
        else:
            store.open_data(folder)
        with no_room(disk, is_disk=is_disk) as reason:
            done = kit(*words)
            assert contents(out) == former
            left = {path.name for path in disk.iterdir()} - {"ballast"}
        assert left == ({"out", "cache"} if command == "cache" else {"out"})
        assert done.exit_code in {1, 2}
        assert "Traceback" not in done.output
        error = done.stderr.splitlines()[-1]
        in_cache = command == "cache" or (command, how) == ("report", "limit")  # notebooks are run in the cache
        cache = (disk if command == "cache" else tmp_path) / "cache"
        place, hint = (cache, "Set KIT_CACHE to") if in_cache else (out, "Choose")
        assert error == f"kit: {place}: {reason.lower()}. {hint} a folder with write permission and free space."
    finally:
        if is_disk:
            subprocess.run(["umount", str(disk)], check=True)


@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_tables_have_the_same_bytes_from_a_cold_start(folder: Path, tmp_path: Path, place: Path, form: str) -> None:
    tiny.export(folder / "more")
    for name in ("first", "second"):
        export.export(store.open_data(folder), tmp_path / name, form=form, raw=True)
        build.empty()
    assert contents(tmp_path / "first") == contents(tmp_path / "second")
    assert [path.name for path in place.iterdir()] == ["salt"]


@pytest.mark.parametrize("held", [b"", b"short", bytes(32), b"x" * 33])
def test_a_secret_that_is_none_is_refused(folder: Path, tmp_path: Path, place: Path, held: bytes) -> None:
    place.mkdir()
    (place / "salt").write_bytes(held)
    done = kit("tables", folder, "--out", tmp_path / "out", "--format", "csv")
    said = f"the secret of the keys needs 32 random bytes, but this file has {len(held)}. Delete it: "
    assert done.exit_code == 1
    assert f"kit: {place / 'salt'}: {said}" in done.stderr
    assert not (tmp_path / "out").exists()
    assert (place / "salt").read_bytes() == held


def test_the_secret_is_written_whole_or_not_at_all(
    folder: Path, tmp_path: Path, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = store.open_data(folder)
    with monkeypatch.context() as patched:

        def full(_: int) -> None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        patched.setattr(os, "fsync", full)
        with pytest.raises(InputError, match="no space left on device"):
            export.export(data, tmp_path / "out")
        assert not [path for path in place.iterdir() if "salt" in path.name]
    for step in range(10):
        with monkeypatch.context() as patched:
            killed_at(patched, step)
            with suppress(Killed, FileExistsError):
                write_new(place / "salt", os.urandom(32))
        assert not (place / "salt").exists() or len((place / "salt").read_bytes()) == 32
    export.export(data, tmp_path / "out", form="csv")
    assert [path.name for path in place.iterdir() if "salt" in path.name] == ["salt"]
    assert contact_key("john@example.com") not in (tmp_path / "out" / "contacts.csv").read_text(encoding="utf-8-sig")


def test_what_is_there_is_not_written_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_new(tmp_path / "a", b"first")
    with pytest.raises(FileExistsError):
        write_new(tmp_path / "a", b"second")

    def no_links(*_: object) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "link", no_links)
    with pytest.raises(FileExistsError):
        write_new(tmp_path / "a", b"second")
    write_new(tmp_path / "b", b"third", mode=0o600)
    assert contents(tmp_path) == {"a": b"first", "b": b"third"}
    assert (tmp_path / "b").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "damaged", ["store.json", "campaigns/0.parquet", "contacts/0.parquet", "campaign_stats/0.parquet"]
)
@pytest.mark.parametrize("how", ["a bit", "zeros", "another's"])
def test_a_store_of_which_a_byte_is_wrong_is_made_anew(folder: Path, damaged: str, how: str) -> None:
    first = store.open_data(folder)
    before = {name: first.table(name) for name in ("campaigns", "contacts", "campaign_stats")}
    path = first.path / damaged
    raw = bytearray(path.read_bytes())
    if how == "a bit":
        raw[len(raw) // 2] ^= 1
    elif how == "zeros":
        raw[:] = bytes(len(raw))
    path.write_bytes(b'{"digests": {}, "files": 1}' if how == "another's" else raw)
    again = store.open_data(folder)
    for name, frame in before.items():
        assert again.table(name).equals(frame)
    assert [log.status for log in again.files] == ["read", "read"]


def test_saved_counts_of_which_a_byte_is_wrong_are_not_used(tmp_path: Path) -> None:
    frame_files.save(7, tmp_path / "a.arrow")
    raw = (tmp_path / "a.arrow").read_bytes()
    assert frame_files.load(tmp_path / "a.arrow") == 7
    for place in range(0, len(raw), 5):
        (tmp_path / "a.arrow").write_bytes(raw[:place] + bytes([raw[place] ^ 4]) + raw[place + 1 :])
        with pytest.raises((ValueError, KeyError, OSError)):
            frame_files.load(tmp_path / "a.arrow")
    assert issubclass(pa.ArrowInvalid, ValueError)


def test_drafts_of_killed_runs_leave_the_cache(folder: Path, place: Path) -> None:
    for name in (f"draft-{GONE}-1/campaigns", "draft-x1y2z3", f"draft-{os.getppid()}-1", "of-somebody"):
        (place / name).mkdir(parents=True)
    os.utime(place / "draft-x1y2z3", (0, 0))
    made = store.open_data(folder).path
    assert sorted(path.name for path in place.iterdir()) == sorted(
        [made.name, f"draft-{os.getppid()}-1", "of-somebody"]
    )


def test_old_stores_leave_the_cache_and_those_in_use_stay(folder: Path, place: Path) -> None:
    def stores(letter: str, n: int, age: float) -> set[str]:
        names = {f"{number:032x}".replace("0", letter) for number in range(n)}
        for name in names:
            (place / name).mkdir(parents=True)
            (place / name / "store.json").write_text("{}")
            os.utime(place / name, (time.time() - age,) * 2)
        return names

    in_use, older = stores("a", build.KEPT + 5, build.IN_USE - 60), stores("b", 3, build.IN_USE + 60)
    made = store.open_data(folder).path
    assert {path.name for path in place.iterdir() if path.is_dir()} == in_use | {made.name}
    assert not older & {path.name for path in place.iterdir()}


def test_notebooks_of_a_killed_run_lie_where_they_are_swept(folder: Path, place: Path, tmp_path: Path) -> None:
    look = f"import os; print([name.split('-')[0] for name in os.listdir({str(place)!r}) if 'draft' in name])"
    tiny.notebook(tmp_path / "notebooks" / "01_one.ipynb", look)
    made = report.build(folder, tmp_path / "out", notebooks=tmp_path / "notebooks")
    assert "[&#x27;draft&#x27;]" in (made.path / "01_one.html").read_text(encoding="utf-8")
    assert not list(place.glob("draft-*"))


def test_the_cache_says_where_it_is_and_empties_itself_alone(folder: Path, place: Path) -> None:
    store.open_data(folder)
    exports.write(place, "mine/a.txt", "mine")
    exports.write(place, "salt", "s" * 32)
    assert kit("cache").stdout == f"{place}: 1 folder of exports, 0.0 MB.\n"
    assert kit("cache", "--empty").exit_code == 0
    assert sorted(path.name for path in place.iterdir()) == ["mine", "salt"]
    assert kit("cache").stdout == f"{place}: 0 folders of exports, 0.0 MB.\n"
    shutil.rmtree(place)
    assert kit("cache").stdout == f"{place}: 0 folders of exports, 0.0 MB.\n"


ODD = [
    "a\x1b[31mred.csv",
    "two\nlines.csv",
    "back\rspace\b.csv",
    "tab\t.csv",
    "turned\u202evsc.csv",
    "bell\x07.csv",
    "\x9b31m.csv",
]


def test_no_sign_of_a_name_is_obeyed_by_the_terminal(tmp_path: Path, place: Path) -> None:  # noqa: ARG001  as above
    inside = tmp_path / f"in {''.join(ODD)}"
    for number, name in enumerate(ODD):
        exports.write(inside, name, exports.MONTHS.replace("2026", f"20{number + 10}"))
        exports.write(inside, f"{name}.txt", "nothing")
    commands = [["check", inside], ["check", inside, "--json"]]
    commands += [["map", inside / name] for name in ODD] + [["check", tmp_path / f"no {name}"] for name in ODD]
    commands += [["tables", inside, "--out", out] for out in (tmp_path / f"out {ODD[0]}", inside)]
    for words in commands:
        done = kit(*words)
        shown = done.stdout + done.stderr
        assert not [sign for sign in shown if sign != "\n" and printable(sign) != sign], words
        assert "\nlines" not in shown, words
    data = store.open_data(inside)
    assert {printable(name) for name in ODD} <= {log.file for log in data.files}
    assert all(data.raw(printable(name)) is not None for name in ODD)


@pytest.mark.parametrize(
    "line",
    [
        'time_zone = "Europe"', 'time_zone = "America/Argentina"', f"currency = {'[' * 3000}{']' * 3000}",
        f"money.hour_rate = {'9' * 400}", "as_of = 10:00:00", 'as_of = "2026-13-01"', "split = [9e999]",
        "own_domains = 5",
    ],
)  # fmt: skip
def test_settings_that_cannot_be_used_are_one_line(folder: Path, line: str) -> None:
    exports.write(folder, settings.FILE, line)
    done = kit("check", folder)
    assert (done.exit_code, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert done.stderr.startswith("kit: kit.toml")


@pytest.mark.parametrize("kind", ["folder", "link", "pipe"])
def test_settings_that_are_no_file_are_named(folder: Path, kind: str) -> None:
    path = folder / settings.FILE
    if kind == "folder":
        path.mkdir()
    elif kind == "link":
        path.symlink_to(folder / "nowhere")
    elif hasattr(os, "mkfifo"):
        os.mkfifo(path)
    with pytest.raises(SettingsError, match="no such file" if kind == "link" else "it is not a file"):
        settings.load(folder)


MAPPINGS = {
    "deep": f"x: {'[' * 3000}{']' * 3000}", "a day that is none": "header: 2026-99-99", "bytes": b"\xff\xfe\x00",
    "of Python": "columns: !!python/object:os.system x", "round": "header: &a [*a]",
    "a key that is a list": "? [a]\n: b", "a large number": f"header: {'9' * 5000}",
    "a list": "- a", "a control sign": "header: \x07", "nothing": "",
}  # fmt: skip


@pytest.mark.parametrize("content", MAPPINGS.values(), ids=MAPPINGS.keys())
def test_a_mapping_that_cannot_be_used_stops_no_other_file(folder: Path, content: str | bytes) -> None:
    exports.write(folder, "a.csv.map.yaml", content)
    logs = {log.file: log for log in store.open_data(folder).files}
    assert logs["a.csv.map.yaml"].status == "unreadable"
    assert logs["a.csv.map.yaml"].error is not None
    assert (logs["a.csv"].rows_kept, logs["people.csv"].rows_kept) == (2, 1)


def test_things_that_are_no_files_stop_no_other(folder: Path) -> None:
    (folder / "folder.csv").mkdir()
    (folder / "link.csv").symlink_to(folder / "nowhere")
    (folder / "round.csv").symlink_to(folder / "round.csv")
    os.mkfifo(folder / "pipe.csv")
    logs = {log.file: log.status for log in store.open_data(folder).files}
    assert logs == {
        "a.csv": "read", "people.csv": "read", "link.csv": "unreadable", "round.csv": "unreadable",
        "pipe.csv": "unreadable",
    }  # fmt: skip


@pytest.mark.parametrize("encoding", ["cp1251", "ascii:strict"])
def test_a_terminal_that_knows_few_letters_shows_codes(tmp_path: Path, encoding: str) -> None:
    exports.write(tmp_path / "in", "яю☀.csv", exports.RUSSIAN.replace("Весна", "Весна ☀"))
    environment = os.environ | {"PYTHONIOENCODING": encoding, "LC_ALL": "C", "PYTHONUTF8": "0"}
    done = subprocess.run(
        [sys.executable, "-m", "kit.cli", "check", "in"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert b"2 rows = 2 kept" in done.stdout
    assert b"Traceback" not in done.stderr


POOR = """
import json, sys
from kit.report import warm
from kit.cli import main
warm.CAN_FORK = False
for words in json.loads(sys.argv[1]):
    main(words, standalone_mode=False)
"""
"""Commands as they run where nothing is forked."""


def test_commands_run_where_letters_are_few_and_nothing_is_forked(tmp_path: Path) -> None:
    tiny.export(tmp_path / "Экспорт ☀")
    commands = [
        ["new", "моя папка"],
        ["map", "Экспорт ☀/campaigns.csv"],
        ["explain", "open_rate", "--lang", "ru"],
        ["report", "Экспорт ☀", "--out", "отчёт ☀", "--only", "00", "--lang", "ru", "--xlsx", "--eml"],
    ]
    done = subprocess.run(
        [sys.executable, "-c", POOR, json.dumps(commands)], cwd=tmp_path, capture_output=True, check=False,
        env=os.environ | {"PYTHONIOENCODING": "cp1251", "LC_ALL": "C"},
    )  # fmt: skip
    assert (done.returncode, b"Traceback" in done.stderr) == (0, False), done.stderr
    assert "отчёт \\u2600" in done.stdout.decode("cp1251")
    assert 'lang="ru"' in (tmp_path / "отчёт ☀" / "index.html").read_text(encoding="utf-8")
    assert (tmp_path / "отчёт ☀" / "report.xlsx").is_file()
    assert (tmp_path / "моя папка" / "notebooks" / "00_check_the_export.ipynb").is_file()


@pytest.mark.parametrize("words", [["check", "{}"], ["report", "{}", "--out", "out"], ["tables", "{}", "--out", "out"]])
def test_an_error_of_the_system_is_one_line(folder: Path, monkeypatch: pytest.MonkeyPatch, words: list[str]) -> None:
    monkeypatch.setenv("KIT_CACHE", "/proc/x")
    monkeypatch.chdir(folder.parent)
    done = kit(*(word.format(folder) for word in words))
    said = "kit: /proc/x: no such file or directory. Set KIT_CACHE to a folder with write permission and free space.\n"
    assert (done.exit_code, done.stdout, done.stderr) == (1, "", said)
    with pytest.raises(UsageError):
        report.folder.check(Path("/proc/x"), folder)
