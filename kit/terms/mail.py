"""Figures of campaign mail beside its KPIs: months, campaigns, problems, people (guide 1)."""

from __future__ import annotations

from kit.metrics.figures import WILSON, Figure

_MESSAGE = "a message: one person, one send"

PROBLEMS = (
    Figure(
        "beyond", "Beyond it", "rate - expected", "as the rate", "guide 1, step 4; kit explain outliers",
        ("problems.size",), interval="95 %: counting error and usual variation together",
        edge="named from a tenth of the expected rate on",
    ),
    Figure(
        "mails_concerned", "Mails that a finding concerns", "sent, of the group", "a message", "guide 1, step 4",
        ("problems.mails",),
    ),
    Figure(
        "left_a_mail", "Left a mail", "unsubscribed / mails", "a message", "guide 1, step 4",
        ("frequency.days", "frequency.mails", "frequency.unsubscribed", "frequency.value", "frequency_year.overall"),
        window="by the mails that the person got in so many days up to this one", interval=WILSON,
        edge="targeted, not causal: who gets more mail was chosen",
    ),
    Figure(
        "left_people", "People at this pace", "people who ever got so many mails in so many days", "a person",
        "guide 1, step 4", ("frequency.people",), edge="one person may stand at several levels",
    ),
    Figure(
        "mails_monthly", "Mails a person and month", "mails received in the window, on average, x 30.44 / days",
        "a message", "guide 1, step 4", ("frequency.monthly", "frequency_year.monthly"),
    ),
    Figure(
        "left_a_person", "Left a month, left a year", "1 - (1 - left a mail) ^ mails in a month, or a year", "a person",
        "guide 1, step 4; DEFINITIONS", ("frequency.month", "frequency.year", "frequency_year.yearly"),
        edge="of one who keeps getting so many: 0.2 % a mail is 17.5 % a year at 8 mails a month",
    ),
    Figure(
        "not_sent", "Never sent", "mails that the platform held back, and their people", "a message; a person",
        "the platform's event log", ("not_sent.mails", "not_sent.people"),
        edge="neither sent nor bounced: no rate has them below the line",
    ),
    Figure(
        "published_rate", "Published rate", "as its publisher defines it, in its own row", "as its publisher counts",
        "kit/benchmarks.csv: publisher, year, definition and address of each", ("published.value", "published.year"),
        edge="nothing is converted; openings since September 2021 are no threshold",
    ),
    Figure(
        "published_spread", "Spread of published rates",
        "lowest to highest figure of the same denominator and industry", "a published figure", "kit/benchmarks.csv",
        ("benchmarks.lowest", "benchmarks.figures"),
        edge="from two figures on; a KPI is flagged only with its whole interval outside",
    ),
)  # fmt: skip

PEOPLE = (
    Figure(
        "segment_people", "People of a segment", "people who got mail and stand at this level of the trait", "a person",
        "guide 1, step 6", ("segments.people",), edge="by what was known of them before the mail",
    ),
    Figure(
        "segment_difference", "Apart from the others", "rate of the level - rate of the other levels of its trait",
        "a message; the error is over people", "Deng, Knoblich & Lu (2018), doi:10.1145/3219819.3219919",
        ("segments.difference",), interval="95 %: ratio of means with the person as the unit",
        edge="a level that reacts more is not one on which mail works more",
    ),
    Figure(
        "mails_known", "Mails of known level", "known + not known = in all", "a message", "guide 1, step 6",
        ("segments_unknown.told", "segments_unknown.unknown", "segments_unknown.total"),
        edge="not known: mail that only totals tell of, and people of whom the contacts do not say it",
    ),
)  # fmt: skip

MAIL = (*PROBLEMS, *PEOPLE)
