"""What changed since an earlier report: each KPI whose value is another one, old and new, and the cause.

A later month is new data. A value of one month that changed has one of four causes: late or corrected data, a setting,
a parameter, or the kit's own definition. What is the same in both reports is not listed. An action of
the firm's log that is decided since then is.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from math import isclose
from typing import TYPE_CHECKING, Any

import pandas as pd

from kit import metrics
from kit.errors import UsageError
from kit.messages import _, _n
from kit.metrics import value_with_interval
from kit.questions.months import actions
from kit.report.folder import RESULTS
from kit.show.formats import joined, listing, moment, month

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

SAME = 1e-9
"""Values that differ by so small a share are one: sums of the same numbers in another order."""

SHOWN = 6
"""Changes that the first page shows at once; the others are in a fold."""


@dataclass(frozen=True, slots=True)
class Change:
    """One KPI whose value is another than in the earlier report.

    Attributes:
        kpi: its key.
        title: as readers meet it.
        month: of the new value.
        month_before: of the old one; the same where a value of one month changed.
        old: the value in the earlier report, as it is written.
        new: the value now.
        difference: change and interval where the month before was the old one; "" else.
        cause: key: new month, new data, late data, definition, setting, parameter or version.
        why: the cause in words.
    """

    kpi: str
    title: str
    month: str
    month_before: str
    old: str
    new: str
    difference: str
    cause: str
    why: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the first page: the KPI, and what changed of it."""

    title: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Since:
    """What changed since the earlier report.

    Attributes:
        as_of: the moment up to which the earlier report knew; "" where it had none.
        changes: the KPIs that changed, those of the goal first; none where all are as they were.
        comparable: whether the earlier report kept its KPIs at all.
        shown: the lines that stand on the first page outside of the fold.
        decided: a line for each action and KPI whose comparison was not decided in the earlier report, and is now.
    """

    as_of: str
    changes: tuple[Change, ...]
    comparable: bool = True
    shown: int = SHOWN
    decided: tuple[Line, ...] = ()

    @property
    def moment(self) -> str:
        """The moment as readers meet it."""
        return moment(pd.Timestamp(self.as_of)) if self.as_of else ""

    def lines(self) -> list[Line]:
        """What is newly decided; and a line a KPI and cause: its latest month, and how many others changed likewise."""
        groups: dict[tuple[str, str], list[Change]] = {}
        for change in self.changes:
            groups.setdefault((change.kpi, change.cause), []).append(change)
        changed = [Line(changes[0].title, _sentence(changes[0], len(changes) - 1)) for changes in groups.values()]
        return [*self.decided, *changed]

    def as_data(self) -> dict[str, Any]:
        """For results.json."""
        return {
            "as_of": self.as_of,
            "comparable": self.comparable,
            "changes": [asdict(change) for change in self.changes],
            "decided": [asdict(line) for line in self.decided],
        }


def earlier(folder: Path) -> dict[str, Any]:
    """What the report in a folder has in its results.json.

    Raises:
        UsageError: there is no report.
    """
    try:
        results = json.loads((folder / RESULTS).read_text(encoding="utf-8"))
        if "notebooks" in results:
            return results
    except (OSError, ValueError, TypeError):
        pass
    raise UsageError(_("--against {folder} is no report: it has no {file}.", folder=folder, file=RESULTS))


def compare(old: Mapping[str, Any], new: Mapping[str, Any]) -> Since:
    """The KPIs that differ between what two reports kept of themselves.

    Args:
        old: the results of the earlier report.
        new: what `record.record` returned for this one.
    """
    kept = old.get("record")
    if not kept:
        return Since("", (), comparable=False)
    changes = [*_latest(kept, new), *_months(kept, new)]
    return Since(kept["as_of"] or "", tuple(changes), decided=tuple(_decided(kept, new)))


def of_replaced(old: Mapping[str, Any], new: Mapping[str, Any]) -> Since | None:
    """The same against the report that is replaced; where that one is as this one, what it had itself.

    So the same report made twice is the same twice, and still says what changed when something last did.

    Args:
        old: as of `compare`.
        new: likewise.
    """
    if old.get("record") != json.loads(json.dumps(new)):
        return compare(old, new)
    kept = old.get("since")
    if kept is None:
        return None
    changes = tuple(Change(**change) for change in kept["changes"])
    decided = tuple(Line(**line) for line in kept.get("decided", ()))
    return Since(kept["as_of"], changes, kept["comparable"], decided=decided)


def _decided(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Line]:
    """The comparisons around actions that are decided now, and were not, or otherwise, in the earlier report."""
    before = {(row["day"], row["what"], row["kpi"]): row["verdict"] for row in old.get("actions", ())}
    for row in new.get("actions", ()):
        if row["verdict"] in actions.DECIDED and row["verdict"] != before.get((row["day"], row["what"], row["kpi"])):
            yield Line(actions.heading(row), actions.outcome(row, new["currency"]))


