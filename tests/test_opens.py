"""Openings by people: bounds and estimate against simulated truth, published cases and the sample."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import small
from oracles import oracle
from small import DAY, NOON, event

import kit
from kit import counts, metrics
from kit.counts import people
from kit.errors import UsageError
from kit.questions.months import opens
from kit.stats import proportions

ROOT = Path(__file__).parents[1]
CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/128.0.0.0"
COUNTS = [*people.SUMS, *people.SQUARES]


def frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Counts of openers: what a row does not say is 0, and every mail is to another person."""
    found = pd.DataFrame(rows)
    told = [f"delivered_{name}" for name in ("trackable", "prefetching", "unknown")]
    found = found.assign(**{name: 0 for name in told if name not in found})
    found = found.assign(delivered_told=found[told].sum(axis=1))
    if "opened_trackable" in found:
        found = found.assign(opened_squares=found["opened_trackable"], opened_by_delivered=found["opened_trackable"])
    found = found.assign(delivered_squares=found["delivered_trackable"])
    found = found.assign(**{name: 0 for name in COUNTS if name not in found})
    return found.assign(**{name: "x" for name in people.STRATUM if name not in found})


def only(result: opens.Opens) -> pd.Series:
    assert len(result.rates) == 1
    return result.rates.iloc[0]


def test_bounds_and_extrapolation_of_the_published_case(shared: Path) -> None:
    # outsolvi.com/tools/apple-mpp-impact-estimator: 650 of 1,000 reported, 290 of them prefetched: 36 to 65 %.
    # Over the measurable people, as Oracle Responsys' adjusted rate has it: 360 / 710 = 50.7 %.
    case = {"delivered": 1000, "opened": 650, "proven": 360, "delivered_prefetching": 290}
    row = only(opens.judge(frame([case | {"delivered_trackable": 710, "opened_trackable": 360}])))
    assert (row["proven"] / row["delivered"], row["raw"]) == (0.36, 0.65)
    assert (row["bound_low"], row["bound_high"]) == (0.36, 0.65)  # counts of these mails: no error of sampling
    assert row["estimate"] == pytest.approx(360 / 710)
    told = oracle(shared, "mpp_bounds")
    assert [row["proven"] / row["delivered"], row["raw"]] == told.near("lower_bound", "upper_bound")
    assert row["estimate"] == told.near("extrapolated_from_measurable")


def test_the_interval_of_one_stratum_is_wilsons() -> None:
    case = {"delivered": 1000, "opened": 650, "proven": 360, "delivered_prefetching": 290}
    row = only(opens.judge(frame([case | {"delivered_trackable": 710, "opened_trackable": 360}])))
    # The half opening more in the variance moves it by less than 0.0005.
    low, high = proportions.proportion_interval(360, 710)
    assert (row["estimate_low"], row["estimate_high"]) == pytest.approx((float(low), float(high)), abs=5e-4)


def test_several_mails_to_the_same_people_widen_the_interval() -> None:
    """50 people get four mails; 20 open all, 30 none: 50 observations, not 200."""
    case = {"delivered": 200, "opened": 80, "proven": 80, "delivered_trackable": 200, "opened_trackable": 80}
    alike = frame([case]).assign(opened_squares=20 * 16, delivered_squares=50 * 16, opened_by_delivered=20 * 16)
    row, low_high = only(opens.judge(alike)), proportions.proportion_interval(20, 50)
    assert row["estimate"] == pytest.approx(0.4)
    assert (row["estimate_low"], row["estimate_high"]) == pytest.approx([float(end) for end in low_high], abs=0.01)


def test_strata_are_weighted_by_all_mail() -> None:
    """Readers (40 %) prefetch much, others (10 %) little: by hand (1000 x .4 + 1000 x .1) / 2000."""
    rows = [
        {"domain": "a.example.com", "delivered": 1000, "delivered_trackable": 100, "opened_trackable": 40},
        {"domain": "b.example.com", "delivered": 1000, "delivered_trackable": 900, "opened_trackable": 90},
    ]
    whole = {"opened": 600, "proven": 65}
    found = frame([row | whole | {"delivered_unknown": 1000 - row["delivered_trackable"]} for row in rows])
    row = only(opens.judge(found))
    assert row["estimate"] == pytest.approx(0.25)
    assert (row["trackable"], row["unknown"]) == (0.5, 0.5)


