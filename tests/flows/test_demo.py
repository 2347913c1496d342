"""What a sandbox that has just been prepared shows: no desk and no list of it is empty, and its books are right."""

from collections.abc import Callable

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from foundation.audit import verify, violations_of
from shop import Order, User
from shop.demo_orders import ORDERS
from shop.prepare_cli import _fill
from tests.browsing import visit
from tests.conftest import Transact
from tests.flows.finance_pages import open_desk
from tests.signing import sign_in


def test_a_fresh_demo_has_something_at_every_desk(
    app: Flask, client: FlaskClient, tx: Transact, run_jobs: Callable[[], int]
) -> None:
    with app.app_context():
        for _again in range(2):
            _fill(app.extensions["gettone.settings"])
    run_jobs()
    with tx() as session:
        orders = session.scalars(select(Order).order_by(Order.number)).all()
        people = {person.email: person for person in session.scalars(select(User))}
        assert violations_of(verify(session)) == []
    assert [order.state for order in orders] == ["FULFILLED", "FULFILLED", "PAID", "AWAITING_PAYMENT"]
    assert [order.placed_at for order in orders] == sorted(order.placed_at for order in orders)

    sign_in(client, people["finance@demo.example"])
    assert orders[2].number in open_desk(client, "finestra").text
    stray = open_desk(client, "non-identificati").text
    assert "saldo coupon novembre" in stray
    assert orders[3].number in stray, "the desk suggests the order that waits for this amount"
    assert orders[0].number in open_desk(client, "eccedenti").text
    for wanted, order in zip(ORDERS, orders, strict=True):
        sign_in(client, people[wanted.buyer])
        assert order.number in visit(client, "/ordini").text
        assert "Nessun coupon" not in visit(client, "/coupon").text


def test_a_demo_may_be_prepared_without_orders(app: Flask, tx: Transact) -> None:
    with app.app_context():
        _fill(app.extensions["gettone.settings"], with_orders=False)
    with tx() as session:
        assert session.scalars(select(Order)).first() is None
