"""Which method answers which question, where it comes from, and by which published answers it is held.

The README's table and `tests/test_methods.py` read it here; `explain` prints one entry.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kit.errors import UsageError, nearest
from kit.messages import _, message
from kit.show.entry import described

if TYPE_CHECKING:
    from kit.messages import Message, Text


@dataclass(frozen=True, slots=True)
class Method:
    """One method.

    Attributes:
        key: what `kit explain` knows it by.
        title: what it is.
        question: what a reader asks with it.
        notebooks: numbers of the notebooks that ask.
        code: where it stands, module and function of `kit.stats`.
        source: the paper, with its DOI where there is one.
        cases: published answers that the project's tests reproduce to their tolerance, by their ids.
    """

    key: str
    title: str | Message
    question: str | Message
    notebooks: tuple[str, ...]
    code: str
    source: str
    cases: tuple[str, ...] = ()


METHODS = {
    method.key: method
    for method in (
        Method(
            "wilson",
            message("Wilson's and Clopper-Pearson's interval"),
            message("How precise is a rate?"),
            ("01", "02", "03", "04", "05", "06", "14"),
            "proportions.proportion_interval",
            "Wilson (1927), doi:10.1080/01621459.1927.10502953; Clopper & Pearson (1934), doi:10.1093/biomet/26.4.404",
            ("wilson_15_148", "wilson_3_5000", "clopper_0_1000", "onesample_beta_100_200"),
        ),
        Method(
            "newcombe",
            message("Newcombe's interval, chi-square, Boschloo, Fisher"),
            message("Do two rates differ?"),
            ("03", "06", "14"),
            "proportions.proportion_difference",
            "Newcombe (1998), method 10; Campbell (2007), doi:10.1002/sim.2832",
            (
                "newcombe_10_10_0_20",
                "newcombe_9_10_3_10",
                "newcombe_56_70_48_80",
                "chi2_aaron_piazza",
                "unsub_5_1_4000",
                "boschloo_5_0_1_4",
                "hillstrom_counts",
                "hillstrom_counts_raw",
            ),
        ),
        Method(
            "rogan_gladen",
            message("Rogan and Gladen's estimate with Lang and Reiczigel's interval"),
            message("How many messages are negative, given that automatic recognition makes mistakes?"),
            ("11",),
            "misclassification.rogan_gladen",
            "Rogan & Gladen (1978), doi:10.1093/oxfordjournals.aje.a112510; Lang & Reiczigel (2014), "
            "doi:10.1016/j.prevetmed.2013.09.015",
        ),
        Method(
            "softmax",
            message("Multinomial logistic regression with a ridge penalty"),
            message("Would automatic recognition trained on your own labels be better?"),
            ("11",),
            "softmax.cross_validated",
            "Hastie, Tibshirani & Friedman (2009), The Elements of Statistical Learning, 4.4",
        ),
        Method(
            "net_score",
            message("Adjusted Wald interval of a net score"),
            message("How precise is a net promoter score?"),
            ("11",),
            "net_score.net_score",
            "Rocks (2016), doi:10.1080/00031305.2016.1158124",
        ),
        Method(
            "lift",
            message("Koopman's and Walter's interval of a lift"),
            message("How much more, in per cent?"),
            ("03", "06"),
            "proportions.lift",
            "Koopman (1984), doi:10.2307/2531405; Walter (1975), doi:10.1093/biomet/62.2.371",
            ("koopman_7_34_1_34", "walter_7_34_1_34", "hillstrom_lifts"),
        ),
        Method(
            "split",
            message("chi-square of the planned split"),
            message("Was the test split as planned?"),
            ("06", "14"),
            "proportions.sample_ratio_test",
            "Fabijan et al. (2019), doi:10.1145/3292500.3330722",
            ("hillstrom_srm", "srm_600_400"),
        ),
        Method(
            "equal",
            message("chi-square of k rates"),
            message("Can chance alone explain all the differences?"),
            ("03", "14"),
            "proportions.chi_square_homogeneity",
            "Pearson (1900), doi:10.1080/14786440009463897",
            ("kgroups_smokers", "kgroups_73"),
        ),
        Method(
            "size",
            message("sample size and power of two rates"),
            message("How many messages are needed?"),
            ("01", "06", "14"),
            "proportions.sample_size",
            "Fleiss, Levin & Paik (2003), eq. 4.14",
            (
                "power_prop_50",
                "stata_power",
                "n_ctr_2_24",
                "gpower_34_003",
                "gpower_34_003_a14",
                "gpower_34_003_a14_p67",
            ),
        ),
        Method(
            "outliers",
            message("leave-one-out random-effects prediction"),
            message("Which campaign stands out?"),
            ("03",),
            "random_effects.leave_one_out",
            "Higgins, Thompson & Spiegelhalter (2009), doi:10.1111/j.1467-985X.2008.00552.x",
        ),
        Method(
            "student_effects",
            message("leave-one-out prediction with Student's effects"),
            message("Which group lies outside what is usual for this sender?"),
            ("04", "07"),
            "student_effects.leave_one_out",
            "Marshall & Spiegelhalter (2007), doi:10.1214/07-BA218; Lee & Thompson (2008), doi:10.1002/sim.2897",
        ),
        Method(
            "change",
            message("change beyond the usual variation"),
            message("Did a KPI change in a month?"),
            ("02",),
            "random_effects.change",
            "Paule & Mandel (1982), doi:10.6028/jres.087.022",
        ),
        Method(
            "multiplicity",
            message("Benjamini-Hochberg, Holm"),
            message("How to allow for so many comparisons?"),
            ("02", "03", "04", "05", "06", "14"),
            "multiplicity.adjust",
            "Benjamini & Hochberg (1995), doi:10.1111/j.2517-6161.1995.tb02031.x; Holm (1979)",
            ("bh95_paper", "holm_gb", "multtest_r"),
        ),
        Method(
            "ranking",
            message("full Bayes with normal and heavy-tailed spread"),
            message("What is worth repeating?"),
            ("03", "06", "14"),
            "hierarchy.rates",
            "Gelman (2006), doi:10.1214/06-BA117A; Dawid (1994), doi:10.1214/lnms/1215463797",
            ("efron_morris", "max_of_k"),
        ),
        Method(
            "mix",
            message("direct standardisation, gamma interval"),
            message("Is it the campaign, or its audience?"),
            ("03",),
            "standardisation.direct_standardisation",
            "Fay & Feuer (1997)",
            ("direct_standard_downs",),
        ),
        Method(
            "kitagawa",
            message("Kitagawa's symmetric decomposition"),
            message("Did other people get mail, or do they react otherwise?"),
            ("02",),
            "decomposition.kitagawa",
            "Kitagawa (1955), doi:10.1080/01621459.1955.10501299; each person's influence: Efron (1982)",
        ),
        Method(
            "strata",
            message("Cochran-Mantel-Haenszel, Breslow-Day-Tarone"),
            message("Does it win in every group of people?"),
            ("06", "14"),
            "stratified.mantel_haenszel",
            "Mantel & Haenszel (1959), doi:10.1093/jnci/22.4.719; Tarone (1985), doi:10.1093/biomet/72.1.91",
            ("rampup_simpson", "kidney_stones", "hillstrom_cmh_history"),
        ),
        Method(
            "mcnemar",
            message("McNemar's test"),
            message("Which of two campaigns did better with the same people?"),
            ("03",),
            "paired.mcnemar",
            "McNemar (1947), doi:10.1007/BF02295996",
            ("mcnemar_approval",),
        ),
        Method(
            "cochran",
            message("Cochran's Q"),
            message("Do several campaigns differ with the same people?"),
            ("03",),
            "paired.cochran_q",
            "Cochran (1950), doi:10.1093/biomet/37.3-4.256",
            ("cochran_q",),
        ),
        Method(
            "people",
            message("ratio with the person as the unit"),
            message("Which people does it work for?"),
            ("05",),
            "cluster_robust.clustered_rates",
            "Deng, Knoblich & Lu (2018), doi:10.1145/3219819.3219919",
        ),
        Method(
            "people's money",
            message("ratio of means with the person as the unit"),
            message("Which people does it bring more money from?"),
            ("05",),
            "cluster_robust.clustered_mean_difference",
            "Deng, Knoblich & Lu (2018), doi:10.1145/3219819.3219919; Welch (1947), doi:10.1093/biomet/34.1-2.28",
            ("tt_ratio",),
        ),
        Method(
            "welch",
            message("Welch's test"),
            message("Does it bring more money?"),
            ("06",),
            "means.welch",
            "Welch (1947), doi:10.1093/biomet/34.1-2.28",
            (
                "hillstrom_spend_welch_mens_none",
                "hillstrom_spend_welch_mens_womens",
                "gb_welch_abs",
                "tt_mean_orders",
                "welch_sleep",
            ),
        ),
        Method(
            "cuped",
            message("CUPED"),
            message("Is the result more precise when earlier spending is taken into account?"),
            ("06",),
            "means.cuped",
            "Deng, Xu, Kohavi & Walker (2013), doi:10.1145/2433396.2433413",
            ("hillstrom_cuped", "tt_cuped_orders"),
        ),
        Method(
            "bounds",
            message("bounds and post-stratification of opens"),
            message("How many e-mails did people open?"),
            ("02", "06"),
            "proportions.proportion_interval",
            "Manski (2003), doi:10.1007/b97478; Holt & Smith (1979), doi:10.2307/2344652",
            ("mpp_bounds",),
        ),
        Method(
            "bayes",
            message("probability that a subject line is better, and expected loss of choosing it"),
            message("How likely is it that a version is better?"),
            ("06",),
            "bayes.compare_rates",
            "Miller (2015)",
            ("miller_closed_form", "hillstrom_bayes", "spotify_potential_loss", "gb_risk"),
        ),
        Method(
            "looks",
            message("alpha spending"),
            message("May we look at the results before the end?"),
            ("06",),
            "sequential.spending_bounds",
            "Lan & DeMets (1983), doi:10.1093/biomet/70.3.659; Armitage, McPherson & Rowe (1969), doi:10.2307/2343787",
            ("peek_2", "peek_5", "peek_10", "peek_20", "pocock_constants", "group_sequential_5looks"),
        ),
        Method(
            "any time",
            message("asymptotic confidence sequence"),
            message("May we look at the results at any time?"),
            ("06",),
            "sequential.confidence_sequence",
            "Waudby-Smith et al. (2024), doi:10.1214/24-AOS2408",
            ("hillstrom_seq_visit", "gb_seq_prop"),
        ),
        Method(
            "trend",
            message("quasi-binomial regression"),
            message("Is a rate rising or falling?"),
            ("02",),
            "trend.logistic_trend",
            "McCullagh & Nelder (1989), 4.5",
            ("crowder_quasi", "quasi_two_column_trap"),
        ),
        Method(
            "chart",
            message("Laney's p' chart"),
            message("What is the usual range of a month?"),
            ("02",),
            "trend.p_prime_chart",
            "Laney (2002), doi:10.1081/QEN-120006708",
            ("montgomery_p_chart",),
        ),
        Method(
            "clustered_waits",
            message("Kaplan-Meier with clusters of days and agents"),
            message("How long do people wait, when a busy day delays everybody?"),
            ("10",),
            "clustered_survival.kaplan_meier_clustered",
            "Ying & Wei (1994), doi:10.1006/jmva.1994.1030; Cameron, Gelbach & Miller (2011), "
            "doi:10.1198/jbes.2010.07136",
        ),
        Method(
            "waiting",
            message("Kaplan-Meier"),
            message("How fast do we answer, counting requests that are still unanswered?"),
            ("01", "02"),
            "response_times.median_response_time",
            "Kaplan & Meier (1958), doi:10.1080/01621459.1958.10501452",
            ("km_aml",),
        ),
        Method(
            "level_shift",
            message("maximal two-level split by permutation"),
            message("Did the level of a figure change, and when?"),
            ("01", "02"),
            "changepoint.level_shift",
            "Worsley (1986), doi:10.1093/biomet/73.1.91; Antoch & Hušková (2001), doi:10.1016/S0167-7152(01)00009-8",
            (),
        ),
        Method(
            "known_shift",
            message("two random-effects means with one spread"),
            message("Is the level another one since a day that is known?"),
            ("02",),
            "changepoint.known_shift",
            "Paule & Mandel (1982), doi:10.6028/jres.087.022; Follmann & Proschan (1999), "
            "doi:10.1111/j.0006-341X.1999.00732.x",
            (),
        ),
        Method(
            "two_way",
            message("variance by days and people"),
            message("How certain is a rate when cases of one day or one person are alike?"),
            ("01", "02"),
            "cluster_robust.two_way",
            "Cameron, Gelbach & Miller (2011), doi:10.1198/jbes.2010.07136",
            (),
        ),
        Method(
            "shift",
            message("Hodges-Lehmann and Mann-Whitney"),
            message("Did answers become faster after a change?"),
            ("02",),
            "ranks.hodges_lehmann",
            "Hodges & Lehmann (1963), doi:10.1214/aoms/1177704172",
            ("hodges_lehmann", "hl_ozone", "hillstrom_basket_hl"),
        ),
        Method(
            "quantile",
            message("interval between order statistics"),
            message("How long do people usually wait?"),
            ("02",),
            "ranks.quantile_interval",
            "Conover (1999), 3.2",
            ("quantile_ci_r",),
        ),
        Method(
            "scores",
            message("Brunner-Munzel"),
            message("Did scores rise after a change?"),
            ("02",),
            "ranks.brunner_munzel",
            "Brunner & Munzel (2000)",
            ("brunner_munzel_pain",),
        ),
        Method(
            "towards_zero",
            message("Empirical Bayes towards no difference"),
            message("What does the past say of subject lines with a trait, luck taken off?"),
            ("14",),
            "random_effects.towards_zero",
            "Efron & Morris (1975), doi:10.1080/01621459.1975.10479864",
        ),
        Method(
            "landmark",
            message("Landmark Kaplan-Meier"),
            message("Who has lapsed: how likely do people come back after being silent for so long?"),
            ("13", "14"),
            "landmark.chance",
            "van Houwelingen (2007), doi:10.1111/j.1467-9469.2006.00529.x; "
            "people drawn again, Efron & Tibshirani (1993)",
        ),
        Method(
            "beta_binomial",
            message("Beta-binomial click chances of people, beta-geometric silence"),
            message("Has a reader been silent for longer than chance explains?"),
            ("09", "15"),
            "beta_binomial.rest_chance",
            "Skellam (1948), jstor.org/stable/2983779; Fader, Hardie & Shang (2010), doi:10.1287/mksc.1100.0580",
            ("vgam_rats_mle", "crowder_betabinom"),
        ),
        Method(
            "requests",
            message("exact Poisson rates and their ratio"),
            message("Did more requests come in after a change?"),
            ("02",),
            "poisson.rate_ratio",
            "Garwood (1936), doi:10.1093/biomet/28.3-4.437; Przyborowski & Wilenski (1940), "
            "doi:10.1093/biomet/31.3-4.313",
            ("poisson_137", "poisson_zero"),
        ),
        Method(
            "clustered_auc",
            message("Area under the curve with a bootstrap over accounts"),
            message("Does a ranking of accounts, taken on several days, put those that left below the others?"),
            ("12",),
            "roc.clustered_aucs",
            "Efron & Tibshirani (1993), doi:10.1201/9780429246593",
        ),
        Method(
            "clustered_logistic",
            message("Logistic regression with a ridge penalty, accounts as clusters"),
            message("Which signals are linked to leaving, and what chance of leaving does a score mean?"),
            ("12", "14"),
            "logistic.fit",
            "Le Cessie & van Houwelingen (1992), doi:10.2307/2347628; Liang & Zeger (1986), doi:10.1093/biomet/73.1.13",
        ),
    )
}

VERDICTS = {
    "no clear winner": message("these messages are not enough to decide; that does not mean “no difference”"),
    "ahead": message(
        "it would win as the only comparison; among all comparisons on the page, chance brings such a lead too often"
    ),
    "too early": message("fewer messages than planned have gone out, and a test is decided only at its planned end"),
    "continue to the next look": message(
        "a planned early look: the difference is still smaller than an early decision requires"
    ),
    "too little data": message("fewer events than the rule needs for a verdict"),
    "split is broken": message(
        "the versions were not sent as planned (the chance of such a split is below 1 in 1,000), so the groups are "
        "not alike"
    ),
    "as usual": message(
        "not more than the usual differences between campaigns, allowing for all comparisons on the page"
    ),
    "better than usual": message("more than the usual differences between campaigns, in the good direction"),
    "worse than usual": message("more than the usual differences between campaigns, in the bad direction"),
    "too recent to judge": message(
        "people are still reacting to it; campaigns are compared once enough time has passed"
    ),
    "no change seen": message("within the margin of error and the usual month-to-month variation"),
    "the combined rates mislead": message(
        "the versions went to different mixes of people, and within the segments the result is different"
    ),
}
"""Words of verdicts, and what they mean."""


def explain(key: str) -> str:
    """A method or the word of a verdict, in words.

    Raises:
        UsageError: there is neither; names the nearest.
    """
    if key in VERDICTS:
        return f"{key}: {VERDICTS[key]}."
    if key not in METHODS:
        raise UsageError(
            _("There is no method or verdict {key}. {hint}", key=repr(key), hint=nearest(key, [*METHODS, *VERDICTS]))
        )
    method = METHODS[key]
    lines: list[tuple[Text, Text]] = [
        (message("answers"), method.question),
        (message("asked in"), _("notebook {numbers}", numbers=", ".join(method.notebooks))),
        (message("code"), f"kit.stats.{method.code}"),
        (message("source"), method.source),
        (message("held by"), ", ".join(method.cases) or _("simulation ({file})", file="docs/simulations.md")),
    ]
    return described(f"{key}: {method.title}", lines)
