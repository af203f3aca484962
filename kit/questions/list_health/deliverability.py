"""Who sends in the firm's name, what Gmail says of it, and which domains give mail back, by day and domain."""

from __future__ import annotations

from math import nan
from typing import TYPE_CHECKING

import ibis
import numpy as np
import pandas as pd
from ibis import _ as col

from kit.counts import scope
from kit.judging import LEVEL
from kit.messages import _, message
from kit.metrics.figures import WILSON, Figure
from kit.show import cells
from kit.show.axes import date_axis, percent
from kit.show.formats import commas, day, known, share, whole
from kit.show.picture import BAD, PLAIN, QUIET, Picture, drawing, nothing, picture
from kit.show.result import Result, result
from kit.show.summary import Summary
from kit.show.table import Column, Table
from kit.stats import proportions
from kit.store.machine_events import NO

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from kit.store import Data, Expression

GOOD_SPAM_RATE, WORST_SPAM_RATE = 0.001, 0.003
"""Gmail asks for less than the first, and never the second (support.google.com/a/answer/81126)."""

FEWEST = 50
"""Mails to a domain from which its bounces have a row."""

SENDERS = ["source_ip", "header_from", "n", "aligned", "value", "low", "high", "dkim", "spf", "reporters", "signed_by"]
DAYS = ["day", "sender_domain", "spam_rate", "domain_reputation", "mails", "campaigns", "aligned", "reported"]
BOUNCES = ["domain", "n", "bounced", "value", "low", "high", "hard"]


def measure(data: Data) -> Deliverability:
    """What reports of receivers and the own log tell of arriving.

    Args:
        data: what `kit.open` returned; its period is that of the reports and sends.

    Source: RFC 7489; Gmail's rules for senders; guide 4.
    """
    return judge(senders(data), days(data), bounces(data))


@scope.count("dmarc", unfiltered=scope.NO_CAMPAIGN)
def senders(data: Data) -> pd.DataFrame:
    """Who sent in the firm's name, by address of the net and domain in From.

    Returns:
        source_ip, header_from, n [mails], aligned [of them by DKIM or SPF], dkim, spf [of them by each], reporters,
        signed_by [the domain that signed; NULL: several or none].
    """
    table = scope.history(data, "dmarc")
    if table is None:
        return pd.DataFrame(
            columns=["source_ip", "header_from", "n", "aligned", "dkim", "spf", "reporters", "signed_by"]
        )
    table = table.filter(scope.within(data, col.day))
    passed = {name: col[f"{name}_aligned"].fill_null(NO) for name in ("dkim", "spf")}
    sums = table.group_by("source_ip", header_from=col.header_from.coalesce(col.policy_domain)).agg(
        n=col.messages.sum(),
        aligned=col.messages.sum(where=passed["dkim"] | passed["spf"]).fill_null(0),
        dkim=col.messages.sum(where=passed["dkim"]).fill_null(0),
        spf=col.messages.sum(where=passed["spf"]).fill_null(0),
        reporters=col.reporter.nunique(),
        signed_by=ibis.ifelse(
            col.dkim_domain.min() == col.dkim_domain.max(), col.dkim_domain.max(), ibis.null("string")
        ),
    )
    return sums.order_by(ibis.desc("n"), "source_ip", "header_from").to_pandas()


