"""What did the tests decide? (guide 1, step 5)"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.ticker import FuncFormatter

from kit import counts, metrics
from kit.counts.log import AFTER
from kit.judging import ALPHA, LEVEL
from kit.messages import _, _n, message
from kit.metrics import Figure
from kit.questions.subject_lines import pairs
from kit.questions.subject_lines.plans import EVENTS_AT_ANY_TIME, ONE_LOOK, WORTHWHILE, Rule
from kit.questions.subject_lines.sample_size import deciding, decisive
from kit.show.axes import MOST
from kit.show.formats import (
    MINUS,
    UNKNOWN,
    joined,
    known,
    money,
    named,
    points,
    share,
    size,
    span,
    whole,
    with_interval,
)  # fmt: skip
from kit.show.picture import BAD, GOOD, INK, PLAIN, QUIET, Picture, drawing, label, picture
from kit.show.result import Result, result
from kit.show.summary import Summary
from kit.show.table import Column, Table
from kit.stats import hierarchy, multiplicity
from kit.store.matching import WINNER

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from matplotlib.axes import Axes

    from kit.metrics import Kpi
    from kit.questions.subject_lines.plans import Plan
    from kit.store import Data

ARMS = ["campaign_id", "campaign_name", "sent_local", "variant"]
"""What tells the arms of tests apart."""

MESSAGES_OF_MONEY = 2000
"""Recipients an arm below which one large order can turn a mean of revenue."""


def compare(
    data: Data, *, kpi: str = "", plan: Plan = ONE_LOOK, worthwhile: float = WORTHWHILE, decides: bool = True
) -> Tests:
    """Which lines won, by the KPI that was chosen before looking?

    Args:
        data: what `kit.open` returned.
        kpi: the KPI that decides: a rate, or revenue_per_mail; "" for openings. Of people's reactions a test is decided
            by raw ones where no log tells it people's: its arms are alike in that.
        plan: what `plans.plan` made of the planned number of messages and looks.
        worthwhile: the relative lift for which the messages still needed are shown.
        decides: whether this is the KPI chosen before looking; else what it shows are hints.

    Raises:
        UsageError: the KPI cannot decide, or `split` in kit.toml does not fit the number of variants.
    """
    arms = counts.lines(data, counts.messages(data, ARMS, credit="assignment"))
    return _of(data, arms, kpi, plan, worthwhile, decides=decides)


def compare_at_one_age(data: Data, *, kpi: str = "", plan: Plan = ONE_LOOK, worthwhile: float = WORTHWHILE) -> Tests:
    """Do the arms stand alike when every message has had as long, from each person's own delivery?

    That takes an event log; arguments as for `compare`.
    """
    arms = counts.lines(data, counts.at_age(data, ARMS))
    return _of(data, arms, kpi, plan, worthwhile, decides=True)


def _of(data: Data, arms: pd.DataFrame, kpi: str, plan: Plan, worthwhile: float, *, decides: bool) -> Tests:
    tests = judge(
        arms,
        decisive(data, kpi),
        shares=data.settings["split"],
        plan=plan,
        worthwhile=worthwhile,
        as_of=data.as_of,
        maturity_days=data.settings["conversions.maturity_days"],
    )
    return replace(tests, currency="".join(data.currencies), decides=decides)


def judge(
    arms: pd.DataFrame,
    kpi: str,
    *,
    shares: Sequence[float] = (),
    plan: Plan = ONE_LOOK,
    worthwhile: float = WORTHWHILE,
    as_of: datetime | None = None,
    maturity_days: int = 0,
    level: float = LEVEL,
) -> Tests:
    """The verdict of every test: each two variants of a campaign against each other.

    Args:
        arms: a row a campaign and variant, from `counts.messages(data, ARMS)`, with the column line where
            `counts.lines` knows it; rows without a variant are passed over.
        kpi: the KPI that decides, chosen before looking: a rate, or revenue_per_mail.
        shares: the planned shares of the variants; () for equal ones.
        plan: the planned number of messages and looks.
        worthwhile: the relative lift for which the messages needed are shown.
        as_of: the moment up to which the data knows; None: ages are not known and no test is marked.
        maturity_days: a test younger than this at `as_of` is marked: its arms are of one age, so they can be
            compared, but the faster one may not be the better one in the end.
        level: confidence of the arms' intervals.

    Raises:
        UsageError: the KPI cannot decide, or the planned shares do not fit the number of variants.

    Source: guide 1, step 5; Newcombe (1998), doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I;
    Koopman (1984), doi:10.2307/2531405; Holm (1979), jstor.org/stable/4615733; sample ratio: Fabijan et al.
    (2019), doi:10.1145/3292500.3330722;
    looks: Lan & DeMets (1983), doi:10.1093/biomet/70.3.659.
    """
    rule = Rule(deciding(kpi), tuple(shares), plan, worthwhile)
    return Tests(rule, _verdicts(arms, rule, as_of, maturity_days, level))


def _verdicts(arms: pd.DataFrame, rule: Rule, as_of: datetime | None, maturity_days: int, level: float) -> pd.DataFrame:
    """A row a campaign and comparison, as `Tests.verdicts`."""
    is_arm = arms["variant"].notna() & ~arms["variant"].astype("string").str.match(WINNER).fillna(value=False)
    arms = arms[is_arm].sort_values(["sent_local", "campaign_id", "variant"], kind="stable")
    arms = arms.assign(squares=arms.get(f"{rule.kpi.numerator}_squares"), line=arms.get("line"))
    by = [*ARMS, "line", "sent", "squares"]
    parts = [metrics.values(part, [key], by=by, level=level) for key, part in versions(arms, rule.kpi)]
    arms = pd.concat(parts).sort_values(["sent_local", "campaign_id", "variant"], kind="stable")
    tested = [group for _campaign_id, group in arms.groupby("campaign_id", sort=False) if len(group) > 1]
    parts = [pairs.of_campaign(group.reset_index(drop=True), rule, len(tested)) for group in tested]
    if not parts:
        return pd.DataFrame(columns=_COLUMNS)
    verdicts = pd.concat(parts, ignore_index=True).assign(young=False)
    if as_of is not None:
        verdicts["young"] = verdicts["sent_local"] > as_of - timedelta(days=maturity_days)
    read = verdicts["decision"].isin(("a", "b", "not decided"))
    one_look = rule.plan.rule == "looks" and rule.plan.looks == 1
    if one_look:
        among = multiplicity.adjust(verdicts["p_alone"].where(read), method="holm")
        verdicts.loc[verdicts["decision"].isin(("a", "b")) & ~(among < ALPHA), "decision"] = "ahead"
    verdicts.loc[verdicts["decision"].isin(("too early", "too few")), _JUDGED] = np.nan
    # At a look before the last neither p nor the chance means what a reader takes it for.
    ended = read & (rule.plan.rule == "looks") & (rule.plan.look == rule.plan.looks)
    verdicts.loc[~ended, ["p", "higher", "loss_a", "loss_b"]] = np.nan
    kept = hierarchy.effects(verdicts["difference"].where(read), verdicts["se"], level=level)
    verdicts = verdicts.assign(expect=kept.value, expect_low=kept.low, expect_high=kept.high)
    return verdicts.assign(worthwhile=rule.worthwhile, look=rule.plan.key).reindex(columns=_COLUMNS)


def versions(arms: pd.DataFrame, kpi: Kpi) -> list[tuple[str, pd.DataFrame]]:
    """The tests with the KPI that decides each: of people's reactions raw ones where people's are not told."""
    if not kpi.raw:
        return [(kpi.key, arms)]
    told = arms[[kpi.numerator, kpi.denominator]].notna().all(axis=1).groupby(arms["campaign_id"]).transform("all")
    return [(kpi.key, arms[told]), (kpi.raw, arms[~told])]


_JUDGED = ["difference", "low", "high", "lift", "lift_low", "lift_high", "p"]
_COLUMNS = [
    *("campaign_id", "campaign_name", "sent_local", "kpi", "a", "b"),
    *(f"{name}_{side}" for side in "ab" for name in pairs.ARM),
    *("split_p", "difference", "se", "low", "high", "lift", "lift_low", "lift_high", "p", "bar", "part"),
    *("higher", "loss_a", "loss_b", "expect", "expect_low", "expect_high"),
    *("worthwhile", "needed", "look", "decision", "young"),
]


DECISIONS = {
    "a": message("the first is better"),
    "b": message("the second is better"),
    "ahead": message("ahead, but not decided among all tests"),
    "not decided": message("no clear winner"),
    "go on": message("continue to the next look"),
    "too early": message("too early"),
    "too few": message("too little data to judge"),
    "split broken": message("split is broken: not judged"),
    "unknown": message("cannot be estimated"),
}


@result
class Tests(Result):
    """Tests with their verdicts.

    Attributes:
        rule: what they are judged by.
        verdicts: a row a campaign and comparison: campaign_id, campaign_name, sent_local, kpi, a, b, sent_a, sent_b,
            numerator_a, n_a, value_a, low_a, high_a, line_a [the subject line, NULL where not known] and the same for
            b; split_p; difference, se, low, high [shares or money, b - a]; lift, lift_low, lift_high [relative]; p
            [Holm over the pairs of the campaign], bar [what p is held against, 1 less the
            confidence of the difference's interval]; part [of the planned messages]; higher [the chance that b is],
            loss_a, loss_b [what choosing it costs on average], these and p for the last look only; expect,
            expect_low, expect_high [the difference drawn towards zero, NaN with fewer than ten]; needed
            [messages an arm for the worthwhile lift]; look [the rule]; decision: a key of DECISIONS; young.
        currency: of amounts.
        decides: whether the rule's KPI was chosen before looking; else what it shows are hints.
    """

    rule: Rule
    verdicts: pd.DataFrame
    currency: str = ""
    decides: bool = True

    @property
    def broken(self) -> list[str]:
        """The ids of campaigns whose split is broken."""
        rows = self.verdicts
        return rows.loc[rows["decision"] == "split broken", "campaign_id"].tolist()

    def summary(self) -> Summary:
        """What the tests decided, in a manager's words."""
        verdicts = self.verdicts
        numbers: dict[str, Any] = {"tests": len(verdicts)} | {
            decision: int((verdicts["decision"] == decision).sum()) for decision in DECISIONS
        }
        if verdicts.empty:
            text = _("There is no test: no campaign went out in two versions.")
            return Summary("tests_verdict", text, numbers)
        rows = verdicts.to_dict("records")
        words = [self._words(row) for row in rows]
        decided = [text for text, row in zip(words, rows, strict=True) if row["decision"] in ("a", "b")]
        text = words[0]
        if len(verdicts) > 1:
            several = bool(verdicts["campaign_id"].duplicated().any())
            text = " ".join([f"{', '.join(_tally(numbers, len(decided), several=several))}.", *decided[:3]])
        step = _("Write the next subject line like the better one, and test it against a new idea.")
        if not decided:
            step = _("Plan the next test with the number of messages in the table.")
        return Summary("tests_verdict", text, numbers, headline=True, weight=80 if decided else 55, next_step=step)

    def table(self) -> Table:
        """Each test with its arms, difference, what to expect of it, and verdict."""
        verdicts, kpi = self.verdicts, self.rule.kpi
        unit = kpi.unit if len(verdicts) else "share"
        columns = [
            Column("campaign_name", _("Test")),
            Column("a", _("Versions"), _arms, whole_row=True),
            Column("sent_a", _("Sent"), _sent, unit="mails", number=True, whole_row=True),
            *([Column("kpi", _("By"), lambda key: metrics.find(key).name)] if kpi.raw else []),
            Column("value_a", _("First"), self._arm("a"), unit=unit, number=True, whole_row=True),
            Column("value_b", _("Second"), self._arm("b"), unit=unit, number=True, whole_row=True),
            Column("difference", _("Difference"), self._difference, unit=unit, number=True, whole_row=True),
        ]
        if verdicts["higher"].notna().any():
            title = _("Chance that the second is better")
            columns.append(Column("higher", title, self._chance, number=True, whole_row=True))
        columns.append(Column("decision", _("Verdict") if self.decides else _("Hint"), DECISIONS.__getitem__))
        name, title = "tests", _("Tests")
        if len(verdicts):
            name = f"tests_{kpi.key}"
            title = _("Tests, decided by “{kpi}”", kpi=kpi.name)
            title = title if self.decides else _("Tests, also shown by “{kpi}”", kpi=kpi.name)
        notes = self._notes() if len(verdicts) else []
        return Table(name, title, verdicts, tuple(columns), tuple(notes), _("no campaign has two versions."))

    def words_table(self) -> Table:
        """Each test's verdict in words."""
        frame = self.verdicts[["campaign_name", "decision", "needed"]].assign(
            words=[self._words(row) for row in self.verdicts.to_dict("records")]
        )
        columns = (Column("words", _("What do the tests show?")),)
        return Table("test_words", _("In words"), frame, columns, empty=_("no campaign has two versions."))

    def plot(self, ax: Axes | None = None) -> Picture:
        """The difference of each test with its interval; right of zero the second variant is higher."""
        rate = self.verdicts.empty or self.rule.kpi.unit == "share"
        rows = self.verdicts[self.verdicts["difference"].notna()].tail(MOST).iloc[::-1]
        records = rows.to_dict("records")
        with drawing(1.1 + 0.42 * max(len(rows), 1), ax) as axes:
            axes.axvline(0, color=INK, linewidth=1)
            for place, row in enumerate(records):
                broken = row["decision"] == "split broken"
                color = QUIET if broken else {"a": BAD, "b": GOOD}.get(row["decision"], PLAIN)
                style: dict[str, Any] = {"linestyle": ":"} if broken else {}
                axes.plot([row["low"], row["high"]], [place, place], color=color, linewidth=2, **style)
                axes.plot(row["difference"], place, "x" if broken else "o", color=color, markersize=7)
            axes.set_yticks(range(len(rows)), [_tick_name(row) for row in records], fontsize=9.5)
            axes.set_ylim(-0.6, max(len(rows), 1) - 0.4)
            axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _place: _tick(value, rate=rate)))
            unit = _("percentage points") if rate else self.currency or _("money")
            axes.set_xlabel(_("second minus first, {unit}, with its interval", unit=unit))
            axes.grid(visible=False, axis="y")
            differences = [self._alternative(row, rate=rate) for row in records]
            alt = _("Tests: {differences}.", differences=joined(differences) or _("none"))
            return picture(axes, name="tests", title=_("Difference of each test"), alt=alt)

    def _alternative(self, row: Mapping[Any, Any], *, rate: bool) -> str:
        values = {"name": row["campaign_name"], "decision": _DECISION_CODES[row["decision"]]}
        if rate:
            return _("{name} {points} points, {decision}", points=points(row["difference"]), **values)
        return _("{name} {amount}, {decision}", amount=money(self.currency)(row["difference"]), **values)

    def _notes(self) -> list[str]:
        verdicts, kpi = self.verdicts, self.rule.kpi
        rate = kpi.unit == "share"
        notes = []
        if not self.decides:
            notes.append(
                _("Another KPI decides. With each further KPI, 5 % of equal tests show a difference by chance. This "
                  "table is a hint for the next test, not a verdict.")
            )  # fmt: skip
        interval = self._interval("Newcombe" if rate else "Welch")
        if rate:
            notes.append(_("Difference: second minus first, in points, with its {interval}.", interval=interval))
        else:
            notes.append(_("Difference: second minus first, with its {interval}.", interval=interval))
        notes += [_("A verdict is given only if the interval does not include zero."),
                  _("A split is broken if it is less likely than 1 in 1,000 under the plan. Then who got which version "
                    "was not random.")]  # fmt: skip
        if len(verdicts) > 1:
            notes.append(
                _("A verdict allows for the number of comparisons (Holm): if all subject lines were equally good, 5 % "
                  "of such pages would name a winner. The intervals are for single comparisons.")
            )  # fmt: skip
            if (verdicts["decision"] == "ahead").any():
                notes.append(_("“Ahead”: it would win if it were the only comparison."))
        if verdicts["campaign_id"].duplicated().any():
            notes.append(_("If a test has more than two versions, each two of them are compared."))
        if kpi.numerator in AFTER:
            notes.append(
                _("Everything that the people of a version did in the time window counts, whichever e-mail caused "
                  "it. A platform's own totals count what it credits to the e-mail.")
            )  # fmt: skip
        if kpi.raw:
            notes.append(
                _("People: opens by people whose e-mail program shows them, and clicks without scanners. A test "
                  "with totals only is decided by raw opens and clicks. Machines are in both versions alike, and "
                  "hide a part of the difference.")
            )  # fmt: skip
        if kpi.denominator in ("opened", "opened_trackable"):
            notes.append(
                _("The people who opened are not a random sample: the subject line selects them. A line with more "
                  "opens may lose here and still win more clicks from all messages.")
            )  # fmt: skip
        if verdicts["higher"].notna().any():
            notes.append(_("The chance is shown next to the verdict but does not decide it: 90 % is not proof."))
        if not rate and (verdicts[["n_a", "n_b"]] < MESSAGES_OF_MONEY).any(axis=None):
            notes.append(
                _("With fewer than {n} messages in a version, a single large order can turn the result.",
                  n=whole(MESSAGES_OF_MONEY))
            )  # fmt: skip
        if verdicts["decision"].isin(("a", "b", "ahead")).any() and verdicts["expect"].isna().all():
            notes.append(
                _("Winners are usually overstated; with fewer than ten tests it is not known by how much. Expect "
                  "less than measured.")
            )  # fmt: skip
        return notes

    def _interval(self, method: str) -> str:
        if self.rule.plan.rule == "any time":
            return _("interval valid at any look, wider than for a single look")
        level = f"{100 * (1 - self.verdicts['bar'].max()):.2f}".rstrip("0").rstrip(".")
        return _("{level} % interval ({method})", level=level, method=method)

    def _arm(self, side: str) -> Callable[[Any], str]:
        def write(row: Mapping[Any, Any]) -> str:
            value, low, high = (row[f"{name}_{side}"] for name in ("value", "low", "high"))
            if self.rule.kpi.unit == "share":
                return with_interval(value, low, high)
            return money(self.currency)(value) if known(value) else UNKNOWN

        return write

    def _difference(self, row: Mapping[Any, Any]) -> str:
        if row["decision"] == "split broken" or not known(row["difference"]):
            return UNKNOWN
        if self.rule.kpi.unit == "share":
            return f"{points(row['difference'])} ({span(row['low'], row['high'])})"
        amount = money(self.currency)
        value, low, high = (amount(row[name]) for name in ("difference", "low", "high"))
        return _("{value} ({low} to {high})", value=value, low=low, high=high)

    def _chance(self, row: Mapping[Any, Any]) -> str:
        """That the second is better, whichever direction is good."""
        if not known(row["higher"]):
            return UNKNOWN
        better = row["higher"] if self.rule.kpi.better == "higher" else 1 - row["higher"]
        if better > 0.99:
            return _("over {share}", share=share(0.99, 0))
        return _("under {share}", share=share(0.01, 0)) if better < 0.01 else share(better, 0)

    def _words(self, row: Mapping[Any, Any]) -> str:
        verdict = _("{name}: {verdict}", name=named(row["campaign_name"]), verdict=self._verdict(row))
        if row["young"]:
            young = _("It is too recent: the subject line that is faster now may not be the better one in the end.")
            return f"{verdict} {young}"
        return verdict

    def _verdict(self, row: Mapping[Any, Any]) -> str:  # noqa: PLR0911  a decision a case
        match row["decision"]:
            case "unknown":
                return _("cannot be estimated. A count is missing, or a version has nobody or nothing to count.")
            case "split broken":
                return _(
                    "the split is broken ({a} against {b} sent). The two groups are not alike, so the test is not "
                    "judged.",
                    a=whole(row["sent_a"]), b=whole(row["sent_b"]),
                )  # fmt: skip
            case "too early":
                return _(
                    "too early: {part} of the planned number. Judge the test when all messages are sent, not before.",
                    part=share(row["part"], 0),
                )
            case "too few":
                return _(
                    "too few to judge: fewer than {n} people in one of the versions reacted. A test judged at any "
                    "time needs more.", n=whole(EVENTS_AT_ANY_TIME),
                )  # fmt: skip
            case "go on":
                return self._go_on(row)
            case "not decided":
                verdict = _("not decided by “{kpi}”; {apart}", kpi=_name(row), apart=self._apart(row))
                return f"{verdict} {_still_needed(row)}"
            case "ahead":
                return _("{winner} Chance alone often brings such a lead among so many comparisons: test it again.",
                         winner=self._winner(row))  # fmt: skip
        return f"{self._winner(row)}{self._expected(row)}"

    def _go_on(self, row: Mapping[Any, Any]) -> str:
        values = {"kpi": _name(row), "look": str(self.rule.plan), "apart": self._apart(row)}
        if known(row["part"]):
            text = _(
                "not decided yet by “{kpi}” ({look}, at {part} of the planned number); {apart}",
                part=share(row["part"], 0), **values,
            )  # fmt: skip
        else:
            text = _("not decided yet by “{kpi}” ({look}); {apart}", **values)
        if self.rule.plan.rule == "any time":
            return " ".join([text, _("Continue the test and judge again whenever you like.")])
        return " ".join([text, _("Continue the test and judge again at the next planned look.")])

    def _apart(self, row: Mapping[Any, Any]) -> str:
        arms = {side: _arm_name(row, side) for side in "ab"}
        if self.rule.kpi.unit == "share":
            return _("{b} compared with {a}: {span} points.", span=span(row["low"], row["high"]), **arms)
        amount = money(self.currency)
        return _("{b} compared with {a}: {low} to {high}.", low=amount(row["low"]), high=amount(row["high"]), **arms)

    def _winner(self, row: Mapping[Any, Any]) -> str:
        second = (row["difference"] > 0) == (self.rule.kpi.better == "higher")
        sides = ("b", "a") if second else ("a", "b")
        values = dict(zip(("winner", "loser"), (_arm_name(row, side) for side in sides), strict=True))
        low, high = sorted((abs(row["low"]), abs(row["high"])))
        rate = self.rule.kpi.unit == "share"
        amount = size if rate else money(self.currency)
        values |= {"low": amount(low), "high": amount(high), "kpi": _name(row)}
        if row["decision"] == "ahead":
            if rate:
                return _("{winner} is ahead of {loser} by {low} to {high} points in “{kpi}”.", **values)
            return _("{winner} is ahead of {loser} by {low} to {high} in “{kpi}”.", **values)
        if rate:
            return _("{winner} is better than {loser} by {low} to {high} points in “{kpi}”.", **values)
        return _("{winner} is better than {loser} by {low} to {high} in “{kpi}”.", **values)

    def _expected(self, row: Mapping[Any, Any]) -> str:
        """What the firm's tests usually keep of such a difference, where enough of them tell it."""
        if not known(row["expect"]):
            return ""
        if self.rule.kpi.unit == "share":
            digits = 1 if abs(row["difference"]) >= 0.01 else 2
            kept = {name: points(row[name], digits) for name in ("difference", "expect", "expect_low", "expect_high")}
            text = _("Of the {difference} points measured, {expect} usually remain in such tests ({expect_low} to "
                     "{expect_high}).", **kept)  # fmt: skip
        else:
            kept = {
                name: money(self.currency)(row[name]) for name in ("difference", "expect", "expect_low", "expect_high")
            }
            text = _("Of the {difference} measured, {expect} usually remains in such tests ({expect_low} to "
                     "{expect_high}).", **kept)  # fmt: skip
        return f" {text}"


