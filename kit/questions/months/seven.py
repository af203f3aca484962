"""The seven KPIs of the guide by month, in one table. (guide 1, steps 1 and 2)

How fast requests are answered, what of the mail arrives, is opened, clicked and acted on, who unsubscribes, and how
satisfied people are: beside each other, each with what it is out of. What a month cannot say is left open, with the
reason.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kit import metrics
from kit.messages import _, _n, message
from kit.metrics import Figure
from kit.questions.months import rates, service_months
from kit.questions.months.rates import month_span, switch_notes
from kit.show import cells
from kit.show.formats import MARGIN_OF_ERROR, commas, day, joined, listing, minutes, month, share, whole
from kit.show.result import Result, result
from kit.show.summary import Summary
from kit.show.table import Column, Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from kit.messages import Message
    from kit.store import Data

MAIL = (
    *("delivery_rate", "open_rate_human", "open_rate", "click_rate_human", "click_rate"),
    *("conversion_rate", "unsubscribe_rate"),
)
"""Those of campaign mail; reactions of people and as counted are one KPI: both are shown where both are known."""

KPIS = ("response_time", *MAIL, "satisfaction")
"""In the guide's order."""


def by_month(data: Data, *, action: str = "") -> SevenKpis:
    """How did the seven KPIs of the guide do, month by month?

    Args:
        data: what `kit.open` returned.
        action: what counts as a conversion: appointment, review, order …; "" as the goal says.

    Source: guide 1, steps 1 and 2.
    """
    mail = rates.by_month(data, kpis=", ".join(MAIL), action=action)
    service = service_months.by_month(data).months
    return judge(
        mail.asked,
        service[service["kpi"].isin(KPIS)],
        as_of=data.as_of,
        window_days=data.settings["conversions.window_days"],
        cut=data.period.cut_months if data.period else (),
        base=mail.base,
    )


def judge(
    mail: pd.DataFrame,
    service: pd.DataFrame,
    *,
    as_of: datetime | None,
    window_days: int,
    cut: Iterable[str] = (),
    base: pd.DataFrame | None = None,
) -> SevenKpis:
    """The seven KPIs of every month, with the reason where one has no value.

    Args:
        mail: a row a month and KPI of mail: month, kpi, n, value, low, high, missing, verdict, as `rates.Months.asked`.
        service: the same of the service.
        as_of: the moment up to which the data knows; None: not known.
        window_days: days after a mail in which an action counts for it.
        cut: months of which the question has some days only; they are left out.
        base: what `counts.base_rate` returned; None: not asked.
    """
    days = (pd.Timestamp(as_of) - timedelta(days=window_days)).strftime("%Y-%m") if as_of else None
    both = pd.concat([mail, service], ignore_index=True).reindex(columns=_COLUMNS)
    both = both[both["month"].notna() & ~both["month"].isin(list(cut))]
    months = _calendar(both.loc[both["n"] > 0, "month"])
    both = both[both["month"].isin(months)]
    keys = [key for key in KPIS if key in set(both["kpi"].str.removesuffix("_of_sent"))]
    frames = []
    for key in keys:
        rows = both[both["kpi"].str.removesuffix("_of_sent") == key].set_index("month").reindex(months)
        rows["kpi"] = rows["kpi"].dropna().iloc[0]
        frames.append(rows.rename_axis("month").reset_index())
    values = pd.concat(frames, ignore_index=True) if frames else both
    values["reason"] = [_reason(row, days) for row in values.to_dict("records")]
    ends = months[-1:] if as_of and months and pd.Timestamp(as_of) < _end(months[-1]) else []
    return SevenKpis(values, tuple(cut), tuple(ends), as_of, window_days, base)


_COLUMNS = ["month", "kpi", "n", "value", "low", "high", "missing", "verdict"]


def _calendar(months: pd.Series) -> list[str]:
    """Every month from the first to the last."""
    if months.empty:
        return []
    return pd.period_range(months.min(), months.max(), freq="M").strftime("%Y-%m").tolist()