@scope.count("postmaster", "dmarc")
def days(data: Data) -> pd.DataFrame:
    """Gmail's figures a day and domain, with the bulk mail that was sent on it and what DMARC reports of that day tell.

    Returns:
        DAYS: mails [bulk mails of the own log on that day, to all receivers; NULL: no log], campaigns [names of those
        that went out on the day or the day before, the largest first: people complain when they read; NULL: none],
        aligned, reported [mails of DMARC reports of the day and domain].
    """
    gmail, reports = (_inside(data, name) for name in ("postmaster", "dmarc"))
    day, parts = col.day.cast("timestamp"), []
    if gmail is not None:
        parts.append(gmail.select("sender_domain", "spam_rate", "domain_reputation", day=day).to_pandas())
    if reports is not None:
        passed = col.dkim_aligned.fill_null(NO) | col.spf_aligned.fill_null(NO)
        sums = reports.group_by(day=day, sender_domain=col.policy_domain).agg(
            reported=col.messages.sum(), aligned=col.messages.sum(where=passed).fill_null(0)
        )
        parts.append(sums.to_pandas())
    if not parts:
        return pd.DataFrame(columns=DAYS)
    frame = parts[0] if len(parts) == 1 else parts[0].merge(parts[1], on=["day", "sender_domain"], how="outer")
    frame = frame.assign(day=pd.to_datetime(frame["day"]))
    sent = scope.of_population(data)
    if sent is not None:
        tried = sent.filter(col.sent.fill_null(NO) | col.reached)
        counted = tried.group_by("campaign_id", day=col.sent_local.date().cast("timestamp")).agg(mails=col.count())
        by_campaign = counted.to_pandas().assign(day=lambda rows: pd.to_datetime(rows["day"]))
        frame = frame.merge(by_campaign.groupby("day", as_index=False)["mails"].sum(), on="day", how="left")
        frame = frame.assign(mails=frame["mails"].fillna(0), campaigns=_lately(frame["day"], by_campaign, data))
    frame = frame.reindex(columns=DAYS).assign(day=lambda rows: pd.to_datetime(rows["day"]))
    return frame.sort_values(["day", "sender_domain"], ignore_index=True)


def _lately(days: pd.Series, by_campaign: pd.DataFrame, data: Data) -> list[str | None]:
    """Of each day the names of the campaigns of this day and the one before, the largest first."""
    names = data.campaigns.set_index("campaign_id")["campaign_name"]
    ordered = by_campaign.sort_values(["mails", "campaign_id"], ascending=[False, True])
    ordered = ordered.assign(name=ordered["campaign_id"].map(names))
    found: list[str | None] = []
    for moment in days:
        near = ordered.loc[ordered["day"].between(moment - pd.Timedelta(days=1), moment), "name"].dropna()
        found.append(commas(list(dict.fromkeys(near))) if len(near) else None)
    return found


def _inside(data: Data, name: str) -> Expression:
    """The rows of a table of days in the question's period; None where there are none."""
    table = scope.history(data, name)
    kept = None if table is None else table.filter(scope.within(data, col.day))
    return kept if kept is not None and kept.count().to_pyarrow().as_py() else None


@scope.count("messages")
def bounces(data: Data) -> pd.DataFrame:
    """Bulk mails and those that came back, by the receiving domain: domain, n, bounced, hard."""
    sent = scope.of_population(data)
    if sent is None:
        return pd.DataFrame(columns=["domain", "n", "bounced", "hard"])
    tried = sent.filter(col.sent.fill_null(NO) | col.reached, col.domain.notnull(), col.bounced.notnull())
    sums = tried.group_by("domain").agg(
        n=col.count(), bounced=col.bounced.sum(), hard=col.bounced_hard.fill_null(NO).sum()
    )
    return sums.order_by(ibis.desc("n"), "domain").to_pandas()


def judge(sent_by: pd.DataFrame, by_day: pd.DataFrame, back: pd.DataFrame, *, level: float = LEVEL) -> Deliverability:
    """What the three tell.

    Args:
        sent_by: what `senders` returned.
        by_day: what `days` returned.
        back: what `bounces` returned.
        level: confidence.
    """
    low, high = (
        proportions.proportion_interval(sent_by["aligned"], sent_by["n"], level=level) if len(sent_by) else ([], [])
    )
    shares = sent_by["aligned"].astype(float) / sent_by["n"].astype(float)
    first = sent_by.assign(value=shares, low=low, high=high).reindex(columns=SENDERS)
    large = back[back["n"] >= FEWEST]
    low, high = proportions.proportion_interval(large["bounced"], large["n"], level=level) if len(large) else ([], [])
    rates = large["bounced"].astype(float) / large["n"].astype(float)
    table = large.assign(value=rates, low=low, high=high).reindex(columns=BOUNCES)
    return Deliverability(first, by_day, table.sort_values("value", ascending=False, ignore_index=True))


