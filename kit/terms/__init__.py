"""The registry of printed figures that are no KPI: what each is out of, counted once per what, over which time.

A figure is data: a new column of a table is a new line here, or a further place of one that is known. The KPIs have
their own registry (`kit.kpi`); `tests/browser` holds the whole report to both.
"""

from __future__ import annotations

from fnmatch import fnmatchcase

from kit.errors import UsageError, nearest
from kit.metrics import KPIS, TIME_ZONE
from kit.metrics.figures import Figure
from kit.questions import figures
from kit.tables import COUNT_NAMES
from kit.terms.abtests import ABTESTS
from kit.terms.customers import CUSTOMERS
from kit.terms.general import GENERAL
from kit.terms.mail import MAIL
from kit.terms.sales import SALES

__all__ = ["TERMS", "Figure", "at", "explain", "family"]

TERMS = {term.key: term for term in (*GENERAL, *MAIL, *ABTESTS, *SALES, *CUSTOMERS, *figures())}


def at(table: str, column: str, title: str = "") -> list[str]:
    """What is printed at a place of the report, as keys of `kit explain`; none where no registry knows it.

    Args:
        table: name of the table or sentence, as in results.json.
        column: name of its column or number.
        title: of the column, which may be that of a KPI.
    """
    kpi = next((key for key, one in KPIS.items() if column == key or title == one.title), None)
    if kpi is not None:
        return [kpi]
    place = f"{family(table)}.{column}"
    return (
        [key for key, term in TERMS.items() if place in term.shown]
        or ([column] if column in COUNT_NAMES else [])
        or [key for key, term in TERMS.items() if any(fnmatchcase(place, one) for one in term.shown)]
    )


def family(table: str) -> str:
    """The name of a table without the KPI that it is told by: tests of tests_open_rate."""
    stem, _, decided = table.partition("_")
    return stem if decided in KPIS else table


def explain(key: str) -> str:
    """What a printed figure means, in words.

    Raises:
        UsageError: there is no such figure; names the nearest.
    """
    if key not in TERMS:
        raise UsageError(f"There is no figure {key!r}. {nearest(key, TERMS)}")
    term = TERMS[key]
    lines = {
        "formula": term.formula,
        "counted once": term.once,
        "window": term.window or "none: up to as_of",
        "time zone": TIME_ZONE,
        "interval": term.interval or "none",
        "edge cases": term.edge or "none",
        "authority": term.source,
        "printed at": ", ".join(term.shown),
    }
    return "\n".join([f"{key}: {term.title}", *(f"  {name:15} {text}" for name, text in lines.items())])
