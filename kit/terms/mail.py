"""Figures of campaign mail beside its KPIs: people (guide 1)."""

from __future__ import annotations

from kit.metrics.figures import Figure

_MESSAGE = "a message: one person, one send"

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

MAIL = (*PEOPLE,)
