"""Stories of transfers the bank takes back, in and after the window, in part and twice (F003-09, D9)."""

import json
from datetime import timedelta

from sqlalchemy import select

from app import Outside
from entitlements import Coupon, count_by_state
from foundation import clock
from foundation.settings import SANDBOX_WEBHOOK_SECRET
from foundation.webhook_signatures import signed_headers
from shop import Order, lock_order
from shop.payments.money_in import BankLine, due_cents, paid_cents
from shop.transfers import (
    give_store_credit,
    lock_line,
    release,
    spend_store_credit,
    store_credit_of,
)
from tests.banking import ACCOUNT, FINANCE, Bank, Run, lines, now
from tests.conftest import Transact
from tests.factories import a_studio
from tests.flows.refund_desk import activate_one, bucket_of, use_up
from tests.flows.transfer_desk import Advance, last_subject, tasks
from tests.stories import a_paid_order, an_order


def test_a_return_inside_the_window_stops_fulfilment(
    tx: Transact, bank: Bank, order: Order, advance: Advance, run_jobs: Run
) -> None:
    reference = bank.transfer(order.gross_cents, order.rf_reference)
    bank.take_back(reference, order.gross_cents)
    assert now(tx, order).state == "AWAITING_PAYMENT"
    advance(timedelta(hours=13))
    run_jobs()
    with tx() as session:
        assert session.get_one(Order, order.id).fulfilled_at is None
        assert count_by_state(session, order.buyer_party_id) == {}
        assert paid_cents(session, order.id) == 0


def test_a_return_that_overtakes_its_transfer_is_not_lost(
    tx: Transact, bank: Bank, order: Order, run_jobs: Run
) -> None:
    bank.client.application.config["PROPAGATE_EXCEPTIONS"] = False
    facts = {"booked_on": clock.today().isoformat(), "currency": "EUR", "account_iban": ACCOUNT, "remittance": ""}
    letter = {"type": "transfer.returned", "data": facts | {"id": "R1", "returns_id": "LATE", "amount_cents": 5_000}}
    body = json.dumps(letter).encode()
    headers = signed_headers(SANDBOX_WEBHOOK_SECRET, "msg_return", body)
    bank.client.post("/webhooks/bank", data=body, headers=headers, content_type="application/json")
    bank.transfer(order.gross_cents, order.rf_reference, id="LATE")
    run_jobs()
    assert now(tx, order).state == "AWAITING_PAYMENT"


def test_a_return_after_fulfilment_opens_a_case_and_takes_nothing_back_by_itself(
    tx: Transact, bank: Bank, order: Order, advance: Advance, run_jobs: Run
) -> None:
    reference = bank.transfer(order.gross_cents, order.rf_reference)
    advance(timedelta(hours=13))
    run_jobs()
    bank.take_back(reference, order.gross_cents)
    assert now(tx, order).state == "FULFILLED"


def test_a_return_of_a_part_takes_from_what_waits_before_it_takes_from_the_order(
    tx: Transact, bank: Bank, order: Order
) -> None:
    reference = bank.transfer(order.gross_cents + 3_000, order.rf_reference)
    bank.take_back(reference, 3_000)
    assert now(tx, order).state == "PAID"
    assert [line.state for line in lines(tx)] == ["MATCHED", "MATCHED"]
    bank.take_back(reference, 500, id="R-2")
    assert now(tx, order).state == "AWAITING_PAYMENT"
    with tx() as session:
        assert due_cents(session, order) == 500


def test_a_return_told_twice_is_one_and_a_second_genuine_one_is_a_claim(tx: Transact, bank: Bank, order: Order) -> None:
    reference = bank.transfer(order.gross_cents, order.rf_reference)
    bank.take_back(reference, order.gross_cents)
    bank.take_back(reference, order.gross_cents)
    assert [line.kind for line in lines(tx)] == ["TRANSFER", "RETURN"]
    assert tasks(tx) == []
    bank.take_back(reference, order.gross_cents, id="R-again")
    assert tasks(tx) == ["return_claim"]


def test_a_return_that_carries_the_reference_of_its_transfer_is_a_return(
    tx: Transact, bank: Bank, order: Order
) -> None:
    reference = bank.transfer(order.gross_cents, order.rf_reference)
    for _again in range(2):
        bank.take_back(reference, order.gross_cents, id=reference)
        bank.transfer(order.gross_cents, order.rf_reference, id=reference)
        assert [(line.kind, line.state) for line in lines(tx)] == [("TRANSFER", "RETURNED"), ("RETURN", "MATCHED")]
        assert now(tx, order).state == "AWAITING_PAYMENT"


