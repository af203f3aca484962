"""Who the lapsed are: groups by recency, frequency and money, the moves between them, and what contacts tell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from ibis import _ as col

from kit.counts import scope
from kit.judging import ALPHA, LEVEL, PEOPLE
from kit.messages import _, message
from kit.metrics.figures import WILSON, Figure
from kit.show import cells
from kit.show.formats import known, p_value, share, whole
from kit.show.result import Result, result
from kit.show.summary import Summary
from kit.show.table import Column, Table
from kit.stats import multiplicity, proportions
from kit.store.machine_events import NO
from kit.tables import MESSAGES

if TYPE_CHECKING:
    from kit.questions.lapsed.states import States
    from kit.store import Data

PARTS = 3
"""Recency and money are cut into so many parts of equal numbers of customers; 3 is the best."""

READING_DAYS = 180
"""Days of mail by which somebody counts as clicking or not."""

CODES = ("recency", "frequency", "money")
GROUPS = ["group", *CODES, "n", "lapsed", "value", "low", "high", "chance", "worth"]
MOVES = ["before", "now", "n", "value", "low", "high"]
LEVELS = ["attribute", "level", "n", "lapsed", "value", "low", "high", "difference", "p", "decision"]
NEW = "new"

ATTRIBUTES = {
    "language": message("Language"),
    "country": message("Country"),
    "segment": message("Segment"),
    "opt_in_source": message("Sign-up source"),
    "domain": message("E-mail domain"),
    "channel": message("Channel of the last request"),
    "reading": message("E-mails in the last half year"),
}
"""What is known of a person beside the orders."""

READING = {
    "clicks": message("clicks"),
    "does not click": message("gets e-mails, does not click"),
    "gets no mail": message("gets no e-mails"),
}


def measure(data: Data, states: States) -> Groups:
    """The groups of customers by recency, frequency and money, their moves, and who lapses more often.

    Args:
        data: what `kit.open` returned.
        states: what `states.measure` returned.

    Source: guide 4; RFM: Hughes (1994); moves as a transition table with fixed limits.
    """
    return judge(states, attributes(data))


@scope.count(
    "contacts", "messages", "tickets", whole="people are taken as they are at `as_of`", unfiltered=scope.NO_CAMPAIGN
)
def attributes(data: Data) -> pd.DataFrame:
    """What is known of people beside their orders: contact_key and ATTRIBUTES [NULL: not known], a row a person."""
    contacts, messages, tickets = (scope.history(data, name) for name in ("contacts", MESSAGES.name, "tickets"))
    parts: list[pd.DataFrame] = []
    if contacts is not None:
        named = {name: col[name].max() for name in ("language", "country", "segment", "opt_in_source")}
        domain = col.email.max().lower().split("@")[1]
        parts.append(contacts.group_by("contact_key").agg(**named, domain=domain).to_pandas())
    if tickets is not None:
        asked = tickets.filter(col.contact_key.notnull(), col.channel.notnull())
        parts.append(asked.group_by("contact_key").agg(channel=col.channel.argmax(col.created_local)).to_pandas())
    if messages is not None and data.as_of is not None:
        since = pd.Timestamp(data.as_of) - pd.Timedelta(days=READING_DAYS)
        mails = messages.filter(col.reached & (col.sent_local > since), col.contact_key.notnull())
        read = mails.group_by("contact_key").agg(clicked=col.clicked_human.any().fill_null(NO)).to_pandas()
        read["reading"] = np.where(read.pop("clicked").astype(bool), "clicks", "does not click")
        parts.append(read)
    frame = pd.DataFrame({"contact_key": pd.Series(dtype=object)})
    for part in parts:
        frame = frame.merge(part, on="contact_key", how="outer")
    if messages is not None:
        frame["reading"] = frame["reading"].fillna("gets no mail")
    return frame.reindex(columns=["contact_key", *ATTRIBUTES]).sort_values("contact_key", ignore_index=True)


def judge(states: States, about: pd.DataFrame, *, level: float = LEVEL) -> Groups:
    """The groups, moves and levels.

    Args:
        states: what `states.measure` returned.
        about: what `attributes` returned.
        level: confidence.
    """
    people = states.people
    if people.empty:
        none = [pd.DataFrame(columns=columns) for columns in (GROUPS, MOVES, LEVELS)]
        return Groups(none[0], none[1], none[2], pd.DataFrame(columns=["contact_key", "group"]), states.days, 0, 0)
    limits = _limits(people)
    now = scored(people, limits)
    moves, up, down = _moves(now, states, limits, level)
    joined = people[["contact_key", "state"]].merge(about, on="contact_key", how="left")
    return Groups(
        _groups(now, level), moves, _levels(joined, level), now[["contact_key", "group"]], states.days, up, down
    )


def _limits(people: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """The days of silence and the money an occasion that cut customers into parts."""
    shares = np.arange(1, PARTS) / PARTS
    spent = _spent(people)
    return np.quantile(people["silent"], shares), np.nanquantile(spent, shares) if known_any(spent) else shares * np.nan


def known_any(values: pd.Series) -> bool:
    """Whether any of them is known."""
    return bool(values.notna().any())


def _spent(people: pd.DataFrame) -> pd.Series:
    return people["worth"].astype(float) / people["occasions"]


def scored(people: pd.DataFrame, limits: tuple[np.ndarray, np.ndarray]) -> pd.DataFrame:
    """Customers with recency, frequency, money [1 to 3; money 0: not known] and group, as "312"."""
    spent = _spent(people).to_numpy()
    recency = PARTS - np.searchsorted(limits[0], people["silent"], side="left")
    money = np.where(np.isnan(spent), 0, 1 + np.searchsorted(limits[1], spent, side="left"))
    if np.isnan(limits[1]).any():
        money = np.zeros(len(people), dtype=int)
    frame = people.assign(recency=recency, frequency=people["occasions"].clip(upper=PARTS), money=money)
    return frame.assign(group=[f"{r}{f}{m or '–'}" for r, f, m in frame[list(CODES)].itertuples(index=False)])


def _groups(now: pd.DataFrame, level: float) -> pd.DataFrame:
    marked = now.assign(lapsed=(now["state"] == "lapsed").astype(int))
    table = marked.groupby(["group", *CODES], as_index=False).agg(
        n=("lapsed", "size"), lapsed=("lapsed", "sum"), chance=("chance", "mean"),
        worth=("worth", lambda worth: worth.sum(skipna=False)),
    )  # fmt: skip
    low, high = proportions.proportion_interval(table["lapsed"], table["n"], level=level)
    table = table.assign(value=table["lapsed"] / table["n"], low=low, high=high)
    return table.sort_values("group", ascending=False, ignore_index=True)[GROUPS]


def _moves(
    now: pd.DataFrame, states: States, limits: tuple[np.ndarray, np.ndarray], level: float
) -> tuple[pd.DataFrame, int, int]:
    """From which group to which within the days ahead of `states`; and how many went up and down in recency.

    The limits of today hold for both days, else a group would move without anybody in it having done anything.
    """
    earlier = states.before
    if earlier.empty:
        return pd.DataFrame(columns=MOVES), 0, 0
    before = scored(earlier, limits)[["contact_key", "group", "recency"]]
    both = now[["contact_key", "group", "recency"]].merge(before, on="contact_key", suffixes=("", "_before"))
    up = int((both["recency"] > both["recency_before"]).sum())
    down = int((both["recency"] < both["recency_before"]).sum())
    table = both.groupby(["group_before", "group"]).size().reset_index(name="n")
    table = table.set_axis(["before", "now", "n"], axis=1)
    total = table.groupby("before")["n"].transform("sum")
    low, high = proportions.proportion_interval(table["n"], total, level=level)
    table = table.assign(value=table["n"] / total, low=low, high=high)
    return table.sort_values(["n", "before", "now"], ascending=[False, True, True], ignore_index=True)[MOVES], up, down


def _levels(joined: pd.DataFrame, level: float) -> pd.DataFrame:
    """Each level of each attribute against the others of it that are known, as many as are large enough."""
    rows = []
    for attribute in ATTRIBUTES:
        known_of = joined[joined[attribute].notna()]
        sizes = known_of[attribute].value_counts()
        for name in sorted(sizes.index[sizes >= PEOPLE]):
            inside = known_of[attribute] == name
            n, x = int(inside.sum()), int((known_of.loc[inside, "state"] == "lapsed").sum())
            others, y = len(known_of) - n, int((known_of.loc[~inside, "state"] == "lapsed").sum())
            low, high = proportions.proportion_interval(x, n, level=level)
            gap = proportions.proportion_difference(y, others, x, n, level=level)
            rows.append((attribute, str(name), n, x, x / n, float(low), float(high), gap.value, gap.p))
    table = pd.DataFrame(rows, columns=LEVELS[:-1])
    table["p"] = multiplicity.adjust(table["p"], "bh")
    seen = table["p"] <= ALPHA
    decision = np.where(table["p"].isna(), "not judged", np.where(~seen, "as usual", "lapse more often"))
    return table.assign(decision=np.where(seen & (table["difference"] < 0), "lapse less often", decision))


@result
class Groups(Result):
    """Who the lapsed are.

    Attributes:
        groups: a row a group: group, recency, frequency, money [1 to 3, 3 the best; money 0: not known], n, lapsed
            [people], value, low, high [lapsed / n], chance [mean, to come back], worth [money].
        moves: a row a move: before, now [groups], n [people], value, low, high [of those who were in `before`].
        levels: a row an attribute and level: attribute, level, n, lapsed [people], value, low, high [lapsed / n],
            difference [to the attribute's other levels], p [adjusted over all], decision.
        of_people: contact_key, group.
        days: between the two days of the moves.
        up: people who moved to a better recency.
        down: people who moved to a worse one.
    """

    groups: pd.DataFrame
    moves: pd.DataFrame
    levels: pd.DataFrame
    of_people: pd.DataFrame
    days: int
    up: int
    down: int

    def summary(self) -> Summary:
        """How many moved down, and who lapses more often."""
        numbers: dict[str, Any] = {"up": self.up, "down": self.down}
        if self.moves.empty:
            return Summary(
                "lapsed_groups", _("It is not known how customers move between groups: the log is too short."), numbers
            )
        text = _(
            "In the last {days} days, {down} customers moved to a group with longer silence and {up} to one with "
            "shorter silence.",
            days=self.days, down=whole(self.down), up=whole(self.up),
        )  # fmt: skip
        more = self.levels[self.levels["decision"] == "lapse more often"].sort_values("difference", ascending=False)
        if len(more):
            first = more.iloc[0]
            hint = _(
                "Lapsed more often than the others: {attribute} “{level}”, {value}. The reason is not known.",
                attribute=ATTRIBUTES[first["attribute"]], level=_level(first), value=cells.rate(first),
            )  # fmt: skip
            text = f"{text} {hint}"
        return Summary("lapsed_groups", text, numbers)

    def table(self) -> Table:
        """The groups by recency, frequency and money."""
        columns = (
            Column("group", message("Group")),
            Column("recency", message("Recency"), str, number=True),
            Column("frequency", message("Frequency"), str, number=True),
            Column("money", message("Money"), lambda part: str(part) if part else _("not known"), number=True),
            Column("n", message("Customers"), whole, unit="people", number=True),
            Column("value", message("Lapsed"), cells.rate, unit="share", number=True, whole_row=True),
            Column(
                "chance",
                message("Chance to come back within {days} days", days=self.days),
                share,
                unit="share",
                number=True,
            ),
            Column("worth", message("Spent so far"), whole, unit="money", number=True),
        )
        notes = (
            message(
                "Recency: 3 is the third of customers with the latest orders. Frequency: days with orders; 3 means "
                "three or more. Money: 3 is the third that spends most per day with orders."
            ),
        )
        return Table("lapsed_groups", message("Groups by recency, frequency and money"), self.groups, columns, notes)

    def moves_table(self) -> Table:
        """The moves between groups, the commonest first."""
        columns = (
            Column("before", message("Group {days} days ago", days=self.days)),
            Column("now", message("Group now")),
            Column("n", message("Customers"), whole, unit="people", number=True),
            Column("value", message("Share of the group"), cells.rate, unit="share", number=True, whole_row=True),
        )
        notes = (
            message(
                "Both days use today's limits. Customers who bought for the first time after the earlier "
                "day are left out."
            ),
        )
        return Table("lapsed_moves", message("Moves between the groups"), self.moves, columns, notes,
                     message("the log is too short."), most=20)  # fmt: skip

    def levels_table(self) -> Table:
        """What is known of people beside their orders, and how many of them have lapsed."""
        columns = (
            Column("attribute", message("Attribute"), ATTRIBUTES.__getitem__),
            Column("level", message("Value"), _level, whole_row=True),
            Column("n", message("Customers"), whole, unit="people", number=True),
            Column("value", message("Lapsed"), cells.rate, unit="share", number=True, whole_row=True),
            Column("decision", message("Compared with the others"), DECISIONS.__getitem__),
            Column("p", message("Adjusted p"), lambda p: p_value(p) if known(p) else "–", number=True),
        )
        notes = (
            message(
                "Groups of fewer than {n} customers are left out. p is adjusted over all rows (Benjamini and "
                "Hochberg). What stands out is not proof of a cause.",
                n=PEOPLE,
            ),
        )
        empty = message("your files contain nothing about the customers except their orders.")
        return Table("lapsed_levels", message("Which customers lapse"), self.levels, columns, notes, empty)


DECISIONS = {
    "lapse more often": message("lapse more often"),
    "lapse less often": message("lapse less often"),
    "as usual": message("no difference seen"),
    "not judged": message("too little data"),
}


def _level(row: Any) -> str:
    return str(READING.get(row["level"], row["level"])) if row["attribute"] == "reading" else str(row["level"])


_PERSON = message("a customer")

FIGURES = (
    Figure(
        "rfm_group", message("Groups by recency, frequency and money"),
        message("thirds by days since the last order and by money per day with orders; number of days with orders"),
        _PERSON, "Hughes (1994), Strategic Database Marketing",
        ("lapsed_groups.n", "lapsed_groups.chance", "lapsed_groups.recency", "lapsed_groups.frequency",
         "lapsed_groups.money"),
        edge=message("limits come from the customers at as_of"),
    ),
    Figure(
        "rfm_move", message("Moves between groups"),
        message("customers of the earlier group who are now in another / all customers of the earlier group"),
        _PERSON, "guide 4",
        ("lapsed_moves.n", "lapsed_moves.value", "lapsed_groups.up", "lapsed_groups.down"), interval=WILSON,
        window=message("from that many days before as_of up to as_of"),
        edge=message("both days use today's limits"),
    ),
    Figure(
        "lapsed_of_group", message("Lapsed share of a group"), message("lapsed customers / customers of the group"),
        _PERSON,
        "guide 4", ("lapsed_groups.value", "lapsed_levels.value", "lapsed_levels.n", "lapsed_levels.difference"),
        interval=WILSON, edge=message("groups of fewer than 30 are left out; long-silent customers do not count as "
                                      "lapsed"),
    ),
)  # fmt: skip
