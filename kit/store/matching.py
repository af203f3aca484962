"""Which statements are about the same send: by ids, by what kit.toml says, by names and days."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

import pandas as pd

from kit.messages import message
from kit.store.dedupe import FEW

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from kit.messages import Text
    from kit.settings import Settings

NEAR = pd.Timedelta(days=1)
"""Two statements without an id are one send only within this time of each other."""

ALIKE = 0.02
"""Two sendings are nearly as large where they differ by this share at most, and neither is smaller than that."""

TESTED = pd.Timedelta(days=14)
"""The winner of a test is sent within this time of its variants."""

WINNER = r"(?i)winner|winning|победи|sieger|gewinner|gagnant|ganador|vencedor|vincitor"
"""How the variant is called that the others got after a test: it belongs to the campaign and is no arm of the test."""

_WORD = re.compile(r"[^\W_]+")


class _Groups:
    """Disjoint sets of row numbers, each with its members."""

    def __init__(self, size: int) -> None:
        self.parent = list(range(size))
        self.members = [[row] for row in range(size)]

    def find(self, row: int) -> int:
        while self.parent[row] != row:
            self.parent[row] = self.parent[self.parent[row]]
            row = self.parent[row]
        return row

    def join(self, a: int, b: int) -> None:
        a, b = self.find(a), self.find(b)
        if a != b:
            self.parent[b] = a
            self.members[a] += self.members[b]


def groups(statements: pd.DataFrame, settings: Settings) -> tuple[list[int], list[Text]]:
    """Which statements are about the same send.

    Args:
        statements: the rows of exports and the campaigns of logs.
        settings: for `same`.

    Returns:
        A number for each row, the same for rows of one campaign; what could not be decided, in words.
    """
    rows = statements.to_dict("records")
    matched = _Groups(len(rows))
    mails, reused = _mails(rows)
    _join_equal(rows, matched, mails)
    began = _tests(rows)
    variants = [
        (row["source_file"], row["campaign_name"], at) if at else None for row, at in zip(rows, began, strict=True)
    ]
    _join_equal(rows, matched, variants)
    for ids in settings["same"]:
        named = [
            n for n, row in enumerate(rows) if _text(row["source_campaign_id"]) in ids or row["campaign_name"] in ids
        ]
        for other in named[1:]:
            matched.join(named[0], other)
    _join_parents(rows, matched)
    notes = [*reused, *_join_files(rows, matched), *_join_alike(rows, matched), *_perhaps(rows, matched)]
    return [matched.find(n) for n in range(len(rows))], notes


def _tests(rows: list[dict]) -> list[Hashable]:
    """When the test began of which each row is a variant; None of a row that is none.

    The winner goes out to the others after the test: it belongs to the last one of its name and file before it.
    """
    starts: defaultdict[tuple[str, str], list[pd.Timestamp]] = defaultdict(list)
    winners = [bool(re.match(WINNER, _text(row["variant"]))) for row in rows]
    for row, wins in zip(rows, winners, strict=True):
        if _text(row["variant"]) and not wins and pd.notna(row["sent_local"]):
            starts[row["source_file"], _text(row["campaign_name"])].append(row["sent_local"])
    began: list[Hashable] = []
    for row, wins in zip(rows, winners, strict=True):
        before = [
            start
            for start in starts[row["source_file"], _text(row["campaign_name"])]
            if wins and pd.notna(row["sent_local"]) and start <= row["sent_local"] <= start + TESTED
        ]
        at = max(before, default=row["sent_local"])
        began.append(("" if pd.isna(at) else at, "variant") if _text(row["variant"]) else None)
    return began


def _mails(rows: list[dict]) -> tuple[list[Hashable], list[Text]]:
    """What each row calls its mail: the id; where a file has several mails of one id, what else tells them apart.

    That is the day, the name or the subject, as far as it is needed. An event log knows one mail of an id, to which
    all rows then belong.

    Returns:
        For each row its mail, None where it has no id; which files use ids again, in words.
    """
    by_id: defaultdict[str, list[int]] = defaultdict(list)
    for number, row in enumerate(rows):
        by_id[_id(row)].append(number)
    mails: list[Hashable] = [_id(row) or None for row in rows]
    reused: Counter[str] = Counter()
    for name, numbers in by_id.items():
        by_file: defaultdict[str, set[tuple[str, ...]]] = defaultdict(set)
        for row in (rows[n] for n in numbers):
            if not _text(row["variant"]) and row["sent"] != 0:
                by_file[row["source_file"]].add(_about(row))
        several = {file: abouts for file, abouts in by_file.items() if len(abouts) > 1}
        if not name or not several or any(rows[n]["precedence"] == 0 for n in numbers):
            continue
        needed = next(
            size
            for size in (1, 2, 3)
            if all(len({about[:size] for about in abouts}) == len(abouts) for abouts in several.values())
        )
        for n in numbers:
            mails[n] = (name, *_about(rows[n])[:needed])
        reused.update({file: len(abouts) for file, abouts in several.items()})
    return mails, [
        message(
            "{file}: {n} e-mails share campaign ids but differ in day, name or subject; each counts as a separate "
            "e-mail",
            file=file,
            n=n,
        )
        for file, n in reused.items()
    ]


def _about(row: dict) -> tuple[str, str, str]:
    """Day, name and subject of a row."""
    day = "" if pd.isna(row["sent_local"]) else f"{row['sent_local']:%Y-%m-%d}"
    return day, _text(row["campaign_name"]).casefold(), _text(row["subject"]).casefold()


def _join_equal(rows: list[dict], groups: _Groups, keys: Sequence[Hashable]) -> None:
    first: dict[Hashable, list[int]] = {}
    for number, (row, key) in enumerate(zip(rows, keys, strict=True)):
        if not key:
            continue
        equal = first.setdefault(key, [])
        for other in equal:
            if _same_vendor(row, rows[other]):
                groups.join(other, number)
                break
        equal.append(number)


def _join_parents(rows: list[dict], groups: _Groups) -> None:
    """Join a row without a variant to the variants of its name, time and file: it is their sum, not another send."""
    variants: dict[tuple[str, str], list[int]] = {}
    for number, row in enumerate(rows):
        if _text(row["variant"]):
            variants.setdefault((row["source_file"], _text(row["campaign_name"]).casefold()), []).append(number)
    for number, row in enumerate(rows):
        if _text(row["variant"]) or not _text(row["campaign_name"]):
            continue
        for other in variants.get((row["source_file"], _text(row["campaign_name"]).casefold()), []):
            if pd.notna(row["sent_local"]) and row["sent_local"] == rows[other]["sent_local"]:
                groups.join(other, number)


def _join_files(rows: list[dict], groups: _Groups) -> list[Text]:
    """Join lists that only a file's name names (openings, clicks, bounces) to the platform's campaign.

    The name holds the platform's id; else it is the title of one campaign that was not sent after the list begins,
    or of one that was sent on a day that stands beside it in the name.
    """
    notes: dict[Text, None] = {}
    for number, row in enumerate(rows):
        if row["precedence"] != 0 or _text(row["source_campaign_id"]) or pd.notna(row["sent_local"]):
            continue
        of_platform = [
            n
            for n, other in enumerate(rows)
            if other["precedence"] != 0 and _text(other["vendor"]) and _text(other["vendor"]) == _text(row["vendor"])
        ]
        words = _WORD.findall(_text(row["campaign_name"]).casefold())
        fits = [n for n in of_platform if _id(rows[n]) and _id(rows[n]).casefold() in words]
        fits = fits or [n for n in of_platform if _titled(rows[n], words) and not _begins_before(row, rows[n])]
        dated = [
            n for n in fits if pd.notna(rows[n]["sent_local"]) and f"{rows[n]['sent_local']:%Y%m%d}" in "".join(words)
        ]
        near = {groups.find(n) for n in dated or fits}
        if len(near) == 1:
            groups.join(near.pop(), number)
        elif near:
            note = message(
                "{file}: its name {name} fits {n} campaigns, so it is kept separate. Choose the right one with "
                "[[same]] in kit.toml.",
                file=row["source_file"], name=repr(row["campaign_name"]), n=len(near),
            )  # fmt: skip
            notes[note] = None
    return list(notes)


def _titled(row: dict, words: list[str]) -> bool:
    """Whether words are a row's title, but for numbers and days around it."""
    title = _WORD.findall(_text(row["campaign_name"]).casefold())
    before, match, after = " ".join(words).partition(" ".join(title))
    return bool(title) and bool(match) and not re.sub(r"[\d ]", "", before + after)


