"""What runs for a company on a day: its base service, and the modules and lots beside it (S004)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from entitlements.companies import Company, CompanyNotFound
from entitlements.licences import BASE_SERVICE, PLAN, Licence, LicenceTerm
from entitlements.running.service_states import Days
from entitlements.running.services_on import services_on
from entitlements.speaking import Voice, speaking

BaseState = Literal["ACTIVE", "LIMITED", "CLOSED", "NONE"]


@dataclass(frozen=True, slots=True)
class RunningService:
    """A service with the figures of its newest term.

    `unit_net_cents` is the net price of one unit for a year, `anchor_on` the day its price term began (`A0`, D3),
    `ends_on` the exclusive end of everything paid so far, `storage_gb` the gigabytes that all units together give;
    `replaced` is a lot that lapses on that day, because a smaller one that is paid already follows it (F004-21);
    `suspended` says whether a case holds it back (D10).
    """

    licence_id: UUID
    sku: str
    kind: str
    quantity: int
    unit_net_cents: int
    vat_code: str
    price_book_version: int
    anchor_on: date
    ends_on: date
    storage_gb: int = 0
    replaced: bool = False
    suspended: bool = False


@dataclass(frozen=True, slots=True)
class RunningServices:
    """The base service (also while it is limited), how it stands, and what runs beside it."""

    base: RunningService | None
    base_state: BaseState
    others: tuple[RunningService, ...]


@dataclass(frozen=True, slots=True)
class HeldService:
    """A service a company has had at some time: the licence and its terms in order, never empty."""

    licence: Licence
    terms: tuple[LicenceTerm, ...]

    @property
    def licence_id(self) -> UUID:
        """Its licence."""
        return self.licence.id

    @property
    def replaces(self) -> UUID | None:
        """The lot that this smaller one follows (F004-21)."""
        return self.licence.replaces_licence_id

    @property
    def kind(self) -> str:
        """A base service, a module or a lot."""
        return self.licence.kind

    @property
    def newest(self) -> LicenceTerm:
        """The term that ends last: terms follow each other without a gap."""
        return self.terms[-1]

    @property
    def days(self) -> Days:
        """From the first day paid to the last."""
        return Days(self.terms[0].starts_on, self.newest.ends_on)

    @property
    def voice(self) -> Voice:
        """What it says of its company today."""
        return Voice(
            kind=self.licence.kind,
            product=self.licence.product,
            plan=self.licence.plan,
            access_mode=self.licence.access_mode,
            limits=self.licence.limits,
            days=self.days,
            suspended=self.licence.suspended_at is not None,
        )


def running_services(session: Session, company_id: UUID, on: date) -> RunningServices:
    """What runs for a company on a Rome day.

    While the base is limited the others include what waits with it because it ended on the same day, so that all can
    be renewed together (F004-22); what ended earlier had been dropped.
    """
    return running_by_company(session, [company_id], on)[company_id]


def running_by_company(session: Session, company_ids: Sequence[UUID], on: date) -> dict[UUID, RunningServices]:
    """`running_services` of each of these companies, in one statement."""
    held = held_by_company(session, company_ids)
    return {company_id: _running_among(held[company_id], on) for company_id in company_ids}


def held_services(session: Session, company_id: UUID) -> list[HeldService]:
    """Every service a company ever had, in the order they were bought."""
    return held_by_company(session, [company_id])[company_id]


def held_by_company(session: Session, company_ids: Sequence[UUID]) -> dict[UUID, list[HeldService]]:
    """`held_services` of each of these companies, in one statement."""
    return _held(session, company_ids, Licence.kind != PLAN)


def held_plans(session: Session, company_id: UUID) -> list[HeldService]:
    """Every plan of a coupon or a purchase that a company ever had: no service, but with days of its own like one."""
    return _held(session, [company_id], Licence.kind == PLAN)[company_id]


def voices_by_company(session: Session, company_ids: Sequence[UUID], on: date) -> dict[UUID, Voice]:
    """What speaks for each of these companies on a day, where something does (lists show one line per company)."""
    held = _held(session, company_ids, Licence.kind.in_((PLAN, BASE_SERVICE)))
    found = {company_id: speaking([one.voice for one in ones], on) for company_id, ones in held.items()}
    return {company_id: voice for company_id, voice in found.items() if voice is not None}


def _held(session: Session, company_ids: Sequence[UUID], of_kind: ColumnElement[bool]) -> dict[UUID, list[HeldService]]:
    query = (
        select(Licence, LicenceTerm)
        .join(LicenceTerm, LicenceTerm.licence_id == Licence.id)
        .where(Licence.party_id.in_(company_ids), of_kind)
        .order_by(Licence.id, LicenceTerm.starts_on)
    )
    found: dict[UUID, tuple[Licence, list[LicenceTerm]]] = {}
    for licence, term in session.execute(query):
        found.setdefault(licence.id, (licence, []))[1].append(term)
    held: dict[UUID, list[HeldService]] = {company_id: [] for company_id in company_ids}
    for licence, terms in found.values():
        held[licence.party_id].append(HeldService(licence, tuple(terms)))
    return held


def holders_of_licences(session: Session, ids: Collection[UUID]) -> dict[UUID, UUID]:
    """The company each of these licences is for; one that does not exist is left out."""
    if not ids:
        return {}
    query = select(Licence.id, Licence.party_id).where(Licence.id.in_(ids))
    return {row.id: row.party_id for row in session.execute(query)}


def locked_company(session: Session, company_id: UUID) -> Company:
    """The company, locked: whatever changes its services or seats waits here for its turn. Raises CompanyNotFound."""
    query = select(Company).where(Company.id == company_id).with_for_update(key_share=True)
    company = session.scalars(query).one_or_none()
    if company is None:
        raise CompanyNotFound(company_id)
    return company


def _running_among(ever: Sequence[HeldService], on: date) -> RunningServices:
    held = [one for one in ever if one.licence.closed_at is None]
    day = services_on(held, on)
    others = [one for one in held if one.kind != BASE_SERVICE and day.state(one) != "EXPIRED"]
    running = tuple(_service(one, day.followed) for one in others)
    if day.base is None:
        return RunningServices(None, _without_base(ever), running)
    state: BaseState = "ACTIVE" if day.base_state == "ACTIVE" else "LIMITED"
    return RunningServices(_service(day.base, day.followed), state, running)


def _without_base(held: Sequence[HeldService]) -> BaseState:
    return "CLOSED" if any(one.licence.kind == BASE_SERVICE for one in held) else "NONE"


def _service(one: HeldService, replaced: Collection[UUID]) -> RunningService:
    term = one.newest
    return RunningService(
        licence_id=one.licence.id,
        sku=one.licence.sku,
        kind=one.licence.kind,
        quantity=one.licence.quantity,
        unit_net_cents=term.unit_net_cents,
        vat_code=term.vat_code,
        price_book_version=term.price_book_version,
        anchor_on=term.anchor_on,
        ends_on=term.ends_on,
        storage_gb=one.licence.storage_gb,
        replaced=one.licence.id in replaced,
        suspended=one.licence.suspended_at is not None,
    )
