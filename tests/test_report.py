"""Running notebooks and what the report makes of them (CHECKS: C14, B24, B25)."""

from __future__ import annotations

import base64
import json
import re
import signal
import subprocess
import sys
import time
from hashlib import sha256
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest
import small
import tiny

import kit
from kit import report
from kit.errors import EmptyError, UsageError
from kit.questions.check_the_export import files
from kit.report import check, clean, page, quality, render
from kit.show import picture

if TYPE_CHECKING:
    from pathlib import Path

SUBJECTS = "import kit\nfor subject in kit.open(data, period, where).campaigns['subject']: print(subject)"
FIGURE = """from matplotlib.figure import Figure
from io import StringIO
from IPython.display import SVG
import kit, matplotlib
matplotlib.rcParams["svg.hashsalt"] = "kit"
figure, text = Figure(figsize=(3, 2)), StringIO()
figure.subplots().bar(range(9), [len(kit.open(data, period, where).campaigns)] * 9)
figure.savefig(text, format="svg", metadata={"Date": None})
SVG(text.getvalue())"""
REQUIRES_ORDERS = {"any": [{"table": "orders"}]}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> report.Report:
    """A report of seven notebooks, of which three fail and one has no data."""
    base = tmp_path_factory.mktemp("built")
    tiny.notebook(
        base / "notebooks" / "00_well.ipynb",
        "## What came in",
        SUBJECTS,
        tiny.sentence("The second.", headline=True, weight=2),
        tiny.sentence("Not for the first page.", weight=9),
        "## What next\n\n<script>alert(2)</script> and `code`",
    )
    tiny.notebook(
        base / "notebooks" / "01_tables.ipynb",
        tiny.table([["=1+1", -3], ["+49 30", 0.5], [None, None]], "text", "number"),
        tiny.sentence("The first.", headline=True, weight=5),
        "print('<b>bold</b>')\nimport sys; print('warned', file=sys.stderr)",
        "print(min_sends + 1, strict, object())",
        "import os; print(os.getcwd())",
    )
    tiny.notebook(base / "notebooks" / "02_raises.ipynb", "print('before')", "raise ValueError('<i>no</i>')", "3")
    tiny.notebook(base / "notebooks" / "03_exits.ipynb", "import sys", "sys.exit(0)", "print('after')")
    tiny.notebook(base / "notebooks" / "04_dies.ipynb", "import os", "os._exit(0)", "print('after')")
    tiny.notebook(base / "notebooks" / "05_unfed.ipynb", "1/0", question="Who orders?", requires=REQUIRES_ORDERS)
    tiny.notebook(base / "notebooks" / "06_figure.ipynb", FIGURE)
    return report.build(
        tiny.export(base / "exports"),
        base / "out",
        parameters={"min_sends": "200", "period": "2026-01..2026-12"},
        notebooks=base / "notebooks",
    )


def results(made: report.Report) -> dict:
    return json.loads((made.path / "results.json").read_text(encoding="utf-8"))


def html(made: report.Report, name: str) -> str:
    return (made.path / f"{name}.html").read_text(encoding="utf-8")


def test_a_failing_notebook_stops_no_other(built: report.Report) -> None:
    assert built.failed == {
        "02_raises": "code cell 3: ValueError: <i>no</i>",
        "03_exits": "code cell 3: SystemExit: 0",
        "04_dies": "code cell 3: Python stopped without a message, as it does when memory runs out",
    }
    assert built.unanswered == {"05_unfed": "none of your files contains orders"}
    assert built.pages == ("00_well", "01_tables", "02_raises", "03_exits", "04_dies", "06_figure")
    assert not built.well


def test_the_index_lists_every_notebook_with_its_state(built: report.Report) -> None:
    index = html(built, "index")
    assert "3 of 7 answered, 3 failed, 1 cannot be answered from these exports." in index
    assert "Failed: code cell 3: SystemExit: 0" in index
    assert "Not answered: none of your files contains orders" in index
    assert "Who orders?" in index
    assert not (built.path / "05_unfed.html").exists()


def test_a_failed_page_says_so_and_keeps_what_ran(built: report.Report) -> None:
    failed = html(built, "02_raises")
    assert "This page is not complete." in failed
    assert "before" in failed
    assert "ValueError: &lt;i&gt;no&lt;/i&gt;" in failed
    assert "Traceback" not in failed
    assert "after" not in html(built, "03_exits").split("<main>")[1].split("<details")[0]


