import signal
import subprocess
import sys
from pathlib import Path

import pytest

from foundation.faults import fault_point

ROOT = Path(__file__).resolve().parent.parent.parent
PROGRAM = """
from foundation.faults import fault_point
for hit in range(3):
    fault_point("tests.other")
    fault_point("tests.here")
    print("passed", hit, flush=True)
"""


def _run(fault: str | None) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": "/usr/bin:/bin"} | ({"GETTONE_FAULT": fault} if fault is not None else {})
    command = [sys.executable, "-c", PROGRAM]
    return subprocess.run(command, check=False, cwd=ROOT, env=environment, capture_output=True, text=True)


@pytest.mark.parametrize("fault", [None, "tests.elsewhere", "tests.her", "tests.here:4"])
def test_a_point_nobody_asked_for_does_nothing(fault: str | None) -> None:
    done = _run(fault)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["passed 0", "passed 1", "passed 2"]


@pytest.mark.parametrize(("fault", "passed"), [("tests.here", 0), ("tests.here:1", 0), ("tests.here:3", 2)])
def test_the_process_dies_at_the_named_hit_without_a_word(fault: str, passed: int) -> None:
    done = _run(fault)
    assert done.returncode == -signal.SIGKILL
    assert len(done.stdout.splitlines()) == passed
    assert done.stderr == ""


def test_without_the_variable_a_point_costs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GETTONE_FAULT", raising=False)
    fault_point("tests.anywhere")
    assert True
