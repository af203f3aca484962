"""What a report knows of itself, so that the next one can say what changed: KPIs by month, and what they came from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kit import __version__, metrics
from kit.messages import Message
from kit.privacy import masked
from kit.show.result import plain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kit.report.page import Page
    from kit.store import Data

MONTHLY = ("seven_kpis", "months")
"""The tables of KPIs by month that a page may show: a column a KPI, beside it those of its ends and denominator."""

DENOMINATORS = {"response_time": "requests", "satisfaction": "answers"}
"""The columns that have what a KPI is out of, where they are not called by its denominator."""

UNHEARD = ("lang", "as_of")
"""Settings that move no value by themselves: how a report is read, and up to when its data knows."""


def record(pages: Sequence[Page], data: Data, parameters: Mapping[str, str]) -> dict[str, Any]:
    """The values of KPIs that the pages show, and what decided them: inputs, settings, definitions, parameters.

    Args:
        pages: of the report.
        data: what `kit.open` returned.
        parameters: those that the user gave.
    """
    months = _by_month(pages)
    tiles = next((result for result in _results(pages) if result["kind"] == "tiles"), {})
    keys = {*months, *(row["kpi"] for row in tiles.get("rows", ()))}
    return masked(
        {
            "kit": __version__,
            "as_of": plain(data.as_of),
            "content": data.path.name,
            "files": {log.file: [log.rows_read, log.rows_kept] for log in data.files},
            "settings": {
                name: _as_written(value) for name, value in sorted(data.settings.values.items()) if name not in UNHEARD
            },
            "parameters": dict(parameters),
            "definitions": {key: _definition(metrics.find(key)) for key in sorted(keys)},
            "currency": data.settings["currency"],
            "months": months,
            "actions": [row for table in _tables(pages, ("actions",)) for row in _rows(table)],
            "now": [
                {name: row[name] for name in ("kpi", "month", "value", "low", "high")} | {"changes": tile["changes"]}
                for row, tile in zip(tiles.get("rows", ()), tiles.get("tiles", ()), strict=True)
            ],
        }
    )


def _results(pages: Sequence[Page]) -> list[dict[str, Any]]:
    return [result for page in pages for result in page.results]


def _tables(pages: Sequence[Page], names: Sequence[str]) -> list[dict[str, Any]]:
    """The tables of these names that pages show."""
    return [result for result in _results(pages) if result["kind"] == "table" and result["name"] in names]


def _rows(table: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rows of a table that a page shows, by the names of its columns."""
    names = [column["name"] for column in table["columns"]]
    return [dict(zip(names, row, strict=True)) for row in table["rows"]]


def _by_month(pages: Sequence[Page]) -> dict[str, dict[str, dict[str, Any]]]:
    """KPI -> month -> value, low, high, n."""
    months: dict[str, dict[str, dict[str, Any]]] = {}
    for result in _tables(pages, MONTHLY):
        for row in _rows(result):
            for key in metrics.KPIS.keys() & row.keys():
                if row[key] is not None:
                    denominator = DENOMINATORS.get(key, metrics.find(key).denominator)
                    months.setdefault(key, {})[row["month"]] = {
                        "value": row[key],
                        "low": row.get(f"{key}_low"),
                        "high": row.get(f"{key}_high"),
                        "n": row.get(denominator),
                    }
    return months


def _definition(kpi: metrics.Kpi) -> str:
    """What a KPI is, the same in every language."""
    edge = kpi.edge.text if isinstance(kpi.edge, Message) else kpi.edge
    return f"{kpi.formula}; {edge}"


def _as_written(value: Any) -> Any:
    """A setting as JSON has it."""
    if isinstance(value, dict):
        return {str(name): _as_written(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_as_written(inner) for inner in value]
    return value if isinstance(value, str | int | float | bool | None) else str(value)
