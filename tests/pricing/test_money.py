import operator
from decimal import Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pricing import ZERO, InexactAmount, InvalidDivision, Money, half_up, largest_remainder, total
from tests.pricing.values import Unchecked

cents = st.integers(-(10**12), 10**12)
weights = st.lists(st.integers(0, 10**6), min_size=1, max_size=12)


@pytest.mark.parametrize("value", [1.0, 49.9, True, Decimal("49.90"), "4990", None])
def test_only_a_plain_integer_counts_cents(value: Unchecked) -> None:
    with pytest.raises(InexactAmount) as refusal:
        Money(value)
    assert refusal.value.value == repr(value)


@pytest.mark.parametrize(
    ("text", "cents_of_it"),
    [("49.90", 4990), ("49.9", 4990), ("49", 4900), ("0.01", 1), ("-0.50", -50), ("-0.00", 0), ("007.10", 710)],
)
def test_a_text_with_a_point_is_read_exactly(text: str, cents_of_it: int) -> None:
    assert Money.from_text(text) == Money(cents_of_it)


@pytest.mark.parametrize(
    "text", ["", "49,90", "49.900", "4.", ".5", "1e3", "1_000", " 49", "49\n", "+1", "NaN", "٤٩", "1" * 16, 49, 49.9]
)
def test_any_other_text_is_refused(text: Unchecked) -> None:
    with pytest.raises(InexactAmount):
        Money.from_text(text)


def test_a_decimal_becomes_cents_exactly() -> None:
    assert [Money.from_decimal(Decimal(text)).cents for text in ("0.29", "1.1", "1E+2", "-3")] == [29, 110, 10000, -300]


@pytest.mark.parametrize(
    "value", [0.1, 1, "1.00", Decimal("0.001"), Decimal("1.000"), Decimal("NaN"), Decimal("Infinity")]
)
def test_a_number_that_is_no_exact_decimal_is_refused(value: Unchecked) -> None:
    with pytest.raises(InexactAmount):
        Money.from_decimal(value)


def test_the_precision_of_the_thread_does_not_round_an_amount() -> None:
    with localcontext() as context:
        context.prec = 3
        assert Money.from_decimal(Decimal("123456789.01")) == Money(12_345_678_901)
        assert str(Money(12_345_678_901).to_decimal()) == "123456789.01"


@given(cents)
def test_an_amount_survives_its_text_and_its_decimal(amount: int) -> None:
    assert Money.from_text(Money(amount).to_text()) == Money(amount)
    assert Money.from_decimal(Money(amount).to_decimal()) == Money(amount)
    assert str(Money(amount)) == Money(amount).to_text()


@given(cents, cents, st.integers(-1000, 1000))
def test_money_adds_up_like_its_cents(one: int, other: int, times: int) -> None:
    assert Money(one) + Money(other) == Money(one + other)
    assert Money(one) - Money(other) == Money(one - other)
    assert -Money(one) == Money(-one)
    assert Money(one) * times == times * Money(one) == Money(one * times)
    assert (Money(one) < Money(other)) == (one < other)
    assert total([Money(one), Money(other)]) == Money(one + other)


def test_nothing_adds_up_to_zero_and_zero_is_false() -> None:
    assert total([]) == ZERO
    assert not ZERO
    assert Money(-1)


@pytest.mark.parametrize("other", [1, 1.0, Decimal(1), "1"])
def test_money_mixes_with_nothing_else(other: Unchecked) -> None:
    for mix in (operator.add, operator.sub, operator.lt):
        with pytest.raises(TypeError):
            mix(Money(1), other)


@pytest.mark.parametrize("times", [1.5, True, Decimal(2), Money(2)])
def test_money_is_multiplied_only_by_a_whole_number(times: Unchecked) -> None:
    with pytest.raises(TypeError):
        Money(1) * times


@pytest.mark.parametrize(
    ("numerator", "denominator", "rounded"),
    [
        (1, 2, 1),
        (-1, 2, -1),
        (3, 2, 2),
        (-3, 2, -2),
        (1, 3, 0),
        (2, 3, 1),
        (-2, 3, -1),
        (0, 7, 0),
        (5, 10, 1),
        (4, 10, 0),
    ],
)
def test_halves_go_away_from_zero(numerator: int, denominator: int, rounded: int) -> None:
    assert half_up(numerator, denominator) == rounded


@given(cents, st.integers(1, 10**6))
def test_half_up_is_never_more_than_half_away_and_mirrors_the_sign(numerator: int, denominator: int) -> None:
    rounded = half_up(numerator, denominator)
    distance = abs(2 * rounded * denominator - 2 * numerator)
    assert distance <= denominator
    assert half_up(-numerator, denominator) == -rounded
    if distance == denominator:
        assert abs(rounded * denominator) > abs(numerator)


@pytest.mark.parametrize("denominator", [0, -1])
def test_nothing_is_divided_by_less_than_one(denominator: int) -> None:
    with pytest.raises(InvalidDivision) as refusal:
        half_up(5, denominator)
    assert (refusal.value.total, refusal.value.divisor) == (5, denominator)


@pytest.mark.parametrize(
    ("amount", "shared_by", "shares"),
    [
        (100, [1, 1, 1], (34, 33, 33)),
        (101, [1, 1, 1], (34, 34, 33)),
        (-100, [1, 1, 1], (-34, -33, -33)),
        (1, [0, 1], (0, 1)),
        (10, [3, 3, 1], (4, 4, 2)),
        (0, [0, 0], (0, 0)),
        (0, [], ()),
    ],
)
def test_the_cents_left_over_go_to_the_largest_remainders_earlier_first(
    amount: int, shared_by: list[int], shares: tuple[int, ...]
) -> None:
    assert largest_remainder(amount, shared_by) == shares


@given(cents, weights)
def test_shares_add_up_to_the_total_and_stay_within_a_cent_of_proportion(amount: int, shared_by: list[int]) -> None:
    if not sum(shared_by):
        shared_by = [*shared_by, 1]
    shares = largest_remainder(amount, shared_by)
    assert sum(shares) == amount
    assert shares == largest_remainder(amount, list(shared_by))
    for share, weight in zip(shares, shared_by, strict=True):
        assert abs(share * sum(shared_by) - amount * weight) < sum(shared_by)
        assert weight or share == 0


@pytest.mark.parametrize(("amount", "shared_by"), [(1, []), (1, [0]), (5, [2, -1]), (0, [-1])])
def test_nothing_is_shared_by_nothing(amount: int, shared_by: list[int]) -> None:
    with pytest.raises(InvalidDivision):
        largest_remainder(amount, shared_by)
