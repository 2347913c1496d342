"""State table of a proposal: a request to link, a handover of the payer role, a move to another studio (D22).

Every end is terminal. Saying the same again changes nothing; saying something else is an error of its own.
"""

from typing import Literal

ProposalState = Literal["OPEN", "ACCEPTED", "DECLINED", "WITHDRAWN", "EXPIRED"]
ProposalStep = Literal["accept", "decline", "withdraw", "expire"]

PROPOSAL_STATES: tuple[ProposalState, ...] = ("OPEN", "ACCEPTED", "DECLINED", "WITHDRAWN", "EXPIRED")
PROPOSAL_STEPS: tuple[ProposalStep, ...] = ("accept", "decline", "withdraw", "expire")

_ENDS: dict[ProposalStep, ProposalState] = {
    "accept": "ACCEPTED",
    "decline": "DECLINED",
    "withdraw": "WITHDRAWN",
    "expire": "EXPIRED",
}


class IllegalProposalStep(Exception):
    """A proposal in `state` cannot take `step`."""

    def __init__(self, state: ProposalState, step: ProposalStep) -> None:
        super().__init__(f"{state} -> {step}")
        self.state = state
        self.step = step


def next_proposal_state(state: ProposalState, step: ProposalStep) -> ProposalState:
    """The state after `step`. Raises IllegalProposalStep for a proposal that ended otherwise."""
    if state not in {"OPEN", _ENDS[step]}:
        raise IllegalProposalStep(state, step)
    return _ENDS[step]
