"""State table of an order (M14): pure, a named error per illegal step. Only money re-opens what is closed (D11)."""

from typing import Literal

OrderState = Literal["AWAITING_PAYMENT", "PAID", "ON_HOLD", "FULFILLED", "CANCELLED", "EXPIRED", "NEEDS_REQUOTE"]
OrderStep = Literal["pay", "fulfil", "hold", "release", "return_money", "cancel", "expire", "requote", "money_revives"]

ORDER_STATES: tuple[OrderState, ...] = (
    "AWAITING_PAYMENT",
    "PAID",
    "ON_HOLD",
    "FULFILLED",
    "CANCELLED",
    "EXPIRED",
    "NEEDS_REQUOTE",
)
CLOSED: frozenset[OrderState] = frozenset({"CANCELLED", "EXPIRED", "NEEDS_REQUOTE"})
"""States that only money re-opens (D11)."""

_TABLE: dict[tuple[OrderState, OrderStep], OrderState] = {
    ("AWAITING_PAYMENT", "pay"): "PAID",
    ("AWAITING_PAYMENT", "cancel"): "CANCELLED",
    ("AWAITING_PAYMENT", "expire"): "EXPIRED",
    ("AWAITING_PAYMENT", "requote"): "NEEDS_REQUOTE",
    # Paid, but a service it extends moved before it was fulfilled: the money goes back, nobody is charged (M14, D11).
    ("PAID", "requote"): "NEEDS_REQUOTE",
    ("ON_HOLD", "requote"): "NEEDS_REQUOTE",
    ("NEEDS_REQUOTE", "cancel"): "CANCELLED",
    ("NEEDS_REQUOTE", "expire"): "EXPIRED",
    ("PAID", "fulfil"): "FULFILLED",
    ("PAID", "hold"): "ON_HOLD",
    ("ON_HOLD", "release"): "PAID",
    # A transfer that came back inside its window stops fulfilment (D9).
    ("PAID", "return_money"): "AWAITING_PAYMENT",
    ("ON_HOLD", "return_money"): "AWAITING_PAYMENT",
    # Money that arrives on a closed order re-opens it where it is still sellable at the same price (D11).
    ("CANCELLED", "money_revives"): "PAID",
    ("EXPIRED", "money_revives"): "PAID",
    ("NEEDS_REQUOTE", "money_revives"): "PAID",
    # What arrives again changes nothing.
    ("PAID", "pay"): "PAID",
    ("ON_HOLD", "pay"): "ON_HOLD",
    ("FULFILLED", "pay"): "FULFILLED",
    ("FULFILLED", "fulfil"): "FULFILLED",
    ("CANCELLED", "cancel"): "CANCELLED",
    ("EXPIRED", "expire"): "EXPIRED",
    ("PAID", "expire"): "PAID",
    ("ON_HOLD", "expire"): "ON_HOLD",
    ("FULFILLED", "expire"): "FULFILLED",
    ("CANCELLED", "expire"): "CANCELLED",
}


class IllegalOrderStep(Exception):
    """An order in `state` cannot take `step`."""

    def __init__(self, state: OrderState, step: OrderStep) -> None:
        super().__init__(f"{state} -> {step}")
        self.state = state
        self.step = step


def next_order_state(state: OrderState, step: OrderStep) -> OrderState:
    """The state after `step`. Raises IllegalOrderStep where the table has no entry."""
    if (state, step) not in _TABLE:
        raise IllegalOrderStep(state, step)
    return _TABLE[state, step]


def may(state: OrderState, step: OrderStep) -> bool:
    """Whether `step` is in the table for `state` (pages offer only what may be done)."""
    return (state, step) in _TABLE
