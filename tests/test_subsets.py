"""Every page of every subset of a firm's exports, one kind at a time and in pairs: it runs, or says why not.

The cells run in this process, on a small firm: every kind alone, and every sixtieth pair. With KIT_FUZZ of `MANY` or
more all pairs run, and on the sample business too.
"""

from __future__ import annotations

import json
import shutil
from itertools import combinations
from typing import TYPE_CHECKING

import pytest

import generator
from kit import store
from kit.questions.requirements import unmet
from tests.pages import PAGES, SAMPLE, run
from tests.test_fuzz import FILES, MANY

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

KINDS = {
    "traffic": "analytics/*", "appointments": "appointments.csv", "contacts": "contacts.csv", "costs": "costs.csv",
    "deals": "deals.csv", "holdout": "holdout.csv", "tests": "mailchimp/ab_report*",
    "campaigns": "mailchimp/campaigns.csv",
    "reports": "mailchimp/report*", "mailings": "mailings_*", "events": "sendgrid/*", "orders": "orders.csv",
    "surveys": "survey.csv", "tickets": "tickets.csv",
}  # fmt: skip
"""Kinds of exports, and where they lie in the sample business."""

PAIRS = ["+".join(kinds) for kinds in combinations(KINDS, 2)]
SUBSETS = [*KINDS, *(PAIRS if FILES >= MANY else PAIRS[::60])]

KINDS |= {"mail": "mail/*", "inbox": "shared_inbox_messages.csv", "nps": "nps.csv"}
SUBSETS += ["mail", "inbox", "nps", "mail+tickets"]


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A firm of few people, with every kind of export."""
    place = tmp_path_factory.mktemp("small")
    generator.write(place, contacts=300)
    return place


def subset(firm: Path, kinds: Iterable[str], place: Path) -> Path:
    """A folder with the firm's exports of these kinds, and its settings."""
    place.mkdir()
    for pattern in ("kit.toml", *(KINDS[kind] for kind in kinds)):
        for path in sorted(firm.glob(pattern)):
            shutil.copy(path, place / path.name)
    return place


def answers(folder: Path) -> dict[str, str]:
    """Notebook -> why it is a no; "" where its page ran."""
    data = store.open_data(folder)
    reasons = {}
    for notebook in PAGES.values():
        reasons[notebook.name] = unmet(notebook.requires, data) or ""
        if not reasons[notebook.name]:
            shown = run(notebook, folder)
            assert json.dumps(shown, allow_nan=False), notebook.name
            assert any(one["kind"] == "sentence" and one["text"] for one in shown), notebook.name
    return reasons


@pytest.mark.parametrize("kinds", SUBSETS)
def test_every_page_runs_or_says_why_not(small: Path, tmp_path: Path, kinds: str) -> None:
    reasons = answers(subset(small, kinds.split("+"), tmp_path / "in"))
    assert reasons["00_check_the_export"] == ""
    if "+" in kinds:  # who has more can answer what each part of it can
        return
    assert [log.status for log in store.open_data(tmp_path / "in").files if log.status != "read"] == []


if FILES >= MANY:

    @pytest.mark.parametrize("kinds", SUBSETS)
    def test_every_page_of_the_sample_runs_or_says_why_not(tmp_path: Path, kinds: str) -> None:
        answers(subset(SAMPLE, kinds.split("+"), tmp_path / "in"))
