"""The janitor: letters that never came, pages nobody told about, and the commands of the letterbox (R14)."""

import json
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, text

from foundation import clock
from foundation.jobs import run_due
from shop.payments.attempts import PaymentAttempt
from tests.statements import statements
from tests.webhooks.stand import Json, Stand, an_event
from webhooks.inbox import Letter
from webhooks.janitor import MOST_TYPES, NAME, batches, clean
from webhooks.stripe_hints import LISTENED_TO


@pytest.fixture
def order_id(stand: Stand) -> UUID:
    return stand.shared_order("ORD-2026-000914", 12_200)


def round_of(stand: Stand) -> None:
    with stand.client.application.app_context():
        clean(stand.gateway)


def age(stand: Stand, by: timedelta) -> None:
    """Let the attempts be older than they are."""
    with stand.tx() as session:
        for attempt in session.scalars(select(PaymentAttempt)):
            attempt.created_at = clock.real_now() - by


def command(stand: Stand, *arguments: str) -> tuple[int, Json]:
    done = stand.client.application.test_cli_runner().invoke(args=[*arguments, "--json"])
    lines = [line for line in done.output.splitlines() if line.startswith("{") and '"at"' not in line]
    return done.exit_code, json.loads(lines[-1]) if lines else {}


def test_an_undelivered_event_is_fetched_once_and_handled_like_a_delivered_one(stand: Stand, order_id: UUID) -> None:
    page = stand.gateway.pay(stand.start(order_id))
    event = an_event("checkout.session.completed", page)
    stand.gateway.undelivered = [event]
    round_of(stand)
    round_of(stand)
    stand.run_jobs()
    assert (stand.verdict(event), stand.order(order_id).state) == ("paid", "FULFILLED")
    with stand.tx() as session:
        assert len(session.scalars(select(Letter)).all()) == 1


def test_events_that_were_fetched_before_cost_a_round_one_question(stand: Stand) -> None:
    stand.gateway.undelivered = [an_event("charge.succeeded", {"id": f"ch_{n}", "object": "charge"}) for n in range(30)]
    round_of(stand)
    with statements(stand.client.application) as sent:
        round_of(stand)
    assert sum("inbox_letters" in statement for statement in sent) == 1
    with stand.tx() as session:
        assert len(session.scalars(select(Letter)).all()) == 30


def test_no_round_queues_up_behind_one_that_is_late(stand: Stand, advance: Callable[[timedelta], None]) -> None:
    stand.run_jobs()
    for _ in range(3):
        advance(timedelta(minutes=10))
        with stand.client.application.app_context():
            run_due()
    with stand.tx() as session:
        query = text("SELECT count(*) FROM procrastinate_jobs WHERE task_name = :name AND status = 'todo'")
        assert session.execute(query, {"name": NAME}).scalar_one() == 1


def test_an_event_too_old_to_be_listed_is_not_asked_for(stand: Stand) -> None:
    old = int((clock.real_now() - timedelta(days=31)).timestamp())
    stand.gateway.undelivered = [an_event("charge.succeeded", {"id": "ch_1", "object": "charge"}, created=old)]
    round_of(stand)
    with stand.tx() as session:
        assert session.scalars(select(Letter)).all() == []


def test_a_page_paid_without_a_word_is_found_after_a_quarter_of_an_hour(stand: Stand, order_id: UUID) -> None:
    stand.gateway.pay(stand.start(order_id))
    age(stand, timedelta(minutes=14))
    round_of(stand)
    assert stand.order(order_id).state == "AWAITING_PAYMENT"
    age(stand, timedelta(minutes=15))
    round_of(stand)
    assert stand.order(order_id).state == "FULFILLED"


def test_the_round_comes_by_itself_every_ten_minutes(
    stand: Stand, order_id: UUID, advance: Callable[[timedelta], None]
) -> None:
    stand.run_jobs()
    stand.gateway.pay(stand.start(order_id))
    age(stand, timedelta(minutes=16))
    stand.run_jobs()
    advance(timedelta(minutes=10))
    stand.run_jobs()
    assert stand.order(order_id).state == "FULFILLED"


def test_a_silent_stripe_only_delays_the_round(stand: Stand, order_id: UUID) -> None:
    stand.gateway.pay(stand.start(order_id))
    age(stand, timedelta(hours=1))
    stand.gateway.down = True
    stand.run_jobs()
    assert command(stand, "stripe", "reconcile")[0] == 1
    stand.gateway.down = False
    stand.run_jobs()
    assert stand.order(order_id).state == "FULFILLED"


def test_the_command_does_a_round_and_its_dry_run_only_counts(stand: Stand, order_id: UUID) -> None:
    stand.gateway.pay(stand.start(order_id))
    age(stand, timedelta(hours=1))
    assert command(stand, "stripe", "reconcile", "--dry-run") == (
        0,
        {"looked_at": 1, "asked_again": 0, "closed": 0, "charges": 0, "refunds": 0},
    )
    assert stand.order(order_id).state == "AWAITING_PAYMENT"
    code, done = command(stand, "stripe", "reconcile")
    assert (code, done["looked_at"], done["failed"]) == (0, 1, 0)
    assert stand.order(order_id).state == "FULFILLED"


def test_a_letter_is_opened_again_on_request_and_changes_nothing_twice(stand: Stand, order_id: UUID) -> None:
    event = an_event("checkout.session.completed", stand.gateway.pay(stand.start(order_id)))
    assert stand.tell(event) == "paid"
    assert command(stand, "webhooks", "replay") == (0, {"letters": 0, "dry_run": False})
    assert command(stand, "webhooks", "replay", "--id", event["id"], "--handled", "--dry-run")[1]["letters"] == 1
    assert command(stand, "webhooks", "replay", "--id", event["id"], "--handled")[0] == 0
    stand.run_jobs()
    assert stand.verdict(event) == "paid-before"
    assert len(stand.payments()) == 1
    assert command(stand, "webhooks", "replay", "--id", "evt_unheard_of") == (1, {"code": "letter_not_found"})


def test_types_are_asked_for_in_portions_stripe_accepts() -> None:
    portions = batches(LISTENED_TO)
    assert all(len(portion) <= MOST_TYPES for portion in portions)
    assert [one for portion in portions for one in portion] == list(LISTENED_TO)
