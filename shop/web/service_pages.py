"""I tuoi servizi: what a company has, until when, who pays, what is left to set up, and the ways into the one cart."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from entitlements import (
    CompanyNotFound,
    Party,
    Rights,
    Seating,
    ServiceRight,
    StepNotFound,
    StepNotYet,
    StepOfVendor,
    TickedStep,
    closes_on,
    company_of,
    party_names,
    rights_of,
    seating_of,
    tick,
)
from foundation import clock
from foundation.access import requires
from foundation.database import transaction
from foundation.principal import Principal, current_principal
from shop.addons.asking import services_of
from shop.catalogue import PriceBookView, Product, current_price_book
from shop.renewals.standing import NotThePayer, RenewalStanding, renewal_standing
from shop.web import renewal_words, service_words
from shop.web.roles import SHOPPERS
from shop.web.storage_card import StorageCard, storage_card

services = Blueprint("services", __name__)

OVER = frozenset({"EXPIRED", "CLOSED"})


@dataclass(frozen=True, slots=True)
class ServiceRow:
    """A service on the page: how it stands, and the product it can be renewed as while that is on sale."""

    right: ServiceRight
    renewable_as: Product | None


@dataclass(frozen=True, slots=True)
class ServiceView:
    """Everything the page shows of one company."""

    party: Party
    rights: Rights
    rows: tuple[ServiceRow, ...]
    over: tuple[ServiceRow, ...]
    base: ServiceRight | None
    closes: date | None
    addable: tuple[Product, ...]
    seat_product: Product | None
    bases: tuple[Product, ...]
    seating: Seating
    storage: StorageCard | None
    payer_name: str
    own: bool
    owner: bool
    renewal: RenewalStanding | None

    @property
    def renewable(self) -> int:
        """How many services one press puts into the cart to be renewed together (F004-22)."""
        return sum(row.renewable_as is not None for row in self.rows)


@services.get("/servizi")
@requires("company_owner", "member")
def own_services() -> str:
    """A company looks at its own services."""
    principal = _principal()
    if principal.party_id is None:
        abort(404)
    try:
        return _page(principal.party_id, None, principal)
    except CompanyNotFound:
        # It registered and has bought nothing yet.
        with transaction() as session:
            bases = _bases(current_price_book(session, clock.today()))
        return render_template("shop/no_services.html", bases=bases, company_id=principal.party_id)


@services.get("/aziende/<uuid:company_id>/servizi")
@requires("owner", "staff")
def company_services(company_id: UUID) -> str:
    """A studio looks at the services of a company it follows; somebody else's is not there."""
    principal = _principal()
    return _page(company_id, principal.party_id, principal)


@services.post("/servizi/<uuid:licence_id>/passi/<code>")
@requires("company_owner", "member")
def tick_step(licence_id: UUID, code: str) -> Response:
    """The company says that a step is done (D29)."""
    principal = _principal()
    company_id = principal.party_id
    if company_id is None or "\x00" in code:
        abort(404)
    try:
        with transaction() as session:
            done = tick(session, company_id, TickedStep(licence_id, code, "COMPANY", principal))
    except StepNotFound:
        abort(404)
    except StepNotYet:
        flash(_("Prima completa il passo precedente."), "warning")
    except StepOfVendor:
        flash(_("Questo passo si completa nel programma: qui compare da solo appena è fatto."), "warning")
    else:
        flash(_("Passo completato.") if done else _("Era già completato."), "success")
    return redirect(url_for("services.own_services"), 303)


def _principal() -> Principal:
    found = current_principal()
    if found is None:
        abort(401)
    return found


def _page(company_id: UUID, studio_id: UUID | None, principal: Principal) -> str:
    with transaction() as session:
        view = _view(session, company_id, studio_id, principal)
    return render_template("shop/services.html", view=view, words=service_words, renewal_words=renewal_words)


