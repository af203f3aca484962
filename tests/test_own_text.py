"""What somebody wrote himself: quotes, signatures and disclaimers of many programs off, and nothing else."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.sources.mail.decoding import plain_text
from kit.text.language import language
from kit.text.own_text import own_text

OWN = "The pump leaks again.\nPlease call me back."

HEADERS = {
    "gmail en": "On Mon, Aug 3, 2026 at 10:11 AM Ann Example <ann@example.com> wrote:",
    "gmail en, wrapped": "On Mon, Aug 3, 2026 at 10:11 AM Ann Example\n<ann@example.com>\nwrote:",
    "apple": "On 3 Aug 2026, at 10:11, Ann Example <ann@example.com> wrote:",
    "gmail ru": "пн, 3 авг. 2026 г. в 10:11, Анна Пример <ann@example.com>:",
    "yandex": '03.08.2026, 10:11, "Анна Пример" <ann@example.com>:',
    "mail.ru": "Понедельник, 3 августа 2026, 10:11 +03:00 от Анна <ann@example.com>:",
    "thunderbird ru": "03.08.2026 10:11, Анна Пример пишет:",
    "webmail ru": "03.08.2026 10:11 <ann@example.com> написал(а):",
    "anna ru": "Анна Пример <ann@example.com> 3 августа написала:",
    "gmail zh": "Ann Example <ann@example.com> 于2026年8月3日周一 10:11写道：",
    "apple zh": "在 2026年8月3日，10:11，Ann <ann@example.com> 写道：",
    "qq": '-------------- 原始邮件 --------------\n发件人: "Ann" <ann@example.com>\n发送时间: 2026年8月3日',
    "outlook zh": "发件人：Ann Example\n发送时间：2026年8月3日 10:11\n收件人：service\n主题：泵",
    "outlook": "-----Original Message-----\nFrom: Ann\nSent: Monday, August 3, 2026 10:11 AM\nTo: service",
    "outlook 2016": "____________________\nFrom: Ann <ann@example.com>\nSent: Monday, August 3, 2026\nSubject: pump",
    "outlook bold": "*From:* Ann <ann@example.com>\n*Sent:* Monday, August 3, 2026\n*To:* service",
    "outlook ru": "От: Анна Пример\nОтправлено: 3 августа 2026 г. 10:11\nКому: сервис\nТема: насос",
    "hotmail": "Date: Mon, 3 Aug 2026 10:11:00 +0300\nSubject: pump\nFrom: ann@example.com",
    "forward ru": "-------- Пересылаемое сообщение --------\nОт кого: Анна <ann@example.com>",
    "german": "Am 03.08.2026 um 10:11 schrieb Ann Example:",
    "french": "Le lun. 3 août 2026 à 10:11, Ann <ann@example.com> a écrit :",
}


@pytest.mark.parametrize("name", HEADERS)
@pytest.mark.parametrize("mark", ["", "> "])
def test_what_is_answered_is_off(name: str, mark: str) -> None:
    quoted = f"{mark}We are sorry to hear that.\n{mark}\n{mark}Your service"
    assert own_text(f"{OWN}\n\n{HEADERS[name]}\n\n{quoted}") == OWN


@pytest.mark.parametrize("mark", ["> ", ">> ", "&gt; "])
def test_what_stands_below_a_marked_quotation_stays(mark: str) -> None:
    body = f"{HEADERS['gmail en']}\n{mark}When did you buy it?\nIn May.\n{mark}Where?\nIn your shop."
    assert own_text(body) == "In May.\nIn your shop."


@pytest.mark.parametrize(
    "text",
    [
        "On Monday your colleague wrote:\nwe will call you. Nobody did.",
        "From: the first day on I was unhappy.\nIt got worse.",
        "Тема: насос. Он снова течёт.",
        "I wrote to you at 10:11 and got no answer.",
        "Прошу вернуть деньги.\nСумма: 1 500 рублей",
        "在周一我写信给你们，没有回复。",
        "Kind regards to your mechanic, he did a great job with the pump, and we want to tell you so.",
    ],
)
def test_ordinary_sentences_stay(text: str) -> None:
    assert own_text(text) == text


@pytest.mark.parametrize(
    "signature",
    [
        "--\nAnn Example\nAccounts\n+44 20 7946 0000", "-- \nAnn", "Best regards,\nAnn Example\nExample Ltd",
        "Regards, Ann",
        "С уважением,\nотдел эксплуатации\nООО «Пример»", "С уважением, Олег",
        "--\nОтправлено с телефона", "Sent from my iPhone",
        "Отправлено из мобильной Почты", "此致\n敬礼\n王", "发自我的iPhone", "Всего доброго,\nИрина",
        "This e-mail and its attachments are confidential and intended for the recipient only.\nDo not print it.",
        "Best regards,\nAnn\n\nНастоящее сообщение конфиденциально и предназначено только адресату.",
    ],
)  # fmt: skip
def test_signatures_are_off(signature: str) -> None:
    assert own_text(f"{OWN}\n\n{signature}\n") == OWN


def test_lines_of_the_mail_that_is_answered_are_off_without_any_mark() -> None:
    parent = "Good morning,\nyour pump is ready and can be collected.\nOk"
    assert own_text("Ok\nyour pump is ready and can be collected.\nI come at five.", parent) == "Ok\nI come at five."


def test_of_a_forwarded_mail_nothing_is_the_writers() -> None:
    assert own_text(HEADERS["forward ru"] + "\n\nThe pump is ready.") == ""


def test_html_alone_is_read_like_text() -> None:
    page = (
        "<div>The pump leaks again.<br>Please call me back.</div><div>--<br>Ann</div>"
        "<div>On Mon, Aug 3, 2026 at 10:11 AM Bob wrote:<blockquote>We are <b>sorry</b>.</blockquote></div>"
    )
    assert own_text(plain_text(page)) == OWN


@given(st.text(alphabet=st.sampled_from("ab :\n>-*@.<1从на"), max_size=200), st.text(max_size=60))
def test_own_text_is_a_part_of_the_text_and_stays_when_read_again(body: str, parent: str) -> None:
    text = own_text(body, parent)
    written = {line.strip() for line in body.split("\n")}
    assert {line.strip() for line in text.split("\n")} <= written | {""}
    assert len(own_text(text, parent)) <= len(text)


@pytest.mark.skipif("KIT_SHARED" not in os.environ, reason="needs ../shared")
def test_real_mail_programs_quotations_are_off() -> None:
    """What mailgun/talon and closeio/quotequail collected: the lines that were quoted are gone, the answer stays."""
    folder = Path(os.environ["KIT_SHARED"], "datasets/mail/talon_html")
    files = sorted(folder.glob("*.html"))
    assert len(files) == 9
    for file in files:
        text = own_text(plain_text(file.read_text(encoding="utf-8", errors="replace")))
        assert text.startswith("Hi. I am fine."), file.name
        assert "How are you" not in text, file.name


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Where is my order?", "en"), ("Где мой заказ?", "ru"), ("我的订单在哪里？", "zh"), ("ok", ""), ("да", ""),
        ("12.05.2026", ""), ("Де моє замовлення? Воно ще їде.", ""), ("注文した商品はどこですか", ""),
        ("Bitte schicken Sie mir heute noch eine Rechnung", ""), ("Заказ Skoda Octavia", ""),
        ("Je n’ai pas encore reçu ma commande, où est-elle ?", ""), ("https://example.com/a/b/c", ""),
        ("Мой Hyundai Solaris не заводится, помогите пожалуйста", "ru"), ("请问 iPhone 什么时候到货", "zh"),
    ],
)  # fmt: skip
def test_the_language_is_named_or_not_known(text: str, expected: str) -> None:
    assert language(text) == expected
