"""The program as a process: it refuses nonsense, and a kill at any time loses nothing it said."""

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

import pytest

from tests.sandbox.accounting.stand import SECRET, Accounting, Clock, company

pytestmark = pytest.mark.sockets

ROOT = Path(__file__).parents[3]


@contextmanager
def _process(data: Path) -> Iterator[tuple[Accounting, subprocess.Popen[bytes]]]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "sandbox.accounting", "--port", str(port), "--data", str(data)]
    options = ["--secret", SECRET, "--shop-url", "http://127.0.0.1:1", "--late", "0", "--refuse", "0", "--lost", "0"]
    process = subprocess.Popen([*command, *options], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        accounting = Accounting(port, Clock())
        end = monotonic() + 20
        while monotonic() < end:
            try:
                if accounting.send("GET", "/healthz").status == 200:
                    break
            except OSError:
                sleep(0.05)
        yield accounting, process
    finally:
        process.kill()
        process.wait()


def test_a_killed_program_remembers_everything_it_answered(tmp_path: Path) -> None:
    data = tmp_path / "a.sqlite"
    with _process(data) as (accounting, process):
        for number in range(20):
            assert accounting.create(company(f"c-{number}"), key=f"k-{number}").status == 200
        accounting.control(next=["late", "error500"], callback_delay=600)
        assert accounting.create(company("c-late"), key="k-late").status == 202
        process.kill()
    with _process(data) as (accounting, process):
        state = accounting.send("GET", "/_control").body
        assert state["companies"] == {"ready": 20, "pending": 1, "failed": 0, "created_twice": 0}
        assert (state["callbacks_waiting"], state["next"], state["callback_delay"]) == (1, ["error500"], 600)
        assert accounting.create(company("c-7"), key="k-7").status == 409
        process.terminate()
        assert process.wait(10) == 0


@pytest.mark.parametrize(
    "options",
    [["--secret", "geheim"], ["--secret", SECRET, "--late", "2"], ["--secret", SECRET, "--shop-url", "negozio"]],
)
def test_nonsense_is_refused_at_the_start(tmp_path: Path, options: list[str]) -> None:
    command = [sys.executable, "-m", "sandbox.accounting", "--port", "0", "--data", str(tmp_path / "a.sqlite")]
    ended = subprocess.run([*command, *options], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 2
    assert ended.stderr.startswith("accounting: ")


def test_orders_are_taken_only_as_a_json_object(tmp_path: Path) -> None:
    with _process(tmp_path / "a.sqlite") as (accounting, _):
        answer = accounting.send("POST", "/_control", json.dumps([]).encode(), {"Content-Type": "application/json"})
        assert (answer.status, list(answer.body)) == (422, ["reason"])
        assert accounting.send("POST", "/_control", b"{}", {"Content-Type": "text/plain"}).status == 415
