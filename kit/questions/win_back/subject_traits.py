"""Subject lines by the guide's criteria, and what the own past says of such lines: hints, and no promise.

A line is read by rules of words in English, Russian and Chinese. Lines with a trait differ from others in more than it,
so what campaigns show is a hint; where a test set two lines against each other that differ in the trait, it is by lot.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kit import counts, metrics
from kit.counts import scope
from kit.judging import LEVEL
from kit.messages import _, _n, message
from kit.metrics import Figure
from kit.show.formats import UNKNOWN, commas, known, points, span, whole
from kit.show.result import Result, result
from kit.show.summary import Summary
from kit.show.table import Column, Table
from kit.stats import random_effects
from kit.stats.intervals import critical_z
from kit.store.matching import WINNER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kit.metrics import Kpi
    from kit.store import Data

SHORT = 50
"""Letters up to which a line is short: phones show about so many."""

RECENT = 10
"""Lines of the past that are graded where none are proposed."""

FEWEST = 3
"""Lines with a trait, and without it, from which the past is asked of it."""

TRAITS = {
    "short": message("Short"),
    "concrete": message("Number, price or date"),
    "question": message("Question"),
    "emotion": message("Emotion"),
    "personal": message("Name or “you”"),
    "audience": message("Names the audience"),
    "limited_time": message("Limited in time"),
    "limited_number": message("Limited in number"),
    "call": message("Call to action"),
}
"""The guide's criteria of a subject line, and of offers and calls to action in it."""

WORDS = {
    "concrete": r"\d|[%₽€$£¥]",
    "question": r"[?？]",
    "emotion": r"[!！❤💔🎁]|miss|love|thank|sorry|surprise|gift|happy|worry|afraid|скуча|люб[ия]|спасибо|жаль|извин|"
    r"сюрприз|подар|рад[ыа]?\b|радост|боя|тревог|想念|感谢|惊喜|礼物|抱歉",
    "personal": r"\*\|[^|]+\|\*|\{\{.+?\}\}|%\w*name\w*%|\[\w*name\w*\]|\byou(?:r|rs)?\b|\bвы\b|\bвас\b|\bвам[и]?\b|"
    r"\bваш\w*|\bты\b|\bтебя\b|\bтебе\b|\bтво[йяеёиюх]\w*|您|你",
    "audience": r"\b(?:customers?|clients?|owners?|members?|subscribers?|drivers?|those who)\b|клиент|владельц|хозя|"
    r"подписчик|участник|водител|автомобилист|для тех|тем, кто|会员|车主|顾客|客户",
    "limited_time": r"\b(?:until|till|today|tonight|tomorrow|ends?|expires?|last (?:day|chance)|hours? left|days? left|"
    r"only (?:this|until)|by (?:mon|tues|wednes|thurs|fri|satur|sun)day|before)\b|\bдо \w|сегодня|завтра|"
    r"последн\w+ (?:день|шанс)|успей|заканчива|только (?:на этой|до|сегодня|\d)|截止|仅限|今天|最后",
    "limited_number": r"\b(?:only \d+|first \d+|last \d+|\d+ (?:places|seats|left|spots)|limited|while stocks)\b|"
    r"перв\w+ \d+|последн\w+ \d+|осталось|количество ограничен|\d+ мест\w*|限量|名额",
    "call": r"\b(?:book|call|come|get|try|see|check|save|join|order|claim|choose|pick|visit|reply|tell|find|grab)\b|"
    r"запиш|приход|приезж|узна[йт]|закаж|провер[ьи]|получи|выбер|позвон|забер|попроб|ответ[ьи]|расскаж|посмотр|"
    r"возвращай|预约|立即|领取|马上|回来",
}
"""What a line has, apart from its length."""

BASES = {"campaigns": message("Campaigns"), "tests": message("Tests (by lot)")}

LINES = ["line", "letters", *TRAITS, "met"]
PAST = ["trait", "basis", "n", "others", "difference", "low", "high", "hint", "hint_low", "hint_high"]
SENT = ["campaign_id", "variant", "sent_local", "line", "clicked", "n"]


