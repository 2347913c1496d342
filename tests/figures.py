"""Figures: what a run proved, printed once at the end from the reports of the tests that ran, also across processes.

A test says `record_property("stripe.vectors", 28)` or `record_property("browser.axe_runs", 26)`; the lines are added
up from every test that passed.
"""

import re
from collections import Counter

import pytest

_CHECK = re.compile(r"test_check_(\d\d)_")
_FIGURES = ("vectors", "extra", "permutations", "diverging")
_ran: Counter[str] = Counter()
_failed: Counter[str] = Counter()
_figures: Counter[str] = Counter()


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Count the numbered Stripe checks and the figures their tests report."""
    found = _CHECK.search(report.nodeid)
    if found is not None and report.when == "call":
        _ran[found.group(1)] += 1
    if found is not None and not report.passed:
        _failed[found.group(1)] += 1
    if report.when == "call":
        for name, value in report.user_properties:
            if name.startswith(("stripe.", "browser.")) and isinstance(value, int):
                _figures[name.removeprefix("stripe.")] += value


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print one line about the Stripe checks, when any of them ran."""
    if _figures["sequences"]:
        terminalreporter.write_line(f"sequences={_figures['sequences']} diverging={_figures['diverging']}")
    if not _ran:
        return
    passed = sum(1 for number in _ran if not _failed[number])
    figures = " ".join(f"{name}={_figures[name]}" for name in _FIGURES)
    terminalreporter.write_line(f"stripe_checks={len(_ran)} passed={passed} {figures}")
