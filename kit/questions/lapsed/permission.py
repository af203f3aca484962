"""Whom one may write to: consent that is valid now, not suppressed, and an address that takes mail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ibis
import numpy as np
import pandas as pd
from ibis import _ as col

from kit.counts import scope
from kit.judging import LEVEL
from kit.messages import _, _n, message
from kit.metrics.figures import WILSON, Figure
from kit.questions.lapsed.leaving import EVENT_TITLES, REASONS
from kit.questions.retention import subscribers
from kit.show import cells
from kit.show.formats import day, share, whole
from kit.show.result import Result, result
from kit.show.summary import Summary
from kit.show.table import Column, Table
from kit.stats import proportions
from kit.store import lists
from kit.store.machine_events import NO

if TYPE_CHECKING:
    from pathlib import Path

    from kit.questions.lapsed.groups import Groups
    from kit.questions.lapsed.leaving import Leaving
    from kit.questions.lapsed.states import States
    from kit.store import Data

ADVERTISING = r"market|advert|promo|newsletter|news|offer|mailing|реклам|рассыл|новост|акци|营销|广告"
"""What a purpose says that covers a win-back mail; another purpose does not."""

STANDINGS = {
    "allowed": message("May be e-mailed"),
    "complaint": message("Marked an e-mail as spam"),
    "unsubscribe": message("Withdrew consent"),
    "not known": message("On the suppression list, cause not known"),
    "sunset": message("Removed by us"),
    "bounce": message("Address does not accept e-mails"),
    "unconfirmed": message("Never confirmed the address"),
    "other purpose": message("Consent for another purpose only"),
    "no date": message("Consent without a date"),
    "no record": message("On no list, no consent on file"),
}
"""Where a person stands; all but the first may not be written to."""

INVALID = {
    "before": message("Before consent was given"),
    "withdrawn": message("After unsubscribing or complaining"),
    "unconfirmed": message("To addresses never confirmed"),
    "no date": message("Consent without a date"),
    "no record": message("To people on no list"),
}
"""Sends without a consent that was valid at sending."""

EACH = ["contact_key", "standing", "consented", "source", "purpose", "proof", "withdrawn"]
SENDS = ["kind", "mails", "people"]
WHO = ["who", "standing", "n", "value", "low", "high"]
OF_CONSENT = ["what", "n", "value", "low", "high"]
LISTED = 1_000
"""People whom the page's table carries; the file that is asked for holds all."""


def measure(data: Data, states: States) -> Permission:
    """Whom of the customers one may write to, and what was sent without a valid consent.

    Args:
        data: what `kit.open` returned; its period is that of the sends.
        states: what `states.measure` returned.

    Source: GDPR Art. 7(1), (3); 38-FZ Art. 18 (1); guide 4.
    """
    return judge(states, standings(data), sends(data))


@scope.count("contacts", whole=subscribers.LIST, unfiltered=scope.NO_CAMPAIGN)
def standings(data: Data) -> pd.DataFrame:
    """Where everybody on a list stands, a row a person.

    Args:
        data: what `kit.open` returned; a period does not narrow it.

    Returns:
        contact_key, standing [of STANDINGS], consented [day; NaT: no file dates it], source, purpose [NULL: not told],
        proof [bool: a confirmation or another proof is on file], withdrawn [day].
    """
    contacts = scope.history(data, "contacts")
    if contacts is None or data.as_of is None:
        return pd.DataFrame(columns=EACH)
    listed = subscribers.each(contacts, data).select("contact_key", "joined", "left", "cause")
    people = contacts.group_by("contact_key").agg(
        consented=col.opted_in_at.min().date(),
        source=col.opt_in_source.max(),
        purpose=col.consent_purpose.max(),
        proof=(col.confirmed_at.notnull() | col.consent_proof.notnull()).any(),
        other=(~col.consent_purpose.lower().re_search(ADVERTISING)).all().fill_null(NO),
    )
    people = people.left_join(listed, "contact_key")
    people = people.mutate(
        standing=ibis.cases(
            (~people.contact_key_right.notnull(), "unconfirmed"),
            (people.cause != "", people.cause),
            (people.other, "other purpose"),
            (~people.joined.notnull(), "no date"),
            else_="allowed",
        ),
        withdrawn=people.left,
    )
    return people.select(EACH).order_by("contact_key").to_pandas()


