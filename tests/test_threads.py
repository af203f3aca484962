"""Threads: every trap of the checks' mailbox (E20), duplicates, campaigns, machines, whose mail it is."""

from __future__ import annotations

from base64 import b64encode
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import kit
from kit import counts
from kit.questions.response_time import contacts
from kit.store.threads import components
from tests import exports
from tests.letters import letter, mbox

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
US, ANNA, BORIS = "garage@example.com", "anna@example.org", "boris@example.net"


def mail(name: str, hours: float, sender: str, to: str, subject: str = "Brakes", **headers: str | None) -> bytes:
    """A message so many hours after the start; `after` names what it answers, `name` "" leaves it without an id."""
    after = headers.pop("after", None)
    own: dict[str, str | None] = {"Message_ID": f"<{name}@mail>" if name else None}
    if after:
        *_earlier, last = after.split()
        own |= {"In_Reply_To": f"<{last}@mail>", "References": " ".join(f"<{one}@mail>" for one in after.split())}
    when = format_datetime(START + timedelta(hours=hours))
    text = f"about {subject}, {name or when}\n"
    return letter(text, From=sender, To=to, Subject=subject, Date=when, **(own | headers))


def opened(place: Path, boxes: dict[str, list[bytes]], toml: str = 'own_domains = ["example.com"]\n') -> Any:
    for name, messages in boxes.items():
        exports.write(place, f"{name}.mbox", mbox(messages))
    exports.write(place, "kit.toml", f'{toml}time_zone = "UTC"\nas_of = 2026-03-12T09:00:00\n')
    return kit.open(place)


def threads(data: Any) -> dict[str, str]:
    """The thread of each message that has an id."""
    table = data.table("correspondence")
    return {
        str(one).removesuffix("@mail"): thread
        for one, thread in zip(table["message_id"], table["thread_id"], strict=True)
    }


def turns(data: Any) -> pd.DataFrame:
    return counts.responses(data).sort_values("asked_local", ignore_index=True)


def test_a_reply_in_sent_joins_the_mail_in_the_inbox(tmp_path: Path) -> None:
    answer = mail("b", 2, US, ANNA, "Re: Brakes", after="a")
    data = opened(tmp_path, {"Inbox": [mail("a", 0, ANNA, US)], "Sent": [answer]})
    (turn,) = turns(data).to_dict("records")
    assert (turn["state"], turn["minutes"], turn["first"], turn["mailbox"]) == ("answered", 120, True, "garage")


def test_a_missing_middle_message_still_joins(tmp_path: Path) -> None:
    late = mail("c", 5, US, ANNA, "Re: Brakes", after="a lost")
    data = opened(tmp_path, {"Inbox": [mail("a", 0, ANNA, US), late, mail("d", 6, ANNA, US, after="lost other")]})
    of = threads(data)
    assert of["a"] == of["c"] == of["d"]


def test_a_changed_subject_stays_in_its_thread(tmp_path: Path) -> None:
    data = opened(tmp_path, {"Inbox": [mail("a", 0, ANNA, US), mail("b", 1, US, ANNA, "Your invoice", after="a")]})
    assert len(set(threads(data).values())) == 1


@pytest.mark.parametrize(
    ("sender", "subject", "hours", "joins"),
    [
        (ANNA, "AW: Ответ: brakes", 3, True),
        (BORIS, "Re: Brakes", 3, False),  # the same subject of somebody else
        (ANNA, "Re: Tyres", 3, False),
        (ANNA, "Re: Brakes", 24 * 31, False),  # a month later
    ],
)
def test_without_ids_a_subject_joins_only_with_its_person_and_within_a_month(
    tmp_path: Path, sender: str, subject: str, hours: float, *, joins: bool
) -> None:
    data = opened(tmp_path, {"Inbox": [mail("a", 0, ANNA, US), mail("", hours, sender, US, subject)]})
    table = data.table("correspondence")
    assert (len(set(table["thread_id"])) == 1) == joins
    assert table["joined_by"].tolist() == ["ids", "subject" if joins else "ids"]
    note = "1 e-mail does not name the e-mail that it answers; it was put into a thread by subject and person"
    assert (note in data.notes) == joins


