"""The reference tables, made from the registries; `make docs` writes them where a page names them (cog)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import kit
from kit import explain, metrics, settings
from kit.metrics import methods
from kit.questions import notebooks
from kit.questions.find_problems import findings, rules
from kit.sources.detect import presets

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

SAMPLE = Path(__file__).parents[1] / "data/sample"


def table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A Markdown table."""
    lines = [list(head), ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(_cell(cell) for cell in line)} |" for line in lines)


def _cell(value: Any) -> str:
    return str(value).replace("|", "\\|").replace("\n", " ")


def questions() -> str:
    """Every question with its notebook."""
    rows = ((one.question, f"[`{one.name}`](notebooks/{one.name}.ipynb)") for one in notebooks.load())
    return table(("question", "notebook"), rows)


def problem_areas() -> str:
    """What notebook 04 says of the sample."""
    found = findings.find(kit.open(SAMPLE))
    return f"> {found.summary()}\n>\n> {found.extremes_summary()}"


def sources() -> str:
    """Every preset; those for any table last."""
    entries = sorted(presets.presets(), key=lambda preset: (not preset.vendor, preset.title.casefold()))
    return table(("source", "preset", "what it gives"), ((one.title, f"`{one.name}`", one.gives) for one in entries))


def kpis() -> str:
    """Every KPI."""
    rows = ((f"`{one.key}`", one.title, one.formula, one.better, one.source) for one in metrics.KPIS.values())
    return table(("KPI", "title", "formula", "better", "authority"), rows)


def goals() -> str:
    """Every goal with its KPIs."""
    rows = (
        (f"`{goal.key}`", goal.title, ", ".join(str(metrics.find(key).title) for key, _why in goal.kpis), goal.source)
        for goal in metrics.GOALS.values()
    )
    return table(("goal", "title", "KPIs", "authority"), rows)


def figures() -> str:
    """Every printed figure that is no KPI."""
    rows = ((f"`{one.key}`", one.title, one.formula) for one in explain.FIGURES.values())
    return table(("figure", "title", "formula"), rows)


def all_methods() -> str:
    """Every method with its question, source and the published answers that it reproduces."""
    rows = (
        (one.question, one.title, ", ".join(one.notebooks), f"`{one.code}`", one.source,
         ", ".join(one.cases) or "simulation")
        for one in methods.METHODS.values()
    )  # fmt: skip
    return table(("question", "method", "notebooks", "code in `kit.stats`", "source", "reproduced"), rows)


def problem_rules() -> str:
    """Every problem rule."""
    rows = ((f"`{rule.key}`", rule.symptom, rule.kpi.title, rule.unit, rule.cause) for rule in rules.RULES.values())
    return table(("rule", "symptom", "rate", "by", "likely cause"), rows)


def all_settings() -> str:
    """Every key of kit.toml."""
    return table(
        ("key", "meaning", "default or example"),
        ((f"`{key.name}`", key.meaning, settings.example(key)) for key in settings.KEYS),
    )