_DECISION_CODES = {
    "a": message("a"),
    "b": message("b"),
    "ahead": message("ahead"),
    "not decided": message("no clear winner"),
    "go on": message("continue to the next look"),
    "too early": message("too early"),
    "too few": message("too little data"),
    "split broken": message("split broken"),
    "unknown": message("unknown"),
}


def _tally(numbers: Mapping[str, int], decided: int, *, several: bool) -> list[str]:
    """How many tests were decided and how many not, in clauses; several: where a test has more than two arms."""
    n = numbers["tests"]
    tests = _("{n} comparisons", n=whole(n)) if several else _n("{n} test", "{n} tests", n)
    if decided:
        clauses = [_n("Of {tests}, {n} is decided", "Of {tests}, {n} are decided", decided, tests=tests)]
    else:
        clauses = [_("Of {tests}, none is decided", tests=tests)]
    if n := numbers["ahead"]:
        clauses.append(_n("{n} has one line ahead", "{n} have one line ahead", n))
    if n := numbers["not decided"]:
        clauses.append(_("{n} undecided", n=n))
    if n := numbers["go on"] + numbers["too early"]:
        clauses.append(_n("{n} still runs", "{n} still run", n))
    if n := numbers["split broken"]:
        clauses.append(_n("{n} has a broken split", "{n} have a broken split", n))
    if n := numbers["unknown"] + numbers["too few"]:
        clauses.append(_("{n} cannot be estimated", n=n))
    return clauses


