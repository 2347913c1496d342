"""Three verdicts: PASS; FAIL, which names what is broken; INVALID, when the environment did not let the test happen.

INVALID is never counted as either of the others: it fails nothing and proves nothing, and is told in words at the end.
`make torture` reads what every test came to, and its figures, from the file that VERDICTS names.
"""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

FIGURE = "figure"
FILE = "VERDICTS"
PASS, FAIL, INVALID = "PASS", "FAIL", "INVALID"

Record = Callable[[str, object], None]

_invalid: dict[str, str] = {}


class Invalid(Exception):
    """Raised by a test that could not happen; the message says what the environment denied."""


def keep(broken: list[str]) -> None:
    """Fail with every broken invariant, in words; nothing happens where none is."""
    assert not broken, "; ".join(broken)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> pytest.TestReport:  # type: ignore[misc]
    report: pytest.TestReport = yield
    if call.excinfo is not None and call.excinfo.errisinstance(Invalid):
        report.outcome = "skipped"
        report.longrepr = (str(item.path), item.location[1] or 0, f"{INVALID}: {call.excinfo.value}")
        # Reports travel between processes as their attributes.
        report.invalid = str(call.excinfo.value)  # type: ignore[attr-defined]
    return report


def pytest_report_teststatus(report: pytest.TestReport) -> tuple[str, str, tuple[str, dict[str, bool]]] | None:
    if getattr(report, "invalid", None) is None:
        return None
    return "invalid", "I", (INVALID, {"yellow": True})


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    invalid = getattr(report, "invalid", None)
    if invalid is not None:
        _invalid[report.nodeid] = invalid
    told = os.environ.get(FILE)
    if told and "PYTEST_XDIST_WORKER" not in os.environ and (report.when == "call" or not report.passed):
        with Path(told).open("a") as file:
            file.write(json.dumps(_told(report, invalid)) + "\n")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for test, why in _invalid.items():
        terminalreporter.write_line(f"{INVALID} {test}: {why}", yellow=True)


def _told(report: pytest.TestReport, invalid: str | None) -> dict[str, object]:
    verdict = INVALID if invalid is not None or report.skipped else PASS if report.passed else FAIL
    crash = getattr(report.longrepr, "reprcrash", None)
    why = invalid or (crash.message if crash is not None else str(report.longrepr or ""))
    figures = [value for name, value in report.user_properties if name == FIGURE]
    return {
        "test": report.nodeid,
        "verdict": verdict,
        "why": why[:2000],
        "figures": figures,
        "seconds": report.duration,
    }
