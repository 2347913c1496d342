"""Requests for a company: the tax code is claimed, the vendor's software asked, and the licence opened once it exists.

Shared by both ways to a company: a studio's coupon (`activation`) and a client's own purchase (`purchases`).
"""

import hashlib
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from entitlements.companies import Company, CompanyAlreadyExists
from entitlements.company_data import CompanyData
from entitlements.coupons.codes import ALPHABET
from entitlements.licences import Activation, LicenceTerm, new_licence
from entitlements.links import Cause, Payer
from entitlements.parties import COMPANY, Party, new_party, sort_name
from entitlements.running.life import schedule_days
from entitlements.running.what_runs import HeldService
from foundation import clock
from foundation.database import JsonObject
from foundation.events import Subject, record_event
from foundation.ids import new_id
from pricing import Term, december_term, twelve_month_term

_SUPPORT_CODE_LENGTH = 6


@dataclass(frozen=True, slots=True)
class CompanyRequest:
    """Whose company is asked for: its data, who asked, in which language, on which Rome day.

    `buyer_id` is the party that becomes the company; None makes a new one.
    """

    data: CompanyData
    asked_by: UUID | None
    locale: str
    on: date
    buyer_id: UUID | None = None


def request_company(session: Session, request: CompanyRequest) -> Company:
    """Claim the tax code (M6), in a savepoint: a claim that fails leaves no party behind.

    A company that nobody else asked for is its own. Raises CompanyAlreadyExists.
    """
    data = request.data
    with session.begin_nested():
        party = _party_of(session, request)
        session.add(party)
        session.flush()
        claim = insert(Company).values(
            id=party.id,
            tax_code=data.tax.tax_code,
            state="PROVISIONING",
            profile=data.to_provisioning() | {"phone": data.activity.phone or None},
            requested_by_party_id=request.asked_by or party.id,
            requested_on=request.on,
            requested_at=clock.now(),
            support_code=support_code(party.id),
            locale=request.locale,
            version=1,
        )
        if session.execute(claim.on_conflict_do_nothing().returning(Company.id)).scalar() is None:
            raise CompanyAlreadyExists
    return session.get_one(Company, party.id)


def party_facts(data: CompanyData) -> dict[str, Any]:
    """The columns of a company's party, from its data."""
    return {
        "vat_number": data.tax.vat_number or None,
        "tax_code": data.tax.tax_code,
        "email": data.activity.email,
        "pec": data.activity.pec or None,
        "sdi_code": data.activity.sdi_code,
        "phone": data.activity.phone or None,
        "address": asdict(data.registered_office),
    }


def _party_of(session: Session, request: CompanyRequest) -> Party:
    facts = party_facts(request.data)
    if request.buyer_id is None:
        return new_party(COMPANY, request.data.tax.name, id=new_id(), **facts)
    party = session.get_one(Party, request.buyer_id, with_for_update={"key_share": True})
    # What a company that has an account says of itself stands; a studio adds only what is missing.
    own = party.registered_at is not None
    if not own:
        party.kind, party.name, party.sort_name = COMPANY, request.data.tax.name, sort_name(request.data.tax.name)
    for name, value in facts.items():
        if not (own and getattr(party, name)):
            setattr(party, name, value)
    party.version += 1
    return party


def support_code(company_id: UUID) -> str:
    """A short code to tell support, such as K7-4K3P: it finds the company and says nothing by itself."""
    digest = int.from_bytes(hashlib.sha256(company_id.bytes).digest()[:8])
    symbols = ""
    for _ in range(_SUPPORT_CODE_LENGTH):
        digest, index = divmod(digest, len(ALPHABET))
        symbols += ALPHABET[index]
    return f"{symbols[:2]}-{symbols[2:]}"


def opened_term(gives: JsonObject, confirmed_on: date) -> Term:
    """The licence term that opens (M10): to 31 December, or twelve months from the Rome day of confirmation."""
    return december_term(confirmed_on) if gives["term"] == "31 December" else twelve_month_term(confirmed_on)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the vendor's software is told besides the company's data: what it gives, for which studio, who pays."""

    gives: JsonObject
    studio: Party
    payer: Payer


def provisioning_body(company_id: UUID, data: CompanyData, asked: Asked, confirmed_on: date) -> dict[str, Any]:
    """The body of the call that has the company created (M25)."""
    gives, term = asked.gives, opened_term(asked.gives, confirmed_on)
    return {
        "id": str(company_id),
        "product": gives["product"],
        "plan": gives["plan"],
        "access_mode": gives.get("access_mode", "FULL"),
        "limits": gives.get("limits", {}),
        "starts_on": term.starts_on.isoformat(),
        "ends_on": term.ends_on.isoformat(),
        "linked_studio": {"id": str(asked.studio.id), "name": asked.studio.name},
        "payer": asked.payer,
        "company": data.to_provisioning(),
    }


@dataclass(frozen=True, slots=True)
class Opened:
    """A licence that opens with its company: what it gives, what it was sold for (cents), and what history keeps."""

    gives: JsonObject
    sku: str
    net_cents: int
    price_book_version: int
    coupon_type: str | None
    self_purchase: bool
    told_party_id: UUID


def start_licence(session: Session, company: Company, opened: Opened, cause: Cause) -> None:
    """Open the licence of a company that exists now, and keep its activation for ever (M8)."""
    term = opened_term(opened.gives, company.requested_on)
    licence = new_licence(company.id, opened.gives, cause.kind, cause.id, sku=opened.sku)
    session.add(licence)
    session.flush()
    first = LicenceTerm(
        licence_id=licence.id,
        starts_on=term.starts_on,
        ends_on=term.ends_on,
        anchor_on=term.starts_on,
        action="START",
        net_cents=opened.net_cents,
        unit_net_cents=opened.net_cents,
        vat_code="",
        price_book_version=opened.price_book_version,
        cause_kind=cause.kind,
        cause_id=cause.id,
        recorded_at=clock.now(),
    )
    session.add(first)
    schedule_days(session, company.id, HeldService(licence, (first,)))
    session.add(
        Activation(
            party_id=company.id,
            tax_code=company.tax_code,
            coupon_type=opened.coupon_type,
            operation="FIRST_ACTIVATION",
            licence_year=term.starts_on.year,
            self_purchase=opened.self_purchase,
            cause_kind=cause.kind,
            cause_id=cause.id,
            recorded_at=clock.now(),
        )
    )
    subject = Subject("company", company.id, opened.told_party_id)
    facts = {"licence_id": licence.id, "cause_id": cause.id, "ends_on": term.ends_on.isoformat()}
    record_event(session, "licence.started", subject, None, kind=licence.kind, **facts)
