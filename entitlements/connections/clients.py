"""A studio's clients, with or without a licence, and a company's studios: what their lists show, set-based."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, select, tuple_
from sqlalchemy.orm import Session

from entitlements.companies import Company, CompanyNotFound, like_literal, seen_companies
from entitlements.links import PayerPeriod, StudioLink
from entitlements.parties import Party

# A client that has an account and no licence yet stands beside the states of companies.
WITHOUT_LICENCE = "REGISTERED"


@dataclass(frozen=True, slots=True)
class Client:
    """A client as its studio sees it: `company` once it has been asked for, `link` while the two are linked."""

    party: Party
    company: Company | None
    link: StudioLink | None

    @property
    def state(self) -> str:
        """The state of its company, or REGISTERED without one."""
        return self.company.state if self.company else WITHOUT_LICENCE


@dataclass(frozen=True, slots=True)
class ClientQuery:
    """Which clients: part of a name, nickname or identifier; a state; who pays (STUDIO or COMPANY)."""

    search: str = ""
    state: str = ""
    payer: str = ""


def clients_of(
    session: Session, studio_id: UUID, asked: ClientQuery, after: tuple[str, UUID] | None = None, limit: int = 50
) -> list[Client]:
    """A studio's clients by name. Those whose creation failed come only when asked for: no company ever existed."""
    query = _clients(studio_id).where(*_found(asked)).order_by(Party.sort_name, Party.id).limit(limit)
    query = query.where(_in_state(asked.state))
    if after is not None:
        query = query.where(tuple_(Party.sort_name, Party.id) > after)
    return [Client(*row) for row in session.execute(query)]


def client_of(session: Session, studio_id: UUID, party_id: UUID) -> Client:
    """One client. Raises CompanyNotFound, alike for what does not exist and for what is somebody else's."""
    found = session.execute(_clients(studio_id).where(Party.id == party_id)).one_or_none()
    if found is None:
        raise CompanyNotFound(party_id)
    return Client(*found)


def count_clients(session: Session, studio_id: UUID, asked: ClientQuery) -> dict[str, int]:
    """How many of a studio's clients are in each state, among those the other filters find."""
    state = func.coalesce(Company.state, WITHOUT_LICENCE)
    query = _clients(studio_id).where(*_found(asked)).with_only_columns(state, func.count()).group_by(state)
    return {row[0]: row[1] for row in session.execute(query)}


def _clients(studio_id: UUID) -> Select[Party, Company, StudioLink]:
    live = and_(StudioLink.company_id == Party.id, StudioLink.studio_id == studio_id, StudioLink.unlinked_at.is_(None))
    return (
        select(Party, Company, StudioLink)
        .outerjoin(Company, Company.id == Party.id)
        .outerjoin(StudioLink, live)
        .where(Party.id.in_(seen_companies(studio_id)))
    )


def _found(asked: ClientQuery) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    if asked.search.strip():
        pattern = f"%{like_literal(asked.search.strip())}%"
        columns = (Party.name, Party.vat_number, Party.tax_code, StudioLink.nickname)
        either: ColumnElement[bool] = columns[0].ilike(pattern)
        for column in columns[1:]:
            either = either | column.ilike(pattern)
        wanted.append(either)
    if asked.payer:
        latest = (
            select(PayerPeriod.payer)
            .where(PayerPeriod.company_id == Party.id)
            .order_by(PayerPeriod.from_at.desc())
            .limit(1)
            .scalar_subquery()
        )
        wanted.append(latest == asked.payer)
    return wanted


def _in_state(state: str) -> ColumnElement[bool]:
    if state == WITHOUT_LICENCE:
        return Company.id.is_(None)
    return Company.state == state if state else (Company.id.is_(None) | (Company.state != "REJECTED"))


@dataclass(frozen=True, slots=True)
class LinkedStudio:
    """A studio as its company sees it."""

    studio: Party
    link: StudioLink


def studios_of(session: Session, company_id: UUID) -> list[LinkedStudio]:
    """The studios that work on a company, in the order they came."""
    query = (
        select(Party, StudioLink)
        .join(StudioLink, StudioLink.studio_id == Party.id)
        .where(StudioLink.company_id == company_id, StudioLink.unlinked_at.is_(None))
        .order_by(StudioLink.linked_at, StudioLink.id)
    )
    return [LinkedStudio(*row) for row in session.execute(query)]


def blocked_by(session: Session, studio_id: UUID, limit: int = 100) -> list[tuple[Party, StudioLink]]:
    """Whom a studio has blocked, newest first."""
    query = (
        select(Party, StudioLink)
        .join(StudioLink, StudioLink.company_id == Party.id)
        .where(StudioLink.studio_id == studio_id)
        .where(StudioLink.blocked_at.is_not(None), StudioLink.unblocked_at.is_(None))
        .order_by(StudioLink.blocked_at.desc(), StudioLink.id)
        .limit(limit)
    )
    return [(row[0], row[1]) for row in session.execute(query)]
