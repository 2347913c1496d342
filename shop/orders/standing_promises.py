"""Whether the services an order was quoted against are still as they were, asked under the lock of their companies."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy.orm import Session

from entitlements import CompanyNotFound, RunningService, locked_company, running_services
from foundation import clock
from shop.addons.promises import Fallen, Promise, Settled, SettledTerm, promises_from_json, settle
from shop.orders.order_book import Order


@dataclass(frozen=True, slots=True)
class Gift:
    """A running service that is extended along with a late payment, at no charge."""

    company_id: UUID
    service: RunningService
    days: SettledTerm


@dataclass(frozen=True, slots=True)
class SettledOrder:
    """The days of an order's service lines by position, and what goes along."""

    terms: Mapping[int, SettledTerm]
    gifts: tuple[Gift, ...]


def settle_services(session: Session, order: Order, paid_on: date) -> SettledOrder | Fallen:
    """The days an order's services are granted when it is paid on a Rome day, or why it needs a new quote (M14).

    Locks the companies: what is answered holds until the transaction ends, so of two orders that extend the same
    service the second one finds it moved.
    """
    terms: dict[int, SettledTerm] = {}
    gifts: list[Gift] = []
    for promise in sorted(promises_from_json(order.services), key=lambda one: one.company_id):
        with suppress(CompanyNotFound):
            # A company that only registered so far comes to exist with this very order.
            if locked_company(session, promise.company_id).state == "REJECTED":
                return "SERVICE_ENDED"
        running = running_services(session, promise.company_id, paid_on)
        found = settle(promise, running, paid_on)
        if not isinstance(found, Settled):
            return found
        terms |= found.terms
        beside = {str(one.licence_id): one for one in running.others}
        gifts += [Gift(promise.company_id, beside[licence], days) for licence, days in sorted(found.gifts.items())]
    return SettledOrder(terms, tuple(gifts))


def lock_companies(session: Session, promises: Iterable[Promise]) -> None:
    """Lock the companies of promises, in the order in which `settle_services` does, which then waits for nobody."""
    for company_id in sorted({promise.company_id for promise in promises}):
        with suppress(CompanyNotFound):
            locked_company(session, company_id)


def has_fallen(session: Session, order: Order) -> bool:
    """Whether an order can no longer be fulfilled: as of the day its money was recorded (D9), else if paid today."""
    paid = order.paid_at if order.state in {"PAID", "ON_HOLD"} else None
    day = clock.rome_day(paid) if paid else clock.today()
    return bool(order.services) and not isinstance(settle_services(session, order, day), SettledOrder)
