"""What every mail about an order needs: what was ordered, what it costs, how it is paid, and what happens next."""

from datetime import timedelta

from sqlalchemy.orm import Session

from entitlements import invitations
from foundation.database import JsonObject
from foundation.settings import current_settings
from shop.orders.adjustments import full_net_cents, taken_off
from shop.orders.order_book import CARD, Order, OrderLine, lines_of, vat_of
from shop.payments.money_in import due_cents

_MAILS = {
    "PAID": "order_paid",
    "ON_HOLD": "order_paid",
    "FULFILLED": "order_fulfilled",
    "EXPIRED": "order_expired",
    "NEEDS_REQUOTE": "order_needs_requote",
}


def letter_context(session: Session, order: Order) -> JsonObject:
    """The values of a mail about an order: money in cents, instants as ISO texts, names in every language."""
    settings = current_settings()
    ordered = lines_of(session, order.id)
    lines = [
        {
            "names": line.names,
            "quantity": line.quantity,
            "unit_net_cents": line.unit_net_cents,
            "term": {key: line.term[key] for key in ("part", "whole", "counted")} if line.term else None,
            "net_cents": full_net_cents(order, line),
        }
        for line in ordered
    ]
    return {
        "number": order.number,
        "lines": lines,
        "taken_off": [{"code": one.code, "net_cents": one.net_cents} for one in taken_off(order, ordered)],
        "net_cents": order.net_cents,
        "vat": vat_of(order),
        "gross_cents": order.gross_cents,
        # Only an order that waits is asked for what it lacks.
        "due_cents": due_cents(session, order) if order.state == "AWAITING_PAYMENT" else 0,
        "rf_reference": order.rf_reference,
        "coupons": coupons_in(ordered),
        "payment_method": order.payment_method,
        "expires_at": order.expires_at.isoformat(),
        "fulfil_not_before": order.fulfil_not_before.isoformat() if order.fulfil_not_before else None,
        "release_hours": whole_hours(settings.bank_transfer_release_after),
        "sla_hours": whole_hours(settings.bank_transfer_sla),
        "simulator_in_use": settings.payment_simulator_in_use,
        "invitation": _invitation(session, order),
    }


def mail_of(order: Order) -> str | None:
    """The template that tells how an order stands now; None for a cancelled one, of which nobody is told."""
    if order.state == "AWAITING_PAYMENT":
        return "order_received" if order.payment_method == CARD else "order_received_transfer"
    return _MAILS.get(order.state)


def _invitation(session: Session, order: Order) -> JsonObject | None:
    """Where an invited client without an account follows the order: its invitation's link, computed when written."""
    found = invitations.invitation_of_order(session, order.id) if order.cart_id is None else None
    return {"id": str(found.id), "version": found.version} if found is not None else None


def coupons_in(lines: list[OrderLine]) -> int:
    """How many coupons an order brings."""
    return sum(int(line.gives["units"]) * line.quantity for line in lines if line.gives["kind"] == "coupons")


def whole_hours(span: timedelta) -> int:
    """A span in hours, rounded up: what a person is promised is never less than what may happen."""
    return -(-span // timedelta(hours=1))