def test_the_first_page_has_the_weightiest_findings_first_one_of_a_page(tmp_path: Path) -> None:
    for number, weight in enumerate((10, 50, 70, 60)):
        tiny.notebook(
            tmp_path / "notebooks" / f"{number:02}_page.ipynb",
            tiny.sentence(f"Weight {weight}.", headline=True, weight=weight),
            tiny.sentence(f"Less than {weight}.", headline=True, weight=weight - 1),
            tiny.sentence("Not for the first page."),
            tiny.sentence("Service.", name="responses_now"),
        )
    made = report.build(tiny.export(tmp_path / "exports"), tmp_path / "out", notebooks=tmp_path / "notebooks")
    index = html(made, "index")
    places = [index.index(text) for text in ("Weight 70.", "Weight 60.", "Weight 50.", "Service.")]
    assert places == sorted(places)
    assert not re.search("Weight 10|Less than|Not for the first page", index)


def test_the_next_step_stands_beside_its_finding_and_tiles_before_all(tmp_path: Path) -> None:
    tiles = {"kind": "tiles", "name": "tiles", "text": "Tiles.", "headline": False, "weight": 0, "numbers": {}}
    tiny.notebook(
        tmp_path / "notebooks" / "02_months.ipynb",
        tiny.sentence("A finding.", headline=True, weight=9, next_step="Do this."),
        tiny.SHOW.format(html="<ul><li>A tile</li></ul>", result=tiles),
    )
    made = report.build(tiny.export(tmp_path / "exports"), tmp_path / "out", notebooks=tmp_path / "notebooks")
    index = html(made, "index")
    places = [index.index(text) for text in ("<li>A tile</li>", "A finding.", "Do this.", "All questions")]
    assert places == sorted(places)


