"""kit.toml: every kind of value is checked, and what it is read as."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from kit import settings
from kit.errors import SettingsError

if TYPE_CHECKING:
    from pathlib import Path


def load(folder: Path, *lines: str) -> settings.Settings:
    (folder / settings.FILE).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return settings.load(folder)


def test_what_is_not_said_is_unknown_or_the_default(tmp_path: Path) -> None:
    told = settings.load(tmp_path)
    assert (told["money.margin"], told["money.hour_rate"]) == (None, None)
    assert (told["funnel.stages"], told["funnel.days"]) == (("contact", "lead", "customer"), 90)


def test_values_are_read_as_their_kind(tmp_path: Path) -> None:
    told = load(
        tmp_path, "[money]", "margin = 0.35", "hour_rate = 1200",
        "[funnel]", 'stages = ["contact", "demo"]', "days = 30", "[holdout]", 'arms = "B"',
    )  # fmt: skip
    assert (told["money.margin"], told["money.hour_rate"]) == (0.35, 1200.0)
    assert (told["funnel.stages"], told["funnel.days"], told["holdout.arms"]) == (("contact", "demo"), 30, ("B",))


WRONG = [
    ("[money]\nmargin = 35", "money.margin", "35 is not a share from 0 to 1", "Write it like 0.4."),
    ("[money]\nhour_rate = -1", "money.hour_rate", "-1 is not an amount of 0 or more", "Write it like 30.0."),
    ("[money]\nhour_rate = inf", "money.hour_rate", "inf is not an amount of 0 or more", "Write it like 30.0."),
    ("[funnel]\ndays = 2.5", "funnel.days", "2.5 is not a whole number of 0 or more", "Write it like 90."),
    ("[funnel]\nstages = [1]", "funnel.stages", "[1] is not a list of texts",
     'Write it like ["contact", "lead", "customer"].'),
]  # fmt: skip


@pytest.mark.parametrize(("text", "name", "problem", "hint"), WRONG)
def test_a_value_of_the_wrong_kind_is_an_error_with_its_hint(
    tmp_path: Path, text: str, name: str, problem: str, hint: str
) -> None:
    with pytest.raises(SettingsError) as raised:
        load(tmp_path, text)
    assert str(raised.value) == f"kit.toml, column '{name}': {problem}. {hint}"


def test_the_template_is_a_kit_toml_once_the_marks_are_taken_away(tmp_path: Path) -> None:
    lines = [line.removeprefix("# ") for line in settings.template().splitlines()]
    known = {key.name.rpartition(".")[2] for key in settings.KEYS}
    kept = [line for line in lines if line.startswith("[") or line.split(" = ")[0] in known]
    told = load(tmp_path, *kept)
    assert {key.name for key in settings.KEYS if key.kind != "pairs"} <= set(told.values)
