"""What to send whom next, so that it can be judged: arms drawn by lot from a seed, as files of the same form as 13's.

A person's arm follows from the seed, the name of the test and the person alone: drawing it again gives the same,
whoever else is on the list. Read back with its addresses, the file is the assignment that this page judges by.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kit.errors import UsageError
from kit.judging import LEVEL
from kit.messages import _, _n, message
from kit.metrics import Figure
from kit.questions.lapsed import permission, states
from kit.questions.retention.occasions import last_day
from kit.questions.win_back.subject_traits import split
from kit.show.formats import commas, day, decimal, known, points, share, size, whole
from kit.show.result import Result, result
from kit.show.summary import Summary
from kit.show.table import Column, Table
from kit.stats import proportions
from kit.store import lists

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from kit.messages import Message
    from kit.questions.win_back.frequency import Frequency
    from kit.questions.win_back.send_hour import SendHour
    from kit.questions.win_back.tried import Tried
    from kit.store import Data

HOLDOUT = "holdout"
"""The arm without mail, as the file writes it and the kit reads it."""

WITHOUT = "without"
"""What a version is called that has none of it."""

MOST = 12
"""Arms with mail that a plan may have."""

POWER = 0.8

PLANNED = ["contact_key", "experiment", "arm", "assigned_at", "offer", "subject_line", "call_to_action", "send_slot",
           "mails_per_week"]  # fmt: skip
ARMS = ["arm", "offer", "subject_line", "call_to_action", "send_slot", "mails_per_week", "n", "detectable"]


def win_back(
    data: Data,
    tried: Tried,
    *,
    seed: int = 1,
    without: float = 0.2,
    subjects: str = "",
    offers: str = "",
    actions: str = "",
) -> Plan:
    """The test of the next win-back mail: who of the lapsed gets which version, and who none.

    Args:
        data: what `kit.open` returned.
        tried: what `tried.measure` returned: it says what people come back for, and how many do by themselves.
        seed: of the lot.
        without: the share that gets no mail.
        subjects: versions of the subject line, joined by |; "" for one.
        offers: versions of the offer, likewise.
        actions: versions of the call to action, likewise.

    Raises:
        UsageError: the share is none between 0 and 1, or there are more than MOST versions.
    """
    if not 0 < without < 1:
        raise UsageError(_("without: {share} is no share between 0 and 1.", share=str(without)))
    versions = [[_written(word) for word in split(words)] or [None] for words in (offers, subjects, actions)]
    names = ("offer", "subject_line", "call_to_action")
    arms: list[dict[str, Any]] = [dict(zip(names, choice, strict=True)) for choice in product(*versions)]
    if len(arms) > MOST:
        text = _("{n} versions are more than {most}. Each needs people of its own.", n=str(len(arms)), most=str(MOST))
        raise UsageError(text)
    bought = states.purchases(data, tried.what)
    keys = pd.Series(dtype=object)
    if len(bought):
        now, _model, _draws = states.at(bought, tried.until, days=tried.days, limits=tried.limits, resampled=False)
        keys = now.loc[now["state"] == "lapsed", "contact_key"]
    asked, consent = allowed(data, keys)
    shares = [without, *[(1 - without) / len(arms)] * len(arms)]
    _gone, _back, base, _low, _high = tried.by_themselves
    design = Design("win_back", [{"arm": HOLDOUT}, *_named(arms)], shares, seed, base, tried.days)
    return draw(data, asked, design, refused=len(keys) - len(asked), consent_known=consent)


def pace(data: Data, mail: Frequency, *, seed: int = 1, paces: str = "1, 2, 4") -> Plan:
    """The test of the pace: who of the list gets how many e-mails a week.

    Args:
        data: what `kit.open` returned.
        mail: what `frequency.measure` returned: how many leave.
        seed: of the lot.
        paces: e-mails a week, joined by commas.

    Raises:
        UsageError: a pace is no number above 0, or there is only one.
    """
    numbers = levels(paces)
    arms = [{"arm": f"{decimal_of(number)} a week", "mails_per_week": number} for number in numbers]
    keys, consent = _listed(data)
    groups = mail.groups
    base = float(groups["left"].sum() / groups["n"].sum()) if len(groups) and groups["n"].sum() else np.nan
    design = Design("pace", arms, [1 / len(arms)] * len(arms), seed, base, 7 * mail.weeks)
    return draw(data, keys, design, consent_known=consent)


def hour(data: Data, hours: SendHour, *, seed: int = 1, slots: str = "09, 13, 18") -> Plan:
    """The test of the hour: who of the list gets the same e-mail at which hour.

    Args:
        data: what `kit.open` returned.
        hours: what `send_hour.measure` returned: how many click.
        seed: of the lot.
        slots: hours, joined by commas.

    Raises:
        UsageError: a slot is no hour, or there is only one.
    """
    numbers = levels(slots, most=23, least=0)
    arms = [{"arm": f"at {int(number):02d}", "send_slot": f"{int(number):02d}:00"} for number in numbers]
    keys, consent = _listed(data)
    design = Design("hour", arms, [1 / len(arms)] * len(arms), seed, hours.usual, 3)
    return draw(data, keys, design, consent_known=consent)


def levels(text: str, *, least: float = 0.01, most: float = 100) -> list[float]:
    """Numbers that are joined by commas, rising.

    Raises:
        UsageError: one is none, or fewer than two differ.
    """
    try:
        numbers = sorted({float(part) for part in text.split(",") if part.strip()})
    except ValueError:
        numbers = []
    if len(numbers) < 2 or not all(least <= number <= most for number in numbers):
        raise UsageError(_("{text} are no two levels of a test. Write them like 1, 2, 4.", text=repr(text)))
    return numbers


def decimal_of(number: float) -> str:
    """A number as a file has it: 2 or 0.5."""
    return str(int(number)) if float(number).is_integer() else str(number)


def _written(version: str) -> str:
    """A version as the file has it; a cell that says none would be read as an empty one."""
    return WITHOUT if version.lower() in {"none", "no", "nothing", "null", "n/a", "-", "нет", "без", "无"} else version


def _named(arms: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The arms with their names: mail, or version A, B …"""
    if len(arms) == 1:
        return [{"arm": "mail", **arms[0]}]
    return [{"arm": f"version {chr(ord('A') + place)}", **arm} for place, arm in enumerate(arms)]