def _sentence(change: Change, others: int) -> str:
    """A change in words, with the cause."""
    old, new = (value.partition(" (")[0] for value in (change.old, change.new))
    values = {"old": old, "new": new, "month": month(change.month), "why": change.why}
    if change.difference:
        return _("{old} → {new} in {month}, {difference}; {why}", difference=change.difference, **values)
    if others:
        return _n("{old} → {new} in {month}, and one more month changed; {why}",
                  "{old} → {new} in {month}, and {n} more months changed; {why}", others, **values)  # fmt: skip
    return _("{old} → {new} in {month}; {why}", **values)


def _latest(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    """KPIs of the first page whose latest month is another one."""
    before = {row["kpi"]: row for row in old["now"]}
    for row in new["now"]:
        former = before.get(row["kpi"])
        if former is None or former["month"] == row["month"]:
            continue
        neighbours = str(pd.Period(row["month"], "M") - 1) == former["month"]
        difference = " ".join(row["changes"][0]) if neighbours and row["changes"] else ""
        why = _("new data: {month} is complete", month=month(row["month"]))
        yield _change(row | {"currency": new["currency"]}, former, "new month", why, difference)


def _months(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    """Values of one month that are others now, of each KPI the latest first."""
    order = [row["kpi"] for row in new["now"]]
    for key in sorted(new["months"].keys() & old["months"].keys(), key=lambda key: (key not in order, key)):
        rows, former = new["months"][key], old["months"][key]
        for name in sorted(rows.keys() & former.keys(), reverse=True):
            if isclose(rows[name]["value"], former[name]["value"], rel_tol=SAME):
                continue
            about = {"kpi": key, "month": name}
            row, before = rows[name] | about | {"currency": new["currency"]}, former[name] | about
            cause, why = _cause(old, new, row, before)
            yield _change(row, before, cause, why)


def _change(row: Mapping[str, Any], before: Mapping[str, Any], cause: str, why: str, difference: str = "") -> Change:
    old, new = (value_with_interval(values, row["currency"]) for values in (before, row))
    title = str(metrics.find(row["kpi"]).title)
    return Change(row["kpi"], title, row["month"], before["month"], old, new, difference, cause, why)


def _cause(
    old: Mapping[str, Any], new: Mapping[str, Any], row: Mapping[str, Any], before: Mapping[str, Any]
) -> tuple[str, str]:
    """Why the value of a month is another one: key and words; where several things changed all of them are named."""
    definition = _definition(old, new, row["kpi"])
    settings, parameters = (_differing(old[name], new[name]) for name in ("settings", "parameters"))
    data_differs = old["files"] != new["files"] or old["as_of"] != new["as_of"]
    is_other = old["kit"] != new["kit"] and not (data_differs or definition)
    causes = {
        "definition": definition,
        "setting": settings and _("setting: {names}", names=listing(settings)),
        "parameter": parameters and _("parameter: {names}", names=listing(parameters)),
        "version": is_other and _("counted by {new}, before by {old}", **_versions(old, new)),
    }  # fmt: skip
    possible = [(key, why) for key, why in causes.items() if why]
    if data_differs:
        possible.append(_of_data(old, row, before))
    if not possible:
        return "late data", _("the files were corrected")
    words = [why for _key, why in possible]
    return possible[0][0], words[0] if len(words) == 1 else _("one or more of: {causes}", causes=joined(words))


def _definition(old: Mapping[str, Any], new: Mapping[str, Any], key: str) -> str:
    """How the definition of a KPI changed; "" where it is the same."""
    now, former = (book["definitions"].get(key, "") for book in (new, old))
    if now == former:
        return ""
    formula, before = (text.partition(";")[0] for text in (now, former))
    if formula == before:
        return _("definition: that of {new}, before that of {old}", **_versions(old, new))
    return _("definition: {new}, before {old}", old=before, new=formula)


def _of_data(old: Mapping[str, Any], row: Mapping[str, Any], before: Mapping[str, Any]) -> tuple[str, str]:
    """Whether data came late, for a month that was over, or the month was not over yet."""
    end = pd.Period(row["month"], "M").end_time - pd.Timedelta(minutes=1)  # 23:59 is the last minute of a day
    over = old["as_of"] is not None and end <= pd.Timestamp(old["as_of"])
    if not over:
        return "new data", _("new data: the month was not over at the last report")
    mails = _difference(row["n"], before["n"])
    share = metrics.find(row["kpi"]).unit == "share" and None not in (row["n"], before["n"])
    events = round(row["value"] * row["n"]) - round(before["value"] * before["n"]) if share else 0
    n = events or mails
    if n > 0:
        return "late data", _n("late data: {n} event more", "late data: {n} events more", n)
    if n < 0:
        return "late data", _n("corrected data: {n} event less", "corrected data: {n} events less", -n)
    return "late data", _("late or corrected data")


def _difference(now: float | None, before: float | None) -> int:
    return round((now or 0) - (before or 0))


def _versions(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, str]:
    return {"old": f"kit {old['kit']}", "new": f"kit {new['kit']}"}


def _differing(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """The names whose values differ, with both."""
    names = sorted(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))
    unset = _("not set")
    return [
        _("{name} was {old}, is {new}", name=name, old=old.get(name, unset), new=new.get(name, unset)) for name in names
    ]
