"""`kit.toml`: what no export says. Every key is listed here with its type, default and meaning.

An unknown key or a value of the wrong kind is an error that names the file, the key and the
nearest known one: a setting that silently does nothing would change numbers without a word.
"""

from __future__ import annotations

import os
import re
import tomllib
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from math import inf, isfinite
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from kit.errors import SettingsError, nearest
from kit.messages import LANGUAGES, _, message
from kit.places import cause

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from kit.messages import Message

FILE = "kit.toml"


@dataclass(frozen=True, slots=True)
class Key:
    """One key of kit.toml: its dotted name, the kind of its value, default and meaning."""

    name: str
    kind: str
    default: Any
    meaning: str | Message


KEYS = (
    Key(
        "time_zone",
        "zone",
        "",
        message("the firm's time zone, such as Europe/Moscow; without it hours of the day are not analysed"),
    ),
    Key("currency", "text", "", message("the currency of amounts without a currency, such as EUR")),
    Key(
        "day_first",
        "bool",
        None,
        message("whether 03.04.2026 or 03/04/2026 is 3 April; needed if a file does not show it"),
    ),
    Key(
        "as_of",
        "time",
        None,
        message("the time up to which the exports are complete; if not set, the latest time in them"),
    ),
    Key("lang", "lang", "", message("the language of reports and messages, such as ru; if not set, English")),
    Key("goal", "goal", "", message("the purpose of the campaigns; one of the goals listed by `kit explain`")),
    Key("own_domains", "texts", (), message("the firm's own e-mail domains, such as example.com")),
    Key("own_addresses", "texts", (), message("the firm's own addresses on other domains, such as garage@example.org")),
    Key(
        "tests.max_recipients",
        "int",
        5,
        message("a campaign to at most this many recipients, with the word test in its subject, is a test send"),
    ),
    Key("tests.list_share", "share", 0.01, message("… or to at most this share of the usual list size")),
    Key(
        "conversions.window_days",
        "int",
        7,
        message(
            "an action counts for an e-mail within this many days after it; more recent e-mails have no conversions yet"
        ),
    ),
    Key(
        "conversions.maturity_days",
        "int",
        3,
        message("a campaign sent fewer than this many days before `as_of` is too recent to judge by opens and clicks"),
    ),
    Key(
        "service.hours",
        "hours",
        (),
        message("working hours of the team, such as Mon-Fri 09:00-18:00; without them no working time is calculated"),
    ),
    Key("service.holidays", "days", (), message("days on which the team does not work")),
    Key("service.time_zone", "zone", "", message("the team's time zone, if it differs from the firm's")),
    Key(
        "service.promised_hours",
        "amount",
        None,
        message(
            "a request answered within this many hours is in time; if service.hours is set, these are working hours"
        ),
    ),
    Key(
        "service.waiting_days",
        "int",
        30,
        message("an e-mail without a reply counts as unanswered for this many days; after that it needs no reply"),
    ),
    Key(
        "visits.return_days",
        "int",
        180,
        message("a customer has returned if the second visit comes within this many days after the first"),
    ),
    Key(
        "messages.engine",
        "text",
        "fast",
        message("how customers' messages are read: fast, accurate (the extra tone) or words"),
    ),
    Key(
        "messages.reading",
        "text",
        "",
        message(
            "a file next to kit.toml with themes, intents and words of tone: a changed copy of kit/text/reading.yaml"
        ),
    ),
    Key(
        "surveys.incentive",
        "text",
        "",
        message("the reward promised for answering a survey, such as a discount of 5 %"),
    ),
    Key(
        "retention.sunset",
        "texts",
        ("sunset", "inactiv", "неактив"),
        message("parts of an unsubscribe reason which mean that the firm itself removed the address from the list"),
    ),
    Key(
        "events.campaign",
        "texts",
        (),
        message("the log's field with the campaign, if the fields of the preset do not fit"),
    ),
    Key("events.variant", "texts", (), message("the log's field with the version of an A/B test")),
    Key(
        "tracking.opens_since",
        "time",
        None,
        message(
            "opens were tracked from this time on: before it they are unknown, after it a missing open counts as 0"
        ),
    ),
    Key("tracking.clicks_since", "time", None, message("the same for clicks")),
    Key(
        "machines.hidden_links",
        "texts",
        (),
        message("parts of links that readers cannot see; only scanners click them"),
    ),
    Key(
        "clients.window_days",
        "int",
        180,
        message("a person's mail program is recognised by other e-mails within this many days before and after"),
    ),
    Key(
        "clients.min_sends",
        "int",
        3,
        message("… and by at least this many of them; with fewer, the program is unknown"),
    ),
    Key("engagement.days", "int", 90, message("a person who clicked within this many days before an e-mail is active")),
    Key("engagement.mails", "int", 3, message("… and with fewer e-mails in that time nobody is called silent")),
    Key("web.key_events", "texts", (), message("the events that count as key events in a GA4 export from BigQuery")),
    Key(
        "funnel.stages",
        "texts",
        ("contact", "lead", "customer"),
        message("the stages on the way to becoming a customer; a stage with another name is the action of that name"),
    ),
    Key("funnel.days", "int", 90, message("a step counts only if it follows the previous stage within this many days")),
    Key(
        "money.margin",
        "share",
        None,
        message("the share of net revenue left after the cost of what was sold; unknown if not set"),
    ),
    Key(
        "money.hour_rate",
        "amount",
        None,
        message("the cost of one hour of own work, if the cost file has hours only"),
    ),
    Key("holdout.arms", "texts", (), message("further names of the test group that gets no e-mail")),
    Key(
        "health.accounts",
        "text",
        "firm",
        message(
            "what counts as one account: firm (ids, addresses and firms' domains), address (without domains) or id"
        ),
    ),
    Key("health.shared_domains", "texts", (), message("further domains of mailboxes that belong to no firm")),
    Key(
        "health.weights",
        "numbers",
        {},
        message(
            "how much each health signal counts, such as use_trend = 3; 0 means not at all; if not set, the "
            "kit's own weights apply"
        ),
    ),
    Key(
        "health.anchors",
        "anchors",
        {},
        message(
            "the values of a signal at which its component is 0 and 100; if not set, suggested from the training dates"
        ),
    ),
    Key(
        "health.onboarding",
        "numbers",
        {},
        message("weights for accounts in their first health.onboarding_days, if they differ"),
    ),
    Key("health.onboarding_days", "int", 90, message("an account is new for this many days")),
    Key(
        "health.coverage",
        "share",
        0.5,
        message("a score is shown only if the known signals carry at least this share of the weight"),
    ),
    Key(
        "health.missing",
        "text",
        "renormalise",
        message("what replaces a missing component: renormalise (nothing), neutral (50) or zero"),
    ),
    Key("health.red", "amount", 40.0, message("below this score an account is red")),
    Key("health.green", "amount", 70.0, message("from this score an account is green")),
    Key("health.leave", "amount", 8.0, message("an alert ends when the score is this many points above red")),
    Key(
        "health.weeks_red",
        "int",
        4,
        message(
            "an alert begins after this many red weeks in a row; signals are four-week sums, so fewer weeks show "
            "only random variation"
        ),
    ),
    Key("health.pause_weeks", "int", 4, message("after an alert ends, no new alert begins for this many weeks")),
    Key("health.due_days", "int", 7, message("somebody must act on an alert within this many days")),
    Key("health.owner", "text", "", message("who gets the alert for an account whose deals have no owner")),
    Key(
        "health.hold_back",
        "share",
        0.0,
        message("this share of alerts, drawn at random, gets no action, so that the effect of acting can be measured"),
    ),
    Key(
        "health.before",
        "text",
        "",
        message("an older kit.toml next to this one: the effect of the changes is shown separately"),
    ),
    Key("split", "shares", (), message("the planned split of an A/B test, such as [0.5, 0.5]; equal if not set")),
    Key("same", "pairs", (), message('campaigns that are the same: [[same]] with ids = ["first", "second"]')),
)

