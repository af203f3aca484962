"""Words of the month table: rates, changes, trends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from kit import metrics
from kit.judging import MONTHS
from kit.months import PREFETCH
from kit.show.formats import MARGIN_OF_ERROR, known, listing, month, points, share, span, whole, with_interval
from kit.show.summary import Summary
from kit.show.table import Column, Table

if TYPE_CHECKING:
    from collections.abc import Callable

    from kit.months import Months


def months_table(result: Months) -> Table:
    """The guide's month table: a row a month, a column a KPI, each with its interval and its n."""
    rates = result.asked
    kpis = list(dict.fromkeys(rates["kpi"]))
    shown = [key for key in kpis if rates.loc[rates["kpi"] == key, "value"].notna().any()]
    wide = pd.DataFrame({"month": list(dict.fromkeys(rates["month"]))})
    columns = [Column("month", "Month", month)]
    for per in dict.fromkeys(map(_per, shown)):
        key = next(name for name in shown if _per(name) == per)
        wide[per] = rates.loc[rates["kpi"] == key, "n"].to_numpy()
        columns.append(Column(per, f"Mails {per}", whole, unit="mails", number=True))
    for key in shown:
        own = rates[rates["kpi"] == key]
        for name in ("value", "low", "high"):
            wide[key if name == "value" else f"{key}_{name}"] = own[name].to_numpy()
        columns.append(
            Column(key, metrics.find(key).title, _interval_of(key), unit="share", number=True, whole_row=True)
        )
    unknown = [metrics.find(key).title for key in kpis if key not in shown]
    partly = [metrics.find(key).title for key in shown if wide.loc[wide[_per(key)].notna(), key].isna().any()]
    notes = [MARGIN_OF_ERROR, *metrics.raw_note(shown)]
    notes += [f"Not known from these exports: {', '.join(unknown)}."] if unknown else []
    if partly:
        notes.append(
            f"“–” in {listing(partly)}: a campaign of the month does not tell it, or is too young for it to be known."
        )
    if result.change and (wide["month"] == result.change).any():
        notes.append(f"Months before {month(result.change)} and since are judged apart: a known change lies between.")
    if "open_rate" in shown and wide["month"].min() < PREFETCH <= wide["month"].max() and result.change != PREFETCH:
        notes.append(
            f"From {month(PREFETCH)} on Apple's mail programs load every picture: openings rose by themselves. "
            f"Set the parameter change to {PREFETCH} to judge the months before and since apart."
        )
    if shown:
        wide, gaps = _without_long_gaps(wide, columns[1].name)
        notes += [f"No mail, or not counted: {listing(gaps)}. That is a gap, not 0 %."] if gaps else []
    return Table("months", "KPIs by month of sending", wide, tuple(columns), tuple(notes), "No month has mail.")


def _without_long_gaps(wide: pd.DataFrame, per: str) -> tuple[pd.DataFrame, list[str]]:
    """The table without the rows of gaps of more than two months, and every gap in words."""
    empty = wide[per].isna()
    runs = wide[empty].groupby((empty != empty.shift()).cumsum()[empty])["month"].agg(["first", "last", "size"])
    spans = zip(runs["first"], runs["last"], strict=True)
    words = [month(first) if first == last else f"{month(first)} to {month(last)}" for first, last in spans]
    long = [wide["month"].between(run["first"], run["last"]) for run in runs.to_dict("records") if run["size"] > 2]
    left_out = pd.concat(long, axis=1).any(axis=1) if long else pd.Series(data=False, index=wide.index)
    return wide[~left_out].reset_index(drop=True), words


def _per(key: str) -> str:
    """The count below the line."""
    return metrics.find(key).denominator


def _interval_of(key: str) -> Any:
    return lambda row: with_interval(row[key], row[f"{key}_low"], row[f"{key}_high"])


def usual_table(result: Months) -> Table:
    """How much each KPI usually moves between months, the change that could be seen, and where it is heading."""
    frame = result.usual[result.usual["months"] > 0]
    columns = [
        Column("kpi", "KPI", lambda key: metrics.find(key).title),
        Column("months", "Months", whole, number=True),
        Column("mean", "Overall", share, unit="share", number=True),
        Column("tau", "Usual ± (points)", _size, unit="share", number=True),
        Column("detectable", "Seen from (points)", _size, unit="share", number=True),
        Column("step", "Trend (points a month)", _step, unit="share", number=True, whole_row=True),
        Column("trend", "Heading"),
    ]
    if result.change:
        columns.insert(1, Column("since", "Era", _era(result.change)))
    notes = [
        (
            "Usual ±: two months in three lie no further than this from the overall rate, counting error aside. "
            "More mails do not make it smaller."
        ),
        "Seen from: the smallest change between two ordinary months that is found four times in five.",
        "Trend: the line through twelve months or more. Of a single year it cannot tell a season from a trend.",
    ]
    if result.period:
        notes.insert(0, f"Months, overall, usual: of all months of the data. Trend: of {_span(result)} alone.")
    if rare := _rare(result):
        notes.append(f"Too rare to judge in any month of this volume: {listing(rare)}.")
    title = "How much months usually differ, and where they head"
    return Table("usual_variation", title, frame, tuple(columns), tuple(notes), "no month has mails enough.")


