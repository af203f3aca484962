"""How do others do? Published figures, an order of magnitude beside the own history. (guide 1, step 4)

The same word means different things: a click rate of one publisher is of delivered mail, of another of sent mail or
of openings. So each figure carries its publisher, year, definition and address; nothing is converted; a figure is
set against a rate only where it has the same denominator; and openings since September 2021, when Apple's mail
program began to load every picture, are shown and are no threshold.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kit import counts, metrics
from kit.errors import InputError, nearest
from kit.judging import FIGURES_OF_A_SPREAD
from kit.messages import _, _n, message
from kit.metrics.figures import Figure
from kit.show import cells
from kit.show.axes import percent
from kit.show.formats import joined, listing, share, whole
from kit.show.picture import BAD, BAND, PLAIN, QUIET, Picture, nothing, panels, picture
from kit.show.result import Result, result
from kit.show.summary import Summary
from kit.show.table import Column, Table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kit.store import Data

SHIPPED = Path(__file__).with_name("benchmarks.csv")
"""The figures that the kit brings along; a file of the same columns may stand in its place."""

COLUMNS = ["publisher", "year", "industry", "kpi", "percent", "per", "opens", "n", "quoted", "definition", "url"]
OPTIONAL = ("n", "opens")

PER = {
    "delivered": message("delivered"),
    "sent": message("sent"),
    "opened": message("opened"),
    "recipients": message("recipients"),
    "not stated": message("not stated"),
}
OPENS = {
    "before": message("before September 2021"),
    "partly": message("partly included"),
    "counted": message("included"),
    "not stated": message("not stated"),
}
"""Whether machine openings are in it: measured before September 2021, partly after, with them, not stated."""

QUOTED = {"publisher": message("publisher"), "third party": message("third party")}

VERDICTS = {
    "below the spread": message("below the published range"),
    "within the spread": message("within the published range"),
    "not clearly outside": message("not clearly outside the published range"),
    "above the spread": message("above the published range"),
    "no comparable figure": message("no comparable figure"),
    "no threshold": message("no benchmark"),
}
OUTSIDE = ("below the spread", "above the spread")

ALL = "All industries"
PREFETCHING_SINCE = "2021-09"
OF_OPENS = ("open_rate", "click_to_open_rate")
"""Rates that openings are in."""

KPIS = ("open_rate", "click_rate", "click_to_open_rate", "unsubscribe_rate", "bounce_hard_rate", "complaint_rate")
"""Rates that are set beside published ones."""


def compare(data: Data, *, industry: str = ALL) -> Benchmarks:
    """Set the own rates beside the published ones.

    Args:
        data: what `kit.open` returned.
        industry: whose figures make the spread, as the publishers write it.

    Raises:
        InputError: no figure has this industry.
    """
    rates = metrics.overall(
        counts.messages(data, ["campaign_id"]), metrics.beside(metrics.as_spoken(data, key) for key in KPIS)
    )
    months = counts.messages(data, ["month"])["month"].dropna()
    return judge(rates, load(), industry=industry, last_month=months.max() if len(months) else None)


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
            hint = _("The header must be {columns}.", columns=", ".join(COLUMNS))
            raise InputError(_("the column is missing"), file=file.name, line=1, column=lacking[0], hint=hint)
        rows = [_read(row, file.name, reader.line_num) for row in reader]
    figures = pd.DataFrame(rows, columns=COLUMNS)
    return figures.assign(value=figures["percent"] / 100)


def _read(row: dict[str, Any], file: str, line: int) -> dict[str, Any]:
    def wrong(column: str, problem: str, hint: str) -> InputError:
        return InputError(problem, file=file, line=line, column=column, hint=hint)

    cells = {name: (row[name] or "").strip() for name in COLUMNS}
    for name in COLUMNS:
        if not cells[name] and name not in OPTIONAL:
            hint = _("A figure cannot be used without its source and definition.")
            raise wrong(name, _("the cell is empty"), hint)
    if cells["kpi"] not in metrics.MAIL_RATES:
        problem = _("{cell} is not an e-mail rate", cell=repr(cells["kpi"]))
        raise wrong("kpi", problem, nearest(cells["kpi"], metrics.MAIL_RATES))
    if not cells["url"].startswith(("https://", "http://")):
        problem = _("{cell} is not a web address", cell=repr(cells["url"]))
        raise wrong("url", problem, _("Enter the web page where you found the figure."))
    allowed = {"per": PER, "quoted": QUOTED} | ({"opens": OPENS} if cells["kpi"] in OF_OPENS else {})
    for name, words in allowed.items():
        if cells[name] not in words:
            problem = _("{cell} is not an allowed value", cell=repr(cells[name]))
            raise wrong(name, problem, _("Enter one of: {words}.", words=", ".join(words)))
    numbers = {}
    for name, most in (("year", 2100), ("percent", 100)):
        try:
            numbers[name] = float(cells[name])
        except ValueError:
            problem = _("{cell} is not a number", cell=repr(cells[name]))
            raise wrong(name, problem, _("Enter digits and a decimal point.")) from None
        if not 0 <= numbers[name] <= most:
            problem = _("{cell} is not a possible value", cell=cells[name])
            raise wrong(name, problem, _("Enter a value between 0 and {most}.", most=str(most)))
    return cells | {"year": int(numbers["year"]), "percent": numbers["percent"]}


def spread(published: pd.DataFrame, key: str, *, years: tuple[int, int], industry: str = ALL) -> tuple[float, float]:
    """The lowest and the highest published figure of a KPI and industry in these years [share]; NaN without any."""
    rows = published[(published["kpi"] == key) & (published["industry"] == industry)]
    values = rows.loc[rows["year"].between(*years), "value"]
    return float(values.min()), float(values.max())


def judge(
    rates: pd.DataFrame, published: pd.DataFrame, *, industry: str = ALL, last_month: str | None = None
) -> Benchmarks:
    """The judgement of `compare`.

    Args:
        rates: a row a KPI: kpi, numerator, n, value, low, high, from `metrics.overall`.
        published: what `load` returned.
        industry: whose figures make the spread, as the publishers write it.
        last_month: the last month of the own mail; None: not known.

    Returns:
        A KPI is flagged only where its whole interval lies outside of the spread of the comparable figures.

    Raises:
        InputError: no figure has this industry.
    """
    industries = sorted(published["industry"].unique())
    if industry not in industries:
        problem = _("there are no published figures for the industry {industry}", industry=repr(industry))
        raise InputError(problem, hint=nearest(industry, industries))
    raw = {key: metrics.find(key).raw or key for key in rates["kpi"]}
    shown = published[published["kpi"].isin(raw.values())]
    why = [_why_not(row, industry, last_month) for row in shown.to_dict("records")]
    shown = shown.assign(why=why).reset_index(drop=True)
    rows = []
    for rate in rates.to_dict("records"):
        used = shown.loc[(shown["kpi"] == raw[rate["kpi"]]) & (shown["why"] == ""), "value"]
        enough = len(used) >= FIGURES_OF_A_SPREAD
        lowest, highest = (used.min(), used.max()) if enough else (np.nan, np.nan)
        verdict = _verdict(rate, lowest, highest)
        if not enough and raw[rate["kpi"]] in OF_OPENS:
            verdict = "no threshold"
        rows.append(rate | {"figures": len(used), "lowest": lowest, "highest": highest, "verdict": verdict})
    columns = ["kpi", "numerator", "n", "value", "low", "high", "figures", "lowest", "highest", "verdict"]
    own = pd.DataFrame(rows, columns=columns)
    own["machines"] = own["kpi"].isin([key for kpi, key in raw.items() if kpi != key])
    return Benchmarks(own, shown)


def _why_not(row: Mapping[Any, Any], industry: str, last_month: str | None) -> str:
    denominator = metrics.find(row["kpi"]).denominator
    if row["industry"] != industry:
        return _("another industry")
    if row["kpi"] in OF_OPENS and (row["opens"] != "before" or last_month is None or last_month >= PREFETCHING_SINCE):
        return _("opens since September 2021")
    if row["per"] == "not stated" != denominator:
        return _("denominator not stated")
    if row["per"] != denominator:
        return _("share of {other}, not of {denominator}", other=PER[row["per"]], denominator=PER[denominator])
    return ""


def _verdict(rate: Mapping[Any, Any], lowest: float, highest: float) -> str:
    if np.isnan(lowest) or np.isnan(rate["low"]):
        return "no comparable figure"
    if lowest <= rate["value"] <= highest:
        return "within the spread"
    if rate["high"] < lowest:
        return "below the spread"
    return "above the spread" if rate["low"] > highest else "not clearly outside"


@result
class Benchmarks(Result):
    """The own rates beside the published ones.

    Attributes:
        rates: a row a KPI: kpi, numerator, n, value, low, high [share, own], figures [published, comparable],
            lowest, highest [share, of those], verdict: a key of VERDICTS; machines: it counts machines, and people's
            own rate stands beside it.
        published: a row a figure of these KPIs: the columns of the file, value [share], why [why it is no
            threshold; "" where it is one].
    """

    rates: pd.DataFrame
    published: pd.DataFrame

    def summary(self) -> Summary:
        """Which own rates lie outside of what is published."""
        rates = self.rates[self.rates["figures"] > 1]
        machines, judged = rates[rates["machines"]], rates[~rates["machines"]]
        outside = judged[judged["verdict"].isin(OUTSIDE)]
        numbers: dict[str, Any] = {"judged": len(judged), "outside": len(outside)}
        if judged.empty:
            text = _(
                "Too few published figures are comparable with the rates here: at least two with the same "
                "denominator are needed."
            )
            return Summary("benchmarks_beside", text, numbers)
        rates = listing([_beside(row) for row in judged.to_dict("records")])
        text = _("Compared with published figures: {rates}.", rates=rates)
        alone = machines[machines["verdict"].isin(set(OUTSIDE) - set(outside["verdict"]))]
        if len(alone):
            raw = listing([_beside(row) for row in alone.to_dict("records")])
            text = " ".join([text, _("With opens and clicks by machines: {rates}.", rates=raw)])
        return Summary("benchmarks_beside", text, numbers)

    def table(self) -> Table:
        """The own rates beside the spread of the published ones."""
        columns = (
            Column("kpi", message("KPI"), _title),
            Column("value", message("Your rate"), cells.rate, unit="share", number=True, whole_row=True),
            Column("n", message("Out of"), whole, number=True),
            Column("lowest", message("Published"), _spread, unit="share", number=True, whole_row=True),
            Column("figures", message("Figures"), whole, number=True),
            Column("verdict", message("Verdict"), VERDICTS.__getitem__),
        )
        notes = (
            message(
                "Use published figures only as an order of magnitude: publishers differ more than most firms do. "
                "Your own history matters more."
            ),
            message(
                "Nothing is converted. Only figures with the same denominator count, and no opens since September 2021."
            ),
            message(
                "A rate is flagged only if its whole interval is outside the published range. The rates of people "
                "decide; publishers count raw clicks, machines included."
            ),
        )
        title, empty = message("Your rates and published figures"), message("there is no data on any rate.")
        return Table("benchmarks", title, self.rates, columns, notes, empty)

    def published_table(self) -> Table:
        """Each published figure with publisher, year, definition, and why it is no threshold."""
        columns = (
            Column("kpi", message("KPI"), _title),
            Column("value", message("Rate"), share, unit="share", number=True),
            Column("publisher", message("Publisher")),
            Column("year", message("E-mails sent in"), str, number=True),
            Column("industry", message("Industry")),
            Column("per", message("Out of"), PER.__getitem__),
            Column("opens", message("Machine opens"), lambda word: OPENS.get(word, word) or "–"),
            Column("n", message("Sample size"), lambda text: text or message("not stated")),
            Column("quoted", message("Seen at"), QUOTED.__getitem__),
            Column("definition", message("Definition")),
            Column("why", message("Why it is not a benchmark"), lambda text: text or message("it is a benchmark")),
            Column("url", message("Source")),
        )
        title, empty = message("Published figures"), message("there are no figures for these KPIs.")
        return Table("published", title, self.published, columns, empty=empty)

    def plot(self) -> Picture:
        """Each own rate with its interval, over the published figures; hollow ones are no threshold."""
        title = message("Your rates and published figures")
        kpis = self.rates.dropna(subset="value").to_dict("records")
        if not kpis:
            return nothing("benchmarks", title, message("there is no data on any rate"))
        with panels(0.5 + 0.85 * len(kpis)) as figure:
            rows_of_axes = figure.subplots(len(kpis), 1, squeeze=False)[:, 0]
            for axes, row in zip(rows_of_axes, kpis, strict=True):
                published = metrics.find(row["kpi"]).raw or row["kpi"]
                figures = self.published[self.published["kpi"] == published]
                used = figures["why"] == ""
                if row["figures"] > 1:
                    axes.axvspan(row["lowest"], row["highest"], color=BAND, zorder=0)
                hollow, full = figures.loc[~used, "value"], figures.loc[used, "value"]
                axes.plot(hollow, [0] * len(hollow), "o", color=QUIET, mfc="none", markersize=6)
                axes.plot(full, [0] * len(full), "o", color=QUIET, markersize=6)
                color = QUIET if row["machines"] else BAD if row["verdict"] in OUTSIDE else PLAIN
                axes.plot([row["low"], row["high"]], [1, 1], color=color, linewidth=2)
                axes.plot(row["value"], 1, "o", color=color, markersize=7)
                axes.set_yticks([0, 1], [_("published"), _("yours ({n})", n=whole(row["n"]))], fontsize=9.5)
                axes.set_ylim(-0.7, 1.7)
                highest = max([row["high"], *figures["value"]])
                axes.set_xlim(0, highest * 1.06)
                axes.xaxis.set_major_formatter(percent(highest))
                axes.set_title(str(metrics.find(row["kpi"]).title), fontsize=10)
                axes.grid(visible=False, axis="y")
            rates = [
                f"{metrics.find(row['kpi']).name} {share(row['value'])}, {VERDICTS[row['verdict']]}" for row in kpis
            ]
            alt = _("Compared with published figures: {rates}.", rates=joined(rates))
            return picture(figure, name="benchmarks", title=title, alt=alt)


_BESIDE = {
    "below the spread": message("{kpi} {value} is below the published range of {lowest} to {highest} ({figures})"),
    "within the spread": message("{kpi} {value} is within the published range of {lowest} to {highest} ({figures})"),
    "not clearly outside": message(
        "{kpi} {value} is not clearly outside the published range of {lowest} to {highest} ({figures})"
    ),
    "above the spread": message("{kpi} {value} is above the published range of {lowest} to {highest} ({figures})"),
    "no comparable figure": message("{kpi} {value} cannot be compared with {lowest} to {highest} ({figures})"),
}


def _beside(row: Mapping[Any, Any]) -> str:
    return _(
        _BESIDE[row["verdict"]].text,
        kpi=metrics.find(row["kpi"]).name,
        value=share(row["value"]),
        lowest=share(row["lowest"]),
        highest=share(row["highest"]),
        figures=_n("{n} figure", "{n} figures", row["figures"]),
    )


def _title(key: str) -> str:
    return str(metrics.find(key).title)


def _spread(row: Any) -> str:
    if row["figures"] < FIGURES_OF_A_SPREAD:
        return "–"
    return _("{lowest} to {highest}", lowest=share(row["lowest"]), highest=share(row["highest"]))


_FILE = "kit/questions/find_problems/benchmarks.csv"

FIGURES = (
    Figure(
        "published_rate", message("Published rate"), message("as its publisher defines it, in its own row"),
        message("as its publisher counts it"), f"{_FILE}: publisher, year, definition and address of each",
        ("published.value", "published.year"),
        edge=message("nothing is converted; opens since September 2021 are not a benchmark"),
    ),
    Figure(
        "published_spread", message("Range of published rates"),
        message("lowest to highest figure with the same denominator and industry"), message("one published figure"),
        _FILE, ("benchmarks.lowest", "benchmarks.figures"),
        edge=message("needs at least two figures; a KPI is flagged only if its whole interval is outside"),
    ),
)  # fmt: skip
