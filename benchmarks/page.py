"""Writes what a run measured into docs/performance.md, with its plots beside it."""

import os
import platform
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

from benchmarks.figures import Taken, table
from benchmarks.letters import SHARES
from benchmarks.marks import around
from benchmarks.plots import curves, stacked_bars
from benchmarks.processes import ROOT
from benchmarks.report import GROWN, LEGS_BY_PROGRAM, cpu_rows, rows

PROGRAM = "bench"
_CPU, _WAITS = "performance-cpu.svg", "performance-waits.svg"


def machine() -> str:
    """When, at which commit and on what a run was made: a figure without these says nothing."""
    command = ["git", "rev-parse", "--short", "HEAD"]
    commit = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()  # noqa: S603 - our own
    load = "/".join(f"{value:.1f}" for value in os.getloadavg())
    at = time.strftime("%Y-%m-%d %H:%M")
    cores = f"{os.cpu_count()} cores {platform.machine()}"
    return f"{at}, commit {commit or 'unknown'}, {cores}, {_python()}, load {load}"


def _python() -> str:
    """The interpreter, and whether it was compiled with its own profile, as `requirements/install.sh` asks."""
    arguments = sysconfig.get_config_var("CONFIG_ARGS") or ""
    optimised = sys.base_prefix == "/usr" or "--enable-optimizations" in arguments
    return f"Python {platform.python_version()}{'' if optimised else ' (not an optimised build)'}"


def write(page: Path, about: str, taken: Taken) -> None:
    """Put tables and plots into the place of a page. Raises ValueError when it has none."""
    before, _former, after = around(page, PROGRAM)
    tables = f"{table(rows(taken))}\n\nCPU per operation, by program:\n\n{table(cpu_rows(taken))}"
    page.write_text(f"{before}\n{about}\n\n{tables}\n\n{_drawn(page.parent, taken)}{after}")


def _drawn(folder: Path, taken: Taken) -> str:
    """Draw what the run has figures for; answers the lines that show the pictures."""
    bars = [
        (said, {program: taken.median(f"{leg} {GROWN} {program} ms") for program in programs})
        for said, leg, programs in LEGS_BY_PROGRAM
        if leg != "mint" and all(f"{leg} {GROWN} {program} ms" in taken for program in programs)
    ]
    waits = {
        "letters, eight senders": [
            (share * 100, taken.median(f"letter {GROWN} p{share * 100:g} ms"))
            for share in SHARES
            if f"letter {GROWN} p{share * 100:g} ms" in taken
        ]
    }
    lines = []
    if bars:
        (folder / _CPU).write_text(stacked_bars("Processor time of one operation", "ms", bars))
        lines.append(f"![Processor time of one operation, by program]({_CPU})\n\n")
    if waits["letters, eight senders"]:
        (folder / _WAITS).write_text(curves("How long a letter waits for its answer", "ms", waits))
        lines.append(f"![How long a letter waits, by percentile]({_WAITS})\n\n")
    return "".join(lines)
