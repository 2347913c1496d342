"""Any sequence of transfers, returns and decisions keeps the books: what came is allocated, disposed of, or waits."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from entitlements import Account, Party, balance
from foundation import clock
from foundation.audit import verify, violations_of
from foundation.database import transaction
from foundation.jobs import run_due
from shop import Order, lock_order
from shop.orders.closing import cancel_order
from shop.orders.order_states import IllegalOrderStep
from shop.payments.money_in import BankLine, Payment, PaymentAllocation, paid_cents
from shop.transfers import (
    AllocationRefused,
    ReturnFact,
    TransferFact,
    allocate_by_hand,
    give_store_credit,
    hold,
    lock_line,
    record_return,
    record_transfer,
    release,
    send_back,
    spend_store_credit,
    take_off,
    unallocated,
)
from shop.transfers.disposals import Disposal
from tests.banking import ACCOUNT, FINANCE
from tests.conftest import Transact
from tests.factories import a_studio
from tests.stories import an_order, owner_of, stock_the_shop

FULL = os.environ.get("TORTURE") == "full"
ORDERS, LINES = 3, 6
ACTS = ("transfer", "again", "return", "allocate", "take_off", "credit", "send_back", "hold", "release", "cancel")
step = st.tuples(
    st.sampled_from((*ACTS, *["transfer"] * 4, "return", "spend", "wait", "days")),
    st.integers(0, LINES - 1),
    st.integers(0, ORDERS - 1),
    st.sampled_from([-2_000, -1, 0, 1, 2_000]),
)


class Story:
    """The orders, the lines so far, and what each act does to them."""

    def __init__(self, app: Flask, studio: Party, orders: list[Order]) -> None:
        self.app, self.studio, self.orders = app, studio, orders
        self.told: list[TransferFact] = []
        self.returns = 0

    def play(self, act: str, line: int, order: int, more: int) -> None:
        """One act; what is refused changes nothing."""
        if act in {"wait", "days"}:
            clock.follow(clock.shift() + (timedelta(hours=7) if act == "wait" else timedelta(days=4)))
            with self.app.app_context():
                with transaction() as session:
                    session.execute(
                        text(
                            'INSERT INTO clock_shift ("only", shift) VALUES (true, :shift)'
                            ' ON CONFLICT ("only") DO UPDATE SET shift = excluded.shift'
                        ),
                        {"shift": clock.shift()},
                    )
                run_due()
            return
        with self.app.app_context(), transaction() as session:
            try:
                getattr(self, act)(session, line, order, more)
            except (AllocationRefused, IllegalOrderStep):
                session.rollback()

    def transfer(self, session: Session, _line: int, order: int, more: int) -> None:
        """A transfer arrives that names one order, or two, or none."""
        wanted = self.orders[order]
        named = [wanted.rf_reference, f"{wanted.number} {self.orders[order - 1].number}", "grazie"][more % 3]
        reference = f"TRN{len(self.told)}"
        amount = wanted.gross_cents + more
        fact = TransferFact("bank_webhook", ACCOUNT, clock.today(), amount, named, bank_reference=reference)
        self.told.append(fact)
        record_transfer(session, fact)

    def again(self, session: Session, line: int, _order: int, _more: int) -> None:
        """A transfer is told once more."""
        if self.told:
            assert record_transfer(session, self.told[line % len(self.told)]) is None

    def give_back(self, session: Session, line: int, more: int) -> None:
        """The bank takes a transfer back, or a part of it, or a second time."""
        if self.told:
            fact = self.told[line % len(self.told)]
            self.returns += 1
            amount = max(1, fact.amount_cents + min(more, 0))
            reference = fact.bank_reference or ""
            record_return(
                session,
                ReturnFact("bank_webhook", ACCOUNT, f"R{self.returns}", reference, clock.today(), amount),
            )

    def line_of(self, session: Session, line: int) -> tuple[BankLine, Payment] | None:
        """One of the lines, locked."""
        ids = session.scalars(select(BankLine.id).where(BankLine.kind == "TRANSFER").order_by(BankLine.id)).all()
        return lock_line(session, ids[line % len(ids)]) if ids else None

    def __getattr__(self, name: str) -> object:
        """The acts that are one call of a service."""

        def act(session: Session, line: int, order: int, more: int) -> None:
            if name == "return":
                self.give_back(session, line, more)
                return
            if name in {"hold", "release", "cancel", "spend"}:
                self._order_act(session, name, lock_order(session, self.orders[order].id))
                return
            found = self.line_of(session, line)
            if found is not None:
                self._line_act(session, name, found, lock_order(session, self.orders[order].id))

        return act

    def _order_act(self, session: Session, name: str, order: Order) -> None:
        if name == "hold":
            hold(session, order, "verifica", FINANCE)
        elif name == "release":
            release(session, order, FINANCE)
        elif name == "cancel":
            cancel_order(session, order, owner_of(self.studio))
        else:
            spend_store_credit(session, order)

    def _line_act(self, session: Session, name: str, found: tuple[BankLine, Payment], order: Order) -> None:
        line, payment = found
        if name == "allocate":
            amount = min(unallocated(session, payment), order.gross_cents - paid_cents(session, order.id))
            allocate_by_hand(session, line, payment, order, amount, FINANCE)
        elif name == "take_off":
            take_off(session, line, payment, order, FINANCE)
        elif name == "credit":
            give_store_credit(session, line, payment, self.studio.id, FINANCE)
        else:
            send_back(session, line, payment, FINANCE)


def total(session: Session, column: object) -> int:
    """The sum of a column."""
    return int(session.scalar(select(func.coalesce(func.sum(column), 0))) or 0)


def books_balance(session: Session) -> None:
    """What came = what is allocated + what was disposed of + what waits; no order has more than its price."""
    payments = session.scalars(select(Payment)).all()
    waiting = sum(balance(session, Account("suspense", owner=payment.id)) for payment in payments)
    came, allocated = total(session, Payment.amount_cents), total(session, PaymentAllocation.amount_cents)
    assert came == allocated + total(session, Disposal.amount_cents) + waiting
    assert all(unallocated(session, payment) >= 0 for payment in payments)
    for order in session.scalars(select(Order)):
        paid = paid_cents(session, order.id)
        assert 0 <= paid <= order.gross_cents
        assert order.state not in {"PAID", "ON_HOLD"} or paid == order.gross_cents


@contextmanager
def a_savepoint(app: Flask) -> Iterator[None]:
    """Whatever the example does is undone before the next one."""
    with app.app_context():
        from foundation.database import database  # noqa: PLC0415 - the isolated connection is there only now

        connection = database.engines[None]
        nested = connection.begin_nested()  # type: ignore[attr-defined]
        before = clock.shift()
    try:
        yield
    finally:
        nested.rollback()
        clock.follow(before)


@pytest.fixture
def stage(app: Flask, tx: Transact) -> Story:
    """A studio with three orders to be paid by transfer."""
    with tx() as session:
        stock_the_shop(session)
        studio = a_studio(session)
        orders = [an_order(session, studio, "LITE-1", count, "bank_transfer") for count in (1, 2, 3)]
    return Story(app, studio, orders)


@settings(
    max_examples=500 if FULL else 25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(acts=st.lists(step, min_size=4, max_size=20))
def test_whatever_happens_in_whatever_order_every_cent_is_somewhere(
    stage: Story, acts: list[tuple[str, int, int, int]]
) -> None:
    with a_savepoint(stage.app):
        story = Story(stage.app, stage.studio, stage.orders)
        for act in acts:
            story.play(*act)
        with stage.app.app_context(), transaction() as session:
            books_balance(session)
            assert violations_of(verify(session)) == []
