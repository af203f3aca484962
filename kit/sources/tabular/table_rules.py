"""What the rows of a whole file tell that no row tells alone: derived counts, reported rates, scales, stages, refunds.

Each function of `FINISH` completes the rows of one table in place and returns what has to be said about it.
"""

from __future__ import annotations

import calendar
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from kit.messages import Text, message, message_n
from kit.privacy import quotable
from kit.sources.detect.headers import listed
from kit.sources.tabular.derived import UNSETTLED
from kit.sources.text import times
from kit.tables import ASSIGNMENTS, BILLING, CAMPAIGN_STATS, COSTS, DEALS, ORDERS, SURVEYS, TICKETS, WEB

TOLERANCE = 0.001
"""How far a reported rate may lie from the counts, as a share: 0.1 points is rounding."""

Rows = Sequence[tuple[int, dict[str, Any]]]
"""The line and the values of each row."""

_MUCH = 1.5
"""Clickers beside openers, from which on one of the counts is wrong: some click without loading pictures."""

_NAMED = 10
"""Rows that contradict themselves which a note names; all are counted."""

_AT_MOST = (
    ("delivered", "sent"),
    ("bounced", "sent"),
    ("unsubscribed", "sent"),
    ("complained", "sent"),
    ("opened", "delivered"),
    ("clicked", "delivered"),
    ("opened", "sent"),
    ("clicked", "sent"),
    ("clicked", "opened"),
    ("opened", "opens_total"),
    ("clicked", "clicks_total"),
    ("opened_machine", "opened"),
    ("bounced_hard", "bounced"),
    ("bounced_soft", "bounced"),
)
_OF_MAIL = ("delivered", "sent")
RATES = {
    "reported_open_rate": ("opened", _OF_MAIL),
    "reported_click_rate": ("clicked", _OF_MAIL),
    "reported_ctor": ("clicked", ("opened",)),
}
"""What a reported rate counts, and over what: the usual base first."""

_COUNTS = frozenset(column.name for column in CAMPAIGN_STATS.columns if column.type == "int")

SCALES = ((1, 5), (1, 7), (1, 10), (1, 100), (0, 1), (0, 5), (0, 10), (0, 100))
"""Scales in use, the shortest first; those with a 0 only where somebody answered 0."""

NPS_TOP = 10
"""The largest answer of an NPS."""

SHORT, LONGER, ENOUGH = 5, 7, 30
"""The largest answers of the short scales: who asks on 0 to 10 hardly gets 0 to 5 alone; of so many, not 0 to 7."""

_VERSION = re.compile(
    r"(?P<name>.*\S)\s*(?:[|–—-]\s*(?P<mark>(?:combo|combination|variant|variation|version|test|вариант|версия|"
    r"winner|winning|победитель|gewinner|sieger|gagnant|ganador|vincitore|vencedor|variante|kombination)"
    r"(?:\s*#?\s*(?:\d{1,2}|[a-hа-г]))?)|[(\[](?P<letter>[A-HА-Г])[)\]])\s*",
    re.IGNORECASE,
)
"""How the name of a version of one campaign ends."""

_ALL_BACK = re.compile(
    r"^(wc-|fully )?(refunded|returned)$|^(возврат|возвращ[её]н[оа]?)( полностью)?$|^(zurück)?erstattet$"
    r"|^rembours[ée]e?$|^reembolsad[oa]$|^devuelt[oa]$|^devolvid[oa]$|^rimborsat[oa]$|^zwrócon[eoya]+$"
    r"|^已?(全额)?退款(成功|完成)?$",
    re.IGNORECASE,
)
_SOLD = re.compile(
    r"^(wc-)?(paid|complete|completed|processing|processed|shipped|partially shipped|delivered|fulfilled|unfulfilled|"
    r"partially fulfilled|partially paid|partially refunded|closed|done|success|successful|succeeded|settled|captured|"
    r"open|active|confirmed|approved|sent|оплачен[оа]?|выполнен[оа]?|заверш[её]н[оа]?|доставлен[оа]?|отправлен[оа]?|"
    r"новый|в обработке|в работе|подтвержд[её]н[оа]?|частичный возврат|"
    r"已完成|交易(完成|成功)|已(付款|支付)|(付款|支付)成功|待发货|(已|部分)发货|[待已]收货|已签收|部分退款|"
    r"bezahlt|abgeschlossen|versandt|versendet|geliefert|zugestellt|in bearbeitung|pay[ée]e?|termin[ée]e?|"
    r"exp[ée]di[ée]e?|livr[ée]e?|pagad[oa]|completad[oa]|enviad[oa]|entregad[oa])$",
    re.IGNORECASE,
)
"""States of an order that is sold, whether or not it has arrived; any other one is named."""


