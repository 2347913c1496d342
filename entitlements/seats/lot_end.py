"""When a lot ends with more people than seats are left, the last added are disabled; the owner may choose others."""

from uuid import UUID

from sqlalchemy.orm import Session

from entitlements.seats.seating import Seat, Seating, seating_of, step, swap
from foundation.events import Subject, record_event
from foundation.jobs import defer

FOLLOW_SEATS = "members.follow_seats"


def settle_seats(session: Session, company_id: UUID, subject: Subject) -> None:
    """Move people from lots that are over to seats that last, first added first. The company must be locked."""
    # How the lots stand is read from their table; a payment that is being recorded flushes nothing by itself.
    session.flush()
    seating = seating_of(session, company_id)
    working = [seat for seat in seating.taken if seat.state in {"INVITED", "CONFIGURED"}]
    stranded = [seat for seat in working if seat in seating.left_over]
    if not stranded:
        return
    # Who was disabled by the owner keeps a seat, but gives way to people who work.
    displaced = working[seating.bought :]
    for seat in displaced:
        # An invitation nobody has accepted yet is withdrawn; somebody who works is kept in mind.
        step(seat, "free" if seat.state == "INVITED" else "disable")
    session.flush()
    for seat in stranded:
        if seat not in displaced:
            swap(session, seat, _place_for(seating))
    facts = {"bought": seating.bought, "disabled": len(displaced)}
    record_event(session, "seats.changed", subject, None, cause="lot_end", **facts)
    defer(session, FOLLOW_SEATS, company_id=str(company_id))


def _place_for(seating: Seating) -> Seat:
    """A lasting seat that is free, or whose person has been disabled; one of a lot that works, where there is one."""
    free = seating.free or next((seat for seat in seating.lasting if seat.state == "FREE"), None)
    return free or next(seat for seat in seating.lasting if seat.state == "DISABLED")
