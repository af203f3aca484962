"""In which tone do customers write, and has it changed?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from kit.messages import _, _n, message
from kit.metrics.figures import Figure
from kit.questions.customer_messages import messages
from kit.show.axes import intervals, month_axis, percent, series_with_ends
from kit.show.formats import commas, month, share, span, whole, with_interval
from kit.show.picture import PLAIN, Picture, drawing, nothing, picture
from kit.show.result import Result, result
from kit.show.summary import Summary
from kit.show.table import Column, Table
from kit.stats.misclassification import Errors, corrected_sum, rogan_gladen
from kit.text import accuracy, engines

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes

    from kit.questions.customer_messages.own_labels import OwnLabels
    from kit.store import Data

NEGATIVE = "negative"
LEAST = 20
"""Messages of a month, or of a part of the time, below which nothing is said."""
LABELS = 10
"""Negative messages, and others, that must be labelled in a language."""
LATEST = 3
"""Months that are set against those before them."""
SOURCE = (
    "Rogan and Gladen (1978), doi:10.1093/oxfordjournals.aje.a112510; Lang and Reiczigel (2014), "
    "doi:10.1016/j.prevetmed.2013.09.015"
)


def by_month(data: Data, labels: OwnLabels | None = None) -> Tone:
    """Which share of the messages is negative, month by month?

    Args:
        data: what `kit.open` returned.
        labels: your own: in languages with enough of them their errors take the place of those of the samples.

    Source: as `judge`.
    """
    read, to_find = messages.read(data), messages.guide_of(data)
    known = errors(accuracy.confusion("tone", engines.engine(read.engine_name), to_find))
    return judge(read, known | ({} if labels is None else _enough(errors(labels.confusion()))))


def _enough(own: Mapping[str, Errors]) -> dict[str, Errors]:
    """The errors of languages with so many negative and other labels that they say something."""
    return {language: errors for language, errors in own.items() if min(errors.true, errors.other) >= LABELS}


def errors(confusion: pd.DataFrame) -> dict[str, Errors]:
    """How often negative messages are read as such, and others are not, by language.

    Args:
        confusion: what `accuracy.confusion` returned, or the same of one's own labels.
    """
    known = {}
    for language, group in confusion.groupby("language"):
        true, read = group["truth"] == NEGATIVE, group["reading"] == NEGATIVE
        counts = [group.loc[which, "n"].sum() for which in (true & read, true, ~true & ~read, ~true)]
        known[str(language)] = Errors(*map(float, counts))
    return known


def judge(read: messages.Messages, known: Mapping[str, Errors]) -> Tone:
    """The share of negative messages by month, as read and corrected for the errors of the reading.

    Each language is corrected by its own errors, since otherwise a change of languages would read as a change of tone.

    Args:
        read: the messages; those without a language or a tone say nothing.
        known: the errors by language; messages in other languages are in no corrected share.

    Source: Rogan and Gladen (1978), doi:10.1093/oxfordjournals.aje.a112510.
    """
    told = _with_tone(read)
    refuted = _refuted(told, known)
    known = {language: errors for language, errors in known.items() if language not in refuted}
    months = _lines(told, "month", known)
    names = sorted(told["month"].unique())
    latest = names[-LATEST:]
    parts = told.assign(part=told["month"].isin(latest).map({True: "latest", False: "before"}))
    before = _lines(parts, "part", known) if len(names) > LATEST else pd.DataFrame()
    change = _change(parts, known) if len(before) == 2 and before["n"].min() >= LEAST else None
    return Tone(months, change, (latest[0], latest[-1]) if latest else ("", ""), read, refuted)


def _with_tone(read: messages.Messages) -> pd.DataFrame:
    """The messages with a tone and a month."""
    return read.rows[(read.rows["tone"] != "") & read.rows["month"].notna()]


def _refuted(told: pd.DataFrame, known: Mapping[str, Errors]) -> tuple[str, ...]:
    """Languages in which fewer messages are read as negative than the errors alone would make: they are others here.

    That is so where the share is lower over all months, or surely lower in one of them.
    """
    refuted = []
    for language, errors in sorted(known.items()):
        rows, false = told[told["language"] == language], 1 - errors.rates[1]
        if rows.empty:
            continue
        months = messages.rate(rows, rows["tone"] == NEGATIVE, ["month"])
        lowest = months.loc[months["n"] >= LEAST, "high"].min()
        if (rows["tone"] == NEGATIVE).mean() < false or lowest < false:
            refuted.append(language)
    return tuple(refuted)


def _counts(rows: pd.DataFrame, by: str, known: Mapping[str, Errors]) -> pd.DataFrame:
    """Messages and negative ones by group and language, as so many independent ones."""
    rows = rows[rows["language"].isin(list(known))]
    if rows.empty:
        return pd.DataFrame(columns=[by, "language", "n", "marked", "effect"])
    rates = messages.rate(rows, rows["tone"] == NEGATIVE, [by, "language"])
    alike = messages.rate(rows, rows["tone"] == NEGATIVE, ["language"]).set_index("language")["effect"]
    return rates.assign(effect=rates["language"].map(alike))


def _lines(rows: pd.DataFrame, by: str, known: Mapping[str, Errors]) -> pd.DataFrame:
    plain = messages.rate(rows, rows["tone"] == NEGATIVE, [by]) if len(rows) else pd.DataFrame(columns=[by, "n"])
    counts = _counts(rows, by, known)
    lines = []
    for group in plain[by]:
        of_group = counts[counts[by] == group]
        total = of_group["n"].sum()
        corrected = (
            _corrected(of_group, total, known) if total >= LEAST else {"corrected": None, "from": None, "to": None}
        )
        lines.append({by: group, "covered": int(total)} | corrected)
    return plain.merge(pd.DataFrame(lines, columns=[by, "covered", "corrected", "from", "to"]), on=by, how="left")


def _corrected(counts: pd.DataFrame, total: float, known: Mapping[str, Errors]) -> dict[str, Any]:
    lines = counts.to_dict("records")
    if len(lines) == 1:
        line = lines[0]
        got = rogan_gladen(line["marked"] / line["effect"], line["n"] / line["effect"], known[line["language"]])
    else:
        got = corrected_sum([_part(line, line["n"] / total, known) for line in lines])
    ends = [None if pd.isna(value) else min(max(value, 0.0), 1.0) for value in (got.value, got.low, got.high)]
    return dict(zip(("corrected", "from", "to"), ends, strict=True))


def _part(line: Mapping[Any, Any], weight: float, known: Mapping[str, Errors]) -> tuple[float, float, float, Errors]:
    return weight, line["marked"] / line["effect"], line["n"] / line["effect"], known[line["language"]]


def _change(parts: pd.DataFrame, known: Mapping[str, Errors]) -> tuple[float, float, float] | None:
    """The latest months' corrected share less that before, with its interval."""
    counts = _counts(parts, "part", known)
    totals = counts.groupby("part")["n"].sum()
    if len(totals) < 2 or totals.min() < LEAST:
        return None
    sign = {"latest": 1.0, "before": -1.0}
    lines = counts.to_dict("records")
    got = corrected_sum([_part(line, sign[line["part"]] * line["n"] / totals[line["part"]], known) for line in lines])
    return None if pd.isna(got.value) else (got.value, got.low, got.high)


