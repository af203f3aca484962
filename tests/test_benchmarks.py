"""Published figures: each with its source, nothing converted, flagged only outside of their spread."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest
import small

import kit
from kit import metrics
from kit.errors import InputError
from kit.metrics import KPIS
from kit.questions.find_problems import benchmarks

if TYPE_CHECKING:
    from pathlib import Path

HEADER = ",".join(benchmarks.COLUMNS)
ROW = (
    "Someone,2019,All industries,click_rate,2.5,delivered,,,publisher,unique clicks of delivered,https://example.com/a"
)


def written(folder: Path, *rows: str) -> Path:
    path = folder / "figures.csv"
    path.write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
    return path


def own(key: str, of: int, n: int) -> pd.DataFrame:
    of_kpi = KPIS[key]
    return metrics.overall(pd.DataFrame({of_kpi.numerator: [of], of_kpi.denominator: [n]}), [key])


class TestLoading:
    @pytest.mark.parametrize(
        ("column", "row"),
        [
            ("definition", ROW.replace("unique clicks of delivered", "")),
            ("url", ROW.replace("https://example.com/a", "")),
            ("url", ROW.replace("https://example.com/a", "a friend")),
            ("publisher", ROW.replace("Someone", " ")),
            ("percent", ROW.replace("2.5", "2,5".replace(",", ";"))),
            ("percent", ROW.replace("2.5", "250")),
            ("kpi", ROW.replace("click_rate", "clicks")),
            ("per", ROW.replace("delivered,,", "mails,,")),
            ("opens", ROW.replace("click_rate", "open_rate")),
        ],
    )
    def test_a_figure_without_its_source_or_meaning_fails_at_its_place(
        self, tmp_path: Path, column: str, row: str
    ) -> None:
        with pytest.raises(InputError) as raised:
            benchmarks.load(written(tmp_path, ROW, row))
        assert (raised.value.file, raised.value.line, raised.value.column) == ("figures.csv", 3, column)
        assert raised.value.hint

    def test_a_missing_column_is_named(self, tmp_path: Path) -> None:
        path = tmp_path / "figures.csv"
        path.write_text("publisher,year\nSomeone,2019\n", encoding="utf-8")
        with pytest.raises(InputError, match="column 'industry'"):
            benchmarks.load(path)

    def test_every_shipped_figure_has_publisher_year_definition_and_address(self) -> None:
        shipped = benchmarks.load()
        assert len(shipped) > 50
        assert shipped["kpi"].isin(metrics.MAIL_RATES).all()
        assert not shipped.duplicated(["publisher", "year", "industry", "kpi", "definition"]).any()

    def test_the_spread_of_openings_before_and_after_machines_open(self) -> None:
        # CHECKS C13: all industries since 2022 20.3 to 43.5 %, before 2021 16.9 to 25.4 %.
        shipped = benchmarks.load()
        after = benchmarks.spread(shipped, "open_rate", years=(2022, 2100))
        before = benchmarks.spread(shipped, "open_rate", years=(2000, 2020))
        assert [round(one, 3) for one in (*after, *before)] == [0.203, 0.435, 0.169, 0.254]


class TestBeside:
    @pytest.mark.parametrize(
        ("clicked", "verdict"), [(100, "below the spread"), (300, "within the spread"), (600, "above the spread")]
    )
    def test_only_an_interval_wholly_outside_is_flagged(self, clicked: int, verdict: str) -> None:
        # all industries, of delivered: 2.91 (Mailchimp 2019) to 3.82 % (MailerLite 2020)
        got = benchmarks.judge(own("click_rate", clicked, 10_000), benchmarks.load()).rates.iloc[0]
        assert (got["lowest"], got["highest"]) == (0.0291, 0.0382)
        assert got["verdict"] == verdict

    def test_an_interval_that_reaches_into_the_spread_is_not(self) -> None:
        got = benchmarks.judge(own("click_rate", 28, 1_000), benchmarks.load()).rates.iloc[0]
        assert got["value"] < got["lowest"] < got["high"]
        assert got["verdict"] == "not clearly outside"

    def test_a_rate_of_sent_mail_is_not_set_against_one_of_delivered(self) -> None:
        got = benchmarks.judge(own("click_rate", 10, 1_000), benchmarks.load(), industry="Automotive services")
        assert got.rates["verdict"].tolist() == ["no comparable figure"]
        why = got.published.set_index("industry")["why"]
        assert why["Automotive services"] == "share of sent, not of delivered"
        assert why["E-commerce"] == "another industry"

    @pytest.mark.parametrize("last", ["2021-09", "2026-10", None])
    def test_openings_since_september_2021_are_no_threshold(self, last: str | None) -> None:
        got = benchmarks.judge(own("open_rate", 10, 1_000), benchmarks.load(), last_month=last)
        assert got.rates["verdict"].tolist() == ["no threshold"]
        assert (got.published["why"] != "").all()

    def test_old_openings_of_old_mail_are_one(self) -> None:
        got = benchmarks.judge(own("open_rate", 10, 1_000), benchmarks.load(), last_month="2021-08")
        # of delivered and before: Mailchimp 2019 22.71, Silverpop 2012 20.1 %
        assert got.rates[["lowest", "highest", "verdict"]].to_numpy().tolist() == [[0.201, 0.2271, "below the spread"]]

    def test_an_unknown_industry_is_said(self) -> None:
        with pytest.raises(InputError, match="Did you mean 'E-commerce'"):
            benchmarks.judge(own("open_rate", 1, 10), benchmarks.load(), industry="Ecommerce")

    def test_what_is_not_known_is_no_verdict(self) -> None:
        got = benchmarks.judge(own("click_rate", 0, 0), benchmarks.load())
        assert got.rates["verdict"].tolist() == ["no comparable figure"]
        assert got.plot().alt == "Your rates and published figures: nothing to draw, there is no data on any rate."


def test_without_any_mail_no_rate_is_set_beside_them(tmp_path: Path) -> None:
    small.mailchimp(tmp_path, [{}])
    got = benchmarks.compare(kit.open(tmp_path, "2020-01"))
    assert set(got.rates["verdict"]) <= {"no comparable figure", "no threshold"}
    assert got.plot().alt == "Your rates and published figures: nothing to draw, there is no data on any rate."


def test_the_page_shows_publisher_year_definition_and_machine_mark() -> None:
    got = benchmarks.judge(own("click_to_open_rate", 90, 1_000), benchmarks.load())
    text = got.published_table().text()
    for shown in ("MailerLite", "2022", "clicked of opened", "included", "opens since September 2021", "https://"):
        assert shown in text
    assert got.summary().text == (
        "Too few published figures are comparable with the rates here: at least two with "
        "the same denominator are needed."
    )
