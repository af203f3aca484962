"""What did the sessions do, campaign by campaign? (guide 1, step 6)

Clicks and sessions are counted by two systems: who refuses to be measured is a click without a session, and a
gateway that follows every link is one too. So their ratio is no rate of people; what can be judged is what the
sessions did, against the other campaigns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kit import counts
from kit.judging import ALPHA, large_enough, mature, usual
from kit.messages import _, _n, message, message_n
from kit.metrics.figures import WILSON, Figure
from kit.show import cells
from kit.show.formats import day, decimal, named, share, whole
from kit.show.picture import BAD, BAND, GOOD, PLAIN, QUIET, Picture, drawing, label, picture
from kit.show.result import Result, result
from kit.show.summary import Summary
from kit.show.table import Column, Table
from kit.stats import multiplicity, proportions, random_effects
from kit.store import AUTOMATED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from kit.stats.random_effects import Heterogeneity
    from kit.store import Data

SHOWN = 20
"""Tags without a campaign that are listed; all are counted."""

DRAWN = 30
"""Campaigns of the figure; of more, those with the most sessions and those beyond the usual."""

VERDICTS = {
    "better": message("better"),
    "worse": message("worse"),
    "as usual": message("as usual"),
    "too few": message("too little data"),
    "too young": message("too recent to judge"),
    "automated": message("automated: nothing to compare with"),
    "unknown": message("unknown"),
}

_COLORS = {"better": GOOD, "worse": BAD, "as usual": PLAIN}
_SUMS = ["sessions", "engaged_sessions", "key_events", "revenue"]


def follow(data: Data) -> Sessions:
    """Set the sessions of the web analytics beside the clicks, and judge how many of them engaged.

    Args:
        data: what `kit.open` returned.

    Source: guide 1, step 6; leave-one-out prediction, as problem areas are looked for;
    engaged session: 10 seconds, two pages or a key event (support.google.com/analytics/answer/12195621).
    """
    mails = counts.messages(data, ["campaign_id", "campaign_name", "sent_local"])
    history = counts.messages(data.history, ["campaign_id", "sent_local"])
    old_enough = mature(history["sent_local"], data.as_of, data.settings["conversions.maturity_days"])
    yardstick = counts.visits_by_campaign(data.history)
    yardstick = yardstick[yardstick["campaign_id"].isin(history.loc[old_enough, "campaign_id"])]
    automated = data.campaigns.loc[data.campaigns["campaign_type"].isin(AUTOMATED), "campaign_id"]
    return judge(
        counts.visits_by_campaign(data), mails, yardstick=yardstick, days=counts.visits_days(data),
        automated=automated.tolist(),
    )  # fmt: skip


def judge(
    web: pd.DataFrame,
    mails: pd.DataFrame,
    *,
    yardstick: pd.DataFrame | None = None,
    days: tuple[pd.Timestamp, pd.Timestamp] | None = None,
    automated: Sequence[str] = (),
) -> Sessions:
    """The judgement of `follow`.

    Args:
        web: what `counts.visits_by_campaign` returned.
        mails: a row a campaign: campaign_id, campaign_name, clicked, clicked_human [people]; with `days` also
            sent_local.
        yardstick: as web, of the campaigns of the whole history that are old enough: what is usual; None: as web.
        days: the first and last of the report; None: a campaign of any day may be silent.
        automated: ids of automated mail, which the yardstick does not hold: its people are chosen by what they did.
    """
    by_campaign = web.dropna(subset="campaign_id").groupby(["campaign_id", "campaign_name", "sent_local"])[_SUMS]
    rates = by_campaign.sum(min_count=1).reset_index()
    mails = clickers(mails)
    rates = rates.merge(mails[["campaign_id", "clickers", "clicked"]], on="campaign_id", how="left")
    rates = rates.sort_values("sent_local", ignore_index=True)
    engaged, n = rates["engaged_sessions"].astype(float), rates["sessions"].astype(float)
    value = (engaged / n).where(n > 0)
    large = large_enough(pd.DataFrame({"numerator": engaged, "n": n, "value": value}))
    others = (web if yardstick is None else yardstick).dropna(subset="campaign_id")
    others = others.groupby("campaign_id")[["sessions", "engaged_sessions"]].sum(min_count=1).astype(float)
    others = others.rename(columns={"sessions": "n", "engaged_sessions": "numerator"})
    prediction = usual(others.assign(value=(others["numerator"] / others["n"]).where(others["n"] > 0)))
    others = others.assign(expected=prediction.expected, p=prediction.p)
    judged = others.reindex(rates["campaign_id"])[["expected", "p"]].set_index(rates.index)
    low, high = proportions.proportion_interval(engaged, n)
    rates = rates.assign(value=value, low=low, high=high, expected=judged["expected"])
    p = multiplicity.adjust(judged["p"].where(large))
    rates = rates.assign(p=p, per_click=n / rates["clickers"].astype(float))
    verdict = pd.Series("as usual", index=rates.index, dtype="object")
    flagged = rates["p"] < ALPHA
    verdict = verdict.mask(flagged & (value > rates["expected"]), "better")
    verdict = verdict.mask(flagged & (value < rates["expected"]), "worse")
    verdict = verdict.mask(rates["p"].isna(), "unknown").mask(~large & value.notna(), "too few")
    unlike = large & ~rates["campaign_id"].isin(others.index)
    verdict = verdict.mask(unlike, "too young").mask(unlike & rates["campaign_id"].isin(automated), "automated")
    silent, outside = _silent(mails, rates, days)
    return Sessions(
        rates=rates.assign(verdict=verdict),
        spread=random_effects.heterogeneity(engaged.where(large), n.where(large)),
        unmatched=web[web["campaign_id"].isna()][["utm_campaign", "sessions"]].reset_index(drop=True),
        silent=silent,
        outside=outside,
    )


def clickers(mails: pd.DataFrame) -> pd.DataFrame:
    """The campaigns with clickers: people where a log tells them from machines, else all who clicked."""
    people = mails["clicked_human"] if "clicked_human" in mails else pd.Series(pd.NA, index=mails.index)
    return mails.assign(clickers=people.astype("Float64").fillna(mails["clicked"].astype("Float64")))


def _silent(
    mails: pd.DataFrame, rates: pd.DataFrame, days: tuple[pd.Timestamp, pd.Timestamp] | None
) -> tuple[pd.DataFrame, int]:
    """Clicked campaigns without a session, and how many of other days than the report's."""
    if rates.empty:
        return pd.DataFrame({"campaign_name": [], "clickers": np.array([], float), "clicked": np.array([], float)}), 0
    clicked = mails[(mails["clickers"].fillna(0) > 0) & ~mails["campaign_id"].isin(rates["campaign_id"])]
    measured = pd.Series(data=True, index=clicked.index)
    if days is not None:
        measured = clicked["sent_local"].dt.normalize().between(*days) | clicked["sent_local"].isna()
    silent = clicked[measured][["campaign_name", "clickers", "clicked"]].reset_index(drop=True)
    return silent, int((~measured).sum())


