"""The programs of the shop, as processes: started with or without a fault, watched until they die, ended at last.

They are started as `make run` starts them, or, where many are needed soon, forked by a nursery.
"""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import psutil

from tests.crash.nursery import PROJECT, Nursery
from tests.database import ROOT

STARTED_WITHIN = 60.0
# The name under which a program's connections are known to PostgreSQL.
LABEL = "PGAPPNAME"
_GRANIAN = ["granian", "--interface", "wsgi", "--host", "127.0.0.1", "--factory", "--no-ws", "--workers", "1"]
_THREADS = ["--blocking-threads", "16", "--backpressure", "32"]


class NotStarted(Exception):
    """A program did not come up; the message is the end of what it wrote."""


class Process(Protocol):
    """What is asked of a process, whoever started it."""

    @property
    def pid(self) -> int: ...

    def poll(self) -> int | None: ...

    def wait(self, timeout: float | None = None) -> int: ...


@dataclass
class Running:
    """One process (with its children) that should die at `fault`, or live when that is None."""

    name: str
    process: Process
    log: Path
    label: str
    port: int | None = None
    fault: str | None = None
    died_at: float | None = field(default=None)
    killed: bool = False
    """Whether somebody else ended it, not the point it was doomed at."""

    def alive(self) -> bool:
        """Whether it still runs; remembers when its death was seen."""
        if self.process.poll() is None:
            return True
        if self.died_at is None:
            self.died_at = time.time()
        return False

    def said(self, characters: int = 3000) -> str:
        """The end of what it wrote."""
        return self.log.read_text(errors="replace")[-characters:]

    def end(self) -> None:
        """End it with everything it started."""
        with suppress(psutil.NoSuchProcess):
            for child in psutil.Process(self.process.pid).children(recursive=True):
                with suppress(psutil.NoSuchProcess):
                    child.kill()
        if self.alive():
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@dataclass(frozen=True)
class Starter:
    """Starts programs in an environment, each with a log in `folder`; `nursery` None starts them as `make run` does."""

    environment: Mapping[str, str]
    folder: Path
    nursery: Nursery | None = None

    def web(self, fault: str | None = None) -> Running:
        """A web program on a port of its own; nobody replaces it when it dies."""
        port = free_port()
        running = self._start("web", [*_GRANIAN, *_THREADS, "--port", str(port), "app:create_app"], fault, port)
        running.port = port
        return running

    def worker(self, fault: str | None = None) -> Running:
        """A worker."""
        return self._start("worker", ["flask", "--app", "app", "jobs", "work"], fault, None)

    def _start(self, name: str, command: list[str], fault: str | None, port: int | None) -> Running:
        label = f"{name}-{time.monotonic_ns()}"
        log = self.folder / f"{label}.log"
        told = {LABEL: label} | ({"GETTONE_FAULT": fault} if fault else {})
        if self.nursery is not None:
            return Running(name, self.nursery.fork(name, log, told, port), log, label, fault=fault)
        return Running(name, _launch(command, {**self.environment, **told}, log), log, label, fault=fault)


def _launch(command: list[str], environment: Mapping[str, str], log: Path) -> subprocess.Popen[bytes]:
    """Start `python -m command…` as a process group of its own."""
    with log.open("wb") as output:
        return subprocess.Popen(
            [sys.executable, "-m", *command],
            cwd=environment.get(PROJECT, ROOT),
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def wait_for(running: Running, ready: Callable[[], bool]) -> None:
    """Wait until a program is ready. Raises NotStarted when it ends first or takes too long."""
    deadline = time.monotonic() + STARTED_WITHIN
    while not ready():
        if not running.alive() or time.monotonic() > deadline:
            raise NotStarted(f"{running.name}: {running.said()}")
        time.sleep(0.02)


def answers(port: int, path: str = "/healthz") -> bool:
    """Whether a web program answers at all."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def command(arguments: list[str], environment: Mapping[str, str], fault: str | None = None) -> tuple[int, str, str]:
    """Run one `flask` command to its end; answers status, output and errors."""
    told = {**environment, **({"GETTONE_FAULT": fault} if fault else {})}
    done = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "app", *arguments],
        check=False,
        cwd=told.get(PROJECT, ROOT),
        env=told,
        capture_output=True,
        text=True,
        timeout=STARTED_WITHIN,
    )
    return done.returncode, done.stdout, done.stderr


def free_port() -> int:
    """A port of the loopback that nobody uses at this instant."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
