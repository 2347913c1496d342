"""Agreed discounts: rounded once, half-up to the cent, and never more than the whole (F004-26)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pricing import Money, RequestedLine, TierTable
from pricing.discounts import discount_on, discounted
from pricing.errors import InvalidDivision
from tests.pricing.values import prices

shares = st.integers(0, 10_000)


@pytest.mark.parametrize(
    ("net_cents", "basis_points", "taken_cents"),
    [
        (2_990, 1_000, 299),
        (1_495, 1_000, 150),
        (1_494, 1_000, 149),
        (5, 1_000, 1),
        (4, 1_000, 0),
        (2_990, 10_000, 2_990),
    ],
)
def test_a_share_of_a_price_is_rounded_half_up_to_the_cent(net_cents: int, basis_points: int, taken_cents: int) -> None:
    assert discount_on(Money(net_cents), basis_points) == Money(taken_cents)


@pytest.mark.parametrize("basis_points", [-1, 10_001])
def test_a_share_below_nothing_or_above_the_whole_is_refused(basis_points: int) -> None:
    with pytest.raises(InvalidDivision):
        discount_on(Money(100), basis_points)


@given(net=prices, share=shares)
def test_a_discount_is_never_more_than_the_price_and_off_by_half_a_cent_at_most(net: Money, share: int) -> None:
    taken = discount_on(net, share)
    assert Money(0) <= taken <= net
    assert abs(taken.cents * 10_000 - net.cents * share) <= 5_000


def test_a_discount_stands_on_the_line_with_its_code() -> None:
    line = RequestedLine("X", 2, TierTable.flat(Money(1_495)), "22")
    (adjustment,) = discounted(line, "ORDER-10", "Agreement", 1_000).adjustments
    assert (adjustment.code, adjustment.description, adjustment.net) == ("ORDER-10", "Agreement", Money(-299))


def test_a_discount_of_less_than_a_cent_leaves_the_line_as_it_is() -> None:
    line = RequestedLine("X", 1, TierTable.flat(Money(4)), "22")
    assert discounted(line, "ORDER-10", "Agreement", 1_000) is line