def _begins_before(row: dict, campaign: dict) -> bool:
    """Whether a list has something from before the campaign was sent."""
    first = row.get("first_local")
    return pd.notna(first) and pd.notna(campaign["sent_local"]) and first < campaign["sent_local"] - NEAR


def _join_alike(rows: list[dict], groups: _Groups) -> list[Text]:
    """Join rows to the only campaign that they agree with; where there are several, they stay apart, with a note.

    Ids of one platform that differ are two sends. The id of a platform and that of somebody's own table cannot be
    compared, and say nothing.
    """
    notes: dict[Text, None] = {}
    by_word: dict[str, list[int]] = {}
    for number, row in enumerate(rows):
        for word in _words(row):
            by_word.setdefault(word, []).append(number)
    for number, row in enumerate(rows):
        near = {
            groups.find(other)
            for word in _words(row)
            for other in by_word[word]
            if groups.find(other) != groups.find(number)
            and _alike(row, rows[other])
            and not _compared(row, rows[other])
        }
        if _id(row):
            near = {other for other in near if not _differ_by_id(rows, groups, number, other)}
            if len(near) > 1:
                continue
        if len(near) == 1:
            groups.join(near.pop(), number)
        elif near:
            title = _text(row["campaign_name"]) or _text(row["subject"])
            note = message(
                "{file}: {title} fits {n} campaigns of other files, so it is kept separate. Choose the right one "
                "with [[same]] in kit.toml.",
                file=row["source_file"], title=repr(title), n=len(near),
            )  # fmt: skip
            notes[note] = None
    return list(notes)


