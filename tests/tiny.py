"""A tiny export and tiny notebooks for the tests of the runner, its pages and the command line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

PARAMETERS = """data: str = "../data"  # folder of exports
period: str = ""  # months of sending
where: str = ""  # campaigns to keep
min_sends: int = 500  # smallest campaign that is judged
level: float = 0.95  # confidence
strict: bool = False  # leave young campaigns out"""

SHOW = """from IPython.display import display
display({{"text/html": {html!r}, "text/plain": "shown", "application/vnd.kit.result+json": {result!r}}}, raw=True)"""


HEADER = (
    "Title,Subject,Audience,Send Date,Send Weekday,Total Recipients,Successful Deliveries,Soft Bounces,"
    "Hard Bounces,Total Bounces,Times Forwarded,Forwarded Opens,Unique Opens,Open Rate,Total Opens,"
    "Unique Clicks,Click Rate,Total Clicks,Unsubscribes,Abuse Complaints,Unique Id"
)
"""Columns of Mailchimp's campaigns export (FORMATS: Mailchimp)."""

CAMPAIGNS = (
    ("Spring", "Spring service", "Customers", "Mar 04, 2026 10:00 am", 1000, 200, 30),
    ("Summer", "<script>alert(1)</script>", "Customers", "Jun 10, 2026 10:00 am", 900, 150, 25),
    ("News", "=1+1 for anna@example.com", "Newsletter", "Sep 02, 2026 10:00 am", 800, 100, 10),
)
"""Made up: title, subject, audience, time, recipients (all delivered), openers, clickers."""


def export(folder: Path) -> Path:
    """Write a folder with one campaigns export and a kit.toml; returns the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = [HEADER]
    for title, subject, audience, when, sent, opened, clicked in CAMPAIGNS:
        rates = f"{opened / sent:.2%}", f"{clicked / sent:.2%}"
        lines.append(
            f'{title},{subject},{audience},"{when}",Wednesday,{sent},{sent},0,0,0,0,0,{opened},{rates[0]},'
            f"{opened},{clicked},{rates[1]},{clicked},1,0,{title.lower():0<10}"
        )
    (folder / "campaigns.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "kit.toml").write_text('time_zone = "Europe/Berlin"\n', encoding="utf-8")
    return folder


def notebook(
    path: Path,
    *cells: str,
    question: str = "Does it run?",
    told: str = PARAMETERS,
    requires: dict[str, Any] | None = None,
) -> Path:
    """Write a notebook: its question, its parameters and cells; a cell that begins with # or > is prose."""
    built = [
        _prose(f"# {question}\n\nWhat it decides.\n\nWhich exports it needs.\n\nGuide 1, step 1."),
        _code(told, "parameters"),
        *(_prose(cell) if cell.startswith(("#", ">")) else _code(cell) for cell in cells),
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    content = {
        "cells": [cell | {"id": f"cell-{number}"} for number, cell in enumerate(built)],
        "metadata": {"kit": {"requires": requires or {}}, "kernelspec": kernel},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def sentence(text: str, *, headline: bool = False, weight: int = 0, name: str = "said", next_step: str = "") -> str:
    """A cell that shows a computed sentence."""
    result = {
        "kind": "sentence",
        "name": name,
        "text": text,
        "headline": headline,
        "weight": weight,
        "numbers": {},
        "next_step": next_step,
    }
    return SHOW.format(html=f"<p>{text}</p>", result=result)


def table(rows: list[list[Any]], *columns: str, name: str = "found", html: str = "<table></table>") -> str:
    """A cell that shows a result table."""
    described = [{"name": column, "unit": "", "title": column} for column in columns]
    result = {"kind": "table", "name": name, "title": name, "columns": described, "rows": rows, "notes": []}
    return SHOW.format(html=html, result=result)


def _prose(source: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": source}


def _code(source: str, *tags: str) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "metadata": {"tags": list(tags)},
        "source": source,
        "outputs": [],
        "execution_count": None,
    }