def test_a_stratum_without_trackable_people_takes_its_neighbours_rate() -> None:
    rows = [
        {"domain": "a.example.com", "delivered": 500, "delivered_trackable": 500, "opened_trackable": 100},
        {"domain": "b.example.com", "delivered": 500, "delivered_trackable": 0, "opened_trackable": 0},
    ]
    found = frame([row | {"opened": 400, "proven": 50} for row in rows])
    found["delivered_prefetching"] = found["delivered"] - found["delivered_trackable"]
    found["delivered_told"] = found["delivered"]
    assert only(opens.judge(found))["estimate"] == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("case", "basis"),
    [
        ({"delivered": 1000}, "no machine information"),
        ({"delivered": 1000, "delivered_trackable": 500}, "machine information for a part"),
        ({"delivered": 500, "delivered_trackable": 29, "delivered_unknown": 471}, "too few trackable"),
        ({"delivered": 500, "delivered_trackable": 500, "opened_trackable": 450}, "outside the bounds"),
    ],
)
def test_without_a_ground_there_is_no_estimate_and_the_reason_is_said(case: dict[str, int], basis: str) -> None:
    row = only(opens.judge(frame([{"delivered_trackable": 0, "opened": 100, "proven": 20} | case])))
    assert row["basis"] == basis
    assert np.isnan([row["estimate"], row["estimate_low"], row["estimate_high"]]).all()
    assert (row["bound_low"], row["bound_high"]) == (20 / row["delivered"], row["raw"])


def test_no_mail_has_no_rate() -> None:
    row = only(opens.judge(frame([{"delivered": 0, "delivered_trackable": 0}])))
    assert np.isnan([row[name] for name in ("raw", "bound_low", "bound_high", "estimate", "told")]).all()


def simulated(rng: np.random.Generator, runs: int, m: np.ndarray, read: np.ndarray, shift: float) -> pd.DataFrame:
    """Campaigns to 20,000 people in strata of equal size: `m` of a stratum prefetches, `read` of it reads.

    Prefetching people read `shift` more than the others of their stratum; their reading leaves no trace
    but the machine's. Returns the counts with `truth`, what people really opened.
    """
    parts, size = [], 20_000 // len(m)
    for stratum, (share, rate) in enumerate(zip(m, read, strict=True)):
        prefetching = rng.binomial(size, share, runs)
        seen = rng.binomial(size - prefetching, rate)
        hidden = rng.binomial(prefetching, rate + shift)
        parts.append(
            pd.DataFrame(
                {"run": range(runs), "domain": f"d{stratum}", "delivered": size, "opened": seen + prefetching}
                | {"proven": seen, "delivered_prefetching": prefetching, "delivered_trackable": size - prefetching}
                | {"opened_trackable": seen, "truth": seen + hidden}
            )
        )
    return frame(pd.concat(parts).to_dict("records"))


@pytest.mark.parametrize("m", [0.3, 0.5, 0.6])
class TestPrefetching:
    """STATISTICS, S18: bounds always hold; the estimate does where its assumption does."""

    def against_truth(self, rng: np.random.Generator, m: float, shift: float) -> tuple[pd.DataFrame, pd.Series]:
        shares, reading = m + np.array([-0.2, 0, 0.2]), np.array([0.1, 0.2, 0.35])
        counted = simulated(rng, 400, shares, reading, shift)
        truth = counted.groupby("run")["truth"].sum() / counted.groupby("run")["delivered"].sum()
        return opens.judge(counted, by=["run"]).rates.set_index("run"), truth

    @pytest.mark.parametrize("shift", [-0.08, 0, 0.2])
    def test_the_bounds_always_contain_the_truth(self, rng: np.random.Generator, m: float, shift: float) -> None:
        found, truth = self.against_truth(rng, m, shift)
        assert ((found["bound_low"] <= truth) & (truth <= found["bound_high"])).all()

    def test_the_estimate_is_unbiased_where_strata_explain_reading(self, rng: np.random.Generator, m: float) -> None:
        found, truth = self.against_truth(rng, m, 0)
        assert abs((found["estimate"] - truth).mean()) < 0.01  # S18's bar
        # 95 % of 400 less three Monte Carlo errors; the truth's own chance is smaller than the interval's.
        assert ((found["estimate_low"] <= truth) & (truth <= found["estimate_high"])).mean() >= 0.917

    def test_it_is_biased_where_they_do_not(self, rng: np.random.Generator, m: float) -> None:
        found, truth = self.against_truth(rng, m, 0.1)
        assert (truth - found["estimate"]).mean() == pytest.approx(0.1 * m, abs=0.01)

    def test_without_strata_it_would_be_biased(self, rng: np.random.Generator, m: float) -> None:
        shares, reading = m + np.array([-0.2, 0, 0.2]), np.array([0.1, 0.2, 0.35])
        counted = simulated(rng, 400, shares, reading, 0)
        truth = counted["truth"].sum() / counted["delivered"].sum()
        pooled = opens.judge(counted.assign(domain="all"), by=["run"]).rates["estimate"].mean()
        assert truth - pooled > 0.01


