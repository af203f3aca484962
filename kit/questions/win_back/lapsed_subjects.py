"""Which subject line brought the lapsed back: versions of one mail, drawn at random, among those who had lapsed.

Versions of a win-back mail that the file of a test names are judged with the test. Here are all mails whose log
tells the version of each person. Nobody was left out, so this says which line brings more back, not what mail brings.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from ibis import _ as col

from kit.counts import scope, variants
from kit.judging import ALPHA, EVENTS, LEVEL
from kit.messages import _, _n, message
from kit.metrics import Figure
from kit.questions.lapsed import states
from kit.questions.sales_cycle.holdout import NEWCOMBE
from kit.questions.win_back.tried import BROKEN
from kit.show import cells
from kit.show.formats import commas, day, known, p_value, share, whole
from kit.show.result import Result, result
from kit.show.summary import Summary
from kit.show.table import Column, Table
from kit.stats import multiplicity, proportions
from kit.store.machine_events import NO
from kit.store.matching import WINNER

if TYPE_CHECKING:
    from kit.questions.win_back.tried import Tried
    from kit.store import Data

WINNER_FIRST = WINNER.replace("(?i)", "(?i)^(", 1) + ")"

SENT = ["campaign_id", "variant", "contact_key", "day"]
TESTS = ["campaign_name", "day", "line_a", "line_b", "n_a", "x_a", "value_a", "low_a", "high_a", "n_b", "x_b",
         "value_b", "low_b", "high_b", "difference", "low", "high", "p", "split_p", "decision"]  # fmt: skip

DECISIONS = {
    "a": message("the first brings more back"),
    "b": message("the second brings more back"),
    "not decided": message("no clear winner"),
    "too few": message("too little data to judge"),
    "split broken": message("split is broken: not judged"),
}


def measure(data: Data, tried: Tried) -> LapsedSubjects:
    """What each version of a mail brought back of those who had lapsed when it was sent.

    Args:
        data: what `kit.open` returned; its period and filters choose the mails.
        tried: what `tried.measure` returned: what people come back for, within how many days, and who has lapsed.

    Source: guide 4; by assignment; Newcombe (1998); Holm (1979), jstor.org/stable/4615733.
    """
    mails = sent(data)
    bought = states.purchases(data, tried.what)
    if mails.empty or bought.empty or pd.isna(tried.until):
        return LapsedSubjects(pd.DataFrame(columns=TESTS), tried.days)
    arms = variants.lines(data, mails[["campaign_id", "variant"]].drop_duplicates().reset_index(drop=True))
    names = data.campaigns.set_index("campaign_id")["campaign_name"]
    return judge(mails, bought, arms.assign(campaign_name=arms["campaign_id"].map(names)), tried)


@scope.count("messages")
def sent(data: Data) -> pd.DataFrame:
    """The people of tests of versions: SENT, a row a person, of those who were sent it, delivered or not."""
    mails = scope.of_population(data)
    if mails is None:
        return pd.DataFrame(columns=SENT)
    tested = mails.filter(
        col.variant.notnull(), ~col.variant.re_search(WINNER_FIRST), col.contact_key.notnull(),
        col.sent.fill_null(NO) | col.reached,
    )  # fmt: skip
    people = tested.group_by("campaign_id", "contact_key").agg(
        variant=col.variant.min(),
        several=col.variant.min() != col.variant.max(),
        day=col.sent_local.min().date().cast("timestamp"),
    )
    people = people.filter(~col.several).select(SENT).order_by(SENT[0], SENT[2])
    return people.to_pandas().astype({"day": "datetime64[us]"})


def judge(
    mails: pd.DataFrame, bought: pd.DataFrame, arms: pd.DataFrame, tried: Tried, *, level: float = LEVEL
) -> LapsedSubjects:
    """What each version brought back.

    Args:
        mails: what `sent` returned.
        bought: what `lapsed.states.purchases` returned.
        arms: campaign_id, variant, line [NULL: not known], campaign_name.
        tried: what people come back for, and within how many days.
        level: confidence.
    """
    rows: list[tuple[Any, ...]] = []
    for campaign, people in mails.groupby("campaign_id", sort=False):
        begin = people["day"].min()
        if (tried.until - people["day"].max()).days < tried.days - 1:
            continue
        before, _model, _draws = states.at(
            bought, begin - pd.Timedelta(days=1), days=tried.days, limits=tried.limits, resampled=False
        )
        gone = people[people["contact_key"].isin(before.loc[before["state"] == "lapsed", "contact_key"])]
        did = bought.merge(gone[["contact_key", "day"]].rename(columns={"day": "since"}), on="contact_key")
        after = (did["day"] - did["since"]).dt.days
        came = gone["contact_key"].isin(did.loc[(after >= 0) & (after < tried.days), "contact_key"])
        sums = {str(name): (int(part.sum()), len(part)) for name, part in came.groupby(gone["variant"])}
        named = arms[arms["campaign_id"] == campaign].set_index("variant")
        lines = named["line"].astype(object).where(named["line"].notna(), named.index)
        split_p = proportions.sample_ratio_test(people["variant"].value_counts()).p
        for a, b in combinations(sorted(sums), 2):
            rows.append(
                (named["campaign_name"].iloc[0], begin, lines[a], lines[b], *_pair([sums[a], sums[b]], level), split_p)
            )
    frame = pd.DataFrame(rows, columns=TESTS[:-1]).sort_values(["day", "campaign_name"], ignore_index=True)
    judged = [_judged(row) for row in frame.to_dict("records")]
    adjusted = frame["p"].where(pd.Series([word == "" for word in judged], index=frame.index, dtype=bool))
    frame["p"] = multiplicity.adjust(adjusted.astype(float), "holm") if len(frame) else frame["p"]
    better = np.where(frame["difference"] > 0, "b", "a")
    verdict = np.where(frame["p"] <= ALPHA, better, "not decided")
    return LapsedSubjects(frame.assign(decision=[word or end for word, end in zip(judged, verdict, strict=True)]),
                          tried.days)  # fmt: skip


def _pair(sides: list[tuple[int, int]], level: float) -> tuple[float, ...]:
    (x_a, n_a), (x_b, n_b) = sides
    low, high = proportions.proportion_interval([x_a, x_b], [n_a, n_b], level=level)
    gap = proportions.proportion_difference(x_a, n_a, x_b, n_b, level=level)
    return (n_a, x_a, x_a / n_a, low[0], high[0], n_b, x_b, x_b / n_b, low[1], high[1],
            gap.value, gap.low, gap.high, gap.p)  # fmt: skip


def _judged(row: dict[Any, Any]) -> str:
    """Why a test is not judged; "" where it is."""
    if row["split_p"] < BROKEN:
        return "split broken"
    common = (row["x_a"] + row["x_b"]) / (row["n_a"] + row["n_b"])
    return "too few" if min(row["n_a"], row["n_b"]) * min(common, 1 - common) < EVENTS else ""


@result
class LapsedSubjects(Result):
    """What versions of mails brought back of those who had lapsed.

    Attributes:
        tests: a row a mail and two of its versions: TESTS; n and x of each [people who had lapsed, those of them who
            came back], value, low, high [x / n], difference, low, high [second less first], p [Holm over the judged],
            split_p [of equal shares, of all people of the mail], decision [of DECISIONS].
        days: the window.
    """

    tests: pd.DataFrame
    days: int

    def summary(self) -> Summary:
        """Whether a line brought more of the lapsed back."""
        judged = self.tests[~self.tests["decision"].isin(["too few", "split broken"])]
        decided = judged[judged["decision"].isin(["a", "b"])]
        numbers: dict[str, Any] = {"tests": len(self.tests), "judged": len(judged), "decided": len(decided)}
        if self.tests.empty:
            text = _("No e-mail with versions is old enough to show which subject line brings lapsed customers back.")
            return Summary("lapsed_subjects", text, numbers)
        if judged.empty:
            text = _("Too few lapsed customers came back after e-mails with versions to compare their subject lines.")
            return Summary("lapsed_subjects", text, numbers)
        if decided.empty:
            text = _n(
                "No subject line brought clearly more lapsed customers back, in {n} test with versions.",
                "No subject line brought clearly more lapsed customers back, in {n} tests with versions.",
                len(judged),
            )
            return Summary("lapsed_subjects", text, numbers)
        row = min(decided.to_dict("records"), key=lambda one: one["p"])
        best, other = ("b", "a") if row["decision"] == "b" else ("a", "b")
        text = _(
            "Of lapsed customers {value} came back after “{line}” and {other} after “{rest}”.",
            value=share(row[f"value_{best}"]), line=row[f"line_{best}"],
            other=share(row[f"value_{other}"]), rest=row[f"line_{other}"],
        )  # fmt: skip
        return Summary("lapsed_subjects", text, numbers, headline=True, weight=34)

    def table(self) -> Table:
        """The versions of each mail among those who had lapsed."""
        columns = (
            Column("campaign_name", message("Test")),
            Column("day", message("Day"), day),
            Column("line_a", message("Subject lines"), _lines,
                   whole_row=True),
            Column("n_a", message("People"), lambda row: commas([whole(row["n_a"]), whole(row["n_b"])]), number=True,
                   whole_row=True),
            Column("value_a", message("Came back, first"), cells.rate_of("value_a"), unit="share", number=True,
                   whole_row=True),
            Column("value_b", message("Came back, second"), cells.rate_of("value_b"), unit="share", number=True,
                   whole_row=True),
            Column("difference", message("Second less first (points)"), cells.difference, unit="share", number=True,
                   whole_row=True),
            Column("p", message("Adjusted p"), lambda p: p_value(p) if known(p) else "–", number=True),
            Column("decision", message("Verdict"), DECISIONS.__getitem__),
        )  # fmt: skip
        frame = self.tests.rename(columns={f"{end}_{side}": f"value_{side}_{end}" for end in ("low", "high")
                                           for side in "ab"})  # fmt: skip
        notes = (
            message(
                "Only people who had lapsed on the day of sending; came back within {days} days, whatever brought "
                "them. p is adjusted by Holm over the tests that are judged.",
                days=self.days,
            ),
            message("Versions of a win-back e-mail that the file of a test names are compared above, by group."),
        )
        return Table("lapsed_subjects", message("Subject lines among the lapsed"), frame, columns,
                     notes if len(self.tests) else (),
                     message("no e-mail with versions was followed for {days} days.", days=self.days))  # fmt: skip


def _lines(row: Any) -> str:
    return _("“{a}” or “{b}”", a=row["line_a"], b=row["line_b"])


FIGURES = (
    Figure(
        "lapsed_subjects", message("Subject lines among the lapsed"),
        message("people who came back / people of the version who had lapsed when it was sent"),
        message("a person who had lapsed, by the version drawn"), f"guide 4; {NEWCOMBE}",
        ("lapsed_subjects.value_a", "lapsed_subjects.value_b", "lapsed_subjects.difference", "lapsed_subjects.tests",
         "lapsed_subjects.judged", "lapsed_subjects.decided", "lapsed_subjects.n_a"),
        window=message("so many days from the day of sending"), interval=message("95 %: Newcombe"),
        edge=message("not judged where the versions were not sent to equal parts, or too few came back"),
    ),
)  # fmt: skip