@result
class Sessions(Result):
    """What followed the clicks, campaign by campaign.

    Attributes:
        rates: a row a campaign with sessions: campaign_id, campaign_name, sent_local, clickers [people where a log
            tells them, else all], clicked [raw], sessions,
            engaged_sessions, key_events, revenue, value, low, high [engaged sessions of sessions], expected, p
            [adjusted], per_click [sessions a clicker; no rate of people], verdict: a key of VERDICTS.
        spread: how much campaigns differ in it beyond counting.
        unmatched: a row a tag that no campaign has: utm_campaign, sessions.
        silent: campaigns with clicks and without any session: campaign_name, clickers, clicked [raw].
        outside: campaigns with clicks that went out on no day of the report, and cannot be called silent.
    """

    rates: pd.DataFrame
    spread: Heterogeneity
    unmatched: pd.DataFrame
    silent: pd.DataFrame
    outside: int

    @property
    def matched(self) -> int:
        """Sessions that belong to a campaign."""
        return int(self.rates["sessions"].sum())

    def summary(self) -> Summary:
        """What the sessions of campaigns did, and which campaign's did otherwise."""
        worse = self.rates[self.rates["verdict"] == "worse"]
        numbers: dict[str, Any] = {"sessions": self.matched, "worse": len(worse), "silent": len(self.silent)}
        if not self.matched:
            return Summary(
                "after_click",
                _(
                    "No website session can be linked to a campaign: no tag in the web analytics is a campaign's id "
                    "or name."
                ),
                numbers,
            )
        engaged = share(float(self.rates["engaged_sessions"].sum()) / self.matched)
        if worse.empty:
            text = _n(
                "{n} website session came from campaigns, {engaged} of them engaged. No campaign is unusually low.",
                "{n} website sessions came from campaigns, {engaged} of them engaged. No campaign is unusually low.",
                self.matched,
                engaged=engaged,
            )
        else:
            worst = worse.sort_values("value").iloc[0]
            came = _n(
                "{n} website session came from campaigns, {engaged} of them engaged.",
                "{n} website sessions came from campaigns, {engaged} of them engaged.",
                self.matched,
                engaged=engaged,
            )
            below = _(
                "{campaign} is unusually low: {value} of {n} sessions were engaged; {expected} was expected. Open "
                "its link and look at the page.",
                campaign=named(worst["campaign_name"]),
                value=share(worst["value"]),
                n=whole(worst["sessions"]),
                expected=share(worst["expected"]),
            )
            text = f"{came} {below}"
        if len(self.silent):
            none_at_all = _n(
                "{n} campaign was clicked but shows no website session.",
                "{n} campaigns were clicked but show no website session.",
                len(self.silent),
            )
            text = f"{text} {none_at_all}"
        return Summary("after_click", text, numbers, headline=True, weight=75 if len(worse) else 20)

    def table(self) -> Table:
        """Campaigns with their clickers, sessions and what the sessions did."""
        columns = (
            Column("campaign_name", message("Campaign")),
            Column("sent_local", message("Sent"), day),
            Column("clickers", message("Clickers"), whole, unit="people", number=True),
            Column("clicked", message("Clickers (raw)"), whole, unit="people", number=True),
            Column("sessions", message("Sessions"), whole, unit="sessions", number=True),
            Column("per_click", message("… per clicker"), lambda value: decimal(value, 2), number=True),
            Column("value", message("Engaged"), cells.rate, unit="share", number=True, whole_row=True),
            Column("expected", message("Usual"), share, unit="share", number=True),
            Column("key_events", message("Key events"), whole, unit="events", number=True),
            Column("verdict", message("Verdict"), VERDICTS.__getitem__),
        )
        notes = (
            message(
                "Engaged: the share of all sessions that last at least ten seconds, include two pages or contain a "
                "key event. The brackets are 95 % intervals."
            ),
            message(
                "Clickers: people only, where an event log separates them from machines; otherwise everyone who "
                "clicked (raw)."
            ),
            message("Usual: what the other campaigns of the whole history lead us to expect."),
            message(
                "Sessions per clicker are not a share of people. Clicks and sessions are counted by two systems, "
                "security scanners create no sessions, and people come back."
            ),
        )
        frame = self.rates.sort_values("sessions", ascending=False, ignore_index=True)
        empty = message("no session can be linked to a campaign.")
        return Table("after_click", message("What the clicks led to"), frame, columns, notes, empty)

    def unmatched_table(self) -> Table:
        """Sessions whose tag no campaign has."""
        frame = self.unmatched.sort_values("sessions", ascending=False, ignore_index=True)
        columns = (
            Column("utm_campaign", message("Tag")),
            Column("sessions", message("Sessions"), whole, unit="sessions", number=True),
        )
        more = len(frame) - SHOWN
        notes = (message_n("{n} more tag.", "{n} more tags.", more),) if more > 0 else ()
        title, empty = message("Sessions without a campaign"), message("every tag belongs to a campaign.")
        return Table("unmatched", title, frame.head(SHOWN), columns, notes, empty)

    def silent_table(self) -> Table:
        """Campaigns that were clicked and have no session."""
        columns = (
            Column("campaign_name", message("Campaign")),
            Column("clickers", message("Clickers"), whole, unit="people", number=True),
            Column("clicked", message("Clickers (raw)"), whole, unit="people", number=True),
        )
        other_days = message_n(
            "{n} clicked campaign was sent outside the days of the web report, so its sessions are unknown.",
            "{n} clicked campaigns were sent outside the days of the web report, so their sessions are unknown.",
            self.outside,
        )
        notes = (other_days,) if self.outside else ()
        title, empty = message("Clicks but no sessions"), message("every clicked campaign has sessions.")
        return Table("silent", title, self.silent, columns, notes, empty)

    def plot(self, ax: Axes | None = None) -> Picture:
        """Share of engaged sessions with its interval, over the band within which campaigns usually lie."""
        rows = self.rates[self.rates["value"].notna()]
        order = rows["verdict"].isin(("better", "worse")) * 1e9 + rows["sessions"].astype(float)
        rows = rows.loc[order.sort_values().index[-DRAWN:]].sort_values("value", kind="stable")
        with drawing(1.0 + 0.27 * max(len(rows), 2), ax) as axes:
            spread = self.spread
            if not np.isnan(spread.tau):
                low, high = max(spread.mean - 2 * spread.tau, 0), min(spread.mean + 2 * spread.tau, 1)
                axes.axvspan(low, high, color=BAND, zorder=0)
            for place, row in enumerate(rows.to_dict("records")):
                color = _COLORS.get(row["verdict"], QUIET)
                axes.plot([row["low"], row["high"]], [place, place], color=color, linewidth=1.6)
                axes.plot(row["value"], place, "o" if row["verdict"] in _COLORS else "D", color=color, markersize=5.5)
            names = [f"{label(row['campaign_name'], 26)} ({whole(row['sessions'])})" for row in rows.to_dict("records")]
            axes.set_yticks(range(len(rows)), names, fontsize=9.5)
            axes.set_ylim(-0.8, max(len(rows), 1) - 0.2)
            axes.set_xlim(0, 1)
            axes.xaxis.set_major_formatter(lambda value, _place: share(value, 0))
            axes.set_xlabel(
                _(
                    "engaged sessions, of all sessions (number); line: margin of error (95 %)\ngrey: usual "
                    "range of campaigns"
                )
            )
            axes.grid(visible=False, axis="y")
            title = _("Engaged sessions by campaign")
            rates = [f"{row['campaign_name']} {share(row['value'])}" for row in rows.iloc[::-1].to_dict("records")]
            alt = _("Engaged sessions by campaign: {rates}.", rates=", ".join(rates) or _("no data"))
            return picture(axes, name="after_click", title=title, alt=alt)


