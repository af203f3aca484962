"""Sectioned reports: pairs, titles and tables of links in one file."""

from __future__ import annotations

import csv
import re
from datetime import datetime
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from kit import sources
from kit.settings import Settings
from kit.sources.detect import presets
from kit.sources.reports import sections
from kit.sources.text import encodings, grid
from tests import exports

if TYPE_CHECKING:
    from pathlib import Path

    from kit.sources import FileLog

BARE = Settings()
COUNTS = [
    "sent",
    "delivered",
    "bounced",
    "opened",
    "opens_total",
    "clicked",
    "clicks_total",
    "unsubscribed",
    "complained",
]


def read_one(path: Path, settings: Settings = BARE) -> tuple[FileLog, pd.DataFrame, pd.DataFrame]:
    loaded = sources.read(path, settings)
    (log,) = loaded.files
    assert log.rows_read == log.rows_kept + log.rows_left_out
    assert len(log.rejections) == log.rows_left_out
    return log, loaded.tables["campaign_stats"], loaded.tables["link_stats"]


def test_a_report_is_one_campaign_with_its_links(tmp_path: Path) -> None:
    log, table, links = read_one(exports.write(tmp_path, "a.csv", exports.REPORT))
    assert (log.preset, log.table, log.unmapped) == ("mailchimp_report", "campaign_stats, link_stats", ())
    assert log.why == "it begins with 'Email Campaign Report' and has a section 'Overall Stats'"
    (row,) = table.to_dict("records")
    assert [row[name] for name in COUNTS] == [1005, 1000, 5, 141, 201, 20, 57, 1, 0]
    assert (row["campaign_name"], row["subject"], row["source_campaign_id"]) == (
        "Brake check", "Are your brakes ready?", "ba5052d3e9",
    )  # fmt: skip
    assert (row["sent_local"], row["as_of"]) == (datetime(2026, 3, 3, 10), datetime(2026, 5, 9, 17, 40))
    assert (row["revenue"], row["currency"], row["reported_open_rate"]) == (12.5, "CAD", pytest.approx(0.141))
    assert table[["bounced_hard", "bounced_soft", "variant", "campaign_type"]].isna().all(axis=None)
    assert links[["clicks_total", "clicked"]].to_numpy().tolist() == [[40, 19], [1, 1]]
    assert links["source_campaign_id"].tolist() == ["ba5052d3e9"] * 2


def test_a_test_has_a_row_a_combination_and_no_id_of_a_combination(tmp_path: Path) -> None:
    log, table, links = read_one(exports.write(tmp_path, "a.csv", exports.AB_REPORT))
    assert (log.preset, log.rows_read, log.rows_kept) == ("mailchimp_ab_report", 6, 6)
    assert table["variant"].tolist() == ["A", "B"]
    assert table["campaign_type"].tolist() == ["ab_test", "ab_test"]
    assert table["campaign_name"].tolist() == ["Tyres", "Tyres"]
    assert table["subject"].tolist() == ["Tyres now", "Tyres later"]
    assert table[["sent", "opened"]].to_numpy().tolist() == [[1005, 141], [1004, 125]]
    assert table["source_campaign_id"].isna().all()
    assert links["source_campaign_id"].isna().all()
    assert links["variant"].tolist() == ["A", "A", "B", "B"]
    assert links["campaign_name"].tolist() == ["Tyres"] * 4


def test_an_id_that_all_combinations_share_is_the_campaigns(tmp_path: Path) -> None:
    shared_id = exports.AB_REPORT.replace("d4516d7a73", "3c2cf0ef38")
    _, table, _ = read_one(exports.write(tmp_path, "a.csv", shared_id))
    assert table["source_campaign_id"].tolist() == ["3c2cf0ef38"] * 2


def test_the_real_test_report_adds_up_as_by_hand(shared: Path) -> None:
    path = shared / "formats" / "mailchimp" / "ab_report.csv"
    log, table, links = read_one(path)
    # 1751 against 1750 recipients, 141 against 125 openers, 20 against 27 clickers: FORMATS, Mailchimp
    assert table[["sent", "opened", "clicked"]].to_numpy().tolist() == [[1751, 141, 20], [1750, 125, 27]]
    assert links.groupby("variant")["clicked"].sum().tolist() == [23, 43]
    assert table["as_of"].max() == pd.Timestamp("2026-01-07 17:40")
    with path.open(encoding="utf-8", newline="") as file:
        urls = [row for row in csv.reader(file) if row and row[0].startswith("http")]
    assert len(links) == len(urls)
    assert links["clicks_total"].sum() == sum(int(row[1]) for row in urls)
    assert (log.rows_read, log.rows_kept) == (2 + len(urls), 2 + len(urls))


