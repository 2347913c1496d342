"""State table of a coupon (M9): pure, with a named error for every illegal step."""

from typing import Literal

CouponState = Literal["AVAILABLE", "ACTIVATING", "ASSIGNED", "ACTIVE", "VOIDED", "EXPIRED"]
CouponStep = Literal["activate", "company_created", "company_refused", "assign", "licence_started", "void", "expire"]

COUPON_STATES: tuple[CouponState, ...] = ("AVAILABLE", "ACTIVATING", "ASSIGNED", "ACTIVE", "VOIDED", "EXPIRED")
COUPON_STEPS: tuple[CouponStep, ...] = (
    "activate",
    "company_created",
    "company_refused",
    "assign",
    "licence_started",
    "void",
    "expire",
)

_TABLE: dict[tuple[CouponState, CouponStep], CouponState] = {
    ("AVAILABLE", "activate"): "ACTIVATING",
    ("ACTIVATING", "company_created"): "ACTIVE",
    # Only a definitive refusal brings a coupon back: no company ever existed, so nothing is reversed (M9).
    ("ACTIVATING", "company_refused"): "AVAILABLE",
    ("AVAILABLE", "assign"): "ASSIGNED",
    ("ASSIGNED", "licence_started"): "ACTIVE",
    ("AVAILABLE", "void"): "VOIDED",
    ("AVAILABLE", "expire"): "EXPIRED",
    ("ACTIVE", "company_created"): "ACTIVE",
    ("VOIDED", "void"): "VOIDED",
    ("EXPIRED", "expire"): "EXPIRED",
}


class IllegalCouponStep(Exception):
    """A coupon in `state` cannot take `step`."""

    def __init__(self, state: CouponState, step: CouponStep) -> None:
        super().__init__(f"{state} -> {step}")
        self.state = state
        self.step = step


def next_coupon_state(state: CouponState, step: CouponStep) -> CouponState:
    """The state after `step`. Raises IllegalCouponStep where the table has no entry (D16, F000-03/04)."""
    if (state, step) not in _TABLE:
        raise IllegalCouponStep(state, step)
    return _TABLE[state, step]
