"""The ledger (M12): double entry, once per cause, never changed."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from entitlements import Account, Cause, Posting, balance, book
from entitlements.ledger import LedgerAccount, LedgerTransfer, account_id
from foundation.database import transaction
from foundation.ids import new_id
from tests.conftest import Transact

BANK, RECEIVABLE, DEFERRED, VAT = Account("bank"), Account("receivable"), Account("deferred", label="A"), Account("vat")


def _cause(kind: str = "payment") -> Cause:
    return Cause(kind, new_id())


def _count(session: Session, table: type[LedgerTransfer] | type[LedgerAccount]) -> int:
    return session.execute(select(func.count()).select_from(table)).scalar_one()


def test_a_transfer_takes_from_one_account_what_it_gives_to_the_other(tx: Transact) -> None:
    with tx() as session:
        assert book(session, _cause(), [Posting(BANK, RECEIVABLE, 12_200)])
        assert balance(session, BANK) == -12_200
        assert balance(session, RECEIVABLE) == 12_200


def test_a_sale_is_booked_in_all_its_parts_or_not_at_all(tx: Transact) -> None:
    sale = [Posting(RECEIVABLE, DEFERRED, 10_000), Posting(RECEIVABLE, VAT, 2_200)]
    with tx() as session:
        assert book(session, _cause(), sale)
        assert (balance(session, RECEIVABLE), balance(session, DEFERRED), balance(session, VAT)) == (
            -12_200,
            10_000,
            2_200,
        )


def test_one_cause_is_booked_once(tx: Transact) -> None:
    cause = _cause()
    with tx() as session:
        assert book(session, cause, [Posting(BANK, RECEIVABLE, 100)])
        assert not book(session, cause, [Posting(BANK, RECEIVABLE, 100)])
        assert not book(session, cause, [Posting(BANK, DEFERRED, 999)])
        assert balance(session, BANK) == -100
        assert balance(session, DEFERRED) == 0


def test_a_second_step_of_a_cause_is_numbered_apart(tx: Transact) -> None:
    cause = _cause()
    with tx() as session:
        assert book(session, cause, [Posting(BANK, RECEIVABLE, 100)])
        assert book(session, cause, [Posting(RECEIVABLE, BANK, 100)], first_ordinal=1)
        assert balance(session, BANK) == 0
        assert _count(session, LedgerTransfer) == 2


def test_nothing_is_booked_for_nothing(tx: Transact) -> None:
    with tx() as session:
        assert book(session, _cause(), [Posting(BANK, RECEIVABLE, 0)])
        assert book(session, _cause(), [])
        assert _count(session, LedgerTransfer) == 0


@pytest.mark.parametrize(
    "posting", [Posting(BANK, RECEIVABLE, -1), Posting(BANK, BANK, 100)], ids=["less than nothing", "to itself"]
)
def test_the_database_refuses_a_transfer_that_is_none(tx: Transact, posting: Posting) -> None:
    with tx() as session:
        with pytest.raises(IntegrityError), session.begin_nested():
            book(session, _cause(), [posting])
        assert _count(session, LedgerTransfer) == 0


def test_accounts_of_different_owners_units_and_labels_are_different(tx: Transact) -> None:
    owner = new_id()
    accounts = [
        Account("wallet", "documents", owner),
        Account("wallet", "credits", owner),
        Account("wallet", "documents", new_id()),
        Account("wallet", "documents", owner, "label"),
        Account("wallet_use", "documents", owner),
    ]
    with tx() as session:
        assert len({account_id(session, account) for account in accounts}) == len(accounts)
        assert account_id(session, accounts[0]) == account_id(session, accounts[0])


def test_a_transfer_keeps_its_unit_and_its_instants(tx: Transact) -> None:
    with tx() as session:
        book(session, _cause("wallet_grant"), [Posting(Account("x", "documents"), Account("y", "documents"), 7)])
        stored = session.scalars(select(LedgerTransfer)).one()
        assert (stored.unit, stored.amount, stored.ordinal) == ("documents", 7, 0)
        assert stored.at == stored.recorded_at


_postings = st.lists(
    st.tuples(st.sampled_from("ABCD"), st.sampled_from("ABCD"), st.integers(1, 10**12)).filter(lambda p: p[0] != p[1]),
    max_size=8,
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(bookings=st.lists(_postings, max_size=6))
def test_whatever_is_booked_debits_equal_credits(tx: Transact, bookings: list[list[tuple[str, str, int]]]) -> None:
    with tx() as session, session.begin_nested() as savepoint:
        expected = dict.fromkeys("ABCD", 0)
        for postings in bookings:
            book(session, _cause(), [Posting(Account(debit), Account(credit), n) for debit, credit, n in postings])
            for debit, credit, amount in postings:
                expected[debit] -= amount
                expected[credit] += amount
        assert {name: balance(session, Account(name)) for name in "ABCD"} == expected
        assert sum(expected.values()) == 0
        savepoint.rollback()


@pytest.fixture
def inside(committed_app: Flask) -> Iterator[Flask]:
    with committed_app.app_context():
        yield committed_app


@pytest.mark.race
def test_one_cause_booked_by_many_at_once_stands_once(inside: Flask) -> None:
    cause = _cause()

    def try_it(_number: int) -> bool:
        with inside.app_context(), transaction() as session:
            return book(session, cause, [Posting(BANK, RECEIVABLE, 100), Posting(RECEIVABLE, DEFERRED, 50)])

    with ThreadPoolExecutor(8) as pool:
        booked = list(pool.map(try_it, range(40)))
    assert booked.count(True) == 1
    with transaction() as session:
        assert _count(session, LedgerTransfer) == 2
        assert balance(session, RECEIVABLE) == 50


@pytest.mark.race
def test_the_same_new_accounts_named_in_any_order_make_no_deadlock(inside: Flask) -> None:
    labels = [str(number) for number in range(10)]

    def booked(number: int) -> UUID:
        ordered = labels if number % 2 else labels[::-1]
        cause = _cause()
        with inside.app_context(), transaction() as session:
            book(session, cause, [Posting(BANK, Account("deferred", label=label), 1) for label in ordered])
        return cause.id

    with ThreadPoolExecutor(8) as pool:
        causes = list(pool.map(booked, range(24)))
    with transaction() as session:
        assert _count(session, LedgerAccount) == 11
        assert _count(session, LedgerTransfer) == 240
        assert balance(session, BANK) == -240
        assert len(set(causes)) == 24
        kinds = session.execute(text("SELECT DISTINCT cause_kind FROM ledger_transfers")).scalars().all()
    assert kinds == ["payment"]
