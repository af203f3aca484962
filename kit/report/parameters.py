"""What a notebook may be told, checked before anything runs.

papermill itself exits with 0 on an unknown name or a value of the wrong type; here both are an
error that names the parameter. `KINDS` is the one place that knows what the values of a name are;
a name that is not there is judged by its type.
"""

from __future__ import annotations

import ast
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kit import kpi, store
from kit.errors import UsageError, nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from kit.report.notebooks import Notebook

TYPES = ("str", "int", "float", "bool")
"""The types that papermill can pass and list."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One line of a parameters cell: `name: type = default  # help`."""

    name: str
    type: str
    default: Any
    help: str


def read(source: str, file: str) -> list[Parameter]:
    """The parameters of a parameters cell, in its order.

    Raises:
        UsageError: a line that is not `name: type = literal`.
    """
    lines = source.splitlines()
    return [_parameter(node, lines, file) for node in ast.parse(source).body]


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
            told[notebook.name][name] = _value(notebook.parameters[name], value)
    return told


def _value(parameter: Parameter, said: str) -> Any:
    name = parameter.name
    wanted, convert = _CONVERT[parameter.type]
    try:
        value = convert(said)
    except (ValueError, KeyError) as error:
        raise UsageError(f"-p {name}: {said!r} is not {wanted}. It means: {parameter.help}.") from error
    try:
        if said and name in KINDS:
            KINDS[name](value)
    except UsageError as error:
        raise UsageError(f"-p {name}: {str(error).removeprefix(f'{name}: ')}") from error
    return value


def _parameter(node: ast.stmt, lines: list[str], file: str) -> Parameter:
    line = lines[node.lineno - 1]
    match node:
        case ast.AnnAssign(target=ast.Name(id=name), annotation=ast.Name(id=kind), value=ast.expr() as value):
            try:
                default = ast.literal_eval(value)
            except ValueError:
                default = None
            if kind in TYPES and type(default).__name__ == kind:
                comment = (lines[(node.end_lineno or node.lineno) - 1]).encode()[node.end_col_offset or 0 :]
                return Parameter(name, kind, default, comment.decode().strip().removeprefix("#").strip())
    raise UsageError(f"{file}: {line!r} is no parameter. Write it like min_sends: int = 500  # help.")


def _rate(said: str) -> None:
    if said not in kpi.MAIL_RATES:
        raise UsageError(f"{said!r} is no rate of campaign mail. {nearest(said, kpi.MAIL_RATES)}")


def _above_zero(value: float) -> None:
    if value <= 0:
        raise UsageError(f"{value:g} is not above 0.")


KINDS: dict[str, Callable[[Any], object]] = {
    "period": store.parse_period,
    "where": store.parse_where,
    "goal": kpi.goal,
    "kpi": _rate,
    "also": _rate,
    "kpis": lambda said: [_rate(word.strip()) for word in said.split(",")],
    "worthwhile": _above_zero,
}
"""By a parameter's name: what raises UsageError on a value that it cannot have; "" is unset."""


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
