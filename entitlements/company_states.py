"""State table of a company: pure, with a named error for every illegal step."""

from typing import Literal

CompanyState = Literal["PROVISIONING", "READY", "REJECTED"]
CompanyStep = Literal["created", "refused"]

COMPANY_STATES: tuple[CompanyState, ...] = ("PROVISIONING", "READY", "REJECTED")
COMPANY_STEPS: tuple[CompanyStep, ...] = ("created", "refused")

_TABLE: dict[tuple[CompanyState, CompanyStep], CompanyState] = {
    ("PROVISIONING", "created"): "READY",
    ("PROVISIONING", "refused"): "REJECTED",
    # What arrives again or late changes nothing: terminal states never re-open (house rule 6).
    ("READY", "created"): "READY",
    ("REJECTED", "refused"): "REJECTED",
}


class IllegalCompanyStep(Exception):
    """A company in `state` cannot take `step`."""

    def __init__(self, state: CompanyState, step: CompanyStep) -> None:
        super().__init__(f"{state} -> {step}")
        self.state = state
        self.step = step


def next_company_state(state: CompanyState, step: CompanyStep) -> CompanyState:
    """The state after `step`. Raises IllegalCompanyStep where the table has no entry (a person then looks)."""
    if (state, step) not in _TABLE:
        raise IllegalCompanyStep(state, step)
    return _TABLE[state, step]
