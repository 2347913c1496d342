"""Answers: what the vendor said is applied once, whoever brings it: the call, a question, or a callback (M25)."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from entitlements.activation import company_created, company_refused
from entitlements.companies import Company, CompanyNotFound
from entitlements.provisioning.provisioner import Accepted, Asked, NotThere, Ready, Refused, in_words
from entitlements.provisioning.provisioning_states import (
    IllegalProvisioningStep,
    ProvisioningStep,
    next_provisioning_state,
)
from entitlements.provisioning.requests import ProvisioningRequest, ask_after, contradict, log_call

ASK_AFTER = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Contradiction:
    """The vendor said the opposite of what it had said before. Nothing was changed; a person looks at the desk."""

    company_id: UUID
    state: str
    said: str


def apply_answer(session: Session, company_id: UUID, answer: Asked, kind: str) -> Contradiction | None:
    """Apply what the vendor said; saying it twice changes nothing. Raises CompanyNotFound.

    `kind` is how it was said: call, ask or callback. An answer that contradicts an earlier one is kept for the desk and
    returned, never raised: repeating the job would not make it less contradictory.
    """
    company, request = locked_request(session, company_id)
    said = in_words(answer)
    log_call(session, company_id, kind, said)
    before = request.state
    try:
        state = next_provisioning_state(before, _step(answer))
    except IllegalProvisioningStep:
        return _contradicted(session, request, said)
    if isinstance(answer, Ready) and company.remote_id not in {None, answer.remote_id}:
        return _contradicted(session, request, f"{said} under another name")
    if state == before and state in {"DONE", "REFUSED", "GIVEN_UP"}:
        return None
    request.state, request.last_outcome = state, said
    match answer:
        case Ready(remote_id):
            company_created(session, company_id, remote_id)
        case Refused(reason):
            company_refused(session, company_id, reason)
        case Accepted(operation):
            request.operation = operation
            if before != state:
                ask_after(session, company_id, ASK_AFTER)
    return None


def locked_request(session: Session, company_id: UUID) -> tuple[Company, ProvisioningRequest]:
    """A company and its request, locked in this order everywhere, so that two appliers never wait for each other.

    Raises CompanyNotFound.
    """
    company = session.get(Company, company_id, with_for_update=True, populate_existing=True)
    if company is None:
        raise CompanyNotFound(company_id)
    request = session.get_one(ProvisioningRequest, company_id, with_for_update=True, populate_existing=True)
    return company, request


def settle_contradiction(session: Session, company_id: UUID, note: str) -> None:
    """A person has looked at what the vendor contradicted; `note` names the person in the step ledger."""
    _, request = locked_request(session, company_id)
    if request.contradiction is not None:
        log_call(session, company_id, "settled", note)
        request.contradiction = None


def _contradicted(session: Session, request: ProvisioningRequest, said: str) -> Contradiction:
    contradict(session, request, f"{said} after {request.state}")
    return Contradiction(request.company_id, request.state, said)


def _step(answer: Asked) -> ProvisioningStep:
    match answer:
        case Ready():
            return "ready"
        case Accepted():
            return "accepted"
        case Refused():
            return "refused"
        case NotThere():
            return "not_there"
        case _:
            return "no_answer"
