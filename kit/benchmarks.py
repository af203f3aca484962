"""What others publish: an order of magnitude beside the own history, never in its place. (guide 1, step 4)

The same word means different things: a click rate of one publisher is of delivered mail, of another of sent mail or
of openings. So each figure carries its publisher, year, definition and address; nothing is converted; a figure is
set against a rate only where it has the same denominator; and openings since September 2021, when Apple's mail
program began to load every picture, are shown and are no threshold.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kit import metrics
from kit.errors import InputError, nearest
from kit.judging import FIGURES_OF_A_SPREAD

if TYPE_CHECKING:
    from collections.abc import Mapping

SHIPPED = Path(__file__).with_name("benchmarks.csv")
"""The figures that the kit brings along; a file of the same columns may stand in its place."""

COLUMNS = ["publisher", "year", "industry", "kpi", "percent", "per", "opens", "n", "quoted", "definition", "url"]
OPTIONAL = ("n", "opens")

PER = ("delivered", "sent", "opened", "recipients", "not stated")
OPENS = ("before", "partly", "counted", "not stated")
"""Whether machine openings are in it: measured before September 2021, partly after, with them, not stated."""

QUOTED = ("publisher", "third party")
ALL = "All industries"
PREFETCHING_SINCE = "2021-09"
OF_OPENS = ("open_rate", "click_to_open_rate")
"""Rates that openings are in."""


@dataclass(frozen=True, slots=True)
class Benchmarks:
    """The own rates beside the published ones.

    Attributes:
        rates: a row a KPI: kpi, of, n, value, low, high [share, own], figures [published, comparable], lowest,
            highest [share, of those], verdict: "below the spread", "above the spread", "within the spread", "no
            comparable figure" or "no threshold".
        published: a row a figure of these KPIs: the columns of the file, value [share], why [why it is no
            threshold; "" where it is one].
    """

    rates: pd.DataFrame
    published: pd.DataFrame


def load(path: str | Path = SHIPPED) -> pd.DataFrame:
    """Read published figures.

    Args:
        path: a CSV in UTF-8 with COLUMNS.

    Returns:
        A row a figure: the columns of the file, percent as a number, and value [share].

    Raises:
        InputError: a column or cell that is missing or cannot be, with line and column.
    """
    file = Path(path)
    with file.open(encoding="utf-8-sig", newline="") as lines:
        reader = csv.DictReader(lines)
        lacking = [name for name in COLUMNS if name not in (reader.fieldnames or [])]
        if lacking:
            hint = f"The header must be {', '.join(COLUMNS)}."
            raise InputError("the column is missing", file=file.name, line=1, column=lacking[0], hint=hint)
        rows = [_read(row, file.name, reader.line_num) for row in reader]
    frame = pd.DataFrame(rows, columns=COLUMNS)
    return frame.assign(value=frame["percent"] / 100)


def _read(row: dict[str, Any], file: str, line: int) -> dict[str, Any]:
    def wrong(column: str, problem: str, hint: str) -> InputError:
        return InputError(problem, file=file, line=line, column=column, hint=hint)

    told = {name: (row[name] or "").strip() for name in COLUMNS}
    for name in COLUMNS:
        if not told[name] and name not in OPTIONAL:
            raise wrong(name, "nothing is said", "A figure without its source and definition cannot be used.")
    if told["kpi"] not in metrics.MAIL_RATES:
        raise wrong("kpi", f"{told['kpi']!r} is no rate of mail", nearest(told["kpi"], metrics.MAIL_RATES))
    if not told["url"].startswith(("https://", "http://")):
        raise wrong("url", f"{told['url']!r} is no address", "Give the page that the figure was read from.")
    allowed = {"per": PER, "quoted": QUOTED} | ({"opens": OPENS} if told["kpi"] in OF_OPENS else {})
    for name, known in allowed.items():
        if told[name] not in known:
            raise wrong(name, f"{told[name]!r} is not known", f"Write one of: {', '.join(known)}.")
    numbers = {}
    for name, most in (("year", 2100), ("percent", 100)):
        try:
            numbers[name] = float(told[name])
        except ValueError:
            raise wrong(name, f"{told[name]!r} is no number", "Write digits and a point.") from None
        if not 0 <= numbers[name] <= most:
            raise wrong(name, f"{told[name]} cannot be", f"It lies between 0 and {most}.")
    return told | {"year": int(numbers["year"]), "percent": numbers["percent"]}


def beside(
    values: pd.DataFrame, published: pd.DataFrame, *, industry: str = ALL, last_month: str | None = None
) -> Benchmarks:
    """Set own rates beside the published ones.

    Args:
        values: a row a KPI: kpi, of, n, value, low, high, from `kpi.overall`.
        published: what `load` returned.
        industry: whose figures make the spread, as the publishers write it.
        last_month: the last month of the own mail; None: not known.

    Returns:
        A KPI is flagged only where its whole interval lies outside of the spread of the comparable figures.

    Raises:
        InputError: no figure has this industry.
    """
    known = sorted(published["industry"].unique())
    if industry not in known:
        raise InputError(f"no published figure is of industry {industry!r}", hint=nearest(industry, known))
    shown = published[published["kpi"].isin(values["kpi"])]
    shown = shown.assign(why=[_why_not(row, industry, last_month) for row in shown.to_dict("records")])
    rows = []
    for own in values.to_dict("records"):
        of_kpi = shown[shown["kpi"] == own["kpi"]]
        used = of_kpi.loc[of_kpi["why"] == "", "value"]
        enough = len(used) >= FIGURES_OF_A_SPREAD
        lowest, highest = (used.min(), used.max()) if enough else (np.nan, np.nan)
        verdict = _verdict(own, lowest, highest)
        if not enough and own["kpi"] in OF_OPENS:
            verdict = "no threshold"
        rows.append(own | {"figures": len(used), "lowest": lowest, "highest": highest, "verdict": verdict})
    columns = ["kpi", "numerator", "n", "value", "low", "high", "figures", "lowest", "highest", "verdict"]
    return Benchmarks(pd.DataFrame(rows, columns=columns), shown.reset_index(drop=True))


def spread(published: pd.DataFrame, key: str, *, years: tuple[int, int], industry: str = ALL) -> tuple[float, float]:
    """The lowest and the highest published figure of a KPI and industry in these years [share]; NaN without any."""
    rows = published[(published["kpi"] == key) & (published["industry"] == industry)]
    rows = rows.loc[rows["year"].between(*years), "value"]
    return float(rows.min()), float(rows.max())


def _why_not(row: Mapping[Any, Any], industry: str, last_month: str | None) -> str:
    denominator = metrics.find(row["kpi"]).denominator
    if row["industry"] != industry:
        return "another industry"
    if row["kpi"] in OF_OPENS and (row["opens"] != "before" or last_month is None or last_month >= PREFETCHING_SINCE):
        return "openings since September 2021"
    if row["per"] != denominator:
        return "denominator not stated" if row["per"] == "not stated" else f"of {row['per']}, not of {denominator}"
    return ""


def _verdict(own: Mapping[Any, Any], lowest: float, highest: float) -> str:
    if np.isnan(lowest) or np.isnan(own["low"]):
        return "no comparable figure"
    if own["high"] < lowest:
        return "below the spread"
    return "above the spread" if own["low"] > highest else "within the spread"
