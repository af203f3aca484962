"""The registry of printed figures, and `kit explain` over all registries."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from kit import explain, metrics, questions
from kit.cli import main
from kit.errors import UsageError
from kit.explain import FIGURES, printed_at
from kit.metrics.figures import GENERAL
from kit.settings import KEYS

ROOT = Path(__file__).parents[1]
KNOWN = sorted({key for kind in explain.KINDS for key in kind.entries})


def test_no_figure_has_the_key_of_another_kpi_goal_or_figure() -> None:
    keys = [key for kind in explain.KINDS[:3] for key in kind.entries]
    assert len(keys) == len(set(keys))
    declared = [figure.key for figure in (*GENERAL, *questions.figures())]
    assert len(declared) == len(set(declared))


@pytest.mark.parametrize("term", FIGURES.values(), ids=lambda term: term.key)
def test_a_figure_says_what_is_counted_and_on_whose_authority(term: metrics.Figure) -> None:
    text = explain.explain_figure(term.key)
    for part in ("formula", "counted once", "window", "time zone", "interval", "edge cases", "authority"):
        assert re.search(rf"^  {part} +\S", text, re.MULTILINE), part
    assert term.shown
    assert all("." in place or place.startswith("*_") for place in term.shown)


def test_figures_name_settings_that_there_are() -> None:
    told = " ".join(f"{term.window} {term.edge} {term.once}" for term in FIGURES.values())
    groups = {key.name.partition(".")[0] for key in KEYS if "." in key.name}
    named = {name for name in re.findall(r"\b[a-z]+\.[a-z_]+\b", told) if name.partition(".")[0] in groups}
    assert named
    assert named <= {key.name for key in KEYS}


@pytest.mark.parametrize(
    ("place", "keys"),
    [
        (("funnel", "value"), ["step_conversion"]),
        (("funnel", "lead → customer"), ["step_conversion"]),
        (("returns", "value"), ["attributed_revenue", "incremental_revenue", "revenue_per_cost", "profit", "roi"]),
        (("months", "open_rate"), ["open_rate"]),
        (("campaigns", "value", "Click rate (raw)"), ["click_rate"]),
        (("tests_click_rate", "difference"), ["test_difference"]),
        (("mail_by_kind", "bounced"), ["bounced"]),
        (("list", "churn_low"), ["interval_end"]),
        (("funnel", "made_up"), []),
    ],
)
def test_a_printed_place_finds_its_entry(place: tuple[str, ...], keys: list[str]) -> None:
    assert printed_at(*place) == keys


@pytest.mark.parametrize("key", KNOWN)
def test_every_key_is_explained(key: str) -> None:
    assert explain.entry(key).startswith(f"{key}: ")


def test_a_key_of_two_registries_is_told_by_both() -> None:
    assert [text.splitlines()[0] for text in explain.entry("revenue").split("\n\n") if text.startswith("revenue:")] == [
        "revenue: Revenue (guide 2)",
        "revenue: net of refunds, in `currency` [money], of each campaign.",
    ]


def test_a_place_of_the_report_is_explained_by_its_figures() -> None:
    assert explain.entry("funnel.lagged") == explain.explain_figure("step_conversion_lagged")
    assert explain.entry("months.open_rate") == metrics.explain("open_rate")


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("step_conversions", "The key 'step_conversions' is unknown. Did you mean 'step_conversion'?"),
        ("wilsn", "The key 'wilsn' is unknown. Did you mean 'wilson'?"),
        ("funel.median", "The key 'funel.median' is unknown. Did you mean 'funnel.median'?"),
        ("§§§", "The key '§§§' is unknown. All keys: kit explain."),
    ],
)
def test_an_unknown_key_names_the_nearest_of_all(key: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        explain.entry(key)
    assert str(caught.value) == said


def test_an_unknown_figure_names_the_nearest() -> None:
    with pytest.raises(UsageError, match="There is no figure 'rou'"):
        explain.explain_figure("rou")


def test_explain_lists_every_key_by_kind() -> None:
    listed = CliRunner().invoke(main, ["explain"]).stdout
    for kind in explain.KINDS:
        part = listed.split(f"{kind.title}\n")[1]
        for key, line in zip(kind.entries, part.splitlines(), strict=False):
            assert line.startswith(f"  {key} ")