_BY_NAME = {key.name: key for key in KEYS}


@dataclass(frozen=True, slots=True)
class Settings:
    """The values of one kit.toml, by dotted name; a key that it does not have has its default."""

    file: Path | None = None
    values: dict[str, Any] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Any:
        return self.values.get(name, _BY_NAME[name].default)

    @property
    def zone(self) -> ZoneInfo | None:
        """The firm's time zone, or None where it is not known."""
        return ZoneInfo(self["time_zone"]) if self["time_zone"] else None


def load(folder: Path) -> Settings:
    """The settings of a folder: its kit.toml, or the defaults where it has none; raises as `read`."""
    path = folder / FILE
    return read(path) if os.path.lexists(path) else Settings()


def read(path: Path) -> Settings:
    """The settings of one file.

    Raises:
        SettingsError: a file that cannot be read, no TOML, an unknown key, a value of the wrong kind.
    """
    try:
        if path.exists() and not path.is_file():
            raise SettingsError(
                message("it is not a file"), file=path.name, hint=_("Put a file there, or remove what is there.")
            )
        raw = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise SettingsError(cause(error), file=path.name, hint=_("Check the file and its read permissions.")) from error
    except (ValueError, RecursionError) as error:
        raise SettingsError(
            _("it is not TOML: {error}", error=error), file=path.name, hint=_("See the README's table of settings.")
        ) from error
    return Settings(path, {name: _checked(name, value) for name, value in _flat(raw).items()})


