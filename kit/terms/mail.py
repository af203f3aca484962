"""Figures of campaign mail beside its KPIs: months, campaigns, problems, people (guide 1)."""

from __future__ import annotations

from kit.metrics.figures import KAPLAN_MEIER, WILSON, Figure

_MESSAGE = "a message: one person, one send"

MONTHS = (
    Figure(
        "usual_rate", "Overall rate of months or campaigns", "sum above / sum below the line, of those large enough",
        "a message", "guide 1, step 2", ("usual_variation.mean", "comparison.mean"),
        window="of months the whole history, before and since a known change apart; of campaigns those asked for",
    ),
    Figure(
        "usual_spread", "Usual variation (tau)", "standard deviation of true rates between months or campaigns",
        "a month or campaign that is large enough", "Paule & Mandel (1982), doi:10.6028/jres.087.022",
        ("usual_variation.tau", "comparison.tau"),
        window="of months the whole history, before and since a known change apart; of campaigns those asked for",
        edge="counting error is taken off; 0 where they differ by no more than that",
    ),
    Figure(
        "detectable_change", "Change that shows",
        "2.8 x standard error of the change between two usual months, counting and usual variation together", "a month",
        "guide 1, step 2", ("usual_variation.detectable",),
        edge="seen four times in five at the 5 % level; a month of the median size",
    ),
    Figure(
        "trend_step", "Trend", "change of the fitted rate for a month, in shares", "a month that is large enough",
        "McCullagh & Nelder (1989), 4.5", ("usual_variation.step",),
        window="the months asked for; told from twelve months on",
        interval="95 %: Student, of the logistic regression, with the months' overdispersion",
    ),
    Figure(
        "requests", "Requests, and those still waiting", "tickets that came in; of them without an answer at as_of",
        "a ticket, by the row of the file", "guide 1, step 1", ("waiting.n", "waiting.open"),
        edge="one answered before it came in is left out, and the note says how many",
    ),
    Figure(
        "waiting_p90", "Nine in ten are answered within", "90 % quantile of the time until the first answer",
        "a ticket, by the row of the file", KAPLAN_MEIER, ("waiting.p90",),
        window="from coming in to the first answer, or to as_of; nights and weekends count",
        edge="not known where so many have not been answered yet",
    ),
    Figure(
        "around_sides", "The service before a change and since",
        "median minutes to the answer; mean score, 0 to 1; requests a day", "a ticket, a survey answer",
        "guide 1, step 2", ("around.n_before", "around.n_since", "around.before", "around.since"),
        window="months before the month that is named, and from it on",
        interval="95 %: order statistics of waits; Garwood of requests, with the days' overdispersion; none of scores",
    ),
    Figure(
        "around_effect", "What changed in the service",
        "minutes later (Hodges-Lehmann); chance that a score since is above one before; ratio of requests a day",
        "a ticket, a survey answer", "Hodges & Lehmann (1963), doi:10.1214/aoms/1177704172; Brunner & Munzel (2000)",
        ("around.effect",), interval="95 %: Moses; Brunner-Munzel; exact conditional",
        edge="called a change only where the months say so too; since, not because of",
    ),
)  # fmt: skip

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

MAIL = (*MONTHS, *PROBLEMS, *PEOPLE)
