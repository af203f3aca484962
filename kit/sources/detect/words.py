"""What the words of a header mean, whatever their order, language and unit: stems, by the lexicon of `lexicon.yaml`."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from kit.sources.text.cells import Cell

LEXICON = Path(__file__).with_name("lexicon.yaml")

MONEY, PIECES, TIMES = "money", "pcs", ("s", "min", "h", "d")

OF_MAIL = frozenset(
    {
        "send",
        "deliver",
        "open",
        "click",
        "bounce",
        "unsubscribe",
        "complain",
        "spam",
        "hard",
        "soft",
        "email",
        "message",
    }
)
"""Stems of what logs of mail tell: none is an action that the firm wanted."""

_SIMPLIFIED = str.maketrans(
    "動稱發時間數開點擊訂單號郵創狀態額貨幣電買顧問達閱讀題標類來國語戶帳備註評滿質應響關閉處結負責會員訪總獨據銷訊滯後鏈測試組別帶參與覆況選擇條錄從連簡報項計軟無顯兩過賣聯絡為費",
    "动称发时间数开点击订单号邮创状态额货币电买顾问达阅读题标类来国语户账备注评满质应响关闭处结负责会员访总独据销讯滞后链测试组别带参与复况选择条录从连简报项计软无显两过卖联络为费",
)
"""Traditional Chinese characters of headers -> the simplified ones that the lexicon has."""

KEPT = 100
"""Letters up to which a plain name is remembered: presets ask for the same ones again and again."""

_PCS = re.compile(r",?\s*\(?\b(шт|чел|pcs)\b\.?\)?$")
_PERCENT = re.compile(r",?\s*\(?%\)?$")
_CJK = r"\u3400-\u9fff"
_TOKEN = re.compile(rf"[{_CJK}]+|[^\W_{_CJK}]+\$?|[%#№$€£₽₴₸₺₹₪¥]")
_CAMEL = re.compile(r"(?<=[a-zа-я])(?=[A-ZА-Я])")
_PLURAL = re.compile(r"(?<=\w)\((?:s|es|n|en)\)")
_IN_BRACKETS = re.compile(r"(?P<words>.+?)\s*[(\[]\s*(?:in |в |en )?(?P<unit>[^()\[\]]+)[)\]]\s*")
_AFTER = re.compile(r"(?P<words>.+)(?:,|\s(?:in|в)\s)\s*(?P<unit>[^,]+)")
_LAST = re.compile(r"(?P<words>.+?)[\s.]+(?P<unit>[^\s.]+)\.?")
_SIGN = re.compile(r"(?P<words>.*?)\s*(?P<unit>[€£₽₴₸₺₹₪$¥])")
_BEFORE = re.compile(r"(?P<unit>[a-z]{3}|[€£₽₴₸₺₹₪$¥])\s*(?P<words>.+)")


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit that a header names.

    Attributes:
        kind: `MONEY`, `PIECES`, or one of `TIMES`.
        currency: of money, its code; empty where the sign belongs to several countries.
        multiple: how many of it one is, like 1000 for thousands.
    """

    kind: str
    currency: str = ""
    multiple: int = 1


