"""Wallets: buckets burnt in the order of D15, never below zero, once per reference, gone after their last day."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from entitlements import Account, Cause, PaidLine, balance, grant
from entitlements.bucket_balances import balances_at
from entitlements.wallets import (
    Consumed,
    NotEnough,
    ReferenceReused,
    WalletBucket,
    consume,
    expire_bucket,
    fill_bucket,
)
from foundation import clock
from foundation.audit import verify, violations_of
from foundation.database import transaction
from foundation.ids import new_id
from foundation.jobs import run_due
from tests.conftest import Transact
from tests.entitlements.filling import Fill, a_company, fill, left_in, soon
from tests.factories import a_studio

Advance = Callable[[timedelta], None]


@pytest.fixture(autouse=True)
def _clock_back_in_place() -> Iterator[None]:
    yield
    clock.follow(timedelta())


def test_what_was_put_in_is_there_and_in_the_ledger(tx: Transact) -> None:
    with tx() as session:
        company = a_company(session)
        bucket = fill(session, company, Fill(100))
        assert left_in(session, bucket) == [100]
        assert balance(session, Account("wallet", "documents", bucket)) == 100
        assert balance(session, Account("wallet_issue", "documents")) == -100


def test_one_cause_fills_one_bucket(tx: Transact) -> None:
    with tx() as session:
        cause = new_id()
        company = a_company(session)
        values = {"holder_party_id": company, "meter": "documents", "funding": "PAID", "granted": 10, "sku": "PACK"}
        first, again = (
            WalletBucket(**values, ends_on=None, cause_kind="referral", cause_id=cause, created_at=clock.now())
            for _ in range(2)
        )
        assert fill_bucket(session, first)
        assert not fill_bucket(session, again)
        assert session.execute(text("SELECT count(*) FROM wallet_buckets")).scalar_one() == 1
        assert balance(session, Account("wallet_issue", "documents")) == -10


@pytest.mark.parametrize(
    ("fills", "used", "left"),
    [
        pytest.param([Fill(10, soon(90)), Fill(10, soon(30))], 12, [8, 0], id="the earliest expiry first"),
        pytest.param([Fill(10, None), Fill(10, soon(3000))], 12, [8, 0], id="what never expires last"),
        pytest.param([Fill(10, soon(30)), Fill(10, soon(30), "BONUS")], 12, [8, 0], id="bonus before paid"),
        pytest.param([Fill(10, soon(30)), Fill(10, soon(31), "BONUS")], 12, [0, 8], id="expiry before bonus"),
        pytest.param(
            [Fill(10, soon(30), days_ago=1), Fill(10, soon(30), days_ago=2)], 12, [8, 0], id="then the oldest"
        ),
        pytest.param([Fill(10, None, days_ago=1), Fill(10, None, "BONUS"), Fill(10, None, days_ago=2)], 25, [5, 0, 0]),
        pytest.param([Fill(10, soon(0)), Fill(10, soon(1))], 5, [10, 5], id="an ended bucket is not touched"),
        pytest.param([Fill(7, soon(1)), Fill(7, soon(2)), Fill(7, soon(3))], 21, [0, 0, 0], id="all of it"),
    ],
)
def test_buckets_are_burnt_in_the_order_of_d15(tx: Transact, fills: list[Fill], used: int, left: list[int]) -> None:
    with tx() as session:
        company = a_company(session)
        buckets = [fill(session, company, what) for what in fills]
        taken = consume(session, company, [company], "documents", used, "r1")
        assert isinstance(taken, Consumed)
        assert left_in(session, *buckets) == left


def test_a_use_that_is_too_large_takes_nothing_and_frees_its_reference(tx: Transact) -> None:
    with tx() as session:
        company = a_company(session)
        first, second = (fill(session, company, Fill(10, soon(days))) for days in (1, 2))
        assert consume(session, company, [company], "documents", 21, "r1") == NotEnough(20)
        assert left_in(session, first, second) == [10, 10]
        taken = consume(session, company, [company], "documents", 20, "r1")
        assert isinstance(taken, Consumed)
        assert (taken.balance, taken.repeated) == (0, False)
        assert consume(session, company, [company], "documents", 1, "r2") == NotEnough(0)


def test_the_same_reference_is_one_use_however_often_it_is_told(tx: Transact) -> None:
    with tx() as session:
        company = a_company(session)
        fill(session, company, Fill(10))
        first = consume(session, company, [company], "documents", 3, "r1")
        again = consume(session, company, [company], "documents", 3, "r1")
        assert isinstance(first, Consumed)
        assert isinstance(again, Consumed)
        assert (first.balance, first.repeated) == (7, False)
        assert (again.consumption_id, again.balance, again.repeated) == (first.consumption_id, 7, True)


def test_a_reference_used_for_another_quantity_is_refused(tx: Transact) -> None:
    with tx() as session:
        company = a_company(session)
        fill(session, company, Fill(10))
        consume(session, company, [company], "documents", 3, "r1")
        with pytest.raises(ReferenceReused) as caught:
            consume(session, company, [company], "documents", 4, "r1")
        assert caught.value.reference == "r1"
        assert session.execute(text("SELECT sum(balance) FROM wallet_buckets")).scalar_one() == 7


def test_references_belong_to_a_company_and_a_meter(tx: Transact) -> None:
    with tx() as session:
        one, other = a_company(session), a_company(session)
        for company in (one, other):
            fill(session, company, Fill(10))
        fill(session, one, Fill(10), "credits")
        uses = [(one, "documents"), (other, "documents"), (one, "credits")]
        taken = [consume(session, company, [company], meter, 1, "r1") for company, meter in uses]
        assert all(isinstance(use, Consumed) and not use.repeated for use in taken)


def test_credit_and_credits_are_never_mixed(tx: Transact) -> None:
    with tx() as session:
        company = a_company(session)
        fill(session, company, Fill(100), "credits")
        assert consume(session, company, [company], "credit_cents", 1, "r1") == NotEnough(0)
        assert isinstance(consume(session, company, [company], "credits", 1, "r1"), Consumed)


def test_a_company_draws_from_its_own_and_from_its_studios_pool_in_one_order(tx: Transact) -> None:
    with tx() as session:
        company, studio = a_company(session), a_studio(session)
        pool = fill(session, studio.id, Fill(10, soon(10)))
        own = fill(session, company, Fill(10, soon(20)))
        consume(session, company, [company, studio.id], "documents", 15, "r1")
        assert left_in(session, pool, own) == [0, 5]
        assert consume(session, company, [company], "documents", 6, "r2") == NotEnough(5)


def test_the_database_itself_keeps_a_balance_from_falling_below_zero(tx: Transact) -> None:
    with tx() as session:
        bucket = fill(session, a_company(session), Fill(1))
        with pytest.raises(IntegrityError, match="balance_not_negative"), session.begin_nested():
            session.execute(text("UPDATE wallet_buckets SET balance = balance - 2 WHERE id = :id"), {"id": bucket})
        assert left_in(session, bucket) == [1]


@pytest.mark.parametrize("quantity", [0, -1, -(10**9)])
def test_nobody_uses_nothing_or_less(tx: Transact, quantity: int) -> None:
    with tx() as session:
        company = a_company(session)
        bucket = fill(session, company, Fill(10))
        with pytest.raises(IntegrityError, match="quantity_positive"), session.begin_nested():
            consume(session, company, [company], "documents", quantity, "r1")
        assert left_in(session, bucket) == [10]


def test_a_pack_bought_in_december_ends_with_the_year_in_rome(app: Flask, tx: Transact, advance: Advance) -> None:
    """The last usable second is 31 December 23:59:59 in Rome, an hour before UTC's year ends (F003-18)."""
    advance(datetime(2026, 12, 5, 12, tzinfo=UTC) - clock.now())
    with tx() as session:
        company, studio = a_company(session), a_studio(session)
        gives = {"kind": "documents", "units": 100, "ends": "31 December"}
        line = PaidLine(Cause("order_line", new_id()), studio.id, company, "P", {}, 1, 5_000, 1, gives)
        assert grant(session, line)
        assert session.execute(text("SELECT ends_on FROM wallet_buckets")).scalar_one() == date(2027, 1, 1)
    advance(datetime(2026, 12, 31, 22, 59, 50, tzinfo=UTC) - clock.now())
    with app.app_context():
        run_due()
    with tx() as session:
        assert isinstance(consume(session, company, [company], "documents", 30, "last second"), Consumed)
    advance(datetime(2026, 12, 31, 23, 0, 0, tzinfo=UTC) - clock.now())
    with tx() as session:
        assert consume(session, company, [company], "documents", 1, "a second later") == NotEnough(0)
    with app.app_context():
        run_due()
        run_due()
    with tx() as session:
        assert session.execute(text("SELECT balance FROM wallet_buckets")).scalar_one() == 0
        assert balance(session, Account("wallet_expiry", "documents")) == 70
        assert balance(session, Account("wallet_use", "documents")) == 30
        expired = session.execute(text("SELECT data FROM events WHERE type = 'credit.expired'")).scalars().all()
    assert [event["quantity"] for event in expired] == [70]


