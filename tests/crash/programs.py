"""The real programs, as processes: started with or without a fault, watched until they die, ended at last."""

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

import psutil

from tests.database import ROOT

STARTED_WITHIN = 60.0
# The folder of the programs, when it is not this project but a copy with a seeded bug.
PROJECT = "CRASH_PROJECT"


class NotStarted(Exception):
    """A program did not come up; the message is the end of what it wrote."""


@dataclass
class Running:
    """One process (with its children) that should die at `fault`, or live when that is None."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path
    port: int | None = None
    fault: str | None = None
    died_at: float | None = field(default=None)

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
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def launch(command: list[str], name: str, environment: Mapping[str, str], folder: Path, fault: str | None) -> Running:
    """Start `python -m command…` as a process group of its own; its output goes to a file of `folder`."""
    told = {**environment, **({"GETTONE_FAULT": fault} if fault else {})}
    label = name if fault is None else f"{name}-{fault.replace(':', '-')}"
    log = folder / f"{label}-{time.monotonic_ns()}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", *command],
            cwd=told.get(PROJECT, ROOT),
            env=told,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    return Running(name, process, log, fault=fault)


def start_web(environment: Mapping[str, str], folder: Path, fault: str | None = None) -> Running:
    """The web program behind granian, as `make run` starts it, with one process that is not replaced when it dies."""
    port = free_port()
    served = ["granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port), "--factory"]
    sized = ["--workers", "1", "--blocking-threads", "16", "--backpressure", "32", "--no-ws", "app:create_app"]
    running = launch([*served, *sized], "web", environment, folder, fault)
    running.port = port
    return running


def start_worker(environment: Mapping[str, str], folder: Path, fault: str | None = None) -> Running:
    """The worker, as `make run` starts it."""
    return launch(["flask", "--app", "app", "jobs", "work"], "worker", environment, folder, fault)


def wait_for(running: Running, ready: Callable[[], bool]) -> None:
    """Wait until a program is ready. Raises NotStarted when it ends first or takes too long."""
    deadline = time.monotonic() + STARTED_WITHIN
    while not ready():
        if not running.alive() or time.monotonic() > deadline:
            raise NotStarted(f"{running.name}: {running.said()}")
        time.sleep(0.02)


def answers(port: int) -> bool:
    """Whether a web program answers at all."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/healthz")
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
