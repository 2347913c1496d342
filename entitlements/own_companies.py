"""A studio's own companies, by name: whom it may buy a pack or a top-up for (D20)."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from entitlements.companies import NAMES_OF_SEEN, Company, like_literal, seen_companies
from entitlements.parties import Party
from foundation.driver_statements import directly


def own_company_choices(session: Session, studio_id: UUID, search: str = "", limit: int = 50) -> list[tuple[UUID, str]]:
    """Ids and names of the companies a studio follows, by name; `search` is part of the name or of an identifier."""
    query = (
        select(Party.id, Party.name)
        .join(Company, Company.id == Party.id)
        .where(Company.id.in_(seen_companies(studio_id)), Company.state != "REJECTED")
        .order_by(Party.sort_name, Party.id)
        .limit(limit)
    )
    if search:
        pattern = f"%{like_literal(search)}%"
        query = query.where(Party.name.ilike(pattern) | Party.vat_number.ilike(pattern) | Party.tax_code.ilike(pattern))
    return [(row.id, row.name) for row in session.execute(query)]


def names_of_own_companies(session: Session, studio_id: UUID, ids: set[UUID]) -> dict[UUID, str]:
    """The names of those among `ids` that this studio follows; everybody else's are left out."""
    if not ids:
        return {}
    rows = directly(session, NAMES_OF_SEEN, {"company_ids": list(ids), "studio_id": studio_id}).all()
    return {row.id: row.name for row in rows}