def test_a_transfer_that_carries_the_reference_of_a_return_is_a_transfer(
    tx: Transact, bank: Bank, order: Order
) -> None:
    reference = bank.transfer(order.gross_cents, order.rf_reference)
    bank.take_back(reference, order.gross_cents, id="SHARED")
    for _again in range(2):
        bank.transfer(order.gross_cents, order.rf_reference, id="SHARED")
        assert [line.kind for line in lines(tx)] == ["TRANSFER", "RETURN", "TRANSFER"]
        assert now(tx, order).state == "PAID"


def test_a_returned_surplus_takes_the_store_credit_it_became_and_claims_what_was_spent(
    tx: Transact, bank: Bank, order: Order
) -> None:
    reference = bank.transfer(order.gross_cents + 8_000, order.rf_reference)
    with tx() as session:
        line, payment = lock_line(session, session.scalars(select(BankLine.id)).one())
        give_store_credit(session, line, payment, order.buyer_party_id, FINANCE)
        buyer = session.get_one(type(a_studio(session)), order.buyer_party_id)
        small = an_order(session, buyer, "LITE-1", method="bank_transfer")
        assert spend_store_credit(session, lock_order(session, small.id)) == small.gross_cents
        release(session, lock_order(session, order.id), FINANCE)
        left = store_credit_of(session, order.buyer_party_id)
        assert left == 8_000 - small.gross_cents
    bank.take_back(reference, left)
    with tx() as session:
        assert store_credit_of(session, order.buyer_party_id) == 0
    assert now(tx, order).state == "FULFILLED"
    assert tasks(tx) == []
    bank.take_back(reference, order.gross_cents + small.gross_cents, id="R-2")
    assert sorted(tasks(tx)) == ["return_claim", "returned_after_fulfilment"]


def test_a_return_after_fulfilment_freezes_unused_coupons_until_the_money_comes_again(
    tx: Transact, bank: Bank, order: Order, advance: Advance, run_jobs: Run, outside: Outside
) -> None:
    reference = bank.transfer(order.gross_cents, order.rf_reference)
    advance(timedelta(hours=13))
    run_jobs()
    bank.take_back(reference, order.gross_cents)
    assert tasks(tx) == ["returned_after_fulfilment"]
    assert last_subject(outside) == f"La banca ha ripreso il bonifico · {order.number}"
    assert held(tx, order) == 10
    bank.transfer(order.gross_cents, order.rf_reference)
    assert held(tx, order) == 0
    assert tasks(tx) == []
    with tx() as session:
        assert count_by_state(session, order.buyer_party_id) == {"AVAILABLE": 10}


def test_a_return_after_fulfilment_freezes_what_is_left_of_a_pack_until_the_money_comes_again(
    tx: Transact, bank: Bank, order: Order, advance: Advance, run_jobs: Run
) -> None:
    with tx() as session:
        buyer = session.get_one(type(a_studio(session)), order.buyer_party_id)
        coupons = a_paid_order(session, buyer, "LITE-1")
        pack = an_order(session, buyer, "INVOICES-100", method="bank_transfer")
    activate_one(tx, coupons)
    reference = bank.transfer(pack.gross_cents, pack.rf_reference)
    advance(timedelta(hours=13))
    run_jobs()
    use_up(tx, pack, 30)
    for _time in range(2):
        bank.take_back(reference, pack.gross_cents, id=f"R-{reference}")
        assert bucket_of(tx, pack).balance == 0
        reference = bank.transfer(pack.gross_cents, pack.rf_reference)
        assert bucket_of(tx, pack).balance == 70


def held(tx: Transact, order: Order) -> int:
    """How many coupons of the order's buyer are frozen."""
    with tx() as session:
        query = select(Coupon).where(Coupon.owner_party_id == order.buyer_party_id, Coupon.held_by_case.is_not(None))
        return len(session.scalars(query).all())


def test_an_order_paid_returned_and_paid_again_is_told_and_fulfilled_as_any_other(
    tx: Transact, bank: Bank, order: Order, advance: Advance, run_jobs: Run, outside: Outside
) -> None:
    reference = bank.transfer(order.gross_cents, order.rf_reference)
    advance(timedelta(hours=6))
    bank.take_back(reference, order.gross_cents)
    bank.transfer(order.gross_cents, order.rf_reference)
    assert last_subject(outside) == f"Pagamento registrato · {order.number}"
    advance(timedelta(hours=7))
    run_jobs()
    assert now(tx, order).state == "PAID"
    advance(timedelta(hours=6))
    run_jobs()
    assert now(tx, order).state == "FULFILLED"