def template(
    guesses: Mapping[str, tuple[str, Message]] = MappingProxyType({}),
    tables: Mapping[str, Mapping[str, tuple[str, Message]]] = MappingProxyType({}),
) -> str:
    """A commented kit.toml to start from; `kit check --init` writes it.

    Args:
        guesses: key at the top -> its likeliest value as TOML, which is set, and what speaks for it.
        tables: key whose value is a table -> the names in it, each with its value as TOML and its meaning.
    """
    lines = ["# " + _("Settings that no export contains. To set one, remove the # at the start of its line."), ""]
    for name, (guess, why) in guesses.items():
        lines += [f"# {_BY_NAME[name].meaning}", f"# {why}", f"{name} = {guess}", ""]
    for key in KEYS:
        if "." not in key.name and key.kind != "pairs" and key.name not in guesses:
            lines += [f"# {key.meaning}", f"# {key.name} = {example(key)}", ""]
    for section in dict.fromkeys(key.name.split(".")[0] for key in KEYS if "." in key.name):
        lines.append(f"# [{section}]")
        for key in KEYS:
            if key.name.startswith(f"{section}.") and key.name not in tables:
                lines += [f"# {key.meaning}", f"# {key.name.split('.')[1]} = {example(key)}"]
        lines.append("")
        for name in (name for name in tables if name.startswith(f"{section}.")):
            lines += [f"# [{name}]", f"# # {_BY_NAME[name].meaning}"]
            lines += [f"# {inner} = {value}  # {meaning}" for inner, (value, meaning) in tables[name].items()]
            lines.append("")
    return "\n".join(lines)


