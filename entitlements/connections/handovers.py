"""Handing over who pays for a company (D14, M4): one side proposes, the other accepts, the history stays.

Licences, packs and money stay where they are: only what is bought, renewed and reminded of from then on goes to the new
payer. A studio that takes over must be linked; giving the role to the company needs somebody there who can accept.
"""

from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from entitlements.companies import Company
from entitlements.connections.linking import LinkNotFound
from entitlements.connections.people import must_have_proven_address
from entitlements.connections.proposals import (
    NotYoursToSettle,
    Proposal,
    ProposalNotFound,
    asked_now,
    expire,
    lock_proposal,
    proposal_checks,
    settle,
)
from entitlements.connections.telling import tell_party
from entitlements.links import Cause, Payer, PayerPeriod, link_of, payer_at, set_payer
from entitlements.parties import Party
from foundation import clock
from foundation.database import Model
from foundation.events import Subject, record_event
from foundation.faults import fault_point
from foundation.ids import new_id
from foundation.jobs import schedule_due
from foundation.principal import Principal

HANDOVER_EXPIRES = "payers.handover_expires"


class PayerHandover(Proposal, Model):
    """A proposal that `to_party_id` pays from now on instead of `from_party_id`; one open at a time per company."""

    __tablename__ = "payer_handovers"
    __table_args__ = (
        *proposal_checks(),
        CheckConstraint("from_party_id <> to_party_id", name="somebody_else"),
        Index("uq_payer_handovers_open", "company_id", unique=True, postgresql_where=text("state = 'OPEN'")),
    )

    company_id: Mapped[UUID] = mapped_column(ForeignKey("companies.id"))
    from_party_id: Mapped[UUID] = mapped_column(ForeignKey("parties.id"))
    to_party_id: Mapped[UUID] = mapped_column(ForeignKey("parties.id"))

    @property
    def to_payer(self) -> Payer:
        """Whom the company's costs go to."""
        return "COMPANY" if self.to_party_id == self.company_id else "STUDIO"


class NobodyToHandOver(Exception):
    """Nobody pays for this company yet, so there is no role to hand over."""


class PayerHasChanged(Exception):
    """Somebody else pays by now than when this was proposed, or pays already."""


def propose_handover(session: Session, company_id: UUID, to_party_id: UUID, by: Principal) -> bool:
    """Propose that `to_party_id` pays for the company; answers False while another proposal waits.

    Only payer and taker may propose. Raises NobodyToHandOver, PayerHasChanged, LinkNotFound, ProposalNotFound.
    """
    _lock_company(session, company_id)
    current = payer_at(session, company_id, clock.now())
    if current is None:
        raise NobodyToHandOver
    if current.payer_party_id == to_party_id:
        raise PayerHasChanged
    if by.party_id not in {current.payer_party_id, to_party_id}:
        raise ProposalNotFound
    _must_be_linked(session, company_id, to_party_id)
    facts = {"company_id": company_id, "from_party_id": current.payer_party_id, "to_party_id": to_party_id}
    row = insert(PayerHandover).values(asked_now(by) | {"id": new_id()} | facts)
    created = session.execute(row.on_conflict_do_nothing().returning(PayerHandover.id)).scalar()
    if created is None:
        return False
    handover = session.get_one(PayerHandover, created)
    schedule_due(session, HANDOVER_EXPIRES, handover.id, handover.expires_at)
    record_event(session, "payer.handover_proposed", Subject("company", company_id, by.party_id), by)
    _tell(session, handover, _other(handover, by.party_id), "handover_proposed")
    return True


def accept_handover(session: Session, handover_id: UUID, by: Principal) -> bool:
    """Take or give the role: from now on the other party pays; answers False when that has been done.

    Raises ProposalNotFound, NotYoursToSettle, IllegalProposalStep, PayerHasChanged, LinkNotFound, AddressNotProven.
    """
    handover = _locked(session, handover_id, by)
    if handover.asked_by_party_id == by.party_id:
        raise NotYoursToSettle
    must_have_proven_address(session, by)
    _lock_company(session, handover.company_id)
    if not settle(handover, "accept", by):
        return False
    current = payer_at(session, handover.company_id, clock.now())
    if current is None or current.payer_party_id != handover.from_party_id:
        raise PayerHasChanged
    _must_be_linked(session, handover.company_id, handover.to_party_id)
    cause = Cause("payer_handover", handover.id)
    change_payer(session, handover.company_id, (handover.to_party_id, handover.to_payer), cause, by)
    fault_point("handover.payer_written")
    _tell(session, handover, handover.asked_by_party_id, "handover_accepted")
    return True


