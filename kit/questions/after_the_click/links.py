"""Which links were followed? (guide 1, step 6)"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ibis
import pandas as pd

from kit.counts import scope
from kit.counts.campaigns import covered, messages
from kit.messages import _, message, message_n
from kit.metrics.figures import WILSON, Figure
from kit.show import cells
from kit.show.axes import percent
from kit.show.formats import UNKNOWN, listing, share, whole, with_interval
from kit.show.picture import PLAIN, Picture, drawing, label, nothing, picture
from kit.show.result import Result, result
from kit.show.summary import Summary
from kit.show.table import Column, Table
from kit.stats import proportions
from kit.store import machine_events
from kit.store.messages import UNSUBSCRIBE_LINK, message_key, ref
from kit.tables import CAMPAIGN_STATS, EVENTS, LINK_STATS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from kit.store import Data, Expression

TRACKING = r"(utm_[a-z_]+|mc_[a-z]+|gclid|yclid|fbclid|_openstat|mkt_tok|_hsenc|_hsmi|_ke|_kx)=[^&#]*"
"""Parts of a link that follow the campaign or the person, not the page."""

ANCHOR = "#([^!/].*)?$"
"""A place within a page; what begins with #/ or #! is a page of its own."""

SHOWN = 20
"""Links of the table; of the others it says how many there are."""

DRAWN = 15
"""Links of the figure."""

SCANNED = 10
"""With fewer clickers it is no news that none of them is a person."""

_CLICKS = ["clicked", "clicked_human", "clicks_total"]


def rank(data: Data) -> Links:
    """The links of bulk campaigns, the most followed first.

    Args:
        data: what `kit.open` returned.

    Source: guide 1, step 6; Wilson (1927), doi:10.1080/01621459.1927.10502953.
    """
    return judge(clicks_by_link(data))


@scope.count("link_stats", "events")
def clicks_by_link(data: Data, *, unsubscribing: bool = False) -> pd.DataFrame:
    """Clicks on the links of bulk campaigns.

    Of a campaign whose sending the event log shows the log is the source of record, of others the reports that list
    their links. What follows the campaign in a link (utm_source …) is taken off, so that one page is one link.

    Args:
        data: what `kit.open` returned.
        unsubscribing: with the links that leave the list or manage it; they are no interest (`click_rate`).

    Returns:
        A row a campaign and link: campaign_id, campaign_name, link; clicked [people], clicked_human [of them by a
        click that no strict rule of machine_events names; NULL without a log], clicks_total; delivered [mails of
        the whole campaign]. One person may click several links: sums over links are no people.

    Source: guide 1, step 6; the link map of the platforms, without the link that unsubscribes.
    """
    mails = messages(data, ["campaign_id", "campaign_name"])[["campaign_id", "campaign_name", "delivered"]]
    logged_campaigns = covered(data)
    logged, reported = _logged(data), _reported(data)
    logged = logged[logged["campaign_id"].isin(logged_campaigns)]
    reported = reported[~reported["campaign_id"].isin(logged_campaigns)]
    clicks = pd.concat([part for part in (logged, reported) if len(part)] or [logged], ignore_index=True)
    if not unsubscribing:
        clicks = clicks[~clicks["link"].str.lower().str.contains(UNSUBSCRIBE_LINK.replace("(", "(?:"), regex=True)]
    clicks = clicks.merge(mails, on="campaign_id")  # of the question's campaigns alone
    columns = [*_CLICKS, "delivered"]
    clicks[columns] = clicks[columns].astype("Float64")
    clicks = clicks.sort_values(["campaign_id", "link"], ignore_index=True)
    return clicks[["campaign_id", "campaign_name", "link", *columns]]


def _logged(data: Data) -> pd.DataFrame:
    events, sent = scope.history(data, EVENTS.name), scope.of_population(data)
    if events is None or sent is None:
        return pd.DataFrame(columns=["campaign_id", "link", *_CLICKS])
    sent = sent.filter(sent.reached).select("campaign_id", key="message_key")
    clicks = machine_events.clicks(events.mutate(ref=ref(events), key=message_key(events)), data.settings)
    clicks = clicks.filter(clicks.link_url.notnull()).mutate(link=page(clicks.link_url)).join(sent, "key")
    by_link = clicks.group_by("campaign_id", "link").agg(
        clicked=ibis._.key.nunique(),
        clicked_human=ibis._.key.nunique(where=~machine_events.by_machine(ibis._)),
        clicks_total=ibis._.count(),
    )
    return by_link.to_pandas()[["campaign_id", "link", *_CLICKS]]


