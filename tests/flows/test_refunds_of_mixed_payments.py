"""An order paid in two ways: what can be refunded of it is offered, and what cannot is explained (D10)."""

from flask import Flask
from flask.testing import FlaskClient

from shop import lock_order, look_and_reconcile, start_checkout
from shop.transfers import spend_store_credit
from tests.banking import Run, credit_of
from tests.conftest import Transact
from tests.factories import a_studio
from tests.flows.refund_desk import Till, refund_page, shown
from tests.stories import an_order


def test_a_line_that_no_way_of_an_order_covers_is_not_offered_and_the_whole_order_goes_back_way_by_way(
    app: Flask, desk: FlaskClient, till: Till, tx: Transact, run_jobs: Run
) -> None:
    with tx() as session:
        studio = a_studio(session)
    credit_of(tx, studio, 10_000)
    with tx() as session:
        order = an_order(session, session.merge(studio), "LITE-10")
        assert spend_store_credit(session, lock_order(session, order.id)) == 10_000
    with app.app_context():
        page = start_checkout(order.id, till.gateway)
        till.gateway.pay(page.session_id)
        look_and_reconcile(till.gateway, "checkout_session", page.session_id)
    run_jobs()
    asked = refund_page(desk, order)
    assert asked.soup.select_one("[name=che][value^='riga:']") is None
    assert "rimborsa tutto l’ordine, un modo alla volta" in asked.text
    shown(asked, "tutto", come="card").press("Rimborsa 436,80 €")
    run_jobs()
    shown(refund_page(desk, order), "tutto", come="store_credit").press("Rimborsa 100,00 €")
    run_jobs()
    assert till.states(order) == {"VOIDED": 10}
