"""Two clerks and the buyer reach for the same late card money, with rows really committed: one purse (D11)."""

import os
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from entitlements import Party
from foundation import clock
from foundation.database import transaction
from foundation.jobs import drain
from shop import MemoryGateway, Order, lock_order, look_and_reconcile, start_checkout
from shop.catalogue.checks import check_catalogue
from shop.catalogue.imports import import_catalogue
from shop.orders.requoting import ask_for_new_quote
from shop.payments.late_payments import late_payments
from shop.payments.late_refunds import CreditIsSpent, LateRefundWish, ask_late_refund
from shop.payments.refund_plans import NothingToRefund, RefundChanged
from shop.payments.refund_requests import learn_charges
from shop.payments.stripe_facts import RefundRequest
from shop.transfers import spend_store_credit, store_credit_of
from tests.banking import FINANCE
from tests.database import fresh_database
from tests.races.contest import Tally, audit_finds, contend, racing_app
from tests.races.service_races import stocked
from tests.stories import DEMO_CATALOGUE, an_order, stock_the_shop

pytestmark = pytest.mark.race
ROUNDS = 40 if os.environ.get("TORTURE") == "full" else 4


@pytest.fixture
def racing(worker_id: str) -> Iterator[Flask]:
    with fresh_database(f"gettone_late_refunds_{worker_id}") as url, racing_app(url) as app:
        yield app
        clock.follow(timedelta())


def late_credit(app: Flask, studio: Party) -> tuple[UUID, LateRefundWish, int]:
    """An order whose card money came too late and is credit: its id, all of its payment, and what is left of it."""
    gateway = app.extensions["gettone.gateway"]
    assert isinstance(gateway, MemoryGateway)
    with app.app_context():
        with transaction() as session:
            stock_the_shop(session)
            order = an_order(session, studio, "LITE-10")
        page = start_checkout(order.id, gateway).session_id
        dearer = check_catalogue(DEMO_CATALOGUE.read_text().replace("basis_points = 2200", "basis_points = 2300"))
        assert dearer.catalogue is not None
        with transaction() as session:
            import_catalogue(session, dearer.catalogue)
            ask_for_new_quote(session, lock_order(session, order.id))
        gateway.pay(page)
        look_and_reconcile(gateway, "checkout_session", page)
        drain()
        learn_charges(order.id, gateway)
        with transaction() as session:
            (late,) = late_payments(session, session.get_one(Order, order.id))
    return order.id, LateRefundWish(late.payment.id), late.left_cents


def test_clerks_and_a_buyer_who_reach_for_one_purse_at_once_take_out_what_was_in_it(racing: Flask) -> None:
    tally, studio = Tally(), stocked(racing)
    for _ in range(ROUNDS):
        late_id, wish, left = late_credit(racing, studio)
        with racing.app_context(), transaction() as session:
            purse, bought_id = store_credit_of(session, studio.id), an_order(session, studio, "LITE-1").id

        def give_back() -> str:
            with racing.app_context(), transaction() as session:
                try:
                    ask_late_refund(session, lock_order(session, late_id), wish, left, FINANCE)  # noqa: B023
                except (RefundChanged, NothingToRefund, CreditIsSpent):
                    return "refused"
            return "won"

        def spend() -> int:
            with racing.app_context(), transaction() as session:
                return spend_store_credit(session, lock_order(session, bought_id))  # noqa: B023

        outcomes = contend(3, lambda number: spend() if number == 2 else give_back())
        tally.count(["spent" if isinstance(one, int) else one for one in outcomes])
        with racing.app_context():
            drain()
            with transaction() as session:
                asked = session.scalars(select(RefundRequest).where(RefundRequest.order_id == late_id)).all()
                after = store_credit_of(session, studio.id)
        spent = outcomes[2]
        assert isinstance(spent, int), spent
        back = sum(one.amount_cents for one in asked if one.state == "DONE")
        tally.expect(outcomes.count("won") == len(asked) <= 1, f"asked {len(asked)} times: {outcomes}")
        tally.expect(purse == after + spent + back, f"of {purse}: {spent} spent, {back} back, {after} left")
    tally.broken += audit_finds(racing)
    print(tally.line("late refunds"))
    assert tally.broken == []
