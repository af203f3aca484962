"""Would customers recommend us, are they satisfied, was it easy?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
from ibis import _ as row

from kit import counts
from kit.counts import scope
from kit.counts.scope import count
from kit.messages import _, _n, message
from kit.metrics.figures import WILSON, Figure
from kit.show.axes import intervals, month_axis, series_with_ends
from kit.show.formats import UNKNOWN, decimal, known, listing, month, share, whole, with_interval
from kit.show.picture import PLAIN, Picture, drawing, nothing, picture
from kit.show.result import Result, result
from kit.show.summary import Summary
from kit.show.table import Column, Table
from kit.stats.net_score import net_score
from kit.stats.proportions import proportion_interval

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from matplotlib.axes import Axes

    from kit.store import Data

DAYS = 365
"""An answer older than this is no answer of today."""
LEAST = 5
"""Answers below which a group is not shown."""
KINDS = {
    "nps": message("Net promoter score (NPS)"),
    "csat": message("Satisfaction (CSAT)"),
    "ces": message("Easy to deal with us (CES)"),
}
_VALUES = ("value", "low", "high")
TRAITS = {"campaign": message("Campaign"), "agent": message("Answered by, or assigned to")}
TOP = {"csat": 0.75, "ces": 4 / 6}
"""From how far up its scale an answer is satisfied (4 of 5), or found it easy (5 of 7)."""


@count("surveys", "tickets", unfiltered=scope.NO_CAMPAIGN)
def answers(data: Data) -> pd.DataFrame:
    """Answers and invitations of the question, a row each: kind, person, at, score [NULL: none], low, high [scale].

    Beside them campaign and agent, as far as the survey or the ticket names them; NULL: it does not.

    Scores of tickets are answers of satisfaction. Other scales (`rating`, `yes_no`) are no row of any of the three.
    """
    frames = []
    surveys, tickets = scope.history(data, "surveys"), scope.history(data, "tickets")
    if surveys is not None:
        asked = surveys.filter(scope.within(data, row.responded_local) | ~row.responded_local.notnull())
        asked = asked.select(
            kind=row.survey_type, person=row.contact_key, at=row.responded_local, score=row.score, low=row.scale_min,
            high=row.scale_max, campaign=row.campaign_name, agent=row.agent,
        )  # fmt: skip
        frames.append(asked.to_pandas())
    if tickets is not None:
        rated = tickets.filter(scope.within(data, row.created_local), row.csat.notnull())
        rated = rated.select(
            person=row.contact_key, at=row.created_local, score=row.csat, low=row.csat_min, high=row.csat_max,
            agent=row.agent,
        )  # fmt: skip
        rated = rated.to_pandas()
        frames.append(rated.assign(kind="tickets", campaign=pd.Series(pd.NA, index=rated.index, dtype="str")))
    columns = ["kind", "person", "at", "score", "low", "high", "campaign", "agent"]
    rows = pd.concat(frames, ignore_index=True)[columns] if frames else pd.DataFrame(columns=columns)
    rows = rows.assign(at=pd.to_datetime(rows["at"]))
    return rows.sort_values(["kind", "at", "person", "score"], kind="stable", ignore_index=True)


def ask(data: Data) -> Voice:
    """Net promoter score, satisfaction and effort: now, and month by month.

    Args:
        data: what `kit.open` returned.
    """
    asked, names = answers(data), counts.agents(data)
    numbers = dict(zip(names["agent"], names["name"], strict=True))
    for agent in dict.fromkeys(asked["agent"].dropna()):  # who is rated and answered no request that is known
        numbers.setdefault(agent, f"Agent {len(numbers) + 1}")
    asked = asked.assign(agent=asked["agent"].map(numbers))
    return judge(asked, data.as_of, data.settings["surveys.incentive"])


def judge(asked: pd.DataFrame, as_of: datetime | None = None, incentive: str = "") -> Voice:
    """The scores by the latest answer of each person, and by month.

    Args:
        asked: what `answers` returned.
        as_of: the end of the data.
        incentive: what was promised for an answer; "" nothing that is known.

    Source: Reichheld (2003), Harvard Business Review 81(12); Rocks (2016), doi:10.1080/00031305.2016.1158124.
    """
    kinds = asked["kind"].where(asked["kind"] != "tickets", "csat")
    if ((asked["kind"] == "csat") & asked["score"].notna()).any():  # a survey asks on purpose; tickets stand aside
        asked, kinds = asked[asked["kind"] != "tickets"], kinds[asked["kind"] != "tickets"]
    asked = asked.assign(kind=kinds)
    scores, months = [], []
    for kind in KINDS:
        rows = asked[asked["kind"] == kind]
        given = _classed(rows[rows["score"].notna()], kind)
        if given.empty:
            continue
        since = pd.Timestamp(as_of) - pd.Timedelta(days=DAYS) if as_of else given["at"].min()
        recent = given[given["at"].isna() | (given["at"] > since)]
        latest = _latest(recent)
        invited = len(rows) if rows["score"].isna().any() else None
        line = {"kind": kind} | _score(latest, kind) | {"invited": invited, "answered": len(given)}
        line |= {"response_rate": len(given) / invited if invited else None, "older": len(given) - len(recent)}
        everything = _score(recent, kind)["value"]
        scores.append(line | {"earlier": len(recent) - len(latest), "all_answers": everything})
        dated = given[given["at"].notna()]
        for name, group in dated.groupby(dated["at"].dt.strftime("%Y-%m")):
            score = _score(_latest(group), kind)
            few = score["n"] < LEAST
            months.append({"kind": kind, "month": name} | score | (dict.fromkeys(_VALUES) if few else {}))
    others = int((~asked["kind"].isin(list(KINDS)) & asked["score"].notna()).sum())
    return Voice(pd.DataFrame(scores), pd.DataFrame(months), _by(asked, as_of), others, incentive)


def _by(asked: pd.DataFrame, as_of: datetime | None) -> pd.DataFrame:
    """The scores by campaign and by agent, of answers that are not too old."""
    given = asked[asked["score"].notna()]
    if as_of is not None:
        given = given[given["at"].isna() | (given["at"] > pd.Timestamp(as_of) - pd.Timedelta(days=DAYS))]
    parts = []
    for trait in TRAITS:
        names = given[trait].dropna() if trait in given else pd.Series(dtype="str")
        group = (
            by_group(given, trait, {name: name for name in sorted(set(names), key=_in_order)}) if len(names) else None
        )
        if group is not None:
            parts.append(group.drop(columns=trait).assign(trait=trait))
    return (
        pd.concat(parts, ignore_index=True)
        if parts
        else pd.DataFrame(columns=["trait", "kind", "title", "n", *_VALUES])
    )


def _in_order(name: str) -> tuple[str, int, str]:
    """Agent 2 before Agent 10."""
    text, _blank, number = name.rpartition(" ")
    return (text, int(number), "") if number.isdecimal() else (name, 0, "")


def by_group(given: pd.DataFrame, group: str, titles: Mapping[str, str]) -> pd.DataFrame:
    """The score of each kind of question and group of its answers, by the latest answer of each person in it.

    Args:
        given: answers as `answers` has them, and the group's column.
        group: the column.
        titles: what a report calls the groups; in their order.

    Returns:
        kind, the group, title, n [people], up, down, value, low, high [None: fewer than LEAST people].
    """
    lines = []
    for kind in KINDS:
        classed = _classed(given[given["kind"] == kind], kind)
        for name, title in titles.items():
            of_group = classed[classed[group] == name]
            if len(of_group):
                score = _score(_latest(of_group), kind)
                few = score["n"] < LEAST
                lines.append(
                    {"kind": kind, group: name, "title": title} | score | (dict.fromkeys(_VALUES) if few else {})
                )
    return pd.DataFrame(lines, columns=["kind", group, "title", "n", "up", "down", *_VALUES])


def _classed(given: pd.DataFrame, kind: str) -> pd.DataFrame:
    """Answers as +1 (promoter, satisfied, easy), -1 (detractor) and 0."""
    if kind == "nps":
        up, down = given["score"] >= 9, given["score"] <= 6
        return given.assign(up=up.astype(int), down=down.astype(int))
    far = (given["score"] - given["low"]) / (given["high"] - given["low"])
    return given.assign(up=(far >= TOP[kind] - 1e-9).astype(int), down=0)


def _latest(given: pd.DataFrame) -> pd.DataFrame:
    """The latest answer of each person; who is not known is a person of his own."""
    named = given[given["person"].notna()].sort_values("at", kind="stable", na_position="first")
    return pd.concat([named.drop_duplicates("person", keep="last"), given[given["person"].isna()]])


def _score(given: pd.DataFrame, kind: str) -> dict[str, Any]:
    n, up, down = len(given), int(given["up"].sum()), int(given["down"].sum())
    if kind == "nps":
        score = net_score(up, down, n)
        return {"n": n, "up": up, "down": down, "value": score.value, "low": score.low, "high": score.high}
    low, high = proportion_interval([up], [n])
    return {"n": n, "up": up, "down": down, "value": up / n, "low": float(low[0]), "high": float(high[0])}


@result
class Voice(Result):
    """What surveys say.

    Attributes:
        scores: a row a kind of question: kind, n [people], up [promoters, satisfied, easy], down [detractors], value,
            low, high [share; NPS from -1 to 1], invited [None: not known], answered, response_rate [share], older
            [answers of more than a year ago], earlier
            [answers before a person's latest], all_answers [the score of every answer].
        months: a row a kind and month of answering: kind, month, n, up, down, value, low, high.
        groups: a row a trait [TRAITS], kind and group: trait, kind, title, n, up, down, value, low, high [None: fewer
            than LEAST people].
        others: answers on other scales, in none of these.
        incentive: what was promised for an answer.
    """

    scores: pd.DataFrame
    months: pd.DataFrame
    groups: pd.DataFrame
    others: int
    incentive: str

    def summary(self) -> Summary:
        """The scores."""
        if self.scores.empty:
            return Summary(
                "voice", _("Your files contain no survey, so it is unknown whether customers are satisfied."), {"n": 0}
            )
        lines = self.scores.to_dict("records")
        clauses = [
            _(
                "{score} is {value} ({n} people answered)",
                score=str(KINDS[line["kind"]]),
                value=written(line),
                n=whole(line["n"]),
            )
            for line in lines
        ]
        numbers = {line["kind"]: line["value"] for line in lines}
        text = _("{clauses}.", clauses=listing(clauses))
        if self.incentive:
            text = f"{text} {self._promised()}"
        return Summary("voice", text, numbers, headline=True, weight=4)

    def _promised(self) -> str:
        return _(
            "People were promised something for answering: {incentive}. Those who want it give friendlier answers.",
            incentive=self.incentive,
        )

    def table(self) -> Table:
        """Each score with its interval, response rate, and what the latest answer leaves out."""
        columns = (
            Column("kind", message("Question"), lambda kind: str(KINDS[kind])),
            Column("value", message("Score"), written, number=True, whole_row=True),
            Column("n", message("People"), whole, number=True),
            Column("response_rate", message("Response rate"), _response, unit="share", number=True, whole_row=True),
            Column("earlier", message("Earlier answers excluded"), whole, number=True),
            Column("all_answers", message("With every answer"), _everything, number=True, whole_row=True),
        )
        notes = [
            _("Each person counts once, by the latest answer of the last {days} days.", days=whole(DAYS)),
            _(
                "Nothing is known about people who did not answer. Customers who stay answer again, so the latest "
                "answers mostly show their view."
            ),
        ]
        if len(self.scores) and self.scores["older"].sum():
            notes.append(_("Older answers excluded: {n}.", n=whole(self.scores["older"].sum())))
        if self.others:
            notes.append(
                _n("{n} answer uses another scale, so it is not in NPS (0–10), CSAT or CES.",
                   "{n} answers use other scales, so they are not in NPS (0–10), CSAT or CES.", self.others,
                   n=whole(self.others))
            )  # fmt: skip
        if self.incentive:
            notes.append(self._promised())
        return Table(
            "voice",
            message("Survey results"),
            self.scores,
            columns,
            tuple(notes),
            message("your files contain no survey."),
        )

    def by_group(self) -> Table:
        """The scores by campaign and by agent."""
        columns = (
            Column("trait", message("Grouped by"), TRAITS.__getitem__),
            Column("title", message("Group")),
            Column("kind", message("Question"), lambda kind: str(KINDS[kind])),
            Column("value", message("Score"), written, number=True, whole_row=True),
            Column("n", message("People"), whole, number=True),
        )
        notes = (
            _("Groups come from the survey or the ticket; agents have the same numbers as in notebook 10."),
            _(
                "Agents who take the hard requests get lower scores. If the brackets overlap, you cannot say who is "
                "better."
            ),
            *([self._promised()] if self.incentive else []),
        )
        title, empty = (
            message("Survey results by campaign and agent"),
            message("no survey answer is linked to a campaign or agent."),
        )
        return Table("voice_groups", title, self.groups, columns, notes, empty)

    def by_month(self) -> Table:
        """The scores by month of answering."""
        columns = (
            Column("kind", message("Question"), lambda kind: str(KINDS[kind])),
            Column("month", message("Month"), month),
            Column("value", message("Score"), written, number=True, whole_row=True),
            Column("n", message("People"), whole, number=True),
        )
        notes = (
            _(
                "Each person counts once per month, by the latest answer. Months with fewer than {n} answers have no "
                "score.",
                n=whole(LEAST),
            ),
        )
        title, empty = message("Survey results by month"), message("no answer has a date.")
        return Table("voice_months", title, self.months, columns, notes, empty)

    def plot(self, ax: Axes | None = None) -> Picture:
        """The first score by month with its interval."""
        title = message("Survey results by month")
        if self.months.empty:
            return nothing("voice", title, message("no answer has a date"))
        kind = self.months["kind"].iloc[0]
        rates = self.months[(self.months["kind"] == kind) & (self.months["n"] >= LEAST)].reset_index(drop=True)
        if rates.empty:
            return nothing("voice", title, message("no month has five answers"))
        with drawing(2.6, ax) as axes:
            names = list(rates["month"])
            intervals(axes, pd.Series(range(len(names))), rates[["value", "low", "high"]] * 100, color=PLAIN)
            axes.set_ylabel(str(KINDS[kind]))
            axes.grid(visible=False, axis="x")
            month_axis(axes, names)
            values = series_with_ends(rates, _points if kind == "nps" else share)
            alt = _("{score} by month: {values}.", score=str(KINDS[kind]), values=values)
            return picture(axes, name="voice", title=title, alt=alt)


def _points(value: float) -> str:
    return decimal(value * 100, 0)


def written(line: Any) -> str:
    """A score with its interval."""
    if line["kind"] != "nps":
        return with_interval(line["value"], line["low"], line["high"])
    if not known(line["value"]):
        return UNKNOWN
    ends = [_points(line[name]) for name in _VALUES]
    return _("{value} ({low} to {high})", value=ends[0], low=ends[1], high=ends[2])


def _everything(line: Any) -> str:
    return _points(line["all_answers"]) if line["kind"] == "nps" else share(line["all_answers"])


def _response(line: Any) -> str:
    if not known(line["response_rate"]):
        return UNKNOWN
    return _("{share} of {n}", share=share(line["response_rate"]), n=whole(line["invited"]))


FIGURES = (
    Figure(
        "nps",
        message("Net promoter score (NPS)"),
        message("(people who answered 9 or 10 - people who answered 0 to 6) / people who answered"),
        message("each person once, by the latest answer of the last 365 days"),
        "Reichheld (2003); Rocks (2016), doi:10.1080/00031305.2016.1158124",
        ("voice.value", "voice.nps", "voice_months.value", "voice_groups.value", "voice.all_answers"),
        window=message("365 days up to the end of the data; by month: the month of the answer"),
        interval=message("95 %: adjusted Wald (Rocks); of shares Wilson"),
        edge=message("only for answers from 0 to 10; other scales have no NPS"),
    ),
    Figure(
        "survey_satisfied",
        message("Satisfied, or find us easy to deal with"),
        message(
            "people who answered 4 or 5 of 5 (easy: 5 to 7 of 7), or as high on another scale / people who answered"
        ),
        message("each person once, by the latest answer of the last 365 days"),
        "DEFINITIONS: CSAT",
        ("voice.csat", "voice.ces", "voice.n", "voice_months.n", "voice_groups.n"),
        interval=WILSON,
        edge=message("ticket ratings count where no survey asks about satisfaction"),
    ),
    Figure(
        "response_rate",
        message("Response rate of a survey"),
        message("answers / invitations"),
        message("each invitation once"),
        "DEFINITIONS: NPS",
        ("voice.response_rate", "voice.earlier"),
        edge=message("unknown where the file contains only answers"),
    ),
)
