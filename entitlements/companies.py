"""Companies (M6): a client's company, from the request to create it until the vendor's software has it."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BindParameter,
    CheckConstraint,
    ColumnElement,
    CompoundSelect,
    ForeignKey,
    Index,
    String,
    Uuid,
    bindparam,
    exists,
    func,
    select,
    text,
    true,
    tuple_,
    union,
)
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from entitlements.company_states import CompanyState
from entitlements.links import PayerPeriod, StudioLink
from entitlements.parties import COMPANY, Party
from foundation.database import JsonObject, Model
from foundation.driver_statements import directly

Bar = Literal["REFUSED", "EXISTS"]
_LIVE = "state <> 'REJECTED'"


class Company(Model):
    """What the vendor's software was asked to create; the name and identifiers are its party's.

    `tax_code` stands here again because "one live company per tax code" is a promise of this table (M6). `locale` is
    the language of whoever activated it, in which the studio is told what became of it.
    """

    __tablename__ = "companies"
    __table_args__ = (
        Index("uq_companies_live_tax_code", "tax_code", unique=True, postgresql_where=text(_LIVE)),
        Index("ix_companies_requested_by", "requested_by_party_id", "id"),
        Index("ix_companies_support_code", "support_code"),
        CheckConstraint("state IN ('PROVISIONING', 'READY', 'REJECTED')", name="state"),
        CheckConstraint("state <> 'READY' OR remote_id IS NOT NULL", name="ready_has_remote_id"),
    )

    id: Mapped[UUID] = mapped_column(ForeignKey("parties.id"), primary_key=True)
    tax_code: Mapped[str]
    state: Mapped[CompanyState] = mapped_column(String())
    profile: Mapped[JsonObject]
    requested_by_party_id: Mapped[UUID] = mapped_column(ForeignKey("parties.id"))
    requested_on: Mapped[date]
    requested_at: Mapped[datetime]
    ready_at: Mapped[datetime | None]
    rejected_at: Mapped[datetime | None]
    rejection: Mapped[str | None]
    remote_id: Mapped[str | None]
    support_code: Mapped[str]
    locale: Mapped[str] = mapped_column(server_default="it")
    version: Mapped[int]


class CompanyNotFound(Exception):
    """No such company, or not one this party may see."""

    def __init__(self, company_id: UUID) -> None:
        super().__init__(str(company_id))
        self.company_id = company_id


def seen_companies(
    studio_id: UUID | BindParameter[UUID], among: BindParameter[Sequence[UUID]] | None = None
) -> CompoundSelect[tuple[UUID]]:
    """The query for the companies a studio sees: linked ones, those it pays for, and what it asked for and has no end.

    Unlinking ends it all, except where the studio still pays: it must be able to hand that over. Who asks of some
    companies only names them in `among`: else all are found first, be they a hundred thousand.
    """
    later = aliased(PayerPeriod)
    newer = exists().where(later.company_id == PayerPeriod.company_id, later.from_at > PayerPeriod.from_at)
    linked = select(StudioLink.company_id).where(StudioLink.studio_id == studio_id, StudioLink.unlinked_at.is_(None))
    asked_for = select(Company.id).where(Company.requested_by_party_id == studio_id, Company.state != "READY")
    paid_for = select(PayerPeriod.company_id).where(PayerPeriod.payer_party_id == studio_id, ~newer)
    if among is not None:
        linked = linked.where(StudioLink.company_id == func.any(among))
        asked_for = asked_for.where(Company.id == func.any(among))
        paid_for = paid_for.where(PayerPeriod.company_id == func.any(among))
    return union(linked, asked_for, paid_for)


# The companies a studio names among those it sees, by name and whole: asked with most of what a studio does.
_NAMED: BindParameter[Sequence[UUID]] = bindparam("company_ids", type_=ARRAY(Uuid()))
_NAMED_AND_SEEN = Company.id.in_(seen_companies(bindparam("studio_id", type_=Uuid()), _NAMED))
NAMES_OF_SEEN = (
    select(Party.id, Party.name)
    .join(Company, Company.id == Party.id)
    .where(Party.id == func.any(_NAMED), _NAMED_AND_SEEN, Company.state != "REJECTED")
)
_SEEN = select(Company.id).where(Company.id == func.any(_NAMED), _NAMED_AND_SEEN)
_WITH_PARTY = select(Company, Party).join(Party, Party.id == Company.id).where(Company.id == func.any(_NAMED))
_SEEN_WITH_PARTY = _WITH_PARTY.where(_NAMED_AND_SEEN)

_OTHER = aliased(Company)
_LIVES = exists().where(_OTHER.tax_code == Party.tax_code, _OTHER.state != "REJECTED", _OTHER.id != Party.id)
# Asked with every cart that holds a service.
_BARRED = (
    select(Party.id, Company.id.is_not(None).label("refused"))
    .outerjoin(Company, Company.id == Party.id)
    .where(Party.id == func.any(bindparam("party_ids", type_=ARRAY(Uuid()))), Party.kind == COMPANY)
    .where((Company.state == "REJECTED") | (Company.id.is_(None) & _LIVES))
)


class CompanyAlreadyExists(Exception):
    """A live company with this tax code exists; whose it is stays untold (M6)."""

    def __init__(self) -> None:
        super().__init__("a live company has this tax code")


def company_of(session: Session, company_id: UUID, studio_id: UUID | None) -> tuple[Company, Party]:
    """One company and its party, if `studio_id` may see it (`seen_companies`; None: the vendor's own people).

    Raises CompanyNotFound, alike for what does not exist and for what is somebody else's.
    """
    query = _WITH_PARTY if studio_id is None else _SEEN_WITH_PARTY
    found = session.execute(query, {"company_ids": [company_id], "studio_id": studio_id}).one_or_none()
    if found is None:
        raise CompanyNotFound(company_id)
    return found[0], found[1]


def sees_company(session: Session, studio_id: UUID, company_id: UUID) -> bool:
    """Whether a studio sees a company (`seen_companies`)."""
    return directly(session, _SEEN, {"company_ids": [company_id], "studio_id": studio_id}).first() is not None


def companies_of(
    session: Session,
    studio_id: UUID | None,
    *,
    search: str = "",
    state: str | None = None,
    after: tuple[str, UUID] | None = None,
    limit: int = 50,
) -> list[tuple[Company, Party]]:
    """The companies a studio sees, by name (None: everybody's).

    Rejected ones only when `state` asks for them: no company ever existed.
    """
    query = (
        select(Company, Party)
        .join(Party, Party.id == Company.id)
        .where(_of_studio(studio_id), *_found(search), _in_state(state))
        .order_by(Party.sort_name, Party.id)
        .limit(limit)
    )
    if after is not None:
        query = query.where(tuple_(Party.sort_name, Party.id) > after)
    return [(row[0], row[1]) for row in session.execute(query)]


def company_as_listed(
    session: Session, company_id: UUID, *, search: str = "", state: str | None = None
) -> list[tuple[Company, Party]]:
    """One company in a list filtered as in `companies_of`: alone, or not there."""
    query = select(Company, Party).join(Party, Party.id == Company.id)
    query = query.where(Company.id == company_id, *_found(search), _in_state(state))
    return [(row[0], row[1]) for row in session.execute(query)]


def company_lives(session: Session, tax_code: str) -> bool:
    """Whether a company with this tax code exists or is being created (M6); never to be told to whoever asks."""
    query = select(Company.id).where(Company.tax_code == tax_code, Company.state != "REJECTED")
    return session.scalars(query.limit(1)).first() is not None


def barred_companies(session: Session, party_ids: Sequence[UUID]) -> dict[UUID, Bar]:
    """Those of these parties for which no service can run, and why.

    REFUSED by the vendor for good, or EXISTS: it only registered, and its tax code lives under another account (M6).
    """
    found = directly(session, _BARRED, {"party_ids": list(party_ids)}).all()
    return {row.id: "REFUSED" if row.refused else "EXISTS" for row in found}


def linked_account(session: Session, studio_id: UUID, tax_code: str) -> UUID | None:
    """The party of a client that registered itself, is linked to this studio, and was never asked for as a company.

    Only a link makes it known to the studio: whether another studio's client is registered stays untold (M6).
    """
    query = (
        select(Party.id)
        .join(StudioLink, StudioLink.company_id == Party.id)
        .where(StudioLink.studio_id == studio_id, StudioLink.unlinked_at.is_(None))
        .where(Party.tax_code == tax_code, Party.kind == COMPANY, Party.registered_at.is_not(None))
        .where(~exists().where(Company.id == Party.id))
    )
    return session.scalars(query).one_or_none()


def place_in_list(session: Session, company_id: UUID) -> tuple[str, UUID] | None:
    """Where a list of companies goes on after this one."""
    name = session.execute(select(Party.sort_name).where(Party.id == company_id)).scalar()
    return None if name is None else (name, company_id)


def requested_in(session: Session, studio_id: UUID, states: tuple[str, ...], limit: int) -> list[tuple[Company, Party]]:
    """What a studio asked for and is in one of these states, newest first."""
    query = (
        select(Company, Party)
        .join(Party, Party.id == Company.id)
        .where(Company.requested_by_party_id == studio_id, Company.state.in_(states))
        .order_by(Company.id.desc())
        .limit(limit)
    )
    return [(row[0], row[1]) for row in session.execute(query)]


def like_literal(text_: str) -> str:
    """Take the meaning of wildcards away from what a person typed."""
    return text_.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _of_studio(studio_id: UUID | None) -> ColumnElement[bool]:
    return true() if studio_id is None else Company.id.in_(seen_companies(studio_id))


def _in_state(state: str | None) -> ColumnElement[bool]:
    return Company.state != "REJECTED" if state is None else Company.state == state


def _found(search: str) -> list[ColumnElement[bool]]:
    wanted = search.strip()
    if not wanted:
        return []
    pattern = f"%{like_literal(wanted)}%"
    return [Party.name.ilike(pattern) | Party.vat_number.ilike(pattern) | Party.tax_code.ilike(pattern)]
