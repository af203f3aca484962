"""Nobody's address, telephone number or name leaves: not in a page, a figure, a message, results.json or a CSV."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pytest
from click.testing import CliRunner

from kit import cli, store
from kit.privacy import MASK, masked, quotable
from kit.questions.compare_campaigns import ranking
from kit.show.picture import drawing, label, picture
from tests import exports, small

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.axes import Axes

TELEPHONES = [
    "+7 921 555-01-02", "8 (921) 555-01-02", "89215550102", "8 495 555 01 02", "555-01-02", "+49 170 5550102",
    "0170 5550102", "020 7946 0958", "06 12 34 56 78", "(555) 555-0102", "555-555-0102", "+1.555.555.0102",
    "%2B7%20921%20555-01-02", "+7\u00a0921\u00a0555\u00a001\u00a002",
]  # fmt: skip
NUMBERS = [
    "2026-03-05 10:00", "2026-01..2026-06", "05.03.2026", "03/04/2026 10:00", "2026-10-31 23:59:00.123456+00:00",
    "1,234,567 (12.5%)", "1 234 567 890", "+1,234,567", "12.345.678,90", "0.123456789012", "1767268800000",
    "10:00-12:00", "+0.4 points (−1.2 to +2.0)", "0.0010-0.0020", "season 2025-2026", "978-3-16-148410-0", "1.204.000",
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("write to anna.b+x@example.com, please", "write to •••@example.com, please"),
        ("https://example.com/?who=anna%40example.com", "https://example.com/?•••%40example.com"),
        ("a twice encoded anna%2540example.com", "a twice encoded •••%2540example.com"),
        ("bounces+anna=example.com@mail.example.com", "•••@mail.example.com"),
        ("@media print { }", "@media print { }"),
        ({"a": ["bob@example.org", 1, None]}, {"a": ["•••@example.org", 1, None]}),
        ({"to a@example.com": 1, "to b@example.com": 2}, {"to •••@example.com": 1, "to •••@example.com (2)": 2}),
    ],
)
def test_addresses_are_masked_at_any_depth(text: object, left: object) -> None:
    assert masked(text) == left


@pytest.mark.parametrize("telephone", TELEPHONES)
def test_telephone_numbers_are_masked_wherever_they_stand(telephone: str) -> None:
    assert masked(f"Call {telephone}, please") == f"Call {MASK}, please"
    assert masked(f"'{telephone}'") == f"'{MASK}'"


@pytest.mark.parametrize("number", NUMBERS)
def test_no_date_and_no_count_is_taken_for_a_telephone_number(number: str) -> None:
    assert masked(f"On {number} of") == f"On {number} of"


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        ("'soon'", "'soon'"),
        ("'a lot'", "'a lot'"),
        ("'03.11.26x'", "'03.11.26x'"),
        ("'12 EUR'", "'12 EUR'"),
        ("'#VALUE!'", "'#VALUE!'"),
        ("'Anna Example'", "'aaa aaa'"),
        ("'Пример'", "'яяя'"),
        ("'anna example'", "'aaa aaa'"),
        ("'anna%40example.com'", "'aaa%99aaa.aaa'"),
        ("'+7 921 555-01-02'", "'+9 999 999-99-99'"),
        (f"'{'Anna ' * 20}'", "text"),
    ],
)
def test_a_message_shows_a_cell_or_its_shape_where_it_could_be_somebodys(cell: str, shown: str) -> None:
    assert quotable(cell) == shown


OFFER = "Offer for anna@example.com"
SHIFTED = [
    [OFFER, "2026-01-05", 3000, 2990, 900, 90],
    ["Offer to anna%40example.com", "2026-02-05", 3000, 2990, 1200, 95],
    ["Call +7 921 555-01-02", "2026-03-05", 3000, 2990, 1210, 93],
    ["One", "2026-03-06", "Example Anna", 7, 8, 9],
    ["Two", "2026-03-07", "+7 921 555-01-03", 7, 8, 9],
    ["Three", "Anna", "anna%40example.com", 7, 8, 9],
]
PEOPLE = [
    ["anna@example.com", "active", "2026-01-05"],
    ["boris@example.com", "Example Boris", "2026-01-06"],
    ["Example Clara", "active", "2026-01-07"],
    ["dora@example.com", "active", "+7 921 555-01-04"],
]
OWN = re.compile(r"anna|boris|clara|dora|(?<!\.)example (?:anna|boris|clara)|555.?01", re.IGNORECASE)


def everything(folder: Path) -> str:
    """All that a report holds, what is packed in it unpacked."""
    parts = [path.read_text(encoding="utf-8") for path in folder.iterdir()]
    parts += [base64.b64decode(one).decode() for part in parts for one in re.findall(r";base64,([\w+/=]+)", part)]
    return unquote("\n".join(parts))


def test_a_report_names_nobody(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    header = ["Campaign", "Date", "Sent", "Delivered", "Opened", "Clicked"]
    small.table(tmp_path / "in", "a.csv", header, SHIFTED)
    small.table(tmp_path / "in", "people.csv", ["Email", "Status", "Opted in at"], PEOPLE)
    exports.write(tmp_path / "in", "list.csv", "Anna Example;anna@example.com;+7 921 555-01-05\n" * 3)
    where = f"campaign_name={OFFER}"
    done = CliRunner().invoke(
        cli.main, ["report", str(tmp_path / "in"), "--out", str(tmp_path / "out"), "--only", "00,03"]
    )
    assert (done.exit_code, len(list((tmp_path / "out").iterdir()))) == (1, 4), done.output
    text = everything(tmp_path / "out")
    assert "Offer for •••@example.com" in text
    assert [text[max(0, one.start() - 60) : one.end() + 60] for one in OWN.finditer(text)] == []
    assert OWN.findall(done.stderr) == []
    assert store.open_data(tmp_path / "in", where=where).filters == (("campaign_name", OFFER),)


def names(axes: Axes) -> None:
    axes.set_yticks([0, 1], [f"{OFFER} {number}" for number in range(2)])
    axes.bar([f"Call {TELEPHONES[0]}", OFFER], [1, 2])
    axes.legend([OFFER], title=OFFER)
    axes.annotate(OFFER, (0, 0))
    axes.figure.suptitle(OFFER)


def test_what_is_drawn_is_masked_before(tmp_path: Path) -> None:
    with drawing(2) as axes:
        names(axes)
        drawn = picture(axes, name="x", title=OFFER, alt=OFFER)
    for svg in (drawn.svg, drawn.narrow):
        assert OWN.findall(svg) == []
        assert svg.count("Offer for") >= 7
        assert svg.count("•••@example.com") >= 7
    assert label(f"A long name of a campaign {OFFER}") == "A long name of a campaign Off…"
    assert label("To anna.example.1987@mail.example.com") == "To •••@mail.example.com"
    header = ["Campaign", "Date", "Sent", "Delivered", "Opened", "Clicked"]
    small.table(
        tmp_path, "a.csv", header, [[f"{OFFER} {n}", f"2026-0{n}-05", 3000, 2990, 900, 90] for n in range(1, 7)]
    )
    drawn = ranking.rank(store.open_data(tmp_path), kpi="open_rate").plot().svg
    assert "Offer for •••@example.com 1" in drawn
    assert OWN.findall(drawn) == []
