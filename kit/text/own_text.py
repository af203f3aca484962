"""What the writer of a mail wrote: without the mails it answers, without signature and disclaimer.

A line that a mail program puts before a quotation is known by its form: a date or an address, and how the program's
language says "wrote"; or a block of header fields. Known are the programs' English, Russian and Chinese, and the verbs
of eight more languages.
"""

from __future__ import annotations

import re

_VERB = (
    r"(?:wrote|написал(?:\(а\)|а)?|пишет|пише|写道|寫道|schrieb|a écrit|escribió|ha scritto|escreveu|schreef"
    r"|napisał(?:\(a\))?|yazdı)"
)
_START = re.compile(
    r"(?:On|Am|Le|El|Il|Em|Op|W dniu|Dnia|在|于|於|\d{1,4}[./年-]"
    r"|(?:mon|tue|wed|thu|fri|sat|sun|пн|вт|ср|чт|пт|сб|вс|понедельник|вторник|сред[аы]|четверг|пятниц[аы]|суббот[аы]"
    r"|воскресенье)[a-z]*\.?,)",
    re.IGNORECASE,
)
"""How the line before a quotation begins, where it begins with the date."""
_WROTE = re.compile(rf".*\b{_VERB}(?:\s.{{0,120}})?\s*[:：]|.*写道\s*[:：]", re.IGNORECASE)
_SENDER = re.compile(r".*<[^<>\s]+@[^<>\s]+>\s*[:：]")
_DATED = re.compile(r"\d{1,2}[:.]\d\d|\b(?:19|20)\d\d\b|@")
_DIVIDER = re.compile(
    r"[-_=*\s]{2,}(?:original message|original appointment|forwarded message|исходное сообщение|пересылаемое сообщение"
    r"|пересланное сообщение|перенаправленное сообщение|конец пересылаемого сообщения|原始邮件"
    r"|原邮件|邮件原件|转发邮件|转发的邮件|原始郵件"
    r"|ursprüngliche nachricht|message d'origine|mensaje original|messaggio originale)[-_=*\s]*",
    re.IGNORECASE,
)
_FIELD = re.compile(
    r"[*\s]*(?P<name>from|sent|date|to|cc|subject|reply-to|importance"
    r"|от|от кого|отправлено|отправитель|дата|кому|копия|тема|发件人|发送时间|发送日期|日期|时间|收件人|抄送|主题"
    r"|寄件者|寄件日期|von|gesendet|an|betreff|de|envoyé|à|objet|enviado|para|asunto)\s*\*?\s*[:：]\*?(?P<value>.*)",
    re.IGNORECASE,
)
_SENDERS = frozenset({"from", "от", "от кого", "отправитель", "发件人", "寄件者", "von", "de"})
_QUOTED = re.compile(r"\s*(?:>|&gt;|\|\s)")

_CLOSING = re.compile(
    r"(?:с уважением|с наилучшими пожеланиями|всего (?:доброго|наилучшего)|искренне ваш\w*|с приветом"
    r"|(?:best|kind|warm|warmest|many)? ?(?:regards|wishes)|all the best|yours (?:sincerely|faithfully|truly)|sincerely"
    r"|cheers|此致|敬礼|顺颂商祺|祝好|祝商祺)(?:[\s,.!，。！]+(?P<name>\S.{0,40})?)?",
    re.IGNORECASE,
)
_DEVICE = re.compile(
    r"(?:sent from (?:my|yahoo|outlook|mail for)|get outlook for|отправлено (?:с|из) |发自我的|从我的.{1,12}发送"
    r"|来自.{1,12}邮箱).{0,60}",
    re.IGNORECASE,
)
_DISCLAIMER = re.compile(
    r"(?:this (?:e-?mail|message|communication).{0,80}(?:confidential|intended|privileged)"
    r"|(?:данное|настоящее|это) (?:электронное )?(?:сообщение|письмо).{0,80}(?:конфиденциальн|предназначен)"
    r"|本邮件.{0,40}(?:保密|机密))",
    re.IGNORECASE,
)
_DELIMITER = re.compile(r"\s*(?:--|—|–|_{3,}|\*{3,})\s*")

