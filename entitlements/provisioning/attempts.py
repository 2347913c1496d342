"""Attempts: asking the vendor, outside any transaction, and applying what came back (M23, M25)."""

from uuid import UUID

from entitlements.provisioning.answers import ASK_AFTER, apply_answer, locked_request
from entitlements.provisioning.provisioner import (
    LONGEST_PAUSE,
    NoAnswer,
    NotThere,
    Provisioner,
    Ready,
    Refused,
    pause_before,
)
from entitlements.provisioning.provisioning_states import is_open
from entitlements.provisioning.requests import ProvisioningRequest, ask_for_creation, idempotency_key, log_call
from foundation import clock
from foundation.database import JsonObject, refuse_open_transaction, transaction
from foundation.faults import fault_point
from foundation.jobs import RetryLater


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
        raise RetryLater(answer.problem, pause_before(tries))


def ask_again(company_id: UUID, provisioner: Provisioner) -> None:
    """After an acceptance: ask what became of it, in case the callback was lost. Raises RetryLater while it is open."""
    with transaction() as session:
        request = session.get_one(ProvisioningRequest, company_id)
        if not is_open(request.state):
            return
        waited = clock.now() - (request.last_attempt_at or request.requested_at)
    fault_point("provisioning.before_ask")
    refuse_open_transaction()
    answer = provisioner.ask(str(company_id))
    fault_point("provisioning.after_ask")
    with transaction() as session:
        apply_answer(session, company_id, answer, "ask")
        if isinstance(answer, NotThere):
            ask_for_creation(session, company_id)
            return
    if not isinstance(answer, Ready | Refused):
        raise RetryLater("still open", min(max(ASK_AFTER, waited / 4), LONGEST_PAUSE))


def _intend(company_id: UUID) -> tuple[JsonObject, int] | None:
    with transaction() as session:
        _, request = locked_request(session, company_id)
        if not is_open(request.state):
            return None
        request.attempts += 1
        request.last_attempt_at = clock.now()
        log_call(session, company_id, "intent", f"attempt {request.attempts}")
        return request.body, request.attempts
