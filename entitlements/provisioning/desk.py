"""The support desk's view of provisioning: what waits, what ended, and where the vendor contradicted itself."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, aliased

from entitlements.companies import Company, CompanyNotFound
from entitlements.parties import Party
from entitlements.provisioning.requests import ProvisioningRequest

CONTRADICTED = "CONTRADICTED"


@dataclass(frozen=True, slots=True)
class DeskRow:
    """One request with its company, the company's name and the studio that asked."""

    request: ProvisioningRequest
    company: Company
    party: Party
    studio: Party


def desk_rows(
    session: Session, *, state: str = "", search: str = "", after: UUID | None = None, limit: int = 50
) -> list[DeskRow]:
    """Requests, newest first; `state` is a state or CONTRADICTED, `search` a support code or a company's id."""
    studio, party = aliased(Party), aliased(Party)
    query = (
        select(ProvisioningRequest, Company, party, studio)
        .join(Company, Company.id == ProvisioningRequest.company_id)
        .join(party, party.id == Company.id)
        .join(studio, studio.id == Company.requested_by_party_id)
        .where(*_conditions(state, search))
        .order_by(ProvisioningRequest.company_id.desc())
        .limit(limit)
    )
    if after is not None:
        query = query.where(ProvisioningRequest.company_id < after)
    return [DeskRow(row[0], row[1], row[2], row[3]) for row in session.execute(query)]


def desk_row(session: Session, company_id: UUID) -> DeskRow:
    """One request. Raises CompanyNotFound."""
    rows = desk_rows(session, search=str(company_id))
    if not rows:
        raise CompanyNotFound(company_id)
    return rows[0]


def desk_counts(session: Session) -> dict[str, int]:
    """How many requests are in each state, and how many contradictions wait for a person."""
    by_state = select(ProvisioningRequest.state, func.count()).group_by(ProvisioningRequest.state)
    counts: dict[str, int] = {row[0]: row[1] for row in session.execute(by_state)}
    open_ones = select(func.count()).where(ProvisioningRequest.contradiction.is_not(None))
    return counts | {CONTRADICTED: session.execute(open_ones).scalar_one()}


def _conditions(state: str, search: str) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if state == CONTRADICTED:
        conditions.append(ProvisioningRequest.contradiction.is_not(None))
    elif state:
        conditions.append(ProvisioningRequest.state == state)
    wanted = "".join(search.split())
    if wanted:
        company_id = _id_or_none(wanted)
        by_code = Company.support_code == wanted.upper()
        conditions.append(by_code if company_id is None else ProvisioningRequest.company_id == company_id)
    return conditions


def _id_or_none(text_: str) -> UUID | None:
    try:
        return UUID(text_)
    except ValueError:
        return None