def campaigns(rows: Rows) -> list[Text]:
    """Complete the rows of `campaign_stats` in place; what is odd about them, in words."""
    for _, row in rows:
        _name_month(row)
        is_of_rate = row.get("delivered_is_derived")
        _derive(row)
        row["delivered_is_derived"] = is_of_rate or row["delivered_is_derived"]
    notes = _part_variants(rows)
    told = {name for _, row in rows for name, amount in row.items() if amount is not None}
    if told & RATES.keys() and told.isdisjoint(_COUNTS):
        notes.append(
            message("it has rates without counts. They are kept as reported, and their margin of error is unknown")
        )
    for rate, (count, bases) in RATES.items():
        notes += _settle(rows, rate, count, bases)
        notes += _compare(rows, rate, count, bases)
    for small, large in _AT_MOST:
        most = _MUCH if (small, large) == ("clicked", "opened") else 1
        impossible = [
            (line, row[small], row[large])
            for line, row in rows
            if row.get(small) is not None and row.get(large) is not None and row[small] > most * row[large]
        ]
        if impossible:
            lines = [f"{line} ({first} > {second})" for line, first, second in impossible[:_NAMED]]
            notes.append(
                message_n(
                    "{small} is larger than {large} in {n} row, on line {lines}",
                    "{small} is larger than {large} in {n} rows, on lines {lines}",
                    len(impossible), n=str(len(impossible)), small=small, large=large,
                    lines=", ".join([*lines, *(["…"] if len(impossible) > _NAMED else [])]),
                )
            )  # fmt: skip
    return notes


def _part_variants(rows: Rows) -> list[Text]:
    """Rows that are called alike but for the mark of a version, like "May | Combo 1", are versions of one campaign."""
    versions: defaultdict[str, list[tuple[str, dict[str, Any]]]] = defaultdict(list)
    for _, row in rows:
        if row.get("variant") is None and (parts := _VERSION.fullmatch(row.get("campaign_name") or "")):
            versions[parts["name"]].append((parts["mark"] or parts["letter"], row))
    notes: list[Text] = []
    for name, marked in versions.items():
        if len({mark.casefold() for mark, _ in marked}) < len(marked) or len(marked) < 2:
            continue
        for mark, row in marked:
            row |= {"campaign_name": name, "variant": mark, "campaign_type": row.get("campaign_type") or "ab_test"}
        marks = listed(mark for mark, _ in marked)
        notes.append(
            message("{name}: the rows are treated as versions of one test ({marks})", name=repr(name), marks=marks)
        )
    return notes


def _name_month(row: dict[str, Any]) -> None:
    """A row that sums up a month is called like 2026-07, however the file writes it, so that it is known as one."""
    month = times.month(row.get("campaign_name") or "")
    sent = row.get("sent_local")
    if month and sent is not None and sent == datetime(*month, 1) and not row.get("subject"):
        row["campaign_name"] = f"{month[0]}-{month[1]:02d}"


def _derive(row: dict[str, Any]) -> None:
    """Bounced from its parts, delivered from sent and bounced, where the file does not say them."""
    hard, soft = row.get("bounced_hard"), row.get("bounced_soft")
    if row.get("bounced") is None and hard is not None and soft is not None:
        row["bounced"] = hard + soft
    exported = row.get("delivered") is not None
    if not exported and row.get("sent") is not None and row.get("bounced") is not None:
        row["delivered"] = row["sent"] - row["bounced"] if row["bounced"] <= row["sent"] else None
    row["delivered_is_derived"] = None if row.get("delivered") is None else not exported


def _settle(rows: Rows, rate: str, count: str, bases: tuple[str, ...]) -> list[Text]:
    """Decide for a whole column whether 0.5 is a half or half a per cent, by the counts."""
    unsettled = [row for _, row in rows if row.get(rate + UNSETTLED) is not None]
    if not unsettled:
        return []

    def off(divisor: int) -> list[float]:
        return [
            abs(row[rate + UNSETTLED] / divisor - row[count] / row[base])
            for row in unsettled
            for base in bases
            if row.get(count) is not None and row.get(base)
        ]

    if not off(1):
        return [message("{rate} has no % sign, and no counts show its unit; it is left empty", rate=rate)]
    divisor = min((1, 100), key=lambda divisor: sum(off(divisor)))
    for row in unsettled:
        row[rate] = row[rate + UNSETTLED] / divisor
    return []


