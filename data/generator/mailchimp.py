"""Mailchimp's exports: all campaigns, one single report, and a report for each A/B test.

The shapes are those of Mailchimp's own files: PHP's quoting, two styles of dates, shares in brackets.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote_plus

from generator.behaviour import LINKS, tally
from generator.clock import local, unix
from generator.people import dice
from generator.plan import AUDIENCES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from generator.behaviour import Message
    from generator.plan import Campaign
    from generator.story import Send, Story
    from generator.truth import Totals

COLUMNS = (
    "Title", "Subject", "Audience", "Send Date", "Send Weekday", "Total Recipients", "Successful Deliveries",
    "Soft Bounces", "Hard Bounces", "Total Bounces", "Times Forwarded", "Forwarded Opens", "Unique Opens",
    "Open Rate", "Total Opens", "Unique Clicks", "Click Rate", "Total Clicks", "Unsubscribes",
    "Abuse Complaints", "Times Liked on Facebook", "Folder Id", "Unique Id", "Total Orders",
    "Total Gross Sales", "Total Revenue",
)  # fmt: skip
FROM = ("Сервисный центр", "news@service.example.com")
MANY_SUBJECTS = "[MULTIPLE VARIATIONS]"
SINGLE_REPORT = "Подготовка к зиме"
"""The campaign that has a report of its own beside its row in the export."""
TEST_BEFORE = 40 * 60
"""The links of the corrected campaign were tried this long before its sending [s]."""
PAGES = {
    "book": "https://service.example.com/book",
    "offer": "https://service.example.com/offer",
    "prices": "https://service.example.com/prices",
    "social": "https://social.example.net/service-centre",
    "unsubscribe": "https://service.us21.list-manage.com/unsubscribe?u=00000000000000000000000a"
    "&id=00000000aa&e=[UNIQID]&c={id}",
}


def write(folder: Path, story: Story) -> tuple[str, ...]:
    """Write the exports.

    Returns:
        The ids of test sends.
    """
    folder.mkdir(parents=True, exist_ok=True)
    sends = [send for send in story.campaigns if not send.plan.sendgrid]
    rng = dice(story.seed, "mailchimp")
    tests: list[str] = []
    rows: list[Sequence[object]] = [COLUMNS]
    for number, send in enumerate(sends):
        following = sends[number + 1] if number + 1 < len(sends) else send
        if following.plan.again:
            test = f"{rng.getrandbits(40):010x}"
            tests.append(test)
            rows.append(_test_row(test, send))
        subject = MANY_SUBJECTS if send.plan.lift and send.plan.is_test else send.plan.subjects[0]
        rows.append(_row(send, subject, unix(send.plan.at), tally(send.messages), send.id))
        if send.plan.is_test:
            ids = [f"{rng.getrandbits(40):010x}" for _ in "AB"]
            _text(folder / f"ab_report_{send.plan.at[:10]}.csv", _ab_report(send, ids))
        if send.name == SINGLE_REPORT:
            _text(folder / f"report_{send.plan.at[:10]}.csv", _single_report(send))
    # The export lists the latest first.
    _text(folder / "campaigns.csv", [_line(row) for row in (rows[0], *reversed(rows[1:]))])
    return tuple(tests)


def _row(send: Send[Campaign], subject: str, at: int, totals: Totals, identity: str) -> list[object]:
    when = local(at)
    return [
        send.name,
        subject,
        AUDIENCES[send.plan.language],
        f"{when:%b %d, %Y %I:%M} {when:%p}".replace("AM", "am").replace("PM", "pm"),
        f"{when:%A}",
        totals.sent,
        totals.delivered,
        totals.bounced_soft,
        totals.bounced_hard,
        totals.bounced_soft + totals.bounced_hard,
        0,
        0,
        totals.opened,
        f"{totals.opened / totals.delivered:.2%}",
        totals.opens_total,
        totals.clicked,
        f"{totals.clicked / totals.delivered:.2%}",
        totals.clicks_total + totals.clicks_unsubscribe,
        totals.unsubscribed,
        totals.complained,
        0,
        0,
        identity,
        0,
        0,
        0,
    ]


def _test_row(identity: str, send: Send[Campaign]) -> list[object]:
    subject = f"TEST LINKS: {send.plan.subjects[0]}"
    row = _row(send, subject, unix(send.plan.at) - TEST_BEFORE, tally(send.messages), identity)
    told = {
        "Total Recipients": 3, "Successful Deliveries": 3, "Soft Bounces": 0, "Hard Bounces": 0,
        "Total Bounces": 0, "Unique Opens": 3, "Open Rate": "100.00%", "Total Opens": 5, "Unique Clicks": 2,
        "Click Rate": "66.67%", "Total Clicks": 6, "Unsubscribes": 0, "Abuse Complaints": 0,
    }  # fmt: skip
    return [told.get(column, value) for column, value in zip(COLUMNS, row, strict=True)]


def _single_report(send: Send[Campaign]) -> list[str]:
    totals = tally(send.messages)
    return [
        "Email Campaign Report",
        _pair("Title:", send.name),
        _pair("Subject Line:", send.plan.subjects[0]),
        _pair("Delivery Date/Time:", _delivery(send)),
        "",
        '"Overall Stats"',
        *_stats(totals, send.messages),
        _pair("Times Liked on Facebook:", "0"),
        "",
        '"Clicks by URL"',
        *_links(send, send.messages, send.id),
        ",",
    ]


def _ab_report(send: Send[Campaign], ids: list[str]) -> list[str]:
    lines = ["Campaign Report", _pair("Title:", send.name), _pair("Delivery Date/Time:", _delivery(send)), ""]
    for number, variant in enumerate("AB"):
        messages = send.of(variant)
        lines += [
            f'"Combination {number + 1} Stats"',
            _pair("Subject Line:", send.plan.subjects[number]),
            _pair("From Name:", FROM[0]),
            _pair("From Email:", FROM[1]),
            *_stats(tally(messages), messages),
            _pair("Total Sales:", "₽0.00"),
            "",
        ]
    for number, variant in enumerate("AB"):
        lines += [
            f'"Combination {number + 1} Clicks by URL"',
            *_links(send, send.of(variant), ids[number]),
            *([""] if number == 0 else []),
        ]
    return lines


def _stats(totals: Totals, messages: list[Message]) -> list[str]:
    opened = max((one.at for message in messages for one in message.openings), default=messages[0].sent)
    clicked = max((one.at for message in messages for one in message.clicks), default=opened)

    def share(part: int, whole: int) -> str:
        return f"{part:,} ({part / whole:.1%})"

    bounced = totals.bounced_hard + totals.bounced_soft
    return [
        _pair("Total Recipients:", f"{totals.sent:,}"),
        _pair("Successful Deliveries:", f"{totals.delivered:,}"),
        _pair("Bounces:", share(bounced, totals.sent)),
        _pair("Times Forwarded:", "0"),
        _pair("Forwarded Opens:", "0"),
        _pair("Recipients Who Opened:", share(totals.opened, totals.delivered)),
        _pair("Total Opens:", f"{totals.opens_total:,}"),
        _pair("Last Open Date:", _american(opened)),
        _pair("Recipients Who Clicked:", share(totals.clicked, totals.delivered)),
        _pair("Total Clicks:", f"{totals.clicks_total + totals.clicks_unsubscribe:,}"),
        _pair("Last Click Date:", _american(clicked)),
        _pair("Total Unsubs:", f"{totals.unsubscribed:,}"),
        _pair("Total Abuse Complaints:", f"{totals.complained:,}"),
    ]


def _links(send: Send[Campaign], messages: list[Message], identity: str) -> list[str]:
    audience = quote_plus(AUDIENCES[send.plan.language])
    marks = (
        f"utm_source={audience}&utm_campaign={identity}-{send.plan.at[:10]}_NEWS&utm_medium=email"
        f"&utm_term=0_00000000aa-{identity}-[LIST_EMAIL_ID]&mc_cid={identity}&mc_eid=UNIQID"
    )
    told = []
    for number, link in enumerate(LINKS):
        clicks = [[one for one in message.clicks if one.link == number] for message in messages]
        page = PAGES[link].format(id=identity)
        url = f"{page}{'&' if '?' in page else '?'}{marks}"
        told.append((sum(map(len, clicks)), sum(map(bool, clicks)), url))
    told.sort(key=lambda link: -link[0])
    return [
        '"URL","Total Clicks","Unique Clicks"',
        *(f'"{url}","{total}","{unique}"' for total, unique, url in told),
    ]


def _delivery(send: Send[Campaign]) -> str:
    when = local(unix(send.plan.at))
    return f"{when:%a, %b} {when.day}, {when:%Y %H:%M}"


def _american(moment: int) -> str:
    when = local(moment)
    return f"{when.month}/{when.day}/{when:%y} {when.hour}:{when:%M}"


def _pair(key: str, value: str) -> str:
    return f'"{key}","{value}"'


def _line(row: Sequence[object]) -> str:
    """A line as PHP's fputcsv writes it: quotes around whatever holds a blank."""
    cells = [str(cell) for cell in row]
    return ",".join('"' + cell.replace('"', '""') + '"' if set(cell) & set(' ,"\t') else cell for cell in cells)


def _text(path: Path, lines: list[str]) -> None:
    path.write_bytes(("\n".join(lines) + "\n").encode())
