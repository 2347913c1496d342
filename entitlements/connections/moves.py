"""Moving a company from one studio to another (F 9, D22): both studios agree, and the company if somebody is there.

The old link ends and the new one begins in one step; licences stay with the company. Where the old studio pays, the
move says whether the new one takes that over too.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from entitlements.companies import Company
from entitlements.connections.handovers import change_payer
from entitlements.connections.link_requests import party_with
from entitlements.connections.linking import LinkNotFound, connect, link_state, permissions_of, permit, unlink
from entitlements.connections.people import must_have_proven_address
from entitlements.connections.proposals import (
    Proposal,
    ProposalNotFound,
    asked_now,
    expire,
    lock_proposal,
    proposal_checks,
    settle,
    waits,
)
from entitlements.connections.telling import tell_party
from entitlements.links import Cause, link_of, lock_pair, payer_at
from entitlements.parties import STUDIO, Party
from foundation import clock
from foundation.database import Model
from foundation.events import Subject, record_event
from foundation.faults import fault_point
from foundation.ids import new_id
from foundation.jobs import schedule_due
from foundation.principal import Principal

MOVE_EXPIRES = "links.move_expires"


class StudioMove(Proposal, Model):
    """A company goes from one studio to another once everybody has agreed; each consent has its instant."""

    __tablename__ = "studio_moves"
    __table_args__ = (
        *proposal_checks(),
        CheckConstraint("from_studio_id <> to_studio_id", name="another_studio"),
        Index(
            "uq_studio_moves_open",
            "company_id",
            "from_studio_id",
            unique=True,
            postgresql_where=text("state = 'OPEN'"),
        ),
        Index("ix_studio_moves_to", "to_studio_id", postgresql_where=text("state = 'OPEN'")),
    )

    company_id: Mapped[UUID] = mapped_column(ForeignKey("parties.id"))
    from_studio_id: Mapped[UUID] = mapped_column(ForeignKey("parties.id"))
    to_studio_id: Mapped[UUID | None] = mapped_column(ForeignKey("parties.id"))
    identifier: Mapped[str]
    with_payer: Mapped[bool]
    company_must_agree: Mapped[bool]
    company_agreed_at: Mapped[datetime | None]
    from_agreed_at: Mapped[datetime | None]
    to_agreed_at: Mapped[datetime | None]

    @property
    def agreed(self) -> bool:
        """Whether everybody has said yes who must."""
        company = not self.company_must_agree or self.company_agreed_at is not None
        return company and self.from_agreed_at is not None and self.to_agreed_at is not None


@dataclass(frozen=True, slots=True)
class MoveWish:
    """Which company leaves which studio, for the one with this VAT number or tax code, and whether payments go along.

    `company_must_agree` where the company has people of its own who can say yes.
    """

    company_id: UUID
    from_studio_id: UUID
    identifier: str
    with_payer: bool
    company_must_agree: bool


def propose_move(session: Session, wish: MoveWish, by: Principal) -> bool:
    """Propose a move; answers False while another one waits. Whether the new studio is registered is told to nobody.

    Raises LinkNotFound when the old studio is not linked, ProposalNotFound for whom it is no business of.
    """
    if by.party_id not in {wish.company_id, wish.from_studio_id}:
        raise ProposalNotFound
    lock_pair(session, wish.from_studio_id, wish.company_id)
    if link_of(session, wish.from_studio_id, wish.company_id) is None:
        raise LinkNotFound
    taker = party_with(session, wish.identifier, STUDIO)
    if taker is not None and taker.id == wish.from_studio_id:
        return False
    now = clock.now()
    facts = {
        "id": new_id(),
        "company_id": wish.company_id,
        "from_studio_id": wish.from_studio_id,
        "to_studio_id": taker.id if taker else None,
        "identifier": wish.identifier,
        "with_payer": wish.with_payer,
        "company_must_agree": wish.company_must_agree,
        "company_agreed_at": now if by.party_id == wish.company_id else None,
        "from_agreed_at": now if by.party_id == wish.from_studio_id else None,
    }
    row = insert(StudioMove).values(asked_now(by) | facts)
    created = session.execute(row.on_conflict_do_nothing().returning(StudioMove.id)).scalar()
    if created is None:
        return False
    move = session.get_one(StudioMove, created)
    schedule_due(session, MOVE_EXPIRES, move.id, move.expires_at)
    record_event(session, "studio.move_proposed", Subject("company", wish.company_id, by.party_id), by)
    for reader_id in (move.to_studio_id, move.company_id, move.from_studio_id):
        if reader_id is not None and reader_id != by.party_id:
            _tell(session, move, reader_id, "move_proposed")
    return True


def agree_to_move(session: Session, move_id: UUID, by: Principal) -> bool:
    """Say yes; when everybody has, the company moves. Answers whether it has moved.

    Raises ProposalNotFound, IllegalProposalStep, LinkNotFound, Blocked, AddressNotProven.
    """
    move = _locked(session, move_id, by)
    if not waits(move):
        settle(move, "accept", by)
        return True
    must_have_proven_address(session, by)
    now = clock.now()
    if by.party_id == move.company_id:
        move.company_agreed_at = move.company_agreed_at or now
    elif by.party_id == move.from_studio_id:
        move.from_agreed_at = move.from_agreed_at or now
    else:
        move.to_agreed_at = move.to_agreed_at or now
    if not move.agreed:
        return False
    settle(move, "accept", by)
    _carry_out(session, move, by)
    return True


def refuse_move(session: Session, move_id: UUID, by: Principal) -> bool:
    """Say no, or take one's own proposal back: nothing moves. Raises ProposalNotFound, IllegalProposalStep."""
    move = _locked(session, move_id, by)
    return settle(move, "withdraw" if move.asked_by_party_id == by.party_id else "decline", by)


