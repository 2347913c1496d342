"""State table of a studio's link with a company (M5, D13, D22): pure, with a named error for every illegal step.

`give` is the studio's own act (coupon, invitation, migration): it also takes back the studio's block. `choose` is the
company's pick in the directory and `accept` a request that was accepted; neither gets past a block.
"""

from typing import Literal

LinkState = Literal["NONE", "LINKED", "UNLINKED", "BLOCKED"]
LinkStep = Literal["give", "choose", "accept", "unlink", "block", "lift"]

LINK_STATES: tuple[LinkState, ...] = ("NONE", "LINKED", "UNLINKED", "BLOCKED")
LINK_STEPS: tuple[LinkStep, ...] = ("give", "choose", "accept", "unlink", "block", "lift")

_TABLE: dict[tuple[LinkState, LinkStep], LinkState] = {
    ("NONE", "give"): "LINKED",
    ("UNLINKED", "give"): "LINKED",
    ("LINKED", "give"): "LINKED",
    ("BLOCKED", "give"): "LINKED",
    ("NONE", "choose"): "LINKED",
    ("UNLINKED", "choose"): "LINKED",
    ("LINKED", "choose"): "LINKED",
    ("NONE", "accept"): "LINKED",
    ("UNLINKED", "accept"): "LINKED",
    ("LINKED", "accept"): "LINKED",
    ("LINKED", "unlink"): "UNLINKED",
    ("UNLINKED", "unlink"): "UNLINKED",
    ("LINKED", "block"): "BLOCKED",
    ("UNLINKED", "block"): "BLOCKED",
    ("BLOCKED", "block"): "BLOCKED",
    ("BLOCKED", "lift"): "NONE",
    ("NONE", "lift"): "NONE",
}


class IllegalLinkStep(Exception):
    """A link in `state` cannot take `step`."""

    def __init__(self, state: LinkState, step: LinkStep) -> None:
        super().__init__(f"{state} -> {step}")
        self.state = state
        self.step = step


def next_link_state(state: LinkState, step: LinkStep) -> LinkState:
    """The state after `step`. Raises IllegalLinkStep where the table has no entry."""
    if (state, step) not in _TABLE:
        raise IllegalLinkStep(state, step)
    return _TABLE[state, step]
