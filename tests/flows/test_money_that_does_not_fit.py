"""Stories of money that does not fit (F003-09, D9): too little, too much, doubled, unnamed, in another currency."""

import pytest
from sqlalchemy import select

from app import Outside
from foundation.settings import SANDBOX_WEBHOOK_SECRET
from foundation.webhook_signatures import signed_headers
from shop import Order, lock_order
from shop.payments.money_in import BankLine, due_cents, paid_cents
from shop.transfers import (
    AllocationRefused,
    allocate_by_hand,
    give_store_credit,
    lock_line,
    send_back,
    spend_store_credit,
    store_credit_of,
    unallocated,
)
from tests.banking import FINANCE, Bank, lines, now
from tests.conftest import Transact
from tests.factories import a_studio
from tests.flows.transfer_desk import last_subject, tasks
from tests.stories import an_order, pay_by_card


def test_a_reference_typed_with_blanks_and_look_alikes_is_understood(tx: Transact, bank: Bank, order: Order) -> None:
    typed = order.number.replace("ORD-", "0RD ").replace("0", "O").lower()
    bank.transfer(order.gross_cents, f"pagamento {typed} 15/09/2026")
    assert now(tx, order).state == "PAID"


def test_a_wrong_check_digit_is_left_for_a_person(tx: Transact, bank: Bank, order: Order) -> None:
    wrong = "RF99" + order.rf_reference[4:]
    bank.transfer(order.gross_cents, wrong)
    assert now(tx, order).state == "AWAITING_PAYMENT"
    assert [line.state for line in lines(tx)] == ["UNIDENTIFIED"]


def test_too_little_waits_for_the_rest_and_two_transfers_pay_one_order(tx: Transact, bank: Bank, order: Order) -> None:
    bank.transfer(order.gross_cents - 1_000, order.rf_reference)
    assert now(tx, order).state == "AWAITING_PAYMENT"
    bank.transfer(1_000, f"integrazione {order.number}")
    assert now(tx, order).state == "PAID"
    with tx() as session:
        assert paid_cents(session, order.id) == order.gross_cents


def test_too_much_pays_the_order_and_the_surplus_becomes_store_credit(tx: Transact, bank: Bank, order: Order) -> None:
    bank.transfer(order.gross_cents + 5_000, order.rf_reference)
    assert now(tx, order).state == "PAID"
    (line,) = lines(tx)
    assert line.state == "SURPLUS"
    with tx() as session:
        held, payment = lock_line(session, line.id)
        assert unallocated(session, payment) == 5_000
        give_store_credit(session, held, payment, order.buyer_party_id, FINANCE)
        assert held.state == "MATCHED"
        assert store_credit_of(session, order.buyer_party_id) == 5_000


def test_store_credit_pays_the_next_order_as_far_as_it_reaches(tx: Transact, bank: Bank, order: Order) -> None:
    bank.transfer(order.gross_cents * 2, order.rf_reference)
    with tx() as session:
        line, payment = lock_line(session, session.scalars(select(BankLine.id)).one())
        give_store_credit(session, line, payment, order.buyer_party_id, FINANCE)
        studio = session.get_one(type(a_studio(session)), order.buyer_party_id)
        second = an_order(session, studio, "LITE-10", method="bank_transfer")
        assert spend_store_credit(session, lock_order(session, second.id)) == order.gross_cents
        assert second.state == "FULFILLED"
        third = an_order(session, studio, "LITE-1", method="bank_transfer")
        assert spend_store_credit(session, lock_order(session, third.id)) == 0


def test_one_transfer_may_pay_several_orders(tx: Transact, bank: Bank, order: Order) -> None:
    with tx() as session:
        other = an_order(session, a_studio(session), "LITE-1", method="bank_transfer")
    bank.transfer(order.gross_cents + other.gross_cents, f"{order.number} e {other.number}")
    assert now(tx, order).state == "PAID"
    assert now(tx, other).state == "PAID"


def test_a_transfer_without_a_reference_is_unidentified_until_finance_finds_its_order(
    tx: Transact, bank: Bank, order: Order
) -> None:
    bank.transfer(order.gross_cents, "grazie")
    (line,) = lines(tx)
    assert line.state == "UNIDENTIFIED"
    with tx() as session:
        held, payment = lock_line(session, line.id)
        with pytest.raises(AllocationRefused):
            allocate_by_hand(session, held, payment, lock_order(session, order.id), order.gross_cents + 1, FINANCE)
        allocate_by_hand(session, held, payment, lock_order(session, order.id), order.gross_cents, FINANCE)
        assert held.state == "MATCHED"
    assert now(tx, order).state == "PAID"


