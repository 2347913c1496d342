"""People on seats (F004-04, F004-21): invited, configured, disabled, freed, reassigned; the vendor hears of each."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from entitlements.companies import Company
from entitlements.provisioning.changes import announce_change
from entitlements.running.what_runs import locked_company
from entitlements.seats.seat_states import SeatStep
from entitlements.seats.seating import Seat, seat_again, seat_of, seat_of_membership, step, take_seat
from foundation import clock
from foundation.database import JsonObject
from foundation.events import Subject, record_event
from foundation.principal import Principal


@dataclass(frozen=True, slots=True)
class Seated:
    """Somebody who is to sit: the membership of the company, the address, and what they may do."""

    membership_id: UUID
    email: str
    permissions: JsonObject


def give_seat(session: Session, company_id: UUID, person: Seated, by: Principal) -> Seat:
    """Give somebody who is invited the first free seat. Raises NoFreeSeat, CompanyNotFound."""
    company = locked_company(session, company_id)
    seat = take_seat(session, company.id, person.membership_id, person.email, person.permissions)
    _tell(session, company, seat, "invite", by)
    return seat


def seat_is_taken(session: Session, company_id: UUID, membership_id: UUID) -> None:
    """Somebody accepted their invitation: their seat is configured."""
    if seat_of_membership(session, membership_id) is None:
        return  # somebody who was invited without a seat
    company = locked_company(session, company_id)
    seat = seat_of_membership(session, membership_id)
    if seat is not None and seat.state == "INVITED":
        step(seat, "accept")
        _tell(session, company, seat, "accept", None)


def step_seat(session: Session, company_id: UUID, seat_id: UUID, taken: SeatStep, by: Principal) -> Seat:
    """Resend, disable, enable or free a seat; answers where the person sits then.

    Raises SeatNotFound, IllegalSeatStep, NoFreeSeat (enabling somebody whose lot is over).
    """
    company = locked_company(session, company_id)
    seat = seat_of(session, company.id, seat_id)
    if taken == "enable" and seat.state == "DISABLED":
        seat = seat_again(session, company.id, seat)
    else:
        step(seat, taken)
    _tell(session, company, seat, taken, by)
    return seat


def permit(session: Session, company_id: UUID, seat_id: UUID, permissions: JsonObject, by: Principal) -> None:
    """Say what somebody on a seat may do. Raises SeatNotFound."""
    company = locked_company(session, company_id)
    seat = seat_of(session, company.id, seat_id)
    if seat.permissions != permissions:
        seat.permissions, seat.changed_at = permissions, clock.now()
        _tell(session, company, seat, "permit", by)


def _tell(session: Session, company: Company, seat: Seat, what: str, by: Principal | None) -> None:
    facts = {"seat_id": seat.id, "step": what, "state": seat.state}
    record_event(session, "seats.changed", Subject("company", company.id, company.id), by, **facts)
    announce_change(session, company.id)
