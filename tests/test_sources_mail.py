"""One message of mail: who, when, what, in which charset, and what is wrong with its form."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from kit.settings import Settings
from kit.sources.mail import parse
from kit.sources.mail.decoding import plain_text
from kit.sources.text.addresses import contact_key
from tests import exports
from tests.letters import ANNA, letter, mbox, one, read, takeout

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("raw", "labels"),
    [  # FORMATS 6.1: strings that were seen
        (
            "=?UTF-8?Q?Posteingang,Wichtig,Ungelesen,Kategorie:_=22Neuigkeiten=22?=",
            ["Posteingang", "Wichtig", "Ungelesen", 'Kategorie: "Neuigkeiten"'],
        ),
        (
            (
                "=?UTF-8?Q?Bo=C3=AEte_de_r=C3=A9ception,_Messages_archiv=C3=A9s,_Ouvert,?=\n"
                " =?UTF-8?Q?_=22Culture,_associations,_=C3=A9v=C3=A9nements=22?="
            ),
            ["Boîte de réception", "Messages archivés", "Ouvert", "Culture, associations, événements"],
        ),
        ("=?UTF-8?Q?Archivov=C3?=\n =?UTF-8?Q?=A1no?=", ["Archivováno"]),  # cut inside a letter
        ("Inbox,Unread", ["Inbox", "Unread"]),
    ],
)
def test_labels_are_decoded_before_they_are_cut(tmp_path: Path, raw: str, labels: list[str]) -> None:
    row = one(tmp_path, letter(X_Gmail_Labels=raw))
    assert next(csv.reader([row["labels"]])) == labels


@pytest.mark.parametrize(
    ("sender", "to", "direction", "other"),
    [
        ("Anna <anna@example.org>", "garage@example.com", "in", ANNA),
        ("garage@example.com", "Anna <Anna@Example.org>, boss@example.com", "out", ANNA),
        ("a@mail.example.com", "garage@example.com", "internal", None),  # domains below ours are ours
        ("a@notexample.com", "garage@example.com", "in", contact_key("a@notexample.com")),
        ('"garage@example.com" <anna@example.org>', "x@example.com", "in", ANNA),  # a name that looks like an address
        ("=?utf-8?B?0JDQvdC90LAgPGFubmFAZXhhbXBsZS5vcmc+?=", "x@example.com", "in", ANNA),  # encoded with its name
        ("Doe, Anna <anna@example.org>", "x@example.com", "in", ANNA),
        ("garage@example.com", "undisclosed-recipients:;", "out", None),
        ("Anna", "garage@example.com", None, None),
    ],
)
def test_direction_is_by_our_own_domains(
    tmp_path: Path, sender: str, to: str, direction: str | None, other: str | None
) -> None:
    row = one(tmp_path, letter(From=sender, To=to))
    assert (row["direction"], row["contact_key"]) == (direction, other)


def test_own_addresses_are_ours_where_the_domain_is_everybodys(tmp_path: Path) -> None:
    settings = Settings(values={"own_addresses": ("Anna@example.org",)})
    assert one(tmp_path, letter(), settings)["direction"] == "out"


@pytest.mark.parametrize(
    ("header", "bulk", "automatic"),
    [
        ({"List_Unsubscribe": "<https://example.org/u>"}, True, False),
        ({"List_Id": "<news.example.org>"}, True, False),
        ({"Precedence": "Bulk"}, True, False),
        ({"Feedback_ID": "1:2:3:4"}, True, False),
        ({"Auto_Submitted": "auto-replied"}, False, True),
        ({"Auto_Submitted": "No"}, False, False),
        ({"X_Autoreply": "yes"}, False, True),
        ({"Precedence": "auto_reply"}, False, True),
        ({"Subject": "=?utf-8?B?0JDQstGC0L7QvtGC0LLQtdGCOiDQsiDQvtGC0L/Rg9GB0LrQtQ==?="}, False, True),  # Автоответ: …
        ({"Subject": "Out of Office Re: My car"}, False, True),
        ({"Subject": "Re: Out of office hours?"}, False, False),
        ({"Content_Type": "multipart/report; boundary=b; report-type=delivery-status"}, False, True),
        ({}, False, False),
    ],
)
def test_bulk_and_automatic_by_their_headers(
    tmp_path: Path, header: dict[str, str], *, bulk: bool, automatic: bool
) -> None:
    row = one(tmp_path, letter(**header))
    assert (row["is_bulk"], row["is_autoreply"]) == (bulk, automatic)


@pytest.mark.parametrize(
    ("headers", "sent", "defect"),
    [
        ({"Date": "Tue, 03 Mar 2026 10:00:00 +0300 (MSK)"}, "2026-03-03 07:00:00Z", None),
        ({"Date": "Mon, 3 Mar 26 10:00:00 +0300"}, "2026-03-03 07:00:00Z", None),
        ({"Date": "Tue, 03 Mar 2026 10:00:00 -0000"}, "2026-03-03 10:00:00Z", None),
        ({"Date": "Tue, 03 Mar 2026 10:00:00"}, None, "its date cannot be read"),  # no zone, and none is known
        ({"Date": None}, None, "it has no date"),
        ({"Date": "yesterday", "Received": "by x; Tue, 03 Mar 2026 11:00:00 +0300"}, "2026-03-03 08:00:00Z", "read"),
        ({"Date": "Thu, 01 Jan 1970 00:00:00 +0000"}, None, "its date cannot be read"),
        ({"Date": "Tue, 03 Mar 2026 99:00:00 +0300"}, None, "its date cannot be read"),
    ],
)
def test_dates_as_senders_write_them(
    tmp_path: Path, headers: dict[str, str | None], sent: str | None, defect: str | None
) -> None:
    row = one(tmp_path, letter(**headers))
    assert row["sent_at"] == (None if sent is None else pd.Timestamp(sent))
    assert (defect or "") in (row["defects"] or "")


def test_a_date_without_zone_is_the_firms_where_that_is_known(tmp_path: Path) -> None:
    berlin = Settings(values={"time_zone": "Europe/Berlin"})
    row = one(tmp_path, letter(Date="Tue, 03 Mar 2026 10:00:00"), berlin)
    assert row["sent_at"] == pd.Timestamp("2026-03-03 09:00:00Z")


@pytest.mark.parametrize(
    ("box", "sent"),
    [(mbox, "2026-03-03 07:00:05Z"), (takeout, "2026-03-03 07:00:07Z")],  # RFC 4155: UTC; Takeout: its own offset
)
def test_the_separator_gives_the_time_where_nothing_else_does(tmp_path: Path, box: Any, sent: str) -> None:
    _, table = read(exports.write(tmp_path, "a.mbox", box([letter(Date=None)])))
    assert table["sent_at"].tolist() == [pd.Timestamp(sent)]


PARTS = """\
--b
Content-Type: text/plain; charset=utf-8