def test_the_real_report_of_one_campaign_adds_up_as_by_hand(shared: Path) -> None:
    path = shared / "formats" / "mailchimp" / "single_campaign_report.csv"
    _, table, links = read_one(path)
    (row,) = table.to_dict("records")
    assert [row[name] for name in COUNTS] == [1, 1, 0, 1, 13, 1, 1, 0, 0]  # read in the file
    assert row["source_campaign_id"] == "ba5052d3e9"  # mc_cid of its links
    assert row["as_of"] == datetime(2021, 4, 30, 6, 4)
    assert len(links) == len(re.findall(r'^"http', path.read_text(encoding="utf-8"), re.MULTILINE))


def _swapped(old: str, new: str) -> str:
    assert old in exports.REPORT
    return exports.REPORT.replace(old, new)


BAD = [
    ('"Tue, Mar 3, 2026 10:00"', '"soon"', (3, "Delivery Date/Time:", "'soon' is not a time")),
    ('"5/4/26 6:01"', '"never"', (19, "Last Click Date:", "'never' is not a time")),
    ('"40","19"', '"40"', (26, None, "it has 2 cells, but the header has 3")),
]


UNREAD = [
    ('"1,005"', '"-5"', (9, "Total Recipients:", "'-5' is negative, but a count never is; the row is kept without it")),
    ('"40","19"', '"40","x"', (26, "Unique Clicks", "'x' is not a number; the row is kept without it")),
]


@pytest.mark.parametrize(("old", "new", "unread"), UNREAD)
def test_a_count_that_cannot_be_read_is_named_and_the_others_are_kept(
    tmp_path: Path, old: str, new: str, unread: tuple[int, str, str]
) -> None:
    (log,) = sources.read(exports.write(tmp_path, "a.csv", _swapped(old, new)), BARE).files
    assert [(one.line, one.column, one.reason) for one in log.cells] == [unread]
    assert (log.rejections, log.rows_read) == ((), log.rows_kept)


@pytest.mark.parametrize(("old", "new", "rejected"), BAD)
def test_what_cannot_be_read_is_rejected_with_its_line_and_key(
    tmp_path: Path, old: str, new: str, rejected: tuple[int, str | None, str]
) -> None:
    log, _, _ = read_one(exports.write(tmp_path, "a.csv", _swapped(old, new)))
    assert [(one.line, one.column, one.reason) for one in log.rejections] == [rejected]
    assert (log.rows_read, log.rows_kept) == (3, 2)


def test_a_cut_report_says_so(tmp_path: Path) -> None:
    cut = exports.REPORT[: exports.REPORT.index('"Total Clicks:"') + len('"Total Clicks:"')]
    log, table, _ = read_one(exports.write(tmp_path, "a.csv", cut))
    assert [one.reason for one in log.rejections] == [
        "a key has no value; perhaps the file is cut off here. Export it again"
    ]
    assert table.empty


MAILERLITE = """\
shape: sections
table: campaign_stats
vendor: mailerlite
recognise: {first_line: Acme report, section: Campaign results}
columns:
  subject: Subject
  sent_local: Sent
  sent: Total emails sent
  opened: Opened
  reported_open_rate: Opened
  clicked: Clicked
  unsubscribed: Unsubscribed
  complained: Spam complaints
  bounced_hard: Hard bounce
  bounced_soft: Soft bounce
ignore: [Mobile, Webmail, Desktop]
links:
  section: Links activity
  columns: {url: Links, clicked: Unique clicks, clicks_total: Total clicks}
"""

MAILERLITE_REPORT = """\
Acme report
"Subject:","Winter tyres"
"Sent","2026-03-03 10:00:00"

"Campaign results"
"Total emails sent:","1000"
"Opened:","300 (30.3%)"
"Clicked:","50 (5.05%)"

"Bad statistics"
"Unsubscribed:","5 (0.5%)"
"Spam complaints:","0 (0%)"
"Hard bounce:","6 (0.6%)"
"Soft bounce:","4 (0.4%)"

"Reading environment"
"Mobile:","60%"

"Links activity"
"Links","Unique clicks","Total clicks"
"https://shop.example.com/","40","70"
"""


def test_another_vendors_report_is_one_more_file_of_data(tmp_path: Path) -> None:
    one = presets.load(exports.write(tmp_path, "mailerlite_report.yaml", MAILERLITE))
    report = grid.of_text(encodings.decode(MAILERLITE_REPORT.encode()), "a.csv")
    done = sections.read(report, one, "", BARE)
    (row,) = done.tables["campaign_stats"].to_dict("records")
    # FORMATS, MailerLite Classic: delivered = sent - hard - soft; opened is over delivered
    assert (row["sent"], row["delivered"], row["delivered_is_derived"]) == (1000, 990, True)
    assert (row["opened"], row["clicked"], row["unsubscribed"]) == (300, 50, 5)
    assert done.tables["link_stats"][["clicks_total", "clicked"]].to_numpy().tolist() == [[70, 40]]
    assert (done.log.unmapped, done.log.rejections) == ((), ())
    assert sources.read(exports.write(tmp_path, "a.csv", MAILERLITE_REPORT), BARE).files[0].status == "unrecognised"