def _still_needed(row: Mapping[Any, Any]) -> str:
    lift = share(row["worthwhile"], 0)
    had = ("sent_a", "sent_b") if pairs.part_of_mail(metrics.find(row["kpi"])) else ("n_a", "n_b")
    more = row["needed"] - min(row[name] for name in had) if known(row["needed"]) else 0
    if more <= 0:
        return _("There were enough messages to see a lift of {lift}.", lift=lift)
    return _(
        "To see a lift of {lift}, each version needs {n}, {more} more than it had.",
        lift=lift, n=whole(row["needed"]), more=whole(more),
    )  # fmt: skip


def _name(row: Mapping[Any, Any]) -> str:
    """The KPI that decided a test."""
    return str(metrics.find(row["kpi"]).name)


def _arms(row: Mapping[Any, Any]) -> str:
    """The arms by their subject lines, by their letters where no file tells the lines."""
    return " – ".join(_arm_name(row, side) for side in "ab")


def _arm_name(row: Mapping[Any, Any], side: str) -> str:
    line = row[f"line_{side}"]
    return f"{row[side]} {named(line)}" if isinstance(line, str) else str(row[side])


def _sent(row: Mapping[Any, Any]) -> str:
    return f"{whole(row['sent_a'])} – {whole(row['sent_b'])}"


