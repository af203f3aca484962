"""The report: every notebook that the data can feed, run and set as pages that need no network."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from kit import store
from kit.errors import EmptyError
from kit.messages import _
from kit.places import replacing
from kit.questions.notebooks import NOTEBOOKS, choose, load
from kit.questions.requirements import unmet
from kit.report import folder, page, quality, record, render, since
from kit.report.parameters import look_up, values

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from kit.report.run import Run


def no_export(folder: Path) -> EmptyError:
    """The error of a folder without an export."""
    return EmptyError(
        _("{folder} holds no export. Put the files of your platforms there, as they came.", folder=folder)
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
        taken: the files beside the pages that were asked for.
    """

    path: Path
    pages: tuple[str, ...]
    failed: dict[str, str]
    unanswered: dict[str, str]
    unread: dict[str, str]
    unused: dict[str, str]
    empty: str = ""
    taken: tuple[Path, ...] = ()

    @property
    def well(self) -> bool:
        """Nothing failed, every file that was recognised was read, and some question was answered about some mail."""
        return not self.failed and not self.unread and not self.empty and bool(self.pages)


def build(
    target: Path,
    out: Path,
    *,
    only: Sequence[str] = (),
    parameters: Mapping[str, str] = MappingProxyType({}),
    notebooks: Path = NOTEBOOKS,
    against: Path | None = None,
    forms: Collection[str] = (),
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

    Raises:
        UsageError: an unknown notebook or parameter, a wrong value, one that the data does not hold, a place
            where no report may be put; nothing has been run or written then.
        EmptyError: no file was found to read.
    """
    from kit.report import run, take_away  # noqa: PLC0415  papermill takes a second to load; `kit check` does without

    chosen = choose(load(notebooks), only)
    arguments = values(chosen, parameters)
    folder.check(out, target)
    before = since.earlier(against or out) if against or folder.is_report(out) else {}
    data = store.open_data(target, parameters.get("period", ""), parameters.get("where", ""))
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
    executed = {task.notebook.name: task for task in run.run(tasks)}
    runs = [
        executed.get(notebook.name) or run.Run(notebook, "unanswered", reasons[notebook.name] or "")
        for notebook in chosen
    ]
    data_quality = quality.quality(data)
    pages = [page.page(notebook_run) for notebook_run in runs]
    kept = record.record(pages, data, parameters)
    changes = (since.compare if against else since.of_replaced)(before, kept) if before else None
    with replacing(out) as place:
        render.write(place, pages, data_quality, parameters, record=kept, since=changes)
        if forms:
            take_away.write(place, forms, pages, data_quality, parameters, record=kept, since=changes)
    return Report(
        path=out,
        pages=tuple(executed),
        failed=_reasons(runs, "failed"),
        unanswered=_reasons(runs, "unanswered"),
        unread=quality.unread(data.files),
        unused=quality.unused(data.files),
        empty=data_quality.empty,
        taken=tuple(out / take_away.FORMS[form] for form in forms),
    )


def _reasons(runs: Sequence[Run], status: str) -> dict[str, str]:
    return {executed.notebook.name: executed.reason for executed in runs if executed.status == status}