def read(line: str) -> dict[str, bool]:
    """Which of TRAITS a line has.

    >>> [name for name, has in read("Book by Friday: your 20 % are waiting").items() if has]
    ['short', 'concrete', 'personal', 'limited_time', 'call']
    """
    lowered = line.lower()
    return {
        name: len(line) <= SHORT if name == "short" else re.search(WORDS[name], lowered) is not None for name in TRAITS
    }


def measure(data: Data, *, subjects: str = "", kpi: str = "") -> Subjects:
    """Lines by the guide's criteria, and what the past says of them.

    Args:
        data: what `kit.open` returned.
        subjects: proposed lines, joined by |; "" for the latest of the past.
        kpi: of campaign mail; "" for clicks, or what is told instead.

    Source: guide 4; empirical Bayes, Efron & Morris (1975), doi:10.1080/01621459.1975.10479864.
    """
    key = metrics.as_told(data, kpi)
    return judge(split(subjects), sent_lines(data, key), metrics.find(key))


def split(texts: str) -> list[str]:
    """Texts that are joined by |."""
    return [text.strip() for text in texts.split("|") if text.strip()]


@scope.count("messages", "campaign_stats")
def sent_lines(data: Data, key: str) -> pd.DataFrame:
    """The lines that went out, with their KPI.

    Args:
        data: what `kit.open` returned.
        key: of a KPI of campaign mail.

    Returns:
        A row a campaign and variant with a line: campaign_id, variant [NULL: the whole campaign], sent_local, line,
        clicked, n [the KPI's counts].
    """
    kpi = metrics.find(key)
    sums = counts.messages(data, ["campaign_id", "sent_local", "variant"])
    rows = counts.lines(data, sums)
    whole_line = scope.campaigns(data).set_index("campaign_id")["subject"]
    alone = rows["line"].isna() & (rows.groupby("campaign_id")["campaign_id"].transform("size") == 1)
    rows["line"] = rows["line"].where(~alone, rows["campaign_id"].map(whole_line))
    rows = rows.assign(clicked=rows[kpi.numerator].astype(float), n=rows[kpi.denominator].astype(float))
    return rows.dropna(subset=["line", "clicked", "n"]).loc[lambda frame: frame["n"] > 0, SENT].reset_index(drop=True)


def judge(proposed: Sequence[str], sent: pd.DataFrame, kpi: Kpi) -> Subjects:
    """Lines by the guide's criteria, and what the past says of them.

    Args:
        proposed: lines; none: the latest of the past are graded.
        sent: what `sent_lines` returned.
        kpi: that it counts.
    """
    latest = sent.sort_values(["sent_local", "line"], ascending=[False, True]).drop_duplicates("line")
    lines = list(proposed) or latest["line"].head(RECENT).tolist()
    graded = []
    for line in lines:
        has = read(line)
        met = sum(has.values())
        graded.append((line, len(line), *has.values(), met))
    frame = pd.DataFrame(graded, columns=LINES)
    traits = pd.DataFrame([read(str(line)) for line in sent["line"]], columns=list(TRAITS), index=sent.index)
    past = pd.concat([_campaigns(sent, traits), _tests(sent, traits)], ignore_index=True)
    parts = []
    for _basis, rows in past.groupby("basis", sort=False):
        drawn = random_effects.towards_zero(rows["difference"], rows["se"])
        parts.append(rows.assign(hint=drawn.value, hint_low=drawn.low, hint_high=drawn.high))
    return Subjects(frame, pd.concat(parts, ignore_index=True)[PAST], kpi, is_proposed=bool(proposed))


def _campaigns(sent: pd.DataFrame, traits: pd.DataFrame) -> pd.DataFrame:
    """A row a trait: lines with it less lines without, with what campaigns differ by in any case."""
    rows = []
    tau = random_effects.heterogeneity(sent["clicked"], sent["n"]).tau if len(sent) else np.nan
    for name in TRAITS:
        sides = [sent[traits[name]], sent[~traits[name]]]
        rows.append((name, "campaigns", len(sides[0]), len(sides[1]), *_gap(sides, tau)))
    return pd.DataFrame(rows, columns=[*PAST[:7], "se"])


