"""What people gave as reasons, and what happened to those who fell silent more often than to those who stayed.

Those who stayed are people who came again, and had not yet come by the end of the same days in which the others are
looked at; so both had the same time for something to happen. They are compared within the number of the order and
the quarter, since files begin at different days.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import ibis
import numpy as np
import pandas as pd
from ibis import _ as col

from kit.counts import scope
from kit.judging import ALPHA, EVENTS, LEVEL
from kit.messages import _, _n, message
from kit.metrics.figures import WILSON, Figure
from kit.questions.customer_messages import messages
from kit.questions.lapsed.states import STRATA, States, purchases
from kit.show import cells
from kit.show.formats import known, p_value, points, share, whole
from kit.show.result import Result, result
from kit.show.summary import Summary
from kit.show.table import Column, Table
from kit.stats import multiplicity, proportions, stratified
from kit.tables import MESSAGES

if TYPE_CHECKING:
    from kit.store import Data

AFTER = 30
"""Days since the last order in which something is looked for."""

LOW_SCORE = 0.5
"""A score below this share of its scale is a low one; of NPS up to 6 of 10."""

EVENT_TITLES = {
    "ticket": message("A request to the service"),
    "negative": message("A message in a negative tone"),
    "low score": message("A low score in a survey"),
    "refund": message("A refund"),
    "unsubscribe": message("Unsubscribed"),
    "complaint": message("Marked an e-mail as spam"),
    "bounce": message("A hard bounce"),
}
"""What may stand before a silence."""

REASONS = {
    "price": message("Price"),
    "service": message("Service"),
    "product": message("Product"),
    "need gone": message("No longer needed"),
    "moved": message("Moved away"),
    "other": message("Something else"),
    "unknown": message("Not known"),
}
"""Reasons for leaving, as Kumar, Bhagat & Zhang (2015) code them, doi:10.1509/jm.14.0107."""

OF_THEME = {
    "price": "price", "payment": "price", "waiting": "service", "staff": "service", "booking": "service",
    "delivery": "service", "documents": "service", "quality": "product", "parts": "product",
}  # fmt: skip
"""The reason that a theme of messages (kit/text/reading.yaml) stands for; other themes are something else."""

WORDS = {
    "need gone": r"no longer need|don.t need|no need|sold (?:the|my)|больше не нуж|не требуется|продал",
    "moved": r"moved|relocat|перее[хз]",
}
"""Reasons that no theme has, by their words."""

NAMES = {
    "price": r"\bpric|expensive|\bцен[аыуе]|дорог",
    "service": r"\bservice|\bwait|\bstaff|ожидани|обслуживани|сервис|персонал",
    "product": r"\bproduct|\bquality|качеств|товар",
}
"""Reasons that the firm noted in a word, which is too little to read a theme from."""

EVENT_COLUMNS = ["contact_key", "day", "kind"]
GIVEN = ["contact_key", "day", "origin", "reason"]
STOPPED = ["kind", "n", "x", "value", "stayed_n", "stayed", "difference", "low", "high", "p", "decision"]


def measure(data: Data, states: States) -> Leaving:
    """The reasons of the lapsed, and what happened before silence more often than to those who stayed.

    Args:
        data: what `kit.open` returned.
        states: what `states.measure` returned.

    Source: guide 4; Mantel & Haenszel (1959), doi:10.1093/jnci/22.4.719.
    """
    return judge(states, spells(data, states), events(data, _guide(data)), reasons_of(data))


def reasons_of(data: Data) -> pd.DataFrame:
    """The reasons that people gave, as `given` has them, read as the settings say."""
    return given(data, _guide(data))


def _guide(data: Data) -> str:
    return " ".join(messages.guide_of(data).digests.values())


@scope.count(
    "tickets", "surveys", "orders", "contacts", "messages", "mails", "ticket_messages",
    whole="what happened is looked for around each order, whatever the period", unfiltered=scope.NO_CAMPAIGN,
)  # fmt: skip
def events(data: Data, version: str = "") -> pd.DataFrame:
    """What happened to people beside their orders: contact_key, day, kind [of EVENT_TITLES], a row an event.

    Args:
        data: what `kit.open` returned.
        version: of what the messages are read by.
    """
    parts = []
    tickets, surveys, orders = (scope.history(data, name) for name in ("tickets", "surveys", "orders"))
    contacts, mail = scope.history(data, "contacts"), scope.history(data, MESSAGES.name)
    if tickets is not None:
        parts.append(("ticket", tickets.select("contact_key", moment=col.created_local)))
    if surveys is not None:
        span = (col.score - col.scale_min) / (col.scale_max - col.scale_min)
        low = surveys.filter(ibis.ifelse(col.survey_type == "nps", span <= 0.6, span < LOW_SCORE))
        parts.append(("low score", low.select("contact_key", moment=col.responded_local)))
    if orders is not None:
        parts.append(("refund", orders.filter(col.refunded > 0).select("contact_key", moment=col.ordered_local)))
    if contacts is not None:
        parts.append(("unsubscribe", contacts.select("contact_key", moment=col.unsubscribed_at)))
    if mail is not None:
        for kind, fact in (("unsubscribe", "unsubscribed"), ("complaint", "complained"), ("bounce", "bounced_hard")):
            parts.append((kind, mail.filter(col[fact]).select("contact_key", moment=col.sent_local)))
    frames = [
        table.filter(col.contact_key.notnull(), col.moment.notnull()).to_pandas().assign(kind=kind)
        for kind, table in parts
    ]
    texts = _read(data, version)
    frames.append(texts.loc[texts["tone"] == "negative", ["person", "day"]].set_axis(["contact_key", "moment"], axis=1))
    frames[-1] = frames[-1].assign(kind="negative")
    frame = pd.concat([part.astype({"moment": "datetime64[us]"}) for part in frames], ignore_index=True)
    frame["day"] = frame["moment"].dt.normalize()
    return frame[EVENT_COLUMNS].drop_duplicates().sort_values(EVENT_COLUMNS, ignore_index=True)


@scope.count(
    "contacts", "mails", "ticket_messages", "surveys", "assignments",
    whole="a reason holds until the person comes back", unfiltered=scope.NO_CAMPAIGN,
)  # fmt: skip
def given(data: Data, version: str = "") -> pd.DataFrame:
    """The reasons that people gave: GIVEN, with origin "unsubscribing", "survey", "mail", "help desk" or "test".

    A reason that stands in the file of a test was known on the day before.

    Args:
        data: what `kit.open` returned.
        version: of what the texts are read by.
    """
    texts = _read(data, version)
    texts = texts[(texts["theme"] != "") & texts["person"].notna() & (texts["tone"] != "positive")]
    said = texts.assign(reason=[OF_THEME.get(theme, "other") for theme in texts["theme"]])
    parts = [said[["person", "day", "origin", "reason"]].set_axis(GIVEN, axis=1)]
    contacts = scope.history(data, "contacts")
    if contacts is not None:
        left = contacts.filter(col.unsubscribe_reason.notnull())
        left = left.select("contact_key", day=col.unsubscribed_at, text=col.unsubscribe_reason).to_pandas()
        parts.append(_coded(data, left, "unsubscribing"))
    tests = scope.history(data, "assignments")
    if tests is not None:
        noted = tests.filter(col.reason.notnull(), col.assigned_local.notnull())
        noted = noted.select("contact_key", day=col.assigned_local, text=col.reason).to_pandas()
        noted["day"] = noted["day"].astype("datetime64[us]").dt.normalize() - pd.Timedelta(days=1)
        parts.append(_coded(data, noted, "test"))
    frame = pd.concat([part.astype({"day": "datetime64[us]"}) for part in parts], ignore_index=True)
    return frame.sort_values(GIVEN, ignore_index=True)


def _coded(data: Data, texts: pd.DataFrame, origin: str) -> pd.DataFrame:
    """GIVEN of rows with contact_key, day and text."""
    themes = messages.read_texts(data, texts["text"])["theme"]
    reasons = [coded(text, theme) for text, theme in zip(texts["text"], themes, strict=True)]
    return texts.assign(origin=origin, reason=reasons)[GIVEN]


def coded(text: str, theme: str) -> str:
    """The reason of a text: by its words, else by the theme that it was read as, or by its name; else "other"."""
    lowered = text.lower()
    by_words, by_name = (
        next((reason for reason, words in patterns.items() if re.search(words, lowered)), None)
        for patterns in (WORDS, NAMES)
    )
    return by_words or OF_THEME.get(theme) or by_name or "other"


def _read(data: Data, version: str) -> pd.DataFrame:  # noqa: ARG001  what is kept is kept for this version
    """Messages and comments of all times: person, day, origin, tone, theme."""
    rows = messages.read(data.history).rows
    return rows.assign(day=pd.to_datetime(rows["day"]))[["person", "day", "origin", "tone", "theme"]]


def spells(data: Data, states: States) -> pd.DataFrame:
    """One spell a person: that of the lapsed since their last order, of others the last after which they came again.

    Only spells of more than AFTER days, so that all have the same days to look at.

    Returns:
        contact_key, start [day], stratum ["2, 2026Q1": number of the order and quarter], lapsed [bool].
    """
    return of_spells(purchases(data, states.what), states)


def of_spells(bought: pd.DataFrame, states: States) -> pd.DataFrame:
    """As `spells`, of what `states.purchases` returned."""
    columns = ["contact_key", "start", "stratum", "lapsed"]
    if bought.empty or states.people.empty:
        return pd.DataFrame(columns=columns)
    person = bought.groupby("contact_key", sort=False)
    frame = bought.assign(number=person.cumcount() + 1, following=person["day"].shift(-1))
    state = frame["contact_key"].map(states.people.set_index("contact_key")["state"])
    silent = (states.until - frame["day"]).dt.days
    lapsed = frame["following"].isna() & (state == "lapsed") & (silent > AFTER)
    stayed = (state != "lapsed") & ((frame["following"] - frame["day"]).dt.days > AFTER)
    kept = frame[lapsed | stayed].assign(lapsed=lapsed).drop_duplicates("contact_key", keep="last")
    number = kept["number"].clip(upper=STRATA).astype(str)
    quarter = kept["day"].dt.to_period("Q").astype(str)
    return kept.assign(start=kept["day"], stratum=number + ", " + quarter)[columns].reset_index(drop=True)


def judge(
    states: States, watched: pd.DataFrame, happened: pd.DataFrame, reasons: pd.DataFrame, *, level: float = LEVEL
) -> Leaving:
    """The reasons, and the events before silence.

    Args:
        states: what `states.measure` returned.
        watched: what `spells` returned.
        happened: what `events` returned.
        reasons: what `given` returned.
        level: confidence.
    """
    rows = []
    starts = watched[["contact_key", "start", "stratum", "lapsed"]]
    for kind in EVENT_TITLES:
        of_kind = happened[happened["kind"] == kind]
        if of_kind.empty or starts.empty:
            continue
        since = starts[starts["start"] >= of_kind["day"].min()]
        both = since.merge(of_kind, on="contact_key")
        after = (both["day"] - both["start"]).dt.days
        hit = set(both.loc[(after >= 0) & (after <= AFTER), "contact_key"])
        marked = since.assign(hit=since["contact_key"].isin(hit))
        table = marked.groupby(["stratum", "lapsed"])["hit"].agg(["sum", "size"]).unstack(fill_value=0)
        table = table.reindex(columns=pd.MultiIndex.from_product([["sum", "size"], [False, True]]), fill_value=0)
        x_a, n_a, x_b, n_b = (table[key].to_numpy(float) for key in _ARMS)
        gap = stratified.mantel_haenszel(x_a, n_a, x_b, n_b, level=level)
        shared = (n_a > 0) & (n_b > 0)
        enough = (x_a + x_b)[shared].sum() >= EVENTS
        sizes = [int(values[shared].sum()) for values in (x_b, n_b, x_a, n_a)]
        parts = (gap.difference, gap.low, gap.high, gap.p) if enough else (np.nan,) * 4
        x, n, y, m = sizes
        rows.append((kind, n, x, x / n if n else np.nan, m, y / m if m else np.nan, *parts))
    frame = pd.DataFrame(rows, columns=STOPPED[:-1])
    frame["p"] = multiplicity.adjust(frame["p"], "bh")
    seen = frame["p"] <= ALPHA
    decision = np.where(frame["p"].isna(), "too few", np.where(~seen, "as usual", "more often"))
    frame["decision"] = np.where(seen & (frame["difference"] < 0), "less often", decision)
    return Leaving(_reasons(states, reasons, level), frame, _of_people(states, reasons, happened))


_ARMS = (("sum", False), ("size", False), ("sum", True), ("size", True))


def _latest_reason(states: States, reasons: pd.DataFrame) -> pd.Series:
    """The last reason that each of the lapsed gave since AFTER days before the last order, by contact_key."""
    gone = states.people.loc[states.people["state"] == "lapsed", ["contact_key", "last"]]
    both = gone.merge(reasons, on="contact_key")
    since = both["day"].isna() | (both["day"] >= both["last"] - pd.Timedelta(days=AFTER))
    both = both[since].sort_values("day", na_position="first", kind="stable")
    latest = both.drop_duplicates("contact_key", keep="last").set_index("contact_key")["reason"]
    return gone.set_index("contact_key").assign(reason=latest)["reason"].astype("object").fillna("unknown")


def _reasons(states: States, reasons: pd.DataFrame, level: float) -> pd.DataFrame:
    counted = _latest_reason(states, reasons).value_counts()
    names = [name for name in REASONS if name in counted.index]
    n = counted.reindex(names).astype("int64")
    known_n = int(n.drop("unknown", errors="ignore").sum())
    of = [int(n.sum()) if name == "unknown" else known_n for name in names]
    low, high = proportions.proportion_interval(n, of, level=level)
    return pd.DataFrame(
        {"reason": names, "n": n.to_numpy(), "value": n.to_numpy() / np.maximum(of, 1), "low": low, "high": high}
    )


def _of_people(states: States, reasons: pd.DataFrame, happened: pd.DataFrame) -> pd.DataFrame:
    """contact_key, reason, stopped_after [the last event in the AFTER days since the last order; "": none]."""
    reason = _latest_reason(states, reasons).rename("reason").reset_index()
    both = states.people[["contact_key", "last"]].merge(happened, on="contact_key")
    after = (both["day"] - both["last"]).dt.days
    last = (
        both[(after >= 0) & (after <= AFTER)].sort_values(["day", "kind"]).drop_duplicates("contact_key", keep="last")
    )
    return reason.merge(last[["contact_key", "kind"]], on="contact_key", how="left").rename(
        columns={"kind": "stopped_after"}
    )


@result
class Leaving(Result):
    """Why people left, as far as something tells it.

    Attributes:
        reasons: a row a reason that any of the lapsed gave: reason, n [people], value, low, high [of those who gave
            one; of "unknown": of all lapsed].
        stopped: a row a kind of event: kind, n [lapsed people who can be compared], x [of them with the event], value
            [x / n], stayed_n, stayed [the same of those who stayed], difference, low, high [Mantel and Haenszel's,
            share], p [adjusted], decision.
        of_people: a row a lapsed person: contact_key, reason, stopped_after [kind of the last event; NaN: none].
    """

    reasons: pd.DataFrame
    stopped: pd.DataFrame
    of_people: pd.DataFrame

    def summary(self) -> Summary:
        """How many reasons are known, and what stood before silence more often."""
        by = self.reasons.set_index("reason")["n"]
        total, unknown = int(by.sum()), int(by.get("unknown", 0))
        numbers: dict[str, Any] = {"lapsed": total, "given": total - unknown}
        if not total:
            return Summary("leaving", _("It is not known why people left: nobody has clearly lapsed."), numbers)
        if total == unknown:
            text = _n("It is not known why the {n} lapsed customer left: none of your files gives a reason.",
                      "It is not known why the {n} lapsed customers left: none of your files gives a reason.",
                      total)  # fmt: skip
        else:
            first = self.reasons[self.reasons["reason"] != "unknown"].sort_values("n", kind="stable").iloc[-1]
            text = _(
                "{given} of {n} lapsed customers gave a reason. The most frequent: {reason}, {value}.",
                n=whole(total), given=whole(total - unknown), reason=REASONS[first["reason"]], value=cells.rate(first),
            )  # fmt: skip
        more = self.stopped[self.stopped["decision"] == "more often"].sort_values("difference", ascending=False)
        if len(more):
            first = more.iloc[0]
            hint = _(
                "More frequent before silence than among customers who stayed: {event}, {points} points. This is a "
                "hint, not proof.",
                event=EVENT_TITLES[first["kind"]], points=points(first["difference"]),
            )  # fmt: skip
        elif len(self.stopped):
            hint = _("Nothing in your files happened more often before silence than to customers who stayed.")
        else:
            hint = ""
        return Summary("leaving", f"{text} {hint}".rstrip(), numbers)

    def table(self) -> Table:
        """What happened within a month of the last order, against those who stayed."""
        columns = (
            Column("kind", message("Within {days} days after the order", days=AFTER), EVENT_TITLES.__getitem__),
            Column("n", message("Lapsed"), whole, unit="people", number=True),
            Column("value", message("Happened to lapsed customers"), share, unit="share", number=True),
            Column("stayed_n", message("Customers who stayed"), whole, unit="people", number=True),
            Column("stayed", message("Happened to those who stayed"), share, unit="share", number=True),
            Column(
                "difference",
                message("Difference (points)"),
                cells.difference,
                unit="share",
                number=True,
                whole_row=True,
            ),
            Column("decision", message("Verdict"), DECISIONS.__getitem__),
            Column("p", message("Adjusted p"), lambda p: p_value(p) if known(p) else "–", number=True),
        )
        notes = (
            message(
                "The difference is a Mantel-Haenszel estimate, within the number of the order and its quarter. p is "
                "adjusted over all rows (Benjamini and Hochberg)."
            ),
            message(
                "Unhappy customers may also have had reasons that none of your files contains. This is a hint, "
                "not proof."
            ),
        )
        empty = message("your files contain no events except orders.")
        return Table("leaving", message("What happened before silence"), self.stopped, columns, notes, empty)

    def reasons_table(self) -> Table:
        """The reasons that the lapsed gave."""
        columns = (
            Column("reason", message("Reason"), REASONS.__getitem__),
            Column("n", message("Lapsed customers"), whole, unit="people", number=True),
            Column("value", message("Share"), cells.rate, unit="share", number=True, whole_row=True),
        )
        notes = (
            message(
                "From unsubscribe reasons, survey comments, e-mails and requests since a month before the last "
                "order; the latest of each person. Shares are of people who gave a reason; these are not a random "
                "sample."
            ),
        )
        return Table("leaving_reasons", message("Reasons for leaving"), self.reasons, columns, notes,
                     message("nobody has clearly lapsed."))  # fmt: skip


DECISIONS = {
    "more often": message("more often before silence"),
    "less often": message("less often before silence"),
    "as usual": message("no difference seen"),
    "too few": message("too little data"),
}

_PERSON = message("a person, by the last order, or by the last order after which the person came again")

FIGURES = (
    Figure(
        "stopped_after", message("What happened before silence"),
        message("people to whom it happened within 30 days of the order / all people; the lapsed minus those who "
                "stayed"),
        _PERSON,
        "Mantel & Haenszel (1959), doi:10.1093/jnci/22.4.719",
        ("leaving.n", "leaving.value", "leaving.stayed_n", "leaving.stayed", "leaving.difference"),
        window=message("30 days after the order; only people who did not come again in that time"),
        interval=message("95 %: Sato's variance"),
        edge=message("within the number of the order and its quarter; from the first day with such an event in the "
                     "file"),
    ),
    Figure(
        "leaving_reason", message("Reason for leaving"), message("lapsed people who gave this reason / lapsed "
                                                                 "people who gave any"),
        message("a lapsed person, by the latest reason"), "Kumar, Bhagat & Zhang (2015), doi:10.1509/jm.14.0107",
        ("leaving_reasons.n", "leaving_reasons.value", "leaving.lapsed", "leaving.given"), interval=WILSON,
        window=message("since 30 days before the last order"),
        edge=message("texts are read as in notebook 11; people without a reason are shown as a share of all lapsed"),
    ),
)  # fmt: skip
