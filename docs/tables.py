"""The reference tables, made from the registries; `make reference` writes them where a page names them (cog)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import kit
from kit import explain, metrics, settings
from kit.messages import _
from kit.metrics import methods
from kit.questions import notebooks
from kit.questions.find_problems import findings, rules
from kit.show.formats import decimal
from kit.sources.detect import presets

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

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
    return table((_("Question"), _("Notebook")), rows)


def problem_areas() -> str:
    """What notebook 04 says of the sample."""
    found = findings.find(kit.open(SAMPLE))
    return f"> {found.summary()}\n>\n> {found.extremes_summary()}"


SIMULATED = """\
Where the truth is known, and campaigns and people vary as the methods suppose \
([docs/simulations.md](docs/simulations.md), all runs): one look at two equal lines calls a winner in {one_look} of \
tests, 24 naive looks in {naive}, five planned looks in {planned}, a rule for any moment in at most {any_time}; \
95 % intervals hold the truth of a rate in {rate} of cases on average, of a difference in at least {difference}; \
of 40 campaigns that only vary as usual a page flags one in {page} of cases, raw pairs flag {raw}; the campaign that \
is counted best is overstated by {best} (clicks), which is why it is drawn towards the others.

In worlds of other kinds, named in brackets: of years of mail in which nothing is wrong a problem is named in \
{false_alarms}; of large planted faults {faults} are shown; of readers whose silence is judged {silent} are called \
silent by luck; of the clicks of gateways that click like people {gateways} are named, and people's click rate lies \
within its bounds in {bounds} made-up firms."""


def simulated(text: str = SIMULATED, words: Mapping[str, str] | None = None) -> str:
    """What the README claims of the methods: from the table of simulations, with the world of each.

    `words` gives " to ", " of " and the names of worlds in the text's language.
    """
    lines = (SAMPLE.parents[1] / "docs/simulations.md").read_text(encoding="utf-8").splitlines()
    rows = [line.strip("| ").split(" | ") for line in lines if line.startswith("| ") and line[2].isupper()]
    seen = [(key, what, float(runs or 0), float(share)) for key, what, runs, _bar, share in rows]

    def word(name: str) -> str:
        return words[name] if words else name

    def shares(key: str, *parts: str) -> list[float]:
        return [share for of, what, _runs, share in seen if of == key and all(part in what for part in parts)]

    def span(key: str, *parts: str, digits: int = 1) -> str:
        low, high = (decimal(100 * end(shares(key, *parts)), digits) for end in (min, max))
        return f"{low} %" if low == high else f"{low}{word(' to ')}{high} %"

    def by_world(key: str, *parts: str) -> str:
        """Of each world the share over all its runs, and how many they are."""
        of_world: dict[str, list[tuple[float, float]]] = {}
        for of, what, runs, share in seen:
            if of == key and all(part in what for part in parts):
                of_world.setdefault(what.rpartition("world ")[2], []).append((runs, share))
        parted = {world: (sum(n for n, _share in runs), runs) for world, runs in of_world.items()}
        return ", ".join(
            f"{decimal(100 * sum(n * share for n, share in runs) / total, 1)} %{word(' of ')}{decimal(total, 0)} "
            f"({word(world)})"
            for world, (total, runs) in parted.items()
        )

    return text.format(
        one_look=span("S1", "one look"),
        naive=span("S2", "24 naive", digits=0),
        planned=span("S4", " 5 planned", "on time"),
        any_time=f"{decimal(100 * max(shares('S3', 'any time')), 1)} %",
        rate=span("S6", "mean coverage, as chosen"),
        difference=f"{decimal(100 * min(shares('S7')), 1)} %",
        page=span("S11", "40 that vary as usual"),
        raw=decimal(min(shares("S12", "raw pairs")), 0),
        best=span("S13", "raw first", "clicks", digits=0),
        false_alarms=by_world("C10", "without a fault"),
        faults=by_world("C10", "of large faults shown"),
        silent=by_world("C12", "called silent, of those judged"),
        gateways=by_world("C13", "clicks of bots named"),
        bounds=by_world("C13", "bounds hold"),
    )


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
