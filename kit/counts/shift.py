"""What two months of mail have of each person: the unit by which a change between them is judged."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import ibis
import pandas as pd
from ibis import _

from kit.counts import log, scope
from kit.counts.campaigns import OF_CAMPAIGN
from kit.counts.scope import count
from kit.counts.traits import TRAITS
from kit.store.machine_events import NO

if TYPE_CHECKING:
    from kit.store import Data, Expression

COUNTED = tuple(name for name in log.FACTS if not name.endswith("_total"))
"""Counts that a message of a log has once or not at all."""

Influence = tuple[str, str | None, tuple[float, float], tuple[float, float]]
"""Month, group [None: not known], and what one more trial and one more event move: of the mix, of the rate."""

Rate = tuple[str, str, Sequence[Influence]]
"""Numerator and denominator, each of COUNTED, and the influences of each month and group."""


@count("messages")
def person_squares(data: Data, by: str, rates: Sequence[Rate]) -> pd.DataFrame:
    """The squares of what each person moves of the parts of changes, summed over people.

    Args:
        data: what `kit.open` returned.
        by: the column that tells the groups apart: of campaigns, domain, or a trait.
        rates: those that changed.

    Returns:
        A row a rate, in order: mix, rate [sums of squares], people [number], n [trials that they have]. No row where no
        log tells of them.
    """
    columns = ["mix", "rate", "people", "n"]
    messages = scope.of_population(data)
    if messages is None or not rates:
        return pd.DataFrame(columns=columns)
    mails = log.trackable(log.of_delivered(messages)).mutate(month=_.sent_local.strftime("%Y-%m"))
    months = sorted({month for *_names, influences in rates for month, *_moves in influences})
    mails = _grouped(mails.filter(_.month.isin(months)), data, by)
    sums, squares = {}, {}
    for place, (numerator, denominator, influences) in enumerate(rates):
        trial, event = (mails[name].fill_null(NO).cast("int64") for name in (denominator, numerator))
        for at, part in enumerate(("mix", "rate")):
            moves = [(month, group, both[at]) for month, group, *both in influences]
            sums[f"{part}_{place}"] = _moved(mails, trial, event, moves).sum()
            moved = _[f"{part}_{place}"]
            squares[f"{part}_{place}"] = (moved * moved).sum().fill_null(0.0).round(15)  # added up in any order
        sums[f"n_{place}"] = trial.sum()
        squares[f"people_{place}"] = (_[f"n_{place}"] > 0).sum().fill_null(0)
        squares[f"n_{place}"] = _[f"n_{place}"].sum().fill_null(0)
    people = mails.group_by(mails.contact_key.fill_null(mails.message_key)).agg(**sums)
    row = people.agg(**squares).to_pandas().iloc[0]
    return pd.DataFrame([[row[f"{name}_{place}"] for name in columns] for place in range(len(rates))], columns=columns)


def _grouped(mails: Expression, data: Data, by: str) -> Expression:
    """The messages with the column `group`."""
    if by in OF_CAMPAIGN:
        names = data.campaigns.set_index("campaign_id")[by].dropna()
        branches = [(mails.campaign_id.isin(list(ids)), str(name)) for name, ids in names.groupby(names).groups.items()]
        return mails.mutate(group=ibis.cases(*branches) if branches else ibis.null("string"))
    mails = TRAITS[by].add(mails, data) if by in TRAITS else mails
    return mails.mutate(group=mails[by].cast("string"))


def _moved(
    mails: Expression, trial: Expression, event: Expression, moves: Sequence[tuple[str, str | None, Sequence[float]]]
) -> Expression:
    """What a message moves: by its being a trial, and by its being an event."""
    branches = []
    trial, event = trial.cast("float64"), event.cast("float64")  # moves are too fine for decimals
    for month, group, (by_trial, by_event) in moves:
        of_group = ~mails.group.notnull() if group is None else mails.group == group
        branches.append(((mails.month == month) & of_group, trial * by_trial + event * by_event))
    return ibis.cases(*branches, else_=0.0) if branches else trial * 0.0
