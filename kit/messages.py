"""Texts for readers: whole sentences with named values, in the reader's language.

`_` and `_n` translate at once and return a `str`: they stand where a text is made to be shown. `message` and
`message_n` return a `Message` that is translated when it is shown: for texts made at import (titles, causes,
advice) and for those that are kept in a file (the reason of a rejected row). All four take the English text, which
is the key of the catalogue, and its values by name; a value is a `str` that is formatted already (`kit.show.formats`),
a whole number, which is grouped as the language does, or a `Message`.

    _("{name} holds no export.", name=folder)
    _n("{n} campaign stands out.", "{n} campaigns stand out.", n)
    title=message("Open rate (raw)")

A message is one whole sentence, or one whole title, never a piece of grammar. The catalogue is
`kit/locale/kit.pot`; `make messages` writes it.
"""

from __future__ import annotations

import gettext
import os
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from babel import Locale

LOCALE = Path(__file__).parent / "locale"
"""Where the catalogues lie."""

SOURCE = "en"
"""The language that the texts are written in."""

LANGUAGES = (SOURCE, *sorted(path.parts[-3] for path in LOCALE.glob("*/LC_MESSAGES/kit.mo")))
"""The languages that there is a catalogue of."""

WHOLE = (SOURCE, "ru")
"""Those that every text is written in; in the others it is what `kit check`, `map`, `tables` and errors say."""

ASKED = "KIT_LANG"
"""What holds the language that was asked for: kernels and threads take it from there."""

_LANGUAGE: ContextVar[str] = ContextVar("language", default="")
_PREFERRED = [SOURCE]


def language() -> str:
    """The reader's language, like "en": what was asked for, else the `lang` of kit.toml, else English."""
    return _LANGUAGE.get() or os.environ.get(ASKED) or _PREFERRED[0]


def use(code: str) -> None:
    """Show texts in this language from now on, in whatever this process starts, too."""
    os.environ[ASKED] = code


def prefer(code: str) -> None:
    """Show texts in this language where no other was asked for; "" for English."""
    _PREFERRED[0] = code or SOURCE


@contextmanager
def using(code: str) -> Iterator[None]:
    """Show texts in this language within the block."""
    token = _LANGUAGE.set(code)
    try:
        yield
    finally:
        _LANGUAGE.reset(token)


def locale() -> Locale:
    """How the reader's language writes numbers and dates."""
    return _locale(language())


@dataclass(frozen=True, slots=True, eq=False)
class Message:
    """A text that is put into the reader's language by `str`.

    Attributes:
        text: in English, with {named} places; the key of the catalogue.
        values: what stands in the places.
        plural: the text for other numbers than one; "" where number does not matter.
        n: the number that chooses between the two.
    """

    text: str
    values: Mapping[str, Any]
    plural: str = ""
    n: float = 0

    def __str__(self) -> str:
        catalogue = _catalogue(language())
        text = catalogue.ngettext(self.text, self.plural, round(self.n)) if self.plural else ""
        text = text or catalogue.gettext(self.text)
        return text.format_map({name: _shown(value) for name, value in self.values.items()}) if self.values else text

    def __repr__(self) -> str:
        return repr(str(self))

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)

    def __eq__(self, other: object) -> bool:
        return str(self) == str(other) if isinstance(other, str | Message) else NotImplemented

    def __hash__(self) -> int:
        return hash(str(self))

    def __bool__(self) -> bool:
        return bool(self.text)

    def to_data(self) -> dict[str, Any]:
        """As JSON holds it, so that a kept text is shown in the language of whoever reads it."""
        values = {name: one.to_data() if isinstance(one, Message) else one for name, one in self.values.items()}
        return {"text": self.text, "values": values} | ({"plural": self.plural, "n": self.n} if self.plural else {})

    @classmethod
    def from_data(cls, data: str | dict[str, Any]) -> Message | str:
        """The inverse of `to_data`; a plain text stays one."""
        if isinstance(data, str):
            return data
        values = {name: cls.from_data(one) if isinstance(one, dict) else one for name, one in data["values"].items()}
        return cls(data["text"], values, data.get("plural", ""), data.get("n", 0))


Text = Message | str
"""A text for readers."""


def message(text: str, /, **values: Any) -> Message:
    """A text that is translated when it is shown."""
    return Message(text, values)


def message_n(one: str, many: str, n: float, /, **values: Any) -> Message:
    """The same with a number, `{n}` unless it is given in another form: `one` of it, or `many`."""
    return Message(one, {"n": n} | values, many, n)


def _(text: str, /, **values: Any) -> str:
    """A text in the reader's language."""
    return str(Message(text, values))


def _n(one: str, many: str, n: float, /, **values: Any) -> str:
    """A text with a number, `{n}` unless it is given in another form, in the reader's language."""
    return str(message_n(one, many, n, **values))


def _shown(value: Any) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        from babel.numbers import format_decimal  # noqa: PLC0415  a text without numbers is shown without it

        return format_decimal(value, locale=locale())
    return str(value)


@cache
def _locale(code: str) -> Locale:
    from babel import Locale  # noqa: PLC0415  a text without numbers is shown without Babel

    return Locale.parse(code)


@cache
def _catalogue(code: str) -> gettext.NullTranslations:
    return gettext.translation("kit", LOCALE, [code], fallback=True)