@result
class Tone(Result):
    """The tone of customers' messages by month.

    Attributes:
        months: a row a month: month, n [messages with a tone], people, marked [negative], value, low, high [share, as
            read], covered [messages in languages whose errors are measured], corrected, from, to [share].
        change: the corrected share of the latest months less that before, with the ends of its interval; None: unknown.
        latest: first and last of the latest months.
        read: the messages.
        refuted: languages that are not corrected, since the measured errors cannot be those of these messages.
    """

    months: pd.DataFrame
    change: tuple[float, float, float] | None
    latest: tuple[str, str]
    read: messages.Messages
    refuted: tuple[str, ...]

    def summary(self) -> Summary:
        """Whether the tone has changed."""
        n = int(self.months["n"].sum())
        if not n:
            return Summary("tone", _("The tone of customers' messages is unknown."), {"n": 0})
        rows = _with_tone(self.read).assign(all="")
        negative = messages.rate(rows, rows["tone"] == NEGATIVE, ["all"]).iloc[0]
        as_read = _(
            "{share} of {n} messages in a known language were recognised as negative.",
            share=with_interval(negative["value"], negative["low"], negative["high"]), n=whole(n),
        )  # fmt: skip
        numbers: dict[str, Any] = {"read": negative["value"], "n": n}
        if self.change is None:
            text = _(
                "It is unknown whether this changed: there are too few messages in languages with a known error rate."
            )
            return Summary("tone", f"{as_read} {text}", numbers)
        value, low, high = self.change
        numbers |= {"change": value, "change_low": low, "change_high": high}
        first, last = map(month, self.latest)
        if low <= 0 <= high:
            text = _(
                "No change is visible in {first} to {last}: after correction for recognition errors, the difference "
                "is {span}.",
                first=first, last=last, span=span(low, high),
            )  # fmt: skip
            return Summary("tone", f"{as_read} {text}", numbers)
        moved = span(low, high)
        if value > 0:
            text = _(
                "Customers wrote more negatively in {first} to {last} than before: {span} after correction for "
                "recognition errors.",
                first=first, last=last, span=moved,
            )  # fmt: skip
        else:
            text = _(
                "Customers wrote less negatively in {first} to {last} than before: {span} after correction for "
                "recognition errors.",
                first=first, last=last, span=moved,
            )  # fmt: skip
        return Summary("tone", f"{as_read} {text}", numbers, headline=True, weight=3)

    def table(self) -> Table:
        """Negative messages by month, as read and corrected."""
        columns = (
            Column("month", message("Month"), month),
            Column("n", message("Messages"), whole, number=True),
            Column("people", message("People"), whole, number=True),
            Column("value", message("Negative (as recognised)"), _read, unit="share", number=True, whole_row=True),
            Column("corrected", message("Corrected for errors"), _right, unit="share", number=True, whole_row=True),
        )
        notes = [
            _(
                "The correction uses the error rate in each language on labelled samples; it may differ for your "
                "messages."
            ),
            _("Months with fewer than {n} messages are not corrected.", n=whole(LEAST)),
        ]
        total, covered = self.months["n"].sum(), self.months["covered"].sum()
        if self.refuted:
            notes.append(
                _("{languages}: fewer messages are recognised as negative than the errors measured on the samples "
                  "would produce alone. So your messages have fewer errors, and no correction is made. To measure "
                  "the errors, label your own messages.",
                  languages=commas([messages.language_name(code) for code in self.refuted]))
            )  # fmt: skip
        untold = len(self.read.rows) - int(total)
        if untold:
            notes.append(
                _n("Of {all} messages that were read, {n} has no tone, because its language or date is unknown.",
                   "Of {all} messages that were read, {n} have no tone, because their language or date is unknown.",
                   untold, n=whole(untold), all=whole(len(self.read.rows)))
            )  # fmt: skip
        if covered < total:
            notes.append(
                _("{n} messages are in languages with an unknown error rate, so they are not in any corrected share.",
                  n=whole(total - covered))
            )  # fmt: skip
        title, empty = message("Negative messages by month"), message("no message has a recognised tone.")
        return Table("tone", title, self.months, columns, (*notes, *self.read.notes()), empty)

    def plot(self, ax: Axes | None = None) -> Picture:
        """Negative messages by month, as read, with intervals."""
        title = message("Negative messages by month (as recognised)")
        rates = self.months[self.months["n"] >= LEAST].reset_index(drop=True) if len(self.months) else self.months
        if rates.empty:
            return nothing("tone", title, message("no month has enough messages"))
        with drawing(2.6, ax) as axes:
            names = list(rates["month"])
            intervals(axes, pd.Series(range(len(names))), rates[["value", "low", "high"]], color=PLAIN)
            axes.set_ylim(bottom=0)
            axes.yaxis.set_major_formatter(percent(float(rates["high"].max())))
            axes.grid(visible=False, axis="x")
            month_axis(axes, names)
            alt = _("Share of messages recognised as negative: {shares}.", shares=series_with_ends(rates, share))
            return picture(axes, name="tone", title=title, alt=alt)


