"""Words of campaigns beside each other: which differ, which stand out, which may be expected to do best."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from kit.judging import ALPHA
from kit.show.formats import MARGIN_OF_ERROR, known, listing, named, points, share, span, whole, with_interval
from kit.show.summary import Summary
from kit.show.table import Column, Table

if TYPE_CHECKING:
    from kit.compare import Comparison, OneMix, Pair, Ranking

_VERDICTS = {
    "better": "better than usual",
    "worse": "worse than usual",
    "as usual": "as usual",
    "too few": "too few to judge",
    "too young": "too young to judge",
    "unknown": "not judged",
}


def comparison_table(result: Comparison) -> Table:
    """Campaigns with their rate, what the others let one expect, and the verdict."""
    frame = result.rates[result.rates["value"].notna()].sort_values("value", ascending=False, ignore_index=True)
    columns = (
        Column("campaign_name", "Campaign"),
        Column("sent_local", "Sent", lambda value: pd.Timestamp(value).strftime("%Y-%m-%d")),
        Column("n", result.kpi.denominator.capitalize(), whole, unit="mails", number=True),
        Column("value", result.kpi.title, _row_interval, unit="share", number=True, whole_row=True),
        Column("expected", "Expected", share, unit="share", number=True),
        Column("verdict", "Verdict", _VERDICTS.__getitem__),
    )
    left = len(result.rates) - len(frame)
    notes = [
        MARGIN_OF_ERROR,
        f"{whole(result.judged)} comparisons; the verdicts hold false ones to 5 % of those flagged.",
    ]
    if left:
        notes.append(
            f"{whole(left)} campaigns are left out: their {result.kpi.numerator} or {result.kpi.denominator} is not known."
        )
    return Table("campaigns", f"Campaigns by {result.kpi.name}", frame, columns, tuple(notes))


def _row_interval(row: dict[str, Any]) -> str:
    return with_interval(row["value"], row["low"], row["high"])


def comparison(result: Comparison) -> Summary:
    """Whether campaigns differ, and which stand out."""
    verdicts = result.rates["verdict"]
    title = result.kpi.name
    numbers = {
        "kpi": result.kpi.key,
        "judged": result.judged,
        "better": int((verdicts == "better").sum()),
        "worse": int((verdicts == "worse").sum()),
        "tau": result.spread.tau,
        "mean": result.spread.mean,
    }
    if result.judged == 0:
        text = f"Fewer than four campaigns can be judged by “{title}”, so nothing can stand out from the others."
        return Summary("comparison", text, numbers)
    usual = (
        f"Across {whole(result.judged)} campaigns “{title}” is {share(result.spread.mean)}; "
        f"beyond counting error they usually differ by {points(result.spread.tau).lstrip('+')} points (sd)."
    )
    apart = [
        f"{listing([named(name) for name in result.rates.loc[verdicts == side, 'campaign_name'].head(3)])} "
        f"{'does' if numbers[side] == 1 else 'do'} {side}"
        + (f" (and {numbers[side] - 3} more)" if numbers[side] > 3 else "")
        for side in ("better", "worse")
        if numbers[side]
    ]
    rest = f" Beyond that, {', and '.join(apart)}." if apart else " None stands out beyond that."
    return Summary("comparison", usual + rest, numbers, headline=True, weight=60 if apart else 30)


def compared(result: Pair | None) -> Summary:
    """Two campaigns against each other."""
    if result is None:
        return Summary("pair", "There are not two campaigns that are old enough and whose rate is known.")
    d, title = result.difference, result.kpi.title
    counts = (
        f"{named(result.name_a)} {whole(result.count_a)} of {whole(result.n_a)}, "
        f"{named(result.name_b)} {whole(result.count_b)} of {whole(result.n_b)}"
    )
    numbers = {
        "difference": d.value,
        "low": d.low,
        "high": d.high,
        "p": d.p,
        "test": d.test,
        "same_age": result.same_age,
    }
    if not known(d.p):
        return Summary("pair", f"{title}: {counts}. A difference cannot be estimated.", numbers)
    side = "not decided" if d.p >= ALPHA else "higher" if d.value > 0 else "lower"
    verdict = "which is higher is not decided" if side == "not decided" else f"the second is {side}"
    age = "" if result.same_age else " One of them is too young: its numbers still grow."
    text = (
        f"{title}: {counts}. The difference is {points(d.value)} points ({span(d.low, d.high)}): "
        f"{verdict}.{age} "
        "They went out at different times, so the difference is theirs, not only the subject's or the offer's."
    )
    return Summary("pair", text, numbers)


def ranking_table(result: Ranking) -> Table:
    """Campaigns in the order of what may be expected of them, beside what was counted."""
    title = result.kpi.name
    frame = result.rates.assign(place=range(1, len(result.rates) + 1))
    columns = (
        Column("place", "Place", whole, number=True),
        Column("campaign_name", "Campaign"),
        Column("n", result.kpi.denominator.capitalize(), whole, unit="mails", number=True),
        Column("value", "Counted", _row_interval, unit="share", number=True, whole_row=True),
        Column("expect", "To be expected", _expected, unit="share", number=True, whole_row=True),
        Column("best", "Chance to be the best", lambda value: share(value, 0), unit="share", number=True),
    )
    notes = (
        "To be expected: the counted rate drawn towards the usual one, the further the smaller the campaign is.",
        "The order is by what is to be expected. Campaigns that are too young are left out.",
    )
    frame = frame if known(result.regret) else frame.iloc[:0]
    empty = "fewer than four campaigns can be ranked."
    return Table("ranking", f"Campaigns by the {title} to be expected of them", frame, columns, notes, empty)


def _expected(row: dict[str, Any]) -> str:
    return with_interval(row["expect"], row["expect_low"], row["expect_high"])


def ranking(result: Ranking) -> Summary:
    """What may be expected of the first, how sure its place is, and how much luck is in the raw order."""
    title = result.kpi.name
    if not known(result.regret):
        text = f"Fewer than four campaigns can be ranked by “{title}”."
        return Summary("ranking_first", text, {"ranked": len(result.rates)})
    first = result.rates.iloc[0]
    numbers = {
        "ranked": len(result.rates),
        "expect": first["expect"],
        "best": first["best"],
        "regret": result.regret,
        "overstated": result.overstated,
        "luck": result.luck,
    }
    side = "below" if result.kpi.better == "lower" else "above"
    chance = (
        f"Of {whole(len(result.rates))} equal campaigns of this size the best would by luck alone look "
        f"{points(result.luck).lstrip('+')} points {side} the rest."
    )
    if first["expect"] == result.rates["expect"].iloc[-1]:
        text = f"By “{title}” there is no order: the campaigns differ by no more than chance. {chance}"
        return Summary("ranking_first", text, numbers)
    top = "Its own" if result.top == first["campaign_name"] else f"{named(result.top)} was counted best; its"
    text = (
        f"{named(first['campaign_name'])} comes first by “{title}”: expect {_expected(dict(first))}. "
        f"The chance that it truly is the best of {whole(len(result.rates))} is {share(first['best'], 0)}; "
        f"choosing it costs {points(result.regret).lstrip('+')} points on average against the one that is. "
        f"{top} counted rate likely overstates by {points(result.overstated).lstrip('+')} points. {chance}"
    )
    return Summary("ranking_first", text, numbers, headline=True, weight=35)


_PARTS = {"list_name": "list", "domain": "domain of the address", "variant": "variant", "month": "month of sending"}


def one_mix(result: OneMix) -> Summary:
    """Whether campaigns can be compared on one audience, and how far that moves them."""
    part, title = _PARTS.get(result.part, result.part), result.kpi.name
    numbers: dict[str, Any] = {
        "parts": len(result.mix),
        "campaigns": len(result.rates),
        "comparable": result.comparable,
    }
    if len(result.mix) < 2:
        seen = "is not known campaign by campaign" if result.mix.empty else "is the same for all mail"
        text = f"The {part} {seen}, so campaigns cannot be set on one mix of it."
        return Summary("one_mix", text, numbers)
    if result.comparable < 2:
        text = (
            f"Campaigns cannot be set on one mix of audience: by {part} there are {whole(len(result.mix))} parts, "
            "and fewer than two campaigns went to all of them."
        )
        return Summary("one_mix", text, numbers)
    both = result.rates[result.rates["standard"].notna()]
    moved = (both["standard"] - both["value"]).abs()
    most = both.iloc[int(moved.argmax())]
    numbers["moved"] = float(moved.max())
    text = (
        f"Were {whole(result.comparable)} campaigns sent to one mix of {whole(len(result.mix))} parts by {part}, "
        f"“{title}” would move by {points(moved.max()).lstrip('+')} points at most: {named(most['campaign_name'])} "
        f"has {share(most['value'])} as counted and {share(most['standard'])} on the common mix."
    )
    return Summary("one_mix", text, numbers)


def one_mix_table(result: OneMix) -> Table:
    """Campaigns as counted and on the common mix."""
    frame = result.rates[result.rates["standard"].notna()]
    frame = frame.sort_values("standard", ascending=result.kpi.better == "lower", kind="stable", ignore_index=True)
    columns = (
        Column("campaign_name", "Campaign"),
        Column("n", result.kpi.denominator.capitalize(), whole, unit="mails", number=True),
        Column("value", "As counted", share, unit="share", number=True),
        Column("standard", "On the common mix", _standard, unit="share", number=True, whole_row=True),
    )
    parts = [f"{name} {share(size, 0)}" for name, size in result.mix.items()]
    notes = [f"The common mix: {', '.join(parts)}."] if len(frame) else []
    left = len(result.rates) - len(frame)
    if left and len(frame):
        notes.append(f"{whole(left)} campaigns are left out: they went to nobody in one of the parts.")
    title = f"Campaigns by {result.kpi.name} on one mix of audience"
    return Table("one_mix", title, frame, columns, tuple(notes), "no two campaigns can be set on one mix.")


def _standard(row: dict[str, Any]) -> str:
    return with_interval(row["standard"], row["low"], row["high"])
