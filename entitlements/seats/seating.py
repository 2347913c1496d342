"""Seats as rows: a lot of n seats is n rows, so that nobody sits where nothing was bought (F004-04, 10, 21)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    String,
    UniqueConstraint,
    and_,
    exists,
    func,
    select,
    text,
)
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from entitlements.licences import BASE_SERVICE, Licence, LicenceTerm
from entitlements.seats.seat_states import SeatState, SeatStep, next_seat_state
from foundation import clock
from foundation.database import Identified, JsonObject, Model

AREAS = ("sent", "received", "contacts", "modules", "settings")
"""What a seat's permissions are about, each `none`, `read` or `write`."""
LEVELS = ("none", "read", "write")
_IN_USE = ("INVITED", "CONFIGURED")
_OVER = ("EXPIRED", "CLOSED")
_BASE = aliased(Licence)
_BASE_HELD_BACK = exists().where(
    _BASE.party_id == Licence.party_id,
    _BASE.kind == BASE_SERVICE,
    _BASE.closed_at.is_(None),
    _BASE.suspended_at.is_not(None),
)
_WORKS = and_(Licence.state == "ACTIVE", Licence.suspended_at.is_(None), ~_BASE_HELD_BACK)


class Seat(Identified, Model):
    """One place of a lot. The person is a membership of the company, held in the shop; `email` is theirs.

    The foreign key over lot and quantity, with the CHECK on the ordinal, is why there are never more seats than were
    bought. `added_at` decides who stays when a lot ends: the last added goes first.
    """

    __tablename__ = "seats"
    __table_args__ = (
        ForeignKeyConstraint(["licence_id", "lot_quantity"], ["licences.id", "licences.quantity"]),
        UniqueConstraint("licence_id", "ordinal"),
        Index("ix_seats_company_id", "company_id", "id"),
        Index("uq_seats_membership", "membership_id", unique=True, postgresql_where=text("membership_id IS NOT NULL")),
        CheckConstraint("state IN ('FREE', 'INVITED', 'CONFIGURED', 'DISABLED')", name="state"),
        CheckConstraint("ordinal BETWEEN 1 AND lot_quantity", name="within_the_lot"),
        CheckConstraint(
            "(state = 'FREE') = (membership_id IS NULL) AND (state = 'FREE') = (email IS NULL)", name="free_is_empty"
        ),
    )

    company_id: Mapped[UUID] = mapped_column(ForeignKey("companies.id"))
    licence_id: Mapped[UUID]
    lot_quantity: Mapped[int]
    ordinal: Mapped[int]
    state: Mapped[SeatState] = mapped_column(String())
    membership_id: Mapped[UUID | None]
    email: Mapped[str | None]
    permissions: Mapped[JsonObject]
    added_at: Mapped[datetime | None]
    changed_at: Mapped[datetime]


class NoFreeSeat(Exception):
    """Every seat the company has bought is taken; another one can be bought.

    `suspended`: there are free ones, but of lots that are suspended, by a case or with their base.
    """

    def __init__(self, company_id: UUID, bought: int, *, suspended: bool) -> None:
        super().__init__(str(company_id))
        self.company_id = company_id
        self.bought = bought
        self.suspended = suspended


class SeatNotFound(Exception):
    """No such seat in this company, or nobody sits on it."""


@dataclass(frozen=True, slots=True)
class Seating:
    """A company's seats: those of lots that last, and those of lots that do not on which somebody is still noted.

    A lot lasts from its first day until it is over: a smaller one that follows it gives its seats from that day on.
    `working` are the lots among them that nothing suspends: only they take somebody new (D10, F004-23).
    """

    company_id: UUID
    lasting: tuple[Seat, ...]
    left_over: tuple[Seat, ...]
    working: frozenset[UUID]

    @property
    def bought(self) -> int:
        """How many people may sit."""
        return len(self.lasting)

    @property
    def taken(self) -> tuple[Seat, ...]:
        """Seats with somebody on them, first added first."""
        seats = [seat for seat in (*self.lasting, *self.left_over) if seat.state != "FREE"]
        return tuple(sorted(seats, key=lambda seat: (seat.added_at or seat.changed_at, seat.id)))

    @property
    def in_use(self) -> int:
        """Seats that are invited to or configured: a renewal may not leave fewer (F004-21)."""
        return sum(seat.state in _IN_USE for seat in self.taken)

    @property
    def free(self) -> Seat | None:
        """The first free seat that somebody new may have."""
        return next((seat for seat in self.lasting if seat.state == "FREE" and seat.licence_id in self.working), None)

    @property
    def suspended(self) -> bool:
        """Whether there are free seats, but none that somebody new may have."""
        return self.free is None and any(seat.state == "FREE" for seat in self.lasting)

    @property
    def none_free(self) -> NoFreeSeat:
        """Why nobody new can sit."""
        return NoFreeSeat(self.company_id, self.bought, suspended=self.suspended)

    @property
    def over_limit(self) -> bool:
        """Whether a lot ended with more people than seats were left: the owner chooses who sits."""
        return any(seat.state == "DISABLED" for seat in self.left_over)


