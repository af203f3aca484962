"""Does the new subject line win with everybody? (guide 1, steps 5 and 6)

A test is read part by part of the audience: the arms are compared within each part, the parts' differences are put
together, and it is asked whether they are one difference at all. Where the arms' mixes differ, because the split was
changed on the way, say, the pooled rates can favour the arm that loses in every part (Simpson). Then the pooled verdict
misleads, and the page says so.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.ticker import FuncFormatter

from kit import counts, metrics
from kit.counts.traits import TRAITS
from kit.judging import ALPHA, EVENTS, LEVEL, OTHERS, SMALLEST_PART
from kit.messages import _, _n, message
from kit.metrics import Figure
from kit.questions.subject_lines.sample_size import decisive
from kit.questions.subject_lines.verdicts import ARMS, versions
from kit.show import cells
from kit.show.axes import MOST
from kit.show.formats import decimal, joined, known, listing, named, points, share, size, span, whole
from kit.show.picture import INK, PLAIN, QUIET, Picture, drawing, label, nothing, picture
from kit.show.result import Result, result
from kit.show.summary import Summary
from kit.show.table import Column, Table
from kit.stats import multiplicity, proportions, stratified

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from matplotlib.axes import Axes

    from kit.metrics import Kpi
    from kit.store import Data

FAR = 0.5
"""Share of the larger difference by which pooled and stratified must differ for the pooled one to mislead."""

READINGS = {
    "same": message("no segment seems to differ"),
    "uneven": message("differs between segments"),
    "misleads": message("the combined rates mislead"),
    "broken": message("split is broken: not judged"),
    "unknown": message("cannot be judged"),
}


def compare(data: Data, *, kpi: str = "", mix: str = "segment", broken: Collection[str] = ()) -> ByPart:
    """Do the tests say the same of every part of the audience?

    Args:
        data: what `kit.open` returned.
        kpi: the KPI that decides; "" for openings; one that is no rate has no parts.
        mix: the column that tells the parts apart: segment, domain, tenure …, fixed before the test.
        broken: ids of campaigns whose split is broken (`Tests.broken`); they are shown and not read.

    Raises:
        UsageError: the KPI is no KPI of campaign mail, or there is no such column.
    """
    return judge(counts.messages(data, [*ARMS, mix], credit="assignment"), decisive(data, kpi), mix, broken=broken)


def judge(arms: pd.DataFrame, kpi: str, part: str, *, broken: Collection[str] = (), level: float = LEVEL) -> ByPart:
    """Each two variants of a campaign, within parts of the audience.

    Parts with less than a twentieth of a test's mail are taken together.

    Args:
        arms: a row a campaign, variant and part, from `counts.messages(data, [*ARMS, part])`; rows without a variant
            or part are passed over.
        kpi: the KPI that decides; one that is no rate has no parts.
        part: the column that tells the parts apart.
        broken: ids of campaigns whose split is broken; they are shown and not read.
        level: confidence of the intervals.

    Source: Mantel & Haenszel (1959), doi:10.1093/jnci/22.4.719; Breslow & Day with Tarone (1985),
    doi:10.1093/biomet/72.1.91; Simpson (1951), jstor.org/stable/2984065; Holm (1979), jstor.org/stable/4615733.
    """
    decides = metrics.find(kpi)
    tests, parts = [], []
    if decides.kind == "rate":
        metrics.mail_rate(kpi)
        told = [metrics.values(mail, [key], by=[*ARMS, part]) for key, mail in versions(arms, decides)]
        rates = pd.concat(told, ignore_index=True)
        rates = rates[rates["variant"].notna() & rates[part].notna() & rates["value"].notna()]
        rates = rates.sort_values(["sent_local", "campaign_id", "variant", part], kind="stable")
        for _campaign_id, group in rates.groupby("campaign_id", sort=False):
            for test, table in _campaign(group, part, level):
                tests.append(test)
                parts.append(table)
    frame = pd.DataFrame(tests, columns=_TESTS)
    frame["uneven_p"] = multiplicity.adjust(frame["uneven_p"].astype(float), method="holm")
    frame["reading"] = [_reading(row) for row in frame.to_dict("records")]
    spoilt = frame["campaign_id"].isin(list(broken)) & (frame["reading"] != "misleads")
    frame["reading"] = frame["reading"].mask(spoilt, "broken")
    rates = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=_RATES)
    return ByPart(decides, part, frame, rates)


_TESTS = [
    *("campaign_id", "campaign_name", "a", "b", "pooled", "pooled_p", "difference", "low", "high", "p", "odds"),
    *("uneven_p", "parts"),
]
_RATES = [
    *("campaign_id", "campaign_name", "a", "b", "part", "n_a", "value_a", "n_b", "value_b"),
    *("difference", "low", "high", "p"),
]


def _campaign(rates: pd.DataFrame, part: str, level: float) -> list[tuple[dict[str, Any], pd.DataFrame]]:
    mail = rates.groupby(part)["n"].sum()
    small = mail.index[mail < SMALLEST_PART * mail.sum()]
    rates = rates.assign(part=rates[part].where(~rates[part].isin(small), OTHERS))
    sums = rates.groupby(["variant", "part"], sort=False)[["numerator", "n"]].sum()
    variants = list(dict.fromkeys(rates["variant"]))
    return [_pair(rates.iloc[0], sums, a, b, level) for a, b in combinations(variants, 2)]


def _pair(campaign: pd.Series, sums: pd.DataFrame, a: str, b: str, level: float) -> tuple[dict[str, Any], pd.DataFrame]:
    both = sums.loc[a].add_suffix("_a").join(sums.loc[b].add_suffix("_b"), how="inner")
    counted = [both[name] for name in ("numerator_a", "n_a", "numerator_b", "n_b")]
    common = stratified.mantel_haenszel(*counted, level=level)
    pooled = proportions.proportion_difference(*(count.sum() for count in counted), level=level)
    identity = {"campaign_id": campaign["campaign_id"], "campaign_name": campaign["campaign_name"], "a": a, "b": b}
    test = identity | {"pooled": pooled.value, "pooled_p": pooled.p, "odds": common.odds, "parts": common.k}
    test |= {name: getattr(common, name) for name in ("difference", "low", "high", "p", "uneven_p")}
    events = both["numerator_a"] + both["numerator_b"]
    total = both["n_a"] + both["n_b"]
    few = both[["n_a", "n_b"]].min(axis=1) * np.minimum(events, total - events) / total < EVENTS
    differences = [proportions.proportion_difference(*row, level=level) for row in zip(*counted, strict=True)]
    table = pd.DataFrame(
        {
            "part": both.index,
            "n_a": both["n_a"].to_numpy(),
            "value_a": (both["numerator_a"] / both["n_a"]).to_numpy(),
            "n_b": both["n_b"].to_numpy(),
            "value_b": (both["numerator_b"] / both["n_b"]).to_numpy(),
            "difference": [difference.value for difference in differences],
            "low": [difference.low for difference in differences],
            "high": [difference.high for difference in differences],
            "p": multiplicity.adjust([difference.p for difference in differences], method="holm"),
        }
    ).assign(**identity)
    table["p"] = table["p"].mask(few.to_numpy())
    return test, table[_RATES]


def _reading(row: dict[Any, Any]) -> str:
    if row["parts"] < 2 or np.isnan(row["difference"]) or np.isnan(row["p"]):
        return "unknown"
    pooled, common = row["pooled"], row["difference"]
    far = abs(pooled - common) > FAR * max(abs(pooled), abs(common))
    turned = (row["pooled_p"] < ALPHA) != (row["p"] < ALPHA) or pooled * common < 0
    if far and turned and min(row["pooled_p"], row["p"]) < ALPHA:
        return "misleads"
    return "uneven" if row["uneven_p"] < ALPHA else "same"


@result
class ByPart(Result):
    """Tests read part by part.

    Attributes:
        kpi: what decides.
        part: the column that tells the parts apart.
        tests: a row a test and comparison: campaign_id, campaign_name, a, b; pooled [share, b - a], pooled_p;
            difference, low, high, p [stratified]; odds; uneven_p [of one odds ratio in all parts, Holm over the
            tests]; parts [with both arms]; reading: "same" [one difference in all parts], "uneven" [read it part by
            part], "misleads" [the pooled verdict does], "broken" [the split is], "unknown".
        rates: a row a test, comparison and part: campaign_id, campaign_name, a, b, part, n_a, value_a, n_b, value_b,
            difference, low, high [share], p [Holm over the parts of the test].
    """

    kpi: Kpi
    part: str
    tests: pd.DataFrame
    rates: pd.DataFrame

    @property
    def read(self) -> pd.DataFrame:
        """The tests that can be read part by part."""
        return self.tests[~self.tests["reading"].isin(("unknown", "broken"))]

    def summary(self) -> Summary:
        """Whether the tests say the same of every part, and where the pooled rates mislead."""
        part, tests = self._part(), self.read
        numbers: dict[str, Any] = {name: int((self.tests["reading"] == name).sum()) for name in READINGS}
        if tests.empty and self.kpi.kind != "rate":
            text = _("Tests cannot be analysed by {part}: this works only for rates.", part=part)
            return Summary("strata", text, numbers)
        broken = self.tests[self.tests["reading"] == "broken"]
        if tests.empty and len(broken):
            names = listing([named(name) for name in dict.fromkeys(broken["campaign_name"])])
            text = _("Tests cannot be analysed by {part}: the split of {names} is broken.", part=part, names=names)
            return Summary("strata", text, numbers)
        if tests.empty:
            text = _("Tests cannot be analysed by {part}: no event log has it for the people of a test.", part=part)
            return Summary("strata", text, numbers)
        misleading = [_misleads(row) for row in tests[tests["reading"] == "misleads"].to_dict("records")]
        if misleading:
            step = _("Decide by the segments, not by the total.")
            return Summary("strata", " ".join(misleading), numbers, headline=True, weight=75, next_step=step)
        uneven = tests[tests["reading"] == "uneven"]
        if len(uneven):
            text = _(
                "By {part} the difference is not the same everywhere in {names}. Judge each segment separately, and "
                "confirm each with a new test.",
                part=part, names=listing([named(name) for name in dict.fromkeys(uneven["campaign_name"])]),
            )  # fmt: skip
            return Summary("strata", text, numbers, headline=True, weight=45)
        moved = (tests["difference"] - tests["pooled"]).abs().max()
        text = _n(
            "In the test that can be analysed by {part}, no segment seems to differ from the others. Different "
            "mixes of recipients move the result by at most {points} points.",
            "In all {n} tests that can be analysed by {part}, no segment seems to differ from the others. Different "
            "mixes of recipients move no result by more than {points} points.",
            len(tests), part=part, points=size(moved, 2),
        )  # fmt: skip
        return Summary("strata", text, numbers)

    def table(self) -> Table:
        """Each test: the pooled difference, the one within parts, and whether it is one for all."""
        columns = (
            Column("campaign_name", _("Test")),
            Column("b", _("Versions"), lambda row: _("{b} minus {a}", a=row["a"], b=row["b"]), whole_row=True),
            Column("parts", _("Segments"), whole, number=True),
            Column("pooled", _("All together (points)"), lambda value: points(value, 1), unit="share", number=True),
            Column(
                "difference", _("Within segments (points)"), cells.difference, unit="share", number=True, whole_row=True
            ),
            Column("uneven_p", _("Same in all segments: p"), lambda value: decimal(value, 2), number=True),
            Column("reading", _("Result"), READINGS.__getitem__),
        )
        notes = (
            _("Segments are by {part}. Within segments: Mantel and Haenszel's common difference with its interval.",
              part=self._part()),
            _("Same in all segments: Breslow and Day's test of one odds ratio (Tarone), adjusted for the number of "
              "tests (Holm)."),
        )  # fmt: skip
        notes = notes if len(self.tests) else ()
        title = _("Tests by {part}", part=self._part())
        return Table("strata", title, self.tests, columns, notes, _("no event log shows the segments of a test."))

    def parts_table(self) -> Table:
        """Each part of each test."""
        columns = (
            Column("campaign_name", _("Test")),
            Column("part", _("Part")),
            Column("n_a", _("E-mails"), cells.arm_sizes, number=True, whole_row=True),
            Column("value_a", _("First"), share, unit="share", number=True),
            Column("value_b", _("Second"), share, unit="share", number=True),
            Column("difference", _("Difference (points)"), cells.difference, unit="share", number=True, whole_row=True),
            Column("p", _("p (Holm)"), _p, number=True),
        )
        notes = (_("p: adjusted for the segments of a test. “–”: too few to judge."),) if len(self.rates) else ()
        title = _("{kpi} by segment", kpi=self.kpi.title)
        return Table("strata_parts", title, self.rates, columns, notes, _("no event log shows the segments of a test."))

    def plot(self, ax: Axes | None = None) -> Picture:
        """The difference in each part of each test; the diamond is the common one, the ring that of all together.

        Grey: too few to judge.
        """
        title = _("Difference in each test, by segment")
        tests = self.read
        if tests.empty:
            return nothing("strata", title, _("no test has data by segment"))
        ticks: list[tuple[int, str, bool]] = []
        with drawing(1.3 + 0.27 * min(len(tests) + len(self.rates), MOST), ax) as axes:
            axes.axvline(0, color=INK, linewidth=1)
            place, differences = 0, []
            for test in tests.to_dict("records"):
                of_test = (self.rates["campaign_id"] == test["campaign_id"]) & (self.rates["b"] == test["b"])
                rates = self.rates[of_test]
                if -place + len(rates) >= MOST:
                    break
                axes.plot([test["low"], test["high"]], [place, place], color=INK, linewidth=2.4)
                axes.plot(test["difference"], place, "D", color=INK, markersize=6)
                axes.plot(test["pooled"], place, "o", mfc="none", mec=INK, markersize=11)
                ticks.append((place, label(test["campaign_name"]), True))
                differences.append(
                    _("{name} {points} points within segments", name=test["campaign_name"],
                      points=points(test["difference"]))
                )  # fmt: skip
                place -= 1
                for row in rates.to_dict("records"):
                    color = PLAIN if known(row["p"]) else QUIET
                    axes.plot([row["low"], row["high"]], [place, place], color=color, linewidth=1.6)
                    axes.plot(row["difference"], place, "o", color=color, markersize=5.5)
                    ticks.append((place, label(row["part"]), False))
                    place -= 1
            places, names, titles = zip(*ticks, strict=True)
            axes.set_yticks(places, names, fontsize=9.5)
            for tick, is_title in zip(axes.get_yticklabels(), titles, strict=True):
                tick.set_fontweight("bold" if is_title else "normal")
                tick.set_color(INK)
            axes.set_ylim(place + 0.3, 0.7)
            axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _place: points(value, 0) if value else "0"))
            axes.set_xlabel(_("second minus first, percentage points, 95 % interval"))
            axes.grid(visible=False, axis="y")
            alt = _("Tests by segment: {differences}.", differences=joined(differences))
            return picture(axes, name="strata", title=title, alt=alt)

    def _part(self) -> str:
        return str(TRAITS[self.part].name if self.part in TRAITS else self.part.replace("_", " "))


def _misleads(row: Mapping[Any, Any]) -> str:
    values = {
        "name": named(row["campaign_name"]),
        "a": row["a"],
        "b": row["b"],
        "pooled": points(row["pooled"], 2),
        "within": points(row["difference"], 2),
        "span": span(row["low"], row["high"], 2),
    }
    if row["difference"] > 0:
        verdict = _(
            "{name}: the combined rates mislead. All together, {b} compared with {a}: {pooled} points. Within the "
            "segments this version is the higher one: {within} points ({span}).",
            **values,
        )
    else:
        verdict = _(
            "{name}: the combined rates mislead. All together, {b} compared with {a}: {pooled} points. Within the "
            "segments this version is the lower one: {within} points ({span}).",
            **values,
        )
    advice = _(
        "The versions went to different mixes of recipients. Use the difference within segments, and find out why "
        "the split changed."
    )
    return f"{verdict} {advice}"


def _p(value: float) -> str:
    return f"< {decimal(0.001, 3)}" if value < 0.001 else decimal(value, 3)


_HAENSZEL = "Mantel & Haenszel (1959), doi:10.1093/jnci/22.4.719"

FIGURES = (
    Figure(
        "pooled_difference", message("All together"), message("rate of the version - rate of the first version, all "
                                                              "segments combined"),
        message("a message"), "Simpson (1951), jstor.org/stable/2984065", ("strata.pooled",),
        edge=message("misleads if the versions' mixes of recipients differ"),
    ),
    Figure(
        "within_difference", message("Within segments"),
        message("differences within segments, weighted by n_a n_b / (n_a + n_b)"), message("a message"), _HAENSZEL,
        ("strata.difference",), interval=message("95 %: of the common difference"),
        edge=message("segments with less than a twentieth of the messages are combined"),
    ),
    Figure(
        "uneven_p", message("Same in all segments: p"),
        message("probability of segments this different if the odds ratio were the same in all"), message("a message"),
        "Tarone (1985), doi:10.1093/biomet/72.1.91", ("strata.uneven_p",), edge=message("Holm, over the tests"),
    ),
    Figure(
        "parts", message("Segments with both versions"), message("values of the trait for which both versions have "
                                                                 "messages"),
        message("a value of the trait"), _HAENSZEL, ("strata.parts",),
    ),
    Figure(
        "readings", message("Tests by result"),
        message("tests in which no segment seems to differ, some do, or the combined rates mislead"), message("a test"),
        _HAENSZEL, ("strata.same", "strata.uneven", "strata.misleads", "strata.broken", "strata.unknown"),
    ),
)  # fmt: skip
