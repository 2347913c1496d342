"""Which companies a token reaches: a studio those it follows, a company itself, the vendor all."""

from uuid import UUID

from flask import abort
from sqlalchemy.orm import Session

from entitlements.companies import Company, CompanyNotFound, company_of, sees_company
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
    return company_of(session, company_id, _studio_that_asks(company_id))


def refuse_unreached(session: Session, company_id: UUID) -> None:
    """Raise CompanyNotFound for a company this token may not see; whether it exists is for what is asked next."""
    studio_id = _studio_that_asks(company_id)
    if studio_id is not None and not sees_company(session, studio_id, company_id):
        raise CompanyNotFound(company_id)


def _studio_that_asks(company_id: UUID) -> UUID | None:
    """The studio a token acts for, None for all others. Raises CompanyNotFound to a company that asks of another."""
    who = principal()
    if who.role == "company" and who.party_id != company_id:
        raise CompanyNotFound(company_id)
    return own_party() if who.role == "studio" else None
