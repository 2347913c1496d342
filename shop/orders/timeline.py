"""The timeline of an order: what happened, from its events; what is being waited for; what comes after."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from entitlements import IssuedCoupons
from foundation.events import Event
from shop.orders.order_book import BANK_TRANSFER, Order, OrderLine

Stage = Literal["done", "now", "next"]


@dataclass(frozen=True, slots=True)
class TimelineStep:
    """One step: `name` is an event's type, or what is awaited (`awaiting.…`); pages have the words."""

    name: str
    stage: Stage
    at: datetime | None = None


_TOLD = frozenset(
    {
        "order.placed",
        "order.payment_method_changed",
        "order.paid",
        "order.underpaid",
        "payment.failed",
        "order.held",
        "order.money_returned",
        "order.fulfilled",
        "order.refunded",
        "order.cancelled",
        "order.expired",
    }
)


def timeline(
    order: Order, lines: Sequence[OrderLine], events: Sequence[Event], issued: IssuedCoupons
) -> tuple[TimelineStep, ...]:
    """The steps of an order, oldest first. At most one is `now`."""
    done = tuple(TimelineStep(event.type, "done", event.at) for event in events if event.type in _TOLD)
    return done + tuple(_ahead(order, gives_coupons(lines), issued))


def gives_coupons(lines: Sequence[OrderLine]) -> bool:
    """Whether an order brings coupons: only then a company comes at its end (F003-11)."""
    return any(line.gives["kind"] == "coupons" for line in lines)


def _ahead(order: Order, coupons: bool, issued: IssuedCoupons) -> Iterator[TimelineStep]:  # noqa: FBT001 - a plain fact
    waiting = {
        "AWAITING_PAYMENT": "awaiting.transfer" if order.payment_method == BANK_TRANSFER else "awaiting.card",
        "NEEDS_REQUOTE": "awaiting.requote",
        "ON_HOLD": "awaiting.finance",
        "PAID": "awaiting.fulfilment",
    }
    if order.state in waiting:
        yield TimelineStep(waiting[order.state], "now")
    if order.state in {"AWAITING_PAYMENT", "NEEDS_REQUOTE"}:
        yield TimelineStep("order.paid", "next")
    if order.state in {"AWAITING_PAYMENT", "NEEDS_REQUOTE", "ON_HOLD"}:
        yield TimelineStep("order.fulfilled", "next")
    over = order.state == "FULFILLED" and not (issued.active or issued.activating or issued.usable)
    if coupons and not over and order.state not in {"CANCELLED", "EXPIRED"}:
        yield _company(order, issued)


def _company(order: Order, issued: IssuedCoupons) -> TimelineStep:
    if issued.active:
        return TimelineStep("company.ready", "done", issued.first_active_at)
    if order.state != "FULFILLED":
        return TimelineStep("company.ready", "next")
    return TimelineStep("awaiting.company" if issued.activating else "awaiting.activation", "now")
