"""One cell, one value: counts, money, shares and texts as people and programs write them.

Each function takes a cell and returns its value, None where the cell says that there is none, or
raises CellError with the reason and a hint. Nothing is coerced: what cannot be read is said.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from math import isfinite
from typing import Literal

from kit.messages import Text, message

Cell = str | float | int | bool | datetime | date | time | timedelta | None
Decimal = Literal["auto", "point", "comma"]

NULLS = frozenset({"", "-", "–", "—", "n/a", "null", "none", "nan", "н/д", "нет данных"})
"""Cells that say "no value"; in numbers and times NA is one more."""

_NO_NUMBER = NULLS | {"na"}

CURRENCIES = {
    "CA$": "CAD",
    "US$": "USD",
    "A$": "AUD",
    "AU$": "AUD",
    "NZ$": "NZD",
    "€": "EUR",
    "£": "GBP",
    "₽": "RUB",
    "РУБ": "RUB",
    "РУБ.": "RUB",
    "РУБЛЬ": "RUB",
    "РУБЛИ": "RUB",
    "РУБЛЕЙ": "RUB",
    "Р.": "RUB",
    "₴": "UAH",
    "₸": "KZT",
    "ZŁ": "PLN",
    "$": None,
    "РОССИЙСКИЙ РУБЛЬ": "RUB",
    "РОССИЙСКИЕ РУБЛИ": "RUB",
    "RUSSIAN RUBLE": "RUB",
    "ДОЛЛАР США": "USD",
    "US DOLLAR": "USD",
    "US-DOLLAR": "USD",
    "ЕВРО": "EUR",
    "EURO": "EUR",
    "EUROS": "EUR",
    "БЕЛОРУССКИЙ РУБЛЬ": "BYN",
    "ГРИВНА": "UAH",
    "ТЕНГЕ": "KZT",
    "КАЗАХСТАНСКИЙ ТЕНГЕ": "KZT",
    "POUND STERLING": "GBP",
    "BRITISH POUND": "GBP",
    "元": "CNY",
    "人民币": "CNY",
    "人民币元": "CNY",
}
"""Signs of money; the plain dollar belongs to many countries and names none."""

LARGEST_COUNT = 10**9
"""More than a firm sends in a year; a larger number is an id or a telephone number in the wrong column."""

PRECISE = 15
"""Digits of a number that a spreadsheet keeps."""

LARGEST_AMOUNT = 10**12
"""More than any firm takes in; a larger amount is an id or a telephone number in the wrong column."""

_GAPS = "\u00a0\u202f\u2009 '’"
_ERROR = re.compile(
    r"#(REF|N/A|VALUE|DIV/0|NAME|NUM|NULL|SPILL|CALC)[!?]?|#ССЫЛКА!|#Н/Д|#ЗНАЧ!|#ДЕЛ/0!|#ИМЯ\?|#ЧИСЛО!", re.IGNORECASE
)
_WITH_SHARE = re.compile(r"(?P<count>[^(]+?)\s*\(\s*(?P<share>[^()]*%)\s*\)")
_CLOCK = re.compile(r"(-?)(\d+):([0-5]\d)(?::([0-5]\d))?")
_PLAIN = re.compile(r"[+-]?\d+(\.\d+)?")
_GROUPED = re.compile(rf"[+-]?\d{{1,3}}([{_GAPS}]\d{{3}})+([.,]\d+)?")
_COMMAS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")
_POINTS = re.compile(r"[+-]?\d{1,3}(\.\d{3})+(,\d+)?")
_THREE_DIGITS = re.compile(r"[+-]?[1-9]\d{0,2}[.,]\d{3}")
_SCIENTIFIC = re.compile(r"\d([.,]\d+)?E\+?\d+", re.IGNORECASE)
_UNPARTED = re.compile(r"\d{4,}")
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+")
_MARKED = re.compile(r"\d[\d.,]*[.,]\d+")
_MONEY = re.compile(r"(?P<minus>-)?\s*(?P<before>[^\d\s.,+-]*\.?)\s*(?P<number>[+-]?\d.*?)\s*(?P<after>[^\d\s]*)")
_NEGATIVE = re.compile(r"\((?P<brackets>[^()]*\d[^()]*)\)|(?P<behind>[^(]*\d[^-]*)-")


WRITE_NUMBER = message("Write it as 1234.50.")
WRITE_COUNT = message("Write the intended number, or leave the cell empty.")
WRITE_THOUSANDS = message("If the point separates thousands, set `decimal: comma` in a mapping (kit map).")


class CellError(ValueError):
    """A cell, or a row, that cannot be read: why, what to do about it, and which column where that is known."""

    is_set_aside = False

    def __init__(self, reason: Text, hint: Text = "", column: str = "") -> None:
        self.reason = reason
        self.hint = hint
        self.column = column
        super().__init__(reason)


class AmbiguousMarkError(CellError):
    """A number that reads both ways, 1.234 or 1,751, where its column may tell which mark parts the decimals."""


class NoDataError(CellError):
    """A row that is no data by design, like one that adds up the others: it is set aside, not rejected."""

    is_set_aside = True


def text(cell: Cell) -> str | None:
    """A cell as text without blanks around it."""
    if cell is None:
        return None
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))  # spreadsheets make floats of ids
    words = " ".join(str(cell).split())
    _refuse_error(words)
    return None if words.lower() in NULLS else words


def title(cell: Cell) -> str | None:
    """A cell as a name; the first of a month, as a workbook holds it, as the month."""
    name = text(cell)
    return name.removesuffix(" 00:00:00").removesuffix("-01") if name and name.endswith("-01 00:00:00") else name


def count(cell: Cell, decimal: Decimal = "auto") -> int | None:
    """A number of things: whole and not negative."""
    written = _number_text(cell)
    if written is None:
        return None
    if parts := _WITH_SHARE.fullmatch(written):
        written = parts["count"]
    if written.endswith("%"):
        raise CellError(
            message("{cell} is a share, not a count", cell=repr(written)),
            message("Map the column of counts instead (kit map)."),
        )
    # a count has no decimals, so that three digits after a comma can only be thousands
    value = _number(written, "point" if _COMMAS.fullmatch(written) and decimal == "auto" else _mark(cell, decimal))
    if value < 0:
        raise CellError(message("{cell} is negative, but a count never is", cell=repr(written)), WRITE_COUNT)
    if isinstance(cell, str) and decimal == "auto" and "." in written and _THREE_DIGITS.fullmatch(written):
        raise AmbiguousMarkError(_no_whole(written), WRITE_THOUSANDS)
    if not value.is_integer():
        raise CellError(_no_whole(written), WRITE_COUNT)
    if value > LARGEST_COUNT:
        hint = message("It looks like an id or a telephone number; map the column of counts instead (kit map).")
        raise CellError(message("{cell} is too large for a count", cell=repr(written)), hint)
    return int(value)


def number(cell: Cell, decimal: Decimal = "auto") -> float | None:
    """A number with decimals."""
    written = _number_text(cell)
    return None if written is None else _number(written, _mark(cell, decimal))


def money(cell: Cell, decimal: Decimal = "auto") -> tuple[float | None, str | None]:
    """An amount, and the currency where the cell names it; in brackets it is negative.

    Raises:
        AmbiguousMarkError: 1.234 or 1,234, which is a thousand or one and a fraction.
        CellError: it is no amount, or larger than any.
    """
    written = _number_text(cell)
    if written is None:
        return None, None
    if negative := _NEGATIVE.fullmatch(written):
        amount, sign = money(negative["brackets"] or negative["behind"], decimal)
        return -(amount or 0.0), sign
    parts = _MONEY.fullmatch(written)
    if not parts:
        raise CellError(message("{cell} is not an amount of money", cell=repr(written)), WRITE_NUMBER)
    sign = (parts["before"] or parts["after"]).upper()
    if sign and sign not in CURRENCIES and not re.fullmatch(r"[A-Z]{3}", sign):
        raise CellError(message("{cell} is not an amount of money", cell=repr(written)), WRITE_NUMBER)
    amount = parts["number"]
    if isinstance(cell, str) and decimal == "auto" and _THREE_DIGITS.fullmatch(amount):
        raise _ambiguous(written)
    value = _number(amount, _mark(cell, decimal))
    if value > LARGEST_AMOUNT:
        hint = message("It looks like an id; map the column of amounts instead (kit map).")
        raise CellError(message("{cell} is too large for an amount", cell=repr(written)), hint)
    return (-value if parts["minus"] else value), CURRENCIES.get(sign, sign or None)


def currency(cell: Cell) -> str | None:
    """A currency's code in capitals; a sign that names one is made the code."""
    code = text(cell)
    if code is not None and any(map(str.isdigit, code)):  # a row whose cells are shifted has an amount there
        raise CellError(message("{cell} is not a currency", cell=repr(code)), message("Write its code, like EUR."))
    return None if code is None else CURRENCIES.get(code.upper(), code.upper())


