"""What the sources of the question's mail tell of it, where that is less than all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kit.counts.campaigns import messages

if TYPE_CHECKING:
    import pandas as pd

    from kit.store import Data


@dataclass(frozen=True, slots=True)
class Told:
    """What is known of delivery and tracking.

    Attributes:
        derived: campaigns whose delivered is sent - bounced, since no source tells deliveries.
        of_sent: whether rates are of mails sent, since no campaign tells what was delivered.
        untracked: a row a campaign and month whose openings or clicks were not tracked, from `Data.untracked`.
    """

    derived: int
    of_sent: bool
    untracked: pd.DataFrame


def told(data: Data) -> Told:
    """What the sources tell of the question's mail, of all kinds."""
    mail = messages(data, ["campaign_id"], kind="")
    return Told(int(mail["delivered_is_derived"].sum()), of_sent(data), data.untracked)


def of_sent(data: Data) -> bool:
    """Whether what was sent is known of some campaign and what was delivered of none, so that rates are of mails sent.

    It is asked of the whole history, so that all parts of a page have one denominator.
    """
    mail = messages(data.history, ["campaign_id"], kind="")
    return bool(mail["sent"].notna().any() and mail["delivered"].isna().all())
