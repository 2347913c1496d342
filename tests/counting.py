"""Lines are counted where counting tells something: Python takes half as long again with it.

Tests that stress whole programs run uncounted: what they run is counted elsewhere. The tests of other modules are
counted until some in a row show next to nothing new; those of prices and states always, as every branch must be seen.
"""

import os
from collections import Counter

import pytest
from coverage import Coverage

_UNCOUNTED = ("browser", "race", "sweep")
_ALWAYS = ("tests/pricing/", "test_state_tables", "states.py")
# Ways from line to line that make a test worth counting, and how many that were not end it for their module.
_WORTH, _ENOUGH = 6, 2
# By this variable coverage has the programs that a test starts counted, too.
_FOR_PROGRAMS = "COVERAGE_PROCESS_CONFIG"
_in_vain: Counter[str] = Counter()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> object:
    counting = Coverage.current()
    if counting is None:
        return (yield)
    module = item.nodeid.partition("::")[0]
    known = _in_vain[module] >= _ENOUGH and not any(part in module for part in _ALWAYS)
    if known or any(item.get_closest_marker(mark) for mark in _UNCOUNTED):
        told = os.environ.pop(_FOR_PROGRAMS, None)
        counting.stop()
        try:
            return (yield)
        finally:
            counting.start()
            if told is not None:
                os.environ[_FOR_PROGRAMS] = told
    before = _seen(counting)
    try:
        return (yield)
    finally:
        _in_vain[module] = 0 if _seen(counting) - before >= _WORTH else _in_vain[module] + 1


def _seen(counting: Coverage) -> int:
    """How many ways from line to line this process has gone so far."""
    collector = counting._collector  # noqa: SLF001 - asking in public writes a file first
    return sum(map(len, collector.data.values())) if collector is not None else 0
