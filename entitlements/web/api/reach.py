"""Which companies a token reaches: a studio those it follows, a company itself, the vendor all."""

from uuid import UUID

from flask import abort
from sqlalchemy.orm import Session

from entitlements.companies import Company, CompanyNotFound, company_of
from entitlements.parties import Party
from foundation.principal import Principal, current_principal

READERS = ("studio", "company", "product", "support", "admin")


def principal() -> Principal:
    """Who asks; `foundation.access` has let them in."""
    found = current_principal()
    if found is None:
        abort(401)
    return found


def own_party() -> UUID:
    """The studio or company a token acts for."""
    party_id = principal().party_id
    if party_id is None:
        abort(403)
    return party_id


def reached_company(session: Session, company_id: UUID) -> tuple[Company, Party]:
    """A company this token may see. Raises CompanyNotFound, alike for what is somebody else's."""
    who = principal()
    if who.role == "studio":
        return company_of(session, company_id, own_party())
    if who.role == "company" and who.party_id != company_id:
        raise CompanyNotFound(company_id)
    return company_of(session, company_id, None)
