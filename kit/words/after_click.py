"""Words of what followed the click."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from kit.show.formats import counted, listing, share, whole, with_interval
from kit.show.summary import Summary
from kit.show.table import Column, Table

if TYPE_CHECKING:
    from kit.after_click import AfterClick

SHOWN = 20
"""Tags without a campaign, and links, that are listed; all are counted."""

SCANNED = 10
"""With fewer clickers it is no news that none of them is a person."""


def after_click_table(result: AfterClick) -> Table:
    """Campaigns with their clickers, sessions and what the sessions did."""
    columns = (
        Column("campaign_name", "Campaign"),
        Column("sent_local", "Sent", lambda value: pd.Timestamp(value).strftime("%Y-%m-%d")),
        Column("clicked", "Clickers", whole, unit="people", number=True),
        Column("sessions", "Sessions", whole, unit="sessions", number=True),
        Column("per_click", "… a clicker", lambda value: f"{value:.2f}", number=True),
        Column("value", "Engaged", _interval, unit="share", number=True, whole_row=True),
        Column("expected", "Usual", share, unit="share", number=True),
        Column("key_events", "Key events", whole, unit="events", number=True),
        Column("verdict", "Verdict"),
    )
    notes = (
        "Engaged: sessions of ten seconds, two pages or a key event, of all sessions; the brackets are 95 % intervals.",
        "Usual: what the other campaigns let one expect of this one.",
        "Sessions a clicker are no rate of people: two systems count, gateways make no session, people come back.",
    )
    frame = result.campaigns.sort_values("sessions", ascending=False, ignore_index=True)
    return Table("after_click", "What the clicks led to", frame, columns, notes, "no session names a campaign.")


def unmatched_table(result: AfterClick) -> Table:
    """Sessions whose tag no campaign has."""
    frame = result.unmatched.sort_values("sessions", ascending=False, ignore_index=True)
    columns = (Column("utm_campaign", "Tag"), Column("sessions", "Sessions", whole, unit="sessions", number=True))
    more = len(frame) - SHOWN
    notes = (f"{whole(more)} more tags.",) if more > 0 else ()
    return Table(
        "unmatched", "Sessions that belong to no campaign", frame.head(SHOWN), columns, notes, "every tag has one."
    )


def silent_table(result: AfterClick) -> Table:
    """Campaigns that were clicked and have no session."""
    columns = (Column("campaign_name", "Campaign"), Column("clicked", "Clickers", whole, unit="people", number=True))
    notes = (
        (f"{counted(result.outside, 'clicked campaign')} of other days than the report's: not measured.",)
        if result.outside
        else ()
    )
    return Table(
        "silent", "Clicked, but no session", result.silent, columns, notes, "every clicked campaign has sessions."
    )


def links_table(ranked: pd.DataFrame) -> Table:
    """The links, the most followed first; `ranked` is `after_click.links(…)`."""
    columns = (
        Column("link", "Link"),
        Column("campaigns", "Campaigns", whole, number=True),
        Column("n", "Mails delivered", whole, unit="mails", number=True),
        Column("clicked", "People who clicked", whole, unit="people", number=True),
        Column("value", "Of the mails", _interval, unit="share", number=True, whole_row=True),
        Column("value_human", "… without scanners", share, unit="share", number=True),
    )
    more = len(ranked) - SHOWN
    notes = [
        (
            "Mails delivered: of the campaigns in which somebody clicked the link. One person may click several links, "
            "so the rows do not add up to clickers. The link that unsubscribes is left out."
        ),
    ]
    if ranked["value_human"].notna().any():
        notes.append("Without scanners: where an event log tells, without clicks that a strict rule names (02).")
    notes += [f"{whole(more)} more links, each with fewer people."] if more > 0 else []
    return Table(
        "links", "Which links were followed", ranked.head(SHOWN), columns, tuple(notes), "no report or log lists links."
    )


def links(ranked: pd.DataFrame) -> Summary:
    """Which link most people follow, and one that only scanners follow."""
    known_ones = ranked[ranked["value"].notna()]
    if known_ones.empty:
        return Summary("links", "Which links were followed is not known: no report or log lists them.")
    first = known_ones.iloc[0]
    text = (
        f"Of {whole(len(known_ones))} links most people follow {first['link']}: "
        f"{with_interval(first['value'], first['low'], first['high'])} of {whole(first['n'])} mails."
    )
    scanned = known_ones[(known_ones["clicked_human"] == 0) & (known_ones["clicked"] >= SCANNED)]
    if len(scanned):
        text += f" Only scanners follow {listing(scanned['link'].head(3).tolist())}."
    return Summary("links", text, {"links": len(known_ones), "scanned": len(scanned), "value": first["value"]})


def after_click(result: AfterClick) -> Summary:
    """What the sessions of campaigns did, and which campaign's did otherwise."""
    worse = result.campaigns[result.campaigns["verdict"] == "worse"]
    sessions = result.matched
    numbers: dict[str, Any] = {"sessions": sessions, "worse": len(worse), "silent": len(result.silent)}
    if not sessions:
        return Summary("after_click", "No session of the web analytics names a campaign.", numbers)
    engaged = float(result.campaigns["engaged_sessions"].sum())
    text = f"{whole(sessions)} sessions came from campaigns; {share(engaged / sessions)} of them engaged"
    if worse.empty:
        text += ", and no campaign lies below the usual."
    else:
        first = worse.sort_values("value").iloc[0]
        text += (
            f". “{first['campaign_name']}” lies below the usual: {share(first['value'])} of {whole(first['sessions'])} "
            f"instead of {share(first['expected'])}. Open its link and look at the page."
        )
    if len(result.silent):
        have = "has" if len(result.silent) == 1 else "have"
        text += f" {counted(len(result.silent), 'clicked campaign')} {have} no session at all."
    return Summary("after_click", text, numbers, headline=True, weight=75 if len(worse) else 20)


def _interval(row: Any) -> str:
    return with_interval(row["value"], row["low"], row["high"])
