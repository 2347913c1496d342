"""Activation (F003-11 to F003-13): an owned coupon and a company's master data become a company, created elsewhere.

A coupon is claimed, the company asked for and the job written in one transaction; what the vendor answers is applied in
another, under the company's row lock, so that a callback, a retry and a question at the same instant apply it once.
"""

import hashlib
from dataclasses import asdict
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from entitlements.companies import Company, CompanyAlreadyExists
from entitlements.company_data import CompanyData, CompanyStep, draft_from_json
from entitlements.company_states import next_company_state
from entitlements.coupons.codes import ALPHABET
from entitlements.coupons.coupon_states import next_coupon_state
from entitlements.coupons.stock import Coupon, CouponAssignment, CouponPack, coupon_of, give_back
from entitlements.drafts import forget_draft, keep_draft
from entitlements.ledger import Account, Posting, book
from entitlements.licences import Activation, LicenceTerm, new_licence
from entitlements.links import Cause, link_studio, set_payer
from entitlements.parties import COMPANY, Party, new_party
from entitlements.provisioning.requests import request_provisioning
from entitlements.wallets import hand_over_buckets
from foundation import clock
from foundation.database import JsonObject
from foundation.events import Subject, record_event
from foundation.ids import new_id
from foundation.mail import queue_mail
from foundation.principal import Principal
from pricing import Term, december_term, twelve_month_term

_SUPPORT_CODE_LENGTH = 6


class CouponNotAvailable(Exception):
    """The coupon is not there to be activated (COUPON_NOT_AVAILABLE); `state` says why.

    Its own state, or HELD while a case holds it, EXPIRED from the first day it can no longer be used, or NOT_OWNED for
    a principal without a studio.
    """

    def __init__(self, coupon_id: UUID, state: str) -> None:
        super().__init__(state)
        self.coupon_id = coupon_id
        self.state = state


def activate_coupon(session: Session, coupon_id: UUID, data: CompanyData, by: Principal) -> Company:
    """Claim a coupon of the principal's studio and ask for its company (F003-11..13).

    Raises CouponNotFound, CouponNotAvailable, CompanyAlreadyExists; whatever it raises, nothing has changed.
    """
    if by.party_id is None:
        raise CouponNotAvailable(coupon_id, "NOT_OWNED")
    coupon, pack = coupon_of(session, coupon_id, by.party_id, lock=True)
    today = clock.today()
    state = state_for_use(coupon, today)
    if state != "AVAILABLE":
        raise CouponNotAvailable(coupon_id, state)
    company = _request_company(session, data, by.party_id, by.locale, today)
    coupon.state, coupon.changed_at = next_coupon_state(coupon.state, "activate"), clock.now()
    session.add(
        CouponAssignment(
            coupon_id=coupon.id,
            company_id=company.id,
            operation="FIRST_ACTIVATION",
            assigned_at=clock.now(),
            assigned_by_user_id=by.user_id,
        )
    )
    studio = session.get_one(Party, by.party_id)
    request_provisioning(session, company.id, provisioning_body(company.id, data, pack, studio, today))
    subject = Subject("company", company.id, by.party_id)
    record_event(session, "company.provisioning", subject, by, coupon_id=coupon.id)
    return company


def state_for_use(coupon: Coupon, today: date) -> str:
    """AVAILABLE when the coupon may be activated on this Rome day; else why not, as in CouponNotAvailable."""
    if coupon.state != "AVAILABLE":
        return coupon.state
    if coupon.held_by_case is not None:
        return "HELD"
    return "EXPIRED" if coupon.activate_by_on is not None and coupon.activate_by_on <= today else "AVAILABLE"


def _request_company(session: Session, data: CompanyData, studio_id: UUID, locale: str, today: date) -> Company:
    """Claim the tax code (M6), in a savepoint: a claim that fails leaves no party behind."""
    with session.begin_nested():
        party = _party_of(data)
        session.add(party)
        session.flush()
        claim = insert(Company).values(
            id=party.id,
            tax_code=data.tax.tax_code,
            state="PROVISIONING",
            profile=data.to_provisioning() | {"phone": data.activity.phone or None},
            requested_by_party_id=studio_id,
            requested_on=today,
            requested_at=clock.now(),
            support_code=support_code(party.id),
            locale=locale,
            version=1,
        )
        if session.execute(claim.on_conflict_do_nothing().returning(Company.id)).scalar() is None:
            raise CompanyAlreadyExists
    return session.get_one(Company, party.id)


def _party_of(data: CompanyData) -> Party:
    return new_party(
        COMPANY,
        data.tax.name,
        id=new_id(),
        vat_number=data.tax.vat_number or None,
        tax_code=data.tax.tax_code,
        email=data.activity.email,
        pec=data.activity.pec or None,
        sdi_code=data.activity.sdi_code,
        phone=data.activity.phone or None,
        address=asdict(data.registered_office),
    )


def support_code(company_id: UUID) -> str:
    """A short code to tell support, such as K7-4K3P: it finds the company and says nothing by itself."""
    digest = int.from_bytes(hashlib.sha256(company_id.bytes).digest()[:8])
    symbols = ""
    for _ in range(_SUPPORT_CODE_LENGTH):
        digest, index = divmod(digest, len(ALPHABET))
        symbols += ALPHABET[index]
    return f"{symbols[:2]}-{symbols[2:]}"


def coupon_term(gives: JsonObject, confirmed_on: date) -> Term:
    """The licence term a coupon opens (M10): to 31 December, or twelve months from the Rome day of confirmation."""
    return december_term(confirmed_on) if gives["term"] == "31 December" else twelve_month_term(confirmed_on)


