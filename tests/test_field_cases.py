"""Every number that the cases from the field expect is the number that comes out, or its column is named as unused."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import kit
from kit import counts, metrics
from kit.questions.customer_messages import voice

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pandas as pd

    from kit.store import Data

    Told = Callable[[Data], Any]

SHARED = Path(os.environ.get("KIT_SHARED", "none"))
MAILS = ("sent", "delivered", "bounced", "bounced_hard", "bounced_soft", "opened", "opens_total", "clicked")
STATS = (*MAILS, "clicks_total", "unsubscribed", "complained", "converted")


def total(name: str) -> Told:
    return lambda data: counts.messages(data, [])[name].sum()


def monthly(name: str) -> Told:
    return lambda data: counts.messages(data, ["month"]).set_index("month")[name].to_dict()


def rate(kpi: str, month: str = "") -> Told:
    def told(data: Data) -> Any:
        by = ["month"] if month else []
        values = metrics.values(counts.messages(data, by), [kpi], by=by)
        return (values[values["month"] == month] if month else values)["value"].item()

    return told


def rates(data: Data) -> dict[str, float]:
    values = metrics.values(counts.messages(data, ["month"]), ["open_rate"], by=["month"])
    return dict(zip(values["month"], values["value"], strict=True))


def rows(table: str, **where: Any) -> Told:
    def told(data: Data) -> int:
        frame = data.table(table)
        for name, value in where.items():
            frame = frame[frame[name] == value]
        return len(frame)

    return told


def summed(table: str, column: str) -> Told:
    return lambda data: data.table(table)[column].sum()


def read(data: Data) -> int:
    return max(log.rows_read for log in data.files)


def waits(data: Data, what: str) -> Any:
    return (counts.responses(data).query("state == 'answered' and first")["minutes"] * 60).agg(what)


def orders(data: Data) -> pd.DataFrame:
    return counts.messages(data, ["campaign_id"], action="order", window_days=7)


ALL = {name: total(name) for name in STATS} | {"sent_by_month": monthly("sent")}
MAILING = {"unique_opens": total("opened"), "total_opens": total("opens_total"), "unique_clicks": total("clicked"),
           "bounces": total("bounced"), "unsubscribes": total("unsubscribed"), "opens": total("opened"),
           "unique_unsubscribes": total("unsubscribed"), "complaints": total("complained"), "clicks": total("clicked"),
           "mails": rows("campaigns"), "campaigns": rows("campaigns"), "read": total("opened")}  # fmt: skip

CASES: dict[str, dict[str, Told]] = {
    "F01_klaviyo_message_report": {
        "first_row_delivered_about": lambda data: (
            data.table("campaign_stats").set_index("subject").loc["Subject line 01", "delivered"]
        ),
    },
    "F03_customerio_metrics": {"rows": rows("campaign_stats")},
    "F05_substack": {
        "subscriber_rows": lambda data: next(log.rows_read for log in data.files if log.table == "contacts"),
        "distinct_addresses": rows("contacts"), "email_disabled": rows("contacts", status="unsubscribed"),
        "paying": rows("contacts", segment="paying"),
        "posts": lambda data: next(log.rows_read for log in data.files if log.table == "campaign_stats"),
        "posts_sent_as_mail": rows("campaigns"),
    },
    "F07_sendgrid_bounces": {
        "addresses": rows("contacts"),
        "hard_at_least": lambda data: min(2, len(data.table("contacts").query("status == 'cleaned'"))),
    },
    "F09_front_messages": {
        "rows": read, "messages": rows("correspondence"), "conversations": rows("tickets"),
        "answered": lambda data: (counts.responses(data)["state"] == "answered").sum(),
        "unanswered": lambda data: (counts.responses(data)["state"] == "open").sum(),
        "median_seconds_answered_only": lambda data: waits(data, "median"),
        "mean_seconds_answered_only": lambda data: waits(data, "mean"),
    },
    "F11_generic_campaigns": {"open_rate_by_month": rates},
    "F13_substack_details": {"people": rows("contacts"), "paying": rows("contacts", segment="paying")},
    "H_ga4_overview_beside_traffic": {
        "web.rows": rows("web"),
        **{f"web.{name}": summed("web", name) for name in ("sessions", "engaged_sessions", "key_events")},
        "web.engagement_seconds": summed("web", "engagement_seconds"),
    },
    "H_mailchimp_resaved_in_excel": {
        f"this_file.{name}": (MAILING | ALL)[name] for name in ("campaigns", "sent", "delivered", "opened")
    },
    "H_typeform_yes_no_recommend": {"expected.nps_rows": rows("surveys", survey_type="nps")},
    "P01_listmonk_views": {
        "views_total": total("opens_total"), "people_viewed": total("opened"), "people_clicked": total("clicked"),
        "open_rate_people": lambda data: total("opened")(data) / total("sent")(data),
        "click_rate_people": lambda data: total("clicked")(data) / total("sent")(data),
    },
    "P03_sendgrid_daily_stats": {"requests": total("sent")},
    "P05_mautic_report": {
        "open_rate_delivered": rate("open_rate"), "click_rate_delivered": rate("click_rate"),
        "open_rate_theirs": lambda data: total("opened")(data) / total("sent")(data),
        "clicked_people": total("clicked"),
    },
    "P07_nps_small_scale": {
        "answers": rows("surveys"), **{name: lambda data, name=name: data.table("surveys")["score"].agg(name)
                                       for name in ("min", "max", "mean")},
    },
    "P09_month_in_zone": {
        "sent_by_month_berlin": monthly("sent"), "opened_may": lambda data: monthly("opened")(data)["2026-05"],
        "open_rate_may": rate("open_rate", "2026-05"),
    },
    "P11_excel_ids": {
        "orders": rows("orders"), "revenue": summed("orders", "total"),
        "customers": lambda data: data.table("orders")["contact_key"].nunique(),
    },
    "P13_mixed_case": {
        "rows": read, "people": rows("contacts"), "left": rows("contacts", status="unsubscribed"),
        "on_list": rows("contacts", status="subscribed"),
    },
    "P15_attribution_twice": {
        "orders": rows("orders"), "revenue_all": summed("orders", "total"),
        "orders_within_7_days_of_any_mail": lambda data: orders(data)["orders"].sum(),
        "revenue_attributable_once": lambda data: orders(data)["revenue"].sum(),
    },
    "P16_ses_no_delivery": {
        "delivered_is_derived": lambda data: counts.messages(data, [])["delivered_is_derived"].item(),
        "open_rate": rate("open_rate"),
    },
    "P18_google_forms": {
        "answers": rows("surveys"), "scores": lambda data: dict(enumerate(data.table("surveys")["score"])),
        "nps": lambda data: voice.ask(data).scores.set_index("kind").loc["nps", "value"],
    },
    "P22_sendgrid_no_category": {"open_rate": rate("open_rate"), "campaigns": rows("campaigns")},
}  # fmt: skip

WRONG = ("got.", "full_file.", "sent_by_month_utc_wrong", "wrong_if_deduplicated", "revenue_if_each_mail_claims")
"""What must not come out, and what a file has that is not here."""

NOT_KNOWN = {
    ("P03_sendgrid_daily_stats", "sum_of_daily_uniques"): "people of days do not add up: no number is shown",
    ("P03_sendgrid_daily_stats", "open_rate_range"): "the same",
    ("H_00_fails_without_campaigns", "expected.exit"): "tests/test_subsets.py runs page 00 of such folders",
}
UNUSED = {
    "mails_received": "Email receives (last 6 months)", "drops": "Email drops (last 6 months)",
    "mails_opened_distinct": "Emails opened (last 6 months)", "open_rate": "Emails opened (last 6 months)",
    "received_but_opened_none": "Emails opened (last 6 months)", "revenue": "Revenue", "cancelled": "Cancel date",
}  # fmt: skip
"""What Substack tells of a person over six months, which no question takes: its columns are named."""


def numbers(value: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """Every number of what is expected, with its place; tables of months and lists of scores whole."""
    for name, one in value.items():
        at = f"{place}.{name}".lstrip(".")
        if isinstance(one, dict) and all(isinstance(leaf, int | float) for leaf in one.values()) and "by_month" in name:
            yield at, one
        elif isinstance(one, dict):
            yield from numbers(one, at)
        elif isinstance(one, list) and all(isinstance(leaf, int | float) for leaf in one):
            yield at, dict(enumerate(one))
        elif isinstance(one, int | float):
            yield at, one


FOLDERS = sorted((SHARED / "field").glob("*/expected.json")) if SHARED.exists() else []


@pytest.mark.parametrize("file", FOLDERS, ids=[file.parent.name for file in FOLDERS])
def test_every_number_of_a_case_comes_out(file: Path) -> None:
    name = file.parent.name
    told = MAILING | ALL | CASES.get(name, {})
    expected = [
        (place, value)
        for place, value in numbers(json.loads(file.read_text(encoding="utf-8")))
        if not place.startswith(WRONG) and (name, place) not in NOT_KNOWN
    ]
    data = kit.open(file.parent)
    if name == "F13_substack_details":
        (log,) = [log for log in data.files if log.table]
        assert {UNUSED[place] for place, _ in expected if place in UNUSED} <= {*log.unmapped, "Cancel date"}
        expected = [(place, value) for place, value in expected if place not in UNUSED]
    for place, value in expected:
        about = 1e-4 if place == "first_row_delivered_about" else 2e-4 if "rate" in place else 1e-9
        assert told[place](data) == pytest.approx(value, rel=about), place
