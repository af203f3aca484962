"""Web analytics: many tables under comment lines, saved again by spreadsheets, and the nested export of events."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import ibis
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from kit import sources
from kit.settings import Settings
from kit.sources.reports import analytics, bigquery
from kit.store.engine import Engine
from kit.tables import WEB
from tests import exports

if TYPE_CHECKING:
    from pathlib import Path

    from kit.sources import FileLog

EURO = Settings(values={"currency": "EUR"})

HEAD = """\
# ----------------------------------------
# Report CSV Export
# Account: The garage
# Property: https://garage.example.com/
# ----------------------------------------
#\x20\x20
# Start date: 20260301
# End date: 20260331
"""

CAMPAIGNS = (
    HEAD
    + """\
Session campaign,Session source / medium,Sessions,Engaged sessions,Total users,Key events,Total revenue,\
Average engagement time per session,Engagement rate,Scroll depth
,,115,60,90,7.5,300.50,20.5,0.52,1
3c2cf0ef38-SALE #2,mailchimp / email,40,30,35,5.5,250.50,30.5,0.75,1
#spring,facebook / social / paid,25,10,20,2,50,10,0.4,1
(direct),(direct) / (none),30,15,25,0,0,12.25,0.5,1
(not set),(not set),20,5,10,0,0,1,0.25,1

# Which pages are seen?
# Start date: 20260301
# End date: 20260331
Page title and screen class,Views
Home,10
"""
)
"""A report with a totals row; names begin with # and hold it."""


def read_one(path: Path, settings: Settings = EURO) -> tuple[FileLog, pd.DataFrame]:
    """The log of the only file, and its rows."""
    loaded = sources.read(path, settings, Engine())
    (log,) = loaded.files
    table = loaded.tables.get("web", pd.DataFrame(columns=WEB.names))
    assert list(table.columns) == WEB.names
    assert log.rows_read == log.rows_kept + len(log.rejections)
    assert log.rows_kept == len(table)
    return log, table


def test_native_report_by_hand(tmp_path: Path) -> None:
    log, table = read_one(exports.write(tmp_path, "data-export.csv", CAMPAIGNS))
    assert log.preset == "ga4"
    assert table["sessions"].tolist() == [40, 25, 30, 20]
    assert table["utm_campaign"].fillna("").tolist() == ["3c2cf0ef38-SALE #2", "#spring", "(direct)", ""]
    assert table["utm_source"].fillna("").tolist() == ["mailchimp", "facebook / social", "(direct)", ""]
    assert table["utm_medium"].fillna("").tolist() == ["email", "paid", "(none)", ""]
    assert table["source_campaign_id"].fillna("").tolist() == ["3c2cf0ef38", "", "", ""]
    assert (table["users"].sum(), table["key_events"].sum(), table["revenue"].sum()) == (90, 7.5, 300.5)
    # average x sessions: 40 x 30.5, 25 x 10, 30 x 12.25, 20 x 1
    assert table["engagement_seconds"].tolist() == [1220, 250, 367.5, 20]
    assert set(table["currency"]) == {"EUR"}
    assert set(table["period_start"]) == {pd.Timestamp("2026-03-01")}
    assert set(table["period_end"]) == {pd.Timestamp("2026-03-31")}
    assert log.unmapped == ("Scroll depth",)
    assert [(one.line, "adds up" in str(one.reason)) for one in log.rejections] == [(10, True)]
    assert any("'Page title and screen class, Views' (line 19, 1 row)" in str(note) for note in log.notes)


