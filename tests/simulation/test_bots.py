"""Gateways that click as people do: found as far as a log tells, people seldom called one, the truth in the bound."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from bars import FULL, Bars

import kit
from generator import sendgrid
from generator.behaviour import UNSUBSCRIBE
from generator.story import tell
from generator.worlds import BOTS, PEOPLE, SELDOM_BOTS, World
from kit.sources.text.addresses import contact_key
from kit.store.machine_events import OF_MANY

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

SEEDS = range(8101, 8101 + (8 if FULL else 1))
CONTACTS = 1000 if FULL else 300
QUICK = replace(PEOPLE, name="people, a tenth read within minutes", quick=0.1)


def clicks(folder: Path, world: World, seed: int) -> pd.DataFrame:
    """A row a delivered mail of the log's bulk campaigns.

    Its columns [bool]: person and disguised, the clicks that were planted; clicked_human, clicked_strictest
    and perhaps, what the kit makes of them.
    """
    folder.mkdir()
    story = tell(seed, CONTACTS, world=world, faults=False)
    sendgrid.write(folder, story)
    rows = [
        (
            f"sendgrid:{send.id}",
            contact_key(one.person.email),
            any(not click.scanner and click.link != UNSUBSCRIBE for click in one.clicks),
            any(click.disguised for click in one.clicks),
        )
        for send in story.campaigns
        if send.plan.sendgrid
        for one in send.messages
        if one.delivered
    ]
    planted = pd.DataFrame(rows, columns=["campaign_id", "contact_key", "person", "disguised"])
    told = kit.open(folder).table("messages")
    told = told[told["campaign_id"].isin(planted["campaign_id"])]
    names = "|".join(rule.name for rule in OF_MANY)
    told = told.astype({"clicked_human": bool, "clicked_strictest": bool})
    told = told.assign(perhaps=told["clicked_human"] | told["clicks_rule"].str.contains(names, na=False))
    told = told[["campaign_id", "contact_key", "clicked_human", "clicked_strictest", "perhaps"]]
    both = planted.merge(told, on=["campaign_id", "contact_key"], how="left", validate="1:1")
    return both.fillna(dict.fromkeys(told.columns[2:], False)).astype(dict.fromkeys(told.columns[2:], bool))


@pytest.mark.parametrize("world", [QUICK, BOTS, SELDOM_BOTS], ids=lambda world: world.name)
def test_bots_are_named_as_far_as_the_log_tells_and_people_are_not(world: World, tmp_path: Path, bars: Bars) -> None:
    runs = [clicks(tmp_path / str(seed), world, seed) for seed in SEEDS]
    mails = pd.concat(runs)
    people, planted = mails[mails["person"]], mails[mails["disguised"] & ~mails["person"]]
    called = int((~people["clicked_human"]).sum())
    bars.most(
        "C13", f"clicks of people called a machine's, world {world.name}", called / len(people), 0.01, n=len(people)
    )
    doubted = (people["clicked_human"] & ~people["clicked_strictest"]).mean()
    bars.told("C13", f"clicks of people that are doubted, world {world.name}", float(doubted), n=len(people))
    if world.bots:
        named = float((~planted["clicked_human"]).mean())
        bars.told("C13", f"clicks of bots named, world {world.name}", named, n=len(planted))
        if world.bot_clicks > 0.8:
            assert named > 0.5
        assert not planted["clicked_strictest"].any()
    # Counts of the same mails, so no error of sampling: the truth lies between the two.
    truth, low, high = (float(mails[name].mean()) for name in ("person", "clicked_strictest", "perhaps"))
    held = [one["clicked_strictest"].mean() <= one["person"].mean() <= one["perhaps"].mean() for one in runs]
    for what, seen in (("clicked by people", truth), ("the bound's lower end", low), ("its upper end", high)):
        bars.told("C13", f"{what}, world {world.name}", seen)
    bars.least("C13", f"bounds hold the truth, world {world.name}", sum(held) / len(held), 1.0, n=len(held))