def _read(line: Any) -> str:
    return with_interval(line["value"], line["low"], line["high"])


def _right(line: Any) -> str:
    return with_interval(line["corrected"], line["from"], line["to"])


FIGURES = (
    Figure(
        "negative_read",
        message("Negative messages (as recognised)"),
        message("messages recognised as negative / messages with a tone"),
        message("each message once; the interval treats each person as one unit"),
        "guide 3: tone and language",
        ("tone.value", "tone.read", "tone.n", "tone.people"),
        interval=message("95 %: effective number of messages, people as clusters"),
        edge=message("short messages and messages in other languages have no tone and are not in the denominator"),
    ),
    Figure(
        "negative_corrected",
        message("Negative messages, corrected for recognition errors"),
        message(
            "(recognised share + specificity - 1) / (sensitivity + specificity - 1), by language, weighted by messages"
        ),
        message("each message once; the interval treats each person as one unit"),
        SOURCE,
        ("tone.corrected",),
        interval=message("95 %: Lang and Reiczigel; of several languages by the delta method"),
        edge=message("not shown below 20 messages, or where the recognised tone has almost no link to the true one"),
    ),
    Figure(
        "negative_change",
        message("Change of the corrected share"),
        message("corrected share of the latest three months - corrected share of all months before"),
        message("each message once; the interval treats each person as one unit"),
        SOURCE,
        ("tone.change", "tone.change_low", "tone.change_high"),
        interval=message("95 %: delta method; the errors of a language count once for both periods"),
    ),
)