def _listed(data: Data) -> tuple[pd.Series, bool]:
    each = permission.standings(data)
    return each.loc[each["standing"] == "allowed", "contact_key"], len(each) > 0


def allowed(data: Data, keys: pd.Series) -> tuple[pd.Series, bool]:
    """Of these people those who may be written to, and whether any file tells who may."""
    listed, consent = _listed(data)
    return (keys[keys.isin(listed)] if consent else keys), consent


def lot(keys: pd.Series, *, seed: int, experiment: str) -> np.ndarray:
    """A number from 0 to 1 for each person, which follows from seed, test and person alone.

    Source: randomisation by hashing, Kohavi, Tang & Xu (2020), doi:10.1017/9781108653985.
    """
    words = (f"{seed}|{experiment}|{key}".encode() for key in keys)
    return np.array([int.from_bytes(hashlib.sha256(word).digest()[:7]) / 2**56 for word in words])


@dataclass(frozen=True, slots=True)
class Design:
    """What is to be tested.

    Attributes:
        kind: of KINDS.
        arms: each with arm, and what it gets.
        shares: of the arms.
        seed: of the lot.
        base: the share that is expected without a difference; NaN: not known.
        days: after which the test is read.
    """

    kind: str
    arms: Sequence[Mapping[str, Any]]
    shares: Sequence[float]
    seed: int
    base: float
    days: int


def draw(data: Data, keys: pd.Series, design: Design, *, refused: int = 0, consent_known: bool = True) -> Plan:
    """People over arms by lot.

    Args:
        data: what `kit.open` returned.
        keys: the people.
        design: what is to be tested.
        refused: people who may not be written to.
        consent_known: whether a file tells who may.
    """
    kind, arms, seed, base = design.kind, design.arms, design.seed, design.base
    until = pd.Timestamp(last_day(data)) if data.as_of is not None else pd.Timestamp("NaT")
    assigned = until + pd.Timedelta(days=1)
    experiment = f"{kind}-{assigned:%Y-%m-%d}-{seed}" if not pd.isna(assigned) else kind
    people = keys.sort_values(ignore_index=True)
    place = np.searchsorted(np.cumsum(design.shares)[:-1], lot(people, seed=seed, experiment=experiment), side="right")
    table = pd.DataFrame([{name: arm.get(name) for name in ARMS[:-2]} for arm in arms], columns=ARMS[:-2])
    frame = table.iloc[place].reset_index(drop=True).assign(
        contact_key=people, experiment=experiment, assigned_at=f"{assigned:%Y-%m-%d}"
    )  # fmt: skip
    n = np.bincount(place, minlength=len(arms)) if len(people) else np.zeros(len(arms), dtype=int)
    table = table.assign(n=n, detectable=[_detectable(base, n[0], people) for people in n])
    table.loc[0, "detectable"] = np.nan
    return Plan(kind, table[ARMS], frame[PLANNED], data, seed, base, assigned, design.days, refused, consent_known)


def _detectable(base: float, first: float, other: float) -> float:
    """The rise from `base` that two groups of these sizes find; NaN: none, or the base is not known."""
    if not known(base) or not min(first, other):
        return np.nan
    alike = 2 / (1 / first + 1 / other)
    return proportions.minimum_detectable_effect(float(base), alike, level=LEVEL, power=POWER)


