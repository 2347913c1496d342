"""The orders of a demo: paid by transfer and fulfilled, within their window, waiting, and money that does not fit.

Without them the desk of finance, the lists of orders and of coupons are empty until somebody has bought something.
Everything is done as people and the bank would have done it, with the business clock set back to the hour of each step;
the worker then fulfils what is due. Only ever in a sandbox.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from entitlements import Party, check_billing
from foundation import clock
from foundation.ids import new_id
from foundation.principal import Principal
from foundation.settings import Seller
from shop.accounts.people import User
from shop.billing_on_file import billing_on_file
from shop.catalogue import BuyerFacts, PriceBookView, current_price_book
from shop.orders.direct_orders import place_directly
from shop.orders.order_book import Order
from shop.orders.placing import CLAUSES, Placement
from shop.transfers import TransferFact, record_transfer
from shop.wanted_lines import WantedLine

_PAYER_IBAN = "IT34V0306953101100000000746"


@dataclass(frozen=True, slots=True)
class DemoOrder:
    """An order of coupons for a bank transfer: the buyer's e-mail, which pack of the book, and how many hours ago.

    `paid` is how many hours ago the money came, None while it is waited for; `surplus_cents` came with it.
    """

    buyer: str
    pack: int
    placed: int
    paid: int | None
    surplus_cents: int = 0


ORDERS = (
    DemoOrder("owner@studio-rossi.example", 1, 75, 50, surplus_cents=1_000),
    DemoOrder("owner@bianchi.example", 4, 52, 27),
    DemoOrder("owner@bianchi.example", 1, 22, 2),
    DemoOrder("owner@bianchi.example", 0, 4, None),
)
_STRAY = (1, "saldo coupon novembre", "Marta Bianchi")
"""A transfer of what the last order waits for that does not name it: how many hours ago, what was written, who paid."""


def demo_orders(session: Session, seller: Seller) -> None:
    """Make the demo's orders and transfers unless there are orders; people and catalogue are there already."""
    if session.scalars(select(Order.id).limit(1)).first() is not None:
        return
    waiting_cents = 0
    for wanted in ORDERS:
        with _hours_ago(wanted.placed):
            order = _placed(session, wanted)
        if wanted.paid is None:
            waiting_cents = order.gross_cents
        else:
            paid = order.gross_cents + wanted.surplus_cents
            with _hours_ago(wanted.paid):
                payer = session.get_one(Party, order.buyer_party_id).name
                _transfer(session, seller, paid, f"Saldo ordine {order.number}", payer)
    hours, remittance, name = _STRAY
    with _hours_ago(hours):
        _transfer(session, seller, waiting_cents, remittance, name)


def _placed(session: Session, wanted: DemoOrder) -> Order:
    person = session.scalars(select(User).where(User.email == wanted.buyer)).one()
    buyer = session.scalars(select(Party).where(Party.email == wanted.buyer)).one()
    billing = check_billing(billing_on_file(buyer)).data
    assert billing is not None  # noqa: S101 - the demo's own data fit
    placement = Placement(
        cart_id=new_id(),
        buyer_party_id=buyer.id,
        payment_method="bank_transfer",
        billing=billing,
        accepted_clauses=frozenset(CLAUSES),
        seen_gross_cents=None,
    )
    sku = _packs(current_price_book(session, clock.today()))[wanted.pack]
    by = Principal(person.id, buyer.id, "owner")
    return place_directly(session, placement, [WantedLine(sku, 1)], BuyerFacts(buyer.kind), by)


def _packs(book: PriceBookView) -> list[str]:
    return [product.sku for product in book.products if product.kind == "coupon_pack"]


def _transfer(session: Session, seller: Seller, cents: int, remittance: str, name: str) -> None:
    fact = TransferFact(
        source="bank_webhook",
        account_iban=seller.iban,
        booked_on=clock.today(),
        amount_cents=cents,
        remittance=remittance,
        bank_reference=f"DEMO-{new_id()}",
        debtor_name=name,
        debtor_iban=_PAYER_IBAN,
    )
    record_transfer(session, fact)


@contextmanager
def _hours_ago(hours: int) -> Iterator[None]:
    now = clock.shift()
    clock.follow(now - timedelta(hours=hours))
    try:
        yield
    finally:
        clock.follow(now)
