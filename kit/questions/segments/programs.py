"""With which programs and devices do people open and click, as far as the log tells? (guide 1, step 6)

A person stands at every program that a reaction of the person's own came from. Where only machines opened, as Apple's
privacy protection does of all mail, the person's program is not known, and no brand is made of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ibis
import pandas as pd
from ibis import _ as col

from kit.counts import log, scope
from kit.messages import _, message
from kit.metrics.figures import WILSON, Figure
from kit.show import cells
from kit.show.formats import whole, with_interval
from kit.show.result import Result, result
from kit.show.summary import Summary
from kit.show.table import Column, Table
from kit.stats import proportions
from kit.store.machine_events import BARE, NO

if TYPE_CHECKING:
    from kit.store import Data, Expression

UNKNOWN_PROGRAM = "unknown"

PROGRAMS = {
    "Gmail": "googleimageproxy",
    "Yahoo Mail": "yahoomailproxy",
    "Outlook": r"outlook|ms-?office|microsoft office",
    "Thunderbird": "thunderbird",
    "Samsung Internet": "samsungbrowser",
    "Yandex Browser": "yabrowser",
    "Edge": r"edg(e|a|ios)?/",
    "Opera": r"opr/|opera",
    "Firefox": r"firefox|fxios",
    "Chrome": r"chrome|crios",
    "Safari": "safari",
    "Apple Mail or an app": r"(iphone|ipad|macintosh).*applewebkit",
    UNKNOWN_PROGRAM: f"^{BARE.lower()}$",
}
"""Signs of each program in what it says of itself, lower case; the first that fits counts."""

DEVICES = {
    UNKNOWN_PROGRAM: f"googleimageproxy|yahoomailproxy|^{BARE.lower()}$",
    "phone": r"iphone|ipod|android.*mobile|windows phone",
    "tablet": "ipad|android|tablet",
    "computer": r"windows|macintosh|mac os|x11|linux|\bcros\b",
}
"""Likewise of each device; a proxy that loads the picture tells none."""

REACTIONS = {"clicked": ("clicked_human", "clicked_with"), "opened": ("opened", "opened_with")}
"""Which mail shows the reaction, and the column of its program."""

SIGNS = {"device": (DEVICES, UNKNOWN_PROGRAM), "program": (PROGRAMS, "another")}
"""The signs of each kind, and what an agent without any of them is of."""

_COLUMNS = ["reaction", "kind", "name", "people", "mails", "n"]


def split(data: Data) -> Programs:
    """Who opens and clicks with what?

    Args:
        data: what `kit.open` returned.

    Source: guide 1, step 6: look at segments.
    """
    return judge(count(data))


@scope.count("messages")
def count(data: Data) -> pd.DataFrame:
    """People and mails of the question by program and device, of those who opened and of those who clicked.

    Returns:
        A row a reaction ("clicked", "opened"), kind ("device", "program") and name: people [of whom such a reaction
        came from it; "unknown": none of whose reactions tells it], mails [with that first reaction], n [people who so
        reacted in all]. A log that names no program, and one without openings or clicks, has no row.
    """
    messages = scope.of_population(data)
    if messages is None:
        return pd.DataFrame(columns=_COLUMNS)
    messages = log.of_delivered(messages).filter(col.contact_key.notnull())
    parts = []
    for reaction, (reacted, agent) in REACTIONS.items():
        mails = messages.filter(messages[reacted].fill_null(NO)).mutate(agent=messages[agent])
        for kind, (signs, other) in SIGNS.items():
            by_person = mails.group_by("contact_key", name=_of(mails.agent, signs, other)).agg(mails=col.count())
            by_person = by_person.mutate(
                unknown=(col.name == UNKNOWN_PROGRAM),
                told=(col.name != UNKNOWN_PROGRAM).any().over(ibis.window(group_by="contact_key")),
            )
            people = by_person.group_by("name").agg(
                people=col.count(where=~(col.unknown & col.told)), mails=col.mails.sum()
            )
            n = by_person.aggregate(n=col.contact_key.nunique())
            parts.append(people.cross_join(n).mutate(reaction=ibis.literal(reaction), kind=ibis.literal(kind)))
    rows = ibis.union(*parts).to_pandas()
    order = ["reaction", "kind", "people", "name"]
    return rows.sort_values(order, ascending=[True, True, False, True], ignore_index=True)[_COLUMNS]


def _of(agent: Expression, signs: dict[str, str], other: str) -> Expression:
    held = ((agent.re_search(sign), name) for name, sign in signs.items())
    return ibis.cases((~agent.notnull(), UNKNOWN_PROGRAM), *held, else_=other)


def judge(rows: pd.DataFrame) -> Programs:
    """Shares of the people who reacted.

    Args:
        rows: what `count` returned; a reaction of which no program at all is known is left out.
    """
    known = rows["reaction"].isin(rows.loc[rows["name"] != UNKNOWN_PROGRAM, "reaction"])
    rows = rows[known].reset_index(drop=True)
    people, n = rows["people"].astype(float), rows["n"].astype(float)
    low, high = proportions.proportion_interval(people, n)
    return Programs(rows.assign(value=people / n, low=low, high=high))


@result
class Programs(Result):
    """Programs and devices by people.

    Attributes:
        rows: a row a reaction, kind and name: reaction ["clicked", "opened"], kind ["device", "program"], name,
            people, mails, n [people who so reacted], value, low, high [people of n].
    """

    rows: pd.DataFrame

    def summary(self) -> Summary:
        """On what people click, and of how many the program that opens is not known."""
        share, numbers = {}, {}
        for reaction, kind, name in (("clicked", "device", "phone"), ("opened", "program", UNKNOWN_PROGRAM)):
            block = self.rows[(self.rows["reaction"] == reaction) & (self.rows["kind"] == kind)]
            if block.empty:
                text = _("We cannot see which programs people use to open and click: no event log contains them.")
                return Summary("programs", text)
            (row,) = block[block["name"] == name].to_dict("records") or [{"people": 0, "n": block["n"].iloc[0]}]
            low, high = proportions.proportion_interval(row["people"], row["n"])
            share[name] = with_interval(row["people"] / row["n"], float(low), float(high))
            numbers |= {name: row["people"] / row["n"], reaction: int(row["n"])}
        text = _(
            "Of the people who clicked, {phone} used a phone (n = {clicked}). For {unknown} of those whose e-mail "
            "was opened, the program is unknown (n = {opened}).",
            clicked=whole(numbers["clicked"]), opened=whole(numbers["opened"]), **share,
        )  # fmt: skip
        return Summary("programs", text, numbers)

    def table(self) -> Table:
        """People by device and program of their clicks and openings."""
        columns = (
            Column("reaction", message("Reaction"), _REACTIONS.__getitem__),
            Column("kind", message("Grouped by"), _KINDS.__getitem__),
            Column("name", message("Device or program"), lambda name: _NAMES.get(name, name)),
            Column("people", message("People"), whole, unit="people", number=True),
            Column("n", message("Of all who reacted this way"), whole, unit="people", number=True),
            Column("value", message("Share of them"), cells.rate, unit="share", number=True, whole_row=True),
            Column("mails", message("E-mails"), whole, unit="mails", number=True),
        )
        notes = (
            message(
                "People who use several are counted in each row, so shares may add up to more than 100 %. People "
                "without this information are “unknown”."
            ),
            message(
                "Unknown: only machines opened, as with Apple's Mail Privacy Protection, or the log contains no "
                "program. This is not Apple's share."
            ),
            message(
                "Clicks that strict rules attribute to machines are left out. An iPad may identify itself as a "
                "Macintosh. Gmail and Yahoo open e-mails through a proxy that hides the device."
            ),
        )
        title, empty = message("Devices and programs by number of people"), message("no event log contains programs.")
        return Table("programs", title, self.rows, columns, notes, empty)


_REACTIONS = {"clicked": message("clicked"), "opened": message("opened")}
_KINDS = {"device": message("device"), "program": message("program")}
_NAMES: dict[str, Any] = {
    UNKNOWN_PROGRAM: message("unknown"),
    "another": message("something else"),
    "phone": message("phone"),
    "tablet": message("tablet"),
    "computer": message("computer"),
    "Apple Mail or an app": message("Apple Mail or an app"),
}

FIGURES = (
    Figure(
        "programs", message("People by device and program"),
        message("people with a reaction from this device or program / all people with this kind of reaction"),
        message("one person"), "the platform's event log",
        ("programs.people", "programs.n", "programs.value", "programs.mails", "programs.phone", "programs.unknown",
         "programs.clicked", "programs.opened"),
        interval=WILSON,
        edge=message(
            "by the first open that surely was by a person, and the first click that no strict rule attributes to "
            "machines. Unknown if no reaction of the person shows it"
        ),
    ),
)  # fmt: skip
