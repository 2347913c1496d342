"""Programs of ours forked from a process that has imported them: to start one from nothing takes seconds of importing.

Each is a process of its own, killed and counted as any other; standard output and errors go to a file.
"""

import multiprocessing
import os
import signal
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["tests.crash.scenes", "foundation.jobs.worker"])


class Program:
    """A function running as a program, watched as `subprocess.Popen` shows one."""

    def __init__(self, function: Callable[..., None], *arguments: str, told: Mapping[str, str], output: Path) -> None:
        self._process = _context.Process(target=_be, args=(function, arguments, dict(told), str(output)))
        self._process.start()
        assert self._process.pid is not None
        self.pid = self._process.pid

    def poll(self) -> int | None:
        """How it ended: its status, or minus the signal that killed it; None while it runs."""
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end. Raises TimeoutExpired."""
        self._process.join(timeout)
        ended = self._process.exitcode
        if ended is None:
            raise subprocess.TimeoutExpired([str(self.pid)], timeout or 0)
        return ended

    def send_signal(self, number: signal.Signals) -> None:
        """Send it a signal, if it still runs."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)


def _be(function: Callable[..., None], arguments: tuple[str, ...], told: dict[str, str], output: str) -> None:
    os.setsid()
    os.environ.clear()
    os.environ.update(told)
    log = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for stream in (1, 2):
        os.dup2(log, stream)
    function(*arguments)
