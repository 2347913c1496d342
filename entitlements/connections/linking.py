"""Linking, unlinking, blocking (M5, D13, D22): every step takes the pair's lock, asks the state table, writes history.

Nothing here moves a licence, a wallet or the payer: those are other facts (D14).
"""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from entitlements.connections.link_states import IllegalLinkStep, LinkState, LinkStep, next_link_state
from entitlements.links import Cause, StudioLink, lift_block, link_of, link_studio, lock_pair
from foundation import clock
from foundation.events import Subject, record_event
from foundation.principal import Principal

# What a company lets its studio do, area by area; `none`, `read` and `write` each include the one before.
AREAS = ("documents", "payments", "accounting", "settings")
LEVELS = ("none", "read", "write")
NICKNAME_LENGTH = 60


class LinkNotFound(Exception):
    """These two are not linked."""


class Blocked(Exception):
    """The studio has blocked this company: it cannot be picked again until the studio lifts the block."""


def link_state(session: Session, studio_id: UUID, company_id: UUID) -> LinkState:
    """How these two stand, from the newest link of their history."""
    query = select(StudioLink).where(StudioLink.studio_id == studio_id, StudioLink.company_id == company_id)
    newest = session.scalars(query.order_by(StudioLink.unlinked_at.desc().nulls_first()).limit(1)).first()
    if newest is None or newest.unblocked_at is not None:
        return "NONE"
    if newest.unlinked_at is None:
        return "LINKED"
    return "UNLINKED" if newest.blocked_at is None else "BLOCKED"


def connect(session: Session, studio_id: UUID, company_id: UUID, step: LinkStep, cause: Cause) -> bool:
    """Link by the company's pick or an accepted request; answers False when they are linked already. Raises Blocked."""
    lock_pair(session, studio_id, company_id)
    try:
        next_link_state(link_state(session, studio_id, company_id), step)
    except IllegalLinkStep:
        raise Blocked from None
    return link_studio(session, studio_id, company_id, cause)


def unlink(session: Session, studio_id: UUID, company_id: UUID, by: Principal) -> bool:
    """End the link; answers False when it has ended before. Raises LinkNotFound."""
    lock_pair(session, studio_id, company_id)
    state = link_state(session, studio_id, company_id)
    if state not in {"LINKED", "UNLINKED"}:
        raise LinkNotFound
    if next_link_state(state, "unlink") == state:
        return False
    _end(session, studio_id, company_id, by)
    return True


def block(session: Session, studio_id: UUID, company_id: UUID, by: Principal) -> bool:
    """End the link if it stands and let this company pick the studio no more; False when it was blocked before.

    Raises LinkNotFound for two who were never linked.
    """
    lock_pair(session, studio_id, company_id)
    state = link_state(session, studio_id, company_id)
    try:
        if next_link_state(state, "block") == state:
            return False
    except IllegalLinkStep:
        raise LinkNotFound from None
    if state == "LINKED":
        _end(session, studio_id, company_id, by)
    ended = (
        select(StudioLink)
        .where(StudioLink.studio_id == studio_id, StudioLink.company_id == company_id)
        .order_by(StudioLink.unlinked_at.desc())
        .limit(1)
    )
    session.scalars(ended.with_for_update()).one().blocked_at = clock.now()
    record_event(session, "company.blocked", Subject("company", company_id, studio_id), by, studio_id=studio_id)
    return True


def lift(session: Session, studio_id: UUID, company_id: UUID, by: Principal) -> bool:
    """Let a blocked company pick the studio again; answers False when nothing was blocked."""
    lock_pair(session, studio_id, company_id)
    if not lift_block(session, studio_id, company_id):
        return False
    record_event(session, "company.unblocked", Subject("company", company_id, studio_id), by, studio_id=studio_id)
    return True


def rename(session: Session, studio_id: UUID, company_id: UUID, nickname: str) -> None:
    """Give a client the studio's own name for it (it stands on the link); empty takes it away. Raises LinkNotFound."""
    _live(session, studio_id, company_id).nickname = " ".join(nickname.split())[:NICKNAME_LENGTH] or None


def permit(session: Session, studio_id: UUID, company_id: UUID, areas: Mapping[str, str], by: Principal) -> bool:
    """Say what the studio may do, area by area; answers False when that is so already. Raises LinkNotFound."""
    link = _live(session, studio_id, company_id)
    wanted = {area: level for area, level in areas.items() if area in AREAS and level in LEVELS}
    before = permissions_of(link)
    after = before | wanted
    if after == before:
        return False
    link.permissions = {"areas": after}
    subject = Subject("company", company_id, company_id)
    record_event(session, "studio.permitted", subject, by, studio_id=studio_id)
    return True


def permissions_of(link: StudioLink) -> dict[str, str]:
    """The level of every area; what nobody set follows the link's general level, which is `write` at birth."""
    said: Mapping[str, str] = link.permissions.get("areas", {})
    return {area: said.get(area, said.get("*", "none")) for area in AREAS}


def _live(session: Session, studio_id: UUID, company_id: UUID) -> StudioLink:
    lock_pair(session, studio_id, company_id)
    link = link_of(session, studio_id, company_id)
    if link is None:
        raise LinkNotFound
    return link


def _end(session: Session, studio_id: UUID, company_id: UUID, by: Principal) -> None:
    _live(session, studio_id, company_id).unlinked_at = clock.now()
    session.flush()
    for reader in (studio_id, company_id):
        record_event(session, "studio.unlinked", Subject("company", company_id, reader), by, studio_id=studio_id)
