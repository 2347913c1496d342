"""The window and the promise across both changes of the clock, New Year's Eve and a week of downtime (D9, M18)."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from foundation import clock
from foundation.events import events_about
from foundation.mail import Mail
from shop import Order, lock_order
from shop.payments.money_in import BankLine, FinanceTask
from shop.transfers import TransferFact, record_transfer
from tests.banking import ACCOUNT, PAYER
from tests.conftest import Transact
from tests.factories import a_studio
from tests.stories import an_order, stock_the_shop

Advance = Callable[[timedelta], None]
Run = Callable[[], int]

# The evening before Rome's clock goes forward, the one before it goes back, the last second of the year, a leap day.
INSTANTS = {
    "spring": datetime(2027, 3, 27, 20, 30, tzinfo=UTC),
    "autumn": datetime(2027, 10, 30, 20, 30, tzinfo=UTC),
    "year": datetime(2027, 12, 31, 22, 59, 59, tzinfo=UTC),
    "leap": datetime(2028, 2, 28, 23, 30, tzinfo=UTC),
}


def paid_at(tx: Transact, advance: Advance, instant: datetime) -> Order:
    """An order whose transfer is recorded at that instant."""
    advance(instant - clock.now())
    with tx() as session:
        stock_the_shop(session)
        order = an_order(session, a_studio(session), "LITE-1", method="bank_transfer")
        fact = TransferFact(
            "bank_webhook",
            ACCOUNT,
            clock.today(),
            order.gross_cents,
            order.rf_reference,
            debtor_name="ROSSI MARIO",
            debtor_iban=PAYER,
        )
        assert record_transfer(session, fact) is not None
        return lock_order(session, order.id)


def state(tx: Transact, order: Order) -> str:
    """How the order stands."""
    with tx() as session:
        return session.get_one(Order, order.id).state


@pytest.mark.parametrize("when", INSTANTS)
def test_twelve_hours_are_twelve_hours_whatever_the_clocks_on_the_wall_do(
    tx: Transact, advance: Advance, run_jobs: Run, when: str
) -> None:
    order = paid_at(tx, advance, INSTANTS[when])
    assert order.paid_at is not None
    assert order.fulfil_not_before == order.paid_at + timedelta(hours=12)
    # A busy machine may take its time between the two looks, so the first is well before the hour.
    advance(order.paid_at + timedelta(hours=11, minutes=30) - clock.now())
    run_jobs()
    assert state(tx, order) == "PAID"
    advance(order.paid_at + timedelta(hours=12, seconds=1) - clock.now())
    run_jobs()
    assert state(tx, order) == "FULFILLED"


def test_the_day_of_a_line_is_romes_day_on_new_years_eve(tx: Transact, advance: Advance) -> None:
    order = paid_at(tx, advance, INSTANTS["year"])
    with tx() as session:
        line = session.scalars(select(BankLine)).one()
        assert line.booked_on.isoformat() in {"2027-12-31", "2028-01-01"}
        assert line.booked_on == clock.rome_day(line.recorded_at)
    assert order.number.startswith("ORD-2027-") or order.number.startswith("ORD-2028-")


def test_a_week_of_downtime_changes_nothing_but_the_delay(tx: Transact, advance: Advance, run_jobs: Run) -> None:
    order = paid_at(tx, advance, INSTANTS["autumn"])
    advance(timedelta(days=7))
    run_jobs()
    assert state(tx, order) == "FULFILLED"
    with tx() as session:
        kinds = [event.type for event in events_about(session, "order", order.id)]
        assert kinds.count("order.fulfilled") == 1
        assert kinds.count("order.sla_breached") == 1
        assert session.scalars(select(FinanceTask)).all() == []
        templates = session.scalars(select(Mail.template)).all()
        assert "order_late" not in templates
        assert "order_reminder" not in templates


def test_after_a_week_of_downtime_an_unpaid_order_is_reminded_of_once(
    tx: Transact, advance: Advance, run_jobs: Run
) -> None:
    with tx() as session:
        stock_the_shop(session)
        order = an_order(session, a_studio(session), "LITE-1", method="bank_transfer")
    advance(timedelta(days=6))
    run_jobs()
    with tx() as session:
        assert session.scalars(select(Mail.template)).all().count("order_reminder") == 1
    advance(timedelta(days=30))
    run_jobs()
    assert state(tx, order) == "EXPIRED"


def test_a_payer_is_forgotten_thirty_days_after_the_match_and_still_recognised(
    tx: Transact, advance: Advance, run_jobs: Run
) -> None:
    paid_at(tx, advance, INSTANTS["spring"])
    advance(timedelta(days=29))
    run_jobs()
    with tx() as session:
        line = session.scalars(select(BankLine)).one()
        assert (line.debtor_name, line.debtor_iban) == ("ROSSI MARIO", PAYER)
        known = line.debtor_hash
    advance(timedelta(days=1, minutes=1))
    run_jobs()
    with tx() as session:
        line = session.scalars(select(BankLine)).one()
        assert (line.debtor_name, line.debtor_iban, line.debtor_hash) == (None, None, known)
        assert PAYER not in (known or "")