def _compare(rows: Rows, rate: str, count: str, bases: tuple[str, ...]) -> list[Text]:
    """Where a reported rate is not what the counts make; or over which other base it is."""
    reported = [(line, row) for line, row in rows if row.get(rate) is not None and row.get(count) is not None]
    wrong: dict[str, list[tuple[int, dict[str, Any]]]] = {}
    for base in bases:
        comparable = [(line, row) for line, row in reported if row.get(base)]
        if not comparable:
            continue
        wrong[base] = [(line, row) for line, row in comparable if abs(row[rate] - row[count] / row[base]) > TOLERANCE]
        if not wrong[base]:
            is_usual = base == bases[0] or not wrong.get(bases[0])
            if is_usual:
                return []
            return [
                message(
                    "{rate} in this file is {count} divided by {base}, not by {usual}",
                    rate=rate, count=count, base=base, usual=bases[0],
                )
            ]  # fmt: skip
    if not wrong:
        return []
    base, deviating = min(wrong.items(), key=lambda item: len(item[1]))
    line, row = deviating[0]
    return [
        message_n(
            "{rate} is not {count} divided by {base} in {n} row, first on line {line}: {reported} reported, "
            "{counted} from the counts. The counts are used",
            "{rate} is not {count} divided by {base} in {n} rows, first on line {line}: {reported} reported, "
            "{counted} from the counts. The counts are used",
            len(deviating), n=str(len(deviating)), rate=rate, count=count, base=base, line=str(line),
            reported=f"{row[rate]:.2%}", counted=f"{row[count] / row[base]:.2%}",
        )
    ]  # fmt: skip


def _give_back(rows: Sequence[dict[str, Any]]) -> int:
    """Make each row of a negative amount a refund of the order that has its number; how many there are."""
    sales = {row["order_id"]: row for row in reversed(rows) if row.get("order_id") and (row.get("total") or 0) > 0}
    refunds = [row for row in rows if (row.get("total") or 0) < 0 and row.get("order_id") in sales]
    for row in refunds:
        sale = sales[row["order_id"]]
        sale["refunded"] = (sale.get("refunded") or 0.0) - row["total"]
        row |= {"refunded": None, "total": 0.0, "is_cancelled": True}
    return len(refunds)


def orders(rows: Rows) -> list[Text]:
    """An order that its status calls refunded, with no amount beside it, was given back whole, and is no sale then."""
    back = [row for _, row in rows if row.get("refunded") is None and _ALL_BACK.search(row.get("status") or "")]
    for row in back:
        row["refunded"] = row.get("total")
    off = [row for _, row in rows if row.get("is_cancelled")]
    given_back = _give_back([row for _, row in rows])
    whole = [row for _, row in rows if not row.get("is_cancelled") and _is_given_back(row)]
    for row in whole:
        row["is_cancelled"] = True
    sold = [row.get("status") for _, row in rows if row.get("status") and not row.get("is_cancelled")]
    unknown = Counter(
        quotable(repr(status)) for status in sold if not _SOLD.fullmatch(str(status).strip().replace("_", " "))
    )
    notes: list[Text] = []
    if given_back:
        notes.append(
            message_n(
                "{n} row has a negative amount; it is a refund of the order with its number, not an order",
                "{n} rows have a negative amount; they are refunds of the orders with their numbers, not orders",
                given_back, n=str(given_back),
            )
        )  # fmt: skip
    if unknown:
        notes.append(
            message(
                "status: the values {states} are unknown to the kit, and such orders count as sales. If they are "
                "not sales, set is_cancelled in a mapping (kit map)",
                states=listed(unknown),
            )
        )
    if n := len(off):
        notes.append(
            message_n(
                "{n} order is cancelled, failed, void or not paid; it is kept but not counted as a sale",
                "{n} orders are cancelled, failed, void or not paid; they are kept but not counted as sales",
                n, n=str(n),
            )
        )  # fmt: skip
    if n := len(whole):
        notes.append(
            message_n(
                "{n} order was refunded in full; it is kept but not counted as a sale",
                "{n} orders were refunded in full; they are kept but not counted as sales",
                n, n=str(n),
            )
        )  # fmt: skip
    if n := len(back):
        notes.append(
            message_n(
                "{n} order has the status refunded but no amount; it is treated as refunded in full",
                "{n} orders have the status refunded but no amount; they are treated as refunded in full",
                n, n=str(n),
            )
        )  # fmt: skip
    return notes