def test_saved_again_by_a_spreadsheet_gives_the_same(tmp_path: Path) -> None:
    """Padded comments, blank lines of separators, one more comment line, and notes under and after the table."""
    wide = max(line.count(",") for line in CAMPAIGNS.splitlines())
    lines = [line + "," * (wide - line.count(",")) for line in CAMPAIGNS.splitlines()]
    at = next(n for n, line in enumerate(lines) if line.startswith("# Start date"))
    lines.insert(at, "# All Users" + "," * wide)
    end = next(n for n, line in enumerate(lines) if line.startswith("(not set)")) + 1
    lines[end:end] = [
        "Anna: spring was sent twice" + "," * wide,
        "," * wide,
        "checked 3 April,,115" + "," * (wide - 2),
    ]
    for separator in (",", ";", "\t"):
        text = "\r\n".join(line.replace(",", separator) for line in lines)
        log, table = read_one(exports.write(tmp_path, f"again{ord(separator)}.csv", text))
        native = read_one(exports.write(tmp_path, "native.csv", CAMPAIGNS))[1]
        pd.testing.assert_frame_equal(table.drop(columns="source_file"), native.drop(columns="source_file"))
        assert len(log.rejections) == 3  # totals, the note in the table, the note under it


def test_a_workbook_is_read_like_its_text(tmp_path: Path) -> None:
    cells = [line.split(",") for line in CAMPAIGNS.splitlines()]
    told = [[float(cell) if re.fullmatch(r"[\d.]+", cell) else cell for cell in row] for row in cells]
    padded = [[f" {cell}" if isinstance(cell, str) else cell for cell in row] for row in told]  # no cell begins with #
    table = read_one(exports.workbook(tmp_path, "book.xlsx", {"data": padded}))[1]
    assert table["sessions"].tolist() == [40, 25, 30, 20]
    assert table["utm_campaign"].fillna("").tolist()[1:] == ["#spring", "(direct)", ""]


@pytest.mark.parametrize(
    ("header", "column"),
    [
        ("Session default channel group", "channel"),
        ("Session primary channel group (Default Channel Group)", "channel"),
        ("Session campaign", "utm_campaign"),
        ("Session manual ad content", "utm_content"),
    ],
)
@pytest.mark.parametrize("users", ["Users", "Total users", "Active users"])
@pytest.mark.parametrize("key_events", ["Conversions", "Key events"])
def test_names_of_every_version_of_the_page(
    tmp_path: Path, header: str, column: str, users: str, key_events: str
) -> None:  # FORMATS 5: the names changed with the versions
    text = f"{HEAD}{header},Sessions,{users},{key_events}\nabc,4,3,1.5\n"
    (row,) = read_one(exports.write(tmp_path, "a.csv", text))[1].to_dict("records")
    assert (row[column], row["sessions"], row["users"], row["key_events"]) == ("abc", 4, 3, 1.5)
    assert pd.isna(row["engaged_sessions"])  # not exported: unknown, not 0


def test_each_table_has_its_own_dates_and_a_day_column_moves_them(tmp_path: Path) -> None:
    text = (
        f"{HEAD}Nth day,Session campaign,Sessions\n0000,a,1\n0013,b,2\n\n"
        "# Start date: 20260401\n# End date: 20260430\nDate,Session campaign,Sessions\n20260407,c,4\n20260499,d,8\n\n"
        "# Start date: 20260501\n# End date: 20260531\nSession campaign,Sessions\ne,16\n"
    )
    log, table = read_one(exports.write(tmp_path, "a.csv", text))
    days = ["2026-03-01", "2026-03-14", "2026-04-07", "2026-05-01"]
    assert table["period_start"].dt.strftime("%Y-%m-%d").tolist() == days
    assert table["period_end"].dt.strftime("%Y-%m-%d").tolist() == [*days[:3], "2026-05-31"]
    assert [(one.column, one.reason) for one in log.rejections] == [("Date", "'20260499' is not a date")]


def test_the_same_sessions_are_taken_once_from_the_table_that_tells_most(tmp_path: Path) -> None:
    """Three tables of one period hold the same ten sessions; the one by campaign and source speaks."""
    text = (
        f"{HEAD}Session default channel group,Sessions\nEmail,10\n\n"
        "#  \nSession campaign,Session source,Sessions\na,x,6\nb,y,4\n\n#  \nSession campaign,Sessions\na,6\nb,4\n"
    )
    log, table = read_one(exports.write(tmp_path, "a.csv", text))
    assert (table["sessions"].sum(), table["utm_source"].tolist()) == (10, ["x", "y"])
    assert sum("has the same sessions and less about where they came from" in str(note) for note in log.notes) == 2