def test_a_new_mail_of_an_old_subject_is_a_thread_of_its_own(tmp_path: Path) -> None:
    data = opened(tmp_path, {"Inbox": [mail("a", 0, ANNA, US, "Invoice"), mail("b", 50, ANNA, US, "Invoice")]})
    assert len(set(threads(data).values())) == 2


def test_an_automatic_answer_is_no_answer(tmp_path: Path) -> None:
    machine = mail("m", 0.1, US, ANNA, "Re: Brakes", after="a", Auto_Submitted="auto-replied")
    away = mail("o", 4, ANNA, US, "Automatic reply: Brakes", after="b")
    answer = mail("b", 3, US, ANNA, "Re: Brakes", after="a")
    data = opened(tmp_path, {"Inbox": [mail("a", 0, ANNA, US), machine, answer, away]})
    (turn,) = turns(data).to_dict("records")  # the absence note asks nothing
    assert (turn["state"], turn["minutes"]) == ("answered", 180)


def test_the_same_mail_in_two_boxes_counts_once_and_another_of_its_id_does_not(tmp_path: Path) -> None:
    wrapped = mail("a", 0, ANNA, US).replace(b"about Brakes, a", b"about\nBrakes,  a")
    other = mail("a", 0, ANNA, US).replace(b"about Brakes, a", b"quite another text")
    data = opened(tmp_path, {"one": [mail("a", 0, ANNA, US)], "two": [wrapped, other]})
    assert len(data.table("correspondence")) == 2
    assert sum(log.rows_repeated for log in data.files if log.preset) == 1
    assert len(set(data.table("correspondence")["thread_id"])) == 1


def test_an_unanswered_thread_still_waits(tmp_path: Path) -> None:
    data = opened(tmp_path, {"Inbox": [mail("a", 0, ANNA, US), mail("b", 7, ANNA, US, "Re: Brakes", after="a")]})
    (turn,) = turns(data).to_dict("records")  # writing again begins no second wait
    assert (turn["state"], turn["minutes"], turn["message_id"]) == ("open", 10 * 24 * 60, "a@mail")


def test_merged_threads_are_one_and_a_reopened_one_has_a_second_turn(tmp_path: Path) -> None:
    box = [
        mail("a", 0, ANNA, US),
        mail("b", 1, ANNA, US, "Also the lights"),
        mail("c", 3, US, ANNA, "Re: both", after="a b"),
        mail("d", 100, ANNA, US, "Re: both", after="a b c"),
        mail("e", 104, US, ANNA, "Re: both", after="a b c d"),
    ]
    data = opened(tmp_path, {"Inbox": box})
    assert len(set(threads(data).values())) == 1
    assert turns(data)[["first", "minutes"]].to_numpy().tolist() == [[True, 180.0], [False, 240.0]]


def test_a_thread_that_we_began_has_no_first_response(tmp_path: Path) -> None:
    box = [
        mail("a", 0, US, ANNA, "Your car is ready"),
        mail("b", 5, ANNA, US, "Re: Your car is ready", after="a"),
        mail("c", 6, US, ANNA, "Re: Your car is ready", after="a b"),
    ]
    assert turns(opened(tmp_path, {"Inbox": box}))[["first", "minutes"]].to_numpy().tolist() == [[False, 60.0]]


def test_answers_to_a_campaign_are_threads_of_their_own(tmp_path: Path) -> None:
    copy = mail("news", 0, US, ANNA, "Spring", List_Unsubscribe="<mailto:out@example.com>")
    replies = [mail(f"r{n}", 1 + n, f"p{n}@example.org", US, "Re: Spring", after="news") for n in range(3)]
    lost = [mail(f"l{n}", 5 + n, f"p{n}@example.org", US, "Re: Autumn", after="unseen") for n in range(3)]
    pair = [mail(f"t{n}", 9 + n, f"p{n}@example.org", US, "Re: Deal", after="two") for n in range(2)]
    data = opened(tmp_path, {"Inbox": [copy, *replies, *lost, *pair]})
    of = threads(data)
    assert len({of[f"r{n}"] for n in range(3)}) == 3
    assert len({of[f"l{n}"] for n in range(3)}) == 3  # nobody has what three people answered: it went to many
    assert of["t0"] == of["t1"]
    assert len(turns(data)) == 7
    assert data.table("correspondence")["kind"].value_counts().to_dict() == {"person": 8, "campaign": 1}


