"""States and reasons: what a file says of an answer, a person, an order or a row is not taken for something else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest

from kit import counts, sources, store
from kit.questions.subject_lines.verdicts import compare
from kit.report.check import check
from kit.settings import Settings
from kit.sources import frames
from kit.sources.text.addresses import with_signs
from kit.store import dedupe_sessions
from kit.tables import WEB
from tests import exports

if TYPE_CHECKING:
    from pathlib import Path

    from kit.sources import FileLog

UTC = Settings(values={"time_zone": "UTC", "currency": "EUR"})


def read(folder: Path, text: str) -> tuple[FileLog, pd.DataFrame]:
    loaded = sources.read(exports.write(folder, "a.csv", text), UTC)
    (log,) = loaded.files
    assert log.rows_read == log.rows_kept + log.rows_left_out
    return log, loaded.tables.get(log.table or "", pd.DataFrame())


def survey(header: str, *scores: object) -> str:
    rows = "".join(f"2026-02-{n:02d} 10:00:00,{score},u{n}@example.com\n" for n, score in enumerate(scores, start=1))
    return f"submitted_at,{header},user\n{rows}"


NO_NPS = [
    ("NPS", (0, 3, 5), "rating", None),
    ("Would you recommend us?", tuple(n % 6 for n in range(28)), "rating", None),
    ("nps_score", (1, 2, 4, 3), "rating", None),
    ("nps_score", (5, 2, 4, 3), "rating", None),
    ("NPS", (1, 5, 5), "rating", None),
    ("How likely are you to recommend us? (1-5)", (1, 5, 4), "rating", 5),
    ("Would you recommend us?", (1, 0, 1), "yes_no", 1),
    ("Would you recommend us?", ("Yes", "No", "Yes"), "yes_no", 1),
    ("Порекомендуете ли вы нас?", ("Да", "Нет", "Да"), "yes_no", 1),
]


@pytest.mark.parametrize(("header", "scores", "kind", "scale"), NO_NPS)
def test_a_short_scale_or_a_yes_makes_no_nps(
    tmp_path: Path, header: str, scores: tuple[object, ...], kind: str, scale: int | None
) -> None:
    log, table = read(tmp_path, survey(header, *scores))
    assert (log.table, len(table), set(table["survey_type"])) == ("surveys", len(scores), {kind})
    assert table["scale_max"].isna().all() if scale is None else set(table["scale_max"]) == {scale}
    assert any("NPS" in str(note) for note in log.notes)


@pytest.mark.parametrize(
    ("header", "scores"),
    [
        ("nps_score", (1, 2, 9)),
        ("NPS", (0, 3, 8)),
        ("NPS", (*[0, 3, 7] * 12, 9)),
        ("How likely are you to recommend us? (0-10)", (2, 4)),
    ],
)
def test_answers_that_need_the_long_scale_or_a_header_that_names_it_make_an_nps(
    tmp_path: Path, header: str, scores: tuple[int, ...]
) -> None:
    _, table = read(tmp_path, survey(header, *scores))
    assert (set(table["survey_type"]), set(table["scale_max"])) == ({"nps"}, {10})


def test_a_row_that_answers_nothing_is_set_aside(tmp_path: Path) -> None:
    log, table = read(tmp_path, survey("nps_score", 9, "", 4, ""))
    assert table["score"].tolist() == [9, 4]
    assert [(row.line, str(row.reason)) for row in log.rejections] == [
        (3, "it has no answer to any question and is set aside"),
        (5, "it has no answer to any question and is set aside"),
    ]


def test_shared_answers_are_no_nps(shared: Path) -> None:
    small = sources.read(shared / "field" / "P07_nps_small_scale" / "feedback.csv", UTC).tables["surveys"]
    assert (len(small), set(small["survey_type"]), small["score"].mean()) == (100, {"rating"}, pytest.approx(3.3))
    yes_no = sources.read(shared / "field" / "H_typeform_yes_no_recommend" / "typeform.csv", UTC).tables["surveys"]
    assert (set(yes_no["survey_type"]), set(yes_no["scale_max"])) == ({"yes_no"}, {1})
    assert yes_no["score"].notna().all()


PEOPLE = [
    ("subscribed_to_emails", ["yes", "no"], ["subscribed", "unsubscribed"]),
    ("email_disabled", ["false", "true"], [None, "blocklisted"]),
    ("Status", ["Spammed", "Cancelled"], ["blocklisted", "unsubscribed"]),
    ("Accepts Email Marketing", ["TRUE", "FALSE"], ["subscribed", "unsubscribed"]),
    ("Unsubscribed from all email", ["", "true"], [None, "unsubscribed"]),
    ("订阅状态", ["已订阅", "已退订"], ["subscribed", "unsubscribed"]),
]


@pytest.mark.parametrize(("header", "cells", "states"), PEOPLE)
def test_who_may_be_mailed_is_known_by_yes_and_no_and_by_words(
    tmp_path: Path, header: str, cells: list[str], states: list[str | None]
) -> None:
    rows = "".join(f"p{n}@example.com,2026-01-0{n},{cell}\n" for n, cell in enumerate(cells, start=1))
    log, table = read(tmp_path, f"email,created_at,{header}\n{rows}")
    assert (log.table, log.rejections) == ("contacts", ())
    assert [state if isinstance(state, str) else None for state in table["status"]] == states
    assert table["unsubscribed_at"].isna().all()


REASONS = [
    "Email Address,OPTIN_TIME,UNSUB_TIME,UNSUB_REASON,UNSUB_REASON_OTHER,LEID,EUID",
    "Email,Subscribed at,Unsubscribed at,Unsubscribe reason,Other reason,X,Y",
]


@pytest.mark.parametrize("header", REASONS)
def test_the_words_of_who_left_for_another_reason_are_kept(tmp_path: Path, header: str) -> None:
    days = "2026-01-01 10:00:00,2026-02-01 10:00:00"
    text = (
        f"{header}\na@example.com,{days},Other,Too many of them,1,e1\nb@example.com,{days},Not interested,,2,e2\n"
        f"c@example.com,{days},other,,3,e3\n"
    )
    log, table = read(tmp_path, text)
    assert log.table == "contacts"
    assert table["unsubscribe_reason"].tolist() == ["Too many of them", "Not interested", "other"]


@pytest.mark.parametrize("channel", ["SMS", "push", "WhatsApp"])
def test_rows_of_another_channel_are_set_aside(tmp_path: Path, channel: str) -> None:
    text = f"email,subscribed_at,channel\na@example.com,2026-01-01,email\nb@example.com,2026-01-02,{channel}\n"
    log, table = read(tmp_path, text)
    assert table["email"].tolist() == ["a@example.com"]
    assert [str(row.reason) for row in log.rejections] == [f"its Channel is '{channel}', so it is set aside"]
    text = f"Campaign,Date,Channel,Sent,Opens\nA,2026-01-01,Email,100,30\nB,2026-01-02,{channel},100,\n"
    assert read(tmp_path, text)[1]["campaign_name"].tolist() == ["A"]


UNPAID = ["on-hold", "wc-on-hold", "wc-pending", "Pending", "failed", "wc-failed", "Awaiting payment", "Ожидает оплаты",
          "待付款", "等待买家付款", "未支付", "支付失败", "交易关闭", "已取消"]  # fmt: skip


@pytest.mark.parametrize("state", UNPAID)
def test_an_order_that_waits_for_its_payment_is_no_sale(tmp_path: Path, state: str) -> None:
    log, table = read(tmp_path, f"Order ID,Date,Total,Status\n1,2026-01-05,50,{state}\n2,2026-01-06,60,completed\n")
    assert table["is_cancelled"].tolist() == [True, False]
    assert any("is cancelled, failed, void or not paid" in str(note) for note in log.notes)


@pytest.mark.parametrize(
    "state", ["已支付", "已付款", "支付成功", "待发货", "已发货", "已签收", "交易成功", "部分退款"]
)
def test_an_order_that_is_paid_is_a_sale_whatever_its_delivery(tmp_path: Path, state: str) -> None:
    log, table = read(tmp_path, f"订单号,下单日期,金额,状态\n1,2026-01-05,50,{state}\n2,2026-01-06,60,已完成\n")
    assert not table["is_cancelled"].any()
    assert not any("unknown to the kit" in str(note) for note in log.notes)


@pytest.mark.parametrize("state", ["已退款", "退款成功", "全额退款", "Fully refunded"])
def test_an_order_whose_state_is_refunded_is_no_sale(tmp_path: Path, state: str) -> None:
    _, table = read(tmp_path, f"Order ID,Date,Total,Status\n1,2026-01-05,50,{state}\n2,2026-01-06,60,completed\n")
    assert table["is_cancelled"].tolist() == [True, False]


def test_an_order_given_back_whole_is_no_sale_and_one_in_part_is(tmp_path: Path) -> None:
    text = "Order ID,Date,Total,Refunded\n1,2026-01-05,50,50\n2,2026-01-06,60,10\n3,2026-01-07,0,0\n"
    log, table = read(tmp_path, text)
    assert [bool(pd.notna(off) and off) for off in table["is_cancelled"]] == [True, False, False]
    assert "1 order was refunded in full; it is kept but not counted as a sale" in map(str, log.notes)


@pytest.mark.parametrize(
    "names",
    [
        ("May offer | Combo 1", "May offer | Combo 2", "May offer | Winner"),
        ("May offer (A)", "May offer (B)"),
        ("May offer - Variant A", "May offer - Variant B"),
        ("May offer – вариант 1", "May offer – вариант 2"),
    ],
)
def test_versions_of_a_test_are_one_campaign(tmp_path: Path, names: tuple[str, ...]) -> None:
    rows = "".join(f"{name},2026-05-04 10:00,100,{n}\n" for n, name in enumerate(names))
    _, table = read(tmp_path, f"Campaign,Send date,Sent,Unique opens\n{rows}Plan (A),2026-05-05 10:00,10,1\n")
    assert table["campaign_name"].tolist() == ["May offer"] * len(names) + ["Plan (A)"]
    assert table["variant"].notna().tolist() == [True] * len(names) + [False]
    assert table["variant"].dropna().is_unique


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("bob at example.com (Bob Smith)", "bob@example.com (Bob Smith)"),
        ("bob.smith (at) example (dot) com", "bob.smith@example.com"),
        ("bob(a)example.com", "bob@example.com"),
        ("bob [at] mail.example.com", "bob@mail.example.com"),
        ("Bob at home", "Bob at home"),
        ("a@example.com at example.org", "a@example.com at example.org"),
    ],
)
def test_addresses_written_out_are_addresses(written: str, meant: str) -> None:
    assert with_signs(written) == meant


def test_mails_of_a_list_archive_have_their_senders(tmp_path: Path) -> None:
    mail = "From bob at example.com  Thu Mar  5 12:00:00 2026\nFrom: bob at example.com (Bob Smith)\n"
    mail += "Date: Thu, 05 Mar 2026 12:00:00 +0000\nSubject: Hello\nMessage-ID: <1@example.com>\n\nText\n\n"
    exports.write(tmp_path, "2026-March.txt", mail + mail.replace("<1@", "<2@").replace("bob", "ann"))
    data = store.open_data(tmp_path)
    mails = data.table("mails")
    assert (mails["from_domain"].tolist(), mails["from_key"].nunique()) == (["example.com"] * 2, 2)


def web(file: str, sessions: int, **measures: object) -> pd.DataFrame:
    days = {"period_start": pd.Timestamp("2026-02-01"), "period_end": pd.Timestamp("2026-02-28")}
    return frames.frame(WEB, [{"source_file": file, "channel": "Direct", "sessions": sessions} | days | measures])


@pytest.mark.parametrize(("fuller", "other"), [("a.csv", "b.csv"), ("b.csv", "a.csv")])
def test_of_two_reports_of_the_same_sessions_the_fuller_one_counts(fuller: str, other: str) -> None:
    reports = [web(fuller, 224, engaged_sessions=15, key_events=8), web(other, 224)]
    kept, duplicates, _ = dedupe_sessions.sessions(frames.together(reports))
    assert (kept["source_file"].tolist(), duplicates) == ([fuller], {other: 1})


def test_the_shared_overview_gives_way_to_the_report_that_says_more(shared: Path) -> None:
    web = store.open_data(shared / "field" / "H_ga4_overview_beside_traffic").table("web")
    assert (len(web), web["sessions"].sum(), web["engaged_sessions"].sum(), web["key_events"].sum()) == (4, 242, 21, 12)


MONEY = "Order ID;Email;Order date;Total;Status\n"


@pytest.mark.parametrize(
    ("status", "sold", "named"),
    [
        ("abgeschlossen", True, False), ("storniert", False, False), ("in Wartestellung", False, False),
        ("erstattet", False, False), ("annulée", False, False), ("remboursé", False, False), ("expédiée", True, False),
        ("cancelado", False, False), ("reembolsado", False, False), ("completed", True, False),
        ("on-hold", False, False),
        ("zurueckgestellt", True, True), ("Fraud review", True, True),
    ],
)  # fmt: skip
def test_a_state_of_an_order_is_known_or_said_to_be_taken_as_a_sale(
    tmp_path: Path, status: str, *, named: bool, sold: bool
) -> None:
    log, table = read(tmp_path, f"{MONEY}1;a@example.com;2026-01-05;20;paid\n2;b@example.com;2026-01-06;30;{status}\n")
    assert table["is_cancelled"].fillna(value=False).astype(bool).tolist() == [False, not sold]
    assert any("such orders count as sales" in str(note) for note in log.notes) is named


@pytest.mark.parametrize(
    "words", [("sent", "opened", "clicked"), ("envoyé", "délivré", "rebond"), ("отправлено", "доставлено", "открыто")]
)
def test_what_a_mail_log_tells_is_no_action_of_customers(tmp_path: Path, words: tuple[str, ...]) -> None:
    rows = "".join(f"2026-01-05 10:00,a@example.com,{word},C1\n" for word in (*words, "callback", "booking", "review"))
    log, table = read(tmp_path, f"Date,Email,Event,Campaign\n{rows}")
    assert (log.rows_rejected, table["action"].tolist()) == (3, ["lead", "appointment", "review"])
    assert "table: events" in str(log.rejections[0])


def test_a_table_of_mostly_mail_events_is_a_log_of_them(tmp_path: Path) -> None:
    words = ("sent", "delivered", "opened", "callback")
    rows = "".join(f"2026-01-05 10:0{minute},a@example.com,{word},C1\n" for minute, word in enumerate(words))
    log, table = read(tmp_path, f"Date,Email,Event,Campaign\n{rows}")
    assert (log.preset, table["event_type"].tolist()) == ("email_events", ["sent", "delivered", "opened", "unknown"])
    assert "1 event of a kind unknown to the preset is kept as unknown: 'callback'" in map(str, log.notes)


def test_unanswered_rows_and_posts_that_were_no_mail_are_set_aside_and_no_loss(tmp_path: Path) -> None:
    text = "#,Would you recommend us?,Start Date (UTC),Submit Date (UTC)\n"
    text += "a,1,2026-03-01 10:00:00,2026-03-01 10:01:00\nb,,2026-03-02 10:00:00,2026-03-02 10:01:00\n"
    log, _ = read(tmp_path, text)
    assert (log.rows_set_aside, log.rows_rejected) == (1, 0)
    assert check(tmp_path).well


WINNER = """\
Campaign Name,Send Time,Sent,Delivered,Unique Opens,Unique Clicks
May sale | Winner,2026-05-06 10:00,9000,8900,2100,230
May sale | Combo 1,2026-05-04 09:00,500,490,100,10
May sale | Combo 2,2026-05-04 09:00,500,490,120,14
June sale | Winner,2026-06-25 10:00,700,690,210,23
June sale | Combo 1,2026-06-01 09:00,500,490,120,14
"""


def test_the_winner_that_was_sent_days_later_belongs_to_its_test_and_is_no_arm(tmp_path: Path) -> None:
    exports.write(tmp_path, "a.csv", WINNER)
    data = store.open_data(tmp_path)
    campaigns = data.campaigns.set_index("sent_local")["campaign_name"]
    assert campaigns.index.strftime("%m-%d").tolist() == ["05-04", "06-01", "06-25"]  # weeks later it is another mail
    mail = counts.messages(data, ["campaign_id"])
    assert sorted(mail["delivered"]) == [490, 690, 9_880]
    verdicts = compare(data).verdicts
    assert verdicts[["a", "b"]].to_numpy().tolist() == [["Combo 1", "Combo 2"]]
    assert verdicts["decision"].tolist() == ["not decided"]  # and the split of 500 to 500 is as planned
