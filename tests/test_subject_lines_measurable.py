"""Tests on openings: what machines hide, and what it costs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import kit
from kit import counts
from kit.counts import people
from kit.questions.subject_lines import measurable

ROOT = Path(__file__).parents[1]


def arms(*rows: dict[str, float]) -> pd.DataFrame:
    names = [*people.SUMS, *people.SQUARES]
    frame = pd.DataFrame([dict.fromkeys(names, 0.0) | row for row in rows])
    told = {"campaign_id": "t", "campaign_name": "t", "sent_local": pd.Timestamp("2026-03-01")}
    return frame.assign(variant=list("ABC"[: len(rows)]), domain=None, clicks_besides=None, **told)


def test_dilution_is_as_published() -> None:
    # CHECKS: 20 against 22 % with 0, 20, 40, 50, 60 % of the mail opened by machines; R power.prop.test
    found = measurable.dilution(0.2, 0.1)
    assert found.rows["needed"].tolist() == [6510, 14261, 27179, 37513, 53015]
    assert found.rows["raw"].tolist() == pytest.approx([0.2, 0.36, 0.52, 0.6, 0.68])
    assert found.summary().text == (
        "If people open 20% and no machine does, a test needs 6,510 messages per version. Otherwise it needs "
        "14,261 with 20%, 27,179 with 40%, 37,513 with 50%, 53,015 with 60% of messages opened by machines."
    )


def test_the_measurable_alone_need_fewer_mails() -> None:
    # STATISTICS: m = 50 %: all 37,513 an arm, the measurable alone 13,019 of all sent, for 20 against 22 %.
    own = {
        "delivered": 4000.0,
        "delivered_told": 4000.0,
        "delivered_trackable": 2000.0,
        "delivered_prefetching": 2000.0,
    }
    found = measurable.judge(
        arms(own | {"opened": 2400.0, "opened_trackable": 400.0}, own | {"opened": 2400.0, "opened_trackable": 400.0}),
        worthwhile=0.1,
    )
    row = found.tests.iloc[0]
    assert (row["trackable"], row["machines"]) == (0.5, 0.5)
    assert row["needed_all"] == 37513
    assert row["needed_measurable"] == pytest.approx(13019, abs=1)
    assert (row["value_a"], row["difference"]) == (0.2, 0)
    assert "each version needs 37,513 messages" in found.summary().text


def test_a_difference_that_machines_dilute_is_seen_whole() -> None:
    own = {
        "delivered": 4000.0,
        "delivered_told": 4000.0,
        "delivered_trackable": 2000.0,
        "delivered_prefetching": 2000.0,
    }
    rows = [own | {"opened": 2000 + 2 * x, "opened_trackable": float(x)} for x in (400, 480)]
    row = measurable.judge(arms(*rows), worthwhile=0.1).tests.iloc[0]
    assert row["raw_b"] - row["raw_a"] == pytest.approx(0.04)
    assert row["difference"] == pytest.approx(0.04)
    assert row["low"] > 0


def test_without_machine_information_nothing_is_claimed() -> None:
    found = measurable.judge(
        arms({"delivered": 500.0, "opened": 90.0}, {"delivered": 500.0, "opened": 99.0}), worthwhile=0.1
    )
    assert np.isnan(found.tests.iloc[0][["trackable", "difference", "needed_all"]].astype(float)).all()
    assert "is not known: the exports do not separate machines from people" in found.summary().text
    assert found.table().cells()[0][2] == "–"
    assert measurable.judge(arms({}).iloc[:0], worthwhile=0.1).tests.empty


def test_variants_add_up_to_all_mail() -> None:
    data = kit.open(ROOT / "data/sample")
    arms_of = counts.openers(data, ["campaign_id", "campaign_name", "sent_local", "variant"])
    assert arms_of["delivered"].sum() == counts.openers(data, [])["delivered"].sum()
    own = (
        counts.messages(data, ["campaign_id", "variant"]).dropna(subset="variant").set_index(["campaign_id", "variant"])
    )
    found = (
        arms_of.dropna(subset="variant").query("variant != ''").groupby(["campaign_id", "variant"])["delivered"].sum()
    )
    assert found.astype(float).to_dict() == own["delivered"].astype(float).to_dict()
