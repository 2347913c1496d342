"""Orders by API: placed in one call under the same rules as at the checkout, read, cancelled."""

from typing import Any
from uuid import UUID

from flask import Response
from sqlalchemy.orm import Session

from entitlements import Party
from foundation import clock
from foundation.access import requires
from foundation.api import (
    Area,
    Choice,
    Flag,
    Inner,
    Many,
    PageQuery,
    Shape,
    Text,
    Whole,
    asked_place,
    claimed,
    effect_begun,
    expect_unchanged,
    kept,
    may_match,
    once,
    page_of,
    reply,
    tagged_reply,
)
from foundation.database import transaction
from pricing import MAXIMUM_TOTAL_CENTS
from shop.buyers import buyer_of
from shop.catalogue import current_price_book
from shop.catalogue.agreements import typed_code
from shop.orders.closing import cancel_order
from shop.orders.direct_orders import place_directly
from shop.orders.order_book import BANK_TRANSFER, Order, OrderSearch, lines_of_several, order_by_number, orders_of
from shop.orders.order_states import ORDER_STATES
from shop.orders.placing import CLAUSES, Placement, order_of_cart
from shop.payments.checkout import start_checkout
from shop.payments.method import METHODS, change_payment_method
from shop.transfers import lock_store_credit, settle_free_order, spend_store_credit
from shop.web.api.billing import BillingShape, billing_data
from shop.web.api.lines import agreement_field, choices_for, extension_field, lines_field, wanted_lines, years_field
from shop.web.api.order_documents import order_document, order_row
from shop.web.api.problems import TABLE
from shop.web.api.shapes import OrderPageShape, OrderShape
from shop.web.api.whose import own_party, principal, visible_party
from shop.web.paying import close_the_payment_page, gateway

area = Area("api_orders", __name__, "Orders: placed, paid by card or bank transfer, cancelled.", TABLE)
READERS = ("studio", "company", "finance", "support", "admin")


class NewOrderShape(Shape):
    """An order to place."""

    lines = lines_field()
    extend_active_services = extension_field()
    years = years_field()
    agreement_code = agreement_field()
    payment_method = Choice(METHODS, required=True)
    accepted_clauses = Many(
        Choice(CLAUSES), len(CLAUSES), required=True, metadata={"description": "All of them must be accepted."}
    )
    billing = Inner(
        BillingShape, load_default=None, allow_none=True, metadata={"description": "Null: the buyer's own data."}
    )
    purchase_order_ref = Text(
        100, load_default="", allow_none=True, metadata={"description": "Yours; at most 20 plain characters."}
    )
    use_store_credit = Flag(
        load_default=False, metadata={"description": "Spend the buyer's store credit first; the rest is to be paid."}
    )
    expected_gross_cents = Whole(
        0,
        MAXIMUM_TOTAL_CENTS,
        load_default=None,
        allow_none=True,
        metadata={"description": "The total you expect; when it is another the order is refused with 409."},
    )


class OrderQuery(PageQuery):
    """Which orders."""

    state = Choice(ORDER_STATES, load_default=None)


class PayShape(Shape):
    """How to pay an order that waits."""

    payment_method = Choice(METHODS, required=True)


class NothingShape(Shape):
    """No fields."""


@area.post("/orders")
@requires("studio", "company")
@once
@area.body(NewOrderShape)
@area.answers(OrderShape, 201)
def place(asked: dict[str, Any]) -> Response:
    """Place an order.

    Paid by `stripe` it answers `checkout_url`, where the buyer pays; by `bank_transfer` how to pay, and by when it is
    fulfilled. The key names the order: the same request after a crash finds the order it had placed.
    """
    with transaction() as session:
        order = _place(session, asked)
        if order.payment_method == BANK_TRANSFER or order.state != "AWAITING_PAYMENT":
            return kept(session, reply(order_document(session, order), 201))
    return _with_its_page(order, 201)