{plain}
--b
Content-Type: text/html; charset=utf-8

{html}
--b--
"""
HTML = (
    "<html><head><title>x</title><style>p {}</style></head><body><p>Guten&nbsp;Tag,</p>one<br>two"
    "<blockquote>quoted <b>here</b></blockquote><table><tr><td>a</td><td>b</td></tr></table></body>"
)


@pytest.mark.parametrize(
    ("plain", "text"),
    [("plain words", "plain words"), (" ", "Guten Tag,\none\ntwo\n> quoted here\na b")],
)
def test_plain_text_first_and_html_where_it_is_blank(tmp_path: Path, plain: str, text: str) -> None:
    row = one(tmp_path, letter(PARTS.format(plain=plain, html=HTML), Content_Type="multipart/alternative; boundary=b"))
    assert (row["body_text"], row["has_attachment"]) == (text, False)


@pytest.mark.parametrize(
    ("charset", "raw", "text", "defect"),
    [
        ("utf-8", "Привет, где заказ?".encode(), "Привет, где заказ?", None),
        ("koi8-r", "Привет, где заказ?".encode("koi8-r"), "Привет, где заказ?", None),
        ("utf-8", "Привет, где заказ?".encode("cp1251"), "Привет, где заказ?", "its text is no utf-8"),
        ("us-ascii", "Привет, где заказ?".encode(), "Привет, где заказ?", None),
        ("x-unknown", "Привет, где заказ?".encode(), "Привет, где заказ?", "its text is no x-unknown"),
        ("gb2312", "镕基，您好".encode("gb18030"), "镕基，您好", None),
        ("base64", b"plain", "plain", "its text is no base64"),  # a codec, and no charset
        ("iso-8859-1", "“Grüße”".encode("cp1252"), "“Grüße”", None),
    ],
)
def test_charsets_that_are_wrong_unknown_or_absent(
    tmp_path: Path, charset: str, raw: bytes, text: str, defect: str | None
) -> None:
    row = one(tmp_path, letter(raw, Content_Type=f'text/plain; charset="{charset}"'))
    assert (row["body_text"], row["defects"]) == (text, defect)


@pytest.mark.parametrize(
    ("raw", "subject"),
    [
        ("Заказ готов", "Заказ готов"),  # 8 bits, not encoded
        ("=?windows-1251?B?x+Dq4Oc=?=", "Заказ"),
        ("=?utf-8?Q?Re:_=D0?= =?utf-8?Q?=97?=", "Re: З"),
        ("=?nonsense?Q?abc?= def", "abc def"),
        ("=?utf-8?B?0JfQsNC60LDQ?=", "Зака\ufffd"),  # cut off
        ("=?utf-8?Q?two words?= and more", "two words and more"),  # a blank inside is no encoded word, and is sent
        ("50 =? 50", "50 =? 50"),
    ],
)
def test_subjects_as_programs_encode_them(tmp_path: Path, raw: str, subject: str) -> None:
    assert one(tmp_path, letter(Subject=raw))["subject"] == subject


@pytest.mark.parametrize(
    ("part", "has"),
    [
        ("Content-Type: application/pdf; name=offer.pdf", True),
        ("Content-Type: text/plain; name=log.txt\nContent-Disposition: attachment; filename=log.txt", True),
        ("Content-Type: message/rfc822", True),
        ("Content-Type: text/calendar; method=REQUEST", False),
        ("Content-Type: application/pkcs7-signature; name=smime.p7s\nContent-Disposition: attachment", False),
        ("Content-Type: text/html", False),
    ],
)
def test_what_counts_as_an_attachment(tmp_path: Path, part: str, *, has: bool) -> None:
    body = f"--b\n\nhello\n--b\n{part}\n\nFrom: x@example.org\n\nsecret inside\n--b--\n"
    row = one(tmp_path, letter(body, Content_Type="multipart/mixed; boundary=b"))
    assert row["has_attachment"] is has
    assert row["body_text"].startswith("hello")
    assert ("secret" in row["body_text"]) is part.endswith("text/html")


def test_a_picture_inside_the_text_is_no_attachment(tmp_path: Path) -> None:
    picture = "Content-Type: image/png; name=logo.png\nContent-ID: <1>\n\nx"
    body = f"--b\nContent-Type: text/html\n\nhello\n--b\n{picture}\n--b--\n"
    assert one(tmp_path, letter(body, Content_Type="multipart/related; boundary=b"))["has_attachment"] is False


def test_ids_and_what_a_message_answers(tmp_path: Path) -> None:
    row = one(
        tmp_path,
        letter(In_Reply_To="Your message of Monday <a@example.com>", References="<0@example.com>\n <a@exam\n ple.com>"),
    )
    assert (row["message_id"], row["in_reply_to"]) == ("m1@example.org", "a@example.com")
    assert row["references"] == "0@example.com a@example.com"


def test_no_address_leaves_the_reader(tmp_path: Path) -> None:
    row = one(tmp_path, letter(Cc="boss@example.com", In_Reply_To="<x@example.com>"))
    kept = {name: value for name, value in row.items() if name not in {"message_id", "in_reply_to", "body_text"}}
    assert "@" not in repr(kept)
    assert (row["from_key"], row["from_domain"], row["to_domains"]) == (ANNA, "example.org", "example.com")


LISTED = (
    ("multipart/mixed", ("text/html", "<p>the answer</p>"), ("text/plain", "list footer"), "the answer\nlist footer"),
    ("multipart/alternative", ("text/html", "<p>marked</p>"), ("text/plain", "plain"), "plain"),
)


@pytest.mark.parametrize(("kind", "first", "second", "text"), LISTED)
def test_of_alternatives_one_is_read_and_of_a_mixture_all(
    tmp_path: Path, kind: str, first: tuple[str, str], second: tuple[str, str], text: str
) -> None:  # programs of mailing lists put a footer behind a letter that is HTML only
    parts = "".join(f"--b\nContent-Type: {of}; charset=utf-8\n\n{said}\n" for of, said in (first, second))
    assert one(tmp_path, letter(parts + "--b--\n", Content_Type=f"{kind}; boundary=b"))["body_text"] == text


@pytest.mark.parametrize("opened", ["<a ", "<!--", "<![", "<style>", "<", '<a b="', "<blockquote>"])
def test_a_page_that_opens_without_end_is_read_in_one_pass(opened: str) -> None:
    """The standard library's parser needs minutes for the first of them."""
    assert "end" not in plain_text(f"{opened * 100_000}").split()


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("1 < 2 &amp; 3", "1 < 2 & 3"),
        ('<a title="next > page">more</a>', "more"),
        ("<!--[if mso]><p>no</p><![endif]-->yes", "yes"),
        ("<SCRIPT>x</SCRIPT>seen<style>never closed", "seennever closed"),
        ("<blockquote>a<blockquote>b</blockquote></blockquote></blockquote>c", "> a\n> > b\nc"),
    ],
)
def test_pages_as_they_are_sent(html: str, text: str) -> None:
    assert plain_text(html) == text


