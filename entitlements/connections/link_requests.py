"""Requests to link (D22): either side asks by VAT number or tax code, the other accepts or declines.

Whether somebody is registered under a number is told to nobody: a request for a number that nobody has waits like any
other, and finds its party if that one registers in time.
"""

from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from entitlements.connections.linking import connect, link_state
from entitlements.connections.people import must_have_proven_address
from entitlements.connections.proposals import (
    NotYoursToSettle,
    Proposal,
    asked_now,
    expire,
    lock_proposal,
    proposal_checks,
    settle,
    waits,
)
from entitlements.connections.telling import tell_party
from entitlements.links import Cause
from entitlements.parties import COMPANY, STUDIO, Party
from foundation.database import Model
from foundation.events import Subject, record_event
from foundation.ids import new_id
from foundation.jobs import schedule_due
from foundation.principal import Principal

REQUEST_EXPIRES = "links.request_expires"


class LinkRequest(Proposal, Model):
    """A studio asks a company, or a company a studio, by an identifier; `asked_party_id` once somebody has it."""

    __tablename__ = "link_requests"
    __table_args__ = (
        *proposal_checks(),
        CheckConstraint("asker_kind IN ('STUDIO', 'COMPANY')", name="asker_kind"),
        Index(
            "uq_link_requests_open",
            "asked_by_party_id",
            "identifier",
            unique=True,
            postgresql_where=text("state = 'OPEN'"),
        ),
        Index("ix_link_requests_asked", "asked_party_id", postgresql_where=text("state = 'OPEN'")),
        Index("ix_link_requests_identifier", "identifier", postgresql_where=text("state = 'OPEN'")),
    )

    asker_kind: Mapped[str]
    identifier: Mapped[str]
    asked_party_id: Mapped[UUID | None] = mapped_column(ForeignKey("parties.id"))

    @property
    def studio_id(self) -> UUID | None:
        """The studio of the two, when both are known."""
        return self.asked_by_party_id if self.asker_kind == STUDIO else self.asked_party_id

    @property
    def company_id(self) -> UUID | None:
        """The company of the two, when both are known."""
        return self.asked_by_party_id if self.asker_kind == COMPANY else self.asked_party_id


def ask_to_link(session: Session, identifier: str, by: Principal) -> None:
    """Ask whoever has this VAT number or tax code; asking again changes nothing, and a block is told to nobody.

    When the other side has asked already, this accepts. Raises AddressNotProven.
    """
    must_have_proven_address(session, by)
    asker = session.get_one(Party, by.party_id)
    asked = party_with(session, identifier, COMPANY if asker.kind == STUDIO else STUDIO)
    if asked is None or not _accepts_what_waits(session, asker, asked, by):
        _ask(session, identifier, asked, by)


def ask_invited_client(session: Session, identifier: str, by: Principal) -> None:
    """A studio's request to a client it invited, whose company is there already; told and kept as any other (D22, M6).

    Nothing is asked where they are linked or the studio has blocked the company. Nobody of the studio is at the
    keyboard, so what waits for the studio's own answer stays.
    """
    asked = party_with(session, identifier, COMPANY)
    stands = link_state(session, by.party_id, asked.id) if asked is not None and by.party_id is not None else "NONE"
    if stands not in {"LINKED", "BLOCKED"}:
        _ask(session, identifier, asked, by)


def _ask(session: Session, identifier: str, asked: Party | None, by: Principal) -> None:
    asker = session.get_one(Party, by.party_id)
    values = asked_now(by) | {"id": new_id(), "asker_kind": asker.kind, "identifier": identifier}
    row = insert(LinkRequest).values(values | {"asked_party_id": asked.id if asked else None})
    created = session.execute(row.on_conflict_do_nothing().returning(LinkRequest.id)).scalar()
    if created is None:
        return
    request = session.get_one(LinkRequest, created)
    schedule_due(session, REQUEST_EXPIRES, request.id, request.expires_at)
    record_event(session, "link.requested", Subject("link_request", request.id, asker.id), by)
    if asked is not None:
        _tell_asked(session, request, asker, asked)


def party_with(session: Session, identifier: str, kind: str) -> Party | None:
    """Who has this VAT number or tax code: a studio, a company that registered, else one that lives; the oldest."""
    query = (
        select(Party)
        .where(Party.kind == kind, (Party.vat_number == identifier) | (Party.tax_code == identifier))
        .order_by(Party.registered_at.asc().nulls_last(), Party.id.desc())
        .limit(1)
    )
    return session.scalars(query).first()


