"""Small steps stories are told with: a stocked shop, a studio with its owner, a paid order, a company's data."""

from functools import cache
from pathlib import Path
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from entitlements import BillingData, CompanyData, Party, StudioData
from entitlements.company_data import check_company
from foundation import clock
from foundation.ids import new_id
from foundation.principal import Principal
from shop import Order, Placement, lock_order, place_order, record_payment
from shop.carts import add_to_cart, open_cart
from shop.catalogue import BuyerFacts, current_price_book
from shop.catalogue.checks import Catalogue, check_catalogue
from shop.catalogue.imports import import_catalogue
from shop.orders.placing import CLAUSES
from shop.payments.money_in import Payment, PaymentAllocation
from shop.payments.record import MoneyFact

DEMO_CATALOGUE = Path(__file__).resolve().parent.parent / "shop" / "demo_catalogue.toml"

COMPANY_FORM = {
    "vat_number": "06363391001",
    "tax_code": "06363391001",
    "name": "Officina Brambilla S.r.l.",
    "legal_form": "LIMITED_COMPANY",
    "tax_regime": "RF01",
    "street": "Via Garibaldi 4",
    "postal_code": "20121",
    "city": "Milano",
    "province": "MI",
    "country": "IT",
    "first_name": "Mario",
    "last_name": "Rossi",
    "representative_tax_code": "RSSMRA80A01H501U",
    "representative_email": "mario@example.it",
    "ateco_code": "62.10.00",
    "ateco_edition": "2025",
    "accounting_regime": "ORDINARY",
    "email": "info@brambilla.example.it",
    "pec": "",
    "sdi_code": "M5UXCR1",
    "phone": "",
}


def stock_the_shop(session: Session) -> None:
    """Import the demo catalogue."""
    import_catalogue(session, _demo_catalogue())


@cache
def _demo_catalogue() -> Catalogue:
    checked = check_catalogue(DEMO_CATALOGUE.read_text())
    assert not checked.mistakes, checked.mistakes
    assert checked.catalogue is not None
    return checked.catalogue


def company_data(**changes: str) -> CompanyData:
    """A company's checked master data."""
    checked = check_company(COMPANY_FORM | changes, clock.today())
    assert checked.data is not None, checked.errors
    return checked.data


def owner_of(studio: Party) -> Principal:
    """The owner of a studio as a principal."""
    return Principal(user_id=None, party_id=studio.id, role="owner")


def billing_of(studio: Party) -> BillingData:
    """The studio's own data as billing data."""
    buyer = StudioData(
        vat_number=studio.vat_number or "",
        tax_code=studio.tax_code or "",
        name=studio.name,
        email=studio.email or "",
        pec=studio.pec or "",
        sdi_code=studio.sdi_code or "",
        phone="",
        **studio.address,
    )
    return BillingData(buyer, "")


def placement_of(cart_id: UUID, studio: Party, method: str = "stripe") -> Placement:
    """A studio's wish to order a cart: with its own billing data and every clause accepted."""
    return Placement(cart_id, studio.id, method, billing_of(studio), frozenset(CLAUSES), None)


def an_order(
    session: Session,
    studio: Party,
    sku: str = "LITE-10",
    quantity: int = 1,
    method: str = "stripe",
    for_party: UUID | None = None,
) -> Order:
    """A placed order of one line, for a client or (None) for the buyer itself."""
    book = current_price_book(session, clock.today())
    cart = open_cart(session, studio.id, None)
    add_to_cart(session, cart, book, sku, quantity, for_party)
    return place_order(session, placement_of(cart.id, studio, method), BuyerFacts("STUDIO"), owner_of(studio))


def pay_by_card(session: Session, order: Order) -> bool:
    """Money by card for the whole order arrives."""
    money = MoneyFact("stripe", f"pi_{new_id().hex}", "stripe", order.gross_cents, clock.now())
    return record_payment(session, lock_order(session, order.id), money)


def a_paid_order(session: Session, studio: Party, sku: str = "LITE-10", quantity: int = 1) -> Order:
    """A placed order of one line, paid by card and therefore fulfilled."""
    order = an_order(session, studio, sku, quantity)
    assert pay_by_card(session, order)
    return order


def payments_of(session: Session, order_id: UUID) -> list[Payment]:
    """The payments allocated to an order, oldest first."""
    allocated = select(PaymentAllocation.payment_id).where(PaymentAllocation.order_id == order_id)
    return list(session.scalars(select(Payment).where(Payment.id.in_(allocated)).order_by(Payment.id)))