LONGEST_HEADER = 300
"""Characters of a line before a quotation, put together from at most three."""
LONGEST_SIGNATURE = 10
"""Lines below a closing that are still its signature."""
WIDEST_SIGNATURE = 80
"""Characters of a line of a signature."""
SHARED = 12
"""Characters from which a line that also stands in the mail that is answered was not written again."""


def own_text(body: str, parent: str = "") -> str:
    """What the writer wrote himself.

    Args:
        body: the text of a mail.
        parent: the text of the mail that it answers, where it is at hand: its lines are left out wherever they stand.

    Returns:
        Its lines, without blanks at either end; "" where nothing of it is the writer's.
    """
    lines = body.replace("\r", "").replace("\u200e", "").replace("\ufeff", "").split("\n")
    answered = {_plain(line) for line in parent.split("\n")}
    answered = {line for line in answered if len(line) >= SHARED}
    kept = [line.rstrip() for line in _unquoted(lines) if _plain(line) not in answered]
    return "\n".join(_unsigned(kept)).strip()


def _plain(line: str) -> str:
    return " ".join(re.sub(r"^[>|\s]+", "", line).split())


def _unquoted(lines: list[str]) -> list[str]:
    kept: list[str] = []
    at = 0
    while at < len(lines):
        line = lines[at]
        if _QUOTED.match(line):
            at += 1
        elif spanned := _header(lines, at):
            at += spanned
            follows = next(filter(str.strip, lines[at:]), "")
            if not _QUOTED.match(follows):
                break
        elif _DIVIDER.fullmatch(line) or _fields(lines, at):
            break
        else:
            kept.append(line)
            at += 1
    return kept


def _header(lines: list[str], at: int) -> int:
    """How many lines from here are the one that says who wrote what follows; 0: it is none."""
    for span in (1, 2, 3):
        line = " ".join(part.strip(" *") for part in lines[at : at + span])
        if len(line) > LONGEST_HEADER or (span > 1 and not lines[at + span - 1 : at + span]):
            return 0
        if not _DATED.search(line):
            continue
        begins = _START.match(line) is not None
        wrote = _WROTE.fullmatch(line) is not None
        if (begins and (wrote or _SENDER.fullmatch(line))) or (span == 1 and wrote and "@" in line):
            return span
    return 0


def _fields(lines: list[str], at: int) -> bool:
    """Whether a block of header fields begins here: two or more in the next five lines, one of them the sender."""
    if not _FIELD.fullmatch(lines[at]):
        return False
    block = filter(None, (_FIELD.fullmatch(line) for line in lines[at : at + 5]))
    names = [match["name"].lower() for match in block if match["value"].strip()]
    return len(names) > 1 and not _SENDERS.isdisjoint(names)


def _unsigned(lines: list[str]) -> list[str]:
    """Without a signature at the end, whatever announces it, and without a disclaimer."""
    while lines and not lines[-1].strip():
        lines = lines[:-1]
    for at, line in enumerate(lines):
        text = line.strip(" *")
        after = [rest for rest in lines[at + 1 :] if rest.strip()]
        closing = _CLOSING.fullmatch(text)
        announced = closing is not None or (_DELIMITER.fullmatch(line) is not None and at > 0)
        lengths = [len(rest) for rest in after if not _DISCLAIMER.match(rest)]
        short = len(after) <= LONGEST_SIGNATURE and max(lengths, default=0) <= WIDEST_SIGNATURE
        if (announced and short) or _DISCLAIMER.match(text) or (_DEVICE.fullmatch(text) and len(after) <= 2):
            return _unsigned(lines[:at])
    return lines
