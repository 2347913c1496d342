"""Whether somebody of a party can come in and answer for it, and in which language they are written to.

Who may sign in is the shop's business; these two facts are read here, from its tables.
"""

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from entitlements.companies import Company
from entitlements.links import link_of
from foundation.formats import ITALIAN
from foundation.principal import Principal

_PEOPLED = text(
    "SELECT DISTINCT party_id FROM memberships"
    " WHERE party_id = ANY(:ids) AND role = 'owner' AND revoked_at IS NULL AND invited_at IS NULL"
)
_LANGUAGE = text(
    "SELECT users.locale FROM memberships JOIN users ON users.id = memberships.user_id"
    " WHERE memberships.party_id = :id AND memberships.role = 'owner' AND memberships.revoked_at IS NULL"
    " AND memberships.invited_at IS NULL ORDER BY memberships.created_at, memberships.id LIMIT 1"
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
    """Let nobody write to others, or answer for a party, before they proved to own their address (AddressNotProven).

    Programs hold a token, which only a proven person makes.
    """
    if by.user_id is not None and session.execute(_PROVEN, {"id": by.user_id}).scalar() is None:
        raise AddressNotProven


def language_of(session: Session, party_id: UUID) -> str:
    """The language a party is written to in: its first owner's, Italian while nobody has come in."""
    found: str | None = session.execute(_LANGUAGE, {"id": party_id}).scalar()
    return found or ITALIAN


def with_people(session: Session, party_ids: list[UUID]) -> set[UUID]:
    """Those of these parties that have an owner who can sign in."""
    return set(session.execute(_PEOPLED, {"ids": party_ids}).scalars()) if party_ids else set()
