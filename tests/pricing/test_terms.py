from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pricing import (
    InvalidTerm,
    Money,
    NotACivilDay,
    Term,
    add_months,
    charge,
    cumulative_price,
    december_term,
    half_up,
    months_ceil,
    twelve_month_term,
)
from tests.pricing.values import Unchecked, days, prices

small_quantities = st.integers(1, 500)


@pytest.mark.parametrize(
    ("anchor", "months", "day"),
    [
        (date(2027, 1, 31), 1, date(2027, 2, 28)),
        (date(2027, 1, 31), 12, date(2028, 1, 31)),
        (date(2028, 2, 29), 12, date(2029, 2, 28)),
        (date(2028, 2, 29), 48, date(2032, 2, 29)),
        (date(2026, 12, 1), 1, date(2027, 1, 1)),
        (date(2027, 3, 31), -1, date(2027, 2, 28)),
    ],
)
def test_months_are_added_to_the_anchor_and_clamped_to_the_month(anchor: date, months: int, day: date) -> None:
    assert add_months(anchor, months) == day


def test_counting_from_the_anchor_does_not_drift_as_repeated_months_do() -> None:
    day = date(2027, 1, 31)
    for _ in range(12):
        day = add_months(day, 1)
    assert day == date(2028, 1, 28)
    assert add_months(date(2027, 1, 31), 12) == date(2028, 1, 31)


@pytest.mark.parametrize(
    ("start", "end", "months"),
    [
        (date(2027, 3, 15), date(2027, 3, 15), 0),
        (date(2027, 3, 15), date(2027, 3, 14), 0),
        (date(2027, 3, 15), date(2027, 3, 16), 1),
        (date(2027, 3, 15), date(2027, 4, 15), 1),
        (date(2027, 3, 15), date(2027, 4, 16), 2),
        (date(2027, 1, 31), date(2027, 2, 28), 1),
        (date(2027, 2, 28), date(2028, 1, 31), 12),
        (date(2026, 12, 31), date(2027, 1, 1), 1),
    ],
)
def test_a_begun_month_counts_whole(start: date, end: date, months: int) -> None:
    assert months_ceil(start, end) == months


@given(days, days)
def test_months_ceil_is_the_smallest_number_that_reaches_the_day(start: date, end: date) -> None:
    months = months_ceil(start, end)
    assert add_months(start, months) >= end
    assert months == 0 or add_months(start, months - 1) < end


@given(days, st.integers(0, 120))
def test_whole_months_are_counted_back_exactly(start: date, months: int) -> None:
    assert months_ceil(start, add_months(start, months)) == months


def test_an_instant_is_not_a_civil_day() -> None:
    instant: Unchecked = datetime(2027, 1, 1, 23, 30, tzinfo=UTC)
    for attempt in (
        lambda: add_months(instant, 1),
        lambda: months_ceil(date(2027, 1, 1), instant),
        lambda: months_ceil(instant, date(2027, 1, 1)),
        lambda: Term(instant, date(2028, 1, 1)),
        lambda: Term(date(2026, 1, 1), instant),
        lambda: december_term(instant),
        lambda: twelve_month_term(date(2027, 1, 1)).contains(instant),
    ):
        with pytest.raises(NotACivilDay):
            attempt()
    not_a_day: Unchecked = "2027-01-01"
    with pytest.raises(NotACivilDay) as refusal:
        add_months(not_a_day, 1)
    assert refusal.value.value == "'2027-01-01'"


def test_a_term_contains_its_first_day_and_not_the_day_it_ends_on() -> None:
    term = Term(date(2026, 1, 1), date(2027, 1, 1))
    assert term.last_day == date(2026, 12, 31)
    assert term.contains(date(2026, 1, 1))
    assert term.contains(date(2026, 12, 31))
    assert not term.contains(date(2027, 1, 1))
    assert not term.contains(date(2025, 12, 31))


@pytest.mark.parametrize("ends_on", [date(2026, 1, 1), date(2025, 12, 31)])
def test_a_term_lasts_at_least_a_day(ends_on: date) -> None:
    with pytest.raises(InvalidTerm) as refusal:
        Term(date(2026, 1, 1), ends_on)
    assert (refusal.value.starts_on, refusal.value.ends_on) == (date(2026, 1, 1), ends_on)


def test_twelve_months_run_to_the_same_day_of_next_year() -> None:
    assert twelve_month_term(date(2028, 2, 29)) == Term(date(2028, 2, 29), date(2029, 2, 28))


def test_a_december_term_ends_on_31_december_whatever_the_day_it_starts() -> None:
    assert december_term(date(2026, 12, 31)) == Term(date(2026, 12, 31), date(2027, 1, 1))
    assert december_term(date(2026, 3, 1)).last_day == date(2026, 12, 31)


def test_a_november_renewal_for_a_new_client_runs_to_31_december_of_next_year() -> None:
    assert december_term(date(2026, 11, 20), last_year=2027) == Term(date(2026, 11, 20), date(2028, 1, 1))


def test_a_december_term_does_not_end_before_it_starts() -> None:
    with pytest.raises(InvalidTerm):
        december_term(date(2027, 1, 1), last_year=2026)


@given(days, days, days)
def test_a_day_is_in_exactly_one_of_two_terms_that_meet(one: date, other: date, day: date) -> None:
    start, end = sorted((one, other))
    if start == end:
        end += timedelta(days=1)
    earlier, later = Term(start - timedelta(days=400), start), Term(start, end)
    assert not (earlier.contains(day) and later.contains(day))
    assert later.contains(day) == (start <= day <= later.last_day)


def test_a_price_is_rounded_once_on_price_times_quantity_times_months() -> None:
    assert cumulative_price(Money(2990), 1, date(2026, 9, 15), date(2027, 3, 15)) == Money(1495)
    assert cumulative_price(Money(2990), 1, date(2026, 1, 1), date(2026, 9, 15)) == Money(2243)


@given(prices, small_quantities, days, st.lists(days, min_size=2, max_size=8))
def test_charges_over_any_sequence_of_extensions_telescope(
    price: Money, quantity: int, anchor: date, stops: list[date]
) -> None:
    stops.sort()
    steps = [charge(price, quantity, anchor, a, b).cents for a, b in pairwise(stops)]
    whole = charge(price, quantity, anchor, stops[0], stops[-1])
    assert sum(steps) == whole.cents
    assert min(steps) >= 0


@given(prices, small_quantities, days, days, days)
def test_the_cumulative_price_starts_at_nothing_and_never_falls(
    price: Money, quantity: int, anchor: date, one: date, other: date
) -> None:
    earlier, later = sorted((one, other))
    assert cumulative_price(price, quantity, anchor, anchor) == Money(0)
    assert cumulative_price(price, quantity, anchor, earlier) <= cumulative_price(price, quantity, anchor, later)
    assert charge(price, quantity, anchor, one, one) == Money(0)


@given(prices, small_quantities, days, st.integers(1, 5))
def test_whole_years_cost_the_full_price(price: Money, quantity: int, anchor: date, years: int) -> None:
    until = add_months(anchor, 12 * years)
    assert charge(price, quantity, anchor, anchor, until) == price * quantity * years


@given(prices, small_quantities, days, days)
def test_the_first_extension_of_whole_years_equals_the_plain_month_count(
    price: Money, quantity: int, anchor: date, until: date
) -> None:
    year_end = add_months(anchor, 12)
    months = months_ceil(anchor, until) - 12
    if months > 0:
        assert charge(price, quantity, anchor, year_end, until).cents == half_up(price.cents * quantity * months, 12)
