"""Lists of a studio's invitations: a page at a time, filtered, with the figures of the funnel (F003-14)."""

from uuid import UUID

from sqlalchemy import ColumnElement, func, select, tuple_
from sqlalchemy.orm import Session

from entitlements.companies import like_literal
from entitlements.invitations.invitation_states import InvitationState
from entitlements.invitations.invited import Invitation

FUNNEL: tuple[tuple[str, tuple[InvitationState, ...]], ...] = (
    ("opened", ("OPENED", "IN_PROGRESS", "ORDERED", "PAID", "CREATED")),
    ("in_progress", ("IN_PROGRESS", "ORDERED", "PAID", "CREATED")),
    ("ordered", ("ORDERED", "PAID", "CREATED")),
    ("created", ("CREATED",)),
)
"""How far invitations came: each stage counts those that reached it."""


def invitations_of(
    session: Session,
    studio_id: UUID,
    *,
    state: str = "",
    search: str = "",
    before: UUID | None = None,
    limit: int = 50,
) -> list[Invitation]:
    """A page of a studio's invitations, newest first; `search` is part of the client's name or address.

    A program's invitations have ids made of its keys, so an id says nothing of when it was sent.
    """
    query = (
        select(Invitation)
        .where(Invitation.studio_id == studio_id, *_found(search))
        .order_by(Invitation.created_at.desc(), Invitation.id.desc())
        .limit(limit)
    )
    if state:
        query = query.where(Invitation.state == state)
    if before is not None:
        last = select(Invitation.created_at).where(Invitation.id == before).scalar_subquery()
        query = query.where(tuple_(Invitation.created_at, Invitation.id) < tuple_(last, before))
    return list(session.scalars(query))


def count_invitations(session: Session, studio_id: UUID, search: str = "") -> dict[str, int]:
    """How many invitations of a studio are in each state."""
    query = (
        select(Invitation.state, func.count())
        .where(Invitation.studio_id == studio_id, *_found(search))
        .group_by(Invitation.state)
    )
    return {row[0]: row[1] for row in session.execute(query)}


def funnel(counts: dict[str, int]) -> dict[str, int]:
    """How many invitations reached each stage, from the counts per state."""
    stages = {name: sum(counts.get(state, 0) for state in states) for name, states in FUNNEL}
    return {"sent": sum(counts.values()), **stages}


def open_invitations_to(session: Session, studio_id: UUID, emails: set[str]) -> set[str]:
    """Which of these addresses this studio has invited already and still waits for."""
    waiting = Invitation.state.in_(("SENT", "OPENED", "IN_PROGRESS", "ORDERED", "PAID"))
    address = func.lower(Invitation.client_email)
    query = select(address).where(Invitation.studio_id == studio_id, waiting, address.in_(emails))
    return set(session.scalars(query))


def _found(search: str) -> list[ColumnElement[bool]]:
    wanted = search.strip()
    if not wanted:
        return []
    pattern = f"%{like_literal(wanted)}%"
    return [Invitation.client_name.ilike(pattern) | Invitation.client_email.ilike(pattern)]
