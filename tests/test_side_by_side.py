"""Campaigns side by side over every KPI, and all of them with all counts: values by hand, intervals of the parts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
import small

import kit
from kit import counts, metrics
from kit.errors import UsageError
from kit.questions.compare_campaigns import every_campaign, side_by_side
from kit.stats import means, proportions

if TYPE_CHECKING:
    from kit.store import Data

ROOT = Path(__file__).parents[1]


def campaign(name: str, when: str, sent: int, opened: int, clicked: int) -> dict[str, Any]:
    return {
        "Title": name, "Send Date": when, "Total Recipients": sent, "Successful Deliveries": sent - 2,
        "Unique Opens": opened, "Total Opens": opened + 9, "Unique Clicks": clicked, "Total Clicks": clicked + 3,
        "Unique Id": name.lower().replace(" ", "")[:10].ljust(10, "0"),
    }  # fmt: skip


@pytest.fixture
def data(tmp_path: Path) -> Data:
    small.settings(tmp_path, "as_of = 2026-04-20T12:00:00")
    rows = [
        campaign("Spring", "Jan 04, 2026 10:00 am", 1002, 200, 30),
        campaign("Summer", "Feb 10, 2026 10:00 am", 902, 150, 60),
        campaign("News", "Mar 02, 2026 10:00 am", 802, 100, 10),
        campaign("Fresh", "Apr 19, 2026 10:00 am", 802, 10, 1),
    ]
    small.mailchimp(tmp_path, rows)
    return kit.open(tmp_path)


def row(result: side_by_side.SideBySide, kpi: str, place: int) -> dict[Any, Any]:
    values = result.figures[(result.figures["kpi"] == kpi) & (result.figures["campaign"] == place)]
    return values.to_dict("records")[0]


class TestSideBySide:
    def test_every_kpi_is_set_against_the_first_campaign(self, data: Data) -> None:
        result = side_by_side.compare(data, campaigns="Spring; Summer ;News")
        assert [one["campaign_name"] for one in result.campaigns] == ["Spring", "Summer", "News"]
        for place, (opened, delivered) in enumerate([(200, 1000), (150, 900), (100, 800)]):
            found = row(result, "open_rate", place)
            assert (found["numerator"], found["n"], found["value"]) == (opened, delivered, opened / delivered)
            if place:
                expected = proportions.proportion_difference(200, 1000, opened, delivered)
                between = [found[name] for name in ("difference", "difference_low", "difference_high")]
                assert between == [expected.value, expected.low, expected.high]
        assert pd.isna(row(result, "open_rate", 0)["difference"])
        assert set(result.figures["kpi"]) >= set(metrics.MAIL_RATES)

    def test_decided_accounts_for_all_comparisons_of_the_table(self, data: Data) -> None:
        result = side_by_side.compare(data, campaigns="Spring; Summer; News")
        judged = result.figures[result.figures["p"].notna()]
        single = {
            (one["kpi"], one["campaign"]): proportions.proportion_difference(
                row(result, one["kpi"], 0)["numerator"], row(result, one["kpi"], 0)["n"], one["numerator"], one["n"]
            ).p
            for one in judged.to_dict("records")
        }
        smallest = min(single, key=lambda place: single[place])
        assert row(result, *smallest)["p"] == pytest.approx(min(1, single[smallest] * len(judged)))
        assert (judged["p"] >= [single[one["kpi"], one["campaign"]] for one in judged.to_dict("records")]).all()
        assert "“Summer” has a higher click rate (raw)" in result.summary().text
        assert f"all {len(judged)} comparisons of the table" in result.table().text()

    def test_without_names_the_two_latest_that_are_old_enough_are_taken(self, data: Data) -> None:
        result = side_by_side.compare(data)
        assert [one["campaign_name"] for one in result.campaigns] == ["Summer", "News"]
        young = side_by_side.compare(data, campaigns="News; Fresh").table().text()
        assert "Too recent to judge: the numbers of “Fresh” are still growing." in young

    def test_what_no_campaign_knows_is_named_and_not_shown(self, data: Data) -> None:
        table = side_by_side.compare(data).table()
        assert "reply_rate" not in set(table.frame["kpi"])
        assert "No data for any of them" in table.text()
        assert "Reply rate" in table.text()

    @pytest.mark.parametrize(
        ("names", "said"),
        [
            ("Spring", "'Spring' is only one campaign. Enter two or more"),
            ("Spring; Winter", "there is no campaign named 'Winter'"),
        ],
    )
    def test_a_wrong_name_is_an_error_with_its_reason(self, data: Data, names: str, said: str) -> None:
        with pytest.raises(UsageError, match=said):
            side_by_side.compare(data, campaigns=names)

    def test_a_name_that_two_campaigns_have_is_asked_back(self) -> None:
        mail = pd.DataFrame({"campaign_id": ["id0", "id1"], "campaign_name": ["the same", "the same"]})
        with pytest.raises(
            UsageError, match=("2 campaigns have the name 'the same'\\. Use the campaign's id: id0, id1")
        ):
            side_by_side.named_campaign(mail, "the same")
        assert side_by_side.named_campaign(mail, "id1").name == 1

    def test_an_amount_has_welchs_interval(self) -> None:
        mail = pd.DataFrame(
            {
                "campaign_id": ["a", "b"], "campaign_name": ["a", "b"], "campaign_type": ["regular"] * 2,
                "sent_local": pd.to_datetime(["2026-01-01", "2026-02-01"]), "sent": [100, 100],
                "delivered": [100, 100], "revenue": [500.0, 900.0], "revenue_squares": [9e3, 2e4],
            }
        )  # fmt: skip
        result = side_by_side.judge(mail, ["revenue_per_mail"], [], as_of=None, maturity_days=0, currency="EUR")
        expected = means.welch([500, 900], [9e3, 2e4], [100, 100])
        found = row(result, "revenue_per_mail", 1)
        assert (found["difference"], found["difference_low"]) == pytest.approx((expected.value, expected.low))
        assert "4.00 EUR" in result.table().cells()[0][5]


class TestEveryCampaign:
    def test_the_sample_has_the_counts_of_its_sources(self) -> None:
        data = kit.open(ROOT / "data/sample")
        result = every_campaign.count_all(data)
        mail = kit.counts.messages(data, ["campaign_id"], kind="")
        shown = pd.concat([result.campaigns, result.automations])
        assert set(shown["campaign_id"]) == set(mail["campaign_id"].dropna())
        for name in every_campaign.COUNTED:
            if name != "converted":
                assert shown[name].sum() == mail.loc[mail["campaign_id"].notna(), name].sum(), name
        rates = metrics.values(result.campaigns, ["click_rate"], by=["campaign_id"])
        assert result.campaigns["click_rate_low"].tolist() == pytest.approx(rates["low"].tolist())
        kinds = data.campaigns.set_index("campaign_id")["campaign_type"]
        assert (kinds[result.automations["campaign_id"]] == "automation").all()
        assert (len(shown), result.tests, result.outside) == (50, 1, 0)
        assert "Left out of 51 campaigns and automations in your files: test sends (1)" in result.summary().text
        assert "51 campaigns" in kit.arrived(data).text

    def test_numbered_automations_are_mails_of_one_sequence_in_order(self) -> None:
        names = ["Welcome: email 2 of 3", "Reminder", "Welcome: email 10", "Welcome 1", "Follow-up 4"]
        mail = pd.DataFrame(
            {
                "campaign_id": names, "campaign_name": names, "sent_local": pd.NaT,
                "sent": [50, 9, 20, 100, 5], "delivered": [50, 9, 20, 100, 5],
            }
        )  # fmt: skip
        by_month = pd.DataFrame(
            [("Welcome 1", "2026-01", 60, 60), ("Welcome 1", "2026-03", 40, 40)],
            columns=["campaign_id", "month", "sent", "delivered"],
        )
        result = every_campaign.judge(mail.iloc[:0], mail, by_month, {"bulk": [], "automated": ["delivery_rate"]})
        sequence = result.automations[result.automations["step"].notna()]
        assert sequence["campaign_name"].tolist() == ["Welcome 1", "Welcome: email 2 of 3", "Welcome: email 10"]
        assert sequence["step"].tolist() == [1, 2, 10]
        assert result.automations.set_index("campaign_name").loc["Follow-up 4", "sequence"] == "Follow-up 4"
        first = sequence.iloc[0]
        assert (first["first"], first["last"], first["monthly"]) == ("2026-01", "2026-03", 50)
        assert "E-mail" in [str(column.title) for column in result.automations_table().columns]

    @pytest.mark.parametrize(
        ("name", "sequence", "place"),
        [
            ("Welcome 1", "Welcome", 1),
            ("Welcome: email 2 of 3", "Welcome", 2),
            ("Приветствие, письмо 2", "Приветствие", 2),
            ("Welcome (3/3)", "Welcome", 3),
            ("Напоминание: 11 месяцев после визита", "Напоминание: 11 месяцев после визита", None),
            ("2", "2", None),
        ],
    )
    def test_the_step_is_the_number_that_ends_a_name(self, name: str, sequence: str, place: int | None) -> None:
        assert every_campaign.step(name) == (sequence, place)


def test_a_campaign_of_an_export_and_one_of_the_log_are_not_set_against_each_other() -> None:
    sample = kit.open(ROOT / "data/sample")
    by_log = counts.log_shares(sample, ["campaign_id"]).set_index(["count", "campaign_id"]).loc["clicked", "log_share"]
    names = [by_log.index[by_log == share][0] for share in (0, 1)]
    result = side_by_side.compare(sample, campaigns="; ".join(names))
    figures = result.figures[result.figures["campaign"] == 1].set_index("kpi")
    assert figures.loc["click_rate", "other_source"]
    assert figures.loc["click_rate", ["difference", "p"]].isna().all()
    assert not figures.loc["unsubscribe_rate", "other_source"]
    assert figures.loc["unsubscribe_rate", "p"] <= 1
    assert "Event logs and exports do not count alike, so these show no difference: " in result.table().text()
