"""State table of a deferred-purchase invitation (F003-14 to F003-17): pure, a named error per illegal step.

What ended stays ended, except by money (D11) and by the studio's own act of sending an expired or bounced one again.
"""

from typing import Literal

InvitationState = Literal[
    "SENT",
    "OPENED",
    "IN_PROGRESS",
    "ORDERED",
    "PAID",
    "CREATED",
    "EXPIRED",
    "REVOKED",
    "DECLINED",
    "BOUNCED",
]
InvitationStep = Literal[
    "resend",
    "open",
    "write",
    "order",
    "close_order",
    "pay",
    "return_money",
    "create",
    "expire",
    "revoke",
    "decline",
    "bounce",
]

INVITATION_STATES: tuple[InvitationState, ...] = (
    "SENT",
    "OPENED",
    "IN_PROGRESS",
    "ORDERED",
    "PAID",
    "CREATED",
    "EXPIRED",
    "REVOKED",
    "DECLINED",
    "BOUNCED",
)
OPEN_STATES: tuple[InvitationState, ...] = ("SENT", "OPENED", "IN_PROGRESS")
"""The client has not ordered yet: it may be opened, filled in, declined, revoked, and it expires."""

_TABLE: dict[tuple[InvitationState, InvitationStep], InvitationState] = {
    ("SENT", "resend"): "SENT",
    ("OPENED", "resend"): "OPENED",
    ("IN_PROGRESS", "resend"): "IN_PROGRESS",
    ("EXPIRED", "resend"): "SENT",
    ("BOUNCED", "resend"): "SENT",
    ("SENT", "open"): "OPENED",
    ("OPENED", "open"): "OPENED",
    ("IN_PROGRESS", "open"): "IN_PROGRESS",
    ("SENT", "write"): "IN_PROGRESS",
    ("OPENED", "write"): "IN_PROGRESS",
    ("IN_PROGRESS", "write"): "IN_PROGRESS",
    ("IN_PROGRESS", "order"): "ORDERED",
    ("ORDERED", "close_order"): "IN_PROGRESS",
    ("ORDERED", "pay"): "PAID",
    ("PAID", "return_money"): "ORDERED",
    ("PAID", "create"): "CREATED",
    # Money that arrives late re-opens what had ended by itself, never what somebody ended on purpose (D11).
    ("IN_PROGRESS", "pay"): "PAID",
    ("EXPIRED", "pay"): "PAID",
    ("SENT", "expire"): "EXPIRED",
    ("OPENED", "expire"): "EXPIRED",
    ("IN_PROGRESS", "expire"): "EXPIRED",
    ("SENT", "revoke"): "REVOKED",
    ("OPENED", "revoke"): "REVOKED",
    ("IN_PROGRESS", "revoke"): "REVOKED",
    ("BOUNCED", "revoke"): "REVOKED",
    ("SENT", "decline"): "DECLINED",
    ("OPENED", "decline"): "DECLINED",
    ("IN_PROGRESS", "decline"): "DECLINED",
    ("SENT", "bounce"): "BOUNCED",
    # The server said that nobody is there, and yet somebody came by the link.
    ("BOUNCED", "open"): "OPENED",
    # What arrives again or late changes nothing.
    ("PAID", "pay"): "PAID",
    ("CREATED", "pay"): "CREATED",
    ("CREATED", "create"): "CREATED",
    ("EXPIRED", "expire"): "EXPIRED",
    ("ORDERED", "expire"): "ORDERED",
    ("PAID", "expire"): "PAID",
    ("CREATED", "expire"): "CREATED",
    ("REVOKED", "expire"): "REVOKED",
    ("DECLINED", "expire"): "DECLINED",
    ("BOUNCED", "expire"): "BOUNCED",
    ("REVOKED", "revoke"): "REVOKED",
    ("DECLINED", "decline"): "DECLINED",
    ("BOUNCED", "bounce"): "BOUNCED",
    ("OPENED", "bounce"): "OPENED",
    ("IN_PROGRESS", "bounce"): "IN_PROGRESS",
    ("ORDERED", "bounce"): "ORDERED",
    ("PAID", "bounce"): "PAID",
    ("CREATED", "bounce"): "CREATED",
}


STAGES: tuple[InvitationState, ...] = ("SENT", "OPENED", "IN_PROGRESS", "ORDERED", "CREATED")
"""How far an invitation can come, whatever became of it then."""


class IllegalInvitationStep(Exception):
    """An invitation in `state` cannot take `step`."""

    def __init__(self, state: InvitationState, step: InvitationStep) -> None:
        super().__init__(f"{state} -> {step}")
        self.state = state
        self.step = step


def next_invitation_state(state: InvitationState, step: InvitationStep) -> InvitationState:
    """The state after `step`. Raises IllegalInvitationStep where the table has no entry."""
    if (state, step) not in _TABLE:
        raise IllegalInvitationStep(state, step)
    return _TABLE[state, step]


def farther(reached: InvitationState, state: InvitationState) -> InvitationState:
    """The stage reached once an invitation is in `state`: no way back, and an order that is paid was ordered."""
    stage = "ORDERED" if state == "PAID" else state
    return stage if stage in STAGES and STAGES.index(stage) > STAGES.index(reached) else reached


def may_step(state: InvitationState, step: InvitationStep) -> bool:
    """Whether `step` is in the table for `state` (pages offer only what may be done)."""
    return (state, step) in _TABLE
