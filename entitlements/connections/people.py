"""Whether somebody of a company can come in and answer for it.

Who may sign in is the shop's business; that somebody can is the one fact read here, from its table.
"""

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from entitlements.companies import Company
from entitlements.links import link_of
from foundation.principal import Principal

_PEOPLED = text(
    "SELECT DISTINCT party_id FROM memberships"
    " WHERE party_id = ANY(:ids) AND role = 'owner' AND revoked_at IS NULL AND invited_at IS NULL"
)
_PROVEN = text("SELECT email_confirmed_at FROM users WHERE id = :id")


def owns_access(session: Session, studio_id: UUID, company_id: UUID) -> bool:
    """Whether a studio may give a company its first owner: it had it created and works on it still."""
    company = session.get(Company, company_id)
    asked = company is not None and company.requested_by_party_id == studio_id and company.state == "READY"
    return asked and link_of(session, studio_id, company_id) is not None


class AddressNotProven(Exception):
    """Whoever asks has not confirmed their e-mail address yet."""


def must_have_proven_address(session: Session, by: Principal) -> None:
    """Let nobody write to others before they proved to own their address (AddressNotProven); programs hold a token."""
    if by.user_id is not None and session.execute(_PROVEN, {"id": by.user_id}).scalar() is None:
        raise AddressNotProven


def with_people(session: Session, party_ids: list[UUID]) -> set[UUID]:
    """Those of these parties that have an owner who can sign in."""
    return set(session.execute(_PEOPLED, {"ids": party_ids}).scalars()) if party_ids else set()