@scope.count("messages")
def sends(data: Data) -> pd.DataFrame:
    """Bulk mails of the question that went to people without a consent valid on that day.

    Returns:
        A row a kind: kind [of INVALID; "all": every send], mails, people. No row without an event log or contacts; who
        unsubscribed is counted from the day after, and who came back to the list stands by the first consent.
    """
    mails, contacts = scope.of_population(data), scope.history(data, "contacts")
    if mails is None or contacts is None or data.as_of is None:
        return pd.DataFrame(columns=SENDS)
    mails = mails.filter((col.sent.fill_null(NO) | col.reached), col.contact_key.notnull())
    listed = subscribers.each(contacts, data).select(person="contact_key", joined="joined", left="left", cause="cause")
    on_file = contacts.select(on_file="contact_key").distinct()
    both = mails.left_join(listed, mails.contact_key == listed.person)
    both = both.left_join(on_file, both.contact_key == on_file.on_file)
    day = both.sent_local.date()
    kind = ibis.cases(
        (~both.on_file.notnull(), "no record"),
        (~both.person.notnull(), "unconfirmed"),
        (both.cause.isin(["unsubscribe", "complaint"]) & (day > both.left), "withdrawn"),
        (~both.joined.notnull(), "no date"),
        (day < both.joined, "before"),
        else_="valid",
    )
    counted = (
        both.mutate(kind=kind).group_by("kind").agg(mails=col.count(), people=col.contact_key.nunique()).to_pandas()
    )
    total = pd.DataFrame([("all", counted["mails"].sum(), 0)], columns=SENDS)
    order = [*INVALID, "all"]
    frame = pd.concat([counted[counted["kind"] != "valid"], total], ignore_index=True).set_index("kind")
    return (
        frame.reindex([name for name in order if name in frame.index])
        .reset_index()
        .astype({"mails": int, "people": int})
    )


def judge(states: States, each: pd.DataFrame, sent: pd.DataFrame, *, level: float = LEVEL) -> Permission:
    """Whom one may write to.

    Args:
        states: what `states.measure` returned.
        each: what `standings` returned.
        sent: what `sends` returned.
        level: confidence.
    """
    people = states.people.merge(each, on="contact_key", how="left")
    people["standing"] = people["standing"].fillna("no record") if len(each) else None
    if not len(each):
        return Permission(pd.DataFrame(columns=WHO), pd.DataFrame(columns=OF_CONSENT), people, sent, states.days)
    rows = []
    for who, group in (("lapsed", people[people["state"] == "lapsed"]), ("customers", people), ("listed", each)):
        counted = group["standing"].value_counts()
        n = counted.reindex([name for name in STANDINGS if name in counted.index])
        low, high = proportions.proportion_interval(n, len(group), level=level)
        rows += [(who, *row) for row in zip(n.index, n, n / max(len(group), 1), low, high, strict=True)]
    known_of = {
        "consented": each["consented"].notna(), "source": each["source"].notna(), "purpose": each["purpose"].notna(),
        "proof": each["proof"].fillna(value=False).astype(bool),
    }  # fmt: skip
    allowed = each["standing"] == "allowed"
    n = [int((allowed & told).sum()) for told in known_of.values()]
    total = int(allowed.sum())
    low, high = proportions.proportion_interval(n, total, level=level)
    consent = pd.DataFrame(
        {"what": list(known_of), "n": n, "value": np.array(n) / max(total, 1), "low": low, "high": high}
    )
    return Permission(pd.DataFrame(rows, columns=WHO), consent, people, sent, states.days)


