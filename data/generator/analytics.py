"""Google Analytics 4: the sessions that followed the clicks, as the CSV of a report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from generator import plan
from generator.behaviour import tally
from generator.clock import AS_OF, START, local
from generator.people import dice
from generator.truth import WebTruth

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

    from generator.plan import Campaign
    from generator.story import Send, Story

COUNTED = 0.86
"""Share of people's clicks that become a session: the others refuse to be measured."""
AGAIN = 0.12
"""Sessions that come back by the same link, of those counted."""
ENGAGED, ENGAGED_ELSEWHERE = 0.62, 0.48
KEY_EVENTS = 0.11
"""Bookings begun on the site, of engaged sessions."""
SECONDS = 74
"""Of engagement in a session, on average."""
BROKEN = 0.12
"""Engaged sessions where the landing page does not load."""

ELSEWHERE = {
    "(organic)": ("google / organic", 9200),
    "(direct)": ("(direct) / (none)", 5100),
    "(not set)": ("(not set)", 130),
}
HEADER = (
    "Session campaign,Session source / medium,Sessions,Engaged sessions,Engagement rate,"
    "Average engagement time per session,Key events,Total revenue,Total users"
)


def write(folder: Path, story: Story) -> WebTruth:
    """Write the report; returns the sessions by campaign and the campaign whose page was broken."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = dice(story.seed, "web")
    rows = []
    sessions: dict[str, int] = {}
    for send in story.campaigns:
        people = tally(send.messages).clicked_human
        counted = sum(rng.random() < COUNTED for _ in range(people))
        counted += sum(rng.random() < AGAIN for _ in range(counted))
        if not counted:
            continue
        engaged = BROKEN if story.faults and send.name == plan.BROKEN_PAGE else ENGAGED
        rows.append(_row(rng, _utm(send), _medium(send), counted, engaged=engaged))
        sessions[send.id] = counted
    elsewhere = [
        _row(rng, name, medium, number, engaged=ENGAGED_ELSEWHERE) for name, (medium, number) in ELSEWHERE.items()
    ]
    rows = sorted([*rows, *elsewhere], key=lambda row: -int(row.split(",")[2]))
    text = [
        "# ----------------------------------------",
        "# Traffic acquisition: Session campaign",
        "# Account: Service centre",
        "# Property: https://service.example.com/",
        "# ----------------------------------------",
        "# ",
        "# All Users",
        f"# Start date: {local(START):%Y%m%d}",
        f"# End date: {local(AS_OF):%Y%m%d}",
        HEADER,
        *rows,
    ]
    (folder / "traffic_acquisition.csv").write_text("\r\n".join(text) + "\r\n", encoding="utf-8", newline="")
    return WebTruth(sessions=sessions, broken_page=plan.BROKEN_PAGE if story.faults else "")


def _utm(send: Send[Campaign]) -> str:
    """As the links have it: Mailchimp puts its id before the name, the firm's own links have the mailing's id."""
    return send.id if send.plan.sendgrid else f"{send.id}-{send.plan.at[:10]}_NEWS"


def _medium(send: Send[Campaign]) -> str:
    return "sendgrid / email" if send.plan.sendgrid else "mailchimp / email"


def _row(rng: Random, name: str, medium: str, sessions: int, *, engaged: float) -> str:
    stayed = sum(rng.random() < engaged for _ in range(sessions))
    booked = sum(rng.random() < KEY_EVENTS for _ in range(stayed))
    users = max(1, round(sessions * rng.uniform(0.86, 0.97)))
    seconds = SECONDS * stayed / sessions * rng.uniform(0.9, 1.1)
    return f"{name},{medium},{sessions},{stayed},{stayed / sessions:.4f},{seconds:.2f},{booked},0,{users}"
