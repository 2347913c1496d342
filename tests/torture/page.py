"""The table of a run, as it is printed and as it stands in docs/reliability.md."""

import os
import platform
import re
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from tests.database import ROOT
from tests.torture.judging import Outcome

BEGIN, END = "<!-- make torture writes from here", "<!-- to here -->"


def machine() -> str:
    """When, at which commit, on what: a figure without these says nothing."""
    command = ["git", "rev-parse", "--short", "HEAD"]
    commit = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()
    at, load = time.strftime("%Y-%m-%d %H:%M"), os.getloadavg()[0]
    return f"{at}, commit {commit or 'unknown'}, {os.cpu_count()} cores {platform.machine()}, load {load:.1f}"


def table(outcomes: Sequence[Outcome]) -> str:
    """The outcomes as a table for a terminal and for Markdown alike."""
    rows = [("check", "verdict", "seconds", "figures"), ("---", "---", "---:", "---")]
    rows += [(one.check.name, one.verdict, f"{one.seconds:.0f}", _figures(one)) for one in outcomes]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def _figures(outcome: Outcome) -> str:
    lines = [*outcome.figures, *outcome.why]
    return "<br>".join(re.sub(r"[|<>]", " ", line)[:300] for line in lines) or outcome.check.promise


def write(page: Path, about: str, outcomes: Sequence[Outcome]) -> None:
    """Put the table between the marks of a page. Raises ValueError when it has none."""
    text = page.read_text()
    if BEGIN not in text or END not in text:
        raise ValueError(f"{page} has no place for the table: {BEGIN} … {END}")
    before, rest = text.split(BEGIN, 1)
    mark, _, rest = rest.partition("\n")
    after = rest.split(END, 1)[1]
    page.write_text(f"{before}{BEGIN}{mark}\n\n{about}\n\n{table(outcomes)}\n\n{END}{after}")
