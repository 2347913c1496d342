"""Fulfilment (F003-08): a paid order's lines become rights, its receivable deferred revenue and VAT, once."""

from sqlalchemy.orm import Session

from entitlements import Account, Cause, PaidLine, Posting, book, grant
from foundation import clock
from foundation.events import record_event
from foundation.faults import fault_point
from foundation.jobs import cancel_all_due
from shop.orders.order_book import Order, OrderLine, lines_of
from shop.orders.order_states import next_order_state
from shop.orders.placing import order_subject, tell_buyer


def fulfil(session: Session, order: Order) -> bool:
    """Issue what a paid order promises, in the caller's transaction; answers False when it was fulfilled before.

    The order's row must be locked. Raises IllegalOrderStep when the order may not be fulfilled.
    """
    state = next_order_state(order.state, "fulfil")
    if state == order.state:
        return False
    for line in lines_of(session, order.id):
        grant(session, _paid_line(order, line))
        fault_point("fulfilment.after_line")
    _book_sale(session, order)
    order.state, order.fulfilled_at = state, clock.now()
    order.version += 1
    cancel_all_due(session, order.id, "orders.remind", "orders.expire")
    record_event(session, "order.fulfilled", order_subject(order))
    tell_buyer(session, order, "order_fulfilled")
    return True


def _paid_line(order: Order, line: OrderLine) -> PaidLine:
    return PaidLine(
        cause=Cause("order_line", line.id),
        owner_party_id=order.buyer_party_id,
        for_party_id=line.for_party_id,
        sku=line.sku,
        names=line.names,
        quantity=line.quantity,
        net_cents=line.net_cents,
        price_book_version=order.price_book_version,
        gives=line.gives,
        product_kind=line.kind,
        term=line.term,
    )


def _book_sale(session: Session, order: Order) -> None:
    """The receivable of the order is settled: net into the deferred liability per product, VAT per rate (M12)."""
    receivable = Account("receivable", owner=order.id)
    lines = lines_of(session, order.id)
    postings = [Posting(receivable, Account("deferred", label=line.sku), line.net_cents) for line in lines]
    postings.extend(
        Posting(receivable, Account("vat", label=rate["code"]), int(rate["vat_cents"])) for rate in order.quote["vat"]
    )
    book(session, Cause("order_fulfilled", order.id), postings)
