"""Every method has a caller and a source; every published answer is reproduced or it is said why not."""

from __future__ import annotations

import ast
import importlib
import json
import re
from pathlib import Path

import pytest

from kit.errors import UsageError
from kit.metrics.methods import METHODS, VERDICTS, explain

ROOT = Path(__file__).parents[1]
MODULES = sorted((ROOT / "kit").rglob("*.py"))
STATS = sorted((ROOT / "kit/stats").glob("[a-z]*.py"))

NOT_USED = {
    # Bayesian figures that no page shows: intervals of a difference, a posterior error, an informative prior.
    "robinson_diff_ci": "no page shows a Bayesian interval of a difference; Newcombe's is shown",
    "robinson_pep": "no page shows the chance that a rate is below a limit; the interval is held against it",
    "gb_bayes_prior": "tests are judged without a prior; past tests shrink the effect instead",
    # Intervals and tests that the reference material advises against, or that another method stands for.
    "wald_7_34_1_34": "Wald's interval is not used below five events, Newcombe's always",
    "agresti_caffo_7_34_1_34": "Newcombe's interval stands for it",
    "mee_56_70_48_80": "the score interval of a difference is refused (statsmodels #10269); Newcombe's stands for it",
    "mn_7_34_1_34": "as mee_56_70_48_80",
    "mn_56_70_48_80": "as mee_56_70_48_80",
    "mn_rare_5_4000_1_4000_total": "as mee_56_70_48_80; test_rare_unsubscribes_have_a_finite_interval holds its point",
    "oddsratio_logit_7_34_1_34": "no page shows the odds ratio of one table; of strata it is Mantel and Haenszel's",
    "onesample_agresti_coull_100_200": "Wilson's interval stands for it",
    "onesample_normal_100_200": "Wald's interval is never used",
    "onesample_jeffreys_100_200": "Clopper and Pearson's stands for it where there are few",
    "gb_prop_rel": "the delta method's lift is wrong below 20 events; Koopman's stands for it",
    "fisher_tea": "one-sided; tests here are two-sided",
    "fisher_convictions": "at this size Boschloo's test is taken",
    "barnard_0_2_6_4": "Boschloo's test stands for it",
    "binomtest_51_235": "no page tests a rate against one fixed value; its interval is held against it",
    "poisson_gu": "score and Wald; the ratio here is exact (conditional)",
    "trend_smokers": "Cochran and Armitage's takes no overdispersion; the quasi-binomial line stands for it",
    "resid_party": "which campaign stands out is judged by the others, beyond the usual variation",
    "hillstrom_interaction": "Woolf's; Breslow and Day's (Tarone) is used and held within 1 % of it, its rates exactly",
    # Shrinkage with a prior that is taken as known, whose intervals held 72 to 92 % of first places.
    "robinson_cred": "a prior that is taken as known; the spread is unknown here",
    "robinson_eb": "as robinson_cred",
    "bda_rats_posterior": "as robinson_cred",
    "dunnett_recovery": "each two lines are compared, not each with the first: Holm",
    # Regressions that no question asks for.
    "hillstrom_logit": "no page adjusts by regression; parts are compared within themselves",
    "hillstrom_spend_ols_hc1": "Welch's test of each arm stands for it",
    "cbpp_cluster_logit": "people are the unit by the delta method, without a regression",
    # Sample sizes by other formulas, and looks by other rules.
    "evanmiller_20_5": "another variance; the sizes here are R's and G*Power's",
    "gb_power_mean": "power of a relative effect of three variations; sizes of money are absolute here",
    "gb_midexperiment": "no test is prolonged by what it has shown so far",
    "gb_seq_one_sided": "tests here are two-sided",
    "confseq_bernoulli": "no rate alone is watched at will",
    "srm_sequential_savvi": "the split is judged once, when the test is read",
    # Times and scores.
    "kruskal_ozone": "no page compares the times of many groups at once",
    "quantile_test_conover": "the share within the limit is shown with its interval instead",
}
"""Cases of the reference material that the kit has no use for, and why."""


def test_every_published_answer_is_reproduced_or_it_is_said_why_not(shared: Path) -> None:
    known = {case["id"] for case in json.loads((shared / "oracles.json").read_text(encoding="utf-8"))}
    used = {case for method in METHODS.values() for case in method.cases}
    assert used & set(NOT_USED) == set()
    assert used | set(NOT_USED) == known


def test_every_case_of_a_method_stands_in_a_test() -> None:
    texts = "".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "tests").glob("test_*.py") if path != Path(__file__)
    )
    for method in METHODS.values():
        for case in method.cases:
            assert f'"{case}"' in texts, f"{case} of {method.key} is in no test"


@pytest.mark.parametrize("method", METHODS.values(), ids=lambda method: method.key)
def test_every_method_exists_and_its_notebooks_do(method: object) -> None:
    module, function = method.code.split(".")  # pyright: ignore[reportAttributeAccessIssue]  pytest's parameters are objects
    assert callable(getattr(importlib.import_module(f"kit.stats.{module}"), function))
    for number in method.notebooks:  # pyright: ignore[reportAttributeAccessIssue]  as above
        assert list((ROOT / "notebooks").glob(f"{number}_*.ipynb"))


def test_no_statistic_is_without_a_caller() -> None:
    texts = {path: path.read_text(encoding="utf-8") for path in MODULES}
    alone = []
    for path in STATS:
        tree = ast.parse(texts[path])
        public = [node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name[0] != "_"]
        others = "".join(text for other, text in texts.items() if other != path)
        for name in public:
            called = re.search(rf"\b{path.stem}\.{name}\(|import [^\n]*\b{name}\b|    {name},\n", others)
            if not called and len(re.findall(rf"\b{name}\(", texts[path])) < 2:
                alone.append(f"{path.stem}.{name}")
    assert alone == []


def test_explain_tells_methods_and_words_of_verdicts() -> None:
    assert "Newcombe (1998)" in explain("newcombe")
    assert explain("no clear winner") == (
        "no clear winner: these messages are not enough to decide; that does not mean “no difference”."
    )
    assert "simulation" in explain("outliers")
    assert all(explain(word) for word in (*METHODS, *VERDICTS))
    with pytest.raises(UsageError, match="Did you mean 'wilson'"):
        explain("wilsn")
