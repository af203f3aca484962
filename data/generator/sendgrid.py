"""SendGrid's event log, one gzip file a month, and the firm's own list of its campaigns.

The shape is that of SendGrid's event webhook. Subject lines are not in it: the firm's list tells them.
"""

from __future__ import annotations

import gzip
import json
from collections import Counter, defaultdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from generator import table
from generator.behaviour import LINKS, tally
from generator.clock import local, unix
from generator.people import PREFETCHER, dice
from generator.plan import AUDIENCES, Automation
from generator.truth import LogTruth

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from generator.behaviour import Message
    from generator.plan import Campaign
    from generator.story import Send, Story

RETRIED = 0.002
"""Share of events that the webhook delivers twice."""
DISORDER = 30
"""Events arrive up to so many seconds late [s]."""
PROXY_IP, SCANNER_IP = "192.0.2.{}", "203.0.113.{}"
SCANNER = "Mozilla/5.0 (compatible; MailGateway/4.2; link check)"
BOUNCES: dict[str, dict[str, str]] = {
    "hard": {
        "event": "bounce",
        "type": "bounce",
        "status": "5.1.1",
        "reason": "550 5.1.1 The email account that you tried to reach does not exist.",
    },
    "soft": {
        "event": "bounce",
        "type": "blocked",
        "status": "4.2.2",
        "reason": "452 4.2.2 The email account that you tried to reach is over quota.",
    },
    "block": {
        "event": "bounce",
        "type": "blocked",
        "status": "5.7.1",
        "reason": "554 5.7.1 Message refused: too many messages from your address.",
    },
}
LIST = "mailings_2026.csv"
LIST_COLUMNS = ("ID рассылки", "Название", "Тема", "Сегмент", "Тип", "Дата отправки", "Отправлено", "Отписалось")


def write(folder: Path, story: Story) -> LogTruth:
    """Write the logs and the list of campaigns."""
    sends = [send for send in story.campaigns if send.plan.sendgrid]
    _list(folder / LIST, sends)
    rng = dice(story.seed, "sendgrid")
    months: dict[str, list[tuple[int, int, str]]] = defaultdict(list)
    kinds: Counter[str] = Counter()
    retried = number = 0
    for send in (*sends, *story.automations.values()):
        for message in send.messages:
            number += 1
            for turn, event in enumerate(_events(send, message, number)):
                kinds[event["event"]] += 1
                event["sg_event_id"] += f"{turn:x}"
                line = json.dumps(event, ensure_ascii=False, separators=(",", ":"))
                at = event["timestamp"]
                month = months[f"{datetime.fromtimestamp(at, UTC):%Y-%m}"]
                month.append((at + rng.randint(0, DISORDER), number, line))
                if rng.random() < RETRIED:
                    retried += 1
                    month.append((at + rng.randint(60, 600), number, line))
    (folder / "sendgrid").mkdir(parents=True, exist_ok=True)
    for month, lines in sorted(months.items()):
        text = "".join(f"{line}\n" for _, _, line in sorted(lines))
        path = folder / "sendgrid" / f"events-{month}.ndjson.gz"
        # No name and no time inside, so that the same events give the same bytes.
        path.write_bytes(gzip.compress(text.encode(), compresslevel=9, mtime=0))
    return LogTruth(sum(map(len, months.values())), retried, dict(sorted(kinds.items())))


def _events(send: Send[Campaign] | Send[Automation], message: Message, number: int) -> Iterator[dict[str, Any]]:
    """The events of one message, in order of time; their ids still lack the turn."""
    person = message.person
    whose = _whose(send, message)
    identity = f"{number:05x}"
    proxy, scanner = PROXY_IP.format(number % 200 + 1), SCANNER_IP.format(10 + (person.domain[0] == "f"))

    def event(at: int, what: dict[str, Any]) -> dict[str, Any]:
        return {
            "email": person.email,
            "timestamp": at,
            **what,
            "sg_event_id": identity + "e",
            "sg_message_id": f"{identity}.filter0001.16648.0",
            **whose,
        }

    smtp = {"smtp-id": f"<{identity}@ismtpd-1>"}
    if message.dropped:
        yield event(message.sent, smtp | {"event": "dropped", "reason": "Bounced Address", "status": "5.0.0"})
        return
    if message.bounce:
        yield event(message.sent, smtp | BOUNCES[message.bounce])
        return
    if message.deferred:
        busy = {"event": "deferred", "response": "451 4.3.2 Please try again later", "attempt": "1"}
        yield event(message.handed_on, smtp | busy)
    yield event(message.sent, smtp | {"event": "delivered", "response": "250 OK"})
    for at, machine in message.openings:
        agent, ip = (PREFETCHER, proxy) if machine else (person.agent, person.ip)
        yield event(at, {"event": "open", "useragent": agent, "ip": ip, "sg_machine_open": machine})
    for at, link, scans, disguised in message.clicks:
        agent, ip = (SCANNER, scanner) if scans else (person.agent, person.ip)
        agent = person.bot if disguised else agent
        url = f"https://service.example.com/{LINKS[link]}"
        yield event(at, {"event": "click", "useragent": agent, "ip": ip, "url": url})
    if message.unsubscribed is not None:
        yield event(message.unsubscribed, {"event": "unsubscribe"})
    if message.complained is not None:
        yield event(message.complained, {"event": "spamreport"})


def _whose(send: Send[Campaign] | Send[Automation], message: Message) -> dict[str, Any]:
    if isinstance(send.plan, Automation):
        return {
            "category": send.plan.key,
            "mc_stats": "automation",
            "mc_auto_id": send.id,
            "mc_auto_name": send.name,
        }
    whose = {
        "category": ["newsletter", "ab-test"] if message.variant else "newsletter",
        "mc_stats": "singlesend",
        "singlesend_id": send.id,
        "singlesend_name": send.name,
    }
    return whose | {"variant": message.variant} if message.variant else whose


def _list(path: Path, sends: list[Send[Campaign]]) -> None:
    rows = [
        (
            send.id,
            send.name,
            "A: {} | B: {}".format(*send.plan.subjects) if send.plan.is_test else send.plan.subjects[0],
            AUDIENCES[send.plan.language],
            "A/B тест" if send.plan.is_test else "Обычная",
            f"{local(unix(send.plan.at)):%d.%m.%Y %H:%M}",
            len(send.messages),
            tally(send.messages).unsubscribed,
        )
        for send in sends
    ]
    table.write(path, LIST_COLUMNS, rows, separator=";", encoding="cp1251")
