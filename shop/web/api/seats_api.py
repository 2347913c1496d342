"""Seats by API: how many a company has, who sits on them, and what can be done about each (F004-04, F004-10)."""

from typing import Any
from uuid import UUID

from flask import Response
from marshmallow import fields
from sqlalchemy.orm import Session

from entitlements import (
    LEVELS,
    CompanyNotFound,
    Problem,
    Seat,
    Seating,
    SeatNotFound,
    check_email,
    clean_permissions,
    company_of,
    locked_company,
    permit,
    seat_of,
    seating_of,
)
from foundation.access import requires
from foundation.api import (
    Area,
    Choice,
    Inner,
    InvalidFields,
    Shape,
    Text,
    expect_unchanged,
    field_problem,
    instant,
    kept,
    may_match,
    once,
    reply,
    tagged_reply,
)
from foundation.database import JsonObject, transaction
from shop.accounts.seat_people import act_on_seat, invite_to_seat
from shop.web.api.problems import TABLE
from shop.web.api.whose import own_party, principal

area = Area("api_seats", __name__, "Seats: the places a company has bought for its people.", TABLE)
READERS = ("studio", "company", "product", "support", "admin")
_STEPS = ("resend", "disable", "enable", "free")


class PermissionsShape(Shape):
    """What somebody may do, area by area."""

    sent = Choice(LEVELS, load_default="none")
    received = Choice(LEVELS, load_default="none")
    contacts = Choice(LEVELS, load_default="none")
    modules = Choice(LEVELS, load_default="none")
    settings = Choice(LEVELS, load_default="none")


class NewSeatShape(Shape):
    """Whom to invite, and what they may do."""

    email = Text(254, 3, required=True)
    permissions = Inner(PermissionsShape, required=True)


class SeatStepShape(Shape):
    """What to do: a step, or new permissions."""

    step = Choice(_STEPS, load_default=None, metadata={"description": "Left out: only the permissions change."})
    permissions = Inner(PermissionsShape, load_default=None, metadata={"description": "Left out: unchanged."})


class SeatShape(Shape):
    """A seat somebody sits on, or is invited to."""

    id = fields.String(required=True, metadata={"format": "uuid"})
    state = fields.String(
        required=True, metadata={"description": "INVITED, CONFIGURED or DISABLED; FREE once it is freed."}
    )
    email = fields.String(required=True, allow_none=True)
    permissions = fields.Dict(required=True)
    added_at = fields.String(required=True, allow_none=True, metadata={"format": "date-time"})


class SeatingShape(Shape):
    """A company's seats."""

    bought = fields.Integer(required=True)
    in_use = fields.Integer(required=True, metadata={"description": "Invited to or configured."})
    over_limit = fields.Boolean(
        required=True, metadata={"description": "A lot ended with more people than seats were left."}
    )
    seats = fields.List(fields.Nested(SeatShape), required=True)


@area.get("/companies/<uuid:company_id>/seats")
@requires(*READERS)
@area.answers(SeatingShape)
def seats(company_id: UUID) -> Response:
    """The seats a company has bought, and who sits on them."""
    with transaction() as session:
        _reach(session, company_id)
        return reply(_document(seating_of(session, company_id)))


@area.post("/companies/<uuid:company_id>/seats")
@requires("company")
@once
@area.body(NewSeatShape)
@area.answers(SeatShape, 201)
def invite(asked: dict[str, Any], company_id: UUID) -> Response:
    """Invite somebody to a free seat: they get a link by mail, which works once and for seven days."""
    with transaction() as session:
        _reach(session, company_id)
        permissions = clean_permissions(list(asked["permissions"].items()))
        seat = invite_to_seat(session, company_id, _address(asked["email"]), permissions, principal())
        return kept(session, reply(_seat(seat), 201))


@area.get("/companies/<uuid:company_id>/seats/<uuid:seat_id>")
@requires(*READERS)
@area.answers(SeatShape, etag=True)
def show_seat(company_id: UUID, seat_id: UUID) -> Response:
    """One seat that somebody sits on, or is invited to."""
    with transaction() as session:
        _reach(session, company_id)
        found = next((seat for seat in seating_of(session, company_id).taken if seat.id == seat_id), None)
        if found is None:
            raise SeatNotFound
        return tagged_reply(_seat(found))


@area.post("/companies/<uuid:company_id>/seats/<uuid:seat_id>")
@requires("company")
@may_match
@once
@area.body(SeatStepShape)
@area.answers(SeatShape)
def change(asked: dict[str, Any], company_id: UUID, seat_id: UUID) -> Response:
    """Resend an invitation (the old link dies), disable, enable or free a seat, or change what its person may do."""
    with transaction() as session:
        _reach(session, company_id)
        # Whatever changes seats locks the company first.
        locked_company(session, company_id)
        seat = seat_of(session, company_id, seat_id)
        expect_unchanged(_seat(seat))
        if asked["permissions"] is not None:
            permit(session, company_id, seat_id, clean_permissions(list(asked["permissions"].items())), principal())
        if asked["step"] is not None:
            seat = act_on_seat(session, company_id, seat_id, asked["step"], principal())
        return kept(session, reply(_seat(seat)))


def _address(typed: str) -> str:
    checked = check_email(typed)
    if isinstance(checked, Problem):
        raise InvalidFields([field_problem("/email", "invalid")])
    return checked


def _reach(session: Session, company_id: UUID) -> None:
    """A company's program reaches itself, a studio's the companies it follows. Raises CompanyNotFound."""
    who = principal()
    if who.role == "company" and own_party() != company_id:
        raise CompanyNotFound(company_id)
    company_of(session, company_id, own_party() if who.role == "studio" else None)


def _document(seating: Seating) -> JsonObject:
    return {
        "bought": seating.bought,
        "in_use": seating.in_use,
        "over_limit": seating.over_limit,
        "seats": [_seat(seat) for seat in seating.taken],
    }


def _seat(seat: Seat) -> JsonObject:
    return {
        "id": str(seat.id),
        "state": seat.state,
        "email": seat.email,
        "permissions": seat.permissions,
        "added_at": instant(seat.added_at),
    }