def _view(session: Session, company_id: UUID, studio_id: UUID | None, principal: Principal) -> ServiceView:
    company, party = company_of(session, company_id, studio_id)
    if company.state == "REJECTED":
        raise CompanyNotFound(company_id)
    rights = rights_of(session, company_id)
    book = current_price_book(session, clock.today())
    services = services_of(session, principal.party_id, [company_id], {})[company_id]
    may_buy = services.may_buy and principal.is_one_of(SHOPPERS)
    renewable = {one.licence_id for one in services.renewable} if may_buy else set()
    rows = [
        ServiceRow(right, _sold_as(book, right) if right.licence.id in renewable else None) for right in rights.services
    ]
    base = next((right for right in rights.services if _is_base(right) and right.state not in OVER), None)
    return ServiceView(
        party=party,
        rights=rights,
        rows=tuple(row for row in rows if row.right.state not in OVER),
        over=tuple(row for row in rows if row.right.state in OVER),
        base=base,
        closes=closes_on(base.ends_on) if base and base.state == "LIMITED" else None,
        addable=tuple(_addable(book, base, rights)) if may_buy else (),
        seat_product=_for_base(book, base, "seats") if may_buy else None,
        bases=_bases(book) if may_buy and not base else (),
        seating=seating_of(session, company_id),
        storage=storage_card(session, rights, _for_base(book, base, "storage") if may_buy else None),
        payer_name=_payer_name(session, rights.payer_party_id, party, principal),
        own=principal.is_company,
        owner=principal.role == "company_owner",
        renewal=_renewal(session, company_id, principal) if base else None,
    )


def _payer_name(session: Session, payer_id: UUID | None, party: Party, principal: Principal) -> str:
    """Who bears the company's services; a studio does not learn which other studio does."""
    if payer_id is None or payer_id == party.id:
        return party.name
    if principal.is_studio and payer_id != principal.party_id:
        return str(_("un altro studio"))
    return party_names(session, {payer_id}).get(payer_id, party.name)


def _renewal(session: Session, company_id: UUID, principal: Principal) -> RenewalStanding | None:
    """The automatic renewal, for whoever pays and may buy; where nothing can be renewed there is none."""
    if principal.party_id is None or not principal.is_one_of(SHOPPERS):
        return None
    try:
        standing = renewal_standing(session, principal.party_id, company_id)
    except NotThePayer:
        return None
    # Switched on beside a base that is held back it would charge nothing (D10); what is on says so and can be ended.
    return standing if standing.quote and (standing.mandate or not standing.suspended) else None


def _bases(book: PriceBookView) -> tuple[Product, ...]:
    return tuple(one for one in book.products if one.kind == "base_service" and one.rules.sold)


def _is_base(right: ServiceRight) -> bool:
    return right.licence.kind == "base_service"


def _sold_as(book: PriceBookView, right: ServiceRight) -> Product | None:
    """The product a service is renewed as; None while nobody sells it."""
    return next((one for one in book.products if one.sku == right.licence.sku and one.rules.sold), None)


def _addable(book: PriceBookView, base: ServiceRight | None, rights: Rights) -> list[Product]:
    """Modules for this base that do not run yet (F004-03)."""
    if base is None or base.state == "LIMITED":
        return []
    running = {right.licence.sku for right in rights.services if right.state not in OVER}
    return [one for one in _modules(book, base) if one.sku not in running]


def _modules(book: PriceBookView, base: ServiceRight) -> list[Product]:
    return [
        one
        for one in book.products
        if one.kind == "addon" and one.rules.sold and base.licence.sku in one.rules.available_for
    ]


def _for_base(book: PriceBookView, base: ServiceRight | None, kind: str) -> Product | None:
    if base is None or base.state == "LIMITED":
        return None
    fitting = (one for one in book.products if one.kind == kind and base.licence.sku in one.rules.available_for)
    return next((one for one in fitting if one.rules.sold), None)
