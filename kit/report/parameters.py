"""What a notebook may be told, checked before anything runs.

papermill itself exits with 0 on an unknown name or a value of the wrong type; here both are an
error that names the parameter. `KINDS` is the one place that knows what the values of a name are,
`IN_DATA` which of them the data knows; a name that is in neither is judged by its type.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

from kit import abtest, metrics, retention, store
from kit.counts.campaigns import OF_CAMPAIGN, OF_MESSAGE
from kit.counts.purchases import check_what
from kit.counts.stages import BY
from kit.errors import UsageError, nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from kit.questions.notebooks import Notebook, Parameter
    from kit.store import Data


def pairs(words: Iterable[str]) -> dict[str, str]:
    """Words like `period=2026-01`, as name -> value.

    Raises:
        UsageError: no `=`, or one name twice.
    """
    told: dict[str, str] = {}
    for word in words:
        name, equals, value = (piece.strip() for piece in word.partition("="))
        if not equals:
            raise UsageError(f"-p {word}: a parameter is written name=value.")
        if name in told:
            raise UsageError(f"-p {name}: it is given twice.")
        told[name] = value
    return told


def values(notebooks: Sequence[Notebook], given: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """What each notebook is told, by its name: those of `given` that it knows, as its types.

    Raises:
        UsageError: a name that none of the notebooks knows, or a value of the wrong kind.
    """
    told: dict[str, dict[str, Any]] = {notebook.name: {} for notebook in notebooks}
    for name, value in given.items():
        if name == "data":
            raise UsageError("-p data: the data is the folder that the command names.")
        knowing = [notebook for notebook in notebooks if name in notebook.parameters]
        if not knowing:
            known = {known for notebook in notebooks for known in notebook.parameters} - {"data"}
            raise UsageError(f"-p {name}: no chosen notebook has such a parameter. {nearest(name, known)}")
        for notebook in knowing:
            told[notebook.name][name] = _value(notebook.parameters[name], value, notebook.accepts.get(name, ()))
    for notebook in notebooks:
        _check_plan({name: one.default for name, one in notebook.parameters.items()} | told[notebook.name])
    return told


def look_up(data: Data, notebooks: Sequence[Notebook], given: Mapping[str, str]) -> None:
    """Look up in the data what the words name.

    Raises:
        UsageError: a campaign or action that the data does not hold; names the nearest.
    """
    asked = {name for notebook in notebooks for name in notebook.parameters}
    for name, value in given.items():
        if value and name in asked & IN_DATA.keys():
            try:
                IN_DATA[name](data, value)
            except UsageError as error:
                raise UsageError(f"-p {name}: {error}") from error


def _check_plan(values: Mapping[str, Any]) -> None:
    """A plan is a number of mails and the look that this is: one can be wrong for the other."""
    if {"plan", "look"} <= values.keys():
        try:
            abtest.plan(values["plan"], values["look"])
        except UsageError as error:
            raise UsageError(f"-p {error}") from error


def _value(parameter: Parameter, said: str, accepted: Sequence[str]) -> Any:
    name = parameter.name
    wanted, convert = _CONVERT[parameter.type]
    try:
        value = convert(said)
    except (ValueError, KeyError) as error:
        raise UsageError(f"-p {name}: {said!r} is not {wanted}. It means: {parameter.help}.") from error
    try:
        if said and name in KINDS and value not in accepted:
            KINDS[name](value)
    except UsageError as error:
        raise UsageError(f"-p {name}: {str(error).removeprefix(f'{name}: ')}") from error
    return value


def _rate(said: str) -> None:
    if said not in metrics.MAIL_RATES:
        raise UsageError(f"{said!r} is no rate of campaign mail. {nearest(said, metrics.MAIL_RATES)}")


def _column(said: str) -> None:
    if said not in (*OF_CAMPAIGN, *OF_MESSAGE):
        raise UsageError(f"mail has no {said!r} to group by. {nearest(said, (*OF_CAMPAIGN, *OF_MESSAGE))}")


def _people(said: str) -> None:
    if said not in BY:
        raise UsageError(f"people have no {said!r} to be told apart by. {nearest(said, BY)}")


def _month(said: str) -> None:
    if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", said):
        raise UsageError(f"{said!r} is no month. Write it like 2026-03.")


def _campaign(data: Data, said: str) -> None:
    """As `compare.pair` knows them: by id, or by a name that only one has."""
    campaigns = data.campaigns[["campaign_id", "campaign_name"]]
    ids = campaigns.loc[(campaigns == said).any(axis=1), "campaign_id"].tolist()
    if not ids:
        known = campaigns["campaign_name"].dropna().unique()
        raise UsageError(f"no campaign is named {said!r}. {nearest(said, known)}")
    if len(ids) > 1:
        raise UsageError(f"{len(ids)} campaigns are named {said!r}. Use the id of one: {', '.join(ids)}.")


def _action(data: Data, said: str) -> None:
    known = {*data.table("conversions")["action"].dropna()}
    known |= set() if data.table("orders").empty else {"order"}
    if said not in known:
        hint = nearest(said, known) if known else "It holds no actions."
        raise UsageError(f"nobody does {said!r} in this data. {hint}")


def _above_zero(value: float) -> None:
    if value <= 0:
        raise UsageError(f"{value:g} is not above 0.")


KINDS: dict[str, Callable[[Any], object]] = {
    "period": store.parse_period,
    "where": store.parse_where,
    "goal": metrics.goal,
    "kpi": _rate,
    "also": _rate,
    "kpis": lambda said: [_rate(word.strip()) for word in said.split(",")],
    "worthwhile": _above_zero,
    "mix": _column,
    "people": _people,
    "change": _month,
    "what": check_what,
    "every": retention.known,
    "held_back": _above_zero,
}
"""By a parameter's name: what raises UsageError on a value that it cannot have; "" is unset."""

IN_DATA: dict[str, Callable[[Data, str], object]] = {"a": _campaign, "b": _campaign, "action": _action}
"""By a parameter's name: what raises UsageError on a value that the data does not know; "" is unset."""


def _whole(said: str) -> int:
    if not re.fullmatch(r"[+-]?\d+", said):
        raise ValueError(said)
    return int(said)


def _number(said: str) -> float:
    number = float(said)
    if not math.isfinite(number):
        raise ValueError(said)
    return number


_CONVERT: dict[str, tuple[str, Callable[[str], Any]]] = {
    "str": ("a text", str),
    "int": ("a whole number", _whole),
    "float": ("a number", _number),
    "bool": ("true or false", lambda said: {"true": True, "false": False}[said.lower()]),
}
