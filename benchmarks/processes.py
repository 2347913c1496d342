"""The product's programs as processes, started as `make run` starts them, and what they cost."""

import contextlib
import http.client
import os
import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

from foundation.serve import programs
from foundation.serve_environment import HOST, Ports

ROOT = Path(__file__).resolve().parent.parent
_STARTED_WITHIN = 60.0
_MEBIBYTE = 1024


class NotStarted(Exception):
    """A program did not come up; the message is the end of what it wrote."""


@dataclass(frozen=True, slots=True)
class Running:
    """One program with the processes it started."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    def cpu(self) -> float:
        """Seconds of processor time it and its children have used so far."""
        own = psutil.Process(self.process.pid)
        return sum(used_by(process) for process in (own, *own.children(recursive=True)))

    def end(self) -> None:
        """Ask it to finish, and end what has not within ten seconds."""
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


_PRODUCT, _MEASURED = "app:create_app", "benchmarks.served:create_app"


def start(names: tuple[str, ...], environment: Mapping[str, str], ports: Ports, home: Path) -> dict[str, Running]:
    """Start some of the programs of `make run`, and wait until the web answers if it is among them."""
    table = [program for program in programs(environment, ports, home) if program.name in names]
    running = {}
    for program in table:
        log = home / f"{program.name}.log"
        with log.open("ab") as output:
            process = subprocess.Popen(  # noqa: S603 - the product's own table of programs
                [_MEASURED if word == _PRODUCT else word for word in program.command],
                cwd=ROOT,
                env=dict(program.environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        running[program.name] = Running(program.name, process, log)
    if "web" in running:
        wait_for(running["web"], ports.web)
    return running


def wait_for(running: Running, port: int) -> None:
    """Wait until a web program answers. Raises NotStarted."""
    deadline = time.monotonic() + _STARTED_WITHIN
    while not _answers(port):
        if running.process.poll() is not None or time.monotonic() > deadline:
            raise NotStarted(running.log.read_text(errors="replace")[-3000:])
        time.sleep(0.005)


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection(HOST, port, timeout=2)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def used_by(process: psutil.Process) -> float:
    """Seconds of processor time of one process and of those of its children that have ended."""
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system + times.children_user + times.children_system)


def server_cpu(data: Path) -> float:
    """Seconds of processor time of a whole PostgreSQL: postmaster, backends living and gone, writers."""
    postmaster = psutil.Process(int((data / "postmaster.pid").read_text().split("\n", 1)[0]))
    return used_by(postmaster) + sum(used_by(backend) for backend in postmaster.children())


def worker_memory(web: Running) -> list[float]:
    """Proportional set size of each web worker, in MiB: what is shared counts by its share."""
    found = []
    for child in psutil.Process(web.process.pid).children():
        rollup = Path(f"/proc/{child.pid}/smaps_rollup").read_text()
        pss = next(line for line in rollup.splitlines() if line.startswith("Pss:"))
        if "resource_tracker" not in " ".join(child.cmdline()):
            found.append(int(pss.split()[1]) / _MEBIBYTE)
    return found