def test_a_file_without_sessions_by_their_origin_says_so(tmp_path: Path) -> None:
    text = f"{HEAD}First user default channel group,New users\nDirect,5\n"  # how people came first is not the session
    log, table = read_one(exports.write(tmp_path, "a.csv", text))
    assert (log.status, len(table)) == ("empty", 0)
    assert str(log.error) == (
        "a.csv: none of its tables has sessions by campaign, source, medium or channel. "
        "Export Traffic acquisition, by Session campaign."
    )


def test_the_real_snapshot_by_hand(shared: Path) -> None:
    log, table = read_one(shared / "formats" / "ga4" / "reports_snapshot_multi_section.csv")
    # one table of the 15 tells sessions by channel: Direct, 10
    (row,) = table.to_dict("records")
    assert (row["channel"], row["sessions"]) == ("Direct", 10)
    assert (row["period_start"], row["period_end"]) == (pd.Timestamp("2023-03-22"), pd.Timestamp("2023-04-18"))
    assert len(log.notes) == 14
    assert sum("no rows" in str(note) for note in log.notes) == 4  # FORMATS 5: four of them are header-only


def test_the_id_in_a_tag_is_the_one_of_mailchimps_report(shared: Path) -> None:
    text = (shared / "formats" / "mailchimp" / "ab_report.csv").read_text(encoding="utf-8-sig")
    pairs = re.findall(r"utm_campaign=([^&]+)&.*?mc_cid=([0-9a-f]+)", text)
    assert pairs
    assert {(analytics.campaign_id(tag), cid) for tag, cid in pairs} == {(cid, cid) for _, cid in pairs}


@pytest.mark.parametrize("tag", [None, "", "spring", "3c2cf0ef3-X", "3c2cf0ef38", "3C2CF0EF38-X", "x3c2cf0ef38-X"])
def test_other_tags_name_no_platforms_id(tag: str | None) -> None:
    assert analytics.campaign_id(tag) is None


_TEXT, _INT = pa.string(), pa.int64()
_VALUE = pa.struct(
    [("string_value", _TEXT), ("int_value", _INT), ("float_value", pa.float64()), ("double_value", pa.float64())]
)
_LAST_CLICK = pa.struct(
    [
        ("manual_campaign", pa.struct([(n, _TEXT) for n in ("campaign_name", "source", "medium", "content")])),
        (
            "cross_channel_campaign",
            pa.struct([(n, _TEXT) for n in ("campaign_name", "source", "medium", "default_channel_group")]),
        ),
    ]
)
_COLLECTED = pa.struct([(f"manual_{n}", _TEXT) for n in ("campaign_name", "source", "medium", "content")])
SCHEMA = pa.schema(
    [
        ("event_date", _TEXT),
        ("event_timestamp", _INT),
        ("event_name", _TEXT),
        ("event_params", pa.list_(pa.struct([("key", _TEXT), ("value", _VALUE)]))),
        ("user_pseudo_id", _TEXT),
        ("traffic_source", pa.struct([(n, _TEXT) for n in ("name", "medium", "source")])),
        ("collected_traffic_source", _COLLECTED),
        ("session_traffic_source_last_click", _LAST_CLICK),
        ("ecommerce", pa.struct([("purchase_revenue", pa.float64())])),
    ]
)
"""The documented schema of the export, as far as it is read (Google: GA4 BigQuery Export schema)."""

FIRST_USER = {"name": "years-ago", "source": "old", "medium": "cpc"}


