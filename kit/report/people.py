"""The people behind a finding as a file: what the pages count, person by person, hashed unless asked otherwise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kit import store
from kit.counts.behind import people_behind
from kit.errors import UsageError, nearest, need_whole_language
from kit.messages import _, message
from kit.questions import lapsed, list_health
from kit.questions.notebooks import NOTEBOOKS, choose, load
from kit.report.parameters import look_up, values
from kit.store import lists

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    import pandas as pd

    from kit.messages import Message
    from kit.store import Data


@dataclass(frozen=True, slots=True)
class Finding:
    """A finding that has people behind it.

    Attributes:
        key: what the command calls it.
        title: who they are.
        notebook: number of the notebook that counts them; its parameters can be given.
        people: of the data and the notebook's parameters, a row a person with contact_key.
    """

    key: str
    title: Message
    notebook: str
    people: Callable[[Data, Mapping[str, Any]], pd.DataFrame]


def _lapsed(data: Data, given: Mapping[str, Any]) -> pd.DataFrame:
    names = ("what", "days", "lapsed", "at_risk")
    states = lapsed.states.measure(data, **{name: given[name] for name in names})
    groups, leaving = lapsed.groups.measure(data, states), lapsed.leaving.measure(data, states)
    return lapsed.permission.measure(data, states).listed(data, groups, leaving).frame


def _inactive(data: Data, given: Mapping[str, Any]) -> pd.DataFrame:
    return list_health.inactive.measure(data, days=given["window"]).listed()


def _behind(fact: str) -> Callable[[Data, Mapping[str, Any]], pd.DataFrame]:
    return lambda data, _given: people_behind(data, fact)


FINDINGS = {
    finding.key: finding
    for finding in (
        Finding("lapsed", message("lapsed customers; those who may be e-mailed come first"), "13", _lapsed),
        Finding(
            "inactive", message("inactive addresses: their silence is longer than chance explains"), "15", _inactive
        ),
        Finding("hard_bounces", message("addresses that bounced for good"), "04", _behind("bounced_hard")),
        Finding("soft_bounces", message("addresses that bounced for now"), "04", _behind("bounced_soft")),
        Finding("complaints", message("people who complained of spam"), "04", _behind("complained")),
        Finding("unsubscribes", message("people who unsubscribed from an e-mail"), "04", _behind("unsubscribed")),
    )
}


def write(
    key: str, target: Path, out: Path, given: Mapping[str, str], *, addresses: bool = False
) -> tuple[Path, int]:  # fmt: skip
    """Write the people behind a finding as KEY.csv; returns the file and how many they are.

    Args:
        key: of FINDINGS.
        target: the folder of exports, or one export.
        out: the folder to write into.
        given: parameters of the finding's notebook, as words.
        addresses: write addresses in place of hashes.

    Raises:
        UsageError: an unknown finding or parameter, or such a file is there already.
    """
    if key not in FINDINGS:
        raise UsageError(_("{name} is no finding with people. {hint}", name=repr(key), hint=nearest(key, FINDINGS)))
    finding = FINDINGS[key]
    (notebook,) = choose(load(NOTEBOOKS), [finding.notebook])
    parameters = {name: parameter.default for name, parameter in notebook.parameters.items()}
    parameters |= values([notebook], given)[notebook.name]
    data = store.open_data(target, given.get("period", ""), given.get("where", ""))
    need_whole_language()
    look_up(data, [notebook], given)
    people = finding.people(data, parameters)
    path = lists.write(people, data, str(out.absolute()), f"{key}.csv", addresses=addresses)
    return path or out, len(people)
