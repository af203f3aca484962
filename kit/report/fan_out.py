"""One report a value: of each list, each month, each type of campaign; with an index over all of them.

Each report lies in a folder of its own and is built as any other; one that fails stops no other. The index lists all,
the failed and the empty ones with their reason.
"""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from kit import __version__, counts, store
from kit.errors import KitError, UsageError, nearest, need_whole_language
from kit.messages import _, language
from kit.places import NAME_ANOTHER, draft_name, reaching, try_folder
from kit.questions.notebooks import NOTEBOOKS, choose, load
from kit.report import HOW, How, account_pages, build, no_export, quality, render
from kit.report.folder import RESULTS, check_outside, folders
from kit.report.parameters import values
from kit.report.take_away import FORMS
from kit.show.formats import month

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from kit.store import Data

BY = {"month": "", "list": "list_name", "type": "campaign_type", "campaign": "campaign_name", "account": ""}
"""By what reports can be made one a value, and the column of campaigns that tells it; months go by the period, and
accounts have a page each in place of a report."""


@dataclass(frozen=True, slots=True)
class Member:
    """One report of a set.

    Attributes:
        value: what it is of.
        title: the same as readers meet it.
        page: where it begins, in the folder of the set; "" where there is none.
        status: ok, failed or empty.
        reason: why it is not ok; "" where it is.
    """

    value: str
    title: str
    page: str
    status: str
    reason: str = ""


def write(
    target: Path,
    out: Path,
    by: str,
    *,
    only: Sequence[str] = (),
    parameters: Mapping[str, str] = MappingProxyType({}),
    forms: Collection[str] = (),
    how: How = HOW,
    notebooks: Path = NOTEBOOKS,
) -> tuple[Member, ...]:
    """Make one report a value of `by`, and their index.

    Args:
        target: the folder of exports, or one export.
        out: the folder of the set: new, empty, or a former one.
        by: key of BY.
        only: as of `build`.
        parameters: likewise; not the one that `by` sets.
        forms: likewise.
        how: likewise.
        notebooks: likewise.

    Raises:
        UsageError: an unknown `by`, a parameter that it sets, no value, a place where no set may be put, or a language
            without reports.
    """
    if by == "segment":
        raise UsageError(
            _(
                "--by segment: exports of totals, and questions about people without a campaign, cannot be narrowed to "
                "one segment. Notebook 05 compares segments side by side."
            )
        )
    if by not in BY:
        raise UsageError(_("--by {by}: reports cannot be made by it. {hint}", by=by, hint=nearest(by, BY)))
    if by == "account":
        return _accounts(target, out, only, parameters, forms, notebooks)
    name = "period" if by == "month" else "where"
    if by == "month" and parameters.get(name):
        raise UsageError(_("-p {name}: --by {by} sets it.", name=name, by=by))
    _check(out)
    data = store.open_data(target, parameters.get("period", ""), parameters.get("where", ""))
    need_whole_language()
    wanted = _values(data, by)
    if not wanted:
        raise UsageError(_("--by {by}: the data holds no value of it.", by=by))
    members = []
    for value, folder in zip(wanted, folders(wanted), strict=True):
        chosen = value if by == "month" else ", ".join(filter(None, [parameters.get("where"), f"{BY[by]}={value}"]))
        if {",", "="} & set(value):
            status, reason = "failed", _("a filter cannot contain a comma or an equals sign; rename it in the exports")
        else:
            asked = {"only": only, "parameters": dict(parameters) | {name: chosen}, "forms": forms, "how": how}
            status, reason = _one(target, out / folder, asked | {"notebooks": notebooks})
        title = month(value) if by == "month" else value
        members.append(Member(value, title, f"{folder}/index.html" if (out / folder).is_dir() else "", status, reason))
    _index(out, data, by, members)
    return tuple(members)


def _accounts(
    target: Path,
    out: Path,
    only: Sequence[str],
    parameters: Mapping[str, str],
    forms: Collection[str],
    notebooks: Path,
) -> tuple[Member, ...]:
    """Write a page an account that needs care, and their index; what a former set had is removed."""
    (notebook,) = choose(load(notebooks), [account_pages.NUMBER])
    if forms or not {*only} <= {notebook.number, notebook.name}:
        raise UsageError(
            _("--by account: pages of notebook {number} are made, without other forms.", number=notebook.number)
        )
    if parameters.get("account"):
        raise UsageError(_("-p {name}: --by {by} sets it.", name="account", by="account"))
    arguments = values([notebook], parameters)[notebook.name]
    check_outside(out, target)
    _check(out)
    data = store.open_data(target, parameters.get("period", ""), parameters.get("where", ""))
    if not data.files:
        raise no_export(target)
    need_whole_language()
    accounts = account_pages.find(notebook, arguments, data)
    with reaching(out, NAME_ANOTHER):
        out.mkdir(parents=True, exist_ok=True)
        for former in out.glob("account-*.html"):
            former.unlink()
        for number, name in enumerate(accounts.files):
            (out / name).write_text(accounts.html(number), encoding="utf-8")
    members = tuple(
        Member(name, accounts.title(name), file, "ok")
        for name, file in zip(accounts.names, accounts.files, strict=True)
    )
    _index(out, data, "account", members)
    return members


