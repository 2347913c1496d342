"""Stories of money that does not fit (F003-09, D9, D11): too little, too much, late, doubled, unnamed, returned."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app import Outside
from entitlements import Coupon, count_by_state
from foundation import clock
from foundation.mail import MemoryMailer
from foundation.settings import SANDBOX_WEBHOOK_SECRET
from foundation.webhook_signatures import signed_headers
from shop import MoneyFact, Order, lock_order, record_payment
from shop.catalogue.checks import check_catalogue
from shop.catalogue.imports import import_catalogue
from shop.orders.closing import cancel_order
from shop.payments.money_in import BankLine, FinanceTask, due_cents, paid_cents
from shop.transfers import (
    AllocationRefused,
    allocate_by_hand,
    give_store_credit,
    hold,
    lock_line,
    release,
    send_back,
    spend_store_credit,
    store_credit_of,
    take_off,
    unallocated,
)
from tests.banking import ACCOUNT, FINANCE, Bank, lines, now
from tests.conftest import Transact
from tests.factories import a_studio
from tests.stories import DEMO_CATALOGUE, an_order, owner_of, pay_by_card, stock_the_shop

Advance = Callable[[timedelta], None]
Run = Callable[[], int]


@pytest.fixture
def bank(client: FlaskClient, run_jobs: Run) -> Bank:
    """The bank."""
    return Bank(client, run_jobs)


@pytest.fixture
def order(tx: Transact) -> Order:
    """An order of ten coupons to be paid by transfer."""
    with tx() as session:
        stock_the_shop(session)
        return an_order(session, a_studio(session), "LITE-10", method="bank_transfer")


def tasks(tx: Transact) -> list[str]:
    """The kinds of open finance tasks."""
    with tx() as session:
        query = select(FinanceTask.kind).where(FinanceTask.resolved_at.is_(None)).order_by(FinanceTask.id)
        return list(session.scalars(query))


def last_subject(outside: Outside) -> str:
    """The subject of the last mail."""
    assert isinstance(outside.mailer, MemoryMailer)
    return str(outside.mailer.messages[-1]["Subject"])


def the_price_goes_up(tx: Transact) -> None:
    """A pack of ten coupons costs more from today on."""
    text = DEMO_CATALOGUE.read_text().replace('net = "440.00"', 'net = "450.00"')
    checked = check_catalogue(text)
    assert checked.catalogue is not None
    with tx() as session:
        import_catalogue(session, checked.catalogue)


def test_a_transfer_that_fits_is_fulfilled_twelve_hours_after_it_is_recorded(
    tx: Transact, bank: Bank, order: Order, advance: Advance, run_jobs: Run
) -> None:
    bank.transfer(order.gross_cents, f"Saldo {order.rf_reference}")
    assert now(tx, order).state == "PAID"
    advance(timedelta(hours=11, minutes=59))
    run_jobs()
    assert now(tx, order).state == "PAID"
    advance(timedelta(minutes=2))
    run_jobs()
    assert now(tx, order).state == "FULFILLED"
    with tx() as session:
        assert count_by_state(session, order.buyer_party_id) == {"AVAILABLE": 10}


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


def test_money_for_an_expired_order_revives_it_at_the_same_price(
    tx: Transact, bank: Bank, order: Order, advance: Advance, run_jobs: Run
) -> None:
    advance(timedelta(days=30))
    run_jobs()
    assert now(tx, order).state == "EXPIRED"
    bank.transfer(order.gross_cents, order.rf_reference)
    assert now(tx, order).state == "PAID"


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


def test_finance_holds_and_releases_before_the_window_has_passed(
    tx: Transact, bank: Bank, order: Order, advance: Advance, run_jobs: Run
) -> None:
    bank.transfer(order.gross_cents, order.rf_reference)
    with tx() as session:
        hold(session, lock_order(session, order.id), "IBAN insolito", FINANCE)
    advance(timedelta(hours=13))
    run_jobs()
    assert now(tx, order).state == "ON_HOLD"
    with tx() as session:
        assert release(session, lock_order(session, order.id), FINANCE)
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


def test_money_on_a_cancelled_order_revives_it(tx: Transact, bank: Bank, order: Order) -> None:
    with tx() as session:
        locked = lock_order(session, order.id)
        cancel_order(session, locked, owner_of(a_studio(session)))
    bank.transfer(order.gross_cents, order.rf_reference)
    assert now(tx, order).state == "PAID"


def test_money_on_an_order_that_costs_more_today_stays_surplus_and_the_buyer_is_told(
    tx: Transact, bank: Bank, order: Order, advance: Advance, run_jobs: Run, outside: Outside
) -> None:
    advance(timedelta(days=30))
    run_jobs()
    the_price_goes_up(tx)
    bank.transfer(order.gross_cents, order.rf_reference)
    assert now(tx, order).state == "EXPIRED"
    assert [line.state for line in lines(tx)] == ["SURPLUS"]
    assert tasks(tx) == ["late_money"]
    assert last_subject(outside) == f"Il bonifico è arrivato su un ordine chiuso · {order.number}"
    with tx() as session:
        line, payment = lock_line(session, session.scalars(select(BankLine.id)).one())
        with pytest.raises(AllocationRefused):
            allocate_by_hand(session, line, payment, lock_order(session, order.id), 100, FINANCE)
        give_store_credit(session, line, payment, order.buyer_party_id, FINANCE)
    assert tasks(tx) == []


def test_a_part_of_the_price_does_not_revive_a_closed_order(
    tx: Transact, bank: Bank, order: Order, advance: Advance, run_jobs: Run
) -> None:
    advance(timedelta(days=30))
    run_jobs()
    bank.transfer(order.gross_cents - 1, order.rf_reference)
    assert now(tx, order).state == "EXPIRED"
    assert [line.state for line in lines(tx)] == ["SURPLUS"]


def test_an_order_that_expires_with_a_part_of_its_money_is_a_task_until_somebody_gives_it_back(
    tx: Transact, bank: Bank, order: Order, advance: Advance, run_jobs: Run
) -> None:
    bank.transfer(10_000, order.rf_reference)
    advance(timedelta(days=30))
    run_jobs()
    assert now(tx, order).state == "EXPIRED"
    assert tasks(tx) == ["closed_with_money"]
    with tx() as session:
        line, payment = lock_line(session, session.scalars(select(BankLine.id)).one())
        assert take_off(session, line, payment, lock_order(session, order.id), FINANCE) == 10_000
        assert give_store_credit(session, line, payment, order.buyer_party_id, FINANCE) == 10_000


def test_the_rest_of_the_money_revives_an_order_that_expired_with_a_part_of_it(
    tx: Transact, bank: Bank, order: Order, advance: Advance, run_jobs: Run
) -> None:
    bank.transfer(10_000, order.rf_reference)
    advance(timedelta(days=30))
    run_jobs()
    bank.transfer(order.gross_cents - 10_000, order.rf_reference)
    assert now(tx, order).state == "PAID"
    assert tasks(tx) == []


def test_a_card_that_pays_an_order_in_its_window_again_is_a_task_and_fulfils_nothing_twice(
    tx: Transact, bank: Bank, order: Order, advance: Advance, run_jobs: Run
) -> None:
    bank.transfer(order.gross_cents, order.rf_reference)
    with tx() as session:
        pay_by_card(session, lock_order(session, order.id))
    assert now(tx, order).state == "PAID"
    assert tasks(tx) == ["overpaid"]
    advance(timedelta(hours=13))
    run_jobs()
    with tx() as session:
        assert count_by_state(session, order.buyer_party_id) == {"AVAILABLE": 10}


def test_a_card_that_pays_the_rest_waits_until_the_transfer_s_part_is_safe(
    tx: Transact, bank: Bank, order: Order, advance: Advance, run_jobs: Run
) -> None:
    bank.transfer(10_000, order.rf_reference)
    advance(timedelta(hours=5))
    with tx() as session:
        rest = MoneyFact("stripe", "pi_rest", "stripe", order.gross_cents - 10_000, clock.now())
        record_payment(session, lock_order(session, order.id), rest)
    assert now(tx, order).state == "PAID"
    advance(timedelta(hours=6, minutes=58))
    run_jobs()
    assert now(tx, order).state == "PAID"
    advance(timedelta(minutes=3))
    run_jobs()
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
