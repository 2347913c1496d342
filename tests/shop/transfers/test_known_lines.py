"""M15: the same transfer told by several ways is one line; two genuine equal transfers are two."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import permutations

import pytest
from sqlalchemy import func, select

from app import create_app
from foundation import clock
from foundation.events import events_about
from shop import Order
from shop.payments.money_in import BankLine, Payment
from shop.transfers import TransferFact, lock_line, record_transfer
from shop.transfers.known_lines import debtor_hash, fingerprint
from shop.transfers.replacing import replace_confirmed
from tests.banking import ACCOUNT, FINANCE, PAYER
from tests.conftest import Transact
from tests.factories import a_studio
from tests.stories import an_order, stock_the_shop

NOTICE = TransferFact(
    source="bank_webhook",
    account_iban=ACCOUNT,
    booked_on=clock.today(),
    amount_cents=5_000,
    remittance="Saldo fattura",
    bank_reference="TRN1",
    debtor_name="ROSSI",
    debtor_iban=PAYER,
)
STATEMENT = replace(NOTICE, source="statement", bank_reference=None, occurrence=1)
BARE = replace(STATEMENT, debtor_iban=None, debtor_name=None)


def told(tx: Transact, *facts: TransferFact) -> int:
    """How many lines come of these tellings."""
    with tx() as session:
        for fact in facts:
            record_transfer(session, fact)
        payments = session.scalar(select(func.count()).select_from(Payment)) or 0
        found = session.scalar(select(func.count()).select_from(BankLine)) or 0
        assert payments == found
        return found


@pytest.mark.parametrize("tellings", list(permutations([NOTICE, STATEMENT, NOTICE])))
def test_a_notice_and_the_statement_are_one_line_in_any_order(tx: Transact, tellings: Sequence[TransferFact]) -> None:
    assert told(tx, *tellings) == 1


@pytest.mark.parametrize("tellings", [(NOTICE, BARE), (BARE, NOTICE), (NOTICE, BARE, BARE)])
def test_a_statement_that_leaves_out_the_payer_tells_the_same_transfer(
    tx: Transact, tellings: Sequence[TransferFact]
) -> None:
    assert told(tx, *tellings) == 1


def test_an_account_written_with_blanks_is_the_same_account(tx: Transact) -> None:
    blanks = replace(NOTICE, account_iban="it60 x054 2811 1010 0000 0123 456", debtor_iban=f" {PAYER.lower()} ")
    assert told(tx, NOTICE, blanks, replace(blanks, bank_reference=None, source="statement", occurrence=1)) == 1


def test_two_genuine_equal_transfers_are_two_whatever_tells_them_first(tx: Transact) -> None:
    second = replace(NOTICE, bank_reference="TRN2")
    both = (NOTICE, second, STATEMENT, replace(STATEMENT, occurrence=2))
    assert told(tx, *both) == 2
    assert told(tx, *reversed(both)) == 2


def test_equal_lines_of_a_statement_become_two_and_their_notices_add_none(tx: Transact) -> None:
    facts = [STATEMENT, replace(STATEMENT, occurrence=2), NOTICE, replace(NOTICE, bank_reference="TRN2")]
    assert told(tx, *facts) == 2


def test_a_statement_that_numbers_and_names_does_not_swallow_the_second_transfer(tx: Transact) -> None:
    named = replace(STATEMENT, bank_reference="TRN2")
    assert told(tx, NOTICE, named) == 2


@pytest.mark.parametrize(
    "other",
    [
        replace(STATEMENT, amount_cents=5_001),
        replace(STATEMENT, booked_on=NOTICE.booked_on - timedelta(days=1)),
        replace(STATEMENT, remittance="Saldo fattura 2"),
        replace(STATEMENT, account_iban="IT40S0542811101000000123457"),
        replace(STATEMENT, debtor_iban="IT28W8000000292100645211151"),
        replace(STATEMENT, currency="USD"),
    ],
)
def test_whatever_differs_is_another_transfer(tx: Transact, other: TransferFact) -> None:
    assert told(tx, NOTICE, other) == 2


@pytest.fixture
def order(tx: Transact) -> Order:
    """An order that waits for a transfer."""
    with tx() as session:
        stock_the_shop(session)
        return an_order(session, a_studio(session), "LITE-1", method="bank_transfer")


def of(order: Order, fact: TransferFact, text: str = "") -> TransferFact:
    """The transfer that pays an order."""
    return replace(fact, amount_cents=order.gross_cents, remittance=text or f"bonifico {order.number}")


MANUAL = TransferFact("manual", ACCOUNT, clock.today() - timedelta(days=2), 1, "")


def test_what_a_person_confirmed_is_what_the_bank_tells_later_once(tx: Transact, order: Order) -> None:
    by_hand = of(order, MANUAL, order.rf_reference)
    statement = of(order, STATEMENT)
    assert told(tx, by_hand, of(order, NOTICE), statement, statement) == 1
    with tx() as session:
        line = session.scalars(select(BankLine)).one()
        assert (line.source, line.bank_reference) == ("bank_webhook", "TRN1")
        assert "transfer.confirmed_by_bank" in {event.type for event in events_about(session, "bank_line", line.id)}


def test_what_a_person_confirmed_word_for_word_keeps_its_number(tx: Transact, order: Order) -> None:
    by_hand = replace(of(order, MANUAL, order.rf_reference), booked_on=clock.today())
    bare = replace(of(order, BARE, order.rf_reference))
    notice = replace(of(order, NOTICE, order.rf_reference), debtor_iban=None, debtor_name=None)
    assert told(tx, by_hand, notice, bare) == 1


def test_a_second_genuine_transfer_is_not_taken_for_the_one_confirmed_by_hand(tx: Transact, order: Order) -> None:
    by_hand = of(order, MANUAL, order.rf_reference)
    assert told(tx, by_hand, of(order, NOTICE), of(order, replace(NOTICE, bank_reference="TRN2"))) == 2
    assert told(tx, of(order, replace(STATEMENT, occurrence=2))) == 2


def test_a_person_adds_nothing_to_what_the_bank_or_a_colleague_told(tx: Transact, order: Order) -> None:
    by_hand = of(order, MANUAL, order.rf_reference)
    assert told(tx, of(order, NOTICE), by_hand, by_hand) == 1
    assert told(tx, replace(by_hand, booked_on=clock.today() - timedelta(days=20))) == 2


def test_a_line_that_was_replaced_counts_no_more_among_equal_ones(tx: Transact, order: Order) -> None:
    by_hand = replace(of(order, MANUAL, order.rf_reference), booked_on=clock.today())
    assert told(tx, by_hand, of(order, NOTICE, "grazie")) == 2
    with tx() as session:
        first, second = session.scalars(select(BankLine.id).order_by(BankLine.id)).all()
        replace_confirmed(session, lock_line(session, second), lock_line(session, first), FINANCE)
    bare = of(order, BARE, order.rf_reference)
    assert told(tx, bare, bare) == 3
    assert told(tx, replace(bare, occurrence=2), replace(bare, occurrence=2)) == 4


def test_a_later_telling_adds_the_payer_but_never_after_they_were_forgotten(tx: Transact) -> None:
    assert told(tx, BARE, replace(NOTICE, source="other_feed")) == 1
    with tx() as session:
        line = session.scalars(select(BankLine)).one()
        assert line.debtor_name == "ROSSI"
        line.debtor_name, line.recorded_at = None, line.recorded_at - timedelta(days=31)
    assert told(tx, NOTICE) == 1
    with tx() as session:
        assert session.scalars(select(BankLine)).one().debtor_name is None


def test_what_stays_of_a_payer_is_keyed_and_outlives_a_new_secret_key(worker_database: str) -> None:
    fact = TransferFact("bank_webhook", ACCOUNT, clock.today(), 17_934, "ORD-2026-000123", debtor_iban=PAYER)
    seen = []
    for keys in ({"PAYER_KEY": "p" * 40}, {"PAYER_KEY": "p" * 40, "SECRET_KEY": "s" * 40}, {"PAYER_KEY": "q" * 40}):
        with create_app({"DATABASE_URL": worker_database} | keys).app_context():
            seen.append((fingerprint(fact), debtor_hash(PAYER)))
    assert seen[0] == seen[1]
    assert not set(seen[0]) & set(seen[2])
