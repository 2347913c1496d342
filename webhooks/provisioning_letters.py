"""Letters from the vendor's software, opened by a job from their row (M25).

`company.ready` and `company.failed` say what became of a creation, `service.step_done` that a step is done.
"""

from dataclasses import dataclass
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
from webhooks.unreadable import Unreadable

READY = "company.ready"
FAILED = "company.failed"
STEP_DONE = "service.step_done"
_TEXTS = {READY: ("id", "remote_id"), FAILED: ("id",), STEP_DONE: ("id", "service_id", "code")}
_LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class StepDone:
    """A step of a service, by the service's id and the step's code."""

    licence_id: str
    code: str


def read_answer(letter_type: object, data: object) -> tuple[str, Ready | Refused | StepDone]:
    """Which company a letter is about and what it says. Raises Unreadable."""
    wanted = _TEXTS.get(letter_type) if isinstance(letter_type, str) else None
    if wanted is None:
        raise Unreadable({"/type": "not_a_choice:" + ", ".join(_TEXTS)})
    if not isinstance(data, dict):
        raise Unreadable({"/data": "not_an_object"})
    wrong = {f"/data/{name}": code for name in wanted if (code := _fault_of(data.get(name)))}
    if wrong:
        raise Unreadable(wrong)
    company, *texts = (data[name] for name in wanted)
    if letter_type == READY:
        return company, Ready(*texts)
    if letter_type == STEP_DONE:
        return company, StepDone(*texts)
    return company, Refused(str(data.get("reason") or "senza motivo"))


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


def _fault_of(value: object) -> str | None:
    """What is wrong with a name, as a code of the API."""
    if value is None:
        return "required"
    if not isinstance(value, str):
        return "not_a_text"
    return None if 0 < len(value) <= _LONGEST_NAME else f"length:1:{_LONGEST_NAME}"