def hit(who: str | None, session: int | None, at: int, name: str = "page_view", **more: Any) -> dict[str, Any]:
    params = more.pop("params", {}) | ({} if session is None else {"ga_session_id": session})
    told = [{"key": k, "value": {"string_value" if isinstance(v, str) else "int_value": v}} for k, v in params.items()]
    day = more.pop("day", "20260301")
    base = {"event_date": day, "event_timestamp": at, "event_name": name, "user_pseudo_id": who}
    return base | {"event_params": told, "traffic_source": FIRST_USER} | more


def clicked(campaign: str, source: str, medium: str, /, **more: str) -> dict[str, Any]:
    manual = {"campaign_name": campaign, "source": source, "medium": medium}
    return {"session_traffic_source_last_click": {"manual_campaign": manual, "cross_channel_campaign": more}}


def collected(campaign: str, source: str, medium: str) -> dict[str, Any]:
    named = {"manual_campaign_name": campaign, "manual_source": source, "manual_medium": medium}
    return {"collected_traffic_source": named}


HITS = [
    # a's first session: two pages, a purchase; the tag was collected with its first event
    hit("a", 1, 10, "session_start", **collected("3c2cf0ef38-SALE", "mailchimp", "email")),
    hit("a", 1, 30, **collected("later", "elsewhere", "cpc")),
    hit(
        "a",
        1,
        40,
        "purchase",
        params={"session_engaged": "1", "engagement_time_msec": 4000, "currency": "EUR"},
        ecommerce={"purchase_revenue": 12.5},
        day="20260302",  # after midnight: the session stays on the day it began
    ),
    # the same visitor again, by the session's own record; and b with the same session number
    hit("a", 2, 50, params={"session_engaged": 1}, **clicked("3c2cf0ef38-SALE", "mailchimp", "email")),
    hit("b", 1, 60, params={"engagement_time_msec": 500}, **clicked("3c2cf0ef38-SALE", "mailchimp", "email")),
    # nothing said by tags: the channel's record speaks
    hit(
        "c",
        7,
        70,
        "generate_lead",
        **clicked("(not set)", "(not set)", "(not set)", source="(direct)", default_channel_group="Direct"),
    ),
    hit(None, None, 80, **collected("3c2cf0ef38-SALE", "mailchimp", "email")),  # no consent: no session
]


def test_sessions_of_the_nested_export_by_hand() -> None:
    con = ibis.duckdb.connect()
    con.raw_sql("SET lambda_syntax = 'ENABLE_SINGLE_ARROW'")
    events = con.create_table("events", pa.Table.from_pylist(HITS, schema=SCHEMA))
    web = bigquery.web(events, ["generate_lead"])
    assert list(web.columns) == WEB.names[2:]
    rows = {row["utm_source"]: row for row in web.to_pyarrow().to_pylist()}
    mail = rows["mailchimp"]
    assert (mail["sessions"], mail["engaged_sessions"], mail["users"]) == (3, 2, 2)
    assert (mail["utm_campaign"], mail["utm_medium"], mail["source_campaign_id"]) == (
        "3c2cf0ef38-SALE",
        "email",
        "3c2cf0ef38",
    )
    assert (mail["revenue"], mail["currency"], mail["engagement_seconds"], mail["key_events"]) == (12.5, "EUR", 4.5, 0)
    assert mail["period_start"].isoformat() == mail["period_end"].isoformat() == "2026-03-01"
    direct = rows["(direct)"]
    assert (direct["channel"], direct["utm_campaign"], direct["sessions"], direct["key_events"]) == (
        "Direct",
        None,
        1,
        1,
    )
    assert len(rows) == 2  # neither the first visit of the person, nor the tag of a later event


def test_money_of_two_currencies_is_not_added(tmp_path: Path) -> None:
    def bought(who: str, money: str) -> dict[str, Any]:
        return hit(who, 1, 5, "purchase", params={"currency": money}, ecommerce={"purchase_revenue": 5.0})

    pq.write_table(
        pa.Table.from_pylist([bought("a", "EUR"), bought("b", "USD")], schema=SCHEMA), tmp_path / "e.parquet"
    )
    (row,) = read_one(tmp_path / "e.parquet")[1].to_dict("records")
    assert row["sessions"] == 2
    assert pd.isna(row["revenue"])
    assert pd.isna(row["currency"])


