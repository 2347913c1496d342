"""Crashes beside the purchase (R22): whoever does it again, or the round that looks after it, finishes it once."""

import signal
import time
from uuid import UUID

import pytest
from flask import Flask

from entitlements import Party, count_by_state
from foundation.audit import verify, violations_of
from foundation.database import transaction
from foundation.jobs import drain
from shop.payments.attempts import StripeCustomer
from shop.payments.janitor import settle_pending
from shop.renewals.standing import take_card_away
from tests.crash.points import ELSEWHERE
from tests.crash.programs import Starter
from tests.crash.scenes import (
    a_buyer,
    ask_for_refund,
    changed_company,
    created_company,
    fallen_quote,
    gateway_of,
    invited_order,
    page_to_close,
    paid_order,
    perform,
    proposed_handover,
    proposed_move,
    refused_company,
    renewal_to_charge,
)
from tests.crash.world import World
from tests.stories import owner_of
from tests.warm import Program

pytestmark = [pytest.mark.sockets, pytest.mark.race]
LONGEST_SECONDS = 60
OPEN_JOBS = "SELECT count(*) FROM procrastinate_jobs"


def act(world: World, edge: str, subject: UUID, point: str | None) -> None:
    """Perform an edge in a process of its own, which dies at `point`, or does not."""
    told = {**world.environment, **({"GETTONE_FAULT": point} if point else {})}
    said = world.folder / f"{edge}.log"
    ended = Program(perform, edge, str(subject), told=told, output=said).wait(180)
    assert ended == (-signal.SIGKILL if point else 0), said.read_text()[-2000:]


@pytest.mark.parametrize("point", [name for name in ELSEWHERE if name.startswith("refund.")])
def test_a_refund_whose_process_died_is_finished_by_the_round_once(world: World, app: Flask, point: str) -> None:
    studio = a_buyer(app)
    order = paid_order(app, studio)
    act(world, "refund", order.id, point)
    for _ in range(2):
        with app.app_context():
            settle_pending(gateway_of(app))
    assert world.rows("SELECT state FROM refund_requests") == [("DONE",)]
    assert world.number("SELECT count(*) FROM stripe_refunds") == 1
    assert world.number("SELECT sum(amount_cents) FROM stripe_refunds") == order.gross_cents
    assert _stock(app, studio.id) == {"VOIDED": 10}
    assert violations(app) == []


@pytest.mark.parametrize("point", ["provisioning.before_ask", "provisioning.after_ask"])
def test_support_gives_up_again_after_its_process_died(world: World, app: Flask, point: str) -> None:
    studio = a_buyer(app)
    paid_order(app, studio)
    company_id = refused_company(world, app, studio, 1)
    act(world, "end_request", company_id, point)
    assert _stock(app, studio.id) == {"AVAILABLE": 9, "ACTIVATING": 1}
    act(world, "end_request", company_id, None)
    assert _stock(app, studio.id) == {"AVAILABLE": 10}
    assert world.rows("SELECT state FROM companies") == [("REJECTED",)]
    assert world.accounting()["ready"] == 0
    assert violations(app) == []


def test_a_payment_that_died_while_the_company_was_asked_for_is_done_again_and_asks_once(
    world: World, app: Flask
) -> None:
    """Killed between the money and the request for the company: neither exists, and the letter comes again."""
    order_id = invited_order(app, a_buyer(app))
    act(world, "pay_invited", order_id, "purchase.asked")
    assert world.number("SELECT count(*) FROM payments") == 0
    assert world.rows("SELECT state FROM invitations") == [("ORDERED",)]
    for _ in range(2):
        act(world, "pay_invited", order_id, None)
    with app.app_context():
        drain()
    assert world.rows("SELECT state FROM invitations") == [("CREATED",)]
    assert world.rows("SELECT state FROM companies") == [("READY",)]
    assert world.accounting()["ready"] == 1
    assert violations(app) == []