def change_payer(
    session: Session, company_id: UUID, to: tuple[UUID, Payer], cause: Cause, by: Principal | None
) -> None:
    """Write the new payer into the history and tell every side by an event. Raises PayerHasChanged."""
    before = payer_at(session, company_id, clock.now())
    if not set_payer(session, company_id, to[0], to[1], cause):
        raise PayerHasChanged
    readers = {company_id, to[0]} | ({before.payer_party_id} if before else set())
    for reader in sorted(readers):
        record_event(session, "payer.changed", Subject("company", company_id, reader), by, payer=to[1])


def refuse_handover(session: Session, handover_id: UUID, by: Principal) -> bool:
    """Decline what the other side proposed, or withdraw one's own; answers False when that has been done.

    Raises ProposalNotFound, IllegalProposalStep.
    """
    handover = _locked(session, handover_id, by)
    return settle(handover, "withdraw" if handover.asked_by_party_id == by.party_id else "decline", by)


def expire_handover(session: Session, handover_id: UUID) -> bool:
    """End a proposal that nobody answered in time."""
    return expire(session.get(PayerHandover, handover_id, with_for_update=True))


def open_handover(session: Session, company_id: UUID) -> PayerHandover | None:
    """What is proposed for a company and waits for an answer."""
    query = select(PayerHandover).where(PayerHandover.company_id == company_id, PayerHandover.state == "OPEN")
    return session.scalars(query).one_or_none()


def handovers_for(session: Session, party_id: UUID, limit: int = 100) -> list[tuple[PayerHandover, Party]]:
    """The open proposals a party is a side of, each with its company; newest first."""
    query = (
        select(PayerHandover, Party)
        .join(Party, Party.id == PayerHandover.company_id)
        .where(PayerHandover.state == "OPEN")
        .where((PayerHandover.from_party_id == party_id) | (PayerHandover.to_party_id == party_id))
        .order_by(PayerHandover.id.desc())
        .limit(limit)
    )
    return [(row[0], row[1]) for row in session.execute(query)]


def payer_history(session: Session, company_id: UUID) -> list[tuple[PayerPeriod, Party]]:
    """Who has paid for a company, oldest first."""
    query = (
        select(PayerPeriod, Party)
        .join(Party, Party.id == PayerPeriod.payer_party_id)
        .where(PayerPeriod.company_id == company_id)
        .order_by(PayerPeriod.from_at)
    )
    return [(row[0], row[1]) for row in session.execute(query)]


def _lock_company(session: Session, company_id: UUID) -> None:
    """One change of payer at a time."""
    if session.get(Company, company_id, with_for_update=True) is None:
        raise NobodyToHandOver


def _must_be_linked(session: Session, company_id: UUID, to_party_id: UUID) -> None:
    if to_party_id != company_id and link_of(session, to_party_id, company_id) is None:
        raise LinkNotFound


def _locked(session: Session, handover_id: UUID, by: Principal) -> PayerHandover:
    sides = [column == by.party_id for column in (PayerHandover.from_party_id, PayerHandover.to_party_id)]
    return lock_proposal(session, PayerHandover, handover_id, *sides)


def _other(handover: PayerHandover, party_id: UUID | None) -> UUID:
    return handover.to_party_id if party_id == handover.from_party_id else handover.from_party_id


def _tell(session: Session, handover: PayerHandover, reader_id: UUID, template: str) -> None:
    company, reader = session.get_one(Party, handover.company_id), session.get_one(Party, reader_id)
    taker = session.get_one(Party, handover.to_party_id)
    context = {"company": company.name, "taker": taker.name, "to_payer": handover.to_payer}
    tell_party(session, reader, template, f"{template}:{handover.id}", context | {"company_id": str(company.id)})