def clock(cell: Cell) -> timedelta | None:
    """Hours, minutes and seconds, as 01:30:00 or as a workbook holds them; None where the cell is none such."""
    if isinstance(cell, timedelta):
        return cell
    if isinstance(cell, time):
        return timedelta(hours=cell.hour, minutes=cell.minute, seconds=cell.second)
    parts = _CLOCK.fullmatch(cell.strip()) if isinstance(cell, str) else None
    if not parts:
        return None
    took = timedelta(hours=int(parts[2]), minutes=int(parts[3]), seconds=int(parts[4] or 0))
    return -took if parts[1] else took


def duration(cell: Cell, unit: timedelta) -> timedelta:
    """A wait, not negative: by the clock, or a number of units."""
    took = clock(cell)
    if took is None:
        took = (number(cell) or 0) * unit
    if took < timedelta(0):
        raise CellError(message("{cell} is negative, but a waiting time never is", cell=repr(str(cell))), WRITE_COUNT)
    return took


def share(cell: Cell, decimal: Decimal = "auto") -> tuple[float | None, bool]:
    """A share, and whether the cell itself tells its unit by a % sign.

    Without the sign 0.5 may be a half or half a per cent: the caller settles it by the counts.
    """
    written = _number_text(cell)
    if written is None:
        return None, True
    if parts := _WITH_SHARE.fullmatch(written):
        written = parts["share"]
    if written.endswith("%"):
        written = written.removesuffix("%").rstrip(_GAPS)
        comma = decimal == "auto" and "." not in written  # a share has no thousands
        return _number(written, "comma" if comma else decimal) / 100, True
    return _number(written, _mark(cell, decimal)), False


