import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from foundation.supervisor import Program, Supervisor

OBEDIENT = """
import os, signal, sys, time
def leave(*_):  # may interrupt a print, so it prints nothing itself
    time.sleep({patience}); os.write(1, b'finished {name}\\n'); open({trace!r}, 'a').write('{name} '); sys.exit(0)
signal.signal(signal.SIGTERM, leave)
print('up', flush=True)
while True: time.sleep(0.05)
"""
DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"


class Office:
    """A supervisor with its folder and everything it said."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.said: list[str] = []

    def supervise(self, *programs: Program) -> Supervisor:
        return Supervisor(programs, self.folder, self.said.append)

    def log(self, name: str) -> str:
        file = self.folder / "log" / f"{name}.log"
        return file.read_text() if file.exists() else ""


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def _program(name: str, code: str, rank: int = 0) -> Program:
    return Program(name, [sys.executable, "-c", code], {}, rank)


def _obedient(office: Office, name: str, *, rank: int = 0, patience: int = 0) -> Program:
    code = OBEDIENT.format(patience=patience, name=name, trace=str(office.folder / "trace"))
    return _program(name, code, rank)


def _until(condition: Callable[[], bool], seconds: int = 20) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return False


def test_the_first_program_starts_alone_and_the_rest_when_told(office: Office) -> None:
    supervisor = office.supervise(_obedient(office, "page"), _obedient(office, "helper"))
    supervisor.start(first="page")
    supervisor.watch()
    assert set(supervisor.running()) == {"page"}
    supervisor.start_rest()
    assert set(supervisor.running()) == {"page", "helper"}
    supervisor.stop(5)


def test_a_program_that_dies_is_started_again_and_its_last_words_shown(office: Office) -> None:
    supervisor = office.supervise(_program("brief", "print('my last words'); raise SystemExit(3)"))
    supervisor.start()

    def died_twice() -> bool:
        supervisor.watch()
        return supervisor.deaths_in_a_row() == 2

    assert _until(died_twice)
    supervisor.stop(1)
    assert "brief ended with status 3" in office.said[0]
    assert "my last words" in office.said[1]


def test_the_pause_grows_with_every_death_in_a_row(office: Office) -> None:
    supervisor = office.supervise(_program("brief", "raise SystemExit(1)"))
    supervisor.start()

    def died_three_times() -> bool:
        supervisor.watch()
        return supervisor.deaths_in_a_row() == 3

    assert _until(died_three_times)
    supervisor.stop(1)
    pauses = [line.split("again in ")[1].split(" s")[0] for line in office.said if "again in" in line]
    assert pauses == ["0.5", "1.0", "2.0"]


def test_a_killed_program_gets_a_new_process(office: Office) -> None:
    supervisor = office.supervise(_obedient(office, "web"))
    supervisor.start()
    first = supervisor.running()["web"]
    psutil.Process(first).kill()

    def replaced() -> bool:
        supervisor.watch()
        return supervisor.running().get("web", first) != first

    assert _until(replaced)
    supervisor.stop(5)
    assert supervisor.deaths_in_a_row() == 1


def test_what_has_begun_is_finished_before_the_end(office: Office) -> None:
    supervisor = office.supervise(_obedient(office, "worker", patience=1))
    supervisor.start()
    assert _until(lambda: "up" in office.log("worker"))
    supervisor.stop(10)
    assert "finished worker" in office.log("worker")


def test_the_higher_rank_stops_before_the_lower_one_is_asked(office: Office) -> None:
    slow_web = _obedient(office, "web", rank=1, patience=1)
    supervisor = office.supervise(_obedient(office, "stand-in"), slow_web)
    supervisor.start()
    assert _until(lambda: "up" in office.log("web") and "up" in office.log("stand-in"))
    supervisor.stop(10)
    assert (office.folder / "trace").read_text() == "web stand-in "


def test_a_deaf_program_is_ended_when_the_time_is_up(office: Office) -> None:
    supervisor = office.supervise(_program("deaf", DEAF))
    supervisor.start()
    assert _until(lambda: "up" in office.log("deaf"))
    process = psutil.Process(supervisor.running()["deaf"])
    supervisor.stop(0.3)
    assert not process.is_running()
    assert office.said == ["deaf did not finish in time and is ended"]


def test_a_second_request_to_stop_does_not_wait(office: Office) -> None:
    supervisor = office.supervise(_program("deaf", DEAF))
    supervisor.start()
    assert _until(lambda: "up" in office.log("deaf"))
    started = time.monotonic()
    supervisor.stop(60, hurried=lambda: True)
    assert time.monotonic() - started < 5


def test_what_a_killed_supervisor_left_behind_is_ended_at_the_next_start(office: Office) -> None:
    killed = office.supervise(_obedient(office, "web"))
    killed.start()
    orphan = psutil.Process(killed.running()["web"])
    successor = office.supervise()
    successor.start()
    assert _until(lambda: not orphan.is_running() or orphan.status() == psutil.STATUS_ZOMBIE)
    killed.stop(0)


def test_a_process_number_given_to_somebody_else_is_left_alone(office: Office) -> None:
    bystander = psutil.Process()
    (office.folder / "running").write_text(f"{bystander.pid} 1.0\n")
    office.supervise().start()
    assert bystander.is_running()
    assert office.said == []
