"""Letters from the vendor's software, opened by a job from their row (M25).

`company.ready` and `company.failed` say what became of a creation, `service.step_done` that a step is done.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from entitlements import (
    CompanyNotFound,
    Contradiction,
    Ready,
    Refused,
    StepNotFound,
    TickedStep,
    apply_answer,
    tick,
)
from foundation.database import transaction
from foundation.jobs import job
from webhooks.inbox import Letter, close_letter, open_letter

READY = "company.ready"
FAILED = "company.failed"
STEP_DONE = "service.step_done"
_LONGEST_NAME = 200


class UnreadableAnswer(Exception):
    """A signed letter whose body is not what the contract says; `reason` is for the log."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class StepDone:
    """A step of a service, by the service's id and the step's code."""

    licence_id: str
    code: str


def read_answer(letter_type: object, data: object) -> tuple[str, Ready | Refused | StepDone]:
    """Which company a letter is about and what it says. Raises UnreadableAnswer."""
    if not isinstance(data, dict):
        raise UnreadableAnswer("data")
    company = _text(data, "id")
    if letter_type == READY:
        return company, Ready(_text(data, "remote_id"))
    if letter_type == FAILED:
        return company, Refused(str(data.get("reason") or "senza motivo"))
    if letter_type == STEP_DONE:
        return company, StepDone(_text(data, "service_id"), _text(data, "code"))
    raise UnreadableAnswer("type")


@job("letters.provisioning", tries=1_000)
def open_provisioning_letter(letter_id: str) -> None:
    """Apply what the letter says and close it, in one transaction."""
    with transaction() as session:
        letter = open_letter(session, letter_id)
        if letter is not None:
            close_letter(letter, _apply(session, letter))


def _apply(session: Session, letter: Letter) -> str:
    """The verdict. A contradiction is one too: it waits on the support desk, and trying again would not resolve it."""
    company, answer = read_answer(letter.type, letter.payload.get("data"))
    if isinstance(answer, StepDone):
        return _tick(session, company, answer)
    try:
        found = apply_answer(session, UUID(company), answer, "callback")
    except (ValueError, CompanyNotFound):
        return "no such company"
    if isinstance(found, Contradiction):
        return f"contradiction: {found.said} after {found.state}"
    return "applied"


def _tick(session: Session, company: str, done: StepDone) -> str:
    """Note the step; one that was noted before, or belongs to nothing we know, changes nothing."""
    try:
        noted = tick(session, UUID(company), TickedStep(UUID(done.licence_id), done.code, "VENDOR"))
    except (ValueError, StepNotFound):
        return "no such step"
    return "applied" if noted else "known"


def _text(data: dict[Any, Any], name: str) -> str:
    value = data.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST_NAME:
        raise UnreadableAnswer(name)
    return value