def test_a_group_address_of_ours_makes_no_list_of_our_customers(tmp_path: Path) -> None:
    ours = {"List_Id": "<support.example.com>", "Precedence": "list"}
    theirs = {"List_Id": "<news.example.org>", "Precedence": "list"}
    box = [mail("a", 0, ANNA, US, **ours), mail("b", 1, BORIS, US, "Offers", **theirs)]
    kinds = opened(tmp_path, {"Inbox": box}).table("correspondence").set_index("message_id")["kind"]
    assert kinds.to_dict() == {"a@mail": "person", "b@mail": "campaign"}


def test_the_provider_joins_what_names_nothing(tmp_path: Path) -> None:
    box = [
        mail("a", 0, ANNA, US, X_GM_THRID="77"),
        mail("b", 1, US, ANNA, "Something else", X_GM_THRID="77"),
        mail("c", 2, ANNA, US, "Third", X_GM_THRID="78"),
    ]
    data = opened(tmp_path, {"All": box})
    of = threads(data)
    assert of["a"] == of["b"] != of["c"]
    assert data.table("correspondence")["joined_by"].tolist() == ["ids", "provider", "ids"]


def index(conversation: int, answers: int = 0) -> str:
    """Outlook's Thread-Index: a byte, a time and a GUID, then five bytes an answer."""
    return b64encode(b"\x01" + bytes([conversation] * 21) + bytes(5 * answers)).decode()


def test_outlooks_thread_index_joins_what_names_nothing(tmp_path: Path) -> None:
    box = [
        mail("a", 0, ANNA, US, Thread_Index=index(7)),
        mail("b", 1, US, ANNA, "Something else", Thread_Index=index(7, answers=1)),
        mail("c", 2, ANNA, US, "Third", Thread_Index=index(8)),
        mail("d", 3, BORIS, US, "Fourth", Thread_Index=index(7, answers=1)),  # a copy of a mail to many
        mail("e", 4, ANNA, US, "Fifth", Thread_Index="AQ=="),
    ]
    data = opened(tmp_path, {"All": box})
    of = threads(data)
    assert of["a"] == of["b"]
    assert len(set(of.values())) == 4
    assert data.table("correspondence")["joined_by"].tolist() == ["ids", "provider", "ids", "ids", "ids"]


def report(action: str, original: str, name: str = "r") -> bytes:
    """A report of delivery by RFC 3464 that gives the headers of the mail back."""
    body = (
        "--b\nContent-Type: text/plain\n\nIt was not delivered.\n"
        f"--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; x\n\nFinal-Recipient: rfc822; {ANNA}\n"
        f"Action: {action}\nStatus: 5.1.1\n"
        f"--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: <{original}@mail>\nSubject: Brakes\n--b--\n"
    )
    kind = 'multipart/report; report-type=delivery-status; boundary="b"'
    when = format_datetime(START + timedelta(hours=4))
    sender = "MAILER-DAEMON@example.com"
    return letter(body, Message_ID=f"<{name}@mail>", From=sender, To=US, Date=when, Content_Type=kind)


@pytest.mark.parametrize(
    ("back", "reached"),
    [
        (report("failed", "b"), False),
        (report("delayed", "b"), True),
        (report("failed", "elsewhere"), True),
        (mail("r", 4, "mailer-daemon@example.com", US, X_Failed_Recipients=ANNA, after="a b"), False),
    ],
    ids=["failed", "delayed", "of another", "by Exim"],
)
def test_mail_that_came_back_answers_and_asks_nobody(tmp_path: Path, back: bytes, *, reached: bool) -> None:
    began = mail("c", 5, US, BORIS, "Your car is ready")
    lost = report("failed", "c", "s").replace(ANNA.encode(), BORIS.encode())
    box = [mail("a", 0, ANNA, US), mail("b", 3, US, ANNA, "Re: Brakes", after="a"), back, began]
    data = opened(tmp_path, {"Inbox": box if reached else [*box, lost]})
    (turn,) = turns(data).to_dict("records")
    assert turn["state"] == ("answered" if reached else "open")
    people = counts.correspondents(data)
    assert people["sent"].sum() == (2 if reached else 0)
    assert people[["ours", "theirs_answered"]].sum().tolist() == ([1, 1] if reached else [0, 0])
    assert contacts.measure(data).came_back == (0 if reached else 2)
    said = "2 of our e-mails bounced" in " ".join(map(str, contacts.measure(data).table().notes))
    assert said != reached


