"""Lists of a studio's invitations: a page at a time, filtered, with the figures of the funnel (F003-14)."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, tuple_
from sqlalchemy.orm import Session

from entitlements.companies import like_literal
from entitlements.invitations.invitation_states import STAGES
from entitlements.invitations.invited import Invitation


@dataclass(frozen=True, slots=True)
class InvitationCounts:
    """How many of a studio's invitations are in each state, and how many came to each stage (`sent`, `opened`, ...)."""

    by_state: Mapping[str, int]
    funnel: Mapping[str, int]


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


def count_invitations(session: Session, studio_id: UUID) -> InvitationCounts:
    """How the invitations of a studio stand, and how far they came."""
    query = (
        select(Invitation.state, Invitation.reached, func.count())
        .where(Invitation.studio_id == studio_id)
        .group_by(Invitation.state, Invitation.reached)
    )
    by_state: Counter[str] = Counter()
    funnel = {stage.lower(): 0 for stage in STAGES}
    for state, reached, count in session.execute(query):
        by_state[state] += count
        for stage in STAGES[: STAGES.index(reached) + 1]:
            funnel[stage.lower()] += count
    return InvitationCounts(by_state, funnel)


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