def _reported(data: Data) -> pd.DataFrame:
    """What reports list; the links of a test's variants are added, since each person got one variant."""
    table = scope.history(data, LINK_STATS.name)
    if table is None:
        return pd.DataFrame(columns=["campaign_id", "link", *_CLICKS])
    reports = scope.frame(data, CAMPAIGN_STATS.name)[["source_file", "campaign_id"]].drop_duplicates()
    by_file = reports.drop_duplicates("source_file", keep=False).set_index("source_file")["campaign_id"]
    campaigns = data.campaigns.dropna(subset="source_campaign_id").drop_duplicates("source_campaign_id", keep=False)
    by_id = campaigns.set_index("source_campaign_id")["campaign_id"]
    links = table.mutate(link=page(table.url)).to_pandas()
    of_file = links["source_file"].map(by_file).astype("str")
    links["campaign_id"] = links["source_campaign_id"].map(by_id).astype("str").fillna(of_file)
    # two reports of one campaign tell of the same clicks
    first = links.dropna(subset="campaign_id").drop_duplicates("campaign_id")[["campaign_id", "source_file"]]
    links = links.merge(first, on=["campaign_id", "source_file"])
    sums = links.groupby(["campaign_id", "link"], as_index=False)[["clicked", "clicks_total"]].sum(min_count=1)
    return sums.assign(clicked_human=None)[["campaign_id", "link", *_CLICKS]]


def page(url: Expression) -> Expression:
    """A link without what follows the campaign in it."""
    plain = url.re_replace(ANCHOR, "").re_replace(TRACKING, "")
    return plain.re_replace(r"&+", "&").re_replace(r"\?&", "?").re_replace(r"[?&]+($|#)", r"\1")


def judge(clicks: pd.DataFrame) -> Links:
    """The links of all campaigns together, with their rates; `clicks` is what `clicks_by_link` returned."""
    clicks = clicks.assign(logged=clicks["delivered"].where(clicks["clicked_human"].notna()))
    sums = {name: (name, lambda values: values.sum(min_count=1)) for name in ("clicked", "clicked_human", "logged")}
    ranked = clicks.groupby("link", as_index=False).agg(
        campaigns=("campaign_id", "nunique"), mails=("delivered", lambda values: values.sum(skipna=False)), **sums
    )
    columns = ["clicked", "clicked_human", "mails", "logged"]
    ranked[columns] = ranked[columns].astype("Float64").astype("float64")
    told = ranked["clicked_human"].notna()
    ranked = ranked.assign(
        told=told,
        followed=ranked["clicked_human"].where(told, ranked["clicked"]),
        n=ranked["logged"].where(told, ranked["mails"]),
    )
    for name, count, mails in (("", "followed", "n"), ("raw", "clicked", "mails")):
        low, high = proportions.proportion_interval(ranked[count], ranked[mails])
        ends = {"value": ranked[count] / ranked[mails], "low": low, "high": high}
        ranked = ranked.assign(**{f"{name}_{end}" if name else end: values for end, values in ends.items()})
    ranked = ranked.rename(columns={"raw_value": "raw"}).drop(columns=["logged", "followed", "mails"])
    ranked["people"] = ranked["value"].where(told)
    order = ["told", "value", "link"]
    return Links(ranked.sort_values(order, ascending=[False, False, True], ignore_index=True))