def _is_given_back(row: dict[str, Any]) -> bool:
    return bool(row.get("refunded")) and row["refunded"] >= (row.get("total") or 0)


def deals(rows: Rows) -> list[Text]:
    """Whether the stages say at all what is won and lost; where none does, nothing is known of any deal."""
    closed = [row for _, row in rows if row.get("is_won") or row.get("is_lost")]
    staged = [row for _, row in rows if row.get("stage")]
    if not closed:
        for row in staged:
            row["is_won"] = row["is_lost"] = None
        names = listed(Counter(repr(row["stage"]) for row in staged))
        note = message("no stage shows that a deal is won or lost ({stages}), so this stays unknown", stages=names)
        return [note] if staged else []
    for row in closed:
        if row.get("is_won") and row.get("is_lost"):
            row["is_won"] = None
        else:
            row["is_won"], row["is_lost"] = bool(row.get("is_won")), bool(row.get("is_lost"))
    open_ = Counter(repr(row["stage"]) for row in staged if not (row.get("is_won") or row.get("is_lost")))
    return [message("stages treated as open: {stages}", stages=listed(open_))] if open_ else []


def costs(rows: Rows) -> list[Text]:
    """The amount of hours and rate; the last day of a period that says only how it begins."""
    notes: list[Text] = []
    computed = 0
    for _, row in rows:
        if row.get("amount") is None and row.get("hours") is not None and row.get("rate") is not None:
            row["amount"] = row["hours"] * row["rate"]
            computed += 1
    if computed:
        notes.append(
            message_n(
                "{n} amount is calculated as hours × rate",
                "{n} amounts are calculated as hours × rate",
                computed,
                n=str(computed),
            )
        )
    if n := sum(row.get("amount") is None for _, row in rows):
        notes.append(
            message_n(
                "{n} row has no amount and no hours with a rate; its cost is unknown",
                "{n} rows have no amount and no hours with a rate; their cost is unknown",
                n, n=str(n),
            )
        )  # fmt: skip
    return [*notes, *periods(rows)]


def periods(rows: Rows) -> list[Text]:
    """The last day of periods that say only how they begin: months where each begins on a first."""
    begun = [row for _, row in rows if row.get("period_start") is not None and row.get("period_end") is None]
    monthly = all(row["period_start"].day == 1 for row in begun)
    for row in begun:
        start = row["period_start"]
        last = calendar.monthrange(start.year, start.month)[1]
        row["period_end"] = start.replace(day=last) if monthly else start
    if begun and monthly:
        return [message("periods are read as whole months")]
    return [message("periods are read as single days")] if begun else []


def assignments(rows: Rows) -> list[Text]:
    """Which arm gets no mail; where none is known to be that arm, nothing is known of any."""
    held = Counter(repr(row["arm"]) for _, row in rows if row.get("is_holdout") and row.get("arm"))
    mailed = Counter(repr(row["arm"]) for _, row in rows if row.get("is_holdout") is False and row.get("arm"))
    if mailed and not any(row.get("is_holdout") for _, row in rows):
        for _, row in rows:
            row["is_holdout"] = None
        return [
            message(
                "it is unknown which group gets no e-mail ({arms}); set it as holdout.arms in kit.toml",
                arms=listed(mailed),
            )
        ]
    without_mail = [message("group without e-mail: {arms}", arms=listed(held))] if held else []
    with_mail = [message("with e-mail: {arms}", arms=listed(mailed))] if mailed else []
    return [*without_mail, *with_mail]


def billing(rows: Rows) -> list[Text]:
    """A refund written as a negative amount is a positive refund."""
    for _, row in rows:
        amount = row.get("amount")
        if amount is not None and amount < 0 and row["kind"] in {"charge", "refund"}:
            row["kind"], row["amount"] = "refund", -amount
    kinds = Counter(row["kind"] for _, row in rows if row["kind"] != "charge")
    return [
        message_n("{n} row is not a charge but {kind}", "{n} rows are not charges but {kind}", n, n=str(n), kind=kind)
        for kind, n in sorted(kinds.items())
    ]


