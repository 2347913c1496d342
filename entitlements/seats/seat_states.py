"""State table of a seat: pure, with a named error for every illegal step (F004-21)."""

from typing import Literal

SeatState = Literal["FREE", "INVITED", "CONFIGURED", "DISABLED"]
SeatStep = Literal["invite", "resend", "accept", "disable", "enable", "free"]

SEAT_STATES: tuple[SeatState, ...] = ("FREE", "INVITED", "CONFIGURED", "DISABLED")
SEAT_STEPS: tuple[SeatStep, ...] = ("invite", "resend", "accept", "disable", "enable", "free")

_TABLE: dict[tuple[SeatState, SeatStep], SeatState] = {
    ("FREE", "invite"): "INVITED",
    ("INVITED", "resend"): "INVITED",
    ("INVITED", "accept"): "CONFIGURED",
    ("INVITED", "free"): "FREE",
    ("CONFIGURED", "disable"): "DISABLED",
    ("DISABLED", "enable"): "CONFIGURED",
    # A configured seat is disabled before it is freed: nobody loses their access by one click.
    ("DISABLED", "free"): "FREE",
}


class IllegalSeatStep(Exception):
    """A seat in `state` cannot take `step`."""

    def __init__(self, state: SeatState, step: SeatStep) -> None:
        super().__init__(f"{state} -> {step}")
        self.state = state
        self.step = step


def next_seat_state(state: SeatState, step: SeatStep) -> SeatState:
    """The state after `step`. Raises IllegalSeatStep where the table has no entry."""
    if (state, step) not in _TABLE:
        raise IllegalSeatStep(state, step)
    return _TABLE[state, step]