def _end(name: str) -> pd.Timestamp:
    """The last minute of a month."""
    return pd.Period(name, "M").end_time.floor("min")


def _reason(row: dict[Any, Any], mature_until: str | None) -> str:
    """Why a KPI of a month has no value; "" where it has one."""
    if not np.isnan(row["value"]):
        return ""
    if not row["n"] > 0:
        return "none"
    if row["kpi"] == "response_time":
        return "not reached"
    if row["kpi"].startswith("conversion_rate") and mature_until and row["month"] >= mature_until:
        return "too recent"
    return "not counted"


@result
class SevenKpis(Result):
    """The guide's KPIs by month.

    Attributes:
        figures: a row a KPI and month, the months in order, no gaps: month, kpi, n [what the KPI is out of; NaN:
            none], value, low, high [share, or min], missing [campaigns that lack a count], verdict [of mail, as of
            `rates.Months`], reason ["" where there is a value; "none", "not counted", "too recent" or "not reached"].
        cut: months of which the period has some days only; left out.
        running: the last month, where the data ends before it does.
        as_of: the moment up to which the data knows.
        window_days: days after a mail in which an action counts for it.
        base: how many do the same anyway, as `counts.base_rate`; None: not asked.
    """

    figures: pd.DataFrame
    cut: tuple[str, ...]
    running: tuple[str, ...]
    as_of: datetime | None
    window_days: int
    base: pd.DataFrame | None = None

    def summary(self) -> Summary:
        """The latest complete month."""
        complete = self.figures[~self.figures["month"].isin(self.running) & self.figures["value"].notna()]
        if complete.empty:
            return Summary("seven_now", _("No complete month has a known KPI."))
        latest = complete[complete["month"] == complete["month"].max()].to_dict("records")
        kpis = [_("{kpi} {value}", kpi=metrics.find(row["kpi"]).name, value=_written(row)) for row in latest]
        text = _("{month}, the latest complete month: {kpis}.", month=month(latest[0]["month"]), kpis=joined(kpis))
        return Summary("seven_now", text, {row["kpi"]: row["value"] for row in latest})

    def table(self) -> Table:
        """A row a month, a column a KPI, each with its interval beside what it is out of."""
        shown = [key for key, rows in self.figures.groupby("kpi", sort=False) if rows["value"].notna().any()]
        wide = pd.DataFrame({"month": list(dict.fromkeys(self.figures["month"]))})
        columns = [Column("month", message("Month"), self._month)]
        for key in shown:
            kpi, rows = metrics.find(str(key)), self.figures[self.figures["kpi"] == key]
            base = _BASES.get(kpi.key, kpi.denominator)
            if base not in wide:
                wide[base] = rows["n"].to_numpy()
                columns.append(Column(base, _bases().get(base) or metrics.mails_title(kpi), whole, number=True))
            for name in ("value", "low", "high"):
                wide[kpi.key if name == "value" else f"{kpi.key}_{name}"] = rows[name].to_numpy()
            write = _wait if kpi.kind == "wait" else cells.rate_of(kpi.key)
            unit = "min" if kpi.kind == "wait" else "share"
            columns.append(Column(kpi.key, kpi.title, write, unit=unit, number=True, whole_row=True))
        title = message("The seven KPIs by month")
        empty = message("no e-mail, request or answer has a month.")
        return Table("seven_kpis", title, wide, tuple(columns), tuple(self._notes([str(key) for key in shown])), empty)

    def _month(self, name: str) -> str:
        if name in self.running:
            return _("{month} (up to {day})", month=month(name), day=day(self.as_of))
        return month(name)

    def _notes(self, shown: list[str]) -> Iterator[str]:
        """What a reader must know of the KPIs, and why some are not known."""
        yield str(MARGIN_OF_ERROR)
        yield from metrics.raw_note(shown)
        yield from metrics.base_rate_note(shown, self.base)
        yield from switch_notes(self.figures[self.figures["kpi"].isin(shown)])
        if "response_time" in shown:
            yield _(
                "Response time: half of the month's requests are answered within this time, including nights and "
                "days off (10: working time)."
            )
        if self.cut:
            yield _(
                "Not shown, because the period covers only some of their days: {months}.",
                months=listing([month(name) for name in self.cut]),
            )
        gaps = self.figures[self.figures["kpi"].isin(shown) & (self.figures["reason"] != "")]
        for (reason, key), rows in gaps.groupby(["reason", "kpi"], sort=False):
            yield self._gap(str(reason), metrics.find(str(key)).title, list(rows["month"]))
        yield from self._unknown(shown)

    def _gap(self, reason: str, kpi: Any, months: list[str]) -> str:
        """Why a KPI of these months has no value."""
        named = commas(_runs(months))
        match reason:
            case "none":
                return _(
                    "“–” for {kpi}: there was nothing to count in {months}; that is a gap, not 0.",
                    kpi=kpi,
                    months=named,
                )
            case "too recent":
                return _n(
                    "“–” for {kpi}: e-mails of {months} are too recent to judge; {days} day must pass.",
                    "“–” for {kpi}: e-mails of {months} are too recent to judge; {days} days must pass.",
                    self.window_days, kpi=kpi, months=named, days=whole(self.window_days),
                )  # fmt: skip
            case "not reached":
                return _(
                    "“–” for {kpi}: fewer than half of the requests of {months} are answered.", kpi=kpi, months=named
                )
        return _("“–” for {kpi}: your exports do not contain it for every campaign of {months}.", kpi=kpi, months=named)

    def _unknown(self, shown: list[str]) -> Iterator[str]:
        """The KPIs that no month has, and what would tell them."""
        present = {key.removesuffix("_of_sent") for key in shown}
        for key in KPIS:
            if not key.endswith("_human") and not present & {key, f"{key}_human"}:
                yield _("Not known: {kpi}. {reason}", kpi=metrics.find(key).title, reason=_WANTED[key])