@pytest.fixture(scope="module")
def half_prefetching(tmp_path_factory: pytest.TempPathFactory) -> kit.store.Data:
    """CHECKS, C1: 100,000 mails to 10,000 people, who open 22 % of them; half of the people's mail is prefetched."""
    rng = np.random.default_rng(20261122)
    folder = tmp_path_factory.mktemp("half")
    events = []
    for campaign in range(10):
        at = NOON + campaign * 7 * DAY
        reads = rng.random(10_000) < 0.22
        for person in range(10_000):
            about = {"campaign": f"c{campaign}"}
            events.append(event("delivered", person, at=at, **about))
            if person % 2:
                events.append(event("open", person, at=at + 60, useragent="Mozilla/5.0", **about))
            elif reads[person]:
                events.append(event("open", person, at=at + 9000, useragent=CHROME, **about))
    small.log(folder, events)
    return kit.open(folder)


def test_the_human_rate_with_an_honest_denominator(half_prefetching: kit.store.Data) -> None:
    row = only(opens.judge(counts.openers(half_prefetching, [])))
    assert row["raw"] == pytest.approx(0.61, abs=0.004)  # C1's own figures
    assert row["estimate"] == pytest.approx(0.22, abs=0.004)
    assert (row["trackable"], row["prefetching"], row["unknown"]) == (0.5, 0.5, 0)
    assert row["estimate_low"] < 0.22 < row["estimate_high"]


def test_openings_by_people_over_all_mail_are_a_bound_and_no_rate(half_prefetching: kit.store.Data) -> None:
    """C1: the 11 % of a numerator that is filtered over a denominator that is not cannot be had as a rate."""
    result = opens.judge(counts.openers(half_prefetching, []))
    row = only(result)
    assert row["proven"] / row["delivered"] == pytest.approx(0.11, abs=0.003)
    assert row["bound_low"] < 0.11
    text = result.summary().text
    assert text.startswith("People opened between 11 and 61% of delivered e-mails")
    assert "The estimate is 2" in text
    of_people = [
        one for one in metrics.KPIS.values() if one.numerator in {"proven", "opened_trackable", "opened_human"}
    ]
    assert {one.denominator for one in of_people} == {"delivered_trackable"}  # both sides or none
    mails = counts.messages(half_prefetching, [])
    assert metrics.values(mails, ["open_rate_human"], by=[])["value"].item() == pytest.approx(0.22, abs=0.004)
    with pytest.raises(UsageError):
        metrics.values(mails, ["proven_rate"], by=[])


def test_an_export_without_machine_information_has_bounds_only(tmp_path: Path) -> None:
    small.mailchimp(tmp_path, [{"Unique Id": f"00000000a{n}", "Unique Opens": 50 + n} for n in range(3)])
    data = kit.open(tmp_path)
    result = opens.judge(counts.openers(data, []))
    row = only(result)
    assert (row["delivered"], row["opened"], row["proven"]) == (294, 153, 15)  # 3 x 98, 50 + 51 + 52, 3 x 5
    assert row["basis"] == "no machine information"
    assert np.isnan(row["trackable"])
    assert result.summary().text.endswith("There is no estimate: the export does not separate machines from people.")


def test_an_export_that_names_machine_openings_raises_the_lower_bound(tmp_path: Path) -> None:
    header = ["Campaign", "Date", "Sent", "Delivered", "Opened", "Machine Opens", "Clicked"]
    small.table(tmp_path, "a.csv", header, [["one", "2026-01-05", 1000, 1000, 650, 290, 20]])
    row = only(opens.judge(counts.openers(kit.open(tmp_path), [])))
    assert (row["proven"], row["basis"]) == (360, "no machine information")


