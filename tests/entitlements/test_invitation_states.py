"""The state table of an invitation, pair by pair: what is allowed leads where it says, all else is a named error."""

from itertools import product
from typing import get_args

import pytest

from entitlements.invitations.invitation_states import (
    INVITATION_STATES,
    OPEN_STATES,
    STAGES,
    IllegalInvitationStep,
    InvitationState,
    InvitationStep,
    farther,
    may_step,
    next_invitation_state,
)

STEPS: tuple[InvitationStep, ...] = get_args(InvitationStep)
CLOSED: tuple[InvitationState, ...] = ("EXPIRED", "REVOKED", "DECLINED", "BOUNCED")
BOUGHT: tuple[InvitationState, ...] = ("ORDERED", "PAID", "CREATED")
TABLE: dict[tuple[InvitationState, InvitationStep], InvitationState] = {
    **{(state, "resend"): state for state in OPEN_STATES},
    ("EXPIRED", "resend"): "SENT",
    ("BOUNCED", "resend"): "SENT",
    ("SENT", "open"): "OPENED",
    ("OPENED", "open"): "OPENED",
    ("IN_PROGRESS", "open"): "IN_PROGRESS",
    ("BOUNCED", "open"): "OPENED",
    **{(state, "write"): "IN_PROGRESS" for state in OPEN_STATES},
    ("IN_PROGRESS", "order"): "ORDERED",
    ("ORDERED", "close_order"): "IN_PROGRESS",
    ("ORDERED", "pay"): "PAID",
    ("IN_PROGRESS", "pay"): "PAID",
    ("EXPIRED", "pay"): "PAID",
    ("PAID", "return_money"): "ORDERED",
    ("PAID", "create"): "CREATED",
    **{(state, "expire"): "EXPIRED" for state in OPEN_STATES},
    **{(state, "revoke"): "REVOKED" for state in (*OPEN_STATES, "BOUNCED", "REVOKED")},
    **{(state, "decline"): "DECLINED" for state in (*OPEN_STATES, "DECLINED")},
    ("SENT", "bounce"): "BOUNCED",
    **{(state, "bounce"): state for state in ("OPENED", "IN_PROGRESS", "BOUNCED", *BOUGHT)},
    **{(state, "expire"): state for state in (*BOUGHT, *CLOSED)},
    ("PAID", "pay"): "PAID",
    ("CREATED", "pay"): "CREATED",
    ("CREATED", "create"): "CREATED",
}


@pytest.mark.parametrize(("state", "step"), list(product(INVITATION_STATES, STEPS)))
def test_an_invitation_takes_only_the_steps_of_its_table(state: InvitationState, step: InvitationStep) -> None:
    if (state, step) in TABLE:
        assert next_invitation_state(state, step) == TABLE[state, step]
        return
    assert not may_step(state, step)
    with pytest.raises(IllegalInvitationStep) as refused:
        next_invitation_state(state, step)
    assert (refused.value.state, refused.value.step) == (state, step)


@pytest.mark.parametrize("state", ["REVOKED", "DECLINED"])
def test_what_somebody_ended_on_purpose_is_not_opened_by_money(state: InvitationState) -> None:
    """D11: money that arrives then goes to a person."""
    assert not may_step(state, "pay")


@pytest.mark.parametrize(("reached", "state"), list(product(STAGES, INVITATION_STATES)))
def test_an_invitation_has_never_come_less_far_than_before(reached: InvitationState, state: InvitationState) -> None:
    """F003-14: the figures of the funnel count what was reached, also by invitations that ended since."""
    now = farther(reached, state)
    assert now in {reached, "ORDERED" if state == "PAID" else state}
    assert STAGES.index(now) >= STAGES.index(reached)
    if state in STAGES:
        assert STAGES.index(now) >= STAGES.index(state)