@result
class Deliverability(Result):
    """Whether mail arrives, as receivers and the own log tell.

    Attributes:
        senders: a row an address of the net and domain in From: SENDERS; n, aligned, dkim, spf [mails], value, low,
            high [aligned / n].
        days: a row a day and domain, as `days` returned it.
        bounces: a row a receiving domain of FEWEST mails or more: domain, n, bounced, hard [mails], value, low, high.
    """

    senders: pd.DataFrame
    days: pd.DataFrame
    bounces: pd.DataFrame

    @property
    def worst(self) -> float:
        """Gmail's highest spam rate of a day; NaN: not known."""
        rates = self.days["spam_rate"].astype(float).dropna() if len(self.days) else []
        return float(max(rates, default=nan))

    def summary(self) -> Summary:
        """How much mail in the firm's name is aligned."""
        total = int(self.senders["n"].sum()) if len(self.senders) else 0
        if not total:
            text = _("It is not known who sends in our name: none of your files contains DMARC reports.")
            return Summary("senders", text, {})
        aligned = int(self.senders["aligned"].sum())
        strangers = self.senders[self.senders["aligned"] == 0]
        numbers = {"mails": total, "value": aligned / total, "strangers": len(strangers)}
        text = _(
            "{share} of {n} e-mails in our name pass DMARC. {strangers} of {senders} senders never pass: they are "
            "services to set up, or strangers.",
            share=share(aligned / total), n=whole(total), strangers=whole(len(strangers)),
            senders=whole(len(self.senders)),
        )  # fmt: skip
        return Summary("senders", text, numbers, headline=True, weight=30)

    def gmail_summary(self) -> Summary:
        """Gmail's own spam rate against its limits."""
        if not known(self.worst):
            text = _("It is not known how Gmail rates our e-mails: none of your files contains Google Postmaster data.")
            return Summary("gmail", text, {})
        rated = self.days[self.days["spam_rate"].notna()]
        over, bad = ((rated["spam_rate"].astype(float) >= limit).sum() for limit in (GOOD_SPAM_RATE, WORST_SPAM_RATE))
        numbers = {"days": len(rated), "over": int(over), "bad": int(bad), "worst": self.worst}
        worst = rated[rated["spam_rate"].astype(float) >= WORST_SPAM_RATE]
        sent = list(dict.fromkeys(worst["campaigns"].dropna()))
        text = _(
            "Gmail's spam rate was {worst} on the worst day. It was {good} or more on {over} of {n} days, and {limit} "
            "or more on {bad}.",
            worst=share(self.worst), good=share(GOOD_SPAM_RATE), limit=share(WORST_SPAM_RATE), over=whole(over),
            n=whole(len(rated)), bad=whole(bad),
        )  # fmt: skip
        if sent:
            more = _("On days of {limit} or more, or the day before, we sent: {campaigns}.",
                     limit=share(WORST_SPAM_RATE), campaigns=commas(sent))  # fmt: skip
            text = f"{text} {more}"
        return Summary("gmail", text, numbers, headline=True, weight=60 if bad else 20)

    def table(self) -> Table:
        """Who sends in our name."""
        columns = (
            Column("source_ip", message("Sent from")),
            Column("header_from", message("Domain in From")),
            Column("n", message("E-mails"), whole, unit="mails", number=True),
            Column("value", message("Passed DMARC"), cells.rate, unit="share", number=True, whole_row=True),
            Column("dkim", message("By signature (DKIM)"), whole, unit="mails", number=True),
            Column("spf", message("By sender (SPF)"), whole, unit="mails", number=True),
            Column("signed_by", message("Signed by")),
        )
        notes = (
            message("From the DMARC reports of receivers. Not all receivers report, so these are not all e-mails."),
        )
        return Table("senders", message("Who sends in our name?"), self.senders, columns, notes,
                     message("none of your files contains DMARC reports."), most=20)  # fmt: skip

    def days_table(self) -> Table:
        """Gmail's figures beside the mail of the day, the highest spam rates first."""
        columns = (
            Column("day", message("Day"), day),
            Column("sender_domain", message("Our domain")),
            Column("spam_rate", message("Gmail's spam rate"), share, unit="share", number=True),
            Column("domain_reputation", message("Reputation")),
            Column("mails", message("Bulk e-mails sent"), whole, unit="mails", number=True),
            Column("campaigns", message("Sent that day or the day before")),
            Column("reported", message("E-mails in DMARC reports"), whole, unit="mails", number=True),
            Column("aligned", message("Of these, passed DMARC"), whole, unit="mails", number=True),
        )
        frame = self.days.sort_values(["spam_rate", "day"], ascending=[False, True], ignore_index=True)
        notes = (
            message(
                "Gmail asks for less than {good} and never {limit}. Gmail divides by e-mails in the inbox, so this "
                "is not the platform's complaint rate. There is no margin of error, because Gmail does not report "
                "the number of e-mails.",
                good=share(GOOD_SPAM_RATE),
                limit=share(WORST_SPAM_RATE),
            ),
        )
        return Table("gmail", message("Day by day"), frame, columns, notes,
                     message("none of your files contains data from receivers."), most=20)  # fmt: skip

    def bounces_table(self) -> Table:
        """Bounces by receiving domain, the highest rates first."""
        columns = (
            Column("domain", message("Receiving domain")),
            Column("n", message("E-mails"), whole, unit="mails", number=True),
            Column("value", message("Bounced"), cells.rate, unit="share", number=True, whole_row=True),
            Column("hard", message("Of these, hard bounces"), whole, unit="mails", number=True),
        )
        notes = (message("Domains with fewer than {n} e-mails are left out.", n=FEWEST),)
        return Table("receivers", message("Bounces by receiving domain"), self.bounces, columns, notes,
                     message("no event log contains bounces."), most=20)  # fmt: skip

    def plot(self, ax: Axes | None = None) -> Picture:
        """Gmail's spam rate by day, against its limits."""
        title = _("Gmail's spam rate by day")
        rated = self.days[self.days["spam_rate"].notna()] if len(self.days) else self.days
        if rated.empty:
            return nothing("gmail", title, message("none of your files contains Google Postmaster data"))
        rates = rated["spam_rate"].astype(float)
        with drawing(3.0, ax) as axes:
            colors = np.where(rates >= WORST_SPAM_RATE, BAD, PLAIN)
            axes.vlines(rated["day"], 0, rates, colors=list(colors), linewidth=1.4)
            axes.scatter(rated["day"], rates, color=list(colors), s=16, zorder=3)
            for limit in (GOOD_SPAM_RATE, WORST_SPAM_RATE):
                axes.axhline(limit, color=QUIET, linewidth=1)
                axes.annotate(
                    share(limit), (1, limit), xycoords=("axes fraction", "data"), ha="right", va="bottom", fontsize=9
                )
            top = max(self.worst, WORST_SPAM_RATE) * 1.15
            axes.set_ylim(0, top)
            axes.yaxis.set_major_formatter(percent(top / 10))
            date_axis(axes)
            axes.grid(visible=False, axis="x")
            alt = _("{title}: {n} days; the highest was {worst} on {day}.", title=title, n=len(rated),
                    worst=share(self.worst),
                    day=day(rated["day"].iloc[int(rates.to_numpy().argmax())]))  # fmt: skip
            return picture(axes, name="gmail", title=title, alt=alt)