@result
class Permission(Result):
    """Whom one may write to.

    Attributes:
        who: a row a circle and standing: who ["lapsed", "customers", "listed": everybody on a list], standing, n
            [people], value, low, high [of the circle].
        consent: a row a part of the record: what ["consented", "source", "purpose", "proof"], n [people who may be
            written to and of whom it is on file], value, low, high.
        people: the customers as `States` has them, with the columns of `standings`; standing None: no file holds
            contacts.
        sent: as `sends` returned it.
        days: ahead.
    """

    who: pd.DataFrame
    consent: pd.DataFrame
    people: pd.DataFrame
    sent: pd.DataFrame
    days: int

    def summary(self) -> Summary:
        """How many of the lapsed may be written to."""
        if self.who.empty:
            text = _("It is not known who may be e-mailed: none of your files contains contacts with their consent.")
            return Summary("permission", text, {}, headline=True, weight=20)
        lapsed = self.who[self.who["who"] == "lapsed"]
        total = int(lapsed["n"].sum())
        allowed = int(lapsed.loc[lapsed["standing"] == "allowed", "n"].sum())
        numbers: dict[str, Any] = {"lapsed": total, "allowed": allowed, "refused": total - allowed}
        text = _n(
            "{allowed} of {n} lapsed customer may be e-mailed; {refused} may not.",
            "{allowed} of {n} lapsed customers may be e-mailed; {refused} may not.",
            total, n=whole(total), allowed=whole(allowed), refused=whole(total - allowed),
        )  # fmt: skip
        return Summary("permission", text, numbers, headline=True, weight=32)

    def sends_summary(self) -> Summary:
        """How many mails went out without a valid consent."""
        if self.sent.empty:
            text = _("It is not known whether e-mails went out without consent: there are contacts, but no event log.")
            return Summary("invalid_sends", text, {})
        by = self.sent.set_index("kind")["mails"]
        total, wrong = int(by["all"]), int(by.drop("all").sum())
        numbers = {"mails": total, "invalid": wrong}
        if not wrong:
            return Summary("invalid_sends", _n("The {n} bulk e-mail went to people with a consent on file.",
                           "All {n} bulk e-mails went to people with a consent on file.", total), numbers)  # fmt: skip
        text = _(
            "{n} of {total} bulk e-mails ({share}) went out without a consent valid on that day.",
            n=whole(wrong), total=whole(total), share=share(wrong / total),
        )  # fmt: skip
        return Summary("invalid_sends", text, numbers, headline=True, weight=55)

    def table(self) -> Table:
        """Where the lapsed, all customers and everybody on a list stand."""
        frame = self.who
        columns = (
            Column("who", message("Who"), CIRCLES.__getitem__),
            Column("standing", message("Permission status"), STANDINGS.__getitem__),
            Column("n", message("People"), whole, unit="people", number=True),
            Column("value", message("Share"), cells.rate, unit="share", number=True, whole_row=True),
        )
        notes = (
            message(
                "Each person is counted in the first row that applies. The files do not show which law applies to whom."
            ),
            message(
                "“Removed by us” are people whom the firm itself no longer e-mails; their consent may still be valid."
            ),
        )
        return Table("permission", message("Who may we e-mail?"), frame, columns, notes,
                     message("none of your files contains contacts with their consent."))  # fmt: skip

    def consent_table(self) -> Table:
        """What is on file of the consent of those who may be written to."""
        columns = (
            Column("what", message("On file"), RECORD.__getitem__),
            Column("n", message("People"), whole, unit="people", number=True),
            Column("value", message("Share"), cells.rate, unit="share", number=True, whole_row=True),
        )
        notes = (
            message(
                "Shares are of all people on a list who may be e-mailed. Senders must be able to show the consent."
            ),
        )
        return Table("consent", message("What proves the consent?"), self.consent, columns, notes,
                     message("none of your files contains contacts with their consent."))  # fmt: skip

    def sends_table(self) -> Table:
        """Bulk mails without a consent valid at sending."""
        columns = (
            Column("kind", message("Sent"), INVALID.__getitem__),
            Column("mails", message("E-mails"), whole, unit="mails", number=True),
            Column("people", message("People"), whole, unit="people", number=True),
        )
        frame = self.sent[self.sent["kind"] != "all"].reset_index(drop=True)
        return Table("invalid_sends", message("E-mails without a valid consent"), frame, columns, (),
                     message("none, as far as the files show."))  # fmt: skip

    def listed(self, data: Data, groups: Groups, leaving: Leaving) -> Listed:
        """The lapsed customers, one a row, with what to write by: those who may be written to first.

        Args:
            data: what `kit.open` returned.
            groups: of the same customers.
            leaving: of the same customers.
        """
        gone = self.people[self.people["state"] == "lapsed"]
        frame = gone.merge(groups.of_people, on="contact_key", how="left").merge(
            leaving.of_people, on="contact_key", how="left"
        )
        frame["allowed"] = frame["standing"].eq("allowed")
        frame = frame.sort_values(
            ["allowed", "worth", "contact_key"], ascending=[False, False, True], ignore_index=True
        )
        return Listed(frame[LIST_COLUMNS], data)


