"""Words of published figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kit import metrics
from kit.show.formats import listing, share, whole, with_interval
from kit.show.summary import Summary
from kit.show.table import Column, Table

if TYPE_CHECKING:
    from kit.benchmarks import Benchmarks


def benchmark_table(result: Benchmarks) -> Table:
    """The own rates beside the spread of the published ones."""
    columns = (
        Column("kpi", "KPI", lambda key: metrics.find(key).title),
        Column("value", "Own rate", _interval, unit="share", number=True, whole_row=True),
        Column("n", "Of", whole, number=True),
        Column("lowest", "Published", _spread, unit="share", number=True, whole_row=True),
        Column("figures", "Figures", whole, number=True),
        Column("verdict", "Verdict"),
    )
    notes = (
        "An order of magnitude: publishers differ by more than most firms do. The own history comes first.",
        "Nothing is converted: only figures with the same denominator count, and no openings since September 2021.",
        "Flagged only where the whole interval lies outside of the spread; clicks are raw, as publishers count them.",
    )
    return Table("benchmarks", "Beside published figures", result.rates, columns, notes, "no rate is known.")


def published_table(result: Benchmarks) -> Table:
    """Each published figure with publisher, year, definition, and why it is no threshold."""
    columns = (
        Column("kpi", "KPI", lambda key: metrics.find(key).title),
        Column("value", "Rate", share, unit="share", number=True),
        Column("publisher", "Publisher"),
        Column("year", "Mail of", str, number=True),
        Column("industry", "Industry"),
        Column("per", "Of"),
        Column("opens", "Machine openings", lambda text: text or "–"),
        Column("n", "n", lambda text: text or "not stated"),
        Column("quoted", "Read at"),
        Column("definition", "Definition"),
        Column("why", "Why it is no threshold", lambda text: text or "it is one"),
        Column("url", "Source"),
    )
    return Table("published", "Published figures", result.published, columns, empty="no figure of these KPIs.")


def benchmarks(result: Benchmarks) -> Summary:
    """Which own rates lie outside of what is published."""
    judged = result.rates[result.rates["figures"] > 1]
    outside = judged[judged["verdict"].isin(("below the spread", "above the spread"))]
    numbers: dict[str, Any] = {"judged": len(judged), "outside": len(outside)}
    if judged.empty:
        return Summary("benchmarks_beside", "No published figure has the denominators of the rates here.", numbers)
    told = [
        f"{metrics.find(row['kpi']).name} {share(row['value'])} {row['verdict']} of "
        f"{share(row['lowest'])} to {share(row['highest'])} ({row['figures']} figures)"
        for row in judged.to_dict("records")
    ]
    return Summary("benchmarks_beside", f"Beside published figures: {listing(told)}.", numbers)


def _interval(row: Any) -> str:
    return with_interval(row["value"], row["low"], row["high"])


def _spread(row: Any) -> str:
    return f"{share(row['lowest'])} to {share(row['highest'])}" if row["figures"] > 1 else "–"
