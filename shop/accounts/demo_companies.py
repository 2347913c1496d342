"""The companies of a demo (S004): with services that run, with a limited one, with none, and one a studio pays for.

Their services are granted as corrections, without an order; products are chosen by kind from the newest price book.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from entitlements import (
    Cause,
    Company,
    Measured,
    PaidLine,
    Party,
    activate_coupon,
    check_company,
    grant,
    open_company,
    report_storage,
    stock_of,
)
from foundation import clock
from foundation.database import JsonObject
from foundation.ids import new_id
from foundation.principal import Principal
from shop.accounts.appointed_people import Appointment, appoint
from shop.accounts.demo_people import PARTIES, DemoPerson
from shop.accounts.people import User
from shop.catalogue import PriceBookView, Product, current_price_book

_YEAR = timedelta(days=365)
_USED = ((30, 3_310_000_000), (0, 3_820_000_000))
"""What the accounting program would have reported: how many days ago, and the bytes in use."""
_FORM = {
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
    "ateco_code": "62.10.00",
    "ateco_edition": "2025",
    "accounting_regime": "ORDINARY",
    "pec": "",
    "sdi_code": "M5UXCR1",
    "phone": "",
}


@dataclass(frozen=True, slots=True)
class DemoCompany:
    """A company of the demo and its owner; `ends_in` is how many days its base runs, None without a base.

    `storage` are the units it has added, most of which are in use.
    """

    name: str
    vat_number: str
    email: str
    owner: str
    ends_in: int | None
    seats: int = 0
    modules: int = 0
    storage: int = 0


COMPANIES = (
    DemoCompany("Officina Brambilla S.r.l.", "44710230150", "owner@brambilla.example", "Mario Brambilla", 150, 2, 1, 4),
    DemoCompany("Panificio Gallo S.r.l.", "58201940150", "owner@gallo.example", "Lucia Gallo", -20, 0, 1),
    DemoCompany("Tessitura Valsesia S.r.l.", "60933170155", "owner@valsesia.example", "Dario Valsesia", None),
)
CLIENT = DemoCompany("Sartoria Bruni S.r.l.", "77154080152", "owner@bruni.example", "Elena Bruni", 220)


COMPANY_OWNERS = tuple(DemoPerson(one.email, one.owner, "company owner") for one in (*COMPANIES, CLIENT))


def demo_companies(session: Session, password: str) -> None:
    """Make the demo's companies unless they exist; studios and catalogue are there already."""
    if session.scalars(select(User.id).where(User.email == COMPANIES[0].email)).first() is not None:
        return
    studio = session.scalars(select(Party).where(Party.external_ref == PARTIES[0].external_ref)).one()
    book = current_price_book(session, clock.today())
    for wanted in COMPANIES:
        data = check_company(_form(wanted), clock.today()).data
        assert data is not None  # noqa: S101 - the demo's own data fit
        company = open_company(session, data, "it", _offer(book, wanted))
        _settle(session, book, company, wanted, password)
    _settle(session, book, _client(session, book, studio), CLIENT, password)


def _client(session: Session, book: PriceBookView, studio: Party) -> Company:
    """A company the studio activates with a coupon of a pack it was given."""
    pack = next(product for product in book.products if product.kind == "coupon_pack")
    cause = Cause("correction", new_id())
    grant(session, PaidLine(cause, studio.id, studio.id, pack.sku, pack.names, 1, 0, book.version, pack.gives))
    data = check_company(_form(CLIENT) | {"accounting_regime": "SIMPLIFIED"}, clock.today()).data
    assert data is not None  # noqa: S101 - the demo's own data fit
    coupon = stock_of(session, studio.id)[0][0]
    return activate_coupon(session, coupon.id, data, Principal(None, studio.id, "owner"))


def _settle(session: Session, book: PriceBookView, company: Company, wanted: DemoCompany, password: str) -> None:
    appoint(session, Appointment(wanted.email, wanted.owner, company.id, "owner", password))
    if wanted.ends_in is None:
        return
    ends_on = clock.today() + timedelta(days=wanted.ends_in)
    base = _of_kind(book, "base_service")[0]
    _start(session, book, company, base, ends_on)
    for module in _for_base(book, "addon", base)[: wanted.modules]:
        _start(session, book, company, module, ends_on)
    if wanted.seats:
        _start(session, book, company, _for_base(book, "seats", base)[0], ends_on, wanted.seats)
    if wanted.storage:
        _start(session, book, company, _for_base(book, "storage", base)[0], ends_on, wanted.storage)
        for days_ago, used_bytes in _USED:
            report_storage(session, company.id, Measured(used_bytes, clock.now() - timedelta(days=days_ago)))


def _start(
    session: Session, book: PriceBookView, company: Company, product: Product, ends_on: date, quantity: int = 1
) -> None:
    net = product.tiers.unit_price(quantity)
    starts_on = ends_on - _YEAR
    term: JsonObject = {
        "action": "START",
        "licence_id": None,
        "expected_ends_on": None,
        "starts_on": starts_on.isoformat(),
        "ends_on": ends_on.isoformat(),
        "anchor_on": starts_on.isoformat(),
        "unit_net_cents": net.cents,
        "quantity": quantity,
        "vat_code": product.vat.code,
    }
    line = PaidLine(
        cause=Cause("correction", new_id()),
        owner_party_id=company.id,
        for_party_id=company.id,
        sku=product.sku,
        names=product.names,
        quantity=quantity,
        net_cents=0,
        price_book_version=book.version,
        gives=product.gives,
        product_kind=product.kind,
        term=term,
    )
    grant(session, line)


def _of_kind(book: PriceBookView, kind: str) -> list[Product]:
    return [product for product in book.products if product.kind == kind]


def _for_base(book: PriceBookView, kind: str, base: Product) -> list[Product]:
    return [product for product in _of_kind(book, kind) if base.sku in product.rules.available_for]


def _offer(book: PriceBookView, wanted: DemoCompany) -> JsonObject:
    gives = _of_kind(book, "base_service")[0].gives
    days = wanted.ends_in if wanted.ends_in is not None else _YEAR.days
    return {
        "product": gives["product"],
        "plan": gives["plan"] if wanted.ends_in is not None else "NONE",
        "access_mode": "FULL" if (wanted.ends_in or 0) > 0 else "READ_ONLY",
        "starts_on": (clock.today() + timedelta(days=days) - _YEAR).isoformat(),
    }


def _form(wanted: DemoCompany) -> dict[str, str]:
    own = {"name": wanted.name, "vat_number": wanted.vat_number, "tax_code": wanted.vat_number, "email": wanted.email}
    return _FORM | own | {"representative_email": wanted.email}
