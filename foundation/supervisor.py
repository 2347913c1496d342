"""Keeps a table of programs running: starts them, restarts what dies, and lets them finish when it is time to stop.

It knows nothing of what they do. Each program writes to a log of its own, whose end is shown when it dies.
"""

import math
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

LONGEST_PAUSE = 15.0
STEADY_AFTER = 30.0
SHOWN_LINES = 15
LARGEST_LOG = 10_000_000


@dataclass(frozen=True)
class Program:
    """One program: `rank` orders the start (low first) and the stop (high first, equal ranks together)."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    rank: int = 0


@dataclass
class _Child:
    program: Program
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    deaths_in_a_row: int = 0
    due: float = field(default=0.0)


class Supervisor:
    """Runs `programs`: call `start`, then `watch` a few times a second, then `stop`."""

    def __init__(self, programs: Sequence[Program], folder: Path, say: Callable[[str], None]) -> None:
        self._children = [_Child(program) for program in sorted(programs, key=lambda program: program.rank)]
        self._logs = folder / "log"
        self._register = folder / "running"
        self._say = say

    def start(self, *, first: str | None = None) -> None:
        """Start every program, after ending what a supervisor that was killed left behind.

        With `first`, only the program of that name, so that nothing competes with it; `start_rest` does the others.
        """
        self._logs.mkdir(parents=True, exist_ok=True)
        self._end_leftovers()
        for child in self._children:
            if first is None or child.program.name == first:
                self._launch(child)
            else:
                child.due = math.inf

    def start_rest(self) -> None:
        """Start the programs that `start` held back."""
        for child in self._children:
            if child.due == math.inf:
                self._launch(child)

    def watch(self) -> None:
        """Look at every program once: report a death with the end of its log, start it again after a pause."""
        now = time.monotonic()
        for child in self._children:
            if child.process is None:
                if now >= child.due:
                    self._launch(child)
            elif child.process.poll() is not None:
                self._note_death(child, now)

    def deaths_in_a_row(self) -> int:
        """How often the unluckiest program has died without running steadily in between."""
        return max((child.deaths_in_a_row for child in self._children), default=0)

    def running(self) -> dict[str, int]:
        """The process id of every program that runs now."""
        return {child.program.name: child.process.pid for child in self._children if child.process is not None}

    def stop(self, seconds: float, *, hurried: Callable[[], bool] = lambda: False) -> None:
        """Ask the programs to finish, highest rank first, and end those that have not within `seconds` in all.

        `hurried` is asked while waiting: True ends the wait at once (somebody pressed Ctrl-C again).
        """
        deadline = time.monotonic() + seconds
        for rank in sorted({child.program.rank for child in self._children}, reverse=True):
            alive = [child for child in self._children if child.program.rank == rank and child.process is not None]
            for child in alive:
                _send(child, signal.SIGTERM)
            while any(_is_alive(child) for child in alive) and time.monotonic() < deadline and not hurried():
                time.sleep(0.05)
            for child in alive:
                if _is_alive(child):
                    self._say(f"{child.program.name} did not finish in time and is ended")
                _kill_group(child)
        self._register.unlink(missing_ok=True)

    def _launch(self, child: _Child) -> None:
        log = self._log(child.program)
        if log.exists() and log.stat().st_size > LARGEST_LOG:
            log.replace(log.with_suffix(".log.old"))
        with log.open("ab") as output:
            # A session of its own, so that Ctrl-C reaches this supervisor only, which then stops them in order.
            child.process = subprocess.Popen(  # noqa: S603 - the table of programs is ours
                child.program.command,
                env=dict(child.program.environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        child.started = time.monotonic()
        self._write_register()

    def _note_death(self, child: _Child, now: float) -> None:
        assert child.process is not None  # noqa: S101 - the caller has just asked it
        status = child.process.returncode
        _kill_group(child)
        child.process = None
        steady = now - child.started >= STEADY_AFTER
        child.deaths_in_a_row = 1 if steady else child.deaths_in_a_row + 1
        pause = min(0.5 * 2 ** (child.deaths_in_a_row - 1), LONGEST_PAUSE)
        child.due = now + pause
        self._say(f"{child.program.name} ended with status {status}; again in {pause:.1f} s. It last wrote:")
        self._say(self.last_lines(child.program))

    def last_lines(self, program: Program) -> str:
        """The end of a program's log, indented."""
        with suppress(OSError):
            lines = self._log(program).read_bytes()[-20_000:].decode(errors="replace").splitlines()
            return "\n".join(f"    {line}" for line in lines[-SHOWN_LINES:])
        return "    (nothing)"

    def _log(self, program: Program) -> Path:
        return self._logs / f"{program.name}.log"

    def _write_register(self) -> None:
        # The moment of creation tells our process from a later one that was given the same number.
        lines = []
        for pid in self.running().values():
            with suppress(psutil.NoSuchProcess):
                lines.append(f"{pid} {psutil.Process(pid).create_time()!r}\n")
        self._register.write_text("".join(lines))

    def _end_leftovers(self) -> None:
        with suppress(FileNotFoundError):
            for line in self._register.read_text().splitlines():
                pid, created = line.split()
                with suppress(psutil.NoSuchProcess, ProcessLookupError):
                    if repr(psutil.Process(int(pid)).create_time()) == created:
                        self._say(f"ending process {pid}, left behind by a run that was killed")
                        os.killpg(int(pid), signal.SIGKILL)


def python(*arguments: str) -> list[str]:
    """The command that runs a module of this project with this interpreter."""
    return [sys.executable, "-m", *arguments]


def _is_alive(child: _Child) -> bool:
    return child.process is not None and child.process.poll() is None


def _send(child: _Child, number: signal.Signals) -> None:
    if child.process is not None:
        with suppress(ProcessLookupError):
            child.process.send_signal(number)


def _kill_group(child: _Child) -> None:
    """End a program with whatever it started itself; harmless when all of it is gone."""
    if child.process is not None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(child.process.pid, signal.SIGKILL)
        child.process.wait()