def _alike(a: dict, b: dict) -> bool:
    if a["source_file"] == b["source_file"] or not _same_vendor(a, b):
        return False
    lists = {_text(a["list_name"]).casefold(), _text(b["list_name"]).casefold()} - {""}
    return len(lists) <= 1 and _same_time(a, b)


def _id(row: dict) -> str:
    return _text(row["source_campaign_id"]) or _text(row.get("ref"))


def _compared(a: dict, b: dict) -> bool:
    """Whether both have an id, of the same platform or of two tables that somebody keeps."""
    return bool(_id(a) and _id(b)) and _text(a["vendor"]) == _text(b["vendor"])


def _differ_by_id(rows: list[dict], groups: _Groups, a: int, b: int) -> bool:
    """Whether two groups hold sends whose ids differ."""
    rows_a, rows_b = ([rows[n] for n in groups.members[groups.find(row)]] for row in (a, b))
    return any(_compared(row_a, row_b) and _id(row_a) != _id(row_b) for row_a in rows_a for row_b in rows_b)


def _perhaps(rows: list[dict], groups: _Groups) -> list[Text]:
    """Files of totals that share no campaign with a log, though it shows a sending of nearly the same time and size."""
    logs = [n for n, row in enumerate(rows) if row["precedence"] == 0]
    in_logs = {groups.find(n) for n in logs}
    joined = {row["source_file"] for n, row in enumerate(rows) if n not in logs and groups.find(n) in in_logs}
    notes: list[Text] = []
    for row in rows:
        if row["precedence"] == 0 or row["source_file"] in joined or _text(row["variant"]):
            continue
        near = [
            rows[n]
            for n in logs
            if _same_vendor(row, rows[n]) and _same_time(row, rows[n]) and _same_size(row, rows[n])
        ]
        if len(near) == 1:
            (log,) = near
            names = [_text(send["campaign_name"]) or _id(send) or _text(send["subject"]) for send in (row, log)]
            notes.append(
                message(
                    "{file}: {name} and {logged} of {log} were sent within a day to nearly as many people ({sent} "
                    "and {logged_sent}). If they are one campaign, it is counted twice; join them with [[same]] in "
                    "kit.toml",
                    file=row["source_file"], name=repr(names[0]), logged=repr(names[1]), log=log["source_file"],
                    sent=int(row["sent"]), logged_sent=int(log["sent"]),
                )
            )  # fmt: skip
    return notes


def _same_time(a: dict, b: dict) -> bool:
    """Whether both were sent within a day; where neither tells when, to exactly as many."""
    if pd.isna(a["sent_local"]) and pd.isna(b["sent_local"]):
        return _same_size(a, b) and a["sent"] == b["sent"]
    return pd.notna(a["sent_local"]) and pd.notna(b["sent_local"]) and abs(a["sent_local"] - b["sent_local"]) <= NEAR


def _same_size(a: dict, b: dict) -> bool:
    sizes = [float(row["sent"]) if pd.notna(row["sent"]) else 0 for row in (a, b)]
    return min(sizes) >= FEW and abs(sizes[0] - sizes[1]) <= ALIKE * max(sizes)


def _same_vendor(a: dict, b: dict) -> bool:
    return len({_text(a["vendor"]), _text(b["vendor"])} - {""}) <= 1


def _words(row: dict) -> set[str]:
    return {_text(row["campaign_name"]).casefold(), _text(row["subject"]).casefold()} - {""}


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""
