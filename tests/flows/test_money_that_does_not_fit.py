"""Stories of money that does not fit (F003-09, D9, D11): too little, too much, late, doubled, unnamed, returned."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from entitlements import count_by_state
from foundation import clock
from foundation.audit import verify, violations_of
from foundation.ids import new_id
from foundation.principal import Principal
from foundation.settings import SANDBOX_WEBHOOK_SECRET
from foundation.webhook_signatures import signed_headers
from shop import Order, lock_order
from shop.payments.money_in import BankLine, paid_cents
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
    unallocated,
)
from tests.conftest import Transact
from tests.factories import a_studio
from tests.stories import an_order, pay_by_card, stock_the_shop

ACCOUNT = "IT60X0542811101000000123456"
FINANCE = Principal(user_id=None, party_id=None, role="finance")
Advance = Callable[[timedelta], None]
Run = Callable[[], int]


class Bank:
    """The bank's side: sends signed letters to the real endpoint."""

    def __init__(self, client: FlaskClient, run_jobs: Run) -> None:
        self.client = client
        self.run_jobs = run_jobs
        self.numbers = count(1)

    def tell(self, letter_type: str, **data: Any) -> int:
        """Send one letter; answers the status."""
        letter = {"type": letter_type, "data": data}
        body = json.dumps(letter).encode()
        headers = signed_headers(SANDBOX_WEBHOOK_SECRET, f"msg_{new_id()}", body)
        answer = self.client.post("/webhooks/bank", data=body, headers=headers, content_type="application/json")
        self.run_jobs()
        return answer.status_code

    def transfer(self, amount_cents: int, remittance: str, **more: Any) -> str:
        """A transfer arrives; answers its reference."""
        reference = more.pop("id", f"TRN{next(self.numbers):06d}")
        facts = {"booked_on": clock.today().isoformat(), "currency": "EUR", "account_iban": ACCOUNT}
        facts |= {"debtor_iban": "IT34V0306953101100000000746", "debtor_name": "Studio"}
        status = self.tell(
            "transfer.received", id=reference, amount_cents=amount_cents, remittance=remittance, **facts | more
        )
        assert status == 204
        return reference

    def take_back(self, reference: str, amount_cents: int) -> None:
        """The bank returns a transfer."""
        facts = {"booked_on": clock.today().isoformat(), "currency": "EUR", "account_iban": ACCOUNT, "remittance": ""}
        status = self.tell(
            "transfer.returned", id=f"R-{reference}", returns_id=reference, amount_cents=amount_cents, **facts
        )
        assert status == 204


@pytest.fixture(autouse=True)
def books(tx: Transact) -> Iterator[None]:
    """After every story the audit finds nothing."""
    yield
    with tx() as session:
        assert violations_of(verify(session)) == []


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


def now(tx: Transact, order: Order) -> Order:
    """The order as it stands."""
    with tx() as session:
        return session.get_one(Order, order.id)


def lines(tx: Transact) -> list[BankLine]:
    """Every bank line, oldest first."""
    with tx() as session:
        return list(session.scalars(select(BankLine).order_by(BankLine.id)))


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
