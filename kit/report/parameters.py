"""The parameters of notebooks, checked before anything runs.

papermill itself exits with 0 on an unknown name or a value of the wrong type; here both are an
error that names the parameter. `KINDS` is the one place that knows what the values of a name are,
`IN_DATA` which of them the data knows; a name that is in neither is judged by its type.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

from kit import metrics, store
from kit.counts.campaigns import OF_CAMPAIGN, OF_MESSAGE
from kit.errors import UsageError, nearest
from kit.messages import _
from kit.questions.compare_campaigns import side_by_side
from kit.questions.retention.list_growth import check_every
from kit.questions.retention.occasions import check_what
from kit.questions.sales_cycle import ways
from kit.questions.subject_lines import plans
from kit.questions.win_back import tried
from kit.store import lists

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from kit.questions.notebooks import Notebook, Parameter
    from kit.store import Data


def pairs(words: Iterable[str]) -> dict[str, str]:
    """Words like `period=2026-01`, as name -> value.

    Raises:
        UsageError: no `=`, or one name twice.
    """
    given: dict[str, str] = {}
    for word in words:
        name, equals, value = (piece.strip() for piece in word.partition("="))
        if not equals:
            raise UsageError(_("-p {word}: write a parameter as name=value.", word=word))
        if name in given:
            raise UsageError(_("-p {name}: it is given twice.", name=name))
        given[name] = value
    return given


def values(notebooks: Sequence[Notebook], given: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """The arguments of each notebook, by its name: those of `given` that it knows, as its types.

    Raises:
        UsageError: a name that none of the notebooks knows, or a value of the wrong kind.
    """
    arguments: dict[str, dict[str, Any]] = {notebook.name: {} for notebook in notebooks}
    for name, value in given.items():
        if name == "data":
            raise UsageError(_("-p data: name the folder with the data in the command itself."))
        knowing = [notebook for notebook in notebooks if name in notebook.parameters]
        if not knowing:
            names = {parameter for notebook in notebooks for parameter in notebook.parameters} - {"data"}
            raise UsageError(
                _(
                    "-p {name}: none of the chosen notebooks has such a parameter. {hint}",
                    name=name,
                    hint=nearest(name, names),
                )
            )
        for notebook in knowing:
            arguments[notebook.name][name] = _value(notebook.parameters[name], value, notebook.accepts.get(name, ()))
    for notebook in notebooks:
        defaults = {name: parameter.default for name, parameter in notebook.parameters.items()}
        _check_plan(defaults | arguments[notebook.name])
    return arguments


def look_up(data: Data, notebooks: Sequence[Notebook], given: Mapping[str, str]) -> None:
    """Look up in the data what the words name.

    Raises:
        UsageError: a campaign or action that the data does not hold; names the nearest.
    """
    parameters = {name for notebook in notebooks for name in notebook.parameters}
    for name, value in given.items():
        if value and name in parameters & IN_DATA.keys():
            try:
                IN_DATA[name](data, value)
            except UsageError as error:
                raise UsageError(f"-p {name}: {error}") from error


def _check_plan(values: Mapping[str, Any]) -> None:
    """A plan is a number of mails and the look that this is: one can be wrong for the other."""
    if {"plan", "look"} <= values.keys():
        try:
            plans.plan(values["plan"], values["look"])
        except UsageError as error:
            raise UsageError(f"-p {error}") from error


def _value(parameter: Parameter, text: str, accepted: Sequence[str]) -> Any:
    name = parameter.name
    convert = _CONVERT[parameter.type]
    try:
        value = convert(text)
    except (ValueError, KeyError) as error:
        raise UsageError(_not_of_the_type(parameter, text)) from error
    try:
        if text and name in KINDS and value not in accepted:
            KINDS[name](value)
    except UsageError as error:
        raise UsageError(f"-p {name}: {str(error).removeprefix(f'{name}: ')}") from error
    return value


def _rate(text: str) -> None:
    if text not in metrics.MAIL_RATES:
        hint = nearest(metrics.ALIASES.get(text, text), metrics.MAIL_RATES)
        raise UsageError(_("{value} is not a rate of e-mail campaigns. {hint}", value=repr(text), hint=hint))


def _column(text: str) -> None:
    if text not in (*OF_CAMPAIGN, *OF_MESSAGE):
        hint = nearest(text, (*OF_CAMPAIGN, *OF_MESSAGE))
        raise UsageError(_("e-mails cannot be grouped by {value}. {hint}", value=repr(text), hint=hint))


def _month(text: str) -> None:
    if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", text):
        raise UsageError(_("{value} is not a month. Write it like 2026-03.", value=repr(text)))


def _campaign(data: Data, text: str) -> None:
    """As `side_by_side` knows them: by id, or by a name that only one has."""
    campaigns = data.campaigns[["campaign_id", "campaign_name"]]
    ids = campaigns.loc[(campaigns == text).any(axis=1), "campaign_id"].tolist()
    if not ids:
        hint = nearest(text, campaigns["campaign_name"].dropna().unique())
        raise UsageError(_("no campaign has the name {name}. {hint}", name=repr(text), hint=hint))
    if len(ids) > 1:
        raise UsageError(
            _("{n} campaigns have the name {name}. Use one of the ids: {ids}.", n=len(ids), name=repr(text),
              ids=", ".join(ids))
        )  # fmt: skip


def _campaigns(data: Data, text: str) -> None:
    for name in side_by_side.split(text):
        _campaign(data, name)


def _action(data: Data, text: str) -> None:
    actions = {*data.table("conversions")["action"].dropna()}
    actions |= set() if data.table("orders").empty else {"order"}
    if text not in actions:
        hint = nearest(text, actions) if actions else _("The data contains no actions.")
        raise UsageError(_("nobody took the action {action} in this data. {hint}", action=repr(text), hint=hint))


def _above_zero(value: float) -> None:
    if value <= 0:
        raise UsageError(_("{value} is not above 0.", value=f"{value:g}"))


KINDS: dict[str, Callable[[Any], object]] = {
    "period": store.parse_period,
    "where": store.parse_where,
    "goal": metrics.goal,
    "kpi": _rate,
    "also": _rate,
    "kpis": lambda text: [_rate(word.strip()) for word in text.split(",")],
    "worthwhile": _above_zero,
    "mix": _column,
    "people": ways.check,
    "change": _month,
    "what": check_what,
    "every": check_every,
    "who": tried.check_who,
    "split": tried.planned,
    "held_back": _above_zero,
    "lists": lists.check,
    "campaigns": side_by_side.split,
}
"""By a parameter's name: what raises UsageError on a value that it cannot have; "" is unset."""

IN_DATA: dict[str, Callable[[Data, str], object]] = {
    "a": _campaign,
    "b": _campaign,
    "campaigns": _campaigns,
    "action": _action,
}
"""By a parameter's name: what raises UsageError on a value that the data does not know; "" is unset."""


def _whole(text: str) -> int:
    if not re.fullmatch(r"[+-]?\d+", text):
        raise ValueError(text)
    return int(text)


def _number(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def _not_of_the_type(parameter: Parameter, text: str) -> str:
    values = {"name": parameter.name, "value": repr(text), "help": _(parameter.help)}
    if parameter.type == "int":
        return _("-p {name}: {value} is not a whole number. The parameter means: {help}.", **values)
    if parameter.type == "float":
        return _("-p {name}: {value} is not a number. The parameter means: {help}.", **values)
    return _("-p {name}: {value} is neither true nor false. The parameter means: {help}.", **values)


_CONVERT: dict[str, Callable[[str], Any]] = {
    "str": str,
    "int": _whole,
    "float": _number,
    "bool": lambda text: {"true": True, "false": False}[text.lower()],
}
