"""The mailboxes of the fleet desk and of the parts counter: conversations that the help desk does not have.

Two boxes as mbox files: threads with replies, quotes in the manner of two kinds of programs, signatures, automatic
answers of both sides, the same mail in both boxes, campaign copies, and mail among colleagues. The date in a header
is the sender's clock; the topmost Received is the server's.
"""

from __future__ import annotations

import base64
import quopri
from collections import Counter
from dataclasses import dataclass, field
from email.header import Header
from email.utils import format_datetime
from typing import TYPE_CHECKING

from generator import writing
from generator.clock import AS_OF, DAY, HOUR, START, awake, local, unix
from generator.desk import BEFORE, IMPROVES_FROM, SINCE, wait
from generator.people import dice, pick
from generator.truth import MailTruth

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from generator.people import Person
    from generator.story import Story

SCALE, THREADS = 6000, 190
"""So many conversations per 6,000 contacts."""
FLEET, PARTS = "fleet@service.example.com", "parts@service.example.com"
FILES = {FLEET: "fleet.mbox", PARTS: "parts.mbox"}
STARTS = {"customer": 0.86, "service": 0.10, "internal": 0.04}
"""Who begins a conversation."""
CHINESE = 12
"""Conversations in Chinese, of these few people."""
CHINESE_PEOPLE = 4
IN_BOTH = 0.12
"""Share of conversations that are written to both boxes."""
ACKNOWLEDGED, AWAY, TWICE_ASKED, GOES_ON, REOPENED = 0.15, 0.05, 0.15, 0.3, 0.04
"""Shares of a machine's receipt, of a customer's machine that answers ours, of a second message before the answer, of
a conversation that goes on after an answer, and of one that is taken up again after weeks."""
FORGOTTEN = 0.04
WITHOUT_IDS = 0.04
"""Share of customers' answers whose program names no message before."""
WRONG_CLOCK = 0.1
"""Share of customers whose clock is wrong by up to an hour."""
COPIES = 5
"""Campaigns that one box subscribed to."""
WORSENING, WORSE_FROM = 16, "2026-07-01 00:00"
"""Conversations of one corporate customer who becomes discontent, and from when on."""
CALM = (
    "appointment.booking",
    "invoice.documents",
    "question.parts",
    "question.price",
    "praise.quality",
    "upgrade.contract",
)
ANGRY = ("complaint.waiting", "complaint.quality", "complaint.price", "refund.quality", "cancel.booking")


@dataclass(slots=True)
class Letter:
    """One message.

    Attributes:
        at: when the server took it [Unix s]; `clock`: what the sender's clock was ahead [s].
        text: its own words; `quoted`: the message below it.
        meaning: as `writing.Text` has it; "" where nobody asked what it means.
        boxes: whose files hold it.
    """

    id: str
    at: int
    sender: str
    to: list[str]
    subject: str
    text: str
    language: str
    meaning: str = ""
    signature: str = ""
    quoted: Letter | None = None
    before: list[str] = field(default_factory=list)
    extra: dict[str, str] = field(default_factory=dict)
    boxes: tuple[str, ...] = (FLEET,)
    clock: int = 0
    habit: int = 0

    @property
    def is_ours(self) -> bool:
        """Written by the service."""
        return self.sender.endswith("@service.example.com")


def write(folder: Path, story: Story) -> MailTruth:
    """Write both boxes; what was planted in them."""
    folder.mkdir(parents=True, exist_ok=True)
    threads = [list(thread) for thread in _Post(story).threads()]
    letters = sorted((one for thread in threads for one in thread if one.at <= AS_OF), key=lambda one: (one.at, one.id))
    for box, name in FILES.items():
        texts = [_text(one, box) for one in letters if box in one.boxes]
        (folder / name).write_bytes("\n".join(texts).encode())
    asked = [thread for thread in threads if not thread[0].is_ours and not thread[0].extra and thread[0].at <= AS_OF]
    answers = [
        next((one for one in thread if one.is_ours and not one.extra and one.at <= AS_OF), None) for thread in asked
    ]
    kinds = Counter(_kind(one) for one in letters)
    return MailTruth(
        messages=len(letters),
        copies=sum(len(one.boxes) - 1 for one in letters),
        kinds=dict(sorted(kinds.items())),
        unlinked=sum(one.quoted is not None and not one.before for one in letters),
        requests=len(asked),
        unanswered=sum(answer is None for answer in answers),
        working_hours=(BEFORE, SINCE),
        improves_from=IMPROVES_FROM,
        worsening=_Post(story).worsening.email,
        worse_from=WORSE_FROM,
        meanings={one.id: one.meaning for one in letters if one.meaning},
    )