_MAIL = message("an e-mail")

FIGURES = (
    Figure(
        "aligned_mail", message("E-mails that pass DMARC"),
        message("e-mails that pass DKIM or SPF for the domain in From / e-mails in the reports"),
        _MAIL, "RFC 7489",
        ("senders.n", "senders.value", "senders.dkim", "senders.spf", "senders.mails", "senders.strangers",
        "gmail.reported",
         "gmail.aligned"),
        interval=WILSON, edge=message("as receivers report; days are in UTC"),
    ),
    Figure(
        "gmail_spam_rate", message("Gmail's spam rate"),
        message("marked as spam by users / delivered to the inbox, by Gmail"),
        _MAIL, "support.google.com/a/answer/81126",
        ("gmail.spam_rate", "gmail.worst", "gmail.days", "gmail.over", "gmail.bad", "gmail.mails"),
        window=message("a day"), edge=message("the denominator is e-mails in the inbox only; Gmail does not report "
                                              "their number"),
    ),
    Figure(
        "receiver_bounces", message("Bounces by receiving domain"), message("bounced / sent to the domain"), _MAIL,
        "guide 4",
        ("receivers.n", "receivers.value", "receivers.hard"), interval=WILSON,
        edge=message("domains with 50 or more e-mails"),
    ),
)  # fmt: skip
