"""The report: every notebook that the data can feed, run and set as pages that need no network."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from kit import store
from kit.errors import EmptyError, need_whole_language
from kit.messages import _
from kit.places import replacing
from kit.questions.notebooks import NOTEBOOKS, choose, load
from kit.questions.requirements import unmet
from kit.report import folder, kept, page, quality, record, render, since
from kit.report.parameters import look_up, values

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from kit.report.run import Run


def no_export(folder: Path) -> EmptyError:
    """The error of a folder without an export."""
    return EmptyError(
        _("{folder} contains no exports. Put the files of your platforms there without changing them.", folder=folder)
    )


@dataclass(frozen=True, slots=True)
class Report:
    """What was made.

    Attributes:
        path: the folder.
        pages: the notebooks' names that have a page, in order.
        failed: name -> reason, of notebooks that did not run to their end.
        unanswered: name -> reason, of notebooks that the data cannot feed.
        unread: file -> reason, of files, or rows of them, that could not be read.
        unused: file -> why nothing of it is used.
        empty: that the question was narrowed until no mail was left; "" where some is.
        warned: name -> first line, of notebooks that wrote to standard error.
        taken: the files beside the pages that were asked for.
    """

    path: Path
    pages: tuple[str, ...]
    failed: dict[str, str]
    unanswered: dict[str, str]
    unread: dict[str, str]
    unused: dict[str, str]
    empty: str = ""
    warned: dict[str, str] = field(default_factory=dict)
    taken: tuple[Path, ...] = ()

    @property
    def well(self) -> bool:
        """Nothing failed or warned, every recognised file was read, and some question was answered about some mail."""
        return not self.failed and not self.warned and not self.unread and not self.empty and bool(self.pages)


@dataclass(frozen=True, slots=True)
class How:
    """How notebooks are run.

    Attributes:
        resume: run only what failed or changed since it last ran; else run all anew.
        fail_fast: stop with the first notebook that fails or writes a warning; a former report stays then.
    """

    resume: bool = True
    fail_fast: bool = False


HOW = How()


def build(
    target: Path,
    out: Path,
    *,
    only: Sequence[str] = (),
    parameters: Mapping[str, str] = MappingProxyType({}),
    notebooks: Path = NOTEBOOKS,
    against: Path | None = None,
    forms: Collection[str] = (),
    how: How = HOW,
) -> Report:
    """Run the notebooks on the exports and put their pages, an index and results.json into `out`.

    Args:
        target: the folder of exports, or one export.
        out: the folder of the report; replaced whole where it is a former report.
        only: numbers or names of the notebooks to run; all where it names none.
        parameters: of the notebooks, as words: name -> value.
        notebooks: the folder of the notebooks.
        against: the folder of an earlier report, to say what changed since; None: the report that is replaced.
        forms: what to write beside the pages, of `take_away.FORMS`.
        how: whether notebooks run anew, and whether the first that fails stops all.

    Raises:
        UsageError: an unknown notebook or parameter, a wrong value, one that the data does not hold, a place
            where no report may be put, a language without reports; nothing has been run or written then.
        EmptyError: no file was found to read.
        FailedError: a notebook failed, with `how.fail_fast`.
    """
    from kit.report import run, take_away  # noqa: PLC0415  papermill takes a second to load; `kit check` does without

    chosen = choose(load(notebooks), only)
    arguments = values(chosen, parameters)
    folder.check(out, target)
    take_away.check(forms)
    before = since.earlier(against or out) if against or folder.is_report(out) else {}
    data = store.open_data(target, parameters.get("period", ""), parameters.get("where", ""))
    need_whole_language()
    if not data.files:
        raise no_export(target)
    look_up(data, chosen, parameters)
    reasons = {notebook.name: unmet(notebook.requires, data) for notebook in chosen}
    source = str(target.expanduser().resolve())
    tasks = [
        run.Task(notebook, arguments[notebook.name] | {"data": source})
        for notebook in chosen
        if reasons[notebook.name] is None
    ]
    books = {task.notebook.name: kept.load(data, task) for task in tasks} if how.resume else {}
    executed = {task.notebook.name: run.kept(task, book) for task in tasks if (book := books.get(task.notebook.name))}
    changed = [task for task in tasks if task.notebook.name not in executed]
    for task, one_run in zip(changed, run.run(changed, fail_fast=how.fail_fast), strict=True):
        kept.save(data, task, one_run)
        executed[task.notebook.name] = one_run
    runs = [
        executed.get(notebook.name) or run.Run(notebook, "unanswered", reasons[notebook.name] or "")
        for notebook in chosen
    ]
    data_quality = quality.quality(data)
    pages = [page.page(notebook_run) for notebook_run in runs]
    values_now = record.record(pages, data, parameters)
    changes = (since.compare if against else since.of_replaced)(before, values_now) if before else None
    with replacing(out) as place:
        render.write(place, pages, data_quality, parameters, record=values_now, since=changes)
        if forms:
            take_away.write(place, forms, pages, data_quality, parameters, record=values_now, since=changes)
    return Report(
        path=out,
        pages=tuple(task.notebook.name for task in tasks),
        failed=_reasons(runs, "failed"),
        unanswered=_reasons(runs, "unanswered"),
        warned={executed.notebook.name: executed.warning for executed in runs if executed.warning},
        unread=quality.unread(data.files),
        unused=quality.unused(data.files),
        empty=data_quality.empty,
        taken=tuple(dict.fromkeys(out / take_away.FORMS[form] for form in forms)),
    )


def _reasons(runs: Sequence[Run], status: str) -> dict[str, str]:
    return {executed.notebook.name: executed.reason for executed in runs if executed.status == status}