def _flat(raw: dict[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in raw.items():
        if isinstance(value, dict):
            flat |= {f"{name}.{inner}": inner_value for inner, inner_value in value.items()}
        else:
            flat[name] = value
    for name in flat:
        if name not in _BY_NAME:
            raise SettingsError(_("there is no such setting"), file=FILE, column=name, hint=nearest(name, _BY_NAME))
    return flat


def _checked(name: str, value: Any) -> Any:
    key = _BY_NAME[name]
    fits, wrong = _KINDS[key.kind]
    try:
        return fits(value)
    except (ValueError, TypeError, KeyError, OverflowError, OSError) as error:
        problem = replace(wrong, values={"value": repr(value)})
        hint = _("Write it like {value}.", value=example(key))
        raise SettingsError(problem, file=FILE, column=name, hint=hint) from error


def _zone(value: Any) -> str:
    ZoneInfo(_text(value))  # raises ZoneInfoNotFoundError, a KeyError; OSError where it is a folder of zones
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _language(value: Any) -> str:
    if _text(value) not in LANGUAGES:
        raise ValueError
    return value


def _bool(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def _int(value: Any) -> int:
    if not isinstance(value, int):
        raise TypeError
    return int(_number(value))


def _number(value: Any, most: float = inf) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most or value == inf:
        raise TypeError
    return float(value)


def _share(value: Any) -> float:
    return _number(value, 1)


def _time(value: Any) -> datetime:
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    return moment.replace(tzinfo=None) if moment.tzinfo is None else moment


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(map(_text, [value] if isinstance(value, str) else value))


def _shares(value: Any) -> tuple[float, ...]:
    shares = tuple(map(_share, value))
    if abs(sum(shares) - 1) > 1e-6:  # shares of one whole, whatever they were rounded to
        raise ValueError
    return shares


def _pairs(value: Any) -> tuple[tuple[str, ...], ...]:
    return tuple(_texts(pair["ids"]) for pair in value)


def _table(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError
    return value


def _numbers(value: Any) -> dict[str, float]:
    return {name: _number(inner) for name, inner in _table(value).items()}


def _anchors(value: Any) -> dict[str, tuple[float, ...]]:
    anchors = {name: tuple(map(float, inner)) for name, inner in _table(value).items()}
    if any(len(ends) != 2 or ends[0] == ends[1] or not all(map(isfinite, ends)) for ends in anchors.values()):
        raise ValueError
    return anchors


WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_OPEN = re.compile(
    r"(?P<first>[a-z]{3})[a-z]*(?:\s*[-–]\s*(?P<last>[a-z]{3})[a-z]*)?\s+"
    r"(?P<h1>\d{1,2}):(?P<m1>[0-5]\d)\s*[-–]\s*(?P<h2>\d{1,2}):(?P<m2>[0-5]\d)",
    re.IGNORECASE,
)


def _hours(value: Any) -> tuple[tuple[int, int, int], ...]:
    """Weekday from 0, first minute of the day and the minute after the last one, a part of a day each."""
    parts = []
    for text in _texts(value):
        match = _OPEN.fullmatch(text.strip())
        if match is None:
            raise ValueError
        first = WEEKDAYS.index(match["first"].lower())
        last = WEEKDAYS.index((match["last"] or match["first"]).lower())
        begin, end = (int(match[f"h{part}"]) * 60 + int(match[f"m{part}"]) for part in (1, 2))
        if not begin < end <= 24 * 60:
            raise ValueError
        parts += [((first + step) % 7, begin, end) for step in range((last - first) % 7 + 1)]
    return tuple(parts)


def _days(value: Any) -> tuple[date, ...]:
    return tuple(_time(day).date() for day in ([value] if isinstance(value, str | date) else value))


_KINDS: dict[str, tuple[Callable[[Any], Any], Message]] = {
    "zone": (_zone, message("{value} is not a time zone of the IANA list")),
    "text": (_text, message("{value} is not a text")),
    "bool": (_bool, message("{value} is neither true nor false")),
    "int": (_int, message("{value} is not a whole number of 0 or more")),
    "share": (_share, message("{value} is not a share from 0 to 1")),
    "amount": (_number, message("{value} is not an amount of 0 or more")),
    "time": (_time, message("{value} is not a time")),
    "goal": (_text, message("{value} is not a goal")),
    "lang": (_language, message("{value} is not a language that the kit supports")),
    "texts": (_texts, message("{value} is not a list of texts")),
    "hours": (_hours, message("{value} is not a list of hours of the week")),
    "days": (_days, message("{value} is not a list of days")),
    "numbers": (_numbers, message("{value} is not a table of amounts")),
    "anchors": (_anchors, message("{value} is not a table with two different numbers per entry")),
    "shares": (_shares, message("{value} is not a list of shares that add up to 1")),
    "pairs": (_pairs, message("{value} is not a table with ids")),
}
"""How a value of each kind is read, and what to say where it cannot be."""

_EXAMPLES = {
    "events.campaign": '["campaign_id"]',
    "events.variant": '["ab_group"]',
    "funnel.stages": '["contact", "lead", "customer"]',
    "holdout.arms": '["Group B"]',
    "money.hour_rate": "30.0",
    "service.promised_hours": "4.0",
    "hours": '["Mon-Fri 09:00-18:00", "Sat 10:00-14:00"]',
    "days": "[2026-12-25, 2027-01-01]",
    "money.margin": "0.4",
    "machines.hidden_links": '["/hidden/"]',
    "own_addresses": '["garage@example.org"]',
    "web.key_events": '["purchase"]',
    "retention.sunset": '["sunset", "inactiv"]',
    "zone": '"Europe/Berlin"',
    "text": '"EUR"',
    "bool": "true",
    "time": "2026-10-31T23:59:00",
    "health.before": '"kit_2026-09.toml"',
    "health.owner": '"Ann"',
    "health.shared_domains": '["provider.example.net"]',
    "health.accounts": '"firm"',
    "health.missing": '"renormalise"',
    "goal": '"appointments"',
    "lang": '"ru"',
    "texts": '["example.com"]',
    "numbers": "{use_trend = 3.0}",
    "anchors": "{use_trend = [0.4, 1.1]}",
    "shares": "[0.5, 0.5]",
    "pairs": '[[same]] ids = ["first", "second"]',
}


def example(key: Key) -> str:
    """The default of a key, or how it is written where it has none."""
    return _EXAMPLES.get(key.name) or _EXAMPLES.get(key.kind, str(key.default))
