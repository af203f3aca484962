"""Running notebooks: each in a kernel of its own, a few at a time, none able to stop the others.

papermill calls a notebook a success that ends itself by ``sys.exit(0)``, and has no word for a
kernel that died. Here a notebook has failed unless every one of its cells ran to its end.
"""

from __future__ import annotations

import errno
import json
import logging
import os
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal
from uuid import uuid4
from weakref import WeakSet

import papermill
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from jupyter_core.utils import ensure_event_loop
from nbclient.exceptions import DeadKernelError
from tqdm import tqdm

from kit.errors import KitError
from kit.messages import _, message
from kit.places import WRITE_CACHE, draft_name, reaching
from kit.privacy import masked
from kit.report import warm
from kit.report.clean import plain
from kit.store import build

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kit.questions.notebooks import Notebook

Status = Literal["ok", "failed", "unanswered"]

STATUSES = {"ok": message("ok"), "failed": message("failed"), "unanswered": message("unanswered")}

QUIET = "--IPKernelApp.log_level=50"
"""Nothing but disasters: kernels write of each local connection and interrupt to standard error."""

THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS")
"""What tells numpy's libraries how many threads to take."""

FULL = {errno.ENOSPC, errno.EFBIG, errno.EDQUOT}
"""Errors of a disk that has no room, which all notebooks meet."""

_ADDED = {"parameters", "injected-parameters", "papermill-error-cell-tag"}


@dataclass(frozen=True, slots=True)
class Task:
    """A notebook to run, and its arguments."""

    notebook: Notebook
    values: dict[str, Any]

    @property
    def used(self) -> dict[str, Any]:
        """The parameters as the notebook uses them: its defaults, and what was given."""
        return {name: parameter.default for name, parameter in self.notebook.parameters.items()} | self.values


@dataclass(frozen=True, slots=True)
class Run:
    """What became of a notebook.

    Attributes:
        notebook: the notebook.
        status: ok, failed, or unanswered where it was not run because the data cannot feed it.
        reason: why it is not ok; empty where it is.
        values: its parameters as used: its defaults and its arguments.
        cells: as executed, without the parameters cells; none where it was not run.
        warning: the first line that it wrote to standard error; "" where it wrote none.
    """

    notebook: Notebook
    status: Status
    reason: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    cells: tuple[dict[str, Any], ...] = ()
    warning: str = ""

    @property
    def well(self) -> bool:
        """It ran to its end, and had nothing to complain of."""
        return self.status == "ok" and not self.warning


class FailedError(KitError):
    """A notebook failed, and the run was to stop then."""


class Kernel(AsyncKernelManager):
    """A kernel of this very interpreter, whatever kernels the user has installed under its name."""

    alive: ClassVar[WeakSet[Kernel]] = WeakSet()

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.kernel_spec_manager = KernelSpecManager(kernel_dirs=[])
        if self.kernel_spec is not None:  # kernels fill the cores already: their arithmetic needs no threads besides
            self.kernel_spec.env |= {name: os.environ.get(name, "1") for name in THREADS}
        if warm.CAN_FORK:
            self.kernel_id = self.kernel_id or str(uuid4())
            self.provisioner = warm.Provisioner(kernel_id=self.kernel_id, kernel_spec=self.kernel_spec, parent=self)
        self.alive.add(self)

    @classmethod
    def end_all(cls) -> None:
        """End every kernel at once: whoever waits for one goes on with a DeadKernelError."""
        for kernel in cls.alive:
            if isinstance(kernel.provisioner, LocalProvisioner) and kernel.provisioner.process:
                kernel.provisioner.process.kill()


