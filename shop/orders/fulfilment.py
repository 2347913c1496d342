"""Fulfilment (F003-08): a paid order's lines become rights, its receivable deferred revenue and VAT, once."""

from contextlib import nullcontext
from uuid import uuid5

from sqlalchemy.orm import Session

from entitlements import NOT_TO_BE_HAD, Account, Cause, PaidLine, Posting, book, grant
from foundation import clock
from foundation.database import JsonObject
from foundation.events import record_event
from foundation.faults import fault_point
from foundation.jobs import cancel_all_due, defer
from shop.addons.promises import SettledTerm
from shop.orders.order_book import Order, OrderLine, lines_of
from shop.orders.order_states import next_order_state
from shop.orders.placing import order_subject, tell_buyer
from shop.orders.requoting import ask_for_new_quote
from shop.orders.standing_promises import SettledOrder, settle_services

_NO_SERVICES = SettledOrder({}, ())


def fulfil(session: Session, order: Order) -> bool:
    """Issue what a paid order promises, in the caller's transaction; answers False when nothing was issued.

    That is so when it was fulfilled before, and when a service it extends has moved or closed: then it asks for a new
    quote and its money goes back (M14). The order's row must be locked. Raises IllegalOrderStep when it may not be
    fulfilled.
    """
    state = next_order_state(order.state, "fulfil")
    if state == order.state:
        return False
    settled = _settled(session, order)
    if settled is None or not _issue(session, order, settled):
        ask_for_new_quote(session, order)
        return False
    _book_sale(session, order)
    order.state, order.fulfilled_at = state, clock.now()
    order.version += 1
    cancel_all_due(session, order.id, "orders.remind", "orders.expire", "orders.falls")
    record_event(session, "order.fulfilled", order_subject(order))
    tell_buyer(session, order, "order_fulfilled")
    if order.services:
        # Orders of the same companies that wait may have been quoted against what has just changed.
        companies = [str(promise["company_id"]) for promise in order.services]
        defer(session, "orders.rivals", order_id=str(order.id), company_ids=companies)
    return True


def _issue(session: Session, order: Order, settled: SettledOrder) -> bool:
    """Grant every line, a new base first: it is what makes a company that modules can be started for (F004-05).

    False, and nothing granted, when a service closed between the day of the payment and today, its company was refused
    by the vendor, or a registered company's tax code became another's.
    """
    try:
        with session.begin_nested() if order.services else nullcontext():
            for line in sorted(lines_of(session, order.id), key=_base_first):
                grant(session, _paid_line(order, line, settled))
                fault_point("fulfilment.after_line")
            _give_along(session, order, settled)
    except NOT_TO_BE_HAD:
        return False
    return True


def _base_first(line: OrderLine) -> tuple[bool, int]:
    starts = line.term is not None and line.term["action"] == "START"
    return not (starts and line.kind == "base_service"), line.position


def _settled(session: Session, order: Order) -> SettledOrder | None:
    """The days of the services, from the day the payment was recorded; None when the quote has fallen."""
    if not order.services:
        return _NO_SERVICES
    found = settle_services(session, order, clock.rome_day(order.paid_at or clock.now()))
    return found if isinstance(found, SettledOrder) else None


def _paid_line(order: Order, line: OrderLine, settled: SettledOrder) -> PaidLine:
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
        term=_term(line, settled),
    )


def _term(line: OrderLine, settled: SettledOrder) -> JsonObject | None:
    """The days that were paid for, as the day of the payment settles them."""
    days = settled.terms.get(line.position)
    if line.term is None or days is None:
        return line.term
    return line.term | _days(days)


def _days(days: SettledTerm) -> JsonObject:
    return {
        "starts_on": days.starts_on.isoformat(),
        "ends_on": days.ends_on.isoformat(),
        "anchor_on": days.anchor_on.isoformat(),
    }


def _give_along(session: Session, order: Order, settled: SettledOrder) -> None:
    """Services that a late payment leaves behind by some months are extended at no charge: those are the vendor's."""
    for gift in settled.gifts:
        service = gift.service
        term = _days(gift.days) | {
            "action": "EXTEND",
            "licence_id": str(service.licence_id),
            "expected_ends_on": gift.days.starts_on.isoformat(),
            "unit_net_cents": service.unit_net_cents,
            "quantity": service.quantity,
            "vat_code": service.vat_code,
        }
        grant(
            session,
            PaidLine(
                cause=Cause("late_payment", uuid5(order.id, str(service.licence_id))),
                owner_party_id=order.buyer_party_id,
                for_party_id=gift.company_id,
                sku=service.sku,
                names={},
                quantity=service.quantity,
                net_cents=0,
                price_book_version=order.price_book_version,
                gives={"kind": "licence"},
                product_kind=service.kind,
                term=term,
            ),
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