def is_null(cell: Cell) -> bool:
    """Whether the cell says that there is no value, for numbers and times."""
    return cell is None or (isinstance(cell, str) and cell.strip().lower() in _NO_NUMBER)


def _number_text(cell: Cell) -> str | None:
    """A number's cell as text; None where it says nothing."""
    if is_null(cell):
        return None
    if isinstance(cell, bool) or not isinstance(cell, str | int | float):
        raise CellError(message("{cell} is not a number", cell=repr(str(cell))), WRITE_NUMBER)
    written = str(cell).strip(" \t\r\n\u00a0\u202f")
    if (
        len(written) > 2 and written[0] == written[-1] == '"'
    ):  # quoted after a blank, so that the quotes are of the cell
        written = written[1:-1].strip()
    _refuse_error(written)
    return written.replace("−", "-")


def _mark(cell: Cell, decimal: Decimal) -> Decimal:
    """The decimal mark of a cell: numbers of a workbook are written with a point by Python itself."""
    return decimal if isinstance(cell, str) else "point"


def _refuse_error(written: str) -> None:
    if _ERROR.fullmatch(written):
        raise CellError(
            message("{cell} is a spreadsheet's error, not a value", cell=repr(written)),
            message("Correct the formula, or leave the cell empty."),
        )


def _number(written: str, decimal: Decimal) -> float:
    plain = re.sub(f"[{_GAPS}]", "", written) if _GROUPED.fullmatch(written) else written
    if decimal == "comma" or (decimal == "auto" and _means_comma(plain)):
        fits = _POINTS.fullmatch(plain) or re.fullmatch(r"[+-]?\d+(,\d+)?", plain)
        plain = plain.replace(".", "").replace(",", ".") if fits else ""
    elif _COMMAS.fullmatch(plain):
        sure = decimal == "point" or "." in plain or plain.count(",") > 1
        plain = plain.replace(",", "") if sure else ""
    if not plain and _COMMAS.fullmatch(written):
        raise _ambiguous(written)
    if not _PLAIN.fullmatch(plain) or not isfinite(float(plain)):
        raise CellError(message("{cell} is not a number", cell=repr(written)), WRITE_NUMBER)
    return float(plain)


