import pytest
from hypothesis import given
from hypothesis import strategies as st

from pricing import InvalidQuantity, LineAmounts, Money, RefundExceedsLine, largest_remainder, refund_line, refund_share
from tests.pricing.values import Unchecked

frozen_lines = st.integers(-(10**9), 10**9).map(Money)


def test_giving_back_one_of_101_gives_a_share_of_what_was_paid_and_never_a_new_price() -> None:
    assert refund_share(Money(10_100), 101, 0, 1) == Money(100)


def test_a_cent_that_does_not_divide_goes_back_with_the_first_units() -> None:
    assert [refund_share(Money(100), 3, done, 1).cents for done in (0, 1, 2)] == [34, 33, 33]
    assert refund_share(Money(-100), 3, 0, 2) == Money(-67)


def test_net_and_vat_of_a_line_each_go_back_exactly() -> None:
    line = LineAmounts(Money(23_331), Money(5_133))
    first, rest = refund_line(line, 7, 0, 2), refund_line(line, 7, 2, 5)
    assert (first.net, first.vat, first.gross) == (Money(6_666), Money(1_468), Money(8_134))
    assert (first.net + rest.net, first.vat + rest.vat, first.gross + rest.gross) == (line.net, line.vat, line.gross)


@pytest.mark.parametrize(("done", "more"), [(0, 4), (3, 1), (2, 2), (0, 0), (1, -1), (-1, 2)])
def test_no_more_units_go_back_than_were_sold(done: int, more: int) -> None:
    with pytest.raises(RefundExceedsLine) as refusal:
        refund_share(Money(100), 3, done, more)
    assert (refusal.value.quantity, refusal.value.already_refunded, refusal.value.refunding) == (3, done, more)


@pytest.mark.parametrize("quantity", [0, 1.0, True])
def test_a_line_without_a_whole_quantity_has_no_share(quantity: Unchecked) -> None:
    with pytest.raises(InvalidQuantity):
        refund_share(Money(100), quantity, 0, 1)


@given(frozen_lines, st.integers(1, 60), st.data())
def test_any_sequence_of_refunds_gives_back_the_line_exactly(frozen: Money, quantity: int, data: st.DataObject) -> None:
    cuts = data.draw(st.sets(st.integers(1, quantity)))
    stops = sorted(cuts | {quantity})
    given_back = [
        refund_share(frozen, quantity, done, stop - done) for done, stop in zip([0, *stops], stops, strict=False)
    ]
    assert sum(part.cents for part in given_back) == frozen.cents
    assert all(abs(part.cents) <= abs(frozen.cents) for part in given_back)
    one_by_one = [refund_share(frozen, quantity, done, 1).cents for done in range(quantity)]
    assert tuple(one_by_one) == largest_remainder(frozen.cents, [1] * quantity)
