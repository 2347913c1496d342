"""Two carts that extend the same service, paid at the same instant: the months are charged once (M14, D11)."""

import os
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask

from foundation import clock
from foundation.database import transaction
from foundation.jobs import drain
from pricing import add_months
from shop import Order
from shop.addons.asking import services_of
from shop.transfers import store_credit_of
from tests.addons import buy_services, order_services
from tests.database import fresh_database
from tests.entitlements.scenes import a_scene, an_activation
from tests.races.contest import audit_finds, contend, go_on_to, racing_app, rows
from tests.stories import pay_by_card

pytestmark = pytest.mark.race
CONTENDERS = 12 if os.environ.get("TORTURE") == "full" else 4
MODULES = ("MODULE-DOCUMENTS", "MODULE-COLLECTIONS", "MODULE-ORDERS", "EINVOICING-SEAT")


@pytest.fixture
def racing(worker_id: str) -> Iterator[Flask]:
    with fresh_database(f"gettone_extension_{worker_id}") as url, racing_app(url) as app:
        yield app
    clock.follow(timedelta())


def test_carts_that_extend_the_same_service_charge_its_months_once(racing: Flask) -> None:
    with racing.app_context():
        with transaction() as session:
            scene = a_scene(session, quantity=1)
            company_id = an_activation(session, scene)
        drain()
        with transaction() as session:
            buy_services(session, scene.owner, company_id, "EINVOICING-FULL")
        go_on_to(add_months(clock.today(), 6))
        orders = []
        for number in range(CONTENDERS):
            with transaction() as session:
                orders.append(order_services(session, scene.owner, company_id, MODULES[number % len(MODULES)]))

    def pay(number: int) -> str:
        with racing.app_context(), transaction() as session:
            order = session.get_one(Order, orders[number].id)
            pay_by_card(session, order)
            return order.state

    outcomes = contend(CONTENDERS, pay)
    assert sorted(map(str, outcomes)) == ["FULFILLED", *["NEEDS_REQUOTE"] * (CONTENDERS - 1)]
    with racing.app_context():
        drain()
        with transaction() as session:
            base = services_of(session, scene.studio.id, [company_id], {})[company_id].running.base
            credit = store_credit_of(session, scene.studio.id)
    assert base is not None
    assert base.ends_on == add_months(clock.today(), 12)
    assert rows(racing, "SELECT count(*) FROM licence_terms WHERE action = 'EXTEND'") == 1
    won = next(order for order, outcome in zip(orders, outcomes, strict=True) if outcome == "FULFILLED")
    assert credit == sum(order.gross_cents for order in orders) - won.gross_cents
    assert audit_finds(racing) == []
