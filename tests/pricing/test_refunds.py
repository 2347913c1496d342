import pytest
from hypothesis import given
from hypothesis import strategies as st

from pricing import Money, RefundExceedsLine, refund_share

frozen_lines = st.integers(-(10**9), 10**9).map(Money)


def test_giving_back_one_of_101_gives_a_share_of_what_was_paid_and_never_a_new_price() -> None:
    assert refund_share(Money(10_100), 101, 0, 1) == Money(100)


def test_a_cent_that_does_not_divide_goes_back_where_the_running_sum_passes_it() -> None:
    assert [refund_share(Money(100), 3, done, 1).cents for done in (0, 1, 2)] == [33, 34, 33]
    assert refund_share(Money(-100), 3, 0, 2) == Money(-67)


def test_the_vat_of_what_is_left_of_a_pack_is_what_the_rate_says() -> None:
    """By unit it would be 2.90: the earliest units would have taken all the cents that do not divide."""
    assert refund_share(Money(440), 100, 30, 70) == Money(308)


def test_nothing_of_nothing_is_nothing() -> None:
    assert refund_share(Money(0), 0, 0, 0) == Money(0)
    assert refund_share(Money(500), 3, 1, 0) == Money(0)


@pytest.mark.parametrize(("done", "more"), [(0, 4), (3, 1), (2, 2), (1, -1), (-1, 2)])
def test_no_more_goes_back_than_was_sold(done: int, more: int) -> None:
    with pytest.raises(RefundExceedsLine) as refusal:
        refund_share(Money(100), 3, done, more)
    assert (refusal.value.quantity, refusal.value.already_refunded, refusal.value.refunding) == (3, done, more)


@given(frozen_lines, st.integers(1, 10_000), st.data())
def test_any_sequence_gives_back_the_line_exactly_and_each_share_is_within_a_cent(
    frozen: Money, whole: int, data: st.DataObject
) -> None:
    stops = sorted(data.draw(st.sets(st.integers(1, whole), max_size=60)) | {whole})
    total = 0
    for done, stop in zip([0, *stops], stops, strict=False):
        share = refund_share(frozen, whole, done, stop - done).cents
        assert abs(share * whole - frozen.cents * (stop - done)) <= whole
        total += share
    assert total == frozen.cents