def test_campaigns_without_a_date_have_bounds_and_no_month(tmp_path: Path) -> None:
    header = ["Campaign", "Sent", "Delivered", "Opened", "Clicked"]
    small.table(tmp_path, "a.csv", header, [["one", 1000, 1000, 650, 20]])
    result = opens.estimate(kit.open(tmp_path))
    assert result.summary().text.startswith("People opened between 2 and 65% of delivered e-mails")
    assert result.table().cells()[0][0] == "–"
    assert result.plot().alt == "Opens and clicks by people: nothing to draw, the month of sending is unknown."


def test_a_log_and_an_export_stand_side_by_side(tmp_path: Path) -> None:
    small.settings(tmp_path, 'time_zone = "UTC"')
    sends = [event("delivered", n, campaign=f"c{k}", at=NOON + k * DAY) for n in range(50) for k in range(4)]
    read = [event("open", n, campaign="c0", at=NOON + 900, useragent=CHROME) for n in range(10)]
    small.log(tmp_path, sends + read)
    small.mailchimp(tmp_path, [{"Unique Id": "00000000ab", "Send Date": "Feb 01, 2026 12:00 pm"}])
    found = opens.judge(counts.openers(kit.open(tmp_path), ["month"]), by=["month"]).rates.set_index("month")
    assert found["basis"].to_dict() == {"2026-01": "trackable people", "2026-02": "no machine information"}
    assert found.loc["2026-01", "estimate"] == pytest.approx(10 / 200)
    whole = only(opens.judge(counts.openers(kit.open(tmp_path), [])))
    assert (whole["delivered"], whole["basis"]) == (298, "machine information for a part")


def test_openers_add_up_to_the_messages() -> None:
    data = kit.open(ROOT / "data/sample")
    parts, whole = counts.openers(data, ["month"]), counts.messages(data, ["month"]).set_index("month")
    names = ["delivered", "opened", "clicked"]
    assert parts.groupby("month")[names].sum().astype(float).equals(whole[names].astype(float))
    told = [f"delivered_{name}" for name in ("trackable", "prefetching", "unknown")]
    assert (parts[told].sum(axis=1) == parts["delivered_told"]).all()


def test_an_unknown_group_is_said() -> None:
    with pytest.raises(UsageError) as error:
        counts.openers(kit.open(ROOT / "data/sample"), ["domian"])
    assert str(error.value).startswith("counts.openers: messages have no column 'domian' to group by.")


@pytest.mark.parametrize(("kind", "key"), [("bulk", "campaigns"), ("automated", "automations")])
def test_the_sample_gives_back_what_was_read(kind: str, key: str) -> None:
    truth = json.loads((ROOT / "tests/truth.json").read_text(encoding="utf-8"))[key]
    read = {one["source_campaign_id"]: one["totals"]["read"] / one["totals"]["delivered"] for one in truth}
    data = kit.open(ROOT / "data/sample")
    found = opens.judge(counts.openers(data, ["campaign_id"], kind=kind), by=["campaign_id"]).rates
    true = found["campaign_id"].str.partition(":")[2].map(read)
    assert true.notna().all()
    assert ((found["bound_low"] <= true) & (true <= found["bound_high"])).all()
    logged = found["campaign_id"].str.startswith("sendgrid")
    assert (found["basis"] == "trackable people").equals(logged)
    inside = (found["estimate_low"] <= true) & (true <= found["estimate_high"])
    assert inside[logged].mean() >= 0.9
    assert abs((found["estimate"] - true)[logged].mean()) < 0.01


class TestShown:
    """Words and figure hold what the result holds."""

    @pytest.fixture
    def result(self) -> opens.Opens:
        return opens.estimate(kit.open(ROOT / "data/sample"))

    def test_the_sentence_tells_bounds_platform_estimate_and_assumption(self, result: opens.Opens) -> None:
        last = result.rates.iloc[-1]
        text = result.summary().text
        assert text.startswith("Oct 2026: people opened between ")
        for number in (last["bound_high"], last["raw"]):
            assert f"{number * 100:.0f}%" in text
        assert f"{last['estimate'] * 100:.1f}%" in text
        assert text.endswith("read like them. The comparison is within the same domain and the same number of clicks.")

    def test_the_tables_have_a_row_a_month(self, result: opens.Opens) -> None:
        assert len(result.table().cells()) == len(result.clicks_table().cells()) == 14
        assert result.table().cells()[0][-1] == "–"

    def test_the_figure_says_what_it_shows(self, result: opens.Opens) -> None:
        alt = result.plot().alt
        assert alt.count("no estimate") == 6
        assert "Oct 2026" in alt
