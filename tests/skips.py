"""`--forbid-skips`: in the CI a skipped test is a failed one: a check that silently did not run proves nothing."""

import pytest

ALL = "all"
ALL_BUT_BROWSER = "all-but-browser"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--forbid-skips",
        choices=[ALL, ALL_BUT_BROWSER],
        help="fail the tests that are skipped; all-but-browser excuses those marked browser",
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> pytest.TestReport:  # type: ignore[misc]
    report: pytest.TestReport = yield
    forbidden = item.config.getoption("--forbid-skips")
    excused = forbidden == ALL_BUT_BROWSER and item.get_closest_marker("browser") is not None
    if forbidden and report.skipped and not hasattr(report, "wasxfail") and not excused:
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped, and skips are forbidden here: {report.longrepr}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> pytest.CollectReport:  # type: ignore[misc]
    report: pytest.CollectReport = yield
    if collector.config.getoption("--forbid-skips") == ALL and report.skipped:
        report.outcome = "failed"
        report.longrepr = f"{collector.nodeid} was skipped whole, and skips are forbidden here: {report.longrepr}"
    return report