@dataclass(frozen=True, slots=True)
class Words:
    """What a header says.

    Attributes:
        stems: what its words mean; a word that is not known stands for itself.
        unit: the unit that it names; None where it names none.
    """

    stems: frozenset[str]
    unit: Unit | None = None

    def of_type(self, kind: str) -> Words:
        """The same without what says nothing more in a column of this type."""
        if kind == "local" and {"date", "time"} <= self.stems:
            return Words(self.stems - {"time"}, self.unit)
        return Words(self.stems - _lexicon().beside.get(kind, frozenset()) or self.stems, self.unit)


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The lexicon as it is asked: words of one or more tokens -> stems, beginnings of words -> stems, units."""

    words: Mapping[tuple[str, ...], tuple[str, ...]]
    beginnings: Mapping[str, tuple[str, ...]]
    beside: Mapping[str, frozenset[str]]
    units: Mapping[str, Unit]
    multiples: Mapping[str, int]
    longest: int


@lru_cache(maxsize=1 << 14)
def of(header: str) -> Words:
    """The words of a header, as written or as a preset has it."""
    text = _PLURAL.sub("", _CAMEL.sub(" ", unicodedata.normalize("NFKC", header.replace("№", " # "))))
    text = folded(text).strip("\"'*:. ")
    rest, unit = _split(text)
    if unit is None and text.endswith("%"):
        rest = f"{text.removesuffix('%').rstrip(' ,(')} %"
    return Words(frozenset(stem for stem in _stems(rest)), unit)


def is_of_mail(text: str) -> bool:
    """Whether a text names what happens to a mail, and nothing that a customer does."""
    stems = of(text).stems
    return bool(stems) and stems <= OF_MAIL


def plain(name: Cell) -> str:
    """A header without what people write differently: case, blanks, marks, units, e-mail and email."""
    text = "" if name is None else str(name)
    return _plain(text) if len(text) <= KEPT else _plain.__wrapped__(text)


@lru_cache(maxsize=1 << 14)
def _plain(name: str) -> str:
    text = " ".join(name.replace("_", " ").split()).strip("\"'*: ").casefold()
    text = _PERCENT.sub(" %", text.replace("ё", "е").replace("e-mail", "email"))
    return _PCS.sub("", text).strip()


def folded(text: str) -> str:
    """A text without what people write differently: case, blanks, accents, e-mail and email, traditional characters."""
    letters = unicodedata.normalize("NFKD", text.replace("_", " ")).casefold().translate(_SIMPLIFIED)
    plain_letters = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return re.sub(r"\be[- ]mail", "email", " ".join(plain_letters.split()))


def _split(text: str) -> tuple[str, Unit | None]:
    """A header without its unit, and the unit."""
    for pattern in (_IN_BRACKETS, _AFTER, _LAST, _SIGN, _BEFORE):
        parts = pattern.fullmatch(text)
        unit = parts and _unit(parts["unit"])
        if parts and unit and (pattern in (_IN_BRACKETS, _AFTER) or unit.kind != PIECES):
            return parts["words"].strip(" ,"), unit
    return text, None


def _unit(text: str) -> Unit | None:
    lexicon = _lexicon()
    names = [name.strip(" .") for name in text.split("/", maxsplit=1)[0].replace(".", " ").split()]
    multiple = 1
    while len(names) > 1 and names[0] in lexicon.multiples:
        multiple *= lexicon.multiples[names.pop(0)]
    unit = lexicon.units.get(" ".join(names))
    return unit and Unit(unit.kind, unit.currency, multiple)


def _stems(text: str) -> Iterator[str]:
    tokens = _TOKEN.findall(text)
    while tokens:
        for length in range(min(len(tokens), _lexicon().longest), 0, -1):
            if (stems := _lexicon().words.get(tuple(tokens[:length]))) is not None:
                yield from stems
                del tokens[:length]
                break
        else:
            yield from _word(tokens.pop(0))


def _word(token: str) -> Iterator[str]:
    """The stems of one token that is not listed whole: by its beginning, or of Chinese its parts, the longest first."""
    lexicon = _lexicon()
    beginnings = [token[:end] for end in range(len(token), 2, -1)]
    if stems := next((lexicon.beginnings[part] for part in beginnings if part in lexicon.beginnings), None):
        yield from stems
        return
    while token and re.match(f"[{_CJK}]", token):
        part = next((part for end in range(len(token), 0, -1) if (part := token[:end],) in lexicon.words), None)
        if not part:
            break
        yield from lexicon.words[part,]
        token = token.removeprefix(part)
    if token:
        yield token


@cache
def _lexicon() -> Lexicon:
    raw: dict[str, Any] = yaml.safe_load(LEXICON.read_text(encoding="utf-8"))
    words: dict[tuple[str, ...], tuple[str, ...]] = {}
    beginnings: dict[str, tuple[str, ...]] = {}
    for stems, written in raw["stems"].items():
        for word in map(folded, written):
            if word.endswith("*"):
                beginnings[word.removesuffix("*")] = tuple(stems.split())
            else:
                words[tuple(_TOKEN.findall(word))] = tuple(stems.split())
    words |= {tuple(_TOKEN.findall(word)): () for word in raw["empty"]}
    units = {folded(name): Unit(kind) for kind, names in raw["units"].items() for name in names}
    units |= {folded(name): Unit(MONEY, code) for code, names in raw["currencies"].items() for name in names}
    return Lexicon(
        words,
        beginnings,
        {kind: frozenset(stems) for kind, stems in raw["beside"].items()},
        units,
        {name: multiple for multiple, names in raw["multiples"].items() for name in names},
        max(map(len, words)),
    )