def surveys(rows: Rows) -> list[Text]:
    """What is asked on 0 to 10 and is an NPS, and what is none; scales of scores."""
    notes = _no_nps(rows)
    scaled = [(line, row) for line, row in rows if row["survey_type"] != "rating"]
    return [*notes, *_scaled(scaled, "score", "scale_min", "scale_max", lambda row: row["survey_type"])]


def _no_nps(rows: Rows) -> list[Text]:
    """A question of recommending that is asked with yes and no, or on a short scale, makes no NPS."""
    asked = [row for _, row in rows if row.get("survey_type") == "nps" and row.get("score") is not None]
    unnamed = [row for row in asked if row.get("scale_max" + UNSETTLED) is not None]
    scores = {row["score"] for row in unnamed}
    span = {"least": f"{min(scores):g}", "most": f"{max(scores):g}"} if scores else {}
    yes_no = [row for row in asked if row["scale_max"] == 1]
    short = [row for row in asked if 1 < row["scale_max"] < NPS_TOP and row not in unnamed]
    notes: list[Text] = []
    if scores and scores <= {0, 1}:
        yes_no += unnamed
    elif scores and max(scores) <= (LONGER if len(unnamed) >= ENOUGH else SHORT):
        notes.append(
            message(
                "NPS needs answers on a scale of 0 to 10, but these go from {least} to {most}. They are kept as "
                "ratings. If the scale is 0 to 10, set scale_min and scale_max as constants in a mapping (kit map)",
                **span,
            )
        )
        for row in unnamed:
            row |= {"survey_type": "rating", "scale_min": None, "scale_max": None}
    for row in yes_no:
        row |= {"survey_type": "yes_no", "scale_min": 0.0, "scale_max": 1.0}
    for row in short:
        row["survey_type"] = "rating"
    if yes_no:
        n = len(yes_no)
        notes.append(
            message_n(
                "{n} answer is yes or no and does not count as NPS",
                "{n} answers are yes or no and do not count as NPS",
                n,
                n=str(n),
            )
        )
    if short:
        n = len(short)
        notes.append(
            message_n(
                "{n} answer is on another scale than 0 to 10 and does not count as NPS",
                "{n} answers are on another scale than 0 to 10 and do not count as NPS",
                n, n=str(n),
            )
        )  # fmt: skip
    return notes


def tickets(rows: Rows) -> list[Text]:
    """Scales of scores."""
    return _scaled(rows, "csat", "csat_min", "csat_max", lambda _: "csat")


def _scaled(rows: Rows, score: str, low: str, high: str, kind: Callable[[dict[str, Any]], str]) -> list[Text]:
    """The shortest scale in use that holds all answers of a kind, where no row and no header says one."""
    unscaled: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for _, row in rows:
        if row.get(score) is not None and row.get(high) is None:
            unscaled[kind(row)].append(row)
    notes: list[Text] = []
    for name, answers in unscaled.items():
        scores = [row[score] for row in answers]
        fits = [scale for scale in SCALES if scale[0] <= min(scores) and max(scores) <= scale[1]]
        span = {"least": f"{min(scores):g}", "most": f"{max(scores):g}"}
        if not fits:
            notes.append(
                message(
                    "{name}: the scale is not given, and no usual scale has answers from {least} to {most}; it "
                    "stays unknown",
                    name=name,
                    **span,
                )
            )
            continue
        for row in answers:
            row[low], row[high] = map(float, fits[0])
        notes.append(
            message(
                "{name}: the scale is not given; {from_} to {to} is assumed from answers of {least} to {most}. If "
                "that is wrong, set {low} and {high} as constants in a mapping (kit map)",
                name=name, from_=str(fits[0][0]), to=str(fits[0][1]), low=low, high=high, **span,
            )
        )  # fmt: skip
    return notes


FINISH: dict[str, Callable[[Rows], list[Text]]] = {
    CAMPAIGN_STATS.name: campaigns,
    ORDERS.name: orders,
    DEALS.name: deals,
    COSTS.name: costs,
    ASSIGNMENTS.name: assignments,
    BILLING.name: billing,
    SURVEYS.name: surveys,
    TICKETS.name: tickets,
    WEB.name: periods,
}
"""By the table's name; other tables need nothing."""
