"""Placing an order: the cart is locked, priced anew, compared with what the buyer saw, frozen. One cart, one order."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from entitlements import BillingData
from foundation import clock
from foundation.events import Subject, record_event
from foundation.ids import new_id
from foundation.jobs import schedule_due
from foundation.mail import queue_mail
from foundation.principal import Principal
from foundation.settings import current_settings
from shop.addons.company_services import ServiceChoice
from shop.addons.promises import falls_on, promise_to_json
from shop.cart_views import view_cart
from shop.carts import Cart, contents
from shop.catalogue import BuyerFacts, current_price_book
from shop.orders.letters import letter_context
from shop.orders.numbers import next_order_number, rf_reference
from shop.orders.order_book import CARD, Order, OrderLine, TermsAcceptance
from shop.orders.standing_promises import lock_companies
from shop.quotes import PricedCart

TERMS_VERSION = "2026-11"
CLAUSES = ("general_terms", "privacy", "business_purchase", "tacit_renewal", "liability_limits")
"""What a buyer accepts, each stored on its own: the onerous clauses separately (art. 1341-1342 c.c., F004-28)."""


@dataclass(frozen=True, slots=True)
class Placement:
    """What a buyer confirms: whose cart, paid how, invoiced to whom, and the total that stood on the button.

    `cart_id` is None for an order that no cart stands behind (an invitation's). `seen_version` is the version of the
    cart that was shown; None when the caller shows none (a program), which says with its lines how the services of each
    company are bought (`choices`) and which agreement it names. `pay_at_once` pays what it can in the placing
    transaction; `credit` locks the store credit it spends and says how much that is (cents). `clauses` are those that
    must be accepted; `then` is done before the buyer is told.
    `tell` is whether an order that waits is written about at once; an automatic one is when its card was asked.
    """

    cart_id: UUID | None
    buyer_party_id: UUID
    payment_method: str
    billing: BillingData
    accepted_clauses: frozenset[str]
    seen_gross_cents: int | None
    locale: str = "it"
    seen_version: int | None = None
    pay_at_once: Callable[[Session, Order], int] | None = None
    credit: Callable[[Session, UUID], int] | None = None
    choices: Mapping[UUID, ServiceChoice] = field(default_factory=dict)
    agreement_code: str | None = None
    clauses: tuple[str, ...] = CLAUSES
    then: Callable[[Session, Order], None] | None = None
    tell: bool = True


class CartIsEmpty(Exception):
    """There is nothing to order."""


class CartNotFound(Exception):
    """No such cart of this buyer."""


class TermsNotAccepted(Exception):
    """Clauses that must be approved were not; `missing` names them."""

    def __init__(self, missing: tuple[str, ...]) -> None:
        super().__init__(", ".join(missing))
        self.missing = missing


class TotalChanged(Exception):
    """The total is no longer the one the buyer saw: show the new one before taking an obligation."""

    def __init__(self, seen_cents: int, now_cents: int) -> None:
        super().__init__(f"{seen_cents} -> {now_cents}")
        self.seen_cents = seen_cents
        self.now_cents = now_cents


class CartChanged(Exception):
    """The cart was changed elsewhere after the buyer saw it: show it again before taking an obligation."""


class RefusedLine(NamedTuple):
    """A reason against a line by its place from zero; None, with no sku: against the order as a whole."""

    sku: str
    code: str
    sentence: str
    place: int | None = None


class NotOrderable(Exception):
    """Lines this buyer may not buy; `refusals` holds every reason against each of them (D18)."""

    def __init__(self, refusals: tuple[RefusedLine, ...]) -> None:
        super().__init__(", ".join(refusal.code for refusal in refusals))
        self.refusals = refusals


def place_order(session: Session, placement: Placement, buyer: BuyerFacts, by: Principal) -> Order:
    """Freeze a cart into an order; the same cart placed twice is the same order (double click, back button, two tabs).

    Raises CartNotFound, CartIsEmpty, TermsNotAccepted, CartChanged, TotalChanged, NotOrderable.
    """
    cart = _lock_cart(session, placement)
    placed = order_of_cart(session, cart.id, placement.buyer_party_id)
    if placed is not None:
        return placed
    refuse_unaccepted(placement.accepted_clauses, placement.clauses)
    priced = _price(session, cart, placement.buyer_party_id, buyer)
    refuse_another_total(placement.seen_gross_cents, priced)
    if placement.seen_version is not None and placement.seen_version != cart.version:
        raise CartChanged
    cart.state, cart.changed_at = "ORDERED", clock.now()
    return freeze_order(session, placement, priced, by)


def refuse_unaccepted(accepted: frozenset[str], clauses: tuple[str, ...] = CLAUSES) -> None:
    """Raise TermsNotAccepted unless every clause was accepted."""
    missing = tuple(clause for clause in clauses if clause not in accepted)
    if missing:
        raise TermsNotAccepted(missing)


def refuse_another_total(seen_gross_cents: int | None, priced: PricedCart) -> None:
    """Raise TotalChanged when the buyer saw another total."""
    gross = priced.quote.gross.cents
    if seen_gross_cents is not None and seen_gross_cents != gross:
        raise TotalChanged(seen_gross_cents, gross)


def freeze_order(session: Session, placement: Placement, priced: PricedCart, by: Principal) -> Order:
    """Store what was agreed as an order with its lines and clauses, have it reminded of and expire, tell the buyer."""
    _wait_before_the_number(session, placement, priced)
    order = _freeze(session, placement, priced, by)
    _store_lines(session, order, priced)
    _store_acceptance(session, order, placement, by)
    if placement.then is not None:
        placement.then(session, order)
    _announce(session, order, by)
    if placement.pay_at_once is not None:
        placement.pay_at_once(session, order)
    if order.state == "AWAITING_PAYMENT" and placement.tell:
        tell_buyer(session, order, "order_received" if order.payment_method == CARD else "order_received_transfer")
    return order


def _wait_before_the_number(session: Session, placement: Placement, priced: PricedCart) -> None:
    """Lock what paying at once needs, in the order in which it does, before the counter that every placement waits for.

    A renewal by itself holds its company when it takes its number.
    """
    if placement.pay_at_once is None:
        return
    reach = placement.credit(session, placement.buyer_party_id) if placement.credit else 0
    if reach >= priced.quote.gross.cents:
        lock_companies(session, priced.promises)


def _lock_cart(session: Session, placement: Placement) -> Cart:
    query = select(Cart).where(Cart.id == placement.cart_id, Cart.party_id == placement.buyer_party_id)
    # What this session read before the lock may be stale by now: another tab may have changed the cart.
    fresh = query.with_for_update().execution_options(populate_existing=True)
    cart = session.scalars(fresh).one_or_none()
    if cart is None:
        raise CartNotFound
    return cart


def order_of_cart(session: Session, cart_id: UUID, buyer_party_id: UUID) -> Order | None:
    """The order a buyer's cart became, if it did."""
    query = select(Order).where(Order.cart_id == cart_id, Order.buyer_party_id == buyer_party_id)
    return session.scalars(query).one_or_none()


def _price(session: Session, cart: Cart, party_id: UUID, buyer: BuyerFacts) -> PricedCart:
    found = contents(session, cart)
    if not found.lines:
        raise CartIsEmpty
    book = current_price_book(session, clock.today())
    view = view_cart(session, found, book, buyer, party_id)
    if not view.orderable or view.priced is None:
        refused = [
            RefusedLine(row.line.sku, refusal.code, refusal.sentence, place)
            for place, row in enumerate(view.rows)
            for refusal in row.refusals
        ]
        refused += [RefusedLine("", refusal.code, refusal.sentence) for refusal in view.refusals]
        raise NotOrderable(tuple(refused))
    return view.priced


def _freeze(session: Session, placement: Placement, priced: PricedCart, by: Principal) -> Order:
    quote, now = priced.quote, clock.now()
    number = next_order_number(session)
    order = Order(
        id=new_id(),
        number=number,
        rf_reference=rf_reference(number),
        cart_id=placement.cart_id,
        buyer_party_id=placement.buyer_party_id,
        placed_by_user_id=by.user_id,
        state="AWAITING_PAYMENT",
        payment_method=placement.payment_method,
        currency="EUR",
        net_cents=quote.net.cents,
        vat_cents=quote.vat.cents,
        gross_cents=quote.gross.cents,
        quote=quote.to_json(),
        services=[promise_to_json(promise) for promise in priced.promises],
        price_book_version=int(quote.request.price_book_version),
        billing=asdict(placement.billing.buyer),
        purchase_order_ref=placement.billing.purchase_order_ref,
        contact_email=placement.billing.buyer.email,
        locale=placement.locale,
        placed_at=now,
        expires_at=now + current_settings().order_expires_after,
        version=1,
    )
    session.add(order)
    session.flush()
    return order


def _store_lines(session: Session, order: Order, priced: PricedCart) -> None:
    for position, line in enumerate(priced.quote.lines, start=1):
        sold = line.description
        session.add(
            OrderLine(
                order_id=order.id,
                position=position,
                sku=line.sku,
                names=sold["names"],
                kind=sold["kind"],
                quantity=line.quantity,
                for_party_id=UUID(line.for_party) if line.for_party else order.buyer_party_id,
                unit_net_cents=line.unit_net.cents,
                net_cents=line.net.cents,
                vat_cents=line.vat.cents,
                vat_code=line.vat_code,
                gives=sold["gives"],
                term=sold.get("term"),
            )
        )


def _store_acceptance(session: Session, order: Order, placement: Placement, by: Principal) -> None:
    for clause in sorted(placement.accepted_clauses & set(placement.clauses)):
        session.add(
            TermsAcceptance(
                order_id=order.id,
                clause=clause,
                text_version=TERMS_VERSION,
                user_id=by.user_id,
                accepted_at=clock.now(),
            )
        )


def _announce(session: Session, order: Order, by: Principal) -> None:
    settings = current_settings()
    record_event(session, "order.placed", order_subject(order), by, gross_cents=order.gross_cents)
    for number, after in enumerate(settings.order_reminders, start=1):
        schedule_due(session, "orders.remind", order.id, order.placed_at + after, period=str(number))
    schedule_due(session, "orders.expire", order.id, order.expires_at)
    falls = falls_on(order.services)
    if falls is not None:
        schedule_due(session, "orders.falls", order.id, clock.rome_midnight(falls))


def order_subject(order: Order) -> Subject:
    """The order as the subject of an event; it belongs to its buyer."""
    return Subject("order", order.id, order.buyer_party_id)


def tell_buyer(session: Session, order: Order, template: str, occasion: str = "once", **more: str | int) -> bool:
    """Queue a mail about an order to its buyer, once per template and occasion; False when it was queued before."""
    return queue_mail(
        session,
        cause=f"{template}:{order.id}:{occasion}",
        to=order.contact_email,
        template=template,
        context=letter_context(session, order) | more,
        party_id=order.buyer_party_id,
        locale=order.locale,
    )
