"""Which addresses do harm, and where they come from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from ibis import _ as col

from kit.counts import scope
from kit.judging import ALPHA, LEVEL, PEOPLE
from kit.messages import _, _n, message
from kit.metrics.figures import WILSON, Figure
from kit.questions.retention import subscribers
from kit.show import cells
from kit.show.formats import known, p_value, whole
from kit.show.result import Result, result
from kit.show.summary import Summary
from kit.show.table import Column, Table
from kit.stats import multiplicity, proportions
from kit.tables import CONTACTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kit.store import Data

_NAMES = (
    "abuse accounting admin administrator all billing buh buhgalter contact dns enquiries everyone finance ftp hello "
    "help "
    "helpdesk hostmaster hr info inquiries it job jobs kontakt legal list mail mailer-daemon marketing media news "
    "no-reply "
    "noc nobody noreply office orders postmaster pr press privacy reception reklama root sales security service snab "
    "spam "
    "staff subscribe support team tech undisclosed-recipients unsubscribe usenet uucp webmaster www zakaz"
)

ROLES = frozenset(_NAMES.split())
"""What stands before the @ of an address of a role, after RFC 2142 and the lists of platforms."""

LARGE = (
    "gmail.com", "googlemail.com", "mail.com", "yahoo.com", "hotmail.com", "outlook.com", "live.com", "msn.com",
    "icloud.com",
    "aol.com",
    "gmx.de", "gmx.net", "web.de", "t-online.de", "mail.ru", "yandex.ru", "ya.ru", "bk.ru", "inbox.ru", "list.ru",
    "rambler.ru",
    "qq.com", "163.com", "126.com", "orange.fr", "free.fr", "libero.it", "proton.me", "protonmail.com",
)  # fmt: skip
"""Domains of many people anywhere: another one letter away from them is likely mistyped."""

OWN_PEOPLE, OWN_TIMES = 100, 50
"""A domain of so many people on the list is a large one, too, beside another of so many times fewer."""

DOTLESS = ("gmail.com", "googlemail.com")
"""Domains that read a.b@ and ab@ as one."""

FAULTS = {
    "bounce": message("Does not accept e-mails (hard bounce)"),
    "complaint": message("Marked an e-mail as spam"),
    "role": message("Shared address (info@, sales@ …)"),
    "mistyped": message("Probably a mistyped domain"),
    "twin": message("Mailbox on the list twice"),
}
"""What is wrong with an address."""

SIGNS = {"bounce": message("Hard bounces"), "complaint": message("Complaints"), "unsubscribe": message("Unsubscribed")}
"""Signs of bad acquisition, by how people left."""

EACH = ["contact_key", "source", "cause", "on_list", *FAULTS]
OF_FAULTS = ["fault", "n", "value", "low", "high", "on_list"]
OF_SOURCES = ["source", "sign", "n", "x", "value", "low", "high", "difference", "p", "decision"]


def measure(data: Data) -> Hygiene:
    """Which addresses do harm, and which sources bring more of them than the others.

    Args:
        data: what `kit.open` returned; a period does not narrow it.

    Source: guide 4; RFC 2142 for roles.
    """
    return judge(addresses(data))


@scope.count("contacts", whole=subscribers.LIST, unfiltered=scope.NO_CAMPAIGN)
def addresses(data: Data) -> pd.DataFrame:
    """Everybody who was ever on the list, with what is wrong with the address, a row a person.

    Returns:
        contact_key, source, cause [of leaving; "": still there], on_list [bool], and a truth a fault of FAULTS.
    """
    contacts = scope.history(data, CONTACTS.name)
    if contacts is None or data.as_of is None:
        return pd.DataFrame(columns=EACH)
    emails = contacts.group_by("contact_key").agg(email=col.email.min()).to_pandas()
    listed = subscribers.each(contacts, data).select("contact_key", "cause", source="opt_in_source").to_pandas()
    frame = listed.merge(emails, on="contact_key", how="left").sort_values("contact_key", ignore_index=True)
    text = frame["email"].fillna("").str.lower().str.strip()
    local, domain = text.str.rpartition("@")[0], text.str.rpartition("@")[2]
    fix = meant(domain[text != ""].value_counts())
    frame = frame.assign(
        on_list=frame["cause"] == "", bounce=frame["cause"] == "bounce", complaint=frame["cause"] == "complaint",
        role=local.isin(ROLES), mistyped=domain.isin([name for name, large in fix.items() if large]),
    )  # fmt: skip
    mailbox = pd.Series([_mailbox(*parts) for parts in zip(local, domain, strict=True)], index=frame.index)
    return frame.assign(twin=(text != "") & mailbox.duplicated(keep=False))[EACH]


def meant(people: pd.Series) -> dict[str, str]:
    """The large domain that each domain of a list likely stands for; "" for none.

    Args:
        people: of each domain.
    """
    frequent = people.index[people >= OWN_PEOPLE]
    named = {str(name): nearest_large(str(name)) for name in people.index}
    for name in [one for one, large in named.items() if not large]:
        larger = [str(large) for large in frequent if people[large] >= OWN_TIMES * people[name]]
        named[name] = nearest_large(name, larger)
    return named


def nearest_large(domain: str, large: Sequence[str] = LARGE) -> str:
    """The large domain from which this one is one slip away: a letter more, less, other or swapped; "" for none."""
    if domain in large or not domain:
        return ""
    return next((name for name in large if len(name) > 6 and _one_slip(domain, name)), "")


def _one_slip(written: str, meant: str) -> bool:
    at = next(
        (n for n, (a, b) in enumerate(zip(written, meant, strict=False)) if a != b), min(len(written), len(meant))
    )
    rest, other = written[at:], meant[at:]
    swapped = len(rest) > 1 and len(other) > 1 and rest[:2] == other[1::-1] and rest[2:] == other[2:]
    return rest[1:] == other[1:] or rest[1:] == other or rest == other[1:] or swapped


def _mailbox(local: str, domain: str) -> str:
    """The address as its receiver reads it: without what stands behind a plus, and where dots do not count, without."""
    plain = local.split("+", 1)[0]
    return f"{plain.replace('.', '') if domain in DOTLESS else plain}@{domain}"


def judge(each: pd.DataFrame, *, level: float = LEVEL) -> Hygiene:
    """The faults, and the sources.

    Args:
        each: what `addresses` returned.
        level: confidence.
    """
    total = len(each)
    marks = each[list(FAULTS)].astype(bool)
    n = marks.sum().to_numpy()
    low, high = proportions.proportion_interval(n, total, level=level)
    on_list = marks[each["on_list"].astype(bool)].sum().to_numpy()
    table = pd.DataFrame({"fault": list(FAULTS), "n": n, "value": n / max(total, 1), "low": low, "high": high})
    return Hygiene(total, table.assign(on_list=on_list)[OF_FAULTS], _sources(each, level))


def _sources(each: pd.DataFrame, level: float) -> pd.DataFrame:
    named, rows = each[each["source"].notna()], []
    sizes = named["source"].value_counts()
    for source in sorted(sizes.index[sizes >= PEOPLE]):
        inside = named["source"] == source
        for sign in SIGNS:
            hit = named["cause"] == sign
            x, n, y, m = int((hit & inside).sum()), int(inside.sum()), int((hit & ~inside).sum()), int((~inside).sum())
            low, high = proportions.proportion_interval(x, n, level=level)
            gap = proportions.proportion_difference(y, m, x, n, level=level)
            rows.append((source, sign, n, x, x / n, float(low), float(high), gap.value, gap.p))
    table = pd.DataFrame(rows, columns=OF_SOURCES[:-1])
    table["p"] = multiplicity.adjust(table["p"], "bh")
    decision = np.where(table["p"].isna(), "too few", np.where(table["difference"] > 0, "more than others", "fewer"))
    return table.assign(decision=np.where(table["p"] > ALPHA, "as usual", decision))


@result
class Hygiene(Result):
    """Which addresses do harm.

    Attributes:
        people: everybody who was ever on the list.
        faults: a row a fault: fault, n [people], value, low, high [of people], on_list [of n: still on the list].
        sources: a row a source and sign: source, sign, n [people who joined by it], x [of them with the sign], value,
            low, high [x / n], difference [to the other sources], p [adjusted over all rows], decision.
    """

    people: int
    faults: pd.DataFrame
    sources: pd.DataFrame

    def summary(self) -> Summary:
        """What still stands on the list and should not, and the source that brings most of it."""
        numbers: dict[str, Any] = {"people": self.people}
        if not self.people:
            return Summary(
                "hygiene",
                _("It is not known whether the list is clean: none of your files contains contacts."),
                numbers,
            )
        doubtful = int(self.faults["on_list"].sum())
        numbers["doubtful"] = doubtful
        text = _n(
            "Of {people} addresses, {n} still on the list should be checked: shared, mistyped domain, or on the "
            "list twice.",
            "Of {people} addresses, {n} still on the list should be checked: shared, mistyped domain, or on the "
            "list twice.",
            doubtful, people=whole(self.people),
        )  # fmt: skip
        more = self.sources[self.sources["decision"] == "more than others"].sort_values("difference", ascending=False)
        if len(more):
            first = more.iloc[0]
            hint = _(
                "The source that stands out most: {source}. {sign}: {value}, more than from other sources.",
                source=first["source"], sign=SIGNS[first["sign"]], value=cells.rate(first),
            )  # fmt: skip
            text = f"{text} {hint}"
        return Summary("hygiene", text, numbers)

    def table(self) -> Table:
        """What is wrong with addresses, and how many of them still get mail."""
        columns = (
            Column("fault", message("Address"), FAULTS.__getitem__),
            Column("n", message("Addresses"), whole, unit="people", number=True),
            Column("value", message("Share"), cells.rate, unit="share", number=True, whole_row=True),
            Column("on_list", message("Still on the list"), whole, unit="people", number=True),
        )
        notes = (
            message(
                "Share of everybody who was ever on the list. Several people read a shared address; a mistyped "
                "domain is one letter away from a large one, or from one that many people of the list have."
            ),
        )
        frame = self.faults if self.people else self.faults.head(0)
        return Table(
            "hygiene",
            message("Addresses that do harm"),
            frame,
            columns,
            notes,
            message("none of your files contains contacts."),
        )

    def sources_table(self) -> Table:
        """How people of each source left, against the others."""
        columns = (
            Column("source", message("Sign-up source")),
            Column("sign", message("Problem"), SIGNS.__getitem__),
            Column("n", message("People"), whole, unit="people", number=True),
            Column("value", message("Share"), cells.rate, unit="share", number=True, whole_row=True),
            Column("decision", message("Compared with the others"), DECISIONS.__getitem__),
            Column("p", message("Adjusted p"), lambda p: p_value(p) if known(p) else "–", number=True),
        )
        notes = (
            message(
                "p is adjusted over all rows (Benjamini and Hochberg). Sources with many hard bounces or complaints "
                "bring addresses whose owners did not ask to be on the list."
            ),
        )  # fmt: skip
        first = (self.sources["decision"] != "more than others").sort_values(kind="stable").index
        frame = self.sources.loc[first].reset_index(drop=True)
        return Table("hygiene_sources", message("Where do bad addresses come from?"), frame, columns, notes,
                     message("none of your files shows how people joined the list."))  # fmt: skip


DECISIONS = {
    "more than others": message("more than others"), "fewer": message("fewer than others"),
    "as usual": message("no difference seen"), "too few": message("too little data"),
}  # fmt: skip

_PERSON = message("a person who was ever on the list")

FIGURES = (
    Figure(
        "address_fault", message("Addresses that do harm"),
        message("addresses with the problem / all that were ever on the list"),
        _PERSON, "RFC 2142; guide 4",
        ("hygiene.n", "hygiene.value", "hygiene.on_list", "hygiene.people", "hygiene.doubtful"), interval=WILSON,
        edge=message("the part after a plus is ignored; dots are ignored only where the domain ignores them; a domain "
                     "of 100 people or more counts as large beside one of fifty times fewer"),
    ),
    Figure(
        "source_sign", message("Signs of bad sources"),
        message("people of the source who left in this way / people of the source"),
        _PERSON, "guide 4", ("hygiene_sources.n", "hygiene_sources.value"), interval=WILSON,
        edge=message("sources with fewer than 30 people are left out"),
    ),
)  # fmt: skip