def _rare(result: Months) -> list[str]:
    """The KPIs that are known and too rare in every month to be judged."""
    known_ones = result.rates.groupby("kpi", sort=False)["value"].count()
    large = result.rates.groupby("kpi", sort=False)["large"].any()
    return [metrics.find(str(key)).name for key in known_ones.index[(known_ones > 0) & ~large]]


def _span(result: Months) -> str:
    first, last = result.period or ("", "")
    return month(first) if first == last else f"{month(first)} to {month(last)}"


def _size(value: Any) -> str:
    return points(value).lstrip("+")


def _step(row: dict[str, Any]) -> str:
    return f"{points(row['step'], 2)} ({span(row['step_low'], row['step_high'], 2)})" if known(row["step"]) else "–"


def _era(change: str) -> Callable[[Any], str]:
    return lambda since: f"since {month(change)}" if since else f"before {month(change)}"


def trends(result: Months) -> Summary:
    """Which KPIs are heading somewhere."""
    judged = result.usual[result.usual["trend"] != "too few months"]
    moving = judged[judged["trend"].isin(("rising", "falling"))]
    numbers = {"judged": len(judged), "moving": len(moving)}
    if judged.empty:
        asked = result.usual["asked"].max() if len(result.usual) else 0
        text = "A trend needs twelve months"
        if result.period and asked < result.usual["months"].max():
            text += f"; {_span(result)} has {whole(asked)}. Without a period all months are taken."
        else:
            text += f"; the longest here has {whole(asked)}." if asked else " with mails enough to judge."
        return Summary("months_trend", text, numbers)
    if moving.empty:
        text = "No trend goes beyond what months usually differ by."
        return Summary("months_trend", text, numbers)
    told = [
        f"{metrics.find(row['kpi']).name} is {row['trend']}, from about {share(row['begin'])} to "
        f"{share(row['end'])} over {whole(row['asked'])} months: {points(row['step'], 2)} points a month"
        for row in moving.to_dict("records")
    ]
    text = "; ".join(told)
    return Summary("months_trend", f"{text[0].upper()}{text[1:]}.", numbers, headline=True, weight=65)


def months(result: Months) -> Summary:
    """Which month-to-month changes go beyond the usual."""
    moved = result.rates[result.rates["verdict"].isin(("up", "down"))].sort_values(["month", "kpi"])
    if result.changes == 0:
        many = result.usual["months"].max() if len(result.usual) else 0
        return Summary("months_changes", _unjudged(result, many), {"months": many, "changes": 0})
    changes = f"{whole(result.changes)} changes" if result.changes > 1 else "one change"
    head = f"Of {changes} from one month to the next, "
    if moved.empty:
        return Summary(
            "months_changes",
            head + "none goes beyond what months usually differ by, so none needs a story.",
            {"changes": result.changes, "beyond": 0},
            headline=True,
            weight=40,
        )
    told = [
        f"{metrics.find(row['kpi']).name} in {month(row['month'])} was {share(row['value'])}, "
        f"{points(abs(row['change'])).lstrip('+')} points {_THAN[row['verdict']]} the month before "
        f"({span(row['change_low'], row['change_high'])})"
        for row in moved.sort_values("p").head(3).to_dict("records")
    ]
    are = "one goes" if len(moved) == 1 else f"{whole(len(moved))} go"
    surest = ", the surest" if len(moved) > len(told) else ""
    text = f"{head}{are} beyond what months usually differ by{surest}: {'; '.join(told)}."
    return Summary("months_changes", text, {"changes": result.changes, "beyond": len(moved)}, headline=True, weight=70)


_THAN = {"up": "more than", "down": "less than"}


def _unjudged(result: Months, many: float) -> str:
    """Why no change was judged."""
    if result.asked["value"].notna().sum() == 0:
        return "No month can be counted."
    if not known(many) or many < MONTHS:
        return (
            f"No change is called one: {_months(many)} {'is' if many == 1 else 'are'} too few to tell what is usual; "
            "six are needed."
        )
    return "No change is called one: no month asked for and the one before it both have mails enough to be judged."


def _months(many: float) -> str:
    return (
        "months without mails enough"
        if not known(many) or many == 0
        else "one month"
        if many == 1
        else f"{whole(many)} months"
    )
