"""Tests read part by part: Simpson's case, an effect of one part, and words that say which."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from oracles import oracle

from kit.questions.subject_lines import by_part

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np


def parts(*rows: tuple[str, str, int, int], name: str = "test") -> pd.DataFrame:
    """Counts of one test: variant, part, clicked, delivered."""
    frame = pd.DataFrame(rows, columns=["variant", "segment", "clicked", "delivered"])
    return frame.assign(campaign_id=name, campaign_name=name, sent_local=pd.Timestamp("2026-03-01"))


def only(frame: pd.DataFrame, **more: Any) -> tuple[by_part.ByPart, dict[Any, Any]]:
    found = by_part.judge(frame, "click_rate", "segment", **more)
    assert len(found.tests) == 1
    return found, found.tests.iloc[0].to_dict()


def ramp_up(shared: Path) -> pd.DataFrame:
    told = oracle(shared, "rampup_simpson").inputs
    rows = [
        (variant, day, *counts)
        for variant, name in (("A", "control"), ("B", "treatment"))
        for day, counts in zip(("Friday", "Saturday"), told[name], strict=True)
    ]
    return parts(*rows)


def test_where_the_split_changed_the_pooled_verdict_misleads_and_it_is_said(shared: Path) -> None:
    found, test = only(ramp_up(shared))
    assert test["reading"] == "misleads"
    case = oracle(shared, "rampup_simpson")
    assert test["odds"] == case.near("or_mh")
    assert (test["pooled"] < 0, test["difference"] > 0) == (True, True)
    text = found.summary().text
    assert text.startswith(
        "“test”: the combined rates mislead. All together, B compared with A: −0.46 points. Within the segments "
    )
    assert "this version is the higher one: +0.20 points (+0.16 to +0.24)." in text
    assert "the combined rates mislead" in found.table().text()
    assert found.plot().alt == "Tests by segment: test +0.20 points within segments."


def test_an_effect_of_one_part_is_read_part_by_part(shared: Path) -> None:
    told = oracle(shared, "hillstrom_interaction").inputs  # women's mail, by past buying of women's wear
    rows = [
        (variant, part, told["visit"][part][place], told["n"][part][place])
        for place, variant in ((1, "A"), (0, "B"))
        for part in ("past0", "past1")
    ]
    found, test = only(parts(*rows))
    assert test["reading"] == "uneven"
    # STATISTICS' note: +1.1 points for those who never bought women's wear, +7.3 for those who did.
    assert found.rates["difference"].tolist() == pytest.approx([0.0111, 0.0731], abs=5e-5)
    assert "Judge each segment separately" in found.summary().text


def test_one_effect_in_all_parts_is_read_as_no_difference_seen() -> None:
    found, test = only(parts(("A", "x", 50, 1000), ("A", "y", 100, 1000), ("B", "x", 70, 1000), ("B", "y", 130, 1000)))
    assert test["reading"] == "same"
    assert test["difference"] == pytest.approx(0.025)
    assert "no segment seems to differ" in found.summary().text  # and not: there is none
    assert found.summary().text.endswith("move the result by at most 0.00 points.")


def test_a_test_of_a_broken_split_is_shown_and_not_read() -> None:
    frame = parts(("A", "x", 50, 1000), ("A", "y", 100, 1000), ("B", "x", 70, 500), ("B", "y", 130, 500))
    found, test = only(frame, broken=["test"])
    assert test["reading"] == "broken"
    assert found.summary().text == "Tests cannot be analysed by segment: the split of “test” is broken."


def test_small_parts_are_taken_together_and_a_handful_is_not_judged() -> None:
    rows = [(variant, part, n // 10, n) for variant in "AB" for part, n in (("x", 1000), ("u", 9), ("v", 9))]
    found, test = only(parts(*rows))
    assert found.rates["part"].tolist() == ["all others", "x"]
    assert found.rates.set_index("part")["p"].isna().to_dict() == {"all others": True, "x": False}
    assert test["parts"] == 2


def test_without_parts_or_of_money_it_is_said() -> None:
    nowhere = parts(("A", "x", 5, 100), ("B", "x", 7, 100)).assign(segment=None)
    found = by_part.judge(nowhere, "click_rate", "segment")
    assert "no event log has it for the people of a test" in found.summary().text
    assert "no event log shows the segments" in found.table().text()
    assert "nothing to draw" in found.plot().alt
    money = by_part.judge(nowhere, "revenue_per_mail", "segment")
    assert "this works only for rates" in money.summary().text
    single, test = only(parts(("A", "x", 5, 100), ("B", "x", 7, 100)))
    assert test["reading"] == "unknown"
    assert single.parts_table().cells()[0][1] == "x"


def test_equal_tests_are_seldom_found_uneven(rng: np.random.Generator) -> None:
    uneven = 0
    for _ in range(100):
        rows = [
            (variant, part, int(rng.binomial(n, base)), n)
            for variant in "AB"
            for part, n, base in (("x", 400, 0.1), ("y", 300, 0.2), ("z", 300, 0.05))
        ]
        uneven += only(parts(*rows))[1]["reading"] != "same"
    assert uneven <= 11  # 5 % of 100 uneven, and hardly one that misleads; three Monte Carlo errors