def _kind(one: Letter) -> str:
    if "List-Unsubscribe" in one.extra:
        return "bulk"
    if one.extra:
        return "automatic"
    return (
        "internal"
        if one.is_ours and all(to.endswith("@service.example.com") for to in one.to)
        else "out"
        if one.is_ours
        else "in"
    )


class _Post:
    """Who writes, and to whom."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self.rng = dice(story.seed, "mailboxes")
        corporate = [one for one in story.people if one.segment == "corporate" and one.joined < START]
        self.worsening = corporate[0] if corporate else story.people[0]
        self.corporate = corporate[1:] or corporate or story.people
        self.others = [one for one in story.people if one.segment == "regular" and one.joined < START]
        self.chinese = [one for one in self.corporate if one.language == "en"][:CHINESE_PEOPLE] or self.corporate[:1]
        self.number = 0

    def threads(self) -> Iterator[list[Letter]]:
        """All conversations."""
        many = max(12, round(THREADS * len(self.story.people) / SCALE))
        for number in range(many):
            at = awake(self.rng, START + int(self.rng.random() * (AS_OF - START)))
            kind = pick(self.rng, STARTS)
            if number < CHINESE * many // THREADS:
                yield self._asked(self.rng.choice(self.chinese), "zh", at)
            elif kind == "internal":
                yield [self._internal(at)]
            else:
                person = self.rng.choice(self.corporate if self.rng.random() < 0.5 else self.others)
                start = self._asked if kind == "customer" else self._begun
                yield start(person, person.language, at)
        for number in range(WORSENING):
            at = awake(self.rng, unix("2025-10-06 09:00") + number * 24 * DAY + self.rng.randint(0, 8 * HOUR))
            worse = at >= unix(WORSE_FROM)
            purpose = self.rng.choice(ANGRY if worse else CALM)
            yield self._asked(self.worsening, self.worsening.language, at, purpose, "negative" if worse else "")
        for send in self.story.campaigns[-COPIES:]:
            yield [self._copy(send.name, send.plan.subjects[0], unix(send.plan.at) + 90)]

    def _asked(self, person: Person, language: str, at: int, purpose: str = "", tone: str = "") -> list[Letter]:
        """A conversation that a customer begins."""
        rng = self.rng
        purpose = purpose or writing.wanted(rng, faster=at >= unix(IMPROVES_FROM))
        text = writing.request(rng, language, purpose, tone)
        box = PARTS if purpose.startswith("question") else FLEET
        boxes = (FLEET, PARTS) if rng.random() < IN_BOTH else (box,)
        first = self._theirs(person, language, at, text, boxes)
        thread = [first]
        if rng.random() < ACKNOWLEDGED:
            thread.append(self._receipt(first, at + rng.randint(5, 50)))
        asked_again = awake(rng, at + rng.randint(20, 400) * 60)
        agent, answered = wait(self.story, rng, at)
        if rng.random() < FORGOTTEN:
            return thread
        if rng.random() < TWICE_ASKED and asked_again < answered:
            thread.append(self._answer_of_theirs(first, asked_again, "again"))
        return [*thread, *self._goes_on(agent, answered, thread[-1] if not thread[-1].is_ours else first)]

    def _goes_on(self, agent: str, at: int, last: Letter) -> Iterator[Letter]:
        """Our answer and what follows it."""
        rng = self.rng
        answer = self._ours(agent, at, last, writing.reply(rng, last.language, "answer"))
        yield answer
        if rng.random() < AWAY:
            yield self._away(answer, at + rng.randint(10, 90))
        chance = rng.random()
        if chance < REOPENED:
            again = self._answer_of_theirs(answer, awake(rng, at + rng.randint(35, 60) * DAY), "again")
        elif chance < REOPENED + GOES_ON:
            again = self._answer_of_theirs(answer, awake(rng, at + rng.randint(10, 2000) * 60), "again")
        else:
            if chance < 0.75:
                yield self._answer_of_theirs(answer, awake(rng, at + rng.randint(10, 900) * 60), "thanks")
            return
        yield again
        agent, answered = wait(self.story, rng, again.at)
        yield self._ours(agent, answered, again, writing.reply(rng, last.language, "answer"))

    def _begun(self, person: Person, language: str, at: int) -> list[Letter]:
        """A conversation that we begin."""
        rng = self.rng
        agent, at = wait(self.story, rng, at)
        said = writing.words(language)["replies"]
        subject = writing.filled(rng, language, rng.choice(said["ours_subjects"]))
        first = Letter(
            self._id("service.example.com"), at, f"{agent}@service.example.com", [person.email], subject,
            writing.reply(rng, language, "ours"), language, signature=said["desk"],
        )  # fmt: skip
        first.habit = _habit(person)
        if rng.random() < 0.6:
            return [first, self._answer_of_theirs(first, awake(rng, at + rng.randint(10, 2000) * 60), "thanks")]
        return [first]

    def _theirs(self, person: Person, language: str, at: int, text: writing.Text, boxes: tuple[str, ...]) -> Letter:
        signatures = writing.words(language)["signatures"]
        signature = dice(self.story.seed, f"signature of {person.email}").choice(signatures)
        return Letter(
            self._id(person.domain), at, person.email, list(boxes), text.about, text.body, language, text.meaning,
            signature, boxes=boxes, clock=self._clock(person.email), habit=_habit(person),
        )  # fmt: skip

    def _answer_of_theirs(self, last: Letter, at: int, kind: str) -> Letter:
        """The customer's answer to one of ours, or another message to one of theirs."""
        person = last.to[0] if last.is_ours else last.sender
        to = [*last.boxes]
        text = writing.reply(self.rng, last.language, kind)
        one = Letter(
            self._id(person.rpartition("@")[2]), at, person, to, _re(last.subject), text, last.language,
            quoted=last, before=[*last.before, last.id], boxes=last.boxes, clock=self._clock(person), habit=last.habit,
        )  # fmt: skip
        if last.is_ours and self.rng.random() < WITHOUT_IDS:
            one.before = []
        return one

    def _ours(self, agent: str, at: int, last: Letter, text: str) -> Letter:
        return Letter(
            self._id("service.example.com"), at, f"{agent}@service.example.com", [last.sender], _re(last.subject), text,
            last.language, signature=writing.words(last.language)["replies"]["desk"], quoted=last,
            before=[*last.before, last.id], boxes=last.boxes, habit=last.habit,
        )  # fmt: skip

    def _receipt(self, first: Letter, at: int) -> Letter:
        text = writing.words(first.language)["replies"]["ack"]
        return Letter(
            self._id("service.example.com"), at, first.to[0], [first.sender], _re(first.subject), text, first.language,
            before=[first.id], boxes=first.boxes, extra={"Auto-Submitted": "auto-replied", "Precedence": "auto_reply"},
        )  # fmt: skip

    def _away(self, answer: Letter, at: int) -> Letter:
        said = writing.words(answer.language)["replies"]
        return Letter(
            self._id(answer.to[0].rpartition("@")[2]), at, answer.to[0], [answer.sender],
            said["away_subject"] + answer.subject, writing.reply(self.rng, answer.language, "away"), answer.language,
            before=[answer.id], boxes=answer.boxes, extra={"Auto-Submitted": "auto-replied"},
        )  # fmt: skip

    def _internal(self, at: int) -> Letter:
        text = writing.reply(self.rng, "ru", "ours")
        return Letter(
            self._id("service.example.com"), at, "igor@service.example.com", ["maria@service.example.com", FLEET],
            "Для своих: план на неделю", text, "ru",
        )  # fmt: skip

    def _copy(self, name: str, subject: str, at: int) -> Letter:
        extra = {"List-Unsubscribe": "<https://service.example.com/unsubscribe>", "Precedence": "bulk"}
        text = f"{subject}.\n\nhttps://service.example.com/book"
        return Letter(
            self._id("news.service.example.com"), at, "news@service.example.com", [FLEET], subject, text, "ru",
            extra=extra | {"X-Campaign": str(Header(name, "utf-8").encode())},
        )  # fmt: skip

    def _clock(self, email: str) -> int:
        """What a customer's clock is ahead of ours [s]."""
        rng = dice(self.story.seed, f"clock of {email}")
        return rng.randint(-3600, 3600) if rng.random() < WRONG_CLOCK else rng.randint(-20, 20)

    def _id(self, domain: str) -> str:
        self.number += 1
        return f"{self.number:04x}.{self.rng.getrandbits(32):08x}@{domain}"


