"""Kernels forked from one process that has imported the kit, where the system can fork; elsewhere each imports it anew.

A kernel spends two seconds on imports, which is more than most pages need. The process that is forked has one thread
and runs nothing but imports, so that each kernel begins as a fresh interpreter would, in a session of its own.
"""

from __future__ import annotations

import atexit
import json
import os
import random
import signal
import subprocess
import sys
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from runpy import run_module
from threading import Lock
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np
import psutil
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from kit.questions import QUESTIONS

if TYPE_CHECKING:
    from jupyter_client.connect import KernelConnectionInfo

CAN_FORK = sys.platform == "linux"
"""macOS can fork too, but its own libraries may not be used afterwards."""

INLINE = "module://matplotlib_inline.backend_inline"
"""What a kernel draws with, unless the user's environment says otherwise."""

_READY = "ready"


class Forked:
    """A kernel that is a child of the warm process, with what `subprocess.Popen` offers."""

    stdin = stdout = stderr = None

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._process = psutil.Process(pid)

    def poll(self) -> int | None:
        """None while it lives; how it ended is not known."""
        return None if self._process.is_running() else 1

    def wait(self) -> int:
        """Wait for its end."""
        self._process.wait()
        return 1

    def send_signal(self, number: int) -> None:
        """Send a signal, if it lives."""
        try:
            self._process.send_signal(number)
        except psutil.NoSuchProcess as error:
            raise ProcessLookupError from error

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)


class Warm:
    """The process that kernels are forked from; it ends with this one, and its kernels with it."""

    def __init__(self, env: dict[str, str]) -> None:
        """Start it; it imports while others go on.

        Args:
            env: the environment of kernels, some of which is read at import.
        """
        answers, answer = os.pipe()
        self._process = subprocess.Popen(  # noqa: S603  this very interpreter
            [sys.executable, "-m", __name__, str(answer)],
            stdin=subprocess.PIPE, text=True, pass_fds=[answer], start_new_session=True,
            env={"MPLBACKEND": INLINE} | env,
        )  # fmt: skip
        os.close(answer)
        self._answers = os.fdopen(answers)
        self._is_ready = False
        self._lock = Lock()

    def fork(self, arguments: list[str], env: dict[str, str], cwd: str) -> Forked | None:
        """A kernel with these arguments of `ipykernel_launcher`; None where it cannot be forked."""
        order = json.dumps({"arguments": arguments, "env": env, "cwd": cwd})
        try:
            with self._lock:
                if not self._is_ready:
                    self._is_ready = self._answers.readline().strip() == _READY
                if not self._is_ready or self._process.stdin is None:
                    return None
                self._process.stdin.write(f"{order}\n")
                self._process.stdin.flush()
                pid = self._answers.readline().strip()
            return Forked(int(pid)) if pid else None
        except (OSError, ValueError, psutil.NoSuchProcess):  # it is gone
            return None

    def end(self) -> None:
        """End it, and whatever was forked from it."""
        for pipe in (self._process.stdin, self._answers):
            if pipe is not None:
                with suppress(OSError):  # it is gone already
                    pipe.close()
        self._process.wait()


class Provisioner(LocalProvisioner):
    """Starts a kernel by forking, and where that fails as a process of its own."""

    _warm: Warm | None = None
    _starting = Lock()

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Launch a kernel."""
        env = {**os.environ, **kwargs.get("env", {})}
        process = self._of_this(env).fork(cmd[cmd.index("-f") :], env, str(kwargs.get("cwd", ".")))
        if process is None:
            return await super().launch_kernel(cmd, **kwargs)
        self.process, self.pid, self.pgid, self.cwd = process, process.pid, process.pid, kwargs.get("cwd")
        return self.connection_info

    @classmethod
    def _of_this(cls, env: dict[str, str]) -> Warm:
        """The warm process of this one."""
        with cls._starting:
            if cls._warm is None:
                cls._warm = Warm(env)
                atexit.register(cls._warm.end)
            return cls._warm


def main(answer: int) -> None:
    """Import what pages need, then fork a kernel for each line of standard input."""
    for name in ("ipykernel.kernelapp", *(f"kit.questions.{name}" for name in QUESTIONS)):
        import_module(name)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # ended kernels are cleared away by the system
    with os.fdopen(answer, "w") as answers:
        print(_READY, file=answers, flush=True)
        for line in sys.stdin:
            pid = os.fork()
            if pid == 0:
                answers.close()
                _run_kernel(**json.loads(line))
            print(pid, file=answers, flush=True)


def _run_kernel(arguments: list[str], env: dict[str, str], cwd: str) -> NoReturn:
    """Be a kernel: what a new interpreter would have is set, then it runs to its end."""
    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    with Path(os.devnull).open() as nothing:
        os.dup2(nothing.fileno(), 0)
    os.environ.clear()
    os.environ.update(env)
    os.chdir(cwd)
    if not sys.flags.safe_path:  # a module is run from the folder where Python was started; its launcher forgets it
        sys.path[0] = cwd
    random.seed()
    np.random.seed()  # noqa: NPY002  what notebooks that draw without a seed would else share
    sys.argv[1:] = [*arguments, f"--IPKernelApp.parent_handle={os.getppid()}"]
    run_module("ipykernel_launcher", run_name="__main__", alter_sys=True)
    atexit._run_exitfuncs()  # noqa: SLF001  nothing public runs them
    os._exit(0)  # to take all that was imported apart would take longer than a small page


if __name__ == "__main__":
    main(int(sys.argv[1]))