def _no_whole(written: str) -> Text:
    return message("{cell} is not a whole number, but a count always is", cell=repr(written))


def _ambiguous(written: str) -> AmbiguousMarkError:
    return AmbiguousMarkError(
        message("{cell} may be thousands or decimals; set `decimal: comma` or `point` in a mapping", cell=repr(written))
    )


def decimal_mark(cell: Cell) -> Decimal | None:
    """Which mark parts the decimals of a number, where the cell alone decides it."""
    marked = _marked(cell)
    if not marked or _THREE_DIGITS.fullmatch(marked):
        return None
    last = max(marked.rfind(","), marked.rfind("."))
    mark, other = ("comma", "point") if marked[last] == "," else ("point", "comma")
    if marked.count(marked[last]) == 1:
        return mark
    return None if "," in marked and "." in marked else other  # 1.234.567: the mark of thousands comes again


def decimal_mark_beside(cell: Cell) -> Decimal | None:
    """Which mark is left for decimals, where 1.234 has its point between thousands."""
    marked = _marked(cell)
    if not marked or not _THREE_DIGITS.fullmatch(marked):
        return None
    return "comma" if "." in marked else "point"


def reads_whole(cell: Cell) -> bool:
    """Whether a number that reads both ways is whole in both: 1.000."""
    return bool(decimal_mark_beside(cell)) and str(_marked(cell)).endswith("000")


def is_unparted(cell: Cell) -> bool:
    """Whether a number has thousands, and no mark parts them."""
    return isinstance(cell, str) and bool(_UNPARTED.fullmatch(cell.strip()))


def is_rounded(cell: Cell) -> bool:
    """Whether an id has gone through a spreadsheet that took it for a number and lost its last digits."""
    if isinstance(cell, float):
        return abs(cell) >= 10**PRECISE
    return isinstance(cell, str) and ("E" in cell or "e" in cell) and bool(_SCIENTIFIC.fullmatch(cell.strip()))


def _marked(cell: Cell) -> str | None:
    """The number in a cell, where it has a point or a comma."""
    marked = _MARKED.search(re.sub(f"[{_GAPS}]", "", cell)) if isinstance(cell, str) else None
    return marked[0] if marked else None


def _means_comma(plain: str) -> bool:
    """Whether the comma can only be the decimal one: 0,25 and 1.751,00, but not 1,751."""
    if _DECIMAL_COMMA.fullmatch(plain):
        return not _COMMAS.fullmatch(plain)
    return (bool(_POINTS.fullmatch(plain)) and "," in plain) or plain.count(".") > 1