def test_unidentified_money_can_be_sent_back_once(tx: Transact, bank: Bank, order: Order) -> None:
    bank.transfer(4_200, "regalo")
    with tx() as session:
        line, payment = lock_line(session, session.scalars(select(BankLine.id)).one())
        assert send_back(session, line, payment, FINANCE) == 4_200
        with pytest.raises(AllocationRefused):
            send_back(session, line, payment, FINANCE)
    assert now(tx, order).state == "AWAITING_PAYMENT"


def test_the_same_transfer_told_three_times_is_one_line(tx: Transact, bank: Bank, order: Order) -> None:
    for _ in range(3):
        bank.transfer(order.gross_cents, order.rf_reference, id="TRN-SAME")
    assert len(lines(tx)) == 1
    with tx() as session:
        assert paid_cents(session, order.id) == order.gross_cents


def test_two_genuine_equal_transfers_are_two_lines(tx: Transact, bank: Bank, order: Order) -> None:
    bank.transfer(order.gross_cents, order.rf_reference)
    bank.transfer(order.gross_cents, order.rf_reference)
    assert [line.state for line in lines(tx)] == ["MATCHED", "SURPLUS"]
    with tx() as session:
        assert paid_cents(session, order.id) == order.gross_cents


def test_a_transfer_for_an_order_paid_by_card_meanwhile_is_surplus(tx: Transact, bank: Bank, order: Order) -> None:
    with tx() as session:
        pay_by_card(session, lock_order(session, order.id))
    bank.transfer(order.gross_cents, order.rf_reference)
    assert [line.state for line in lines(tx)] == ["SURPLUS"]
    assert now(tx, order).state == "FULFILLED"


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"type":"transfer.received"}', b"\xff\xfe", b"[" * 10_000])
def test_a_signed_letter_that_cannot_be_read_is_refused_and_changes_nothing(
    tx: Transact, bank: Bank, body: bytes
) -> None:
    headers = signed_headers(SANDBOX_WEBHOOK_SECRET, "msg_bad", body)
    answer = bank.client.post("/webhooks/bank", data=body, headers=headers, content_type="application/json")
    assert answer.status_code == 400
    assert lines(tx) == []


def test_a_letter_with_a_wrong_signature_is_refused(tx: Transact, bank: Bank) -> None:
    headers = signed_headers("whsec_d3Jvbmctc2VjcmV0LXdyb25nLXNlY3JldA==", "msg_forged", b"{}")
    answer = bank.client.post("/webhooks/bank", data=b"{}", headers=headers, content_type="application/json")
    assert answer.status_code == 400
    assert lines(tx) == []


def test_a_transfer_for_two_orders_that_does_not_suffice_fills_them_in_the_order_of_its_text(
    tx: Transact, bank: Bank, order: Order, outside: Outside
) -> None:
    with tx() as session:
        other = an_order(session, a_studio(session), "LITE-1", method="bank_transfer")
    bank.transfer(order.gross_cents + other.gross_cents - 900, f"{other.number} {order.number}")
    assert now(tx, other).state == "PAID"
    assert now(tx, order).state == "AWAITING_PAYMENT"
    with tx() as session:
        assert due_cents(session, order) == 900
    assert last_subject(outside) == f"Manca una parte del pagamento · {order.number}"


def test_an_order_nobody_placed_is_no_error(tx: Transact, bank: Bank, order: Order) -> None:
    bank.transfer(order.gross_cents, "ORD-2026-999999")
    assert [line.state for line in lines(tx)] == ["UNIDENTIFIED"]


def test_a_transfer_in_another_currency_pays_nothing_and_can_only_go_back(
    tx: Transact, bank: Bank, order: Order
) -> None:
    bank.transfer(order.gross_cents, order.rf_reference, currency="usd")
    assert now(tx, order).state == "AWAITING_PAYMENT"
    assert tasks(tx) == ["foreign_currency"]
    with tx() as session:
        line, payment = lock_line(session, session.scalars(select(BankLine.id)).one())
        with pytest.raises(AllocationRefused):
            allocate_by_hand(session, line, payment, lock_order(session, order.id), 100, FINANCE)
        with pytest.raises(AllocationRefused):
            give_store_credit(session, line, payment, order.buyer_party_id, FINANCE)
        assert send_back(session, line, payment, FINANCE) == order.gross_cents
    assert tasks(tx) == []