_HEADS = (
    b"From: Anna <anna@example.org>\nTo: a@example.com,\n b@example.com\nDate: Tue, 03 Mar 2026 10:00:00 +0300\n",
    b"From: anna@example.org\r\nSubject: =?utf-8?b?0JTQsA==?=\r\n\t=?utf-8?b?0L3QtdGC?=\r\nDate: never\r\n",
    "From: Анна <anna@example.org>\nSubject: Пять ё\nX-Empty:\nReferences: <a@b>\n <c@d>\n".encode(),
    b"From : anna@example.org\nSubject: a blank before the colon\n",
    b"From: anna@example.org\nno header at all\nSubject: lost\n",
    b"From: anna@example.org\rSubject: old Mac\rTo: garage@example.com\r",
)
_KINDS = (
    b"",
    b"Content-Type: text/plain; charset=koi8-r; format=flowed\n",
    b'Content-Type: TEXT/PLAIN; CHARSET="utf-8";\nContent-Transfer-Encoding: 8BIT\n',
    b"Content-Type: text/plain; charset=nonsense\n",
    b"Content-Type: text/plain; charset*=utf-8''utf-8; name=a.txt\n",
    b"Content-Type: text/plain\nContent-Transfer-Encoding: base64\n",
    b"Content-Type: text/plain\nContent-Disposition: attachment\n",
    b"Content-Type: text/html\nContent-Type: text/plain\n",
    b"Content-Type: multipart/mixed; boundary=b\n",
)
_BODIES = (
    b"\nHello,\n\nthere.\n",
    "\r\nПять\r\n".encode("koi8-r"),
    b"\n0JTQsA==\n",
    b"",
    b"\n\n\n",
    b"\n--b\n\nin\n--b--\n",
)


@pytest.mark.parametrize("head", _HEADS, ids=range(len(_HEADS)))
def test_a_plain_message_is_what_the_standard_library_makes_of_it(head: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    firm, zone = parse.Firm.of(("example.com",), ()), ZoneInfo("Europe/Berlin")
    raws = [head + kind + body for kind in _KINDS for body in _BODIES]
    plain = [parse._Plain.of(raw) is not None for raw in raws]
    read = [parse.read(raw, firm, zone) for raw in raws]
    monkeypatch.setattr(parse._Plain, "of", lambda _raw: None)
    assert read == [parse.read(raw, firm, zone) for raw in raws]
    assert any(plain) == head.startswith((*_HEADS[:3],))
    assert not all(plain)