def test_rows_said_twice_are_no_rejected_ones_on_any_page(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    one = small.event("open", 1)
    small.log(tmp_path / "in", [one, small.event("open", 2), one])
    data = kit.open(tmp_path / "in")
    good = quality.quality(data)
    kinds = ("read", "kept", "rejected", "repeated")
    assert [good.rows(kind) for kind in kinds] == [3, 2, 0, 1]
    assert files.check(data).summary().text == (
        "1 of 1 file was read. None of 3 rows was rejected; 1 duplicate row was removed."
    )
    assert "3 rows = 2 kept + 0 rejected + 1 repeated" in check.check(tmp_path / "in").as_text()


def test_notes_are_listed_and_long_ones_unfold(tmp_path: Path) -> None:
    long = " ".join(["word"] * 60)
    good = quality.Quality("in", "", "", (FILE | {"notes": ["first", long]},))
    render.write(tmp_path, [], good, {})
    index = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "<li>first</li>" in index
    shown = re.search(r'<details class="kit-long"><summary>([^<]+)</summary>([^<]+)</details>', index)
    assert shown is not None
    assert len(shown[1]) <= 160
    assert f"{shown[1]} {shown[2]}" == long


FILE = {
    "file": "a.csv", "status": "read", "preset": "orders", "table": "orders", "why": "", "rows_read": 1, "rows_kept": 1,
    "rows_rejected": 0, "rows_repeated": 0, "rows_set_aside": 0,
}  # fmt: skip


def test_filters_stand_on_top_and_parameters_where_the_page_is_computed(built: report.Report) -> None:
    for name in ("index", "00_well", "06_figure"):
        top = html(built, name).split("<main>")[0]
        assert "2026-01..2026-12" in top
        assert "all campaigns" in top
    computed = html(built, "01_tables").split('id="computed"')[1]
    assert re.search(r"min_sends</dt><dd><b>200</b> <span>smallest campaign that is judged", computed)
    assert re.search(r"strict</dt><dd><b>no</b>", computed)
    assert results(built)["notebooks"]["01_tables"]["parameters"]["min_sends"] == 200


def test_a_figure_of_the_kit_is_on_its_page_for_either_width_in_the_pages_colours(tmp_path: Path) -> None:
    drawn = """from kit.show.picture import BAD, drawing, picture
with drawing(2) as axes:
    axes.plot([1, 2], color=BAD)
    axes.set_title("<b>Sent</b>")
    made = picture(axes, name="sent", title="Sent", alt="Sent: 1, 2.")
made"""
    tiny.notebook(tmp_path / "notebooks" / "00_drawn.ipynb", drawn, FIGURE)
    made = report.build(tiny.export(tmp_path / "in"), tmp_path / "out", notebooks=tmp_path / "notebooks")
    shown = html(made, "00_drawn")
    assert re.findall(r'<svg class="(kit-\w+)" role="img" aria-label="([^"]+)"', shown) == [
        ("kit-desk", "Sent: 1, 2."), ("kit-phone", "Sent: 1, 2."),
    ]  # fmt: skip
    assert ">&lt;b&gt;Sent&lt;/b&gt;</text>" in shown
    assert "stroke: var(--figure-bad)" in shown
    assert shown.count("<img") == 1  # a figure that is not the kit's is no part of the page
    assert "<svg" not in (made.path / "results.json").read_text(encoding="utf-8")
    for name in picture.COLORS.values():
        assert f"--figure-{name}:" in shown


def test_the_quality_of_the_data_stands_on_the_first_page(built: report.Report) -> None:
    index = html(built, "index")
    assert "<b>1</b> of 1" in index
    assert "Europe/Berlin" in index
    data = results(built)["data"]
    assert (data["files_found"], data["files_read"]) == (1, 1)
    assert (data["rows_read"], data["rows_kept"], data["rows_rejected"]) == (3, 3, 0)


def test_a_notebook_runs_in_its_own_folder_with_the_data_it_was_given(built: report.Report) -> None:
    assert "<pre>notebooks</pre>" in html(built, "01_tables")  # the path without the machine's folders
    assert "Spring service" in html(built, "00_well")


def test_no_text_becomes_markup(built: report.Report) -> None:
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html(built, "00_well")
    assert "&lt;script&gt;alert(2)&lt;/script&gt;" in html(built, "00_well")
    assert "&lt;b&gt;bold&lt;/b&gt;" in html(built, "01_tables")
    for path in built.path.glob("*.html"):
        assert "<script" not in path.read_text(encoding="utf-8")


def test_no_address_leaves(built: report.Report) -> None:
    assert "•••@example.com" in html(built, "00_well")
    for path in built.path.iterdir():
        assert not re.search(r"[\w.+-]+@[\w-]+\.\w", path.read_text(encoding="utf-8").replace("•••@", ""))


def test_a_table_can_be_downloaded_and_runs_no_formula(built: report.Report) -> None:
    link = re.search(r'href="data:text/csv;charset=utf-8;base64,([^"]+)" download="([^"]+)"', html(built, "01_tables"))
    assert link is not None
    assert link[2] == "01_tables-found.csv"
    # A text that a spreadsheet would run begins with an apostrophe (OWASP: CSV injection); numbers stay.
    assert base64.b64decode(link[1]).decode("utf-8-sig") == "text,number\r\n'=1+1,-3\r\n'+49 30,0.5\r\n,\r\n"


class Loads(HTMLParser):
    """Addresses that a browser would load, or that run something, on opening a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in {"src", "srcset", "data", "poster", "background", "action"} or (name == "href" and tag != "a"):
                self.found.append(str(value))
            if name.startswith("on"):
                self.found.append(f"{name}={value}")
        if tag in {"script", "iframe", "object", "embed"}:
            self.found.append(f"<{tag}>")


def test_a_page_loads_nothing_from_anywhere(built: report.Report) -> None:
    for path in built.path.glob("*.html"):
        source = path.read_text(encoding="utf-8")
        parser = Loads()
        parser.feed(source)
        assert [one for one in parser.found if not one.startswith("data:")] == []
        assert not re.search(r"url\((?!data:)|@import", source)
        assert "default-src 'none'" in source  # and the browser is told to hold it so


def test_a_page_names_no_folder_of_the_machine(built: report.Report) -> None:
    for path in built.path.iterdir():
        source = path.read_text(encoding="utf-8")
        assert str(built.path.parent) not in source
        assert "site-packages" not in source
        assert " at 0x" not in source


def test_a_second_run_has_the_same_bytes(built: report.Report) -> None:
    before = {path.name: path.read_bytes() for path in built.path.iterdir()}
    base = built.path.parent
    again = report.build(
        base / "exports",
        built.path,
        parameters={"min_sends": "200", "period": "2026-01..2026-12"},
        notebooks=base / "notebooks",
    )
    assert again == built
    assert {path.name: path.read_bytes() for path in built.path.iterdir()} == before


def test_segments_differ_and_an_empty_one_says_so(tmp_path: Path) -> None:
    exports = tiny.export(tmp_path / "exports")
    tiny.notebook(tmp_path / "notebooks" / "01_figure.ipynb", FIGURE, requires={"months": 1})
    made = {
        name: report.build(exports, tmp_path / name, parameters=told, notebooks=tmp_path / "notebooks")
        for name, told in {
            "customers": {"where": "list_name=Customers"},
            "newsletter": {"where": "list_name=Newsletter"},
            "empty": {"period": "2020-01"},
        }.items()
    }
    assert [one.well for one in made.values()] == [True, True, False]
    figures = [
        re.findall(r'src="(data:image[^"]+)"', html(made[name], "01_figure")) for name in ("customers", "newsletter")
    ]
    assert len({sha256(one[0].encode()).digest() for one in figures}) == 2
    assert "This report is empty." in html(made["empty"], "index")
    assert made["empty"].unanswered["01_figure"].startswith("1 month with e-mails is needed; available: 0")
    with pytest.raises(UsageError, match="no campaign has list_name 'Nobody'"):
        report.build(
            exports, tmp_path / "none", parameters={"where": "list_name=Nobody"}, notebooks=tmp_path / "notebooks"
        )
    assert not (tmp_path / "none").exists()


def test_a_folder_without_exports_makes_no_report(tmp_path: Path) -> None:
    (tmp_path / "exports").mkdir()
    tiny.notebook(tmp_path / "notebooks" / "01_one.ipynb", "1")
    with pytest.raises(EmptyError, match="exports contains no exports"):
        report.build(tmp_path / "exports", tmp_path / "out", notebooks=tmp_path / "notebooks")
    assert not (tmp_path / "out").exists()


def test_only_a_former_report_is_ever_replaced(tmp_path: Path) -> None:
    exports = tiny.export(tmp_path / "exports")
    tiny.notebook(tmp_path / "notebooks" / "01_one.ipynb", "1", requires=REQUIRES_ORDERS)
    letters = tmp_path / "letters"
    letters.mkdir()
    (letters / "dear.txt").write_text("Dear", encoding="utf-8")
    for out, words in {
        letters: "is not an earlier report (it contains 'dear.txt')",
        letters / "dear.txt": "is a file",
        exports / "report": "is inside the folder of exports",
    }.items():
        with pytest.raises(UsageError, match=re.escape(words)):
            report.build(exports, out, notebooks=tmp_path / "notebooks")
    assert (letters / "dear.txt").read_text(encoding="utf-8") == "Dear"
    made = report.build(exports, tmp_path / "out", notebooks=tmp_path / "notebooks")
    (made.path / "old.html").write_text("former page", encoding="utf-8")
    report.build(exports, tmp_path / "out", notebooks=tmp_path / "notebooks")
    assert sorted(path.name for path in made.path.iterdir()) == ["index.html", "results.json"]
    (made.path / "mine.txt").write_text("a note of the reader's", encoding="utf-8")
    with pytest.raises(UsageError, match=r"it contains 'mine\.txt'"):
        report.build(exports, tmp_path / "out", notebooks=tmp_path / "notebooks")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["exports", "letters", "notebooks", "out"]


def test_a_notebook_runs_in_this_python_and_in_any_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = {"argv": ["false"], "display_name": "another Python of the user's", "language": "python"}
    (tmp_path / "kernels" / "python3").mkdir(parents=True)
    (tmp_path / "kernels" / "python3" / "kernel.json").write_text(json.dumps(other), encoding="utf-8")
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    tiny.notebook(tmp_path / "{a}" / "01_one.ipynb", f"import sys\nprint(sys.prefix == {sys.prefix!r})")
    made = report.build(tiny.export(tmp_path / "exports"), tmp_path / "out", notebooks=tmp_path / "{a}")
    assert "<pre>True</pre>" in html(made, "01_one")


def test_an_interrupted_run_ends_its_kernels_and_leaves_nothing(tmp_path: Path) -> None:
    tiny.export(tmp_path / "exports")
    marker = tmp_path / "pid"
    tiny.notebook(
        tmp_path / "notebooks" / "01_long.ipynb",
        f"import os, time\nopen({str(marker)!r}, 'w').write(str(os.getpid()))\ntime.sleep(120)",
    )
    code = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "  # a shell may have it ignored
        f"from pathlib import Path; from kit import report; base = Path({str(tmp_path)!r}); "
        "report.build(base / 'exports', base / 'out', notebooks=base / 'notebooks')"
    )
    with subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.DEVNULL) as process:
        until = time.monotonic() + 60
        while not marker.exists() or not marker.read_text(encoding="utf-8"):
            assert time.monotonic() < until
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        process.wait(30)
    kernel = marker.read_text(encoding="utf-8")
    assert subprocess.run(["ps", "-p", kernel], capture_output=True, check=False).returncode != 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["exports", "notebooks", "pid"]


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("No such file: '/home/anna/exports/a.csv'", "No such file: 'a.csv'"),
        ("see https://example.com/a/b", "see https://example.com/a/b"),
        ("<object at 0x7f3a2b>", "<object>"),
        ("/var/x/ipykernel_12/3948120943.py:3: UserWarning", "cell:3: UserWarning"),
        ("3/4 and 01/02/2026", "3/4 and 01/02/2026"),
    ],
)
def test_messages_lose_what_differs_between_machines(said: str, left: str) -> None:
    assert clean.plain(said) == left


def test_numbers_that_are_negative_stay_numbers_in_csv() -> None:
    table = {"columns": [{"name": "a", "title": "=A"}], "rows": [[-1], ["-1"], ["\tx"], ["@x"], ["x=1"]]}
    assert page.as_csv(table) == "'=A\r\n-1\r\n'-1\r\n'\tx\r\n'@x\r\nx=1\r\n"