FIGURES = (
    Figure(
        "sessions", message("Sessions and key events"),
        message("sessions whose tags contain the campaign; key events in these sessions"),
        message("one session in the web analytics"), "support.google.com/analytics/answer/12195621",
        ("after_click.sessions", "after_click.key_events", "unmatched.sessions"),
        edge=message("tags that belong to no campaign are in a separate table"),
    ),
    Figure(
        "clickers", message("Clickers"), message("people who clicked, without machines where an event log separates "
                                                 "them"),
        message("one person, once per e-mail"), "guide 1, step 6", ("after_click.clickers", "silent.clickers"),
    ),
    Figure(
        "engaged_sessions", message("Engaged"), message("engaged sessions / sessions linked to the campaign"),
        message("one session in the web analytics"), "support.google.com/analytics/answer/12195621",
        ("after_click.value",),
        interval=WILSON, edge=message("engaged: at least ten seconds, two pages or a key event"),
    ),
    Figure(
        "sessions_a_clicker", message("Sessions per clicker"), message("sessions / people who clicked"),
        message("one session; one person"), "guide 1, step 6", ("after_click.per_click", "after_click.silent"),
        edge=message(
            "two systems count, so this is not a share of people. Beside it: campaigns with clicks but no sessions"
        ),
    ),
)  # fmt: skip
