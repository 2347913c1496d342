"""A check carried out by its tests, in a process of their own, and what it came to."""

import json
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.database import ROOT
from tests.torture.checks import Check
from tests.verdicts import FAIL, FILE, INVALID, PASS

_MOST_TOLD = 12
TIDIES_WITHIN = 60.0


@dataclass
class Outcome:
    """PASS, FAIL or INVALID; the figures that were taken; why it is not a PASS."""

    check: Check
    verdict: str
    seconds: float = 0.0
    figures: list[str] = field(default_factory=list)
    why: list[str] = field(default_factory=list)


def judge(check: Check, environment: Mapping[str, str], file: Path, minutes: float) -> Outcome:
    """Run a check for at most so many minutes."""
    if minutes <= 0:
        return Outcome(check, INVALID, why=["there was no time left"])
    file.unlink(missing_ok=True)
    told = {**environment, FILE: str(file), "MINUTES": str(minutes * 0.8)}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:randomly", "-m", "not stripe_live and not browser"]
    began = time.monotonic()
    status, said = _run([*command, *check.tests], told, minutes * 60)
    outcome = _outcome(check, file)
    if status is None or status > 1:
        outcome.verdict = FAIL if outcome.verdict == FAIL else INVALID
        outcome.why.append(said[-500:] if status else f"it had not ended after {minutes:.1f} minutes")
    outcome.seconds = time.monotonic() - began
    return outcome


def _run(command: list[str], environment: Mapping[str, str], seconds: float) -> tuple[int | None, str]:
    """Run to the end; answers status and output, or None where it was interrupted because the time was over."""
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT)
        try:
            status: int | None = process.wait(seconds)
        except subprocess.TimeoutExpired:
            status = None
            # Its own end stops the programs and servers it has started.
            process.send_signal(signal.SIGINT)
            try:
                process.wait(TIDIES_WITHIN)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        output.seek(0)
        return status, output.read()


def _outcome(check: Check, file: Path) -> Outcome:
    """FAIL when a test failed; else INVALID when one could not happen, or none ran; else PASS."""
    tests = [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
    verdicts = {test["verdict"] for test in tests}
    verdict = FAIL if FAIL in verdicts else INVALID if INVALID in verdicts or not tests else PASS
    found = Outcome(check, verdict)
    found.figures = [figure for test in tests for figure in test["figures"]]
    found.why = [
        f"{test['verdict']} {test['test'].split('::')[-1]}: {' '.join(test['why'].split())[:400]}"
        for test in tests
        if test["verdict"] != PASS
    ][:_MOST_TOLD]
    return found
