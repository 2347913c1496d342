"""Storage: when it is filling up, and how much more suffices for a year (F004-27)."""

from collections.abc import Sequence
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pricing import GIGABYTE, DayOfUse, expected_bytes, is_filling, suggested_units

TODAY = date(2026, 11, 27)
_BYTES = st.integers(0, 10**15)
_REPORTS = st.dictionaries(st.integers(0, 400), _BYTES, max_size=20).map(
    lambda found: [DayOfUse(TODAY - timedelta(days=back), used) for back, used in found.items()]
)
_LIMITS, _UNITS = st.integers(0, 10**6), st.integers(1, 1_000)


def report(back: int, gigabytes: int) -> DayOfUse:
    """What was in use so many days ago."""
    return DayOfUse(TODAY - timedelta(days=back), gigabytes * GIGABYTE)


@pytest.mark.parametrize(
    ("used_bytes", "limit_gb", "filling"),
    [
        (7 * GIGABYTE, 10, False),
        (7 * GIGABYTE + 1, 10, True),
        (20 * GIGABYTE, 10, True),
        (0, 10, False),
        (GIGABYTE, 0, False),
    ],
)
def test_it_fills_up_above_seventy_percent_to_the_byte(used_bytes: int, limit_gb: int, filling: bool) -> None:
    assert is_filling(used_bytes, limit_gb) is filling


def test_nothing_reported_suggests_nothing() -> None:
    assert expected_bytes([]) == 0
    assert suggested_units([], 0) == 0


def test_what_lies_before_the_last_ninety_days_does_not_count() -> None:
    assert expected_bytes([report(91, 0), report(90, 8), report(0, 8)]) == 8 * GIGABYTE
    assert expected_bytes([report(90, 0), report(0, 9)]) == 9 * GIGABYTE + 365 * GIGABYTE // 10


def test_use_that_shrinks_is_expected_to_stay() -> None:
    assert expected_bytes([report(10, 9), report(0, 4)]) == 4 * GIGABYTE


@given(reports=_REPORTS)
def test_the_order_of_reports_does_not_matter(reports: Sequence[DayOfUse]) -> None:
    assert expected_bytes(reports) == expected_bytes(sorted(reports, key=lambda one: one.on))


@given(reports=_REPORTS, limit_gb=_LIMITS, unit_gb=_UNITS)
def test_what_is_suggested_suffices_for_a_year_and_no_less_does(
    reports: Sequence[DayOfUse], limit_gb: int, unit_gb: int
) -> None:
    units, expected = suggested_units(reports, limit_gb, unit_gb), expected_bytes(reports)
    enough = limit_gb + units * unit_gb
    assert expected * 10_000 <= enough * GIGABYTE * 7_000
    assert not is_filling(expected, enough)
    if units:
        assert expected * 10_000 > (enough - unit_gb) * GIGABYTE * 7_000


@given(reports=_REPORTS, limit_gb=st.integers(1, 10**6), unit_gb=_UNITS)
def test_whoever_is_alarmed_is_told_what_to_add(reports: Sequence[DayOfUse], limit_gb: int, unit_gb: int) -> None:
    newest = max(reports, key=lambda one: one.on, default=None)
    if newest is not None and is_filling(newest.used_bytes, limit_gb):
        assert suggested_units(reports, limit_gb, unit_gb) >= 1


@given(reports=_REPORTS, limit_gb=_LIMITS, more=st.integers(1, 10**6))
def test_more_room_never_suggests_more(reports: Sequence[DayOfUse], limit_gb: int, more: int) -> None:
    assert suggested_units(reports, limit_gb + more) <= suggested_units(reports, limit_gb)
