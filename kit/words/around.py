"""Words of the service before a known change and since."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kit.around import MONTHS
from kit.show.formats import known, listing, minutes, month, share, whole
from kit.show.summary import Summary
from kit.show.table import Column, Table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kit.around import Around

_FIGURES = {
    "response_time": "Response time (median)",
    "satisfaction": "Satisfaction (mean, of its scale)",
    "requests": "Requests a day",
}
_CHANGED = {
    "response_time": {"higher": "answers come later", "lower": "answers come sooner"},
    "satisfaction": {"higher": "scores are higher", "lower": "scores are lower"},
    "requests": {"higher": "more requests come in", "lower": "fewer requests come in"},
}


def around(result: Around) -> Summary:
    """What is other since the change, and that it need not be because of it."""
    rows = result.table.to_dict("records")
    numbers: dict[str, Any] = {row["figure"]: row["effect"] for row in rows}
    if not result.change:
        text = "No change is known (parameter `change`), so the service is not set against itself before one."
        return Summary("around", text, numbers)
    if not rows:
        text = f"The service has no figures both before {month(result.change)} and since."
        return Summary("around", text, numbers)
    told = [
        f"{_CHANGED[row['figure']][row['verdict']]} ({_EFFECTS[row['figure']](row['effect'])})"
        for row in rows
        if row["verdict"] in ("higher", "lower")
    ]
    if all(row["verdict"] == "too few months" for row in rows):
        text = (
            f"Whether the service is other since {month(result.change)} cannot be told yet: that takes {MONTHS} months "
            "before and as many since."
        )
        return Summary("around", text, numbers)
    if not told:
        text = f"Since {month(result.change)} no figure of the service is seen to be other than before."
        return Summary("around", text, numbers, headline=True, weight=20)
    text = f"Since {month(result.change)} {listing(told)}. That is since, not because of: other things changed as well."
    return Summary("around", text, numbers, headline=True, weight=40)


def around_table(result: Around) -> Table:
    """Each figure before and since, with what lies between."""
    columns = (
        Column("figure", "Figure", _FIGURES.__getitem__),
        Column("before", "Before", _side("before"), number=True, whole_row=True),
        Column("since", "Since", _side("since"), number=True, whole_row=True),
        Column("n_before", "n", _numbers, number=True, whole_row=True),
        Column("effect", "Effect", _effect, number=True, whole_row=True),
        Column("verdict", "Verdict"),
    )
    notes = [
        "Response time: half of all pairs of a request before and one since differ by more (Hodges and Lehmann).",
        "Satisfaction: the chance that a score since is above one before, 50% is no difference (Brunner and Munzel).",
        "Brackets: 95 % intervals of counting. A change is called one only if the months differ too.",
        "A slow trend looks the same as a change.",
    ]
    left = int(result.table["left_out"].sum()) if len(result.table) else 0
    if left:
        notes.append(f"{whole(left)} open requests are left out: they have not waited long enough to be called slow.")
    title = f"The service before {month(result.change)} and since" if result.change else "The service before and since"
    empty = "no change is known, or nothing is known of one of its sides."
    return Table("around", title, result.table, columns, tuple(notes if len(result.table) else ()), empty)


def _side(name: str) -> Any:
    def write(row: Mapping[Any, Any]) -> str:
        value, low, high = row[name], row[f"{name}_low"], row[f"{name}_high"]
        form = _FORMS[row["figure"]]
        if not known(value):
            return "–"
        return f"{form(value)} ({form(low)} to {form(high)})" if known(low) and known(high) else form(value)

    return write


def _numbers(row: Mapping[Any, Any]) -> str:
    return f"{whole(row['n_before'])} – {whole(row['n_since'])}"


def _effect(row: Mapping[Any, Any]) -> str:
    if not known(row["effect"]):
        return "–"
    ends = [row["effect"], row["low"], row["high"]]
    told = [_EFFECTS[row["figure"]](value) if known(value) else "–" for value in ends]
    return f"{told[0]} ({told[1]} to {told[2]})"


def _later(value: float) -> str:
    if round(value) == 0:
        return "0 min"
    return f"{minutes(abs(value))} {'later' if value > 0 else 'sooner'}"


_FORMS = {"response_time": minutes, "satisfaction": lambda value: share(value, 0), "requests": "{:.1f}".format}
_EFFECTS = {"response_time": _later, "satisfaction": lambda value: share(value, 0), "requests": "× {:.2f}".format}