@result
class Links(Result):
    """The links of campaigns, the most followed first.

    Attributes:
        ranked: a row a link: link, campaigns [that have a click on it], n [mails they delivered], clicked [raw],
            clicked_human [of them without what a strict rule names a scanner's; NaN without an event log], value,
            low, high [share of these mails: people's clicks where told, else raw], told [a log tells people from
            machines], raw, raw_low, raw_high [share of all mails of campaigns with a click on it], people [value where
            told]. First the links of which people are told, by their share.
    """

    ranked: pd.DataFrame

    def summary(self) -> Summary:
        """Which link most people follow, and one that only scanners follow."""
        rated = self.ranked[self.ranked["value"].notna()]
        if rated.empty:
            return Summary("links", _("We cannot see which links were clicked: none of your files lists them."))
        first = rated.iloc[0]
        values = {
            "links": whole(len(rated)),
            "link": first["link"],
            "value": with_interval(first["value"], first["low"], first["high"]),
            "n": whole(first["n"]),
        }
        if first["told"]:
            text = _(
                "People clicked {link} most: {value} of {n} e-mails delivered; {raw} with clicks by machines. Links "
                "compared: {links}.",
                raw=share(first["raw"]), **values,
            )  # fmt: skip
        else:
            text = _(
                "{link} was clicked most: {value} of {n} e-mails delivered, clicks by machines included. Links "
                "compared: {links}.",
                **values,
            )
        scanned = rated[(rated["clicked_human"] == 0) & (rated["clicked"] >= SCANNED)]
        if len(scanned):
            by_scanners = _(
                "Only security scanners clicked {links}, no people.", links=listing(scanned["link"].head(3).tolist())
            )
            text = f"{text} {by_scanners}"
        return Summary("links", text, {"links": len(rated), "scanned": len(scanned), "value": first["value"]})

    def table(self) -> Table:
        """The links, the most followed first."""
        columns = (
            Column("link", message("Link")),
            Column("campaigns", message("Campaigns"), whole, number=True),
            Column("n", message("E-mails delivered"), whole, unit="mails", number=True),
            Column("clicked_human", message("People who clicked"), whole, unit="people", number=True),
            Column("people", message("Share of e-mails"), _people, unit="share", number=True, whole_row=True),
            Column("raw", message("Raw"), cells.rate_of("raw"), unit="share", number=True, whole_row=True),
        )
        columns = (
            columns
            if self.ranked["told"].any()
            else tuple(column for column in columns if column.name not in ("clicked_human", "people"))
        )
        more = len(self.ranked) - SHOWN
        notes = [
            message(
                "E-mails delivered: only campaigns in which somebody clicked the link. One person may click several "
                "links, so the rows do not add up to the number of people who clicked. The unsubscribe link is left "
                "out."
            )
        ]
        notes.append(
            message(
                "People: where an event log allows it, without clicks that strict rules attribute to machines "
                "(notebook 02). Raw: everyone who clicked."
            )
        )
        if more > 0:
            notes.append(
                message_n(
                    "{n} more link was clicked by fewer people.", "{n} more links were clicked by fewer people.", more
                )
            )
        title, empty = (
            message("Which links were clicked"),
            message("none of your files lists the links that were clicked."),
        )
        return Table("links", title, self.ranked.head(SHOWN), columns, tuple(notes), empty)

    def plot(self, ax: Axes | None = None) -> Picture:
        """The share of mails in which each link was followed, with its interval; hollow: raw."""
        rated = self.ranked[self.ranked["value"].notna()]
        title = message("Which links were clicked")
        if rated.empty:
            return nothing("links", title, message("none of your files lists the links that were clicked"))
        rows = rated.head(DRAWN).iloc[::-1].to_dict("records")
        with drawing(1.0 + 0.3 * max(len(rows), 2), ax) as axes:
            for place, row in enumerate(rows):
                axes.plot([row["low"], row["high"]], [place, place], color=PLAIN, linewidth=1.6)
                axes.plot(row["value"], place, "o", color=PLAIN, markersize=5.5)
                axes.plot(row["raw"], place, "o", color=PLAIN, markerfacecolor="white", markersize=5.5)
            axes.set_yticks(range(len(rows)), [label(_short(row["link"]), 28) for row in rows], fontsize=9.5)
            axes.set_ylim(-0.8, len(rows) - 0.2)
            highest = max(max(row["high"], row["raw"]) for row in rows)
            axes.set_xlim(-0.02 * highest, 1.05 * highest)
            axes.xaxis.set_major_formatter(percent(highest))
            clicked = _("people who clicked the link, of e-mails delivered; line: margin of error (95 %)")
            hollow = _("hollow: clicks by machines included")
            axes.set_xlabel(f"{clicked}\n{hollow}")
            axes.grid(visible=False, axis="y")
            rates = ", ".join(f"{row['link']} {share(row['value'])}" for row in rows[::-1])
            alt = _("Which links were clicked: {rates}.", rates=rates)
            return picture(axes, name="links", title=title, alt=alt)


def _people(row: Any) -> str:
    """The share that people followed, where a log tells them."""
    return cells.rate(row) if row["told"] else UNKNOWN


def _short(link: str) -> str:
    """A link without its scheme: from its end, where links of one site differ."""
    plain = link.split("://", 1)[-1].rstrip("/")
    return plain if len(plain) <= 28 else f"…{plain[-27:]}"


FIGURES = (
    Figure(
        "link_rate", message("Clicked a link"),
        message("people who clicked the link / e-mails delivered in the campaigns with a click on it"),
        message("one person, one campaign, one link"), "guide 1, step 6",
        ("links.value", "links.people", "links.raw", "links.links", "links.scanned"),
        interval=WILSON,
        edge=message(
            "one person may click several links, so the links do not add up to people. Scanned: links that only "
            "security scanners clicked"
        ),
    ),
)  # fmt: skip