def lay_out_seats(session: Session, company_id: UUID, licence: Licence) -> None:
    """Make the seats of a lot that was just bought."""
    for ordinal in range(1, licence.quantity + 1):
        session.add(
            Seat(
                company_id=company_id,
                licence_id=licence.id,
                lot_quantity=licence.quantity,
                ordinal=ordinal,
                state="FREE",
                permissions={},
                changed_at=clock.now(),
            )
        )
    session.flush()


def seating_of(session: Session, company_id: UUID) -> Seating:
    """A company's seats. Whoever is about to change them has locked the company."""
    first_term = and_(LicenceTerm.licence_id == Licence.id, LicenceTerm.action == "START")
    query = (
        select(Seat, Licence.state.not_in(_OVER) & (LicenceTerm.starts_on <= clock.today()), _WORKS)
        .join(Licence, Licence.id == Seat.licence_id)
        .join(LicenceTerm, first_term)
        .where(Seat.company_id == company_id)
        .order_by(Seat.licence_id, Seat.ordinal)
    )
    rows = session.execute(query).all()
    return Seating(
        company_id,
        tuple(seat for seat, lasts, _works in rows if lasts),
        tuple(seat for seat, lasts, _works in rows if not lasts and seat.state != "FREE"),
        frozenset(seat.licence_id for seat, _lasts, works in rows if works),
    )


def seats_in_use(session: Session, company_ids: Sequence[UUID]) -> dict[UUID, int]:
    """`Seating.in_use` of each of these companies, in one query; a company where nobody sits is left out."""
    query = (
        select(Seat.company_id, func.count())
        .where(Seat.company_id.in_(company_ids), Seat.state.in_(_IN_USE))
        .group_by(Seat.company_id)
    )
    return {row[0]: row[1] for row in session.execute(query)}


def take_seat(session: Session, company_id: UUID, membership_id: UUID, email: str, permissions: JsonObject) -> Seat:
    """Put somebody who is invited on the first free seat. The company must be locked. Raises NoFreeSeat."""
    seating = seating_of(session, company_id)
    seat = seating.free
    if seat is None:
        raise seating.none_free
    step(seat, "invite")
    seat.membership_id, seat.email, seat.permissions = membership_id, email, permissions
    seat.added_at = clock.now()
    session.flush()
    return seat


def seat_again(session: Session, company_id: UUID, seat: Seat) -> Seat:
    """Let somebody who was disabled work again; on another seat when the lot of theirs is over. Raises NoFreeSeat."""
    seating = seating_of(session, company_id)
    if seat in seating.left_over:
        free = seating.free
        if free is None:
            raise seating.none_free
        swap(session, seat, free)
        seat = free
    step(seat, "enable")
    return seat


def step(seat: Seat, taken: SeatStep) -> None:
    """Take one step of the table. Raises IllegalSeatStep; a seat that becomes free forgets its person."""
    seat.state = next_seat_state(seat.state, taken)
    seat.changed_at = clock.now()
    if seat.state == "FREE":
        seat.membership_id, seat.email, seat.permissions, seat.added_at = None, None, {}, None


def seat_of(session: Session, company_id: UUID, seat_id: UUID) -> Seat:
    """A seat of this company with somebody on it, locked. Raises SeatNotFound, alike for another company's."""
    query = select(Seat).where(Seat.id == seat_id, Seat.company_id == company_id, Seat.state != "FREE")
    seat = session.scalars(query.with_for_update()).one_or_none()
    if seat is None:
        raise SeatNotFound
    return seat


def seat_of_membership(session: Session, membership_id: UUID) -> Seat | None:
    """Where somebody sits; None for people without a seat (owners)."""
    return session.scalars(select(Seat).where(Seat.membership_id == membership_id)).one_or_none()


def swap(session: Session, one: Seat, other: Seat) -> None:
    """Let two seats change their people; either may be empty."""
    people = [(seat.state, seat.membership_id, seat.email, seat.permissions, seat.added_at) for seat in (one, other)]
    for seat in (one, other):
        seat.state, seat.membership_id, seat.email, seat.permissions, seat.added_at = "FREE", None, None, {}, None
    session.flush()
    for seat, person in zip((other, one), people, strict=True):
        seat.state, seat.membership_id, seat.email, seat.permissions, seat.added_at = person
        seat.changed_at = clock.now()
    session.flush()


def clean_permissions(asked: Sequence[tuple[str, str]]) -> JsonObject:
    """Permissions as they are stored: every known area with a known level, `none` where nothing was said."""
    said = dict(asked)
    return {area: said.get(area) if said.get(area) in LEVELS else "none" for area in AREAS}
