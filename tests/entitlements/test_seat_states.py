"""The state table of a seat, pair by pair: what is allowed leads where it says, all else is a named error."""

import pytest

from entitlements.seats.seat_states import (
    SEAT_STATES,
    SEAT_STEPS,
    IllegalSeatStep,
    SeatState,
    SeatStep,
    next_seat_state,
)

ALLOWED: dict[tuple[str, str], str] = {
    ("FREE", "invite"): "INVITED",
    ("INVITED", "resend"): "INVITED",
    ("INVITED", "accept"): "CONFIGURED",
    ("INVITED", "free"): "FREE",
    ("CONFIGURED", "disable"): "DISABLED",
    ("DISABLED", "enable"): "CONFIGURED",
    ("DISABLED", "free"): "FREE",
}


@pytest.mark.parametrize("pair", ALLOWED, ids=" ".join)
def test_a_seat_is_invited_disabled_enabled_and_freed(pair: tuple[SeatState, SeatStep]) -> None:
    assert next_seat_state(*pair) == ALLOWED[pair]


def test_every_other_step_is_refused_and_nobody_loses_a_seat_by_one() -> None:
    for state in SEAT_STATES:
        for step in (step for step in SEAT_STEPS if (state, step) not in ALLOWED):
            with pytest.raises(IllegalSeatStep) as refused:
                next_seat_state(state, step)
            assert (refused.value.state, refused.value.step) == (state, step)
    assert ("CONFIGURED", "free") not in ALLOWED