def _tick_name(row: Mapping[Any, Any]) -> str:
    name = label(row["campaign_name"])
    return _("{name} (split broken)", name=name) if row["decision"] == "split broken" else name


def _tick(value: float, *, rate: bool) -> str:
    if not value:
        return "0"
    return points(value, 0) if rate else f"{value:+,.4g}".replace("-", MINUS)


FIGURES = (
    Figure(
        "arm_sent", message("Sent, by version"), message("messages sent to the first version, and to the other"),
        message("a message"), "Fabijan et al. (2019), doi:10.1145/3292500.3330722", ("tests.sent_a",),
        edge=message("a split less likely than 1 in 1,000 under the plan is broken, and the test is not judged"),
    ),
    Figure(
        "test_difference", message("Difference of a test"), message("KPI of the version - KPI of an earlier version"),
        message("a message"), "Newcombe (1998), method 10; of money Welch (1947), doi:10.1093/biomet/34.1-2.28",
        ("tests.difference", "strata_parts.difference"), window=message("as for the KPI itself; both versions are "
                                                                        "of the same age"),
        interval=message("95 %: Newcombe; for money Welch; wider for a planned early look or one at any time"),
        edge=message(
            "a verdict only if the interval does not include zero and Holm's test over the page's comparisons "
            "agrees; not shown for a broken split"
        ),
    ),
    Figure(
        "chance_higher", message("Chance that the second is better"),
        message("P(true rate of the second is better), from a uniform prior"), message("a message"), "Miller (2015)",
        ("tests.higher",), edge=message("shown next to the verdict, but does not decide it"),
    ),
    Figure(
        "tests_by_verdict", message("Tests by verdict"),
        message("comparisons of two versions of a test, by what was decided"), message("a test and two versions"),
        "guide 1, step 5",
        (
            "tests_verdict.tests", "tests_verdict.a", "tests_verdict.b", "tests_verdict.ahead",
            "tests_verdict.not decided", "tests_verdict.go on", "tests_verdict.too early", "tests_verdict.too few",
            "tests_verdict.split broken", "tests_verdict.unknown", "adjusted.tests", "measurable.tests",
        ),
        edge=message("what these words mean: kit explain “not decided” and the others"),
    ),
)  # fmt: skip