LIST_COLUMNS = [
    "contact_key", "standing", "group", "occasions", "last", "silent", "chance", "bounded", "worth", "reason",
    "stopped_after",
]  # fmt: skip

CIRCLES = {
    "lapsed": message("Lapsed customers"),
    "customers": message("All customers"),
    "listed": message("Everybody on a list"),
}

RECORD = {
    "consented": message("When"),
    "source": message("By which form or source"),
    "purpose": message("For which purpose"),
    "proof": message("Proof (confirmation, network address …)"),
}


@result
class Listed(Result):
    """The lapsed customers as a list.

    Attributes:
        frame: a row a person: LIST_COLUMNS.
        data: what `kit.open` returned.
    """

    frame: pd.DataFrame
    data: Data

    def summary(self) -> Summary:
        """How many are on the list."""
        n = len(self.frame)
        text = _n("The list contains {n} lapsed customer.", "The list contains {n} lapsed customers.", n)
        return Summary("lapsed_list", text, {"n": n})

    def write(self, folder: str, *, addresses: bool = False) -> Path | None:
        """Write the list as lapsed.csv; see `kit.store.lists.write`."""
        return lists.write(self.frame, self.data, folder, "lapsed.csv", addresses=addresses)

    def table(self) -> Table:
        """The head of the list, people as salted hashes."""
        columns = (
            Column("person", message("Person (hash)")),
            Column("standing", message("Permission status"), STANDINGS.__getitem__),
            Column("group", message("Group")),
            Column("last", message("Last order"), day),
            Column("chance", message("Chance to come back, at most"), share, unit="share", number=True),
            Column("worth", message("Spent so far"), whole, unit="money", number=True),
            Column("reason", message("Reason"), REASONS.__getitem__),
            Column("stopped_after", message("Last event before silence"), EVENT_TITLES.__getitem__),
        )
        frame = lists.people(self.frame.head(LISTED), self.data)
        notes = (
            _(
                "The table's CSV contains the first {n}. The file that the parameter “lists” creates contains all, "
                "with addresses only if “addresses” is set.",
                n=LISTED,
            ),
            message("A person's hash is the same in every table on this computer, and does not reveal the address."),
        )
        title, empty = (
            message("Lapsed customers: first those who may be e-mailed"),
            message("nobody has clearly lapsed."),
        )
        return Table("lapsed_list", title, frame, columns, notes, empty, most=20)


_PERSON = message("a person, by address")

FIGURES = (
    Figure(
        "standing", message("May be e-mailed"),
        message("people with the status / people of the group"), _PERSON, "GDPR Art. 7; 38-FZ Art. 18; guide 4",
        ("permission.n", "permission.value", "permission.lapsed", "permission.allowed", "permission.refused",
         "lapsed_list.n"),
        interval=WILSON, window=message("on the day of as_of"),
        edge=message("the first status that applies counts; a purpose that is not stated covers everything"),
    ),
    Figure(
        "consent_record", message("What is on file about the consent"),
        message("people for whom it is on file / people who may be e-mailed"),
        _PERSON, "GDPR Art. 7(1)", ("consent.n", "consent.value"), interval=WILSON,
    ),
    Figure(
        "invalid_sends", message("E-mails without a valid consent"),
        message("bulk e-mails to people on no list, unconfirmed, undated, before the consent or after its withdrawal"),
        message("an e-mail"), "GDPR Art. 7; 38-FZ Art. 18",
        ("invalid_sends.mails", "invalid_sends.people", "invalid_sends.invalid"), window=message("by day of sending"),
        edge=message("the day of unsubscribing itself does not count; for people who came back, the first consent "
                     "applies"),
    ),
)  # fmt: skip