def _habit(person: Person) -> int:
    """By which program the person writes: how it packs letters, and how it quotes."""
    return int(person.email[1:6]) % 6


def _re(subject: str) -> str:
    return subject if subject.startswith("Re: ") else f"Re: {subject}"


def _when(moment: int) -> str:
    return f"{local(moment):%d.%m.%Y %H:%M}"


def _quote(one: Letter, last: Letter) -> str:
    """The message before, as the writer's program puts it below."""
    said = writing.words(one.language)["replies"]
    below = "\n\n".join(filter(None, [last.text, last.signature]))
    if one.habit % 2:
        labels = zip(said["block"], (last.sender, _when(last.at), ", ".join(last.to), last.subject), strict=True)
        return "\n".join([*(f"{label}: {value}" for label, value in labels), "", below])
    head = said["header"].format(date=_when(last.at), who=f"<{last.sender}>")
    return "\n".join([head, *(f"> {line}".rstrip() for line in below.splitlines())])


def _text(one: Letter, box: str) -> str:
    """One message of an mbox, lines that look like its separators with a sign before them."""
    body = "\n\n".join(filter(None, [one.text, one.signature, _quote(one, one.quoted) if one.quoted else ""])) + "\n"
    charset, packing, payload = _packed(body, one)
    sent = local(one.at + one.clock)
    headers = {
        "Delivered-To": box,
        "Message-ID": f"<{one.id}>",
        "Date": format_datetime(sent),
        "From": one.sender,
        "To": ", ".join(one.to),
        "Subject": Header(one.subject, None if one.subject.isascii() else "utf-8", header_name="Subject").encode(),
        **({"In-Reply-To": f"<{one.before[-1]}>"} if one.before else {}),
        **({"References": "\n ".join(f"<{identity}>" for identity in one.before)} if one.before else {}),
        **one.extra,
        "MIME-Version": "1.0",
        "Content-Type": f"text/plain; charset={charset}",
        "Content-Transfer-Encoding": packing,
    }
    if not one.is_ours:
        passed = f"from mx.{one.sender.rpartition('@')[2]} by mx.service.example.com; {format_datetime(local(one.at))}"
        headers = {"Delivered-To": box, "Received": passed} | headers
    if one.is_ours and box not in one.to:
        del headers["Delivered-To"]
    lines = [f"From {one.sender} {local(one.at):%a %b %d %H:%M:%S %Y}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    lines += ["", *(f">{line}" if line.startswith("From ") else line for line in payload.splitlines())]
    return "\n".join(lines) + "\n"


def _packed(body: str, one: Letter) -> tuple[str, str, str]:
    """The letters as the writer's program sends them: charset, transfer encoding, text."""
    if body.isascii():
        return "us-ascii", "7bit", body
    if one.is_ours or one.habit < 3:
        return "utf-8", "8bit", body
    if one.habit == 3:
        return "utf-8", "quoted-printable", quopri.encodestring(body.encode()).decode()
    charset = {"ru": "koi8-r" if one.habit == 4 else "windows-1251", "zh": "gb18030"}.get(one.language, "utf-8")
    return charset, "base64", base64.encodebytes(body.encode(charset, "replace")).decode()