def run(tasks: Sequence[Task], *, at_a_time: int | None = None, fail_fast: bool = False) -> list[Run]:
    """Run the notebooks; in the order of the tasks, whatever order they end in.

    Args:
        tasks: the notebooks.
        at_a_time: how many run at once; None: one a core.
        fail_fast: stop all with the first that fails or writes a warning.

    Raises:
        FailedError: one did, with `fail_fast`.

    Says on standard error how far it is: a bar on a terminal, else a line a notebook.
    """
    logging.getLogger("papermill").addHandler(logging.NullHandler())  # Run.reason has it
    runs: dict[str, Run] = {}
    drafts = build.cache()  # where those of a run that is killed are swept, and nobody else reads them
    drafts.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix=f"{draft_name('draft')}-", dir=drafts) as place,
        ThreadPoolExecutor(at_a_time or os.cpu_count()) as pool,
        tqdm(total=len(tasks), unit="notebook", disable=not sys.stderr.isatty(), leave=False) as bar,
    ):
        pending = [pool.submit(_run, task, Path(place) / task.notebook.path.name) for task in tasks]
        try:
            for future in as_completed(pending):
                with reaching(drafts, WRITE_CACHE):
                    executed = future.result()
                runs[executed.notebook.name] = executed
                bar.update()
                status = ", ".join([str(STATUSES[executed.status]), *([executed.reason] if executed.reason else [])])
                bar.write(f"{executed.notebook.name}: {status}", file=sys.stderr)
                if fail_fast and not executed.well:
                    reason = executed.reason or executed.warning
                    raise FailedError(_("{name} failed, and all stopped: {reason}", name=executed.notebook.name,
                                        reason=reason))  # fmt: skip
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            Kernel.end_all()
            raise
    return [runs[task.notebook.name] for task in tasks]


def _run(task: Task, place: Path) -> Run:
    """Run one notebook; `place` is where papermill keeps it, also when it fails."""
    notebook = task.notebook
    stopped: Exception | None = None
    loop = ensure_event_loop()  # this thread's, which the client uses and never closes
    try:
        papermill.execute_notebook(
            str(notebook.path).replace("{", "{{").replace("}", "}}"),
            str(place).replace("{", "{{").replace("}", "}}"),
            parameters=task.values,
            kernel_name="python3",
            kernel_manager_class=Kernel,
            extra_arguments=[QUIET],
            progress_bar=False,
            # Not papermill's cwd, which changes that of this whole process, for all its threads.
            resources={"metadata": {"path": str(notebook.path.parent.resolve())}},
        )
    except Exception as error:  # noqa: BLE001  whatever stops one notebook must not stop the others
        stopped = error
    finally:
        loop.close()
    if isinstance(stopped, OSError) and stopped.errno in FULL:
        raise stopped
    cells = json.loads(place.read_text(encoding="utf-8"))["cells"] if place.is_file() else []
    reason = _reason(cells, stopped)
    return Run(
        notebook=notebook,
        status="failed" if reason else "ok",
        reason=reason,
        values=task.used,
        cells=tuple(cell for cell in cells if not _ADDED & set(cell["metadata"].get("tags", []))),
        warning=_warning(cells),
    )


def kept(task: Task, book: dict[str, Any]) -> Run:
    """The run of a task as it was kept (`kept.save`)."""
    return Run(task.notebook, "ok", values=book["metadata"]["kit_run"]["values"], cells=tuple(book["cells"]))


def _warning(cells: list[dict[str, Any]]) -> str:
    """The first line that a notebook wrote to standard error; "" where it wrote none."""
    for cell in cells:
        for output in cell.get("outputs", ()):
            if output["output_type"] == "stream" and output["name"] == "stderr":
                lines = masked(plain("".join(output["text"]))).strip().splitlines()
                if lines:
                    return lines[0]
    return ""


def _reason(cells: list[dict[str, Any]], stopped: Exception | None) -> str:
    """Why the notebook did not run to its end; "" where it did."""
    begun = [cell for cell in cells if cell["cell_type"] == "code" and _begun(cell)]
    number = len(begun)
    for output in begun[-1]["outputs"] if begun else ():
        if output["output_type"] == "error":
            error = f"{output['ename']}: {masked(plain(output['evalue']))}".rstrip(": ")
            return _("code cell {number}: {error}", number=number, error=error)
    if stopped is None:
        return ""
    if isinstance(stopped, DeadKernelError):
        return _("code cell {number}: Python stopped without a message, as it does when memory runs out", number=number)
    error = f"{type(stopped).__name__}: {masked(plain(str(stopped).strip()))}"
    return _("code cell {number}: {error}", number=number, error=error)


def _begun(cell: dict[str, Any]) -> bool:
    injected = "injected-parameters" in cell["metadata"].get("tags", [])
    return not injected and bool(cell["metadata"].get("papermill", {}).get("start_time"))
