"""Every notebook a second time, with other parameters and with data that lacks much.

The cells run in this process; kernels and papermill are the report's and nbval's.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import small

from kit import metrics
from tests.pages import PAGES, named, run

ROOT = Path(__file__).parents[1]
OTHER = {
    "00_check_the_export": {"period": "2026-06"},
    "01_choose_kpis": {"goal": "revenue", "worthwhile": 0.5},
    "02_months": {"kpis": "delivery_rate, complaint_rate", "period": "2025-12..2026-08"},
    "03_compare_campaigns": {"kpi": "unsubscribe_rate", "where": "list_name=Клиенты сервиса"},
    "04_find_problems": {"period": "2025-09..2026-02"},
    "05_segments": {"kpi": "unsubscribe_rate"},
    "06_subject_lines": {"kpi": "click_rate", "worthwhile": 0.25},
    "07_after_the_click": {"where": "list_name=Клиенты сервиса"},
    "08_sales_cycle": {"people": "segment", "days": 30, "period": "2026-01..2026-06"},
    "09_retention": {"what": "visit", "every": "month", "period": "2026-01..2026-09"},
    "10_response_time": {"period": "2026-05..2026-10", "promised_hours": 2.0},
    "11_customer_messages": {"period": "2026-05..2026-10", "label": 5},
    "12_customer_health": {"period": "2025-01..2026-09", "horizon": 60, "churn": "usage", "account": "cus_c1003"},
    "13_lapsed": {"period": "2026-05..2026-10", "what": "visit", "days": 60, "at_risk": 0.3},
    "14_win_back": {"period": "2026-05..2026-10", "who": "all", "what": "visit", "days": 60},
    "15_list_health": {"period": "2026-05..2026-10", "window": 120},
}


def test_every_notebook_is_run_with_other_parameters() -> None:
    assert sorted(OTHER) == sorted(PAGES)


@pytest.mark.parametrize("name", OTHER)
def test_other_parameters_reach_the_page(name: str) -> None:
    shown = run(PAGES[name], ROOT / "data" / ("software" if name == "12_customer_health" else "sample"), **OTHER[name])
    text = json.dumps(shown, ensure_ascii=False)
    if "period" in OTHER[name]:
        assert OTHER[name]["period"][-7:] in named(shown, "arrived")["text"]
    if "kpi" in OTHER[name]:
        assert str(metrics.find(OTHER[name]["kpi"]).name).lower() in text.lower()
    if name == "01_choose_kpis":
        assert "50%" in named(shown, "volume_reach")["text"]
        assert named(shown, "goal_kpis")["title"] == "KPIs for the goal “revenue”"
    if name == "12_customer_health":
        assert "no product use for 56 days" in text
        assert "from 14 to 74 days" in text
        assert "cus_c1003" in named(shown, "health_card")["text"]
    if name == "02_months":
        table = next(one for one in shown if one["name"] == "months" and "columns" in one)
        columns = [column["name"] for column in table["columns"]]
        assert {"delivery_rate", "complaint_rate"} <= set(columns)
        assert "open_rate" not in columns


@pytest.mark.parametrize("name", OTHER)
def test_a_poor_export_gives_a_page_and_no_crash(name: str, tmp_path: Path) -> None:
    # Two months, four campaigns, no time zone, no clicks, one of them an A/B pair; markup in a subject.
    header = ["Campaign", "Subject", "Variant", "Date", "Sent", "Delivered", "Opened"]
    rows = [
        ["one", "<script>alert(1)</script>", "", "2026-01-05", 100, 100, 0],
        ["two", "Цена: $5 ☀ & «ура»", "", "2026-01-06", 100, 99, 99],
        ["three", "", "", "2026-02-06", 1, 1, 0],
        ["four", "a", "A", "2026-02-07", 50, 50, 10],
        ["four", "b", "B", "2026-02-07", 50, 50, 12],
    ]
    small.table(tmp_path, "poor.csv", header, rows)
    shown = run(PAGES[name], tmp_path)
    assert "5 of 5 rows kept, 4 campaigns" in named(shown, "arrived")["text"]
    if name == "06_subject_lines":
        assert "not decided" in named(shown, "tests_verdict")["text"]
