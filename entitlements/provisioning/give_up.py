"""What a person at the support desk may do: have a request tried at once, or ended (M9); a change told again (M25)."""

from datetime import timedelta
from typing import Literal
from uuid import UUID

from sqlalchemy.orm import Session

from entitlements.activation import company_refused
from entitlements.provisioning.answers import apply_answer, locked_request
from entitlements.provisioning.changes import CHANGE, announce_change, is_unheard
from entitlements.provisioning.provisioner import Accepted, NotThere, Provisioner, Ready, Refused
from entitlements.provisioning.provisioning_states import is_open, next_provisioning_state
from entitlements.provisioning.requests import (
    ProvisioningRequest,
    ask_for_creation,
    ask_what_became,
    calls_of,
    log_call,
)
from foundation import clock
from foundation.database import refuse_open_transaction, transaction
from foundation.events import Subject, record_event
from foundation.faults import fault_point
from foundation.principal import Principal

# Longer than a call may last, so that an intent without an outcome that is older belongs to a process that died.
CALL_UNDER_WAY = timedelta(seconds=60)
CLOSED_BY_SUPPORT = "L’assistenza ha chiuso la richiesta."


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


class VendorUndecided(Exception):
    """The vendor is silent or still at work, so nobody may give up: the company could yet come to exist."""

    def __init__(self, company_id: UUID, why: Literal["silent", "working"]) -> None:
        super().__init__(why)
        self.company_id = company_id
        self.why = why


class NothingToTell(Exception):
    """The vendor has heard the newest change of this company."""

    def __init__(self, company_id: UUID) -> None:
        super().__init__(str(company_id))
        self.company_id = company_id


def tell_again(session: Session, company_id: UUID) -> None:
    """Support has the vendor told once more what a company may do: a letter of today, under a key of its own (M25).

    What the desk showed of a change is settled with it. Raises CompanyNotFound, NothingToTell.
    """
    company, request = locked_request(session, company_id)
    if company.state != "READY" or not is_unheard(session, company_id):
        raise NothingToTell(company_id)
    log_call(session, company_id, "tell_again", "")
    if request.contradiction is not None and request.contradiction.startswith(f"{CHANGE} "):
        request.contradiction = None
    announce_change(session, company_id)


def retry_now(session: Session, company_id: UUID) -> None:
    """Support has the vendor asked again at once. Raises CompanyNotFound, RequestClosed."""
    _, request = locked_request(session, company_id)
    if not is_open(request.state):
        raise RequestClosed(company_id, request.state)
    log_call(session, company_id, "retry", request.state)
    if request.state == "ACCEPTED":
        ask_what_became(session, company_id)
    else:
        ask_for_creation(session, company_id)


def give_up(company_id: UUID, provisioner: Provisioner, by: Principal) -> Literal["GIVEN_UP", "REFUSED"]:
    """Support ends a request for good, after asking the vendor (M9): the coupon comes back.

    Answers REFUSED when the vendor, asked, says that it had refused. Raises CompanyNotFound, RequestClosed,
    VendorSaysReady, VendorUndecided.
    """
    attempts = _check_still_open(company_id)
    fault_point("provisioning.before_ask")
    refuse_open_transaction()
    answer = provisioner.ask(str(company_id))
    fault_point("provisioning.after_ask")
    if isinstance(answer, NotThere):
        _end(company_id, attempts, by)
        return "GIVEN_UP"
    with transaction() as session:
        apply_answer(session, company_id, answer, "ask")
    if isinstance(answer, Ready):
        raise VendorSaysReady(company_id)
    if isinstance(answer, Refused):
        return "REFUSED"
    raise VendorUndecided(company_id, "working" if isinstance(answer, Accepted) else "silent")


def _check_still_open(company_id: UUID) -> int:
    with transaction() as session:
        _, request = locked_request(session, company_id)
        _refuse_closed_or_busy(session, request)
        return request.attempts


def _end(company_id: UUID, attempts: int, by: Principal) -> None:
    with transaction() as session:
        company, request = locked_request(session, company_id)
        _refuse_closed_or_busy(session, request)
        if request.attempts != attempts:
            raise VendorUndecided(company_id, "working")
        request.state = next_provisioning_state(request.state, "give_up")
        request.last_outcome = "given up"
        log_call(session, company_id, "give_up", "not there")
        record_event(session, "company.given_up", Subject("company", company_id, company.requested_by_party_id), by)
        company_refused(session, company_id, CLOSED_BY_SUPPORT)


def _refuse_closed_or_busy(session: Session, request: ProvisioningRequest) -> None:
    """A call on its way could create the company a moment after the vendor said that there is none."""
    if not is_open(request.state):
        raise RequestClosed(request.company_id, request.state)
    calls = [call for call in calls_of(session, request.company_id) if call.kind in {"intent", "call"}]
    if calls and calls[-1].kind == "intent" and clock.now() - calls[-1].at < CALL_UNDER_WAY:
        raise VendorUndecided(request.company_id, "working")
