"""State table of a provisioning request: pure. What the vendor says, late or again, decides; terminal states stay."""

from typing import Literal

ProvisioningState = Literal["PENDING", "ACCEPTED", "UNKNOWN", "DONE", "REFUSED", "GIVEN_UP"]
ProvisioningStep = Literal["ready", "accepted", "refused", "no_answer", "not_there", "give_up"]

PROVISIONING_STATES: tuple[ProvisioningState, ...] = (
    "PENDING",
    "ACCEPTED",
    "UNKNOWN",
    "DONE",
    "REFUSED",
    "GIVEN_UP",
)
PROVISIONING_STEPS: tuple[ProvisioningStep, ...] = (
    "ready",
    "accepted",
    "refused",
    "no_answer",
    "not_there",
    "give_up",
)

_OPEN: tuple[ProvisioningState, ...] = ("PENDING", "ACCEPTED", "UNKNOWN")
_ENDS: dict[ProvisioningStep, ProvisioningState] = {
    "ready": "DONE",
    "accepted": "ACCEPTED",
    "refused": "REFUSED",
    "no_answer": "UNKNOWN",
    # Somebody who accepted and now knows of nothing has lost it: it must be asked for again.
    "not_there": "UNKNOWN",
    "give_up": "GIVEN_UP",
}
_TABLE: dict[tuple[ProvisioningState, ProvisioningStep], ProvisioningState] = {
    (state, step): end for state in _OPEN for step, end in _ENDS.items()
}
_TABLE |= {
    # Repeated answers change nothing; a silence after an acceptance is still an acceptance.
    ("ACCEPTED", "no_answer"): "ACCEPTED",
    ("DONE", "ready"): "DONE",
    ("DONE", "accepted"): "DONE",
    ("DONE", "no_answer"): "DONE",
    ("DONE", "not_there"): "DONE",
    ("REFUSED", "refused"): "REFUSED",
    # A callback may overtake the acceptance it follows.
    ("REFUSED", "accepted"): "REFUSED",
    ("REFUSED", "no_answer"): "REFUSED",
    ("REFUSED", "not_there"): "REFUSED",
    ("GIVEN_UP", "refused"): "GIVEN_UP",
    ("GIVEN_UP", "no_answer"): "GIVEN_UP",
    ("GIVEN_UP", "not_there"): "GIVEN_UP",
}


class IllegalProvisioningStep(Exception):
    """A request in `state` cannot take `step`: the vendor contradicts itself, a person must look."""

    def __init__(self, state: ProvisioningState, step: ProvisioningStep) -> None:
        super().__init__(f"{state} -> {step}")
        self.state = state
        self.step = step


def next_provisioning_state(state: ProvisioningState, step: ProvisioningStep) -> ProvisioningState:
    """The state after `step`. Raises IllegalProvisioningStep where the table has no entry."""
    if (state, step) not in _TABLE:
        raise IllegalProvisioningStep(state, step)
    return _TABLE[state, step]


def is_open(state: ProvisioningState) -> bool:
    """Whether the vendor may still be asked."""
    return state in _OPEN
