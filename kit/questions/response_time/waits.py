"""How long do customers wait for an answer, those still waiting included? (guide 3, response time)"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kit import counts
from kit.messages import _, _n, message
from kit.metrics.figures import KAPLAN_MEIER, Figure
from kit.questions.response_time.curves import CLOCKS, FEWEST, WHAT, WRITE, clock, curve, judged, promised
from kit.show.formats import UNKNOWN, hours, known, share, whole, with_ends, with_interval
from kit.show.picture import PLAIN, QUIET, Picture, drawing, nothing, picture
from kit.show.result import Result, result
from kit.show.summary import Summary
from kit.show.table import Column, Table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from matplotlib.axes import Axes

    from kit.stats.clustered_survival import ClusteredCurve
    from kit.store import Data


def measure(data: Data, *, promised_hours: float = 0.0) -> Waits:
    """How long customers wait for an answer.

    Args:
        data: what `kit.open` returned.
        promised_hours: within which an answer is in time; 0: as kit.toml says.

    Source: as `judge`.
    """
    return judge(counts.responses(data), promised(data, promised_hours), guessed=bool(counts.own_side_is_guessed(data)))


def judge(turns: pd.DataFrame, promise: float | None = None, *, guessed: bool = False) -> Waits:
    """First and every response in working and calendar time, by Kaplan and Meier, and what answered ones alone say.

    Args:
        turns: what `counts.responses` returned.
        promise: the promised time [min]; None: none is known.
        guessed: whether who we are was guessed.

    Source: DEFINITIONS: first and every response time; Kaplan & Meier (1958), doi:10.1080/01621459.1958.10501452.
    """
    rows = []
    curves: dict[str, ClusteredCurve] = {}
    for what in WHAT:
        of_kind = turns[turns["first"].astype(bool)] if what == "first" else turns
        for by in CLOCKS:
            waits = judged(of_kind, by)
            if len(waits):
                kaplan_meier = curve(waits, by)
                of_clock = promise if by == clock(turns) else None
                rows.append({"what": what, "clock": by} | _row(waits, by, kaplan_meier, of_clock))
                if what == "first":
                    curves[by] = kaplan_meier
    frame = pd.DataFrame(rows, columns=_COLUMNS)
    outside = turns[turns["outside"].astype(bool)] if len(turns) else turns
    return Waits(frame, curves, promise, len(outside), int(turns["minutes"].isna().sum()), guessed=guessed)


_COLUMNS = [
    *("what", "clock", "n", "answered", "open", "closed", "value", "low", "high", "p90", "p90_low", "p90_high"),
    *("within", "within_low", "within_high", "naive", "naive_off", "naive_p90", "naive_within"),
    *("never", "never_p90", "spread"),
]


def _row(waits: pd.DataFrame, by: str, kaplan_meier: ClusteredCurve, promise: float | None) -> dict[str, Any]:
    state, time = waits["state"], waits[by].astype(float)
    median, p90 = kaplan_meier.quantile(0.5), kaplan_meier.quantile(0.9)
    row: dict[str, Any] = {"n": len(waits)} | {
        name: int((state == name).sum()) for name in ("answered", "open", "closed")
    }
    row |= {"value": median.value, "low": median.low, "high": median.high, "spread": kaplan_meier.spread}
    row |= {"p90": p90.value, "p90_low": p90.low, "p90_high": p90.high}
    answered = time[state == "answered"]
    row |= {
        "naive": answered.median(),
        "naive_off": answered.median() - median.value,
        "naive_p90": answered.quantile(0.9),
    }
    # those that wait may be the hard ones: at the worst none of them is ever answered
    longest = time.max() + 1
    never = curve(waits.assign(**{by: time.where(state != "open", longest)}), by, agents=False)
    row |= {"never": never.quantile(0.5).value, "never_p90": never.quantile(0.9).value}
    if promise is not None:
        within = kaplan_meier.within(promise)
        row |= {"within": within.value, "within_low": within.low, "within_high": within.high}
        row["naive_within"] = (answered <= promise).mean() if len(answered) else np.nan
    return row


@result
class Waits(Result):
    """How long customers wait for an answer.

    Attributes:
        rates: a row a kind of response ["first", "every"] and clock ["working", "minutes": calendar]: what, clock, n
            [turns], answered, open, closed [without an answer]; value, low, high [median, min], p90, p90_low, p90_high
            [min]; within, within_low, within_high [share answered within the promise; NaN: none]; naive, naive_p90
            [min] and naive_within [share] of answered ones only, naive_off [min, naive less value]; never, never_p90
            [min, if no open one is ever answered]; spread [how many times the clusters multiply the variance].
        curves: by clock, how many first requests still wait after a time.
        promise: the promised time [min]; None: none is known.
        outside: turns asked and answered without any working time between; in no figure of working time.
        left_out: turns that ended before they began.
        guessed: whether who we are was guessed from the sent mail.
    """

    rates: pd.DataFrame
    curves: dict[str, ClusteredCurve]
    promise: float | None
    outside: int
    left_out: int
    guessed: bool = False

    @property
    def headline(self) -> Mapping[Any, Any] | None:
        """The row of first responses on the clock that is judged: working time where it is known."""
        first = self.rates[self.rates["what"] == "first"].to_dict("records")
        return first[0] if first else None

    def summary(self) -> Summary:
        """The median of the first response, and how far the answered ones alone are off."""
        row = self.headline
        if row is None:
            return Summary(
                "responses", _("Your files contain no requests, so it is unknown how fast customers are answered.")
            )
        if not known(row["value"]):
            text = _("Fewer than half of the {n} requests have been answered so far.", n=whole(row["n"]))
            return Summary("responses", text, {"n": row["n"]}, headline=True, weight=45)
        numbers = {"value": row["value"], "naive": row["naive"], "n": row["n"], "open": row["open"]}
        words = {"time": WRITE[row["clock"]](row["value"]), "n": whole(row["n"]), "clock": CLOCKS[row["clock"]]}
        text = _("Half of {n} first requests were answered within {time} ({clock}).", **words)
        sentences = [text, *([off] if (off := _off(row)) else [])]
        if self.promise is not None and known(row["within"]):
            sentences.append(
                _(
                    "Within the promised {promise}, {share} were answered.",
                    promise=hours(self.promise),
                    share=with_interval(row["within"], row["within_low"], row["within_high"]),
                )
            )
            numbers["within"] = row["within"]
        return Summary("responses", " ".join(sentences), numbers, headline=True, weight=45)

    def hard_summary(self) -> Summary:
        """What it does that hard requests stay open longer."""
        row = self.headline
        if row is None or not row["open"]:
            return Summary(
                "responses_open",
                _("No request is open, so no slow answers to hard requests are missing from these figures."),
            )
        words = {name: WRITE[row["clock"]](row[name]) for name in ("never", "value", "never_p90", "p90")}
        numbers = {name: row[name] for name in ("open", "never", "never_p90")}
        if (words["never"], words["never_p90"]) == (words["value"], words["p90"]):
            text = _n(
                "We assume that open requests will be answered like the others; hard ones stay open longer. Even if "
                "the {n} open request were never answered, half would be answered within {value} and nine in ten "
                "within {p90}.",
                "We assume that open requests will be answered like the others; hard ones stay open longer. Even if "
                "the {n} open requests were never answered, half would be answered within {value} and nine in ten "
                "within {p90}.",
                row["open"], n=whole(row["open"]), value=words["value"], p90=words["p90"],
            )  # fmt: skip
            return Summary("responses_open", text, numbers)
        text = _n(
            "We assume that open requests will be answered like the others; hard ones stay open longer. If the {n} "
            "open request were never answered, half would wait {never} instead of {value}, and nine in ten "
            "{never_p90} instead of {p90}.",
            "We assume that open requests will be answered like the others; hard ones stay open longer. If the {n} "
            "open requests were never answered, half would wait {never} instead of {value}, and nine in ten "
            "{never_p90} instead of {p90}.",
            row["open"], n=whole(row["open"]), **words,
        )  # fmt: skip
        return Summary("responses_open", text, numbers)

    def table(self) -> Table:
        """First and every response on both clocks, with what answered ones alone would say."""
        columns = [
            Column("what", message("Response"), WHAT.__getitem__),
            Column("clock", message("Measured in"), CLOCKS.__getitem__),
            Column("n", message("Requests"), whole, number=True),
            Column("open", message("Waiting"), whole, number=True),
            Column("closed", message("Closed without an answer"), whole, number=True),
            Column(
                "value",
                message("Half answered within"),
                ends("value", "low", "high"),
                "min",
                number=True,
                whole_row=True,
            ),
            Column(
                "p90",
                message("Nine in ten within"),
                ends("p90", "p90_low", "p90_high"),
                "min",
                number=True,
                whole_row=True,
            ),
            Column(
                "naive",
                message("Half answered within (answered requests only)"),
                lambda row: WRITE[row["clock"]](row["naive"]),
                "min",
                number=True,
                whole_row=True,
            ),
        ]
        if self.promise is not None:
            title = message("Within {time}", time=hours(self.promise))
            columns.insert(
                7,
                Column(
                    "within", title,
                    lambda row: with_interval(row["within"], row["within_low"], row["within_high"]),
                    "share", number=True, whole_row=True,
                ),
            )  # fmt: skip
        return Table("responses", message("How long customers wait for an answer"), self.rates, tuple(columns),
                     tuple(self._notes()), message("your files contain no requests."))  # fmt: skip

    def _notes(self) -> list[str]:
        if self.rates.empty:
            return []
        notes = [
            _(
                "A request that still waits counts for as long as it has waited (Kaplan-Meier). Brackets: 95 % "
                "intervals. They treat requests of one day, and answers of one agent, as similar."
            )
        ]
        if "working" not in set(self.rates["clock"]):
            notes.append(_("Working time is not measured: set service.hours in kit.toml."))
        if self.promise is None:
            notes.append(
                _("No response time is promised (service.promised_hours in kit.toml), so no request is judged by it.")
            )
        if self.rates["closed"].any():
            notes.append(
                _(
                    "“Closed without an answer” comes from the help desk. An e-mail without an answer for long "
                    "(service.waiting_days in kit.toml) is taken to need none, such as a thank-you. Until then it "
                    "counts as waiting."
                )
            )
        if self.outside:
            notes.append(
                _n(
                    "{n} request arrived and was answered outside working hours, so it counts in calendar time only.",
                    "{n} requests arrived and were answered outside working hours, so they count in calendar time "
                    "only.",
                    self.outside, n=whole(self.outside),
                )
            )  # fmt: skip
        if self.left_out:
            notes.append(
                _n(
                    "{n} request is excluded, because its answer is earlier than the request.",
                    "{n} requests are excluded, because their answer is earlier than the request.",
                    self.left_out, n=whole(self.left_out),
                )
            )  # fmt: skip
        if self.guessed:
            notes.append(
                _(
                    "Which e-mails are yours was guessed from the folders of sent mail: to be sure, set own_domains "
                    "in kit.toml."
                )
            )
        return notes

    def plot(self, ax: Axes | None = None) -> Picture:
        """The share of first requests that is answered by hours, and that of the answered only."""
        title = _("Share of requests answered, by hours since the request")
        row = self.headline
        if row is None or not self.curves:
            return nothing("responses", title, message("your files contain no requests"))
        kaplan_meier = self.curves[row["clock"]]
        end = (
            2.5 * row["p90"]
            if known(row["p90"])
            else float(kaplan_meier.times[-1])
            if kaplan_meier.times.size
            else 60.0
        )
        hours = kaplan_meier.times / 60
        with drawing(3.0, ax) as axes:
            axes.step(
                hours, 1 - kaplan_meier.waiting, where="post", color=PLAIN, linewidth=1.8, label=_("all requests")
            )
            ended = 1 - kaplan_meier.waiting[-1] if kaplan_meier.times.size else 0
            if ended:
                naive = _answered_only(kaplan_meier)
                axes.step(
                    hours,
                    naive,
                    where="post",
                    color=QUIET,
                    linewidth=1.2,
                    linestyle="--",
                    label=_("answered requests only"),
                )
            if self.promise is not None:
                axes.axvline(self.promise / 60, color=QUIET, linewidth=1)
            axes.set_xlim(0, max(end / 60, 0.1))
            axes.set_ylim(0, 1)
            axes.yaxis.set_major_formatter(lambda value, _place: share(value, 0))
            axes.set_xlabel(_("hours ({clock})", clock=CLOCKS[row["clock"]]))
            axes.legend(loc="lower right", frameon=False, fontsize=9.5)
            alt = _(
                "{title}: half within {median}, nine in ten within {p90}.",
                title=title, median=ends("value", "low", "high")(row), p90=ends("p90", "p90_low", "p90_high")(row),
            )  # fmt: skip
            return picture(axes, name="responses", title=title, alt=alt)


def _answered_only(kaplan_meier: ClusteredCurve) -> np.ndarray[Any, Any]:
    """The share of the answered that are answered by each time."""
    times = kaplan_meier.answered_times
    return np.searchsorted(times, kaplan_meier.times, side="right") / times.size


def _off(row: Mapping[Any, Any]) -> str:
    """How far the answered ones alone are off; "" where they say the same."""
    time = WRITE[row["clock"]]
    if not known(row["naive_off"]) or time(row["naive"]) == time(row["value"]):
        return ""
    words = {"naive": time(row["naive"]), "off": time(abs(row["naive_off"]))}
    if row["naive_off"] < 0:
        return _("Without those still waiting it would be {naive}, which is {off} too short.", **words)
    return _("Answered requests alone would give {naive}, which is {off} too long.", **words)


def ends(name: str, low: str, high: str, clock: str = "") -> Callable[[Mapping[Any, Any]], str]:
    """Writes a time with its interval, of these columns of a row; of a group without figures a dash.

    Args:
        name: of the column of the value.
        low: of its interval.
        high: its other end.
        clock: one of CLOCKS; "": as the row says.
    """

    def write(row: Mapping[Any, Any]) -> str:
        time = WRITE[clock or row["clock"]]
        if not known(row[name]):
            return UNKNOWN if row["n"] < FEWEST else time(row[name])
        if not low:
            return time(row[name])
        return with_ends(time(row[name]), row[low], row[high], lambda end: time(end) if known(end) else UNKNOWN)

    return write


_TURN = message("one request of a customer: everything written until we answer")
_CLUSTERED = message(
    "95 %: sums over days of request and over agents (Ying & Wei 1994; Cameron, Gelbach & Miller 2011)"
)

FIGURES = (
    Figure(
        "response_times", message("Time to a person's answer"),
        message("median, or 90 % quantile, of the time until a person answers"),
        _TURN, KAPLAN_MEIER,
        ("responses.value", "responses.p90", "responses_by.value", "responses_by.p90", "responses_month.value",
        "responses_month.p90",
         "responses_now.value"),
        window=message("from the arrival of the customer's e-mail on our server, or of the ticket, to the answer, "
                       "or to as_of"),
        interval=_CLUSTERED,
        edge=message(
            "working time excludes nights and holidays, and requests answered before any working time had passed; a "
            "request closed without an answer counts until it was closed; messages from machines are neither "
            "requests nor answers"
        ),
    ),
    Figure(
        "answered_only", message("Response time of answered requests only"), message("median of the answered requests"),
        _TURN, "guide 3",
        ("responses.naive",),
        edge=message("requests that still wait are missing, so it is too short; shown for comparison"),
    ),
    Figure(
        "never_answered", message("Response time if open requests are never answered"),
        message("median and 90 % quantile if the open requests are never answered"), _TURN, KAPLAN_MEIER,
        ("responses_open.never", "responses_open.never_p90"),
        edge=message("the other limit of what is possible if hard requests stay open longer"),
    ),
    Figure(
        "answered_in_time", message("Answered within the promised time"), message("1 - S(promised time)"), _TURN,
        KAPLAN_MEIER,
        ("responses.within", "responses_by.within"),
        window=message("service.promised_hours: in working time if service.hours is set"), interval=_CLUSTERED,
        edge=message("an open request that has waited less is neither in time nor late so far"),
    ),
    Figure(
        "turns", message("Requests and their outcome"),
        message("requests; of these, open or closed without an answer at as_of"), _TURN, "guide 3",
        ("responses.open", "responses.closed", "responses_open.open", "responses_by.open",
         "responses_month.open", "responses_month.waiting", "responses_now.waiting",
         "responses_now.waiting_before", "waiting_now.waiting", "waiting_now.late", "waiting_now.first",
         "waiting_now.minutes", "waiting_now.working"),
        edge=message(
            "an unanswered e-mail is open for service.waiting_days, and is then taken to need no answer"
        ),
    ),
)  # fmt: skip
