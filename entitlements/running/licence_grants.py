"""Licence grants: a paid line starts a service, extends it, or renews it (F004-11, F004-22); nothing ever gets shorter.

The order's line says which days were paid for, in its term document:
`{"action": "START" | "EXTEND" | "RENEW", "licence_id", "replaces", "expected_ends_on", "months", "years", "starts_on",
"ends_on", "anchor_on", "unit_net_cents", "quantity", "vat_code"}`. Days are ISO, `ends_on` is exclusive.
"""

from dataclasses import dataclass
from datetime import date
from typing import Literal
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from entitlements.companies import Company, CompanyAlreadyExists, CompanyNotFound
from entitlements.licences import BASE_SERVICE, LOTS, SEATS, Activation, Licence, LicenceTerm, new_licence
from entitlements.opened_companies import open_registered
from entitlements.paid_lines import PaidLine
from entitlements.provisioning.changes import announce_change
from entitlements.running.life import schedule_days, turn_services
from entitlements.running.what_runs import HeldService, held_services, locked_company
from entitlements.seats.seating import lay_out_seats
from foundation import clock
from foundation.database import JsonObject
from foundation.events import Subject, record_event
from foundation.ids import new_id

Action = Literal["START", "EXTEND", "RENEW"]


class TermMoved(Exception):
    """The service no longer ends where the order was priced from: somebody extended it meanwhile, or it was closed.

    `found` is where it ends now; None when it is closed for good or no service of this company.
    """

    def __init__(self, licence_id: UUID | None, expected: date | None, found: date | None) -> None:
        super().__init__(f"{licence_id}: {expected}, now {found}")
        self.licence_id = licence_id
        self.expected = expected
        self.found = found


class BaseServiceAlreadyActive(Exception):
    """A base service is open for this company's tax code: it can be renewed, not bought again (F004-24)."""

    def __init__(self, company_id: UUID) -> None:
        super().__init__(str(company_id))
        self.company_id = company_id


class CompanyRefused(Exception):
    """The vendor refused this company for good: no service can run for it."""

    def __init__(self, company_id: UUID) -> None:
        super().__init__(str(company_id))
        self.company_id = company_id


class TermMissing(Exception):
    """A line of a service does not say which days were paid for."""

    def __init__(self, sku: str) -> None:
        super().__init__(sku)
        self.sku = sku


NOT_TO_BE_HAD = (TermMoved, BaseServiceAlreadyActive, CompanyRefused, CompanyAlreadyExists)
"""What was paid for can no longer be had: the order asks for a new quote, and its money is credit (M14)."""


@dataclass(frozen=True, slots=True)
class PaidTerm:
    """The days a line paid for, and the price later parts of a year are charged from."""

    action: Action
    licence_id: UUID | None
    expected_ends_on: date | None
    starts_on: date
    ends_on: date
    anchor_on: date
    unit_net_cents: int
    quantity: int
    vat_code: str
    replaces: UUID | None


def read_term(line: PaidLine) -> PaidTerm:
    """The term document of a line. Raises TermMissing."""
    found = line.term
    if found is None:
        raise TermMissing(line.sku)
    return PaidTerm(
        action=found["action"],
        licence_id=UUID(found["licence_id"]) if found.get("licence_id") else None,
        expected_ends_on=_day(found.get("expected_ends_on")),
        starts_on=date.fromisoformat(found["starts_on"]),
        ends_on=date.fromisoformat(found["ends_on"]),
        anchor_on=date.fromisoformat(found["anchor_on"]),
        unit_net_cents=int(found["unit_net_cents"]),
        quantity=int(found["quantity"]),
        vat_code=str(found["vat_code"]),
        replaces=UUID(found["replaces"]) if found.get("replaces") else None,
    )


def _day(found: str | None) -> date | None:
    return date.fromisoformat(found) if found else None


def grant_licence(session: Session, line: PaidLine) -> None:
    """Start, extend or renew a service.

    Raises TermMissing, CompanyNotFound, and those of NOT_TO_BE_HAD.
    """
    term = read_term(line)
    company = _company_for(session, line, term)
    # Days that have passed unnoticed come first: a base that is closed since this morning no longer stands in the way.
    turn_services(session, company, sold=True)
    licence = _start(session, company, line, term) if term.action == "START" else _go_on(session, company, term)
    session.add(_term(licence, line, term))
    session.flush()
    if term.action == "START" and licence.kind == SEATS:
        lay_out_seats(session, company.id, licence)
    _tell(session, line, licence, term)
    turn_services(session, company, sold=True)
    schedule_days(
        session, company.id, next(one for one in held_services(session, company.id) if one.licence is licence)
    )
    announce_change(session, company.id)


