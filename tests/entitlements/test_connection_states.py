"""The state tables of connections, pair by pair: what is allowed leads where it says, all else is a named error."""

from itertools import product

import pytest

from entitlements.connections.link_states import (
    LINK_STATES,
    LINK_STEPS,
    IllegalLinkStep,
    LinkState,
    LinkStep,
    next_link_state,
)
from entitlements.connections.proposal_states import (
    PROPOSAL_STATES,
    PROPOSAL_STEPS,
    IllegalProposalStep,
    ProposalState,
    ProposalStep,
    next_proposal_state,
)

LINKS: dict[tuple[LinkState, LinkStep], LinkState] = {
    **{(state, "give"): "LINKED" for state in LINK_STATES},
    **{(state, step): "LINKED" for state in ("NONE", "UNLINKED", "LINKED") for step in ("choose", "accept")},
    ("LINKED", "unlink"): "UNLINKED",
    ("UNLINKED", "unlink"): "UNLINKED",
    ("LINKED", "block"): "BLOCKED",
    ("UNLINKED", "block"): "BLOCKED",
    ("BLOCKED", "block"): "BLOCKED",
    ("BLOCKED", "lift"): "NONE",
    ("NONE", "lift"): "NONE",
}
ENDS: dict[ProposalStep, ProposalState] = {
    "accept": "ACCEPTED",
    "decline": "DECLINED",
    "withdraw": "WITHDRAWN",
    "expire": "EXPIRED",
}


@pytest.mark.parametrize(("state", "step"), list(product(LINK_STATES, LINK_STEPS)))
def test_a_link_takes_exactly_the_steps_of_its_table(state: LinkState, step: LinkStep) -> None:
    """D13, D22: what a studio blocked only its own act or its own change of mind opens again."""
    if (state, step) in LINKS:
        assert next_link_state(state, step) == LINKS[state, step]
        return
    with pytest.raises(IllegalLinkStep) as refused:
        next_link_state(state, step)
    assert (refused.value.state, refused.value.step) == (state, step)


@pytest.mark.parametrize(("state", "step"), list(product(PROPOSAL_STATES, PROPOSAL_STEPS)))
def test_a_proposal_ends_once(state: ProposalState, step: ProposalStep) -> None:
    if state in {"OPEN", ENDS[step]}:
        assert next_proposal_state(state, step) == ENDS[step]
        return
    with pytest.raises(IllegalProposalStep) as refused:
        next_proposal_state(state, step)
    assert (refused.value.state, refused.value.step) == (state, step)
