import http.client
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from foundation.postgres import ensure_running, is_running
from foundation.postgres_place import PROJECT, place_of
from foundation.serve import programs
from foundation.serve_environment import Ports, sandbox_environment

pytestmark = pytest.mark.sockets

PORTS = Ports(web=8000, stripe=8011, accounting=8012, mailbox=8013, invoicing=8019, smtp=8025)
SECRETS = {"STRIPE_WEBHOOK_SECRETS": "whsec_YQ==", "PROVISIONING_SECRET": "whsec_Yg=="}
# An application that does nothing but answer, in the place of the real one.
APPLICATION = """
import os, time
from flask import Flask
from flask.cli import AppGroup

jobs = AppGroup("jobs")

@jobs.command("work")
def work():
    while True:
        time.sleep(0.1)

def create_app():
    app = Flask(__name__)
    app.cli.add_command(jobs)

    @app.cli.command("prepare")
    def prepare():
        if os.environ.get("BREAK"):
            raise SystemExit("the catalogue has a mistake in line 3")
        print("Entra come owner@studio-rossi.example", os.environ["DATABASE_URL"].split(":")[0])

    @app.get("/readyz")
    def ready():
        if os.environ.get("LATE"):
            return {"status": "jobs are late", "late_jobs": 1}, 503
        return str(os.getpid())

    @app.get("/slow")
    def slow():
        time.sleep(2)
        return "finished"

    return app
"""


class Run:
    """`python -m foundation.serve` in a folder of its own, with what it prints."""

    def __init__(self, folder: Path, **extra: str) -> None:
        (folder / "app.py").write_text(APPLICATION)
        self.home = folder / "local"
        elsewhere = {"STRIPE_API_BASE": "http://127.0.0.1:9", "PROVISIONING_URL": "http://127.0.0.1:9"}
        environment = {
            name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "PORT", "MODE"}
        }
        environment |= elsewhere | {"SMTP_URL": "smtp://127.0.0.1:9", "GETTONE_HOME": str(self.home)}
        environment |= {"PYTHONPATH": str(PROJECT), **extra}
        self.output = folder / "output"
        with self.output.open("w") as output:
            command = [sys.executable, "-m", "foundation.serve"]
            self.process = subprocess.Popen(command, cwd=folder, env=environment, stdout=output, stderr=output)

    @property
    def said(self) -> str:
        return self.output.read_text()

    @property
    def port(self) -> int:
        line = next(line for line in self.said.splitlines() if line.startswith("  shop"))
        return int(line.rsplit(":", 1)[1])

    def get(self, path: str) -> str:
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)) as connection:
            connection.request("GET", path)
            return connection.getresponse().read().decode()

    def until(self, condition: Callable[[], bool], seconds: int = 60) -> bool:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if condition():
                return True
            time.sleep(0.1)
        return False

    def answers(self) -> bool:
        try:
            return self.get("/readyz").isdigit()
        except (OSError, http.client.HTTPException):
            return False


@pytest.fixture
def starting(tmp_path: Path) -> Iterator[Callable[..., Run]]:
    runs: list[Run] = []

    def start(**extra: str) -> Run:
        runs.append(Run(tmp_path, **extra))
        return runs[-1]

    yield start
    for run in runs:
        if run.process.poll() is None:
            run.process.send_signal(signal.SIGTERM)
            run.process.wait(60)
        _remove_server(run.home / "postgres")


def _remove_server(directory: Path) -> None:
    # Under a closed folder root keeps the data elsewhere, where pytest would not tidy up.
    if directory.exists():
        shutil.rmtree(place_of(directory).data.parent, ignore_errors=True)


def _names(environment: dict[str, str]) -> list[str]:
    return [program.name for program in programs(environment, PORTS, Path())]


def test_the_sandbox_accompanies_the_product() -> None:
    assert _names(sandbox_environment(PORTS, SECRETS)) == [
        "stripe",
        "accounting",
        "invoicing",
        "mailbox",
        "worker",
        "web",
    ]


def test_a_stand_in_is_left_out_where_its_address_is_somewhere_else() -> None:
    environment = {**sandbox_environment(PORTS, SECRETS), "STRIPE_API_BASE": "https://api.stripe.com"}
    assert _names(environment) == ["accounting", "invoicing", "mailbox", "worker", "web"]


def test_production_runs_no_stand_ins() -> None:
    assert _names({"MODE": "production"}) == ["worker", "web"]


def test_a_run_answers_survives_a_killed_web_server_and_finishes_what_it_began(starting: Callable[..., Run]) -> None:
    run = starting()
    assert run.until(lambda: "Ctrl-C stops everything" in run.said), run.said
    assert "Entra come owner@studio-rossi.example postgresql+psycopg" in run.said

    web = next(child for child in psutil.Process(run.process.pid).children() if "granian" in " ".join(child.cmdline()))
    web.kill()
    assert run.until(lambda: "web ended with status -9" in run.said)
    assert run.until(run.answers), run.said

    heard: list[str] = []
    customer = threading.Thread(target=lambda: heard.append(run.get("/slow")))
    customer.start()
    time.sleep(0.5)
    run.process.send_signal(signal.SIGTERM)
    customer.join()
    assert heard == ["finished"]
    assert run.process.wait(40) == 0
    assert not is_running(run.home / "postgres")


def test_a_run_starts_its_worker_also_when_jobs_are_late(starting: Callable[..., Run]) -> None:
    run = starting(LATE="1")
    assert run.until(lambda: "Ctrl-C stops everything" in run.said), run.said
    assert any("work" in child.cmdline() for child in psutil.Process(run.process.pid).children())


def test_postgresql_comes_back_when_it_is_killed_under_a_run(starting: Callable[..., Run]) -> None:
    run = starting()
    assert run.until(lambda: "Ctrl-C stops everything" in run.said), run.said
    pid_file = (run.home / "postgres" / "home").resolve() if os.geteuid() == 0 else run.home / "postgres"
    psutil.Process(int((pid_file / "data" / "postmaster.pid").read_text().split()[0])).kill()
    assert run.until(lambda: "PostgreSQL is gone" in run.said)
    assert run.until(lambda: is_running(run.home / "postgres"))


def test_a_second_run_of_the_same_clone_points_to_the_first(starting: Callable[..., Run], tmp_path: Path) -> None:
    run = starting()
    assert run.until(lambda: "Ctrl-C stops everything" in run.said), run.said
    second = subprocess.run(
        [sys.executable, "-m", "foundation.serve"],
        check=False,
        cwd=tmp_path,
        env={**os.environ, "GETTONE_HOME": str(run.home), "PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
    )
    assert second.returncode == 1
    assert f"already runs at http://127.0.0.1:{run.port}" in second.stdout
    assert run.answers()


def test_a_failed_preparation_is_told_with_its_reason(starting: Callable[..., Run]) -> None:
    run = starting(BREAK="1")
    assert run.process.wait(60) == 1
    assert "the catalogue has a mistake in line 3" in run.said
    assert not is_running(run.home / "postgres")


def test_the_private_server_can_be_stopped_alone(tmp_path: Path) -> None:
    ensure_running(tmp_path / "postgres")
    environment = {**os.environ, "GETTONE_HOME": str(tmp_path), "PYTHONPATH": str(PROJECT)}
    command = [sys.executable, "-m", "foundation.serve", "--stop-database"]
    assert subprocess.run(command, check=False, env=environment).returncode == 0
    assert not is_running(tmp_path / "postgres")
    _remove_server(tmp_path / "postgres")