def _written(row: dict[Any, Any]) -> str:
    """A value without its interval."""
    return share(row["value"]) if metrics.find(row["kpi"]).unit == "share" else minutes(row["value"])


def _wait(row: Any) -> str:
    """A response time with its interval."""
    value, low, high = (row[f"response_time{end}"] for end in ("", "_low", "_high"))
    return metrics.value_with_interval({"kpi": "response_time", "value": value, "low": low, "high": high})


def _runs(months: list[str]) -> list[str]:
    """Months in words, those that follow each other as one span."""
    number = pd.Series([pd.Period(name, "M").ordinal for name in months])
    spans = pd.Series(months).groupby((number.diff() != 1).cumsum()).agg(["first", "last"])
    return [month_span(first, last) for first, last in zip(spans["first"], spans["last"], strict=True)]


_BASES = {"response_time": "requests", "satisfaction": "answers"}
"""What KPIs of the service are out of, as a column of the table."""


def _bases() -> dict[str, Message]:
    return {"requests": message("Requests"), "answers": message("Answers")}


_WANTED = {
    "response_time": message("It requires an export of requests (tickets)."),
    "satisfaction": message("It requires survey answers or rated requests."),
    "delivery_rate": message("None of your exports contains both sent and delivered e-mails."),
    "open_rate": message("None of your exports contains opens."),
    "click_rate": message("None of your exports contains clicks."),
    "conversion_rate": message("It requires bookings, orders or other actions linked to people."),
    "unsubscribe_rate": message("None of your exports shows from which e-mail people unsubscribed."),
}
"""What would tell a KPI that no month has."""

FIGURES = (
    Figure(
        "seven_bases",
        message("Requests and answers of a month"),
        message("requests received, including unanswered ones; survey answers or rated requests"),
        message("a ticket or an answer, one row of the file"),
        "guide 1, step 1",
        ("seven_kpis.requests", "seven_kpis.answers"),
        window=message("for requests, the month of arrival; for answers, the month of the answer"),
    ),
)