def _with_its_page(order: Order, status: int) -> Response:
    """The order with a hosted page to pay on, opened between two transactions."""
    effect_begun()
    start_checkout(order.id, gateway())
    with transaction() as session:
        order = order_by_number(session, order.number, order.buyer_party_id)
        return kept(session, reply(order_document(session, order), status))


@area.get("/orders")
@requires(*READERS)
@area.query(OrderQuery)
@area.answers(OrderPageShape)
def list_orders(query: dict[str, Any]) -> Response:
    """Orders, newest first: a buyer's own, everybody's for finance, support and admin."""
    with transaction() as session:
        seen = asked_place(query)
        before = UUID(str(seen[0])) if seen else None
        wanted = OrderSearch(visible_party(), query["state"], before=before, limit=query["limit"] + 1)
        found = orders_of(session, wanted)
        lines = lines_of_several(session, [order.id for order in found])
        return reply(
            page_of(found, query["limit"], lambda one: order_row(one, lines[one.id]), lambda one: [str(one.id)])
        )


@area.get("/orders/<order_number:number>")
@requires(*READERS)
@area.answers(OrderShape, etag=True)
def show(number: str) -> Response:
    """One order."""
    with transaction() as session:
        return tagged_reply(order_document(session, order_by_number(session, number, visible_party())))


@area.post("/orders/<order_number:number>/pay")
@requires("studio", "company")
@may_match
@once
@area.body(PayShape)
@area.answers(OrderShape)
def pay(asked: dict[str, Any], number: str) -> Response:
    """Pay an order that waits, again or in another way.

    By `stripe` it answers the `checkout_url` that is open, or a new one when that expired; by `bank_transfer` how to
    pay, and a page that was open is closed.
    """
    with transaction() as session:
        order = order_by_number(session, number, own_party(), lock=True)
        if not (claimed().lease.again and order.payment_method == asked["payment_method"]):
            # An earlier try of this request may have changed it already; then the order is not as it was seen.
            expect_unchanged(order_document(session, order))
        change_payment_method(session, order, asked["payment_method"], principal())
        if order.payment_method == BANK_TRANSFER:
            return kept(session, reply(order_document(session, order)))
    return _with_its_page(order, 200)


@area.post("/orders/<order_number:number>/cancel")
@requires("studio", "company")
@may_match
@once
@area.body(NothingShape)
@area.answers(OrderShape)
def cancel(_nothing: dict[str, Any], number: str) -> Response:
    """Cancel an order that waits for its payment; cancelling it again changes nothing."""
    with transaction() as session:
        order = order_by_number(session, number, own_party(), lock=True)
        expect_unchanged(order_document(session, order))
        cancel_order(session, order, principal())
        answer = kept(session, reply(order_document(session, order)))
    close_the_payment_page(order)
    return answer


def _place(session: Session, asked: dict[str, Any]) -> Order:
    party_id = own_party()
    placed = order_of_cart(session, claimed().name, party_id)
    if placed is not None:
        return placed
    buyer, book = buyer_of(session, party_id), current_price_book(session, clock.today())
    lines = wanted_lines(session, asked["lines"], book, party_id)
    placement = Placement(
        cart_id=claimed().name,
        buyer_party_id=party_id,
        payment_method=asked["payment_method"],
        billing=billing_data(asked["billing"], asked["purchase_order_ref"] or "", session.get_one(Party, party_id)),
        accepted_clauses=frozenset(asked["accepted_clauses"]),
        seen_gross_cents=asked["expected_gross_cents"],
        pay_at_once=spend_store_credit if asked["use_store_credit"] else settle_free_order,
        credit=lock_store_credit if asked["use_store_credit"] else None,
        agreement_code=typed_code(asked["agreement_code"] or "") or None,
        choices=choices_for(lines, asked),
    )
    return place_directly(session, placement, lines, buyer.facts, principal())
