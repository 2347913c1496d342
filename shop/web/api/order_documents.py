"""An order as a program reads it."""

from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy.orm import Session

from foundation import clock
from foundation.api import instant, last_day
from foundation.database import JsonObject
from foundation.settings import current_settings
from pricing import Money, Quote
from shop.orders.adjustments import adjustments_of
from shop.orders.order_book import BANK_TRANSFER, CARD, Order, OrderLine, lines_of
from shop.orders.transfer_instructions import transfer_instructions
from shop.payments.attempts import attempts_of
from shop.payments.money_in import paid_cents
from shop.payments.reversals import refunded_cents
from shop.web.api.vat_documents import vat_rows


def order_document(session: Session, order: Order) -> JsonObject:
    """The whole order, with what its payment needs."""
    paid = paid_cents(session, order.id)
    return order_row(order, lines_of(session, order.id)) | {
        "vat": vat_rows(Quote.from_json(order.quote)),
        "billing": order.billing,
        "paid_cents": paid,
        "refunded_cents": refunded_cents(session, order.id),
        "checkout_url": _checkout_url(session, order),
        "bank_transfer": _bank_transfer(order, order.gross_cents - paid),
        "fulfilment": _fulfilment(order),
    }


def order_row(order: Order, lines: Sequence[OrderLine]) -> JsonObject:
    """An order in a list."""
    return {
        "number": order.number,
        "state": order.state,
        "payment_method": order.payment_method,
        "currency": order.currency,
        "net_cents": order.net_cents,
        "vat_cents": order.vat_cents,
        "gross_cents": order.gross_cents,
        "price_book_version": order.price_book_version,
        "purchase_order_ref": order.purchase_order_ref,
        "placed_at": instant(order.placed_at),
        "expires_at": instant(order.expires_at),
        "paid_at": instant(order.paid_at),
        "fulfilled_at": instant(order.fulfilled_at),
        "closed_at": instant(order.closed_at),
        "lines": [_line(order, line) for line in lines],
    }


def _line(order: Order, line: OrderLine) -> JsonObject:
    own = line.for_party_id == order.buyer_party_id
    return {
        "position": line.position,
        "sku": line.sku,
        "names": line.names,
        "kind": line.kind,
        "quantity": line.quantity,
        "for_company": None if own else str(line.for_party_id),
        "unit_net_cents": line.unit_net_cents,
        "net_cents": line.net_cents,
        "adjustments": [{"code": one.code, "net_cents": one.net_cents} for one in adjustments_of(order, line)],
        "vat_code": line.vat_code,
        "vat_cents": line.vat_cents,
        "term": term_document(line.term),
    }


def term_document(term: JsonObject | None) -> JsonObject | None:
    """The days a service line pays for as they were quoted: a later payment moves those of what starts with it."""
    if term is None:
        return None
    ends_on = date.fromisoformat(term["ends_on"])
    kept = ("action", "licence_id", "months", "years", "starts_on", "ends_on", "anchor_on")
    return {key: term[key] for key in kept} | {"last_day": last_day(ends_on)}


def _checkout_url(session: Session, order: Order) -> str | None:
    """The page to pay on, while one is open."""
    if order.payment_method != CARD or order.state != "AWAITING_PAYMENT":
        return None
    # The session's end is Stripe's, in real time (M18).
    now = clock.real_now()
    pages = [one for one in attempts_of(session, order.id) if one.state == "OPEN" and one.expires_at > now]
    return pages[-1].url if pages else None


def _bank_transfer(order: Order, due_cents: int) -> JsonObject | None:
    if order.payment_method != BANK_TRANSFER or order.state != "AWAITING_PAYMENT" or due_cents <= 0:
        return None
    how = transfer_instructions(current_settings().seller, order.rf_reference, Money(due_cents))
    return {
        "beneficiary": how.beneficiary,
        "iban": how.iban,
        "bic": how.bic,
        "reference": how.reference,
        "amount_cents": how.amount.cents,
        "currency": order.currency,
        "epc_qr_payload": how.payload,
    }


def _fulfilment(order: Order) -> JsonObject:
    """A card's money fulfils at once; a transfer's waits in its window (D9, M16)."""
    settings, second = current_settings(), timedelta(seconds=1)
    by_card = order.payment_method == CARD
    window = timedelta() if by_card else settings.bank_transfer_release_after
    promise = timedelta() if by_card else settings.bank_transfer_sla
    waiting = order.state in {"PAID", "ON_HOLD"} and order.paid_at is not None
    return {
        "release_after_seconds": window // second,
        "within_seconds": promise // second,
        "not_before": instant(order.fulfil_not_before),
        "expected_by": instant(order.paid_at + promise) if waiting and order.paid_at else None,
    }