def _one(target: Path, out: Path, asked: Mapping[str, Any]) -> tuple[str, str]:
    """Build one report: its status and reason; what goes wrong with it stops no other."""
    try:
        report = build(target, out, **asked)
    except UsageError:
        raise  # it would be the same of every other
    except KitError as error:
        return "failed", str(error)
    if report.empty:
        return "empty", report.empty
    reasons = [f"{page}: {reason}" for page, reason in (report.failed | report.warned).items()]
    if reasons:
        return "failed", "; ".join(reasons)
    return ("ok", "") if report.pages else ("empty", _("The data answers none of its questions."))


def _values(data: Data, by: str) -> list[str]:
    """The values of the question's mail, in order."""
    frame = counts.messages(data, [BY[by] or "month"], kind="")
    return sorted({str(value) for value in frame[BY[by] or "month"].dropna()})


def _check(out: Path) -> None:
    """Refuse a folder that is no former set."""
    try_folder(out, f"--out {out}")
    if out.exists() and not out.is_dir():
        raise UsageError(_("--out {out} is a file. Choose a folder.", out=out))
    if out.is_dir() and any(out.iterdir()) and not _is_set(out):
        raise UsageError(_("--out {out} is no former set of reports. Name an empty or a new folder.", out=out))


def _is_set(out: Path) -> bool:
    try:
        return "reports" in json.loads((out / RESULTS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False


def _index(out: Path, data: Data, by: str, members: Sequence[Member]) -> None:
    """Write index.html and results.json of the set, each whole or not at all."""
    about = {"version": __version__, "language": language(), "quality": quality.quality(data)}
    html = render.filled("set.html", about | {"members": members, "by": by})
    results: dict[str, Any] = {
        "kit": __version__,
        "by": by,
        "reports": [
            {"value": one.value, "page": one.page, "status": one.status, "reason": one.reason} for one in members
        ],
    }
    with reaching(out, NAME_ANOTHER):
        for name, content in (
            ("index.html", html),
            (RESULTS, json.dumps(results, ensure_ascii=False, indent=1, sort_keys=True) + "\n"),
        ):
            draft = out / draft_name(f".{name}.new")
            draft.write_text(content, encoding="utf-8")
            draft.replace(out / name)


@dataclass(frozen=True, slots=True)
class Order:
    """One report, or set of reports, of a reports.toml.

    Attributes:
        folder: of the exports.
        out: of the report.
        by: key of BY; "": one report.
        only: numbers of notebooks.
        parameters: of the notebooks.
        forms: of `take_away.FORMS`.
    """

    folder: Path
    out: Path
    by: str
    only: tuple[str, ...]
    parameters: dict[str, str]
    forms: tuple[str, ...]


KEYS = {"folder": str, "out": str, "by": str, "only": list, "parameters": dict, "forms": list}


def orders(path: Path) -> list[Order]:
    """What a reports.toml asks for; its folders are taken from where it lies.

    Raises:
        UsageError: it cannot be read, or an entry lacks a key, or has one that is unknown or of the wrong kind.
    """
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8")).get("report", [])
    except (OSError, ValueError) as error:
        raise UsageError(_("{path} cannot be read: {error}", path=path, error=error)) from error
    if not entries or not isinstance(entries, list):
        raise UsageError(_("{path} asks for no report: write [[report]] with folder and out.", path=path))
    return [_order(path, number, entry) for number, entry in enumerate(entries, 1)]


def _order(path: Path, number: int, entry: Mapping[str, Any]) -> Order:
    where = f"{path}, report {number}"
    for name, value in entry.items():
        if name not in KEYS:
            raise UsageError(_("{where}: there is no key {name}. {hint}", where=where, name=repr(name),
                               hint=nearest(name, KEYS)))  # fmt: skip
        if not isinstance(value, KEYS[name]):
            raise UsageError(_("{where}: {name} is of the wrong kind.", where=where, name=name))
    for name in ("folder", "out"):
        if not entry.get(name):
            raise UsageError(_("{where}: {name} is missing.", where=where, name=name))
    forms = tuple(map(str, entry.get("forms", ())))
    unknown = next((form for form in forms if form not in FORMS), None)
    if unknown is not None:
        raise UsageError(_("{where}: there is no key {name}. {hint}", where=where, name=repr(unknown),
                           hint=nearest(unknown, FORMS)))  # fmt: skip
    return Order(
        folder=path.parent / entry["folder"],
        out=path.parent / entry["out"],
        by=entry.get("by", ""),
        only=tuple(map(str, entry.get("only", ()))),
        parameters={str(name): str(value) for name, value in entry.get("parameters", {}).items()},
        forms=forms,
    )
