"""What sources do not tell: no zero, no maximum, and named."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
import small
from small import DAY, NOON, event

import kit
from kit import counts, metrics
from kit.counts.told import of_sent
from kit.questions import months
from kit.questions.compare_campaigns import stand_out
from kit.questions.unused import UNUSED
from kit.report.check import check
from kit.tables import TABLES
from tests.pages import PAGES, run

if TYPE_CHECKING:
    from collections.abc import Iterable

ROOT = Path(__file__).parents[1]
MAY = "2026-05-04T08:{minute:02d}:{second:02d}.000Z"


def ses(kind: str, person: int, campaign: str = "May", **more: Any) -> dict[str, Any]:
    """An event as Amazon SES publishes it."""
    mail = {
        "timestamp": MAY.format(minute=person // 60, second=person % 60),
        "messageId": f"{campaign}-{person}",
        "source": "news@example.org",
        "destination": [f"p{person}@example.com"],
        "tags": {"campaign": [campaign]},
        "commonHeaders": {"subject": campaign},
    }
    about = {"timestamp": "2026-05-04T12:00:00.000Z"} | more
    return {"eventType": kind, "mail": mail, kind.lower(): {} if kind == "Send" else about}


def of_campaign(
    campaign: str = "May", *, sent: int = 300, bounced: int = 10, opened: int = 100, delivered: int = 0
) -> list[dict[str, Any]]:
    """The log of one campaign: the first bounce, the last open."""
    events = [ses("Send", person, campaign) for person in range(sent)]
    events += [ses("Bounce", person, campaign, bounceType="Permanent") for person in range(bounced)]
    events += [ses("Delivery", person, campaign) for person in range(sent - delivered, sent)]
    return events + [ses("Open", person, campaign) for person in range(sent - opened, sent)]


def read(folder: Path, events: Iterable[dict[str, Any]]) -> kit.store.Data:
    small.log(folder, events)
    small.settings(folder, 'time_zone = "UTC"')
    return kit.open(folder)


def totals(data: kit.store.Data, *by: str) -> pd.DataFrame:
    return counts.messages(data, list(by), kind="")


def rate(data: kit.store.Data, key: str) -> tuple[float, float]:
    """Value and denominator of a KPI over all campaigns."""
    row = metrics.overall(totals(data, "campaign_id"), [key]).iloc[0]
    return row["value"], row["n"]


class TestDeliveries:
    """A log without deliveries: sent - bounced, marked; never whoever reacted."""

    def test_without_deliveries_they_are_what_was_sent_and_did_not_bounce(self, tmp_path: Path) -> None:
        data = read(tmp_path, of_campaign())
        row = totals(data).iloc[0]
        assert row[["sent", "bounced", "delivered", "opened"]].tolist() == [300, 10, 290, 100]
        assert row["delivered_is_derived"]
        assert rate(data, "open_rate") == (pytest.approx(100 / 290), 290)
        said = kit.arrived(data)
        assert "For 1 campaign, delivered is calculated as sent minus bounced" in str(said)
        assert said.numbers["delivered_is_derived"] == 1

    def test_the_same_of_a_log_from_the_field(self, shared: Path) -> None:
        row = totals(kit.open(shared / "field" / "P16_ses_no_delivery")).iloc[0]
        assert row[["sent", "bounced", "delivered", "opened"]].tolist() == [300, 10, 290, 100]
        assert row["delivered_is_derived"]

    def test_a_log_that_tells_them_of_some_campaigns_only(self, tmp_path: Path) -> None:
        told = of_campaign("Told", bounced=10, opened=90, delivered=285)  # 5 still wait
        data = read(tmp_path, told + of_campaign("Not", opened=100))
        rows = totals(data, "campaign_name").set_index("campaign_name")
        assert rows["delivered"].to_dict() == {"Told": 285, "Not": 290}
        assert rows["delivered_is_derived"].to_dict() == {"Told": False, "Not": True}

    def test_deliveries_told_of_a_part_of_a_campaign_are_not_its_deliveries(self, tmp_path: Path) -> None:
        row = totals(read(tmp_path, of_campaign(opened=100, delivered=50))).iloc[0]
        assert (row["delivered"], row["delivered_is_derived"]) == (290, True)

    def test_a_lost_line_does_not_make_them_derived(self, tmp_path: Path) -> None:
        events = [
            one
            for one in of_campaign(delivered=290)
            if (one["eventType"], one["mail"]["messageId"]) != ("Delivery", "May-299")
        ]
        row = totals(read(tmp_path, events)).iloc[0]
        assert (row["delivered"], row["delivered_is_derived"]) == (290, False)

    def test_sendings_of_which_nothing_followed_are_not_delivered_to_nobody(self, tmp_path: Path) -> None:
        # The log tells deliveries of May; of June it has the sendings alone.
        data = read(tmp_path, of_campaign(delivered=290) + of_campaign("June", sent=200, bounced=0, opened=0))
        rows = totals(data, "campaign_name").set_index("campaign_name")
        assert pd.isna(rows.loc["June", "delivered"])
        assert rate(data, "delivery_rate") == (pytest.approx(290 / 300), 300)

    def test_a_few_that_wait_are_counted_as_sent(self, tmp_path: Path) -> None:
        data = read(tmp_path, of_campaign(delivered=290) + of_campaign("June", sent=3, bounced=0, opened=0))
        rows = totals(data, "campaign_name").set_index("campaign_name")
        assert rows.loc["June", ["sent", "delivered"]].tolist() == [3, 0]

    def test_reactions_alone_have_no_rate(self, tmp_path: Path) -> None:
        data = read(tmp_path, [one for one in of_campaign() if one["eventType"] == "Open"])
        row = totals(data).iloc[0]
        assert row[["sent", "delivered", "bounced"]].isna().all()
        assert row["opened"] == 100
        assert pd.isna(rate(data, "open_rate")[0])

    def test_what_no_event_tells_is_no_zero(self, tmp_path: Path) -> None:
        row = totals(read(tmp_path, of_campaign())).iloc[0]
        assert row[["clicked", "clicks_total", "unsubscribed", "complained"]].isna().all()


class TestOfSent:
    """Neither deliveries nor bounces: rates of mails sent, and they say so."""

    def test_a_log_of_sendings_and_openings(self, tmp_path: Path) -> None:
        data = read(tmp_path, of_campaign(bounced=0))
        assert of_sent(data)
        assert pd.isna(totals(data).iloc[0]["delivered"])
        result = months.rates.by_month(data)
        row = result.rates[result.rates["kpi"] == "open_rate_of_sent"].iloc[0]
        assert (row["numerator"], row["n"], row["value"]) == (100, 300, pytest.approx(1 / 3))
        table = result.table()
        assert [str(column.title) for column in table.columns] == [
            "Month",
            "E-mails sent",
            "Open rate (raw), of e-mails sent",
        ]
        assert "Rates are based on sent e-mails: your files do not contain the number delivered." in str(
            kit.arrived(data)
        )

    def test_a_table_of_campaigns_with_sent_and_clicked(self, tmp_path: Path) -> None:
        rows = [[f"Mail {n}", f"2026-0{n}-05", 1000, 40 + n] for n in range(1, 7)]
        small.table(tmp_path, "campaigns.csv", ["Campaign", "Date", "Sent", "Unique Clicks"], rows)
        data = kit.open(tmp_path)
        assert metrics.as_told(data, "click_rate") == "click_rate_of_sent"
        assert rate(data, "click_rate_of_sent") == (pytest.approx(261 / 6000), 6000)
        assert pd.isna(rate(data, "click_rate")[0])

    def test_one_campaign_that_tells_deliveries_sets_the_denominator(self, tmp_path: Path) -> None:
        header = ["Campaign", "Date", "Sent", "Delivered", "Unique Clicks"]
        rows = [["A", "2026-01-05", 1000, 990, 40], ["B", "2026-02-05", 1000, "", 40]]
        small.table(tmp_path, "campaigns.csv", header, rows)
        data = kit.open(tmp_path)
        assert not of_sent(data)
        assert rate(data, "click_rate") == (pytest.approx(40 / 990), 990)

    def test_a_list_of_what_people_opened_beside_what_was_sent(self, shared: Path) -> None:
        data = kit.open(shared / "field" / "P01_listmonk_views")
        assert rate(data, "open_rate_of_sent") == (pytest.approx(0.4), 100)
        assert rate(data, "click_rate_of_sent") == (pytest.approx(0.12), 100)


class TestNoCampaign:
    """Mail that names no campaign still has months."""

    def test_what_went_out_before_the_log_began_is_in_no_count(self, tmp_path: Path) -> None:
        def of(kind: str, person: int, at: int) -> dict[str, Any]:
            return event(kind, person, at=at) | {"singlesend_id": None, "singlesend_name": None}

        events = [of("delivered", n, NOON + 40 * DAY) for n in range(100)]
        events += [of("open", n, NOON + 41 * DAY) for n in range(30)]
        events += [of("open", n, NOON + 39 * DAY) for n in range(200, 220)]
        data = read(tmp_path, events)
        row = totals(data, "month").iloc[0]
        assert row[["month", "delivered", "opened"]].tolist() == ["2026-02", 100, 30]
        assert counts.before_the_log(data) == 20

    def test_a_log_without_campaigns_from_the_field(self, shared: Path) -> None:
        row = totals(kit.open(shared / "field" / "P22_sendgrid_no_category"), "month", "kind").iloc[0]
        assert row[["month", "kind", "delivered", "opened"]].tolist() == ["2026-05", "no campaign", 100, 100]


HEADER = ["Campaign", "Date", "Sent", "Delivered", "Unique Opens", "Unique Clicks"]


def untracked(folder: Path, *lines: str, opens: tuple[int, ...] = (0, 0, 0, 0, 0, 0, 76, 76, 76, 76)) -> kit.store.Data:
    """Campaigns of 1,000 each, of which these many were opened, and 20 clicked."""
    rows = [[f"Mail {n}", f"2026-01-{n + 1:02d}", 1000, 1000, opened, 20] for n, opened in enumerate(opens)]
    small.table(folder, "campaigns.csv", HEADER, rows)
    small.settings(folder, 'time_zone = "UTC"', *lines)
    return kit.open(folder)


class TestTracking:
    """A run of zeros beside non-zeros is no measurement."""

    def test_zeros_before_tracking_do_not_drag_the_rate(self, tmp_path: Path) -> None:
        data = untracked(tmp_path)
        assert rate(data, "open_rate") == (pytest.approx(0.076), 4000)  # with the zeros 3.04 % of 10,000
        assert rate(data, "click_rate") == (pytest.approx(0.02), 10_000)
        said = str(kit.arrived(data))
        assert "Opens are unknown and excluded where they were not tracked: 6,000 e-mails (Mail 0, Mail 1" in said
        assert "None are recorded there, compared with 7.6% elsewhere" in said

    def test_the_check_names_them_and_asks(self, tmp_path: Path) -> None:
        untracked(tmp_path)
        found = check(tmp_path)
        assert "6,000 e-mails" in found.as_text()
        assert list(found.asked) == ["tracking.opens_since"]

    def test_the_setting_says_it_instead(self, tmp_path: Path) -> None:
        data = untracked(tmp_path, "[tracking]", "opens_since = 2026-01-05")
        assert rate(data, "open_rate") == (pytest.approx(304 / 6000), 6000)  # since the fifth, two zeros among them
        assert not check(tmp_path).asked

    def test_none_of_a_few_is_a_measurement(self, tmp_path: Path) -> None:
        # With 7.6 % none of 1,000 has the probability 5e-35, none of 100 4e-4.
        small.table(
            tmp_path,
            "campaigns.csv",
            HEADER,
            [["A", "2026-01-01", 100, 100, 0, 2], ["B", "2026-01-02", 1000, 1000, 76, 20]],
        )
        assert rate(kit.open(tmp_path), "open_rate") == (pytest.approx(76 / 1100), 1100)

    def test_nobody_ever_is_no_run_beside_non_zeros(self, tmp_path: Path) -> None:
        assert untracked(tmp_path, opens=(0, 0, 0)).untracked.empty

    def test_clicks_likewise_and_openings_stay(self, tmp_path: Path) -> None:
        rows = [["A", "2026-01-01", 1000, 1000, 200, 0], ["B", "2026-01-02", 1000, 1000, 220, 30]]
        small.table(tmp_path, "campaigns.csv", HEADER, rows)
        data = kit.open(tmp_path)
        assert rate(data, "click_rate") == (pytest.approx(0.03), 1000)
        assert rate(data, "open_rate") == (pytest.approx(0.21), 2000)

    def test_a_campaign_of_a_log(self, tmp_path: Path) -> None:
        events = of_campaign("Before", delivered=290, opened=0) + of_campaign("Since", delivered=290, opened=100)
        data = read(tmp_path, events)
        rows = totals(data, "campaign_name").set_index("campaign_name")
        assert pd.isna(rows.loc["Before", "opened"])
        assert rate(data, "open_rate") == (pytest.approx(100 / 290), 290)
        assert data.table("messages")["opened"].isna().sum() == 300

    def test_a_month_in_which_nobody_opened_from_the_field(self, shared: Path) -> None:
        rows = totals(kit.open(shared / "field" / "P09_month_in_zone"), "month").set_index("month")
        assert rows["sent"].to_dict() == {"2026-04": 150, "2026-05": 200}
        assert rows.loc["2026-05", "opened"] == 60
        assert pd.isna(rows.loc["2026-04", "opened"])


class TestContradictions:
    """Counts that cannot be: named with their rows, and no rate of them."""

    def test_each_row_that_contradicts_itself_is_named(self, tmp_path: Path) -> None:
        header = [*HEADER, "Bounced"]
        rows = [
            ["A", "2026-01-01", 1000, 990, 300, 30, 10],
            ["B", "2026-01-02", 1000, 990, 1200, 30, 10],
            ["C", "2026-01-03", 1000, 990, 300, 30, 1010],
            ["D", "2026-01-04", 1000, 990, 1100, 30, 10],
            ["E", "2026-01-05", 1000, 990, 100, 120, 10],
            ["F", "2026-01-06", 1000, 990, 100, 160, 10],
        ]
        small.table(tmp_path, "campaigns.csv", header, rows)
        data = kit.open(tmp_path)
        notes = list(map(str, data.files[0].notes))
        assert "opened is larger than delivered in 2 rows, on lines 3 (1200 > 990), 5 (1100 > 990)" in notes
        assert "bounced is larger than sent in 1 row, on line 4 (1010 > 1000)" in notes
        # some click without loading pictures: 120 clickers of 100 openers can be, 160 cannot
        assert "clicked is larger than opened in 1 row, on line 7 (160 > 100)" in notes
        rates = metrics.values(totals(data, "campaign_name"), ["open_rate"], by=["campaign_name"])
        assert rates["value"].isna().tolist() == [False, True, False, True, False, False]

    def test_nothing_is_delivered_where_more_bounced_than_were_sent(self, tmp_path: Path) -> None:
        small.table(tmp_path, "c.csv", ["Campaign", "Sent", "Bounced", "Unique Opens"], [["A", 100, 110, 30]])
        assert pd.isna(totals(kit.open(tmp_path)).iloc[0]["delivered"])


class TestPages:
    """What `kit check` promises has something to say; what has not is a no with its reason."""

    @pytest.mark.parametrize(
        ("header", "row", "reasons"),
        [
            (["Delivered", "Unique Opens"], [1000, 300], {}),
            (["Sent", "Unique Clicks"], [1000, 40], {"04": "no source shows how many were delivered"}),
            (
                ["Sent", "Unique Opens", "Subject"],
                [1000, "", "Hello"],
                dict.fromkeys(("01", "02", "03", "04"), "no source shows what happened to the e-mails"),
            ),
        ],
    )
    def test_each_table_that_knows_less(
        self, tmp_path: Path, header: list[str], row: list[object], reasons: dict[str, str]
    ) -> None:
        rows = [[f"Mail {n}", f"2026-0{n}-05 10:00", *row] for n in range(1, 8)]
        small.table(tmp_path, "campaigns.csv", ["Campaign", "Date", *header], rows)
        said = check(tmp_path).questions.set_index(check(tmp_path).questions["notebook"].str[:2])["reason"]
        for page in ("00", "01", "02", "03", "04"):
            if page in reasons:
                assert reasons[page] in said[page]
            else:
                assert said[page] is None

    def test_without_a_date_there_are_no_months_and_campaigns_are_compared(self, tmp_path: Path) -> None:
        rows = [[f"Mail {n}", 1000, 990, 300 + n] for n in range(6)]
        small.table(tmp_path, "c.csv", ["Campaign", "Sent", "Delivered", "Unique Opens"], rows)
        said = check(tmp_path).questions.set_index("notebook")["reason"]
        assert said["02_months"] == "no campaign has a date, so the months are not known"
        assert said["03_compare_campaigns"] is None
        data = kit.open(tmp_path)
        assert stand_out.compare(data).kpi.key == "open_rate"
        assert "6 campaigns have no date, so they are not included in any month or period." in str(kit.arrived(data))

    def test_clicks_alone_have_no_rate(self, tmp_path: Path) -> None:
        read(tmp_path, [event("click", n, url="https://example.com/") for n in range(30)])
        said = check(tmp_path).questions.set_index("notebook")["reason"]
        assert said["02_months"] == "no source shows how many e-mails were sent or delivered"
        assert said["07_after_the_click"] is None

    def test_the_week_names_what_is_missing(self, shared: Path) -> None:
        week = months.send_time.by_weekday(kit.open(shared / "field" / "H_week_sentence_without_clicks"))
        assert str(week.summary()) == (
            "It is unknown which hours of the week work better: no campaign with a time of sending has a "
            "value for click rate (raw) of e-mails sent."
        )

    def test_a_log_without_deliveries_dates_no_reaction(self, tmp_path: Path) -> None:
        pace = months.time_to_react.measure(read(tmp_path, of_campaign()))
        assert str(pace.summary()) == "It is unknown how soon people react: the event log has no delivery dates."

    def test_mail_without_campaigns_has_its_months(self, tmp_path: Path) -> None:
        events = [event(kind, n) for kind in ("delivered", "open") for n in range(100)]
        data = read(tmp_path, [one | {"singlesend_id": None, "singlesend_name": None} for one in events])
        rates = months.rates.by_month(data).rates.set_index("kpi")
        assert rates.loc["open_rate", ["month", "numerator", "n"]].tolist() == ["2026-01", 100, 100]
        assert "These pages cover all e-mails, because none of them is linked to a campaign." in str(kit.arrived(data))


class TestUsedOrSaid:
    """What is read is used by a question, or said."""

    def test_the_check_names_what_no_question_uses(self, tmp_path: Path) -> None:
        rows = [["1", "2026-01-05 09:00", "2026-01-05 11:00", "chat"], ["2", "2026-01-06 09:00", "", "mail"]]
        small.table(tmp_path, "tickets.csv", ["Ticket ID", "Created at", "Resolved at", "Channel"], rows)
        assert "read but not yet used by any question: channel" in check(tmp_path).as_text()

    def test_scores_of_tickets_are_satisfaction_where_no_survey_asks(self, tmp_path: Path) -> None:
        header = ["Ticket ID", "Email", "Created at", "First response at", "CSAT"]
        scores = [5, 4, 2, 1, ""]
        rows = [[n, f"p{n}@example.com", "2026-01-05 10:00", "2026-01-05 11:00", one] for n, one in enumerate(scores)]
        small.table(tmp_path, "tickets.csv", header, rows)
        row = counts.answers(kit.open(tmp_path)).iloc[0]
        assert row[["month", "answered", "satisfied"]].tolist() == ["2026-01", 4, 2]

    def test_every_column_is_used_or_listed(self) -> None:
        names: set[str] = set()
        rooms = ("counts", "questions", "metrics", "store")
        for path in (path for room in rooms for path in (ROOT / "kit" / room).rglob("*.py")):
            if path.name == "unused.py":
                continue
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                names |= {node.attr} if isinstance(node, ast.Attribute) else set()
                names |= {str(node.value)} if isinstance(node, ast.Constant) else set()
                if isinstance(node, ast.Constant) and re.search("SELECT|CASE WHEN", str(node.value)):
                    names |= set(re.findall(r"\w+", str(node.value)))
                names |= {str(node.arg)} if isinstance(node, ast.keyword) else set()
        listed = {(table, name) for table, columns in UNUSED.items() for name in columns}
        listed |= {("billing", "customer_id")}  # the person, where no address stands beside it
        columns = {(table.name, column.name) for table in TABLES.values() for column in table.columns}
        assert {(table, name) for table, name in columns if name not in names} <= listed <= columns

    @pytest.mark.parametrize("surveyed", [True, False])
    def test_ratings_of_tickets_beside_a_survey_are_said_to_be_unused(self, tmp_path: Path, *, surveyed: bool) -> None:
        rows = [[str(n), f"2026-01-0{n} 09:00", f"2026-01-0{n} 11:00", str(n % 5 + 1)] for n in range(1, 7)]
        small.table(tmp_path, "tickets.csv", ["Ticket ID", "Created at", "Resolved at", "CSAT"], rows)
        if surveyed:
            small.table(tmp_path, "survey.csv", ["Date", "CSAT"], [["2026-01-05", 5], ["2026-01-06", 4]])
        assert ("csat" in check(tmp_path).unused.get("tickets.csv", [])) is surveyed
        assert counts.answers(kit.open(tmp_path))["answered"].sum() == (2 if surveyed else 6)

    def test_payments_without_an_address_are_those_of_the_customer_of_that_id(self, tmp_path: Path) -> None:
        payments = [[f"p{n}", f"c{n % 3}", f"2026-02-0{n + 1}", 20 + n] for n in range(6)]
        small.table(tmp_path, "payments.csv", ["Payment ID", "Customer ID", "Payment date", "Amount"], payments)
        orders = [[f"o{n}", f"c{n}", f"p{n}@example.com", f"2026-01-0{n + 1}", 20] for n in range(2)]
        small.table(tmp_path, "orders.csv", ["Order ID", "Customer ID", "Email", "Order date", "Total"], orders)
        data = kit.open(tmp_path)
        payers, buyers = data.table("billing")["contact_key"], data.table("orders")["contact_key"]
        assert payers.nunique() == 3
        assert set(buyers) < set(payers)  # c0 and c1 are known by their orders, c2 by the id alone
        assert payers.tolist()[:3] == payers.tolist()[3:]


KPIS = "KPI,January,February,March\nOpen rate,32%,35%,31%\nClick rate,4.1%,3.9%,4.4%\n"
MONTHS = "Month,Open rate,Click rate\n2026-03,31%,4.4%\n2026-01,32%,4.1%\n2026-02,35%,3.9%\n"


@pytest.mark.parametrize(("text", "names"), [(KPIS, ["January", "February", "March"]), (MONTHS, [None] * 3)])
def test_rates_without_counts_stand_on_page_02_as_reported_and_nothing_is_computed_with_them(
    text: str, names: list[str | None], tmp_path: Path
) -> None:
    (tmp_path / "kpis.csv").write_text(text)
    answers = check(tmp_path).questions.set_index("notebook")["reason"]
    assert answers[answers.isna()].index.tolist() == ["00_check_the_export", "02_months"]
    shown = {one["name"]: one for one in run(PAGES["02_months"], tmp_path)}
    table = shown["reported_rates"]
    rates = [row[-3:-1] if names[0] is None else row[2:4] for row in table["rows"]]
    assert rates == [pytest.approx(row) for row in ([0.32, 0.041], [0.35, 0.039], [0.31, 0.044])]
    assert [row[0] for row in table["rows"]] == (["2026-01", "2026-02", "2026-03"] if names[0] is None else [None] * 3)
    assert "no interval, no verdict" in table["notes"][0]
    data = kit.open(tmp_path)
    if names[0]:
        assert months.reported.show(data).rates["name"].tolist() == names
    assert metrics.overall(counts.messages(data, ["campaign_id"]), ["open_rate"])["value"].isna().all()
    others = [
        value
        for name, one in shown.items()
        if name != "reported_rates" and one["kind"] == "table"
        for row in one["rows"]
        for value in row
        if isinstance(value, float) and value
    ]
    assert others == []  # no number of them is in any other table


def test_rates_beside_counts_are_our_own_arithmetic(tmp_path: Path) -> None:
    small.table(
        tmp_path, "a.csv", ["Campaign", "Date", "Delivered", "Opened", "Open rate"],
        [["A", "2026-01-05", 100, 30, "31%"], ["B", "2026-02-05", 100, 40, "40%"]],
    )  # fmt: skip
    assert months.reported.show(kit.open(tmp_path)).rates.empty


ITERABLE = ["_fivetran_id", "email", "campaign_id", "message_id", "created_at", "event_name", "unsub_source"]


def iterable(folder: Path) -> None:
    rows = []
    for n in range(10):
        kinds = ["emailSend", *(["emailBounce"] if n < 2 else []), *(["emailOpen"] if 2 <= n < 6 else [])]
        rows += [
            [f"{n}{kind}", f"p{n}@example.com", "7", f"m{n}", f"2026-03-02 1{at}:00:00", kind, ""]
            for at, kind in enumerate(kinds)
        ]
    small.table(folder, "event.csv", ITERABLE, rows)


def postmark(folder: Path, *kinds: str) -> None:
    names = {
        "Delivery": ("DeliveredAt", "Recipient"),
        "Bounce": ("BouncedAt", "Email"),
        "Open": ("ReceivedAt", "Recipient"),
    }
    lines = []
    for n in range(10):
        for kind in kinds:
            if (kind == "Bounce") != (n < 2) or (kind == "Open" and n >= 6):
                continue
            at, address = names[kind]
            event = {"RecordType": kind, "MessageID": f"m{n}", "ServerID": 1, "Tag": "spring", "Type": "HardBounce"}
            lines.append(event | {at: "2026-03-02T10:00:00Z", address: f"p{n}@example.com"})
    (folder / "log.ndjson").write_text("".join(f"{json.dumps(line)}\n" for line in lines))


def mapped(folder: Path, *kinds: str) -> None:
    rows = []
    for n in range(10):
        for kind in kinds:
            if ((kind == "bounced") and n >= 2) or ((kind == "opened") and not 2 <= n < 6):
                continue
            rows.append([f"p{n}@example.com", kind, "2026-03-02T10:00:00Z", "c1"])
    small.table(folder, "log.csv", ["Who", "What", "When", "Mailing"], rows)
    (folder / "log.csv.map.yaml").write_text(
        "table: events\nheader: [Who, What, When, Mailing]\n"
        "columns: {email: Who, event_type: What, occurred_at: When, source_campaign_id: Mailing}\n"
        "values: {event_type: {sent: [sent], delivered: [delivered], opened: [opened], bounced: [bounced]}}\n"
    )


LOGS = {
    "Iterable": (iterable, 8, True),
    "Postmark with deliveries": (lambda folder: postmark(folder, "Delivery", "Bounce", "Open"), 8, False),
    "Postmark without": (lambda folder: postmark(folder, "Bounce", "Open"), None, False),
    "a mapped log of sends": (lambda folder: mapped(folder, "sent", "bounced", "opened"), 8, True),
    "a mapped log of deliveries": (lambda folder: mapped(folder, "delivered", "opened"), 10, False),
    "a mapped log of openings": (lambda folder: mapped(folder, "opened"), None, False),
}
"""How a log comes, how many it delivered of ten mails as far as it tells, and whether that is derived."""


@pytest.mark.parametrize("name", LOGS)
def test_what_a_log_without_deliveries_delivered_is_derived_or_unknown(tmp_path: Path, name: str) -> None:
    write, delivered, is_derived = LOGS[name]
    write(tmp_path)
    small.settings(tmp_path, 'time_zone = "UTC"')
    data = kit.open(tmp_path)
    assert data.files[0].status == "read"
    row = counts.messages(data, [], kind="").iloc[0]
    rate = metrics.overall(counts.messages(data, ["campaign_id"], kind=""), ["open_rate"])["value"].iloc[0]
    assert row["opened"] == 4
    if delivered is None:
        assert pd.isna(row["delivered"])
        assert pd.isna(rate)
    else:
        assert (row["delivered"], rate) == (delivered, pytest.approx(4 / delivered))
    said = any("delivered is calculated as sent minus bounced" in sentence for sentence in check(tmp_path).told_less)
    assert said is is_derived