def test_who_pays_changes_wholly_or_not_at_all_and_once(world: World, app: Flask) -> None:
    """D14: killed between the new payer and the mail, the company still pays nothing; agreed again, it pays once."""
    studio = a_buyer(app)
    paid_order(app, studio)
    company_id = created_company(app, studio)
    handover = proposed_handover(app, studio, company_id)
    act(world, "accept_payer", handover, "handover.payer_written")
    assert world.rows("SELECT state FROM payer_handovers") == [("OPEN",)]
    assert world.rows("SELECT payer FROM payer_periods") == [("STUDIO",)]
    for _ in range(2):
        act(world, "accept_payer", handover, None)
    assert world.rows("SELECT payer FROM payer_periods ORDER BY from_at") == [("STUDIO",), ("COMPANY",)]
    assert violations(app) == []


def test_a_company_that_moves_is_never_between_two_studios(world: World, app: Flask) -> None:
    """Killed after it left the first studio and before it came to the second, it has not moved."""
    studio, taker = a_buyer(app), a_buyer(app)
    paid_order(app, studio)
    move = proposed_move(app, studio, taker, created_company(app, studio))
    act(world, "agree", move, "move.parted")
    live = "SELECT studio_id FROM studio_links WHERE unlinked_at IS NULL"
    assert world.rows(live) == [(studio.id,)]
    for _ in range(2):
        act(world, "agree", move, None)
    assert world.rows(live) == [(taker.id,)]
    assert world.rows("SELECT payer_party_id FROM payer_periods ORDER BY from_at") == [(studio.id,), (taker.id,)]
    assert violations(app) == []


@pytest.mark.parametrize("name", ["checkout.close", "stripe.janitor"])
def test_a_job_whose_worker_died_before_it_said_so_is_done_again_without_harm(
    world: World, app: Flask, name: str
) -> None:
    page_to_close(app, a_buyer(app))
    starter = Starter(world.environment, world.folder)
    doomed = starter.worker(f"job.{name}.done")
    try:
        assert doomed.process.wait(LONGEST_SECONDS) == -signal.SIGKILL
    finally:
        doomed.end()
    assert world.number(f"{OPEN_JOBS} WHERE task_name = '{name}'") == 1
    _let_a_worker_finish(world, starter, "checkout.close", "stripe.janitor")
    assert world.number("SELECT count(*) FROM payment_attempts WHERE expired_at IS NULL") == 0
    assert violations(app) == []


@pytest.mark.parametrize("name", ["orders.requoted", "orders.rivals", "invoicing.revoke"])
def test_the_money_of_a_fallen_quote_goes_back_once_whoever_died(world: World, app: Flask, name: str) -> None:
    order = fallen_quote(app, a_buyer(app))
    starter = Starter(world.environment, world.folder)
    doomed = starter.worker(f"job.{name}.done")
    try:
        assert doomed.process.wait(LONGEST_SECONDS) == -signal.SIGKILL
    finally:
        doomed.end()
    assert world.number(f"{OPEN_JOBS} WHERE task_name = '{name}'") == 1
    _let_a_worker_finish(world, starter, "orders.requoted", "orders.rivals", "invoicing.revoke")
    assert world.number("SELECT sum(balance_cents) FROM store_credits") == order.gross_cents
    assert world.number("SELECT count(*) FROM mails WHERE template = 'order_needs_requote'") == 1
    assert violations(app) == []


@pytest.mark.parametrize(
    "point",
    [
        "provisioning.before_change",
        "provisioning.after_change",
        "job.provisioning.tell.done",
        "job.members.follow_seats.done",
    ],
)
def test_a_change_reaches_the_vendor_whoever_died_telling_it(world: World, app: Flask, point: str) -> None:
    studio = a_buyer(app)
    paid_order(app, studio)
    changed_company(app, studio)
    starter = Starter(world.environment, world.folder)
    doomed = starter.worker(point)
    try:
        assert doomed.process.wait(LONGEST_SECONDS) == -signal.SIGKILL
    finally:
        doomed.end()
    _let_a_worker_finish(world, starter, "provisioning.tell", "members.follow_seats")
    assert world.rows("SELECT state FROM provisioning_changes") == [("DONE",)]
    assert violations(app) == []


