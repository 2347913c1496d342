"""A nursery: one process that has built the application once, and forks a program of it for every line it reads.

To start a program from nothing costs seconds of processor time, which dozens of doomed ones would spend importing.
"""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NoReturn

import psutil
from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

from app import create_app
from foundation.jobs.worker import work
from tests.database import ROOT

PROJECT = "CRASH_PROJECT"


class Forked:
    """A program that the nursery forked: watched by its number, since it is not this process's child."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        try:
            self._process: psutil.Process | None = psutil.Process(pid)
        except psutil.NoSuchProcess:  # it died before we could look
            self._process = None

    def poll(self) -> int | None:
        """None while it runs."""
        runs = self._process is not None and self._process.is_running()
        with suppress(psutil.NoSuchProcess):
            if runs and self._process is not None and self._process.status() != psutil.STATUS_ZOMBIE:
                return None
        return -signal.SIGKILL

    def wait(self, timeout: float | None = None) -> int:
        """Wait until it is gone."""
        if self._process is not None:
            self._process.wait(timeout)
        return -signal.SIGKILL


class Nursery:
    """The process, seen from outside."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        # A copy of the project with a seeded bug has a nursery of its own.
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.crash.nursery"],
            cwd=environment.get(PROJECT, ROOT),
            env=dict(environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._ask(None) == 0, "the nursery did not open"

    def fork(self, name: str, log: Path, more: Mapping[str, str], port: int | None) -> Forked:
        """Fork a program (`web` on its port, or `worker`), with more environment, writing to `log`."""
        return Forked(self._ask({"name": name, "log": str(log), "environment": dict(more), "port": port}))

    def close(self) -> None:
        """Close it; what it forked lives on."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()

    def _ask(self, order: dict[str, object] | None) -> int:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        if order is not None:
            self._process.stdin.write(json.dumps(order) + "\n")
            self._process.stdin.flush()
        return int(self._process.stdout.readline() or "-1")


@contextmanager
def nursery(environment: Mapping[str, str]) -> Iterator[Nursery]:
    """A nursery for the time of the block."""
    found = Nursery(environment)
    try:
        yield found
    finally:
        found.close()


class _Quiet(WSGIRequestHandler):
    def log(self, *_anything: object) -> None:
        """Say nothing."""


def _serve(app: Flask, order: dict[str, object]) -> None:
    if order["name"] == "web":
        make_server("127.0.0.1", int(str(order["port"])), app, threaded=True, request_handler=_Quiet).serve_forever()
    else:
        asyncio.run(work(app))


def _live(app: Flask, order: dict[str, object]) -> NoReturn:
    """Be the program, and never return into the nursery."""
    try:
        os.setsid()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        told = order["environment"]
        assert isinstance(told, dict)
        os.environ.update(told)
        log = os.open(str(order["log"]), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        for stream in (1, 2):
            os.dup2(log, stream)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        _serve(app, order)
    finally:
        os._exit(0)


def main() -> None:
    """Build the application; fork for every line; answer each with the number of the new process."""
    app = create_app()
    # Nobody waits for the children: the kernel collects them.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    print(0, flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        pid = os.fork()
        if pid == 0:
            _live(app, order)
        print(pid, flush=True)


if __name__ == "__main__":
    main()