KINDS = {
    "win_back": message("The next win-back mail"),
    "pace": message("The next test of the pace"),
    "hour": message("The next test of the hour"),
}

FILES = {"win_back": "win_back_plan.csv", "pace": "pace_plan.csv", "hour": "hour_plan.csv"}


@result
class Plan(Result):
    """Who gets what in the next test.

    Attributes:
        kind: of KINDS.
        arms: a row an arm: ARMS; n [people], detectable [the rise from `base` against the first arm that is seen with
            80 % power; NaN: of the first, or not known].
        people: PLANNED, a row a person: what the file holds.
        data: what `kit.open` returned.
        seed: of the lot.
        base: the share that is expected without a difference.
        assigned: the day of the assignment.
        days: after which the test is read.
        refused: people left out, since they may not be written to.
        consent_known: whether a file tells who may be written to.
    """

    kind: str
    arms: pd.DataFrame
    people: pd.DataFrame
    data: Data
    seed: int
    base: float
    assigned: pd.Timestamp
    days: int
    refused: int
    consent_known: bool

    def summary(self) -> Summary:
        """How many people the test has, when it is read, and what it can see."""
        n = len(self.people)
        numbers: dict[str, Any] = {"n": n, "base": self.base, "refused": self.refused}
        name = f"{self.kind}_plan"
        if not n:
            return Summary(name, _("No test can be planned: nobody is known who may be written to."), numbers)
        sizes = commas([whole(people) for people in self.arms["n"]])
        text = _n(
            "{n} person is put at random into {arms} groups ({sizes}). Read the result on {day}.",
            "{n} people are divided at random into {arms} groups ({sizes}). Read the result on {day}.",
            n, n=whole(n), arms=len(self.arms), sizes=sizes, day=day(self.assigned + pd.Timedelta(days=self.days)),
        )  # fmt: skip
        seen = self.arms["detectable"].dropna()
        if len(seen):
            numbers["detectable"] = float(seen.max())
            more = _("From {base} a rise of {points} points would be seen in four of five such tests.",
                     base=share(self.base), points=size(seen.max()))  # fmt: skip
        else:
            more = _("Too few people to see a difference at all.") if known(self.base) else _(
                "It is not known how large a difference it can show: the usual share is unknown."
            )  # fmt: skip
        return Summary(name, f"{text} {more}", numbers)

    def write(self, folder: str, *, addresses: bool = False) -> Path | None:
        """Write the assignment as a file of FILES; see `kit.store.lists.write`."""
        return lists.write(self.people, self.data, folder, FILES[self.kind], addresses=addresses)

    def table(self) -> Table:
        """The arms, their people and what they get."""
        named = (("offer", message("Offer")), ("subject_line", message("Subject line")),
                 ("call_to_action", message("Call to action")), ("send_slot", message("Hour of sending")),
                 ("mails_per_week", message("E-mails a week")))  # fmt: skip
        contents = tuple(
            Column(name, title, str if name != "mails_per_week" else lambda value: decimal(value, 1))
            for name, title in named
            if self.arms[name].notna().any()
        )
        columns = (
            Column("arm", message("Group")),
            *contents,
            Column("n", message("People"), whole, unit="people", number=True),
            Column("detectable", message("Rise that is seen (points)"), points, unit="share", number=True),
        )
        notes: list[Message | str] = [
            message(
                "Drawn by seed {seed}: the same seed draws the same people. The parameter “lists” writes the file, "
                "with addresses where “addresses” is set; put back among the exports, it is judged here.",
                seed=str(self.seed),
            )
        ]
        if not self.consent_known:
            notes.append(
                message("It is not known who may be e-mailed: none of your files contains contacts with their consent.")
            )
        elif self.refused:
            notes.append(message("{n} more may not be written to and are in no group.", n=whole(self.refused)))
        return Table(f"{self.kind}_plan", KINDS[self.kind], self.arms, columns, tuple(notes),
                     message("nobody is known who may be written to."))  # fmt: skip


FIGURES = tuple(
    figure
    for kind in KINDS
    for figure in (
        Figure(
            f"{kind}_plan_people", message("People of a planned test"), message("people of the group, by lot"),
            message("a person who may be written to"), "guide 4", (f"{kind}_plan.n", f"{kind}_plan.refused"),
            edge=message("the lot follows from seed, test and person alone"),
        ),
        Figure(
            f"{kind}_plan_rise", message("Rise that a planned test sees"),
            message("the rise from the usual share that is found with 80 % power at the 5 % level"),
            message("a person who may be written to"), "kit explain size",
            (f"{kind}_plan.detectable", f"{kind}_plan.base"),
            edge=message("against the first group; of unequal groups by their harmonic mean"),
        ),
    )
)  # fmt: skip