def test_what_ended_is_still_told_of_the_days_before(app: Flask, tx: Transact, advance: Advance) -> None:
    with tx() as session:
        company = a_company(session)
        fill(session, company, Fill(10, soon(2)))
        fill(session, company, Fill(5))
    before = clock.now()
    advance(timedelta(days=3))
    with app.app_context():
        run_due()
    with tx() as session:
        then = [one.balance for one in balances_at(session, [company], before, clock.now())]
        today = [one.balance for one in balances_at(session, [company], clock.now(), clock.now())]
    assert then == [10, 5]
    assert today == [5]


def test_a_bucket_is_not_booked_out_before_its_day_nor_twice(tx: Transact, advance: Advance) -> None:
    with tx() as session:
        bucket = fill(session, a_company(session), Fill(10, soon(1)))
        endless = fill(session, a_company(session), Fill(10))
        assert expire_bucket(session, bucket) == 0
    advance(timedelta(days=2))
    with tx() as session:
        assert expire_bucket(session, bucket) == 10
        assert expire_bucket(session, bucket) == 0
        assert expire_bucket(session, endless) == 0


_steps = st.lists(
    st.one_of(
        st.tuples(st.just("fill"), st.integers(1, 50), st.sampled_from([None, 1, 5, 30]), st.booleans()),
        st.tuples(st.just("use"), st.integers(1, 80), st.integers(1, 12), st.just(value=False)),
        st.tuples(st.just("expire"), st.just(0), st.just(0), st.just(value=False)),
    ),
    max_size=25,
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(steps=_steps)
def test_whatever_happens_a_balance_is_the_sum_of_its_entries(tx: Transact, steps: list[tuple[Any, ...]]) -> None:
    """Fills, uses (also repeated ones) and expiry in any order: a plain dict and the ledger agree with the buckets."""
    with tx() as session, session.begin_nested() as savepoint:
        company = a_company(session)
        held, used = 0, dict[str, int]()
        for kind, amount, more, bonus in steps:
            if kind == "fill":
                ends_on = soon(more) if more else None
                fill(session, company, Fill(amount, ends_on, "BONUS" if bonus else "PAID"))
                held += amount
            elif kind == "use":
                reference = f"r{more}"
                if used.get(reference, amount) != amount:
                    with pytest.raises(ReferenceReused):
                        consume(session, company, [company], "documents", amount, reference)
                    continue
                taken = consume(session, company, [company], "documents", amount, reference)
                if isinstance(taken, Consumed) and not taken.repeated:
                    used[reference] = amount
                    held -= amount
                assert taken.balance == held
                assert held >= 0
            else:
                for bucket in session.scalars(select(WalletBucket.id)):
                    assert expire_bucket(session, bucket) == 0
        assert sum(left_in(session, *session.scalars(select(WalletBucket.id)))) == held
        wrong = [one for one in violations_of(verify(session)) if "wallet" in one or "transfer" in one]
        assert wrong == []
        savepoint.rollback()


@pytest.mark.race
def test_eight_threads_of_fifty_uses_take_exactly_what_there_is(committed_app: Flask) -> None:
    with committed_app.app_context(), transaction() as session:
        company = a_company(session)
        for days in (None, 10, 20, 30):
            fill(session, company, Fill(75, soon(days) if days else None))

    def use(thread: int) -> list[bool]:
        taken = []
        for number in range(50):
            with committed_app.app_context(), transaction() as session:
                outcome = consume(session, company, [company], "documents", 1, f"{thread}-{number}")
                taken.append(isinstance(outcome, Consumed))
        return taken

    with ThreadPoolExecutor(8) as pool:
        outcomes = [one for thread in pool.map(use, range(8)) for one in thread]
    with committed_app.app_context(), transaction() as session:
        assert (outcomes.count(True), outcomes.count(False)) == (300, 100)
        assert session.execute(text("SELECT min(balance), sum(balance) FROM wallet_buckets")).one() == (0, 0)
        assert balance(session, Account("wallet_use", "documents")) == 300
        wrong = [one for one in violations_of(verify(session)) if "wallet" in one or "transfer" in one]
    assert wrong == []