def test_a_refund_whose_worker_died_before_it_said_so_is_sent_again_and_is_one(world: World, app: Flask) -> None:
    order = paid_order(app, a_buyer(app))
    ask_for_refund(app, order.id)
    starter = Starter(world.environment, world.folder)
    doomed = starter.worker("job.refunds.send.done")
    try:
        assert doomed.process.wait(LONGEST_SECONDS) == -signal.SIGKILL
    finally:
        doomed.end()
    _let_a_worker_finish(world, starter, "refunds.send")
    assert world.rows("SELECT state FROM refund_requests") == [("DONE",)]
    assert world.number("SELECT sum(amount_cents) FROM stripe_refunds") == order.gross_cents
    assert violations(app) == []


@pytest.mark.parametrize("point", ["renewal.sent", "renewal.called"])
def test_a_renewal_whose_process_died_while_the_card_was_charged_is_charged_once(
    world: World, app: Flask, point: str
) -> None:
    studio, attempt_id = _renewing(app)
    act(world, "renew", attempt_id, point)
    assert world.rows("SELECT sent_at IS NULL, charged_at IS NULL FROM renewal_attempts") == [(False, True)]
    for _ in range(2):
        act(world, "renew", attempt_id, None)
    _renewed_once(world, app, studio)


def test_a_renewal_whose_worker_died_before_it_said_so_is_one(world: World, app: Flask) -> None:
    studio, _attempt_id = _renewing(app)
    starter = Starter(world.environment, world.folder)
    doomed = starter.worker("job.renewals.charge.done")
    try:
        assert doomed.process.wait(LONGEST_SECONDS) == -signal.SIGKILL
    finally:
        doomed.end()
    _let_a_worker_finish(world, starter, "renewals.charge")
    _renewed_once(world, app, studio)


def test_a_card_whose_worker_died_forgetting_it_is_forgotten(world: World, app: Flask) -> None:
    studio, _attempt_id = _renewing(app)
    with app.app_context(), transaction() as session:
        assert take_card_away(session, owner_of(studio))
    starter = Starter(world.environment, world.folder)
    doomed = starter.worker("job.cards.detach.done")
    try:
        assert doomed.process.wait(LONGEST_SECONDS) == -signal.SIGKILL
    finally:
        doomed.end()
    _let_a_worker_finish(world, starter, "cards.detach", "renewals.charge")
    assert world.rows("SELECT reason FROM renewal_attempts") == [("SWITCHED_OFF",)]
    assert world.number("SELECT count(*) FROM saved_cards WHERE last4 IS NOT NULL") == 0
    assert violations(app) == []


def _renewing(app: Flask) -> tuple[Party, UUID]:
    studio = a_buyer(app, "00743110157")
    paid_order(app, studio)
    return studio, renewal_to_charge(app, studio, created_company(app, studio))


def _renewed_once(world: World, app: Flask, studio: Party) -> None:
    with app.app_context():
        drain()
        with transaction() as session:
            customer = session.get_one(StripeCustomer, studio.id).customer_id
        intents = gateway_of(app).intents_of_customer(customer)
    assert [one["status"] for one in intents if "renewal_attempt" in one["metadata"]] == ["succeeded"]
    paid = "SELECT count(*) FROM payments p JOIN renewal_attempts a ON a.payment_intent_id = p.external_id"
    assert world.number(paid) == 1
    assert world.number("SELECT count(*) FROM licence_terms WHERE action = 'RENEW'") == 1
    assert violations(app) == []


def _let_a_worker_finish(world: World, starter: Starter, *names: str) -> None:
    """A second worker takes over what the first one left, until nothing of these names is open."""
    worker = starter.worker()
    wanted = ", ".join(f"'{name}'" for name in names)
    try:
        deadline = time.monotonic() + LONGEST_SECONDS
        while world.number(f"{OPEN_JOBS} WHERE task_name IN ({wanted})") > 0:
            assert time.monotonic() < deadline, worker.said()
            time.sleep(0.1)
    finally:
        worker.end()


def _stock(app: Flask, studio_id: UUID) -> dict[str, int]:
    with app.app_context(), transaction() as session:
        return count_by_state(session, studio_id)


def violations(app: Flask) -> list[str]:
    """What the audit says against the books."""
    with app.app_context(), transaction() as session:
        return violations_of(verify(session))
