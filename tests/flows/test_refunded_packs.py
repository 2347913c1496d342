"""What is left of a pack is held, given back or ended; what was used stays used (D10)."""

from collections.abc import Callable
from datetime import timedelta

from flask import Flask
from flask.testing import FlaskClient

from entitlements import (
    Cause,
    give_back_recovered,
    recover_unused,
)
from foundation.ids import new_id
from shop import look_and_reconcile
from shop.orders.order_book import lines_of
from tests.banking import Run
from tests.conftest import Transact
from tests.flows.refund_desk import Till, activate_one, bucket_of, refund_page, requests, shown, use_up
from tests.flows.transfer_desk import tasks


def test_what_is_left_of_a_pack_goes_back_and_what_was_used_stays_used(
    desk: FlaskClient, till: Till, tx: Transact, run_jobs: Run
) -> None:
    coupons = till.by_card("LITE-1")
    activate_one(tx, coupons)
    run_jobs()
    order = till.by_card("INVOICES-100")
    use_up(tx, order, 30)
    preview = shown(refund_page(desk, order), "riga:")
    assert "Non si può più usare: 70 fatture di «100 fatture»." in preview.text
    assert "resta com’è: 30 fatture." in preview.text
    preview.press("Rimborsa 17,08 €")
    assert bucket_of(tx, order).balance == 0, "held from the moment it was asked for"
    run_jobs()
    assert requests(tx)[0].state == "DONE"
    assert "non usato: 0 fatture · usato: 30 fatture" in refund_page(desk, order).text


def test_what_stripe_refuses_gives_everything_back_to_the_buyer_and_a_task_to_finance(
    desk: FlaskClient, till: Till, tx: Transact, run_jobs: Run
) -> None:
    order = till.by_card("INVOICES-100")
    shown(refund_page(desk, order), "riga:").press("Rimborsa 24,40 €")
    assert bucket_of(tx, order).balance == 0
    charge = next(one for one in till.gateway.objects.values() if one["object"] == "charge")
    charge["amount_refunded"] = charge["amount"] - 1
    run_jobs()
    assert bucket_of(tx, order).balance == 100
    assert [one.state for one in requests(tx)] == ["REFUSED"]
    assert "refund_failed" in tasks(tx)


def test_a_dispute_freezes_what_is_left_of_a_pack_a_won_one_gives_it_back_and_a_lost_one_ends_it(
    till: Till, tx: Transact, app: Flask
) -> None:
    coupons = till.by_card("LITE-1")
    activate_one(tx, coupons)
    order = till.by_card("INVOICES-100")
    use_up(tx, order, 30)
    charge = [one for one in till.gateway.objects.values() if one["object"] == "charge"][-1]
    dispute = {"id": "du_1", "object": "dispute", "charge": charge["id"], "payment_intent": charge["payment_intent"]}
    dispute |= {"amount": 2_440, "evidence_details": {}, "balance_transactions": [], "livemode": False}
    till.gateway.objects["du_1"] = dispute
    for status, left in (("needs_response", 0), ("won", 70), ("needs_response", 0), ("lost", 0), ("lost", 0)):
        dispute["status"] = status
        with app.app_context():
            look_and_reconcile(till.gateway, "dispute", "du_1")
        assert bucket_of(tx, order).balance == left, status


def test_what_expires_while_it_is_frozen_does_not_come_back_to_life(
    till: Till, tx: Transact, pass_time: Callable[[timedelta], None]
) -> None:
    order = till.by_card("INVOICES-100")
    why = Cause("dispute", new_id())
    with tx() as session:
        line = lines_of(session, order.id)[0]
        assert recover_unused(session, "order_line", {line.id: line.net_cents}, why) == 100
    pass_time(timedelta(days=400))
    with tx() as session:
        assert give_back_recovered(session, why) == 100
        assert give_back_recovered(session, why) == 0
    assert bucket_of(tx, order).balance == 0