def _gap(sides: Sequence[pd.DataFrame], tau: float) -> tuple[float, float, float, float]:
    """Difference of two random-effects means, its interval and standard error."""
    if min(map(len, sides)) < FEWEST or not known(tau):
        return np.nan, np.nan, np.nan, np.nan
    means = [_mean(side, tau) for side in sides]
    value, se = means[0][0] - means[1][0], float(np.hypot(means[0][1], means[1][1]))
    return value, value - Z * se, value + Z * se, se


Z = critical_z(LEVEL)
"""Standard errors of half an interval."""


def _mean(side: pd.DataFrame, tau: float) -> tuple[float, float]:
    common = (side["clicked"].sum() + 0.5) / (side["n"].sum() + 1)
    weight = 1 / (tau**2 + common * (1 - common) / side["n"])
    return float((weight * side["clicked"] / side["n"]).sum() / weight.sum()), float(1 / np.sqrt(weight.sum()))


def _tests(sent: pd.DataFrame, traits: pd.DataFrame) -> pd.DataFrame:
    """A row a trait that some test's two lines differ in: the one with it less the one without, within the test."""
    rows = []
    arms = sent.dropna(subset="variant")
    arms = arms[~arms["variant"].astype("string").str.match(WINNER)]
    groups = [group for _campaign, group in arms.groupby("campaign_id") if len(group) == 2]
    for name in TRAITS:
        gaps, noise = [], []
        for group in groups:
            has = traits.loc[group.index, name]
            if has.sum() != 1:
                continue
            (marked,), (other,) = (group[side].to_dict("records") for side in (has, ~has))
            rate = [(row["clicked"] + 0.5) / (row["n"] + 1) for row in (marked, other)]
            gaps.append(marked["clicked"] / marked["n"] - other["clicked"] / other["n"])
            noise.append(sum(r * (1 - r) / row["n"] for r, row in zip(rate, (marked, other), strict=True)))
        if not gaps:
            continue
        value, error = np.array(gaps), np.array(noise)
        spread = random_effects.paule_mandel(value, error) if len(gaps) > 1 else 0.0
        weight = 1 / (error + spread)
        mean, se = float(weight @ value / weight.sum()), float(1 / np.sqrt(weight.sum()))
        rows.append((name, "tests", len(gaps), len(gaps), mean, mean - Z * se, mean + Z * se, se))
    return pd.DataFrame(rows, columns=[*PAST[:7], "se"])


