"""Is it the campaign, or who got it? (guide 1, step 3)"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from kit import counts, metrics
from kit.judging import LEVEL, OTHERS, SMALLEST_PART
from kit.messages import _, message
from kit.metrics import Figure
from kit.metrics.figures import WILSON
from kit.questions.compare_campaigns.stand_out import identity
from kit.show.formats import named, share, size, whole, with_interval
from kit.show.result import Result, result
from kit.show.summary import Summary
from kit.show.table import Column, Table
from kit.stats import standardisation

if TYPE_CHECKING:
    import pandas as pd

    from kit.metrics import Kpi
    from kit.store import Data


def standardise(data: Data, *, kpi: str = "", mix: str = "domain") -> AudienceMix:
    """What would campaigns' rates be, had all gone to one mix of audience?

    Args:
        data: what `kit.open` returned.
        kpi: key of a rate of campaign mail; "" for clicks, or what is told instead.
        mix: the column that tells the parts of the audience apart: list_name, domain, variant.

    Raises:
        UsageError: the KPI is unknown or no rate, or there is no such column.
    """
    campaigns = counts.messages(data, ["campaign_id", "campaign_name", "sent_local", mix])
    return judge(campaigns, metrics.as_told(data, kpi), mix)


def judge(campaigns: pd.DataFrame, kpi: str, part: str, *, level: float = LEVEL) -> AudienceMix:
    """Campaigns' rates on one mix of audience: what they would be, had all gone to the same people.

    Parts with less than a twentieth of all mail are taken together.

    Args:
        campaigns: a row a campaign and part: campaign_id, campaign_name, sent_local, `part` and counts [messages].
        kpi: key of a rate.
        part: the column that tells the parts of the audience apart.
        level: confidence of the intervals.

    Raises:
        UsageError: the KPI is no rate.

    Source: direct standardisation with the gamma interval of Fay and Feuer (1997),
    doi:10.1002/(SICI)1097-0258(19970415)16:7<791::AID-SIM500>3.0.CO;2-#.
    """
    rate = metrics.mail_rate(kpi)
    keys = [name for name in identity(campaigns) if name != part]
    rates = metrics.values(campaigns, [kpi], by=[*keys, part])
    rates = rates[rates["value"].notna() & rates[part].notna()]
    mail = rates.groupby(part)["n"].sum().sort_values(ascending=False, kind="stable")
    small = mail.index[mail < SMALLEST_PART * mail.sum()]
    rates = rates.assign(**{part: rates[part].where(~rates[part].isin(small), OTHERS)})
    mix = rates.groupby(part)["n"].sum().sort_values(ascending=False, kind="stable")
    numerator, n = (
        rates.pivot_table(index="campaign_id", columns=part, values=name, aggfunc="sum", fill_value=0)
        .reindex(columns=mix.index)
        .astype(float)
        for name in ("numerator", "n")
    )
    rows = rates.drop_duplicates("campaign_id")[keys].set_index("campaign_id").reindex(numerator.index)
    rows = rows.assign(n=n.sum(axis=1), value=numerator.sum(axis=1) / n.sum(axis=1))
    if rate.raw:
        raw = metrics.find(rate.raw)
        mails = campaigns.loc[rates.index].groupby("campaign_id")[[raw.numerator, raw.denominator]].sum(min_count=1)
        rows = metrics.with_raw(rows, mails.reindex(rows.index), rate)
    if len(mix) > 1:
        counted = numerator.to_numpy(), n.to_numpy(), mix.to_numpy()
        standard = standardisation.direct_standardisation(*counted, level=level)
        rows = rows.assign(standard=standard.value, low=standard.low, high=standard.high)
    else:
        rows = rows.assign(standard=np.nan, low=np.nan, high=np.nan)
    return AudienceMix(rate, part, mix / mix.sum(), rows.reset_index())


@result
class AudienceMix(Result):
    """Campaigns as they would be, had all gone to one audience.

    Attributes:
        kpi: what is compared.
        part: the column that tells the parts of the audience apart.
        mix: share of each part in the common mix, the largest first; empty where no part is known.
        rates: a row a campaign whose parts are known: its columns, n [messages], value [as counted], standard, low,
            high [share, on the common mix; NaN where the campaign has nobody in one of its parts]; where the KPI is of
            people's reactions alone raw, raw_low, raw_high [as counted, with machines].
    """

    kpi: Kpi
    part: str
    mix: pd.Series
    rates: pd.DataFrame

    @property
    def comparable(self) -> int:
        """Campaigns that have somebody in each part."""
        return int(self.rates["standard"].notna().sum())

    def summary(self) -> Summary:
        """Whether campaigns can be compared on one audience, and how far that moves them."""
        part, parts = _PARTS.get(self.part, self.part), whole(len(self.mix))
        numbers: dict[str, Any] = {
            "parts": len(self.mix),
            "campaigns": len(self.rates),
            "comparable": self.comparable,
        }
        if self.mix.empty:
            text = _(
                "The {part} of each campaign's e-mails is unknown, so campaigns cannot be compared on the same "
                "audience mix.",
                part=part,
            )
            return Summary("one_mix", text, numbers)
        if len(self.mix) < 2:
            text = _(
                "The {part} is the same for all e-mails, so campaigns cannot be compared on the same audience mix.",
                part=part,
            )
            return Summary("one_mix", text, numbers)
        if self.comparable < 2:
            text = _(
                "Campaigns cannot be compared on the same audience mix. There are {parts} audience groups by "
                "{part}, and fewer than two campaigns went to all of them.",
                part=part, parts=parts,
            )  # fmt: skip
            return Summary("one_mix", text, numbers)
        both = self.rates[self.rates["standard"].notna()]
        moved = (both["standard"] - both["value"]).abs()
        furthest = both.iloc[int(moved.argmax())]
        numbers["moved"] = float(moved.max())
        text = _(
            "On the same audience mix, “{kpi}” of {n} campaigns would change by at most {points} points. The most "
            "affected is {name}: {counted} as counted, {standard} on that mix of {parts} groups by {part}.",
            n=whole(self.comparable), parts=parts, part=part, kpi=self.kpi.name, points=size(moved.max()),
            name=named(furthest["campaign_name"]), counted=share(furthest["value"]),
            standard=share(furthest["standard"]),
        )  # fmt: skip
        return Summary("one_mix", text, numbers)

    def table(self) -> Table:
        """Campaigns as counted and on the common mix."""
        frame = self.rates[self.rates["standard"].notna()]
        frame = frame.sort_values("standard", ascending=self.kpi.better == "lower", kind="stable", ignore_index=True)
        columns = (
            Column("campaign_name", _("Campaign")),
            Column("n", metrics.denominator_title(self.kpi), whole, unit="mails", number=True),
            Column("value", _("As counted"), share, unit="share", number=True),
            Column("standard", _("On the same audience mix"), _standard, unit="share", number=True, whole_row=True),
            *(replace(column, title=_("As counted, raw")) for column in metrics.raw_columns(self.kpi)),
        )
        notes = []
        if len(frame):
            parts = ", ".join(f"{name} {share(part, 0)}" for name, part in self.mix.items())
            notes.append(_("The shared audience mix: {parts}.", parts=parts))
            if lacking := len(self.rates) - len(frame):
                notes.append(
                    _("{n} campaigns are left out because nobody in one of the groups received them.", n=whole(lacking))
                )
        title = _("{kpi} by campaign on the same audience mix", kpi=self.kpi.name)
        empty = _("no two campaigns can be compared on the same audience mix.")
        return Table("one_mix", title, frame, columns, tuple(notes), empty)


def _standard(row: Any) -> str:
    return with_interval(row["standard"], row["low"], row["high"])


_PARTS = {
    "list_name": message("list"),
    "domain": message("domain of the address"),
    "variant": message("version"),
    "month": message("month of sending"),
}

FIGURES = (
    Figure(
        "one_mix_rate", message("On the same audience mix"),
        message("sum over groups of (the group's share of all messages x the campaign's rate in it)"),
        message("a message"),
        "Fay & Feuer (1997)", ("one_mix.standard",), interval=message("95 %: gamma interval of Fay and Feuer"),
        edge=message("groups smaller than 5 % of all messages are combined; no value where a campaign reached "
                     "nobody in a group"),
    ),
    Figure(
        "one_mix_raw", message("As counted, raw"), message("the campaign's rate with machines included"),
        message("a message"), "guide 1, step 2", ("one_mix.raw",), interval=WILSON,
    ),
    Figure(
        "one_mix_moved", message("How much the same audience mix changes rates"),
        message("largest difference between the rate on the same audience mix and the rate as counted"),
        message("one campaign with recipients in every group"), "Fay & Feuer (1997)",
        ("one_mix.moved", "one_mix.comparable", "one_mix.parts"),
        edge=message("beside it: campaigns that can be compared on the same audience mix, and its groups"),
    ),
)  # fmt: skip
