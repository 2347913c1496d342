"""The table of a run, as it is printed and as it stands in docs/reliability.md."""

import os
import platform
import re
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.marks import around
from tests.database import ROOT
from tests.torture.checks import CHECKS
from tests.torture.judging import Outcome

PROGRAM = "torture"


def machine() -> str:
    """When, at which commit, on what: a figure without these says nothing."""
    command = ["git", "rev-parse", "--short", "HEAD"]
    commit = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()
    at, load = time.strftime("%Y-%m-%d %H:%M"), os.getloadavg()[0]
    return f"{at}, commit {commit or 'unknown'}, {os.cpu_count()} cores {platform.machine()}, load {load:.1f}"


def table(outcomes: Sequence[Outcome]) -> str:
    """The outcomes as a table for a terminal and for Markdown alike."""
    return _lines([_row(one) for one in outcomes], "check | verdict | seconds | figures", "--- | --- | ---: | ---")


def write(page: Path, about: str, outcomes: Sequence[Outcome]) -> None:
    """Put the outcomes between the marks of a page, each with where it was taken; of checks that were not run the
    former line stays. Raises ValueError when there is no such page, or no place in it.
    """
    before, former, after = around(page, PROGRAM)
    rows = _former(former) | {one.check.name: f"{_row(one)} | {about}" for one in outcomes}
    ordered = [rows[check.name] for check in CHECKS if check.name in rows]
    shown = _lines(ordered, "check | verdict | seconds | figures | taken", "--- | --- | ---: | --- | ---")
    page.write_text(f"{before}\n{shown}\n\n{after}")


def _lines(rows: Sequence[str], heading: str, rule: str) -> str:
    return "\n".join(f"| {row} |" for row in (heading, rule, *rows))


def _row(outcome: Outcome) -> str:
    return f"{outcome.check.name} | {outcome.verdict} | {outcome.seconds:.0f} | {_figures(outcome)}"


def _former(text: str) -> dict[str, str]:
    """The rows a page shows already, by the name of their check."""
    rows = [line.strip("| ") for line in text.splitlines() if line.startswith("| ")]
    return {row.split(" | ", 1)[0]: row for row in rows}


def _figures(outcome: Outcome) -> str:
    lines = [*outcome.figures, *outcome.why]
    return "<br>".join(re.sub(r"[|<>]", " ", line)[:300] for line in lines) or outcome.check.promise
