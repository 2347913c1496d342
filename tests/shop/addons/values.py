"""A small catalogue of services and companies that have some of them, for tests of purchases without a database."""

from datetime import date
from uuid import UUID, uuid5

from entitlements import RunningService, RunningServices
from shop.addons.company_services import CompanyServices, ServiceChoice
from shop.catalogue import BuyerFacts, PriceBookView
from shop.quotes import PricedCart, price_lines
from shop.wanted_lines import WantedLine
from tests.shop.catalogue.texts import DEMO, view_on

COMPANY = UUID("00000000-0000-4000-8000-000000000001")
BASE, RECEIVE = "EINVOICING-FULL", "EINVOICING-RECEIVE-ONLY"
COLLECTIONS, DOCUMENTS = "MODULE-COLLECTIONS", "MODULE-DOCUMENTS"
WOO, ORDERS, SEAT = "MODULE-WOOCOMMERCE", "MODULE-ORDERS", "EINVOICING-SEAT"
DEMO_TEXT = DEMO.read_text(encoding="utf-8")
STUDIO = BuyerFacts("STUDIO")


def book_on(on: date, text: str = DEMO_TEXT) -> PriceBookView:
    """The demo catalogue on a day."""
    return view_on(on, text)


def licence(name: str) -> UUID:
    """The licence a test calls by this name."""
    return uuid5(COMPANY, name)


def running(sku: str, ends_on: date, quantity: int = 1, anchor_on: date | None = None) -> RunningService:
    """A service that ends on a day; its anchor a year before unless said."""
    product = book_on(date(2026, 6, 1)).product(sku)
    return RunningService(
        licence_id=licence(sku),
        sku=sku,
        kind=product.kind,
        quantity=quantity,
        unit_net_cents=product.tiers.unit_price(quantity).cents,
        vat_code="IVA22",
        price_book_version=1,
        anchor_on=anchor_on or ends_on.replace(year=ends_on.year - 1),
        ends_on=ends_on,
    )


def company(
    on: date, *services: RunningService, extend: bool = True, years: int = 1, seats_in_use: int = 0
) -> CompanyServices:
    """The company on a day, with what runs; a base that has ended is limited."""
    base = next((one for one in services if one.kind == "base_service"), None)
    others = tuple(one for one in services if one is not base)
    limited = base is not None and base.ends_on <= on
    now = RunningServices(base, "NONE" if base is None else "LIMITED" if limited else "ACTIVE", others)
    return CompanyServices(COMPANY, on, now, ServiceChoice(extend, years), seats_in_use=seats_in_use)


def want(sku: str, quantity: int = 1) -> WantedLine:
    """A new service for the company."""
    return WantedLine(sku, quantity, COMPANY)


def renewal(service: RunningService, quantity: int | None = None) -> WantedLine:
    """The renewal of a running service."""
    return WantedLine(service.sku, quantity or service.quantity, COMPANY, service.licence_id)


def priced(of: CompanyServices, *wanted: WantedLine, text: str = DEMO_TEXT) -> PricedCart:
    """The cart of one company's services, priced."""
    return price_lines(book_on(of.on, text), wanted, STUDIO, {COMPANY: of})


def reasons(cart: PricedCart) -> list[set[str]]:
    """The codes of the refusals, line by line."""
    return [{refusal.code for refusal in refused} for refused in cart.refusals]


def figures(cart: PricedCart) -> list[tuple[str, int, str]]:
    """What every line of the quote is: SKU, net in cents, exclusive end."""
    return [
        (line.quoted.sku, line.quoted.net.cents, line.service.term.ends_on.isoformat() if line.service else "")
        for line in cart.lines
    ]