def test_parquet_of_the_export_is_known_by_its_columns_and_a_folder_is_one(tmp_path: Path) -> None:
    for number, rows in enumerate((HITS[:3], HITS[3:])):  # a session may lie in the files of two days
        pq.write_table(pa.Table.from_pylist(rows, schema=SCHEMA), tmp_path / f"events_2026030{number}.parquet")
    log, table = read_one(tmp_path, Settings(values={"web.key_events": ("generate_lead",)}))
    assert (log.file, log.preset, table["sessions"].sum()) == ("*.parquet", "ga4_bigquery", 4)
    assert table["key_events"].sum() == 1
    assert log.notes == (
        "7 events were grouped into 4 sessions",
        "1 event belongs to no session (visitors without consent) and is not counted",
    )


def test_an_export_of_older_columns_is_read_without_those_that_came_later(tmp_path: Path) -> None:
    old = [name for name in SCHEMA.names if name not in {"session_traffic_source_last_click", "ecommerce"}]
    pq.write_table(pa.Table.from_pylist(HITS[:3], schema=SCHEMA).select(old), tmp_path / "e.parquet")
    log, table = read_one(tmp_path / "e.parquet")
    assert table["utm_campaign"].tolist() == ["3c2cf0ef38-SALE"]
    assert pd.isna(table["revenue"]).all()
    assert any("set web.key_events in kit.toml" in str(note) for note in log.notes)


@pytest.mark.parametrize(
    ("start", "end", "property_", "dimensions", "metrics"),
    [
        (
            "Fecha de inicio", "Fecha de finalización", "Propiedad", "Campaña de la sesión,Fuente/medio de la sesión",
            "Sesiones,Sesiones con interacción,Total de usuarios,Eventos clave",
        ),
        (
            "Дата начала", "Дата окончания", "Ресурс", "Кампания сеанса,Источник и канал сеанса",
            "Сеансы,Сеансы с взаимодействием,Всего пользователей,Ключевые события",
        ),
        (
            "Startdatum", "Enddatum", "Property", "Sitzung – Kampagne,Sitzung – Quelle/Medium",
            "Sitzungen,Sitzungen mit Interaktionen,Aktive Nutzer,Schlüsselereignisse",
        ),
    ],
)  # fmt: skip
def test_a_report_is_known_in_other_languages(
    tmp_path: Path, start: str, end: str, property_: str, dimensions: str, metrics: str
) -> None:
    text = f"# ----\n# {property_}: Shop\n# ----\n#\n# {start}: 20260301\n# {end}: 20260331\n{dimensions},{metrics}\n"
    log, table = read_one(exports.write(tmp_path, "a.csv", text + "spring,mail / email,40,30,35,2\n,x / y,3,1,2,0\n"))
    assert (log.preset, log.unmapped) == ("ga4", ())
    row = table.to_dict("records")[0]
    names = (
        "property",
        "utm_campaign",
        "utm_source",
        "utm_medium",
        "sessions",
        "engaged_sessions",
        "users",
        "key_events",
    )
    assert [row[name] for name in names] == ["Shop", "spring", "mail", "email", 40, 30, 35, 2]
    assert (row["period_start"], row["period_end"]) == (pd.Timestamp("2026-03-01"), pd.Timestamp("2026-03-31"))


def test_one_day_above_a_table_makes_no_report(tmp_path: Path) -> None:
    text = "# Export of: 20260301\nCampaign,Send Date,Sent,Opened\nA,2026-03-01,100,30\n"
    loaded = sources.read(exports.write(tmp_path, "a.csv", text), Settings())
    assert [log.preset for log in loaded.files] == ["campaign_stats"]
