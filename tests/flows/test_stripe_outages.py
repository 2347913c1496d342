"""R13 and R14: Stripe's API fails, or every letter is lost; nobody pays twice and nothing stays behind."""

import os
from collections import Counter
from collections.abc import Iterator
from itertools import cycle
from uuid import UUID

import pytest
from sqlalchemy import func, select

from foundation.database import transaction
from sandbox.stripe import BOTH
from shop import GatewayRefused, GatewayUnavailable
from shop.payments.money_in import Payment
from tests.flows.street import Street, opened
from tests.sandbox.stripe.stand import Json
from tests.verdicts import FIGURE, Record
from webhooks.janitor import EVERY

pytestmark = pytest.mark.sockets
FULL = os.environ.get("TORTURE") == "full"
CHECKOUTS, PAYMENTS = (200, 1_000) if FULL else (6, 5)
# More failures than the library tries again, so that the shop itself must not know.
FAILURES: tuple[Json, ...] = (
    {"mode": "error", "calls": 3},
    {"mode": "reset", "calls": 3},
    {"mode": "error", "calls": 3, "after": True},
    {"mode": "reset", "calls": 3, "after": True},
    {"mode": "reset", "calls": 1, "after": True},
    {},
)


@pytest.mark.torture
def test_a_thousand_payments_nobody_told_of_are_found_by_one_round(record_property: Record) -> None:
    recovered, waiting = lost_payments(PAYMENTS)
    record_property(FIGURE, f"recovered={recovered} of {PAYMENTS} max_delay_min={int(EVERY.total_seconds()) // 60}")
    assert (recovered, waiting) == (PAYMENTS, 0)


def lost_payments(count: int) -> tuple[int, int]:
    """Pay so many pages while every letter is lost: how many orders one round fulfils, how many it leaves."""
    with opened("lost_payments") as street:
        street.stripe.control("delivery", drop_all=True)
        orders = [street.order(1) for _ in range(count)]
        for order_id in orders:
            street.stripe.act("pay_card", street.page(order_id))
        street.janitor()
        states = Counter(street.now(order_id)[0] for order_id in orders)
        return states["FULFILLED"], states["AWAITING_PAYMENT"]


def test_checkouts_through_a_failing_api_end_with_one_page_and_one_payment_each(record_property: Record) -> None:
    with opened("outage", BOTH) as street:
        street.page(street.order(1))
        orders = [street.order(1) for _ in range(CHECKOUTS)]
        failures: Iterator[Json] = cycle(FAILURES)
        unknown = sum(not reached(street, order_id, next(failures)) for order_id in orders)
        street.stripe.control("faults")
        street.janitor()
        for order_id in orders:
            street.stripe.act("pay_card", street.page(order_id))
        street.settle()
        stuck = sum(street.now(order_id)[0] != "FULFILLED" for order_id in orders)
        attempts = sum(len(street.attempts(order_id)) for order_id in orders)
        with street.app.app_context(), transaction() as session:
            payments = session.execute(select(func.count()).select_from(Payment)).scalar_one()
        counted = f"checkouts={CHECKOUTS} unknown={unknown} stuck={stuck} double_charge={payments - CHECKOUTS}"
        record_property(FIGURE, counted)
        assert unknown > 0
        assert (stuck, payments) == (0, CHECKOUTS)
        assert attempts <= 2 * CHECKOUTS


def reached(street: Street, order_id: UUID, failure: Json) -> bool:
    """Whether the buyer reached the payment page through this failure."""
    path = {"path": "/v1/checkout/sessions", "method": "POST"} if failure else {}
    street.stripe.control("faults", **failure, **path)
    try:
        street.page(order_id)
    except (GatewayUnavailable, GatewayRefused):
        return False
    return True
