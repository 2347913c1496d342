"""Races about transfers, with rows really committed: whoever comes first, there is one line and one fulfilment (D9)."""

import os
from collections.abc import Callable, Iterator
from datetime import timedelta
from threading import Thread

import pytest
from flask import Flask
from sqlalchemy import select, text

from entitlements import Party
from foundation import clock
from foundation.database import apart, transaction
from foundation.ids import new_id
from foundation.jobs import run_due
from shop import Order, lock_order
from shop.orders.order_states import IllegalOrderStep
from shop.orders.requoting import ask_for_new_quote
from shop.payments.money_in import BankLine
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
)
from shop.transfers.requoted import requoted
from tests.banking import ACCOUNT, FINANCE
from tests.database import fresh_database
from tests.races.contest import LONGEST_SECONDS, Tally, audit_finds, contend, racing_app, rows, until_so_many_wait
from tests.races.service_races import stocked
from tests.stories import an_order

pytestmark = pytest.mark.race
FULL = os.environ.get("TORTURE") == "full"
ROUNDS = 60 if FULL else 4
Act = Callable[[], str]


@pytest.fixture
def racing(worker_id: str) -> Iterator[Flask]:
    with fresh_database(f"gettone_transfers_{worker_id}") as url, racing_app(url) as app:
        yield app
        clock.follow(timedelta())


def placed(app: Flask, studio: Party, quantity: int = 1) -> Order:
    """An order to be paid by transfer."""
    with app.app_context(), transaction() as session:
        return an_order(session, studio, "LITE-1", quantity, "bank_transfer")


def paying(order: Order, reference: str | None = None, source: str = "bank_webhook") -> TransferFact:
    """The transfer that pays an order."""
    return TransferFact(source, ACCOUNT, clock.today(), order.gross_cents, order.rf_reference, bank_reference=reference)


def told(app: Flask, fact: TransferFact) -> str:
    """Somebody tells a transfer."""
    with app.app_context(), transaction() as session:
        return "known" if record_transfer(session, fact) is None else "recorded"


def fulfilments(app: Flask, order: Order) -> int:
    """How often the order was fulfilled."""
    query = "SELECT count(*) FROM events WHERE subject_id = :order AND type = 'order.fulfilled'"
    return rows(app, query, order=order.id)


def state_of(app: Flask, order: Order) -> str:
    """How the order stands."""
    with app.app_context(), transaction() as session:
        return session.get_one(Order, order.id).state


def test_money_of_a_fallen_quote_and_the_desk_wait_for_each_other_in_one_order(racing: Flask) -> None:
    order = placed(racing, stocked(racing))
    with racing.app_context(), transaction() as session:
        assert record_transfer(session, paying(order, "T-fallen"))
        ask_for_new_quote(session, lock_order(session, order.id))
        line_id = session.scalars(select(BankLine.id)).one()
    ended: list[object] = []

    def give_back(_only: int) -> None:
        with racing.app_context():
            requoted(order.id)

    job = Thread(target=lambda: ended.extend(contend(1, give_back)))
    with racing.app_context(), apart() as desk:
        lock_line(desk, line_id)
        job.start()
        until_so_many_wait(racing, 1)
        assert lock_order(desk, order.id).state == "NEEDS_REQUOTE"
    job.join(LONGEST_SECONDS)
    assert ended == [None]
    assert audit_finds(racing) == []


def race(tally: Tally, *acts: Act) -> list[object]:
    """Every act at the same instant."""
    outcomes = contend(len(acts), lambda number: acts[number]())
    tally.count(outcomes)
    problems = [one for one in outcomes if isinstance(one, BaseException)]
    tally.expect(not problems, f"an act ended in {problems!r}")
    return outcomes


def test_notice_statement_and_a_person_tell_one_transfer_at_once(racing: Flask) -> None:
    tally, studio = Tally(), stocked(racing)
    for _ in range(ROUNDS):
        order, reference = placed(racing, studio), f"TRN-{new_id()}"
        facts = [paying(order, reference), paying(order, reference), paying(order, source="manual")]
        facts.append(paying(order, source="statement"))
        outcomes = race(tally, *(lambda fact=fact: told(racing, fact) for fact in facts))
        tally.expect(outcomes.count("recorded") == 1, f"{outcomes} for {order.number}")
        tally.expect(state_of(racing, order) == "PAID", "the order is not paid")
    tally.broken += audit_finds(racing)
    print(tally.line("one_transfer"))
    assert tally.broken == []


