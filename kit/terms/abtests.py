"""Figures of tests of subject lines (guide 1, step 5)."""

from __future__ import annotations

from kit.metrics.figures import Figure

_SIZE = "Fleiss, Levin & Paik (2003), eq. 4.14"
_STRATA = "Mantel & Haenszel (1959), doi:10.1093/jnci/22.4.719"
_POWER = "5 % two-sided, found four times in five"

ABTESTS = (
    Figure(
        "lift", "Lift", "(rate to be seen - present rate) / present rate", "a message", "guide 1, step 5",
        ("test_sizes.lift", "test_sizes.value"), edge="beside it: the rate that it would come to",
    ),
    Figure(
        "mails_an_arm", "Mails an arm", "sample size of two rates, or two means, for the lift", "a delivered mail",
        _SIZE, ("test_sizes.needed",), edge=f"{_POWER}; of money Welch's",
    ),
    Figure(
        "power_of_usual", "Chance that a usual campaign shows it",
        "power of two halves of a campaign of the median size", "a delivered mail", _SIZE, ("test_sizes.chance",),
        edge="5 % two-sided; not told of money",
    ),
    Figure(
        "arm_sent", "Sent, of each arm", "mails sent to the first arm, and to the other", "a message",
        "Fabijan et al. (2019), doi:10.1145/3292500.3330722", ("tests.sent_a",),
        edge="a split less likely than 1 in 1,000 under the plan is broken, and the test is not read",
    ),
    Figure(
        "test_difference", "Difference of a test", "KPI of the arm - KPI of the first arm", "a message",
        "Newcombe (1998), method 10; of money Welch (1947), doi:10.1093/biomet/34.1-2.28",
        ("tests.difference", "strata_parts.difference"), window="the KPI's own; both arms are of one age",
        interval="95 %: Newcombe; of money Welch; wider for a planned early look or one at any time",
        edge="a verdict only where the interval leaves zero out; not shown where the split is broken",
    ),
    Figure(
        "chance_higher", "Chance that the second is better",
        "P(true rate of the second is better), from a uniform prior", "a message", "Miller (2015)", ("tests.higher",),
        edge="it stands beside the verdict and does not make it",
    ),
    Figure(
        "tests_by_verdict", "Tests by verdict", "comparisons of an arm with the first, by what was decided",
        "a test and arm", "guide 1, step 5",
        (
            "tests_verdict.tests", "tests_verdict.a", "tests_verdict.b", "tests_verdict.not decided",
            "tests_verdict.go on", "tests_verdict.too early", "tests_verdict.too few", "tests_verdict.split broken",
            "tests_verdict.unknown", "adjusted.tests", "measurable.tests",
        ),
        edge="what the words mean: kit explain “not decided” and the others",
    ),
    Figure(
        "pooled_difference", "All together", "rate of the arm - rate of the first, all parts in one", "a message",
        "Simpson (1951), jstor.org/stable/2984065", ("strata.pooled",), edge="misleads where the arms' mixes differ",
    ),
    Figure(
        "within_difference", "Within parts", "differences within parts, weighted by n_a n_b / (n_a + n_b)",
        "a message", _STRATA, ("strata.difference",), interval="95 %: of the common difference",
        edge="parts under a twentieth of the mail are one",
    ),
    Figure(
        "uneven_p", "One for all: p", "chance of parts as different as these if one odds ratio held in all",
        "a message", "Tarone (1985), doi:10.1093/biomet/72.1.91", ("strata.uneven_p",), edge="Holm over the tests",
    ),
    Figure(
        "parts", "Parts with both arms", "levels of the trait in which both arms have mail", "a level of the trait",
        _STRATA, ("strata.parts",),
    ),
    Figure(
        "readings", "Tests by reading", "tests in which no part is seen to differ, some do, or pooled rates mislead",
        "a test", _STRATA, ("strata.same", "strata.uneven", "strata.misleads", "strata.broken", "strata.unknown"),
    ),
    Figure(
        "measurable_rate", "Opened, among the measurable",
        "opened by trackable people, not by a machine / delivered to trackable people", "a message", "guide 1, step 5",
        ("measurable.value_a", "measurable.value_b", "measurable.difference"),
        window="a person's program is told by other mails clients.window_days around",
        interval="95 %: Newcombe, of the difference",
        edge="both arms are drawn at random, so machines are in both alike; none under 30 trackable mails an arm",
    ),
    Figure(
        "measurable_needed", "Mails an arm, with machines and without",
        "sample size for the lift worth having, machines opening all of their share", "a delivered mail", _SIZE,
        ("measurable.needed_all", "measurable.needed_measurable", "dilution.share_*"),
        edge=f"{_POWER}; of the measurable alone: of all mails of the arm",
    ),
    Figure(
        "false_winners", "False winners of repeated looks",
        "share of tests of two equal lines with p < 5 % at any of so many looks", "a test",
        "Armitage, McPherson & Rowe (1969), doi:10.2307/2343787", ("peeking.looks_*",),
    ),
    Figure(
        "revenue_difference", "Difference in revenue, plain and adjusted",
        "revenue a mail of the arm - of the first; adjusted: less theta x the difference in earlier revenue",
        "a mail delivered to a known person", "Deng, Xu, Kohavi & Walker (2013), doi:10.1145/2433396.2433413",
        ("adjusted.difference", "adjusted.adjusted", "adjusted.n_a"),
        window="earlier: 365 days before the mail; after: conversions.window_days", interval="95 %: Welch",
        edge="the plain difference decides; the adjusted one stands beside it",
    ),
    Figure(
        "variance_gained", "Variance gained", "1 - variance of the adjusted difference / variance of the plain one",
        "a mail delivered to a known person", "Deng, Xu, Kohavi & Walker (2013), doi:10.1145/2433396.2433413",
        ("adjusted.gained",),
    ),
)  # fmt: skip
