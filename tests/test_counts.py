"""Counts of mail: each against a set or a sum made by hand."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
import small
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small import DAY, NOON, event

import kit
from kit import counts, metrics
from kit.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

KINDS = {"delivered": "delivered", "opened": "open", "clicked": "click", "complained": "spamreport"}


def one(frame: pd.DataFrame) -> dict[str, Any]:
    assert len(frame) == 1
    return frame.iloc[0].to_dict()


@given(
    st.lists(
        st.tuples(st.sampled_from(["c1", "c2"]), st.integers(0, 4), st.sampled_from(sorted(KINDS)), st.integers(0, 3)),
        max_size=25,
    )
)
@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_count_is_the_number_of_distinct_messages(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, int, str, int]]
) -> None:
    folder = tmp_path_factory.mktemp("log")
    sends = [event("processed", person, campaign=name) for name in ("c1", "c2") for person in range(5)]
    sends += [event("delivered", person, campaign=name) for name in ("c1", "c2") for person in range(5)]
    # a kind of which a log has not one event is not known: a third campaign has one of each
    sends += [event(kind, 9, campaign="c3") for kind in ("processed", *KINDS.values())]
    small.log(folder, sends + [event(KINDS[kind], who, campaign=name, at=NOON + t) for name, who, kind, t in rows])
    got = counts.messages(kit.open(folder), ["campaign_name"]).set_index("campaign_name")
    for name in ("c1", "c2"):
        row = got.loc[f"Name of {name}"]
        assert row["delivered"] == row["sent"] == 5
        for kind in ("opened", "clicked", "complained"):
            assert row[kind] == len({who for campaign, who, what, _ in rows if (campaign, what) == (name, kind)})
        assert row["opens_total"] == len({(who, t) for c, who, what, t in rows if (c, what) == (name, "opened")})


def test_a_bounce_is_not_delivered_even_if_it_was_opened(tmp_path: Path) -> None:
    # 1,000 sent, 20 hard and 10 soft bounces: 970 delivered; one that bounced "opened" as well.
    events = [event("processed", person) for person in range(1000)]
    events += [event("bounce", person, status="5.1.1", type="bounce") for person in range(20)]
    events += [event("bounce", person, status="4.2.2", type="blocked") for person in range(20, 30)]
    events += [event("delivered", person) for person in range(30, 1000)]
    events += [event("open", person, at=NOON + 60) for person in (5, 100)]
    small.log(tmp_path, events)
    data = kit.open(tmp_path)
    row = one(counts.messages(data, ["campaign_id"]))
    assert (row["sent"], row["delivered"], row["bounced"]) == (1000, 970, 30)
    assert (row["bounced_hard"], row["bounced_soft"], row["opened"]) == (20, 10, 1)
    assert counts.conflicts(data) == 1


def test_three_clicks_of_one_person_are_three_and_one(tmp_path: Path) -> None:
    clicks = [event("click", 1, at=NOON + t, url="https://example.com/a") for t in (10, 20, 30)]
    small.log(tmp_path, [event("delivered", person) for person in range(10)] + clicks)
    row = one(counts.messages(kit.open(tmp_path), ["campaign_id"]))
    assert (row["clicks_total"], row["clicked"]) == (3, 1)


def test_the_link_that_unsubscribes_is_no_click(tmp_path: Path) -> None:
    leaving = [
        event("click", 1, url="https://example.com/unsubscribe?x=1"),
        event("click", 2, url="https://example.com/"),
    ]
    small.log(tmp_path, [event("delivered", person) for person in range(10)] + leaving)
    data = kit.open(tmp_path)
    assert one(counts.messages(data, ["campaign_id"]))["clicked"] == 1
    assert len(data.table("events")) == 12  # nothing is deleted


@pytest.mark.parametrize(("zone", "month"), [("Europe/Moscow", "2025-11"), ("America/New_York", "2025-10")])
def test_the_month_is_the_month_of_sending_on_the_firms_clock(tmp_path: Path, zone: str, month: str) -> None:
    # 31 October 23:30 UTC is 1 November 02:30 in Moscow.
    small.settings(tmp_path, f'time_zone = "{zone}"')
    late = int(pd.Timestamp("2025-10-31 23:30", tz="UTC").timestamp())
    small.log(tmp_path, [event("delivered", 1, at=late), event("open", 1, at=late + 40 * DAY)])
    got = counts.messages(kit.open(tmp_path), ["month"])
    assert (got["month"].tolist(), got["opened"].tolist()) == ([month], [1])


def test_a_log_line_without_a_campaign_is_counted_as_such(tmp_path: Path) -> None:
    lost = event("delivered", 7)
    lost = {name: value for name, value in lost.items() if not name.startswith("singlesend")}
    small.log(tmp_path, [event("delivered", 1), lost])
    got = counts.messages(kit.open(tmp_path), ["kind"], kind="").set_index("kind")
    assert got["delivered"].to_dict() == {"bulk": 1, "no campaign": 1}


def test_parts_add_up_to_the_whole(tmp_path: Path) -> None:
    small.settings(tmp_path, 'time_zone = "UTC"')
    events = [event("delivered", n, campaign=f"c{n % 3}", at=NOON + n * DAY) for n in range(60)]
    small.log(tmp_path, events + [event("open", n, campaign=f"c{n % 3}", at=NOON + 61 * DAY) for n in range(0, 60, 7)])
    data = kit.open(tmp_path)
    whole = one(counts.messages(data, []))
    for by in (["month"], ["campaign_id"], ["campaign_id", "month"], ["domain"]):
        parts = counts.messages(data, by)
        assert parts["delivered"].sum() == whole["delivered"] == 60
        assert parts["opened"].sum() == whole["opened"] == 9


def test_a_missing_count_stays_unknown_and_says_for_how_many(tmp_path: Path) -> None:
    header = ["Campaign", "Date", "Sent", "Opened", "Clicked"]
    small.table(tmp_path, "a.csv", header, [["one", "2026-01-05", 100, 20, 3], ["two", "2026-01-06", 100, 25, ""]])
    row = one(counts.messages(kit.open(tmp_path), ["month"]))
    assert (row["sent"], row["opened"]) == (200, 45)
    assert pd.isna(row["clicked"])
    assert (row["clicked_missing"], row["opened_missing"], row["campaigns"]) == (1, 0, 2)


def test_a_test_send_is_left_out_and_a_correction_is_not(tmp_path: Path) -> None:
    small.mailchimp(
        tmp_path,
        [
            {"Unique Id": "00000000aa"},
            {"Unique Id": "00000000ab", "Subject": "TEST LINKS: Hello", "Total Recipients": 3, "Unique Opens": 3},
            {"Unique Id": "00000000ac", "Subject": "FIXED: Hello", "Send Date": "Jan 01, 2026 12:20 pm"},
            {"Unique Id": "00000000ad", "Title": "For three new people", "Total Recipients": 3},
        ],
    )
    data = kit.open(tmp_path)
    assert one(counts.messages(data, []))["sent"] == 203
    assert counts.left_out(data)[["subject", "sent"]].to_numpy().tolist() == [["TEST LINKS: Hello", 3.0]]
    assert data.campaigns.loc[data.campaigns["is_correction"], "subject"].tolist() == ["FIXED: Hello"]


class TestOneSpeaker:
    """One campaign told by several files is counted once."""

    def test_of_two_exports_the_later_speaks(self, tmp_path: Path) -> None:
        small.mailchimp(tmp_path, [{"Unique Opens": 30}], "old.csv")
        later = [{"Unique Opens": 33}, {"Unique Id": "00000000ab", "Send Date": "Feb 01, 2026 12:00 pm"}]
        small.mailchimp(tmp_path, later, "new.csv")
        data = kit.open(tmp_path)
        assert counts.messages(data, ["month"])["opened"].tolist() == [33, 30]

    def test_a_log_that_covers_the_sends_speaks_before_the_export(self, tmp_path: Path) -> None:
        small.settings(tmp_path, 'time_zone = "UTC"')
        events = [event("delivered", n, campaign="00000000aa") for n in range(100)]
        small.log(tmp_path, events + [event("open", n, campaign="00000000aa", at=NOON + 9) for n in range(31)])
        header = ["Campaign ID", "Campaign", "Date", "Sent", "Opened", "Revenue", "Currency"]
        rows = [["00000000aa", "A", "2026-01-01 12:00", 100, 30, 500, "EUR"]]
        small.table(tmp_path, "export.csv", header, rows)
        data = kit.open(tmp_path)
        row = one(counts.messages(data, ["campaign_id"]))
        assert (row["sent"], row["opened"], row["revenue"]) == (100, 31, 500)
        told = counts.differences(data).set_index("count")
        assert told.loc["opened", ["value", "other_value"]].tolist() == [31, 30]
        assert told.loc["opened", "note"].startswith("an export may leave out openings")

    def test_clickers_that_differ_are_told_why(self, tmp_path: Path) -> None:
        # Mailchimp's clickers may hold who followed the link that unsubscribes, the log's count does not.
        small.settings(tmp_path, 'time_zone = "UTC"')
        events = [event("delivered", n, campaign="00000000aa") for n in range(100)]
        events += [event("click", n, campaign="00000000aa", url="https://example.com/") for n in range(4)]
        events += [event("click", 9, campaign="00000000aa", url="https://example.com/unsubscribe")]
        events += [event("unsubscribe", n, campaign="00000000aa") for n in (9, 10)]
        small.log(tmp_path, events)
        header = ["Campaign ID", "Campaign", "Date", "Sent", "Clicked", "Unsubscribed"]
        small.table(tmp_path, "export.csv", header, [["00000000aa", "A", "2026-01-01 12:00", 100, 5, 1]])
        told = counts.differences(kit.open(tmp_path)).set_index("count")
        assert told.loc["clicked", ["value", "other_value"]].tolist() == [4, 5]
        assert "the link that unsubscribes (Mailchimp may)" in told.loc["clicked", "note"]
        assert told.loc["unsubscribed", "note"] == ""

    def test_a_log_that_began_too_late_speaks_last(self, tmp_path: Path) -> None:
        small.settings(tmp_path, 'time_zone = "UTC"')
        small.log(tmp_path, [event("open", n, campaign="00000000aa", at=NOON + 9) for n in range(31)])
        header = ["Campaign ID", "Campaign", "Date", "Sent", "Delivered", "Opened"]
        small.table(tmp_path, "export.csv", header, [["00000000aa", "A", "2026-01-01 12:00", 100, 98, 40]])
        row = one(counts.messages(kit.open(tmp_path), ["campaign_id"]))
        assert (row["sent"], row["delivered"], row["opened"]) == (100, 98, 40)

    def test_a_log_of_openings_alone_tells_no_rate(self, tmp_path: Path) -> None:
        small.log(tmp_path, [event("open", n) for n in range(31)])
        row = one(counts.messages(kit.open(tmp_path), ["campaign_id"]))
        assert pd.isna(row["sent"])
        assert pd.isna(row["delivered"])
        assert row["opened"] == 31


class TestConversions:
    """An action is credited once, to the last mail before it, within the window."""

    @pytest.fixture
    def data(self, tmp_path: Path) -> kit.store.Data:
        small.settings(tmp_path, 'time_zone = "UTC"', 'currency = "EUR"', "as_of = 2026-03-01T00:00:00")
        sends = [event("delivered", n, campaign="c1") for n in range(10)]
        sends += [event("delivered", n, campaign="c2", at=NOON + 3 * DAY) for n in range(10)]
        small.log(tmp_path, sends)
        done = [
            ["p0@example.com", "appointment", "2026-01-02 12:00:00"],  # c1
            ["p0@example.com", "appointment", "2026-01-03 12:00:00"],  # c1 again: the person counts once
            ["p1@example.com", "appointment", "2026-01-05 13:00:00"],  # after both: c2, the last before it
            ["p2@example.com", "appointment", "2026-01-01 11:59:00"],  # before the mail: never
            ["p3@example.com", "appointment", "2026-02-01 12:00:00"],  # after the window: never
            ["p4@example.com", "review", "2026-01-02 12:00:00"],
        ]
        small.table(tmp_path, "done.csv", ["Email", "Action", "Date"], done)
        orders = [["1", "p5@example.com", "2026-01-02 12:00:00", "30.00", "10.00", "EUR"]]
        orders += [["2", "p6@example.com", "2026-01-02 12:00:00", "50.00", "0", "EUR"]]
        small.table(
            tmp_path, "orders.csv", ["Order ID", "Email", "Created at", "Total", "Refunded amount", "Currency"], orders
        )
        return kit.open(tmp_path)

    def test_once_a_person_and_to_the_last_mail(self, data: kit.store.Data) -> None:
        got = counts.messages(data, ["campaign_name"], action="appointment").set_index("campaign_name")["converted"]
        assert got.to_dict() == {"Name of c1": 1, "Name of c2": 1}

    def test_any_action_and_its_kinds(self, data: kit.store.Data) -> None:
        row = one(counts.messages(data, []))
        assert (row["converted"], row["appointments"], row["reviews"], row["orders"]) == (5, 2, 1, 2)

    def test_revenue_is_net_of_refunds(self, data: kit.store.Data) -> None:
        row = one(counts.messages(data, []))
        assert (row["revenue"], row["revenue_squares"]) == (20 + 50, 20**2 + 50**2)

    def test_a_shorter_window_counts_less(self, data: kit.store.Data) -> None:
        assert one(counts.messages(data, [], action="appointment", window_days=1))["converted"] == 1

    def test_an_action_that_nobody_wrote_down_is_unknown(self, data: kit.store.Data) -> None:
        assert pd.isna(one(counts.messages(data, [], action="lead"))["converted"])


@pytest.mark.parametrize(
    ("as_of", "converted"), [("2026-01-08T12:00:00", 1), ("2026-01-08T11:59:00", None), (None, None)]
)
def test_a_mail_that_is_younger_than_the_window_has_no_conversions_yet(
    tmp_path: Path, as_of: str | None, converted: int | None
) -> None:
    # Sent on 1 January at noon: its week is over on the 8th at noon. Without as_of the latest action counts.
    small.settings(tmp_path, 'time_zone = "UTC"', *([f"as_of = {as_of}"] if as_of else []))
    small.log(tmp_path, [event("delivered", n) for n in range(10)])
    done = [["p1@example.com", "review", "2026-01-02 12:00:00"]]
    small.table(tmp_path, "done.csv", ["Email", "Action", "Date"], done)
    got = one(counts.messages(kit.open(tmp_path), []))["converted"]
    assert (None if pd.isna(got) else got) == converted


@pytest.mark.parametrize(("as_of", "orders"), [("2026-01-12T12:00:00", 4), ("2026-01-11T12:00:00", None), (None, 4)])
def test_an_export_does_not_speak_too_early_of_what_follows_either(
    tmp_path: Path, as_of: str | None, orders: int | None
) -> None:
    # Sent on 5 January at noon, window 7 days; maturity_days (3) is over on the 8th, the window on the 12th.
    small.settings(tmp_path, 'time_zone = "UTC"', *([f"as_of = {as_of}"] if as_of else []))
    header = ["Campaign", "Date", "Sent", "Opened", "Orders", "Currency"]
    small.table(tmp_path, "a.csv", header, [["one", "2026-01-05 12:00", 100, 20, 4, "EUR"]])
    row = one(counts.messages(kit.open(tmp_path), []))
    assert (None if pd.isna(row["orders"]) else row["orders"], row["opened"]) == (orders, 20)


@pytest.mark.parametrize(("as_of", "said"), [("2025-12-31T00:00:00", 1), ("2026-01-01T12:00:00", 0)])
def test_an_as_of_before_the_latest_of_the_data_is_told(tmp_path: Path, as_of: str, said: int) -> None:
    small.settings(tmp_path, 'time_zone = "UTC"', f"as_of = {as_of}")
    small.log(tmp_path, [event("delivered", n) for n in range(3)])  # on 1 January at noon
    notes = kit.open(tmp_path).notes
    assert sum("but the data goes up to 2026-01-01 12:00" in note for note in notes) == said


def test_what_is_expected_is_not_the_latest_of_the_data(tmp_path: Path) -> None:
    header = ["Deal ID", "Deal name", "Deal stage", "Amount", "Create date", "Close date"]
    small.table(tmp_path, "deals.csv", header, [["1", "A", "open", "10", "2026-01-05", "2027-01-05"]])
    assert str(kit.open(tmp_path).as_of)[:10] == "2026-01-05"


def test_without_a_time_zone_conversions_are_not_joined(tmp_path: Path) -> None:
    small.log(tmp_path, [event("delivered", n) for n in range(10)])
    small.table(tmp_path, "done.csv", ["Email", "Action", "Date"], [["p1@example.com", "review", "2026-01-02 12:00"]])
    assert pd.isna(one(counts.messages(kit.open(tmp_path), []))["converted"])


def test_money_of_two_currencies_is_never_added(tmp_path: Path) -> None:
    header = ["Campaign", "Date", "Sent", "Opened", "Revenue", "Currency"]
    rows = [["one", "2026-01-05", 100, 20, 300, "EUR"], ["two", "2026-01-06", 100, 25, 200, "RUB"]]
    small.table(tmp_path, "a.csv", header, rows)
    assert pd.isna(one(counts.messages(kit.open(tmp_path), []))["revenue"])


def test_period_and_filter_narrow_the_mail(tmp_path: Path) -> None:
    header = ["Campaign", "List", "Date", "Sent", "Opened"]
    rows = [
        ["one", "A", "2026-01-05", 100, 20],
        ["two", "B", "2026-02-06", 200, 25],
        ["three", "A", "2026-03-06", 400, 9],
    ]
    small.table(tmp_path, "a.csv", header, rows)
    assert one(counts.messages(kit.open(tmp_path, period="2026-02..2026-03"), []))["sent"] == 600
    assert one(counts.messages(kit.open(tmp_path, where="list_name=a"), []))["sent"] == 500


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (
            {"period": "2026-13"},
            (
                "period: '2026-13' is not a month, quarter or day. Write it like 2026-03, 2026-Q2, "
                "2026-01..2026-06 or 2026-03-01..2026-03-15."
            ),
        ),
        (
            {"period": "2026-03..2026-01"},
            "period: '2026-03..2026-01' ends before it begins. Write the earlier one first.",
        ),
        ({"where": "listname=A"}, "where: campaigns have no 'listname' to filter by. Did you mean 'list_name'?"),
        ({"where": "list_name=C"}, "where: no campaign has list_name 'C'. Known: A."),
    ],
)
def test_a_wrong_question_is_said(tmp_path: Path, call: dict[str, str], said: str) -> None:
    header = ["Campaign", "List", "Date", "Sent", "Opened"]
    small.table(tmp_path, "a.csv", header, [["one", "A", "2026-01-05", 100, 20]])
    with pytest.raises(UsageError) as error:
        kit.open(tmp_path, **call)
    assert str(error.value) == said


def test_an_unknown_group_is_said(tmp_path: Path) -> None:
    small.mailchimp(tmp_path, [{}])
    with pytest.raises(UsageError) as error:
        counts.messages(kit.open(tmp_path), ["campain_id"])
    assert str(error.value) == (
        "counts.messages: messages have no column 'campain_id' to group by. Did you mean 'campaign_id'?"
    )


class TestNothingTwice:
    """What two rows tell of one thing is counted once."""

    def test_a_parent_in_the_file_of_its_variants_is_their_sum(self, tmp_path: Path) -> None:
        header = ["Campaign", "Variant", "Date", "Sent", "Delivered", "Opened"]
        rows = [
            ["Spring test", "", "2026-03-05", 1000, 980, 300],
            ["Spring test", "A", "2026-03-05", 500, 490, 140],
            ["Spring test", "B", "2026-03-05", 500, 490, 160],
        ]
        small.table(tmp_path, "a.csv", header, rows)
        data = kit.open(tmp_path)
        assert one(counts.messages(data, ["month"]))["delivered"] == 980
        assert len(data.campaigns) == 1

    @pytest.mark.parametrize(
        "months", [("2026-01", "2026-02"), ("01.2026", "02.2026"), ("Январь 2026", "Февраль 2026")]
    )
    def test_a_table_of_months_is_passed_over_where_campaigns_tell_the_month(
        self, tmp_path: Path, months: tuple[str, str]
    ) -> None:
        small.mailchimp(tmp_path, [{"Send Date": "Jan 05, 2026 12:00 pm"}])
        rows = [[months[0], 100, 98, 30], [months[1], 200, 190, 50]]
        small.table(tmp_path, "months.csv", ["Month", "Sent", "Delivered", "Opened"], rows)
        data = kit.open(tmp_path)
        got = counts.messages(data, ["month"]).set_index("month")["delivered"]
        assert got.to_dict() == {"2026-01": 98, "2026-02": 190}
        assert data.notes == (
            "months.csv: sums of months, weeks or quarters whose campaigns are exported one by one are not used: 1",
        )

    def test_a_month_in_a_table_of_months_is_known_to_its_end(self, tmp_path: Path) -> None:
        header = ["Month", "Sent", "Delivered", "Opened"]
        small.table(tmp_path, "months.csv", header, [["01.2026", 100, 98, 30], ["02.2026", 200, 190, 50]])
        assert kit.open(tmp_path).as_of == datetime(2026, 2, 28, 23, 59)
        small.mailchimp(tmp_path, [{"Send Date": "Feb 05, 2026 12:00 pm"}])  # tells of a moment in it: that counts
        assert kit.open(tmp_path).as_of == datetime(2026, 2, 5, 12)

    def test_two_exports_that_differ_are_told_with_the_one_that_speaks(self, tmp_path: Path) -> None:
        later = [{"Unique Opens": 33}, {"Unique Id": "00000000ab", "Send Date": "Feb 01, 2026 12:00 pm"}]
        small.mailchimp(tmp_path, [{"Unique Opens": 30}], "old.csv")
        small.mailchimp(tmp_path, later, "new.csv")
        told = counts.differences(kit.open(tmp_path))
        assert told[["count", "value", "source", "other_value", "other_source"]].to_numpy().tolist() == [
            ["opened", 33.0, "new.csv", 30.0, "old.csv"]
        ]

    def test_shop_columns_of_nothing_but_zeros_are_unknown_where_orders_are_known(self, tmp_path: Path) -> None:
        small.settings(tmp_path, 'time_zone = "UTC"', 'currency = "EUR"')
        small.mailchimp(tmp_path, [{"Total Revenue": 0}])
        assert one(counts.messages(kit.open(tmp_path), []))["revenue"] == 0
        header = ["Order ID", "Email", "Created at", "Total", "Currency"]
        small.table(tmp_path, "orders.csv", header, [["1", "p1@example.com", "2026-01-02 12:00:00", 30, "EUR"]])
        assert pd.isna(one(counts.messages(kit.open(tmp_path), []))["revenue"])


def test_more_opened_than_delivered_gives_no_rate(tmp_path: Path) -> None:
    small.mailchimp(tmp_path, [{"Unique Opens": 120}])
    assert metrics.values(counts.messages(kit.open(tmp_path), []), ["open_rate"], by=[])["value"].isna().all()