def test_release_return_hold_and_the_window_s_end_at_once_have_one_outcome(racing: Flask) -> None:
    tally, studio = Tally(), stocked(racing)

    def stepping(act: Callable[[], object]) -> str:
        try:
            act()
        except IllegalOrderStep:
            return "too late"
        return "done"

    for _ in range(ROUNDS):
        order, reference = placed(racing, studio), f"TRN-{new_id()}"
        told(racing, paying(order, reference))
        back = ReturnFact("bank_webhook", ACCOUNT, f"R-{reference}", reference, clock.today(), order.gross_cents)
        _window_ends(racing, order)

        def let_go(order: Order = order) -> None:
            with racing.app_context(), transaction() as session:
                release(session, lock_order(session, order.id), FINANCE)

        def stop(order: Order = order) -> None:
            with racing.app_context(), transaction() as session:
                hold(session, lock_order(session, order.id), "verifica", FINANCE)

        def take(back: ReturnFact = back) -> None:
            with racing.app_context(), transaction() as session:
                record_return(session, back)

        def look() -> None:
            with racing.app_context():
                run_due()

        race(tally, *(lambda act=act: stepping(act) for act in (let_go, stop, take, look)))
        done, state = fulfilments(racing, order), state_of(racing, order)
        tally.expect(done in {0, 1}, f"{order.number} was fulfilled {done} times")
        tally.expect(state == ("FULFILLED" if done else "AWAITING_PAYMENT"), f"{order.number} is {state} after {done}")
    tally.broken += audit_finds(racing)
    print(tally.line("window"))
    assert tally.broken == []


def _window_ends(app: Flask, order: Order) -> None:
    """As if its transfer had been recorded twelve hours ago."""
    with app.app_context(), transaction() as session:
        values = {"order": order.id, "now": clock.now()}
        session.execute(text("UPDATE orders SET fulfil_not_before = :now WHERE id = :order"), values)
        session.execute(
            text("UPDATE due_rows SET due_at = :now WHERE subject_id = :order AND rule = 'orders.fulfil'"), values
        )


def test_what_is_left_of_a_line_goes_one_way_only(racing: Flask) -> None:
    tally, studio = Tally(), stocked(racing)
    for _ in range(ROUNDS):
        order = placed(racing, studio)
        fact = TransferFact(
            "bank_webhook", ACCOUNT, clock.today(), order.gross_cents, "grazie", bank_reference=f"T{new_id()}"
        )
        with racing.app_context(), transaction() as session:
            line = record_transfer(session, fact)
            assert line is not None

        def decided(kind: str, line_id: object = line.id, order: Order = order) -> str:
            with racing.app_context(), transaction() as session:
                held, payment = lock_line(session, line_id)  # type: ignore[arg-type]
                try:
                    if kind == "allocate":
                        locked = lock_order(session, order.id)
                        allocate_by_hand(session, held, payment, locked, order.gross_cents, FINANCE)
                    elif kind == "credit":
                        give_store_credit(session, held, payment, order.buyer_party_id, FINANCE)
                    else:
                        send_back(session, held, payment, FINANCE)
                except AllocationRefused:
                    return "refused"
            return "done"

        kinds = ("allocate", "credit", "send_back", "credit")
        outcomes = race(tally, *(lambda kind=kind: decided(kind) for kind in kinds))
        tally.expect(outcomes.count("done") == 1, f"{outcomes}")
    tally.broken += audit_finds(racing)
    print(tally.line("one_way"))
    assert tally.broken == []


def test_store_credit_is_spent_once_however_many_orders_want_it(racing: Flask) -> None:
    tally, studio = Tally(), stocked(racing)
    for _ in range(ROUNDS):
        orders = [placed(racing, studio) for _ in range(4)]
        credit = orders[0].gross_cents * 2
        with racing.app_context(), transaction() as session:
            fact = TransferFact("bank_webhook", ACCOUNT, clock.today(), credit, "x", bank_reference=f"T{new_id()}")
            line = record_transfer(session, fact)
            assert line is not None
            held, payment = lock_line(session, line.id)
            give_store_credit(session, held, payment, studio.id, FINANCE)

        def spend(order: Order) -> str:
            with racing.app_context(), transaction() as session:
                return "paid" if spend_store_credit(session, lock_order(session, order.id)) else "nothing"

        outcomes = race(tally, *(lambda order=order: spend(order) for order in orders))
        tally.expect(outcomes.count("paid") == 2, f"{outcomes}")
        tally.expect(sum(fulfilments(racing, order) for order in orders) == 2, "fulfilled otherwise than paid")
    tally.expect(rows(racing, "SELECT coalesce(sum(balance_cents), 0) FROM store_credits") == 0, "credit is left")
    tally.broken += audit_finds(racing)
    print(tally.line("store_credit"))
    assert tally.broken == []


def test_transfers_that_name_the_same_orders_in_opposite_order_do_not_block_each_other(racing: Flask) -> None:
    tally, studio = Tally(), stocked(racing)
    for _ in range(ROUNDS):
        first, second = placed(racing, studio), placed(racing, studio)
        names = (f"{first.number} {second.number}", f"{second.number} {first.number}")
        facts = [
            TransferFact("bank_webhook", account, clock.today(), first.gross_cents, name, bank_reference=f"T{new_id()}")
            for account, name in zip((ACCOUNT, "IT40S0542811101000000123457"), names, strict=True)
        ]
        race(tally, *(lambda fact=fact: told(racing, fact) for fact in facts))
        tally.expect({state_of(racing, first), state_of(racing, second)} == {"PAID"}, "an order is not paid")
    tally.broken += audit_finds(racing)
    print(tally.line("opposite"))
    assert tally.broken == []
