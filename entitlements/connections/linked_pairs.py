"""Links as programs see them: those a party is a side of, one by its id, never somebody else's."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, aliased

from entitlements.connections.linking import LinkNotFound
from entitlements.links import StudioLink
from entitlements.parties import Party

_studio, _company = aliased(Party), aliased(Party)


@dataclass(frozen=True, slots=True)
class LinkedPair:
    """A link with both of its sides."""

    link: StudioLink
    studio: Party
    company: Party


def links_for(session: Session, party_id: UUID, after: UUID | None = None, limit: int = 50) -> list[LinkedPair]:
    """The live links a party is a side of, in the order they were made."""
    query = _pairs(party_id).where(StudioLink.unlinked_at.is_(None)).order_by(StudioLink.id).limit(limit)
    if after is not None:
        query = query.where(StudioLink.id > after)
    return [LinkedPair(*row) for row in session.execute(query)]


def link_for(session: Session, link_id: UUID, party_id: UUID) -> LinkedPair:
    """One link of a party, ended ones too. Raises LinkNotFound, also for somebody else's."""
    found = session.execute(_pairs(party_id).where(StudioLink.id == link_id)).one_or_none()
    if found is None:
        raise LinkNotFound
    return LinkedPair(*found)


def _pairs(party_id: UUID) -> Select[StudioLink, Party, Party]:
    return (
        select(StudioLink, _studio, _company)
        .join(_studio, _studio.id == StudioLink.studio_id)
        .join(_company, _company.id == StudioLink.company_id)
        .where((StudioLink.studio_id == party_id) | (StudioLink.company_id == party_id))
    )
