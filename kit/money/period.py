"""The time over which money is counted: that of which everything tells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


OPENING = pd.Timedelta(days=1)
"""The shortest span that is looked at."""


@dataclass(frozen=True, slots=True)
class Span:
    """From when to when the money is counted, on the firm's clock.

    Attributes:
        begin: the first moment.
        end: the moment after the last.
        bounds: what set either end, as (what, begin, end).
        problem: why there is none; "" where there is.
    """

    begin: pd.Timestamp
    end: pd.Timestamp
    bounds: tuple[tuple[str, pd.Timestamp, pd.Timestamp], ...]
    problem: str = ""


def span(spans: pd.DataFrame, currencies: Sequence[str] = ()) -> Span:
    """The time that everything tells of: the question's, the mail's, the holdout's and the costs'.

    Args:
        spans: what `counts.spans` returned.
        currencies: those of the sales, from `counts.currencies`; several are never added, and an unknown
            one ("") is no unit, so nothing is counted then.
    """
    bounds = tuple((row["what"], row["begin"], row["end"]) for row in spans.to_dict("records"))
    if any(what == "sales" for what, *_ in bounds):
        problem = "orders have times without a zone, which cannot be set beside mail: say time_zone in kit.toml"
        return Span(pd.Timestamp(0), pd.Timestamp(0), bounds, problem)
    if not all(currencies):
        problem = "the currency of the sales is not known: say currency in kit.toml"
        return Span(pd.Timestamp(0), pd.Timestamp(0), bounds, problem)
    if len(currencies) > 1:
        problem = f"sales are in several currencies ({', '.join(currencies)}), which are never added"
        return Span(pd.Timestamp(0), pd.Timestamp(0), bounds, problem)
    known = [bound for bound in bounds if not pd.isna(bound[1]) and not pd.isna(bound[2])]
    if not known:
        return Span(pd.Timestamp(0), pd.Timestamp(0), bounds, "nothing in the folder has a time")
    latest, earliest = max(known, key=lambda bound: bound[1]), min(known, key=lambda bound: bound[2])
    begin, end = latest[1], earliest[2]
    if end - begin < OPENING:
        problem = f"the {_NAMES[latest[0]]} begin only after the {_NAMES[earliest[0]]} end"
        return Span(begin, begin, bounds, problem)
    return Span(begin, end, bounds)


_NAMES: Mapping[str, str] = {
    "question": "months asked for",
    "mail": "mails of the event log",
    "holdout": "days of the holdout test",
    "costs": "costs",
}
