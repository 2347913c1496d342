"""Letters from the vendor's software, `company.ready` and `company.failed` (M25), opened by a job from their row."""

from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from entitlements import CompanyNotFound, Contradiction, Ready, Refused, apply_answer
from foundation.database import transaction
from foundation.jobs import job
from webhooks.inbox import Letter, close_letter, open_letter

READY = "company.ready"
FAILED = "company.failed"
_LONGEST_NAME = 200


class UnreadableAnswer(Exception):
    """A signed letter whose body is not what the contract says; `reason` is for the log."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def read_answer(letter_type: object, data: object) -> tuple[str, Ready | Refused]:
    """Which company a letter is about and what it says. Raises UnreadableAnswer."""
    if not isinstance(data, dict):
        raise UnreadableAnswer("data")
    company = _text(data, "id")
    if letter_type == READY:
        return company, Ready(_text(data, "remote_id"))
    if letter_type == FAILED:
        return company, Refused(str(data.get("reason") or "senza motivo"))
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
    try:
        found = apply_answer(session, UUID(company), answer, "callback")
    except (ValueError, CompanyNotFound):
        return "no such company"
    if isinstance(found, Contradiction):
        return f"contradiction: {found.said} after {found.state}"
    return "applied"


def _text(data: dict[Any, Any], name: str) -> str:
    value = data.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST_NAME:
        raise UnreadableAnswer(name)
    return value
