"""After the click: sessions join by tag, what does not join is counted, and a broken page is found."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import small

import kit
from kit import after_click, counts

ROOT = Path(__file__).parents[1]
GA4 = ["# Start date: 20260101", "# End date: 20260131", "Session campaign,Sessions,Engaged sessions,Key events"]


def export(folder: Path, *rows: str) -> kit.store.Data:
    campaigns = [{"Unique Id": "3c2cf0ef38", "Title": "Spring"}, {"Unique Id": "00000000ab", "Title": "Summer"}]
    small.mailchimp(folder, campaigns)
    (folder / "ga4.csv").write_text("\n".join([*GA4, *rows]) + "\n", encoding="utf-8")
    return kit.open(folder)


def test_a_tag_joins_by_id_or_by_name_and_the_rest_is_counted(tmp_path: Path) -> None:
    data = export(tmp_path, "3c2cf0ef38-BESTSELLERS_COPY_01,30,20,2", "summer,12,6,1", "(organic),500,250,9", "x,1,0,0")
    web = counts.visits_by_campaign(data)
    assert web["sessions"].sum() == 543
    result = after_click.follow(web, counts.messages(data, ["campaign_id", "campaign_name"]))
    assert result.campaigns.set_index("campaign_name")["sessions"].to_dict() == {"Spring": 30, "Summer": 12}
    assert result.unmatched.set_index("utm_campaign")["sessions"].to_dict() == {"(organic)": 500, "x": 1}
    assert result.matched + result.unmatched["sessions"].sum() == 543


def test_a_clicked_campaign_without_a_session_is_named(tmp_path: Path) -> None:
    data = export(tmp_path, "3c2cf0ef38-SPRING,30,20,2")
    result = after_click.follow(
        counts.visits_by_campaign(data), counts.messages(data, ["campaign_id", "campaign_name"])
    )
    assert result.silent.to_dict("records") == [{"campaign_name": "Summer", "clicked": 5}]


def frame(engaged: list[int], sessions: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    ids = [f"c{n}" for n in range(len(engaged))]
    web = pd.DataFrame(
        {
            "utm_campaign": ids,
            "campaign_id": ids,
            "campaign_name": ids,
            "sessions": sessions,
            "engaged_sessions": engaged,
        }
    ).assign(sent_local=pd.Timestamp("2026-01-05"), key_events=0.0, revenue=np.nan, engagement_seconds=0.0)
    return web, pd.DataFrame({"campaign_id": ids, "campaign_name": ids, "clicked": sessions})


def test_equal_pages_are_seldom_called_worse(rng: np.random.Generator) -> None:
    named = 0
    for _ in range(100):
        result = after_click.follow(*frame(list(rng.binomial(60, 0.6, 20)), 60))
        named += result.campaigns["verdict"].isin(("better", "worse")).any()
    assert named <= 100 * (0.05 + 3 * np.sqrt(0.05 * 0.95 / 100))


def test_the_broken_page_of_the_sample_is_found_and_no_other() -> None:
    data = kit.open(ROOT / "data/sample")
    truth = json.loads((ROOT / "tests/truth.json").read_text(encoding="utf-8"))["web"]
    web = counts.visits_by_campaign(data)
    result = after_click.follow(web, counts.messages(data, ["campaign_id", "campaign_name"]))
    by_id = result.campaigns.set_index(result.campaigns["campaign_id"].str.partition(":")[2])["sessions"]
    assert by_id.to_dict() == truth["sessions"]
    beyond = result.campaigns[result.campaigns["verdict"].isin(("better", "worse"))]
    assert beyond["campaign_name"].tolist() == [truth["broken_page"]]


def test_without_web_analytics_there_is_an_answer(tmp_path: Path) -> None:
    small.mailchimp(tmp_path, [{}])
    data = kit.open(tmp_path)
    result = after_click.follow(
        counts.visits_by_campaign(data), counts.messages(data, ["campaign_id", "campaign_name"])
    )
    assert result.matched == 0
    assert result.silent.empty


@pytest.mark.parametrize("where", ["campaign_name=Spring"])
def test_a_filter_leaves_out_other_campaigns_and_does_not_call_them_unknown(tmp_path: Path, where: str) -> None:
    export(tmp_path, "3c2cf0ef38-SPRING,30,20,2", "summer,12,6,1")
    web = counts.visits_by_campaign(kit.open(tmp_path, where=where))
    assert web.set_index("utm_campaign")["campaign_name"].to_dict() == {"3c2cf0ef38-SPRING": "Spring"}
