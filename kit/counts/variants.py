"""What is known of the arms of a test beside their counts: their subject lines, and what their people spent before."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import ibis
import pandas as pd
from ibis import _

from kit.counts import log, scope
from kit.counts.scope import count
from kit.tables import CAMPAIGN_STATS, CAMPAIGNS, MESSAGES

if TYPE_CHECKING:
    from kit.store import Data

BEFORE_DAYS = 365
"""Days before a test over which a person's spending is looked at: a year has every season once."""

_LINES = re.compile(r"(?:^|\|)\s*([A-Z]):\s*([^|]*[^|\s])")
"""The lines of a test as they are written into one field: A: first line | B: second line."""

COLUMN = "it adds a column to counts of the question"
"""Why neither a period nor a filter narrows it."""

SPENT = ["campaign_id", "variant", "n", "revenue", "revenue_squares", "before", "before_squares", "products"]


@count("campaign_stats", whole=COLUMN, unfiltered=COLUMN)
def lines(data: Data, counts: pd.DataFrame) -> pd.DataFrame:
    """The counts with the subject line of each arm.

    A line comes from the variant's own report; else from the campaign's subject, where all arms are written
    into it as ``A: first line | B: second line``.

    Args:
        data: what `kit.open` returned.
        counts: a row a campaign and variant, from `counts.messages`.

    Returns:
        `counts` with the column line [text, NULL where no file tells it].
    """
    stats = scope.frame(data, CAMPAIGN_STATS.name)
    arms = stats[stats["variant"].notna() & stats["subject"].notna()]
    subjects = {(row.campaign_id, row.variant): row.subject for row in arms.itertuples()}
    campaigns = scope.frame(data, CAMPAIGNS.name)
    for row in campaigns[campaigns["subject"].notna()].itertuples():
        for variant, line in _LINES.findall(str(row.subject)):
            subjects.setdefault((row.campaign_id, variant), line)
    keys = zip(counts["campaign_id"], counts["variant"], strict=True)
    return counts.assign(line=pd.Series([subjects.get(key) for key in keys], index=counts.index, dtype="object"))


@count("messages", "orders")
def spent(data: Data, *, before_days: int = BEFORE_DAYS) -> pd.DataFrame:
    """Revenue of the arms of tests beside what the same people spent before; from event logs and orders only.

    Args:
        data: what `kit.open` returned.
        before_days: days before the mail over which spending is looked at.

    Returns:
        A row a campaign and variant: campaign_id, variant, n [mails delivered to known people], and sums over them:
        revenue [all in the window, by assignment], revenue_squares, before [revenue before this mail], before_squares,
        products [of both]. Tests whose people may still act on them, and data without orders, give no row.
    """
    messages, actions = scope.history(data, MESSAGES.name), log.actions(data)
    if messages is None or actions is None or len(data.currencies) > 1:
        return pd.DataFrame(columns=SPENT)
    window = data.settings["conversions.window_days"]
    tests = log.of_delivered(scope.of_population(data))
    tests = tests.filter(_.reached & _.contact_key.notnull() & _.variant.notnull())
    orders = actions.filter(_.is_order).select("contact_key", "occurred_at", "worth")
    earlier = tests.select("message_key", "contact_key", "sent_at").join(
        orders,
        [
            tests.contact_key == orders.contact_key,
            orders.occurred_at < tests.sent_at,
            orders.occurred_at >= tests.sent_at - ibis.interval(days=before_days),
        ],
    )
    earlier = earlier.group_by("message_key").agg(before=_.worth.fill_null(0.0).sum())
    after = log.after(data, messages, "", window, "assignment").select("message_key", "revenue")
    spent = tests.left_join(after, "message_key").drop("message_key_right").left_join(earlier, "message_key")
    spent = spent.mutate(revenue=_.revenue.fill_null(0.0), before=_.before.fill_null(0.0))
    old = log.followed_until(data) - ibis.interval(days=window)
    sums = spent.group_by("campaign_id", "variant").agg(
        n=_.count(),
        young=(_.sent_at > old).any(),
        **{name: _[name].sum() for name in ("revenue", "before")},
        revenue_squares=(_.revenue * _.revenue).sum(),
        before_squares=(_.before * _.before).sum(),
        products=(_.revenue * _.before).sum(),
    )
    return sums.filter(~_.young).order_by("campaign_id", "variant").to_pandas()[SPENT]
