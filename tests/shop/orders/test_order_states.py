"""The state table of an order (M14, D11): every pair of state and step, written out."""

import itertools
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.orders.order_states import (
    ORDER_STATES,
    IllegalOrderStep,
    OrderState,
    OrderStep,
    may,
    next_order_state,
)

STEPS: tuple[OrderStep, ...] = get_args(OrderStep)
CLOSED = ("CANCELLED", "EXPIRED", "NEEDS_REQUOTE")
PAID = ("PAID", "ON_HOLD", "FULFILLED")

#                     pay       fulfil     hold      release return_money        cancel     expire     requote   revives
TABLE = """
AWAITING_PAYMENT      PAID      -          -         -       -                   CANCELLED  EXPIRED    NEEDS_REQUOTE -
PAID                  PAID      FULFILLED  ON_HOLD   -       AWAITING_PAYMENT    -          PAID       NEEDS_REQUOTE -
ON_HOLD               ON_HOLD   -          -         PAID    AWAITING_PAYMENT    -          ON_HOLD    NEEDS_REQUOTE -
FULFILLED             FULFILLED FULFILLED  -         -       -                   -          FULFILLED  -         -
CANCELLED             -         -          -         -       -                   CANCELLED  CANCELLED  -         PAID
EXPIRED               -         -          -         -       -                   -          EXPIRED    -         PAID
NEEDS_REQUOTE         -         -          -         -       -                   CANCELLED  EXPIRED    -         PAID
"""
EXPECTED: dict[tuple[str, str], str] = {
    (line.split()[0], step): end
    for line in TABLE.strip().splitlines()
    for step, end in zip(STEPS, line.split()[1:], strict=True)
}


def test_the_written_table_has_every_pair() -> None:
    assert set(EXPECTED) == set(itertools.product(ORDER_STATES, STEPS))
    assert get_args(OrderState) == ORDER_STATES


@pytest.mark.parametrize(("state", "step"), sorted(EXPECTED))
def test_a_step_leads_where_the_table_says_or_is_refused_by_name(state: OrderState, step: OrderStep) -> None:
    wanted = EXPECTED[state, step]
    assert may(state, step) is (wanted != "-")
    if wanted != "-":
        assert next_order_state(state, step) == wanted
        return
    with pytest.raises(IllegalOrderStep, match=f"{state} -> {step}") as refused:
        next_order_state(state, step)
    assert (refused.value.state, refused.value.step) == (state, step)


@pytest.mark.parametrize("state", CLOSED)
def test_only_money_opens_a_closed_order_again(state: OrderState) -> None:
    leading_out = {step for step in STEPS if may(state, step) and next_order_state(state, step) not in CLOSED}
    assert leading_out == {"money_revives"}


def test_nothing_leads_out_of_a_fulfilled_order() -> None:
    assert {next_order_state("FULFILLED", step) for step in STEPS if may("FULFILLED", step)} == {"FULFILLED"}


def test_a_paid_order_can_neither_be_cancelled_nor_expire() -> None:
    for state in ("PAID", "ON_HOLD", "FULFILLED"):
        assert not may(state, "cancel")
        assert next_order_state(state, "expire") == state


@given(st.lists(st.sampled_from(STEPS), max_size=30))
def test_whatever_arrives_rights_are_issued_only_after_money(steps: list[OrderStep]) -> None:
    """Walking the table with any events, illegal ones ignored: before FULFILLED there was always a payment."""
    state: OrderState = "AWAITING_PAYMENT"
    money = 0
    for step in steps:
        if not may(state, step):
            continue
        after = next_order_state(state, step)
        if after in PAID and state not in PAID:
            assert step in {"pay", "money_revives"}
            money += 1
        if step == "return_money" or (step == "requote" and state in PAID):
            money -= 1
        state = after
        assert money == (state in PAID)


@given(st.permutations(["pay", "pay", "expire", "expire", "fulfil"]))
def test_the_order_of_repeated_events_decides_nothing_once_money_came_first(rest: list[OrderStep]) -> None:
    state: OrderState = next_order_state("AWAITING_PAYMENT", "pay")
    for step in rest:
        state = next_order_state(state, step)
    assert state == "FULFILLED"
