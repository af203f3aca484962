"""After the click: sessions join by tag, what does not join is counted, and a broken page is found."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import small
from small import NOON, event

import kit
from kit import counts
from kit.questions.after_the_click import links, sessions
from kit.questions.find_problems import references
from kit.questions.find_problems.rules import RULES

ROOT = Path(__file__).parents[1]
GA4 = ["# Start date: 20260101", "# End date: 20260131", "Session campaign,Sessions,Engaged sessions,Key events"]


def export(folder: Path, *rows: str) -> kit.store.Data:
    campaigns = [{"Unique Id": "3c2cf0ef38", "Title": "Spring"}, {"Unique Id": "00000000ab", "Title": "Summer"}]
    small.mailchimp(folder, campaigns)
    (folder / "ga4.csv").write_text("\n".join([*GA4, *rows]) + "\n", encoding="utf-8")
    return kit.open(folder)


def test_a_tag_joins_by_id_or_by_name_and_the_rest_is_counted(tmp_path: Path) -> None:
    data = export(tmp_path, "3c2cf0ef38-BESTSELLERS_COPY_01,30,20,2", "summer,12,6,1", "(organic),500,250,9", "x,1,0,0")
    assert counts.visits_by_campaign(data)["sessions"].sum() == 543
    result = sessions.follow(data)
    assert result.rates.set_index("campaign_name")["sessions"].to_dict() == {"Spring": 30, "Summer": 12}
    assert result.unmatched.set_index("utm_campaign")["sessions"].to_dict() == {"(organic)": 500, "x": 1}
    assert result.matched + result.unmatched["sessions"].sum() == 543


def test_a_clicked_campaign_without_a_session_is_named(tmp_path: Path) -> None:
    data = export(tmp_path, "3c2cf0ef38-SPRING,30,20,2")
    result = sessions.follow(data)
    assert result.silent.to_dict("records") == [{"campaign_name": "Summer", "clickers": 5, "clicked": 5}]


def test_a_campaign_of_a_day_that_the_report_does_not_cover_is_not_called_silent(tmp_path: Path) -> None:
    campaigns = [
        {"Unique Id": "3c2cf0ef38", "Title": "Spring"},
        {"Unique Id": "00000000ab", "Title": "Summer"},
        {"Unique Id": "00000000ac", "Title": "Before", "Send Date": "Dec 01, 2025 09:00 am"},
    ]
    small.mailchimp(tmp_path, campaigns)
    (tmp_path / "ga4.csv").write_text("\n".join([*GA4, "3c2cf0ef38-SPRING,30,20,2"]) + "\n", encoding="utf-8")
    data = kit.open(tmp_path)
    result = sessions.follow(data)
    assert result.silent["campaign_name"].tolist() == ["Summer"]
    assert result.outside == 1
    assert "1 clicked campaign was sent outside the days of the web report" in result.silent_table().text()
    assert result.summary().text.endswith("1 campaign was clicked but shows no website session.")


def frame(engaged: list[int], n: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    ids = [f"c{n}" for n in range(len(engaged))]
    web = pd.DataFrame(
        {
            "utm_campaign": ids,
            "campaign_id": ids,
            "campaign_name": ids,
            "sessions": n,
            "engaged_sessions": engaged,
        }
    ).assign(sent_local=pd.Timestamp("2026-01-05"), key_events=0.0, revenue=np.nan, engagement_seconds=0.0)
    return web, pd.DataFrame({"campaign_id": ids, "campaign_name": ids, "clicked": n})


def test_equal_pages_are_seldom_called_worse(rng: np.random.Generator) -> None:
    named = 0
    for _ in range(100):
        result = sessions.judge(*frame(list(rng.binomial(60, 0.6, 20)), 60))
        named += result.rates["verdict"].isin(("better", "worse")).any()
    assert named <= 100 * (0.05 + 3 * np.sqrt(0.05 * 0.95 / 100))


def test_what_is_usual_is_what_the_problem_areas_take_for_usual() -> None:
    web, mails = frame([30, 40, 36, 42, 38, 5], 60)
    groups = mails.assign(campaign_name=web["campaign_name"], engaged_sessions=web["engaged_sessions"], sessions=60)
    areas = references.others(RULES["landing_page"], groups.assign(sent=500, asked=True))
    assert sessions.judge(web, mails).rates["expected"].tolist() == areas["expected"].tolist()
    # a question about two campaigns is held to the same yardstick; one that is not in it is too young
    asked = sessions.judge(web[3:], mails[3:], yardstick=web[:5]).rates
    assert asked["verdict"].tolist() == ["as usual", "as usual", "too young"]
    told = sessions.judge(web[3:], mails[3:], yardstick=web[:5], automated=["c5"]).rates
    assert told["verdict"].tolist() == ["as usual", "as usual", "automated"]
    old = sessions.judge(web[:5], mails[:5]).rates
    assert asked["expected"].tolist()[:2] == old["expected"].tolist()[3:]


def test_the_broken_page_of_the_sample_is_found_and_no_other() -> None:
    data = kit.open(ROOT / "data/sample")
    truth = json.loads((ROOT / "tests/truth.json").read_text(encoding="utf-8"))["web"]
    result = sessions.follow(data)
    by_id = result.rates.set_index(result.rates["campaign_id"].str.partition(":")[2])["sessions"]
    assert by_id.to_dict() == truth["sessions"]
    beyond = result.rates[result.rates["verdict"].isin(("better", "worse"))]
    assert beyond["campaign_name"].tolist() == [truth["broken_page"]]


def test_without_web_analytics_there_is_an_answer(tmp_path: Path) -> None:
    small.mailchimp(tmp_path, [{}])
    data = kit.open(tmp_path)
    result = sessions.follow(data)
    assert result.matched == 0
    assert result.silent.empty


@pytest.mark.parametrize("where", ["campaign_name=Spring"])
def test_a_filter_leaves_out_other_campaigns_and_does_not_call_them_unknown(tmp_path: Path, where: str) -> None:
    export(tmp_path, "3c2cf0ef38-SPRING,30,20,2", "summer,12,6,1")
    web = counts.visits_by_campaign(kit.open(tmp_path, where=where))
    assert web.set_index("utm_campaign")["campaign_name"].to_dict() == {"3c2cf0ef38-SPRING": "Spring"}


class TestLinks:
    """The ranked links of campaigns, without the one that unsubscribes."""

    @pytest.fixture
    def data(self, tmp_path: Path) -> kit.store.Data:
        small.settings(tmp_path, 'time_zone = "UTC"')
        events = [event("delivered", n, campaign=name) for name in ("c1", "c2") for n in range(100)]
        own = (
            ("c1", "https://example.com/book?utm_source=x&id=5"),
            ("c2", "https://example.com/book?id=5&utm_campaign=y#a"),
        )
        for name, url in own:
            events += [event("click", n, campaign=name, at=NOON + 600, url=url) for n in range(6)]
        again = [event("click", 1, campaign="c1", at=NOON + 900, url="https://example.com/book?id=5")]
        prices = [event("click", n, campaign="c1", at=NOON + 700, url="https://example.com/prices") for n in (1, 7)]
        leaves = [event("click", 9, campaign="c1", at=NOON + 700, url="https://example.com/unsubscribe?u=1")]
        scanner = [event("click", 50, campaign="c2", at=NOON + 1, url="https://example.com/social")]
        small.log(tmp_path, events + again + prices + leaves + scanner)
        return kit.open(tmp_path)

    def test_people_by_link_and_what_follows_the_campaign_is_taken_off(self, data: kit.store.Data) -> None:
        result = links.rank(data)
        names = ["link", "campaigns", "n", "clicked", "clicked_human"]
        assert result.ranked[names].to_numpy().tolist() == [
            ["https://example.com/book?id=5", 2, 200, 12, 12],  # of c1 one person clicked twice
            ["https://example.com/prices", 1, 100, 2, 2],
            ["https://example.com/social", 1, 100, 1, 0],  # within five seconds of delivery
        ]

    def test_the_link_that_leaves_is_shown_where_it_is_asked_for(self, data: kit.store.Data) -> None:
        found = links.clicks_by_link(data, unsubscribing=True).set_index("link")["clicked"]
        assert found["https://example.com/unsubscribe?u=1"] == 1
        assert "https://example.com/unsubscribe?u=1" not in set(links.clicks_by_link(data)["link"])

    def test_each_has_its_n_and_interval(self, data: kit.store.Data) -> None:
        result = links.rank(data)
        row = result.table().cells()[0]
        assert row[2:5] == ["200", "12", "6.0% (3.5–10.2)"]  # Wilson: 12 of 200
        assert result.summary().text.startswith("People clicked https://example.com/book?id=5 most: 6.0%")
        assert result.summary().text.endswith("Links compared: 3.")
        assert "https://example.com/prices 2.0%" in result.plot().alt

    def test_a_report_that_lists_its_links_speaks_where_no_log_does(self, tmp_path: Path) -> None:
        small.mailchimp(tmp_path, [{}])
        assert links.clicks_by_link(kit.open(tmp_path)).empty
        result = links.rank(kit.open(tmp_path))
        assert result.summary().text == "We cannot see which links were clicked: none of your files lists them."
        assert result.plot().svg

    def test_the_reports_of_the_sample_are_told_as_they_are(self) -> None:
        # report_2025-11-11.csv: /book 43 total clicks, 38 people, of 988 delivered mails.
        found = links.clicks_by_link(kit.open(ROOT / "data" / "sample")).set_index(["campaign_name", "link"])
        row = found.loc[("Подготовка к зиме", "https://service.example.com/book")]
        assert row[["clicked", "clicks_total", "delivered"]].tolist() == [38, 43, 988]
