"""Late card money that a bank asks for while it goes back, and that of a client who has no account (D11)."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from foundation.database import JsonObject
from shop import GatewayRefused, MemoryGateway, RefundRefused, lock_order, settle_attempt
from shop.payments.late_payments import late_payments
from shop.payments.late_refunds import LateRefundWish, ask_late_refund
from shop.payments.refund_requests import learn_charges, send_request
from shop.payments.stripe_facts import RefundRequest
from tests.banking import FINANCE, Run
from tests.conftest import Transact
from tests.flows.inviting import Street, open_tasks, text_of
from tests.flows.late_desk import LateTill, give_back, late_page
from tests.flows.transfer_desk import tasks
from tests.refunding import contest_newest_charge

WHOLE, WHOLE_CENTS = "536,80 €", 53_680


class DisputedFirst(MemoryGateway):
    """A Stripe that refuses a refund because the buyer's bank has just asked for the money."""

    def __init__(self, objects: dict[str, JsonObject]) -> None:
        super().__init__()
        self.objects = objects

    def create_refund(self, key: str, parameters: JsonObject) -> JsonObject:  # noqa: ARG002 - as the port says
        """The dispute's letter is opened before the refusal arrives."""
        contest_newest_charge(self, "needs_response")
        raise GatewayRefused("charge_disputed")


def test_a_dispute_that_overtakes_the_refund_has_the_money_and_gives_it_again_when_it_is_won(
    app: Flask, desk: FlaskClient, late: LateTill, tx: Transact, run_jobs: Run
) -> None:
    order = late.requoted()
    give_back(late_page(desk, order.number), WHOLE)
    with tx() as session:
        request_id = session.scalars(select(RefundRequest.id)).one()
    with app.app_context(), pytest.raises(RefundRefused):
        send_request(request_id, DisputedFirst(late.gateway.objects))
    run_jobs()
    assert (late.credit(order), late.refunds(), late.requests()) == (0, [], [("REFUSED", WHOLE_CENTS)])
    assert "return_claim" not in tasks(tx)
    with app.app_context():
        contest_newest_charge(late.gateway, "won")
    assert late.credit(order) == WHOLE_CENTS
    give_back(late_page(desk, order.number), "400,00 €", "400")
    run_jobs()
    assert (late.credit(order), late.refunds()) == (13_680, [40_000])


def test_an_invited_client_who_paid_the_order_that_was_replaced_has_that_money_back(street: Street) -> None:
    invitation = street.invite()
    browser = street.order(street.filled())
    browser.open(f"{street.link()}/stato")
    replaced, page = street.newest_order(), street.attempt()
    browser.send("Annulla e correggi i dati")
    browser.send("Riprendi da dove eri")
    street.order(browser)
    street.pay_by_card()
    street.run_jobs()
    assert street.state(invitation) == "CREATED"
    street.gateway.pay(str(page.session_id))
    with street.app.app_context():
        settle_attempt(page.id, street.gateway)
        learn_charges(replaced.id, street.gateway)
    assert open_tasks(street, "late_money") == 1
    with street.tx() as session:
        order = lock_order(session, replaced.id)
        (paid,) = late_payments(session, order)
        assert (paid.waiting_cents, paid.credit_cents) == (order.gross_cents, 0)
        ask_late_refund(session, order, LateRefundWish(paid.payment.id), paid.left_cents, FINANCE)
    street.run_jobs()
    assert (open_tasks(street, "late_money"), street.state(invitation)) == (0, "CREATED")
    told = text_of(street.letters()[-1])
    assert "l’ordine resta chiuso" in told
    assert "credito residuo" not in told