def find_waiting_requests(session: Session, party: Party) -> int:
    """Give a party that has just proved to be there the requests that waited for its numbers; answers how many."""
    numbers = [number for number in (party.vat_number, party.tax_code) if number]
    askers = COMPANY if party.kind == STUDIO else STUDIO
    found = session.scalars(
        update(LinkRequest)
        .where(LinkRequest.state == "OPEN", LinkRequest.asked_party_id.is_(None), LinkRequest.asker_kind == askers)
        .where(LinkRequest.identifier.in_(numbers))
        .values(asked_party_id=party.id)
        .returning(LinkRequest)
    ).all()
    for request in found:
        _tell_asked(session, request, session.get_one(Party, request.asked_by_party_id), party)
    return len(found)


def answer_request(session: Session, request_id: UUID, accept: bool, by: Principal) -> bool:  # noqa: FBT001 - the answer
    """Accept or decline; answers False when it had been answered so before.

    Raises ProposalNotFound for whom nobody asked, IllegalProposalStep for what has ended, Blocked; AddressNotProven
    where who may be somebody else would see a client's data.
    """
    request = _locked(session, request_id, by)
    if request.asked_by_party_id == by.party_id:
        raise NotYoursToSettle
    if accept:
        must_have_proven_address(session, by)
        return _accept(session, request, by)
    if not settle(request, "decline", by):
        return False
    record_event(session, "link.declined", Subject("link_request", request.id, request.asked_by_party_id), by)
    return True


def withdraw_request(session: Session, request_id: UUID, by: Principal) -> bool:
    """Take one's own request back; answers False when it had been. Raises as `answer_request`."""
    request = _locked(session, request_id, by)
    if request.asked_by_party_id != by.party_id:
        raise NotYoursToSettle
    return settle(request, "withdraw", by)


def expire_request(session: Session, request_id: UUID) -> bool:
    """End a request that nobody answered in time."""
    return expire(session.get(LinkRequest, request_id, with_for_update=True))


def requests_of(session: Session, party_id: UUID, limit: int = 100) -> list[tuple[LinkRequest, Party]]:
    """What a party is asked, with who asks; newest first. What a studio has blocked does not ask."""
    query = (
        select(LinkRequest, Party)
        .join(Party, Party.id == LinkRequest.asked_by_party_id)
        .where(LinkRequest.asked_party_id == party_id, LinkRequest.state == "OPEN")
        .order_by(LinkRequest.id.desc())
        .limit(limit)
    )
    rows = [(row[0], row[1]) for row in session.execute(query)]
    return [pair for pair in rows if pair[0].asker_kind == STUDIO or not _blocked(session, pair[0])]


def requests_by(session: Session, party_id: UUID, limit: int = 100) -> list[LinkRequest]:
    """What a party has asked and waits for, newest first."""
    query = (
        select(LinkRequest)
        .where(LinkRequest.asked_by_party_id == party_id, LinkRequest.state == "OPEN")
        .order_by(LinkRequest.id.desc())
        .limit(limit)
    )
    return list(session.scalars(query))


def _accepts_what_waits(session: Session, asker: Party, asked: Party, by: Principal) -> bool:
    waiting = select(LinkRequest).where(
        LinkRequest.asked_by_party_id == asked.id, LinkRequest.asked_party_id == asker.id, LinkRequest.state == "OPEN"
    )
    found = session.scalars(waiting.limit(1).with_for_update()).first()
    return found is not None and waits(found) and not _blocked(session, found) and _accept(session, found, by)


def _accept(session: Session, request: LinkRequest, by: Principal) -> bool:
    if not settle(request, "accept", by):
        return False
    assert request.studio_id is not None  # noqa: S101 - both sides are known once one of them answers
    assert request.company_id is not None  # noqa: S101 - the same
    connect(session, request.studio_id, request.company_id, "accept", Cause("link_request", request.id))
    _tell_accepted(session, request)
    return True


def _blocked(session: Session, request: LinkRequest) -> bool:
    if request.studio_id is None or request.company_id is None:
        return False
    return link_state(session, request.studio_id, request.company_id) == "BLOCKED"


def _locked(session: Session, request_id: UUID, by: Principal) -> LinkRequest:
    sides = [column == by.party_id for column in (LinkRequest.asked_party_id, LinkRequest.asked_by_party_id)]
    return lock_proposal(session, LinkRequest, request_id, *sides)


def _tell_asked(session: Session, request: LinkRequest, asker: Party, asked: Party) -> None:
    """Write to the asked, unless a studio has blocked who asks."""
    if request.asker_kind == COMPANY and _blocked(session, request):
        return
    context = {"asker": asker.name, "asker_kind": asker.kind}
    tell_party(session, asked, "link_requested", f"link_requested:{request.id}", context)


def _tell_accepted(session: Session, request: LinkRequest) -> None:
    asker = session.get_one(Party, request.asked_by_party_id)
    other = session.get_one(Party, request.asked_party_id)
    context = {"other": other.name, "other_kind": other.kind}
    tell_party(session, asker, "link_accepted", f"link_accepted:{request.id}", context)