def _company_for(session: Session, line: PaidLine, term: PaidTerm) -> Company:
    """The company, locked; one that only registered so far comes to exist with its first base service."""
    try:
        company = locked_company(session, line.for_party_id)
        if company.state == "REJECTED":
            raise CompanyRefused(company.id)
        return company
    except CompanyNotFound:
        if line.product_kind != BASE_SERVICE or term.action != "START":
            raise
    offer = {name: line.gives.get(name, "FULL") for name in ("product", "plan", "access_mode")}
    return open_registered(session, line.for_party_id, offer | {"starts_on": term.starts_on.isoformat()})


def _start(session: Session, company: Company, line: PaidLine, term: PaidTerm) -> Licence:
    facts: JsonObject = {
        "kind": line.product_kind,
        "sku": line.sku,
        "names": line.names,
        "quantity": term.quantity if line.product_kind in LOTS else 1,
        "tax_code": company.tax_code if line.product_kind == BASE_SERVICE else None,
        "replaces_licence_id": _followed(session, company, term),
    }
    licence = new_licence(company.id, line.gives, line.cause.kind, line.cause.id, id=new_id(), **facts)
    try:
        with session.begin_nested():
            session.add(licence)
    except IntegrityError as refused:
        if "uq_licences_open_base" in str(refused.orig):
            raise BaseServiceAlreadyActive(company.id) from None
        raise
    if licence.kind == BASE_SERVICE:
        _remember(session, company, line, term)
    return licence


def _go_on(session: Session, company: Company, term: PaidTerm) -> Licence:
    """The licence whose newest term the paid one follows without a gap."""
    held = _standing(session, company, term.licence_id, term.expected_ends_on)
    if term.starts_on != held.newest.ends_on:
        raise TermMoved(term.licence_id, term.expected_ends_on, held.newest.ends_on)
    _check_anchor(held, term)
    return held.licence


def _followed(session: Session, company: Company, term: PaidTerm) -> UUID | None:
    """The lot that a smaller one follows from the day it ends; the table knows that nothing followed it before."""
    return _standing(session, company, term.replaces, term.starts_on).licence.id if term.replaces else None


def _standing(session: Session, company: Company, licence_id: UUID | None, expected: date | None) -> HeldService:
    """A service that ends on the expected day, and that no smaller lot follows. Raises TermMoved."""
    held = held_services(session, company.id)
    found = next((one for one in held if one.licence.id == licence_id), None)
    if found is None or found.licence.closed_at is not None:
        raise TermMoved(licence_id, expected, None)
    if found.newest.ends_on != expected or any(one.licence.replaces_licence_id == licence_id for one in held):
        raise TermMoved(licence_id, expected, found.newest.ends_on)
    return found


def _check_anchor(held: HeldService, term: PaidTerm) -> None:
    """An extension goes on counting from the anchor of the price term in force; a renewal begins anew (D3)."""
    expected = held.newest.anchor_on if term.action == "EXTEND" else term.starts_on
    if term.anchor_on != expected:
        raise TermMoved(term.licence_id, term.expected_ends_on, held.newest.ends_on)


def _term(licence: Licence, line: PaidLine, term: PaidTerm) -> LicenceTerm:
    return LicenceTerm(
        id=new_id(),
        licence_id=licence.id,
        starts_on=term.starts_on,
        ends_on=term.ends_on,
        anchor_on=term.anchor_on,
        action=term.action,
        net_cents=line.net_cents,
        unit_net_cents=term.unit_net_cents,
        vat_code=term.vat_code,
        price_book_version=line.price_book_version,
        cause_kind=line.cause.kind,
        cause_id=line.cause.id,
        recorded_at=clock.now(),
    )


def _remember(session: Session, company: Company, line: PaidLine, term: PaidTerm) -> None:
    """History kept for ever (M8): what a studio buys for its client is no purchase of the client's own (D27)."""
    session.add(
        Activation(
            party_id=company.id,
            tax_code=company.tax_code,
            coupon_type=None,
            operation="PURCHASE",
            licence_year=term.starts_on.year,
            self_purchase=line.owner_party_id == company.id,
            cause_kind=line.cause.kind,
            cause_id=line.cause.id,
            recorded_at=clock.now(),
        )
    )


def _tell(session: Session, line: PaidLine, licence: Licence, term: PaidTerm) -> None:
    subject = Subject("company", line.for_party_id, line.owner_party_id)
    facts = {"licence_id": licence.id, "cause_id": line.cause.id, "ends_on": term.ends_on.isoformat()}
    if term.action != "START":
        record_event(session, "licence.changed", subject, None, action=term.action, **facts)
    elif licence.kind in LOTS:
        record_event(session, f"{licence.kind}.changed", subject, None, quantity=licence.quantity, **facts)
    else:
        started = "licence.started" if licence.kind == BASE_SERVICE else "addon.activated"
        record_event(session, started, subject, None, kind=licence.kind, **facts)