@result
class Subjects(Result):
    """Subject lines by the guide's criteria.

    Attributes:
        lines: a row a line: line, letters, TRAITS [bool], met [how many].
        past: a row a trait and basis: trait, basis [of BASES], n [lines with it; of tests: tests], others [lines
            without], difference, low, high [of the KPI; NaN: too few lines], hint, hint_low, hint_high [drawn towards
            zero; NaN: fewer than four traits can be].
        kpi: that the past is counted by.
        is_proposed: whether the lines were proposed, and not taken from the past.
    """

    lines: pd.DataFrame
    past: pd.DataFrame
    kpi: Kpi
    is_proposed: bool

    def summary(self) -> Summary:
        """Which line meets most criteria, and what the past says of them."""
        if self.lines.empty:
            return Summary("subject_traits", _("No subject line is known, and none is proposed."), {})
        best = self.lines.sort_values(["met", "letters"], ascending=[False, True]).iloc[0]
        numbers: dict[str, Any] = {"met": int(best["met"]), "criteria": len(TRAITS), "lines": len(self.lines)}
        values = {"line": best["line"], "met": int(best["met"]), "all": len(TRAITS)}
        text = (
            _("Of the proposed lines “{line}” meets most of the guide's criteria: {met} of {all}.", **values)
            if self.is_proposed
            else _("Of the latest lines “{line}” meets most of the guide's criteria: {met} of {all}.", **values)
        )
        sure = self.past[(self.past["hint_low"] > 0) | (self.past["hint_high"] < 0)]
        names = [str(TRAITS[name]) for name in sure["trait"]]
        past = (
            _("In the past lines differed by: {traits}. That is a hint to test, not a rule.", traits=commas(names))
            if names
            else _("The past says of none of them that it pays: test two lines that differ in one.")
        )
        return Summary("subject_traits", f"{text} {past}", numbers, headline=False)

    def table(self) -> Table:
        """The lines and the criteria that they meet."""
        columns = (
            Column("line", message("Subject line")),
            Column("letters", message("Letters"), whole, number=True),
            Column("met", message("Criteria met"), whole, number=True),
            Column("short", message("Has"), lambda row: _listed(row, has=True), whole_row=True),
            Column("call", message("Does not have"), lambda row: _listed(row, has=False), whole_row=True),
        )
        notes = (
            _n(
                "Read by rules of words in English, Russian and Chinese; short is up to {n} letter.",
                "Read by rules of words in English, Russian and Chinese; short is up to {n} letters.",
                SHORT,
            ),
            message("Criteria are the guide's advice. Whether they pay here is what the next table and a test say."),
        )
        return Table("subject_lines", message("Subject lines by the guide's criteria"), self.lines, columns, notes,
                     message("no subject line is known."))  # fmt: skip

    def past_table(self) -> Table:
        """What lines with each trait did in the past, over campaigns and in tests."""
        columns = (
            Column("trait", message("Lines that are, or have"), TRAITS.__getitem__),
            Column("basis", message("By"), BASES.__getitem__),
            Column("n", message("Lines with it"), whole, number=True),
            Column("others", message("Lines without"), whole, number=True),
            Column(
                "difference", message("Difference (points)"), _difference, unit="share", number=True, whole_row=True
            ),
            Column("hint", message("Hint (chance taken off)"), _hint, unit="share", number=True, whole_row=True),
        )
        notes = (
            message(
                "Of {kpi}. Campaigns with a trait differ from others in more than the line: theirs is a hint only.",
                kpi=self.kpi.name,
            ),
            message("Tests: two lines against each other by lot; each stands in every trait that its lines differ in."),
            message("Hint: drawn towards no difference, the more the less is known. Fewer than {n} lines: not asked.",
                    n=FEWEST),
        )  # fmt: skip
        return Table("subject_past", message("What the past says of such lines"), self.past, columns, notes,
                     message("no subject line of the past has its rate."))  # fmt: skip


def _listed(row: Any, *, has: bool) -> str:
    return commas([str(title) for name, title in TRAITS.items() if bool(row[name]) is has]) or UNKNOWN


def _difference(row: Any) -> str:
    return f"{points(row['difference'])} ({span(row['low'], row['high'])})" if known(row["difference"]) else UNKNOWN


def _hint(row: Any) -> str:
    return f"{points(row['hint'])} ({span(row['hint_low'], row['hint_high'])})" if known(row["hint"]) else UNKNOWN


_LINE = message("a subject line")

FIGURES = (
    Figure(
        "criteria_met", message("Criteria that a line meets"), message("how many of the guide's criteria"), _LINE,
        "guide 4", ("subject_lines.letters", "subject_lines.met", "subject_traits.met", "subject_traits.criteria",
                    "subject_traits.lines"),
        edge=message("by rules of words; a line may have a trait in other words"),
    ),
    Figure(
        "trait_difference", message("Lines with a trait against others"),
        message("random-effects mean of lines with it - of lines without; of tests within each"), _LINE,
        "Paule & Mandel (1982), doi:10.6028/jres.087.022",
        ("subject_past.difference", "subject_past.n", "subject_past.others"), interval=message("95 %"),
        edge=message("three lines on each side at least; over campaigns no cause"),
    ),
    Figure(
        "trait_hint", message("Hint of a trait"), message("the difference, drawn towards zero by empirical Bayes"),
        _LINE, "Efron & Morris (1975), doi:10.1080/01621459.1975.10479864", ("subject_past.hint",),
        interval=message("95 %: posterior, its spread taken as known"), edge=message("needs four traits"),
    ),
)  # fmt: skip