def provisioning_body(
    company_id: UUID, data: CompanyData, pack: CouponPack, studio: Party, confirmed_on: date
) -> dict[str, Any]:
    """The body of the call that has the company created (M25)."""
    term = coupon_term(pack.gives, confirmed_on)
    return {
        "id": str(company_id),
        "product": pack.gives["product"],
        "plan": pack.gives["plan"],
        "access_mode": pack.gives.get("access_mode", "FULL"),
        "limits": pack.gives.get("limits", {}),
        "starts_on": term.starts_on.isoformat(),
        "ends_on": term.ends_on.isoformat(),
        "linked_studio": {"id": str(studio.id), "name": studio.name},
        "payer": "STUDIO",
        "company": data.to_provisioning(),
    }


def company_created(session: Session, company_id: UUID, remote_id: str) -> bool:
    """Apply "the company exists": licence, link, payer and history, once. Answers False when it was applied before.

    Raises IllegalCompanyStep when it had been rejected for good.
    """
    company = session.get_one(Company, company_id, with_for_update=True, populate_existing=True)
    state = next_company_state(company.state, "created")
    if state == company.state:
        return False
    company.state, company.ready_at, company.remote_id = state, clock.now(), remote_id
    company.version += 1
    assignment, coupon, pack = _assigned(session, company_id)
    coupon.state, coupon.changed_at = next_coupon_state(coupon.state, "company_created"), clock.now()
    cause = Cause("coupon_assignment", assignment.id)
    _start_licence(session, company, coupon, pack, cause)
    link_studio(session, company.requested_by_party_id, company_id, cause)
    set_payer(session, company_id, company.requested_by_party_id, "STUDIO", cause)
    _earn(session, coupon, pack, cause)
    studio_id = company.requested_by_party_id
    record_event(session, "coupon.activated", Subject("coupon", coupon.id, studio_id), company_id=company_id)
    record_event(session, "company.ready", Subject("company", company_id, studio_id))
    forget_draft(session, coupon.id)
    _tell_studio(session, company, coupon, "company_ready")
    return True


def company_refused(session: Session, company_id: UUID, reason: str) -> bool:
    """Apply a definitive refusal: the company is rejected, its coupon comes back (M9); False when applied before."""
    company = session.get_one(Company, company_id, with_for_update=True, populate_existing=True)
    state = next_company_state(company.state, "refused")
    if state == company.state:
        return False
    company.state, company.rejected_at, company.rejection = state, clock.now(), reason[:500]
    company.version += 1
    assignment, coupon, _ = _assigned(session, company_id)
    assignment.released_at = clock.now()
    give_back(session, coupon)
    hand_over_buckets(session, company_id, company.requested_by_party_id)
    keep_draft(session, coupon.id, draft_from_json(company.profile), CompanyStep.SUMMARY)
    record_event(session, "company.failed", Subject("company", company_id, company.requested_by_party_id))
    _tell_studio(session, company, coupon, "company_failed")
    return True


def _assigned(session: Session, company_id: UUID) -> tuple[CouponAssignment, Coupon, CouponPack]:
    query = (
        select(CouponAssignment, Coupon, CouponPack)
        .join(Coupon, Coupon.id == CouponAssignment.coupon_id)
        .join(CouponPack, CouponPack.id == Coupon.pack_id)
        .where(CouponAssignment.company_id == company_id, CouponAssignment.released_at.is_(None))
        .with_for_update(of=(CouponAssignment, Coupon))
    )
    row = session.execute(query).one()
    return row[0], row[1], row[2]


def _start_licence(session: Session, company: Company, coupon: Coupon, pack: CouponPack, cause: Cause) -> None:
    term = coupon_term(pack.gives, company.requested_on)
    licence = new_licence(company.id, pack.gives, cause.kind, cause.id, sku=pack.sku)
    session.add(licence)
    session.flush()
    session.add(
        LicenceTerm(
            licence_id=licence.id,
            starts_on=term.starts_on,
            ends_on=term.ends_on,
            anchor_on=term.starts_on,
            action="START",
            net_cents=coupon.net_cents,
            unit_net_cents=coupon.net_cents,
            vat_code="",
            price_book_version=pack.price_book_version,
            cause_kind=cause.kind,
            cause_id=cause.id,
            recorded_at=clock.now(),
        )
    )
    session.add(
        Activation(
            party_id=company.id,
            tax_code=company.tax_code,
            coupon_type=coupon.coupon_type,
            operation="FIRST_ACTIVATION",
            licence_year=term.starts_on.year,
            self_purchase=False,
            cause_kind=cause.kind,
            cause_id=cause.id,
            recorded_at=clock.now(),
        )
    )
    record_event(session, "licence.started", Subject("company", company.id, company.requested_by_party_id))


def _earn(session: Session, coupon: Coupon, pack: CouponPack, cause: Cause) -> None:
    """Turn the coupon's share of the deferred liability into revenue (M12)."""
    deferred, revenue = Account("deferred", label=pack.sku), Account("revenue", label=pack.sku)
    book(session, cause, [Posting(deferred, revenue, coupon.net_cents)])


def _tell_studio(session: Session, company: Company, coupon: Coupon, template: str) -> None:
    studio = session.get_one(Party, company.requested_by_party_id)
    if studio.email is None:
        return
    party = session.get_one(Party, company.id)
    context = {
        "company_id": str(company.id),
        "company_name": party.name,
        "coupon_id": str(coupon.id),
        "coupon_code": coupon.code,
        "support_code": company.support_code,
        "reason": company.rejection,
    }
    queue_mail(
        session,
        cause=f"{template}:{company.id}",
        to=studio.email,
        template=template,
        context=context,
        party_id=studio.id,
        locale=company.locale,
    )