def expire_move(session: Session, move_id: UUID) -> bool:
    """End a move that not everybody agreed to in time."""
    return expire(session.get(StudioMove, move_id, with_for_update=True))


def moves_for(session: Session, party_id: UUID, limit: int = 100) -> list[tuple[StudioMove, Party, Party]]:
    """The open moves a party has a say in, each with its company and the studio it leaves; newest first."""
    company, leaves = Party.__table__.alias("company"), Party.__table__.alias("leaves")
    query = (
        select(StudioMove, company.c.id, leaves.c.id)
        .join(company, company.c.id == StudioMove.company_id)
        .join(leaves, leaves.c.id == StudioMove.from_studio_id)
        .where(StudioMove.state == "OPEN")
        .where(
            (StudioMove.company_id == party_id)
            | (StudioMove.from_studio_id == party_id)
            | (StudioMove.to_studio_id == party_id)
        )
        .order_by(StudioMove.id.desc())
        .limit(limit)
    )
    rows = session.execute(query).all()
    wanted = {row[1] for row in rows} | {row[2] for row in rows}
    parties = {party.id: party for party in session.scalars(select(Party).where(Party.id.in_(wanted)))}
    return [(row[0], parties[row[1]], parties[row[2]]) for row in rows]


def _carry_out(session: Session, move: StudioMove, by: Principal) -> None:
    assert move.to_studio_id is not None  # noqa: S101 - it has agreed
    pairs = sorted([(move.from_studio_id, move.company_id), (move.to_studio_id, move.company_id)])
    for studio_id, company_id in pairs:
        lock_pair(session, studio_id, company_id)
    old = link_of(session, move.from_studio_id, move.company_id)
    if old is None or link_state(session, move.to_studio_id, move.company_id) == "BLOCKED":
        raise LinkNotFound
    allowed = permissions_of(old)
    unlink(session, move.from_studio_id, move.company_id, by)
    fault_point("move.parted")
    cause = Cause("studio_move", move.id)
    if connect(session, move.to_studio_id, move.company_id, "accept", cause):
        permit(session, move.to_studio_id, move.company_id, allowed, by)
    if move.with_payer:
        _take_over_payments(session, move, by)
    record_event(session, "studio.moved", Subject("company", move.company_id, move.to_studio_id), by)
    for reader_id in (move.company_id, move.from_studio_id, move.to_studio_id):
        _tell(session, move, reader_id, "move_done")


def _take_over_payments(session: Session, move: StudioMove, by: Principal) -> None:
    """The payer changes only where the old studio was paying: the company keeps what it pays itself."""
    assert move.to_studio_id is not None  # noqa: S101 - it has agreed
    session.get(Company, move.company_id, with_for_update=True)
    payer = payer_at(session, move.company_id, clock.now())
    if payer is not None and payer.payer_party_id == move.from_studio_id:
        change_payer(session, move.company_id, (move.to_studio_id, "STUDIO"), Cause("studio_move", move.id), by)


def _locked(session: Session, move_id: UUID, by: Principal) -> StudioMove:
    sides = [
        column == by.party_id for column in (StudioMove.company_id, StudioMove.from_studio_id, StudioMove.to_studio_id)
    ]
    return lock_proposal(session, StudioMove, move_id, *sides)


def _tell(session: Session, move: StudioMove, reader_id: UUID, template: str) -> None:
    company, leaves = session.get_one(Party, move.company_id), session.get_one(Party, move.from_studio_id)
    reader = session.get_one(Party, reader_id)
    context = {"company": company.name, "leaves": leaves.name, "with_payer": move.with_payer}
    tell_party(session, reader, template, f"{template}:{move.id}:{reader_id}", context)
