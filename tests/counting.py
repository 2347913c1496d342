"""Tests that stress whole programs are run without counting lines: what they run is counted elsewhere.

Counting makes Python half as slow again, most of all where programs are started, killed and started anew.
"""

import os

import pytest
from coverage import Coverage

_UNCOUNTED = ("browser", "race", "sweep")
# By this variable coverage has the programs that a test starts counted, too.
_FOR_PROGRAMS = "COVERAGE_PROCESS_CONFIG"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> object:
    counting = Coverage.current()
    if counting is None or not any(item.get_closest_marker(mark) for mark in _UNCOUNTED):
        return (yield)
    told = os.environ.pop(_FOR_PROGRAMS, None)
    counting.stop()
    try:
        return (yield)
    finally:
        counting.start()
        if told is not None:
            os.environ[_FOR_PROGRAMS] = told
