"""A check carried out by its tests, in a process of their own, and what it came to."""

import json
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.database import ROOT
from tests.torture.checks import Check
from tests.verdicts import FAIL, FILE, INVALID, PASS

_NOTHING_RAN = 5
_MOST_TOLD = 12


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
    try:
        done = subprocess.run(
            [*command, *check.tests], check=False, cwd=ROOT, env=told, capture_output=True, timeout=minutes * 60
        )
    except subprocess.TimeoutExpired:
        outcome = _outcome(check, file)
        if outcome.verdict != FAIL:
            outcome.verdict = INVALID
        outcome.why.append(f"it had not ended after {minutes:.0f} minutes")
    else:
        outcome = _outcome(check, file)
        if done.returncode > 1 and outcome.verdict != FAIL:
            outcome.verdict = INVALID
            outcome.why.append(done.stdout.decode(errors="replace")[-500:])
    outcome.seconds = time.monotonic() - began
    return outcome


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
