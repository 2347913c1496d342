"""Attempts: asking the vendor, outside any transaction, and applying what came back (M23, M25)."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from entitlements.activation import company_created, company_refused
from entitlements.companies import Company
from entitlements.provisioning.provisioner import Accepted, Asked, NoAnswer, NotThere, Provisioner, Ready, Refused
from entitlements.provisioning.provisioning_states import is_open, next_provisioning_state
from entitlements.provisioning.requests import ProvisioningRequest, idempotency_key, log_call
from foundation import clock
from foundation.database import JsonObject, refuse_open_transaction, transaction
from foundation.events import Subject, record_event
from foundation.faults import fault_point
from foundation.jobs import RetryLater, defer
from foundation.principal import Principal

ASK_AFTER = timedelta(seconds=60)
LONGEST_PAUSE = timedelta(minutes=15)


class RequestClosed(Exception):
    """The request has ended; there is nothing to retry or to give up."""

    def __init__(self, company_id: UUID, state: str) -> None:
        super().__init__(state)
        self.company_id = company_id
        self.state = state


class VendorSaysReady(Exception):
    """Support wanted to give up, but the vendor, asked first, says that the company exists: it was applied instead."""

    def __init__(self, company_id: UUID) -> None:
        super().__init__(str(company_id))
        self.company_id = company_id


def attempt(company_id: UUID, provisioner: Provisioner) -> None:
    """One try: commit the intent, call, commit the outcome. Raises RetryLater while the answer is unknown."""
    intent = _intend(company_id)
    if intent is None:
        return
    body, tries = intent
    fault_point("provisioning.before_call")
    refuse_open_transaction()
    answer = provisioner.create(idempotency_key(company_id), body)
    fault_point("provisioning.after_call")
    with transaction() as session:
        apply_answer(session, company_id, answer, "call")
    fault_point("provisioning.after_outcome")
    if isinstance(answer, NoAnswer):
        raise RetryLater(answer.problem, min(timedelta(seconds=2) * 2 ** min(tries, 12), LONGEST_PAUSE))


def ask_again(company_id: UUID, provisioner: Provisioner) -> None:
    """After an acceptance: ask what became of it, in case the callback was lost. Raises RetryLater while it is open."""
    with transaction() as session:
        request = session.get_one(ProvisioningRequest, company_id)
        if not is_open(request.state):
            return
    refuse_open_transaction()
    answer = provisioner.ask(str(company_id))
    with transaction() as session:
        if isinstance(answer, NotThere):
            defer(session, "provisioning.call", lock=f"company-{company_id}", company_id=str(company_id))
            return
        apply_answer(session, company_id, answer, "ask")
    if not isinstance(answer, Ready | Refused):
        raise RetryLater("still open", ASK_AFTER)


def give_up(company_id: UUID, provisioner: Provisioner, by: Principal) -> None:
    """Support ends a request for good, after asking the vendor (M9): the coupon comes back.

    Raises RequestClosed, VendorSaysReady, RetryLater (the vendor does not answer, so nobody may give up).
    """
    with transaction() as session:
        request = session.get_one(ProvisioningRequest, company_id)
        if not is_open(request.state):
            raise RequestClosed(company_id, request.state)
    refuse_open_transaction()
    answer = provisioner.ask(str(company_id))
    if isinstance(answer, NoAnswer | Accepted):
        raise RetryLater("the vendor does not say what became of it")
    with transaction() as session:
        if isinstance(answer, Ready):
            apply_answer(session, company_id, answer, "ask")
        else:
            _give_up_for_good(session, company_id, by)
    if isinstance(answer, Ready):
        raise VendorSaysReady(company_id)


def _give_up_for_good(session: Session, company_id: UUID, by: Principal) -> None:
    company = session.get_one(Company, company_id, with_for_update=True)
    request = session.get_one(ProvisioningRequest, company_id, with_for_update=True, populate_existing=True)
    if not is_open(request.state):
        raise RequestClosed(company_id, request.state)
    request.state = next_provisioning_state(request.state, "give_up")
    log_call(session, company_id, "give_up", "GIVEN_UP")
    record_event(session, "company.given_up", Subject("company", company_id, company.requested_by_party_id), by)
    company_refused(session, company_id, "L’assistenza ha chiuso la richiesta.")


def retry_now(session: Session, company_id: UUID) -> None:
    """Support has the vendor asked again at once. Raises RequestClosed."""
    request = session.get_one(ProvisioningRequest, company_id, with_for_update=True)
    if not is_open(request.state):
        raise RequestClosed(company_id, request.state)
    log_call(session, company_id, "retry", request.state)
    defer(session, "provisioning.call", company_id=str(company_id))


def _intend(company_id: UUID) -> tuple[JsonObject, int] | None:
    with transaction() as session:
        request = session.get_one(ProvisioningRequest, company_id, with_for_update=True)
        if not is_open(request.state):
            return None
        request.attempts += 1
        request.last_attempt_at = clock.now()
        log_call(session, company_id, "intent", f"attempt {request.attempts}")
        return request.body, request.attempts


def apply_answer(session: Session, company_id: UUID, answer: Asked, kind: str) -> None:
    """Apply what the vendor said, by answer, question or callback; saying it twice changes nothing.

    The company's row is locked before the request's, everywhere, so that two appliers never wait for each other.
    """
    session.get_one(Company, company_id, with_for_update=True, populate_existing=True)
    request = session.get_one(ProvisioningRequest, company_id, with_for_update=True, populate_existing=True)
    before = request.state
    log_call(session, company_id, kind, _in_words(answer))
    request.last_outcome = _in_words(answer)
    match answer:
        case Ready(remote_id):
            request.state = next_provisioning_state(request.state, "ready")
            company_created(session, company_id, remote_id)
        case Accepted(operation):
            request.state = next_provisioning_state(request.state, "accepted")
            request.operation = operation
            if before != request.state:
                defer(session, "provisioning.ask", after=ASK_AFTER, company_id=str(company_id))
        case Refused(reason):
            request.state = next_provisioning_state(request.state, "refused")
            company_refused(session, company_id, reason)
        case _:
            request.state = next_provisioning_state(request.state, "no_answer")


def _in_words(answer: Asked) -> str:
    match answer:
        case Ready():
            return "ready"
        case Accepted():
            return "accepted"
        case Refused():
            return "refused"
        case NoAnswer(problem):
            return f"no answer: {problem}"
        case _:
            return "not there"