def test_our_servers_clock_counts_and_not_the_senders(tmp_path: Path) -> None:
    taken = format_datetime(START + timedelta(hours=10))
    early = mail("a", 0, ANNA, US, Received=f"from mx.example.org by mail.example.com; {taken}")
    (turn,) = turns(opened(tmp_path, {"Inbox": [early, mail("b", 11, US, ANNA, after="a")]})).to_dict("records")
    assert turn["minutes"] == 60


@pytest.mark.parametrize("sent", ["Sent", "Отправленные", "Gesendet", "已发送"])
def test_who_we_are_is_guessed_from_the_sent_mail_and_said(tmp_path: Path, sent: str) -> None:
    boxes = {"Inbox": [mail("a", 0, ANNA, US)], sent: [mail("b", 2, US, ANNA, "Re: Brakes", after="a")]}
    data = opened(tmp_path, boxes, toml="")
    assert turns(data)["minutes"].tolist() == [120]
    notes = {str(note) for log in data.files for note in log.notes}
    said = (
        "your own domains were guessed from the sent e-mails: example.com; if they are wrong, set own_domains "
        "in kit.toml"
    )
    assert said in notes
    assert counts.own_side_is_guessed(data) == 1


def test_gmails_label_tells_the_sent_mail_and_a_shared_domain_is_nobodys(tmp_path: Path) -> None:
    ours, theirs = "our.garage@gmail.com", "anna@gmail.com"
    box = [
        mail("a", 0, theirs, ours, X_Gmail_Labels="Inbox,Opened"),
        mail("b", 2, ours, theirs, after="a", X_Gmail_Labels="Sent,Opened"),
    ]
    data = opened(tmp_path, {"All mail": box}, toml="")
    assert data.table("correspondence")["direction"].tolist() == ["in", "out"]


def test_without_a_word_on_who_we_are_nothing_is_claimed(tmp_path: Path) -> None:
    data = opened(tmp_path, {"Inbox": [mail("a", 0, ANNA, US), mail("b", 2, US, ANNA, after="a")]}, toml="")
    assert data.table("correspondence")["direction"].isna().all()
    assert counts.responses(data).empty


def walked(n: int, edges: list[tuple[int, int]]) -> list[int]:
    """The smallest node that can be reached from each, by walking."""
    beside: dict[int, set[int]] = {node: set() for node in range(n)}
    for one, other in edges:
        beside[one].add(other)
        beside[other].add(one)
    smallest = [-1] * n
    for node in range(n):
        waiting = [node] if smallest[node] < 0 else []
        while waiting:
            here = waiting.pop()
            if smallest[here] < 0:
                smallest[here] = node
                waiting += beside[here]
    return smallest


@pytest.mark.parametrize("seed", range(5))
def test_components_are_what_walking_finds(seed: int) -> None:
    rng = np.random.default_rng(seed)
    one, other = rng.integers(0, 400, (2, 260))
    assert components(400, one, other).tolist() == walked(400, list(zip(one.tolist(), other.tolist(), strict=True)))


def test_a_chain_of_thousands_is_one_component() -> None:
    order = np.random.default_rng(1).permutation(5000)
    assert set(components(5000, order[:-1], order[1:]).tolist()) == {0}


def test_damaged_and_real_mail_is_threaded(shared: Path, tmp_path: Path) -> None:
    for folder in ("eml", "gmail_takeout"):
        for path in (shared / "formats" / folder).iterdir():
            (tmp_path / path.name).write_bytes(path.read_bytes())
    exports.write(tmp_path, "kit.toml", 'own_domains = ["example.com"]\ntime_zone = "UTC"\n')
    data = kit.open(tmp_path)
    mails, talk = data.table("mails"), data.table("correspondence")
    assert len(talk) == len(mails) > 4
    assert talk["thread_id"].notna().all()
    assert set(talk["kind"]) <= {"person", "automatic", "campaign", "bounced"}
    counts.responses(data)
