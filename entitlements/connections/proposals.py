"""Proposals: what one side asks and the other answers. Each table of proposals has these columns and these rules."""

from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, String, or_, select
from sqlalchemy.orm import Mapped, Session, declared_attr, mapped_column

from entitlements.connections.proposal_states import PROPOSAL_STATES, ProposalState, ProposalStep, next_proposal_state
from foundation import clock
from foundation.database import Identified
from foundation.principal import Principal

PROPOSALS_LAST = timedelta(days=30)


class ProposalNotFound(Exception):
    """No such proposal, or one that is none of this party's business."""


class NotYoursToSettle(Exception):
    """Whoever asked cannot accept their own proposal, and only who asked can withdraw it."""


class Proposal(Identified):
    """Mix-in: who asked, until when it waits, how it ended and who ended it (nobody: time did)."""

    state: Mapped[ProposalState] = mapped_column(String())
    asked_by_user_id: Mapped[UUID | None]
    asked_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    settled_by_user_id: Mapped[UUID | None]

    @declared_attr
    @classmethod
    def asked_by_party_id(cls) -> Mapped[UUID]:
        """Who asks."""
        return mapped_column(ForeignKey("parties.id"))

    @declared_attr
    @classmethod
    def settled_by_party_id(cls) -> Mapped[UUID | None]:
        """Who answered."""
        return mapped_column(ForeignKey("parties.id"))


def proposal_checks() -> tuple[CheckConstraint, CheckConstraint]:
    """What the database promises of every proposal: a known state, and an end exactly when it is over."""
    known = ", ".join(f"'{state}'" for state in PROPOSAL_STATES)
    return (
        CheckConstraint(f"state IN ({known})", name="state"),
        CheckConstraint("(state = 'OPEN') = (settled_at IS NULL)", name="settled"),
    )


def asked_now(by: Principal) -> dict[str, object]:
    """The columns of a proposal made now by this principal."""
    now = clock.now()
    return {
        "state": "OPEN",
        "asked_by_party_id": by.party_id,
        "asked_by_user_id": by.user_id,
        "asked_at": now,
        "expires_at": now + PROPOSALS_LAST,
    }


P = TypeVar("P", bound=Proposal)


def lock_proposal(session: Session, kind: type[P], proposal_id: UUID, *sides: ColumnElement[bool]) -> P:
    """A proposal of one of these sides, locked: every answer starts here. Raises ProposalNotFound."""
    query = select(kind).where(kind.id == proposal_id, or_(*sides)).with_for_update()
    found = session.scalars(query).one_or_none()
    if found is None:
        raise ProposalNotFound
    return found


def waits(proposal: Proposal) -> bool:
    """Whether a proposal may still be answered."""
    return proposal.state == "OPEN" and proposal.expires_at > clock.now()


def settle(proposal: Proposal, step: ProposalStep, by: Principal | None) -> bool:
    """End a locked proposal; answers False when it had ended this way before. Raises IllegalProposalStep.

    One whose time is over has expired, also where nobody has written that yet (M18).
    """
    over = step != "expire" and proposal.state == "OPEN" and not waits(proposal)
    state = next_proposal_state("EXPIRED" if over else proposal.state, step)
    if state == proposal.state:
        return False
    proposal.state, proposal.settled_at = state, clock.now()
    if by is not None:
        proposal.settled_by_party_id, proposal.settled_by_user_id = by.party_id, by.user_id
    return True


def expire(proposal: Proposal | None) -> bool:
    """End a proposal nobody answered; one that has ended otherwise is left as it is."""
    return proposal is not None and proposal.state == "OPEN" and settle(proposal, "expire", None)
