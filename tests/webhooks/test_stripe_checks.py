"""The Stripe checks that are about opening a letter; each for snapshot and thin letters."""

from uuid import UUID

import pytest
from sqlalchemy import select, text

from shop.payments.attempts import PaymentAttempt
from tests.webhooks.stand import FORMS, SNAPSHOT, UNITS, Json, Stand, an_event, thin
from webhooks.inbox import Letter

both_forms = pytest.mark.parametrize("form", FORMS)
ALL = {"AVAILABLE": UNITS}


@pytest.fixture
def started(stand: Stand) -> tuple[UUID, str]:
    """An order whose buyer was sent to the payment page: the order's id and the page's."""
    order_id = stand.shared_order("ORD-2026-000777", 12_200)
    return order_id, stand.start(order_id)


def page_of(stand: Stand, page_id: str) -> Json:
    return stand.gateway.objects[page_id]


@both_forms
def test_check_01_complete_without_money_grants_nothing(stand: Stand, started: tuple[UUID, str], form: str) -> None:
    order_id, page_id = started
    page = page_of(stand, page_id)
    page |= {"status": "complete", "payment_status": "unpaid", "payment_intent": "pi_debit"}
    stand.gateway.objects["pi_debit"] = {"id": "pi_debit", "object": "payment_intent", "status": "processing"}
    assert stand.tell(an_event("checkout.session.completed", page), form) == "awaiting_funds"
    assert stand.order(order_id).state == "AWAITING_PAYMENT"
    assert stand.attempts(order_id)[0].state == "AWAITING_FUNDS"
    assert stand.coupons() == {}
    assert stand.payments() == []


@both_forms
def test_check_02_the_same_letter_twenty_times_fulfils_once(stand: Stand, started: tuple[UUID, str], form: str) -> None:
    order_id, page_id = started
    stand.gateway.pay(page_id)
    event = an_event("checkout.session.completed", page_of(stand, page_id))
    assert [stand.send(event, form) for _ in range(20)] == [204] * 20
    stand.run_jobs()
    assert stand.order(order_id).state == "FULFILLED"
    assert stand.coupons() == ALL
    assert len(stand.payments()) == 1


def test_two_kinds_of_letters_and_their_twins_fulfil_once(stand: Stand, started: tuple[UUID, str]) -> None:
    order_id, page_id = started
    page = stand.gateway.pay(page_id)
    intent = stand.gateway.objects[str(page["payment_intent"])]
    events = [an_event("checkout.session.completed", page), an_event("payment_intent.succeeded", intent)]
    verdicts = [stand.tell(event, form) for event in events for form in FORMS]
    assert verdicts == ["paid", "paid-before", "paid-before", "paid-before"]
    assert stand.coupons() == ALL
    assert stand.order(order_id).state == "FULFILLED"


@both_forms
def test_check_03_a_failure_while_storing_is_5xx_and_leaves_nothing(
    stand: Stand, started: tuple[UUID, str], form: str
) -> None:
    order_id, page_id = started
    stand.gateway.pay(page_id)
    event = an_event("checkout.session.completed", page_of(stand, page_id))
    as_owner(stand, "ALTER TABLE inbox_letters ADD CONSTRAINT nothing_fits CHECK (false) NOT VALID")
    assert stand.send(event, form) == 500
    as_owner(stand, "ALTER TABLE inbox_letters DROP CONSTRAINT nothing_fits")
    assert waiting_jobs(stand) == 0
    assert stand.tell(event, form) == "paid"
    assert stand.order(order_id).state == "FULFILLED"


@both_forms
def test_check_03_a_failure_while_handling_leaves_the_letter_to_be_tried_again(
    stand: Stand, started: tuple[UUID, str], form: str
) -> None:
    order_id, page_id = started
    stand.gateway.pay(page_id)
    event = an_event("checkout.session.completed", page_of(stand, page_id))
    as_owner(stand, "ALTER TABLE payments ADD CONSTRAINT nothing_fits CHECK (false) NOT VALID")
    assert stand.send(event, form) == 204
    stand.run_jobs()
    with stand.tx() as session:
        letter = session.scalars(select(Letter)).one()
    assert letter.handled_at is None
    assert (stand.order(order_id).state, stand.coupons()) == ("AWAITING_PAYMENT", {})
    assert waiting_jobs(stand) == 1
    as_owner(stand, "ALTER TABLE payments DROP CONSTRAINT nothing_fits")
    stand.run_jobs()
    assert stand.verdict(event if form == SNAPSHOT else thin(event)) == "paid"
    assert stand.coupons() == ALL


def test_a_letter_waits_while_stripe_is_silent(stand: Stand, started: tuple[UUID, str]) -> None:
    order_id, page_id = started
    event = an_event("checkout.session.completed", stand.gateway.pay(page_id))
    stand.gateway.down = True
    assert stand.send(event) == 204
    stand.run_jobs()
    assert stand.order(order_id).state == "AWAITING_PAYMENT"
    stand.gateway.down = False
    stand.run_jobs()
    assert stand.order(order_id).state == "FULFILLED"


@both_forms
@pytest.mark.parametrize(
    "wrong",
    [
        {"amount_total": 12_199},
        {"amount_total": 12_201},
        {"currency": "usd"},
        {"client_reference_id": "ORD-2026-000778"},
        {"client_reference_id": None},
    ],
)
def test_check_08_a_page_that_differs_from_the_order_is_quarantined(
    stand: Stand, started: tuple[UUID, str], form: str, wrong: dict[str, object]
) -> None:
    order_id, page_id = started
    page = stand.gateway.pay(page_id)
    page |= wrong
    assert stand.tell(an_event("checkout.session.completed", page), form) == "quarantined"
    assert stand.order(order_id).state == "AWAITING_PAYMENT"
    assert (stand.coupons(), stand.payments()) == ({}, [])
    task = stand.open_tasks()["payment_mismatch"]
    assert (task.order_id, task.facts["due_cents"]) == (order_id, 12_200)


@both_forms
def test_check_10_a_letter_faster_than_our_own_note_is_matched_by_what_we_wrote_on_the_page(
    stand: Stand, form: str
) -> None:
    for number, forget in (("ORD-2026-000701", "client_reference_id"), ("ORD-2026-000702", "metadata")):
        order_id = stand.shared_order(number, 12_200)
        page_id = stand.start(order_id)
        with stand.tx() as session:
            attempt = session.scalars(select(PaymentAttempt).where(PaymentAttempt.order_id == order_id)).one()
            attempt.session_id, attempt.url = None, None
        page = stand.gateway.pay(page_id)
        if forget == "metadata":
            page["metadata"] = {"shop_env": "test"}
        assert stand.tell(an_event("checkout.session.completed", page), form) == "paid"
        assert stand.attempts(order_id)[0].session_id == page_id
        assert stand.order(order_id).state == "FULFILLED"


@both_forms
def test_check_10_an_intent_is_matched_by_its_own_metadata(stand: Stand, started: tuple[UUID, str], form: str) -> None:
    order_id, page_id = started
    page = stand.gateway.pay(page_id)
    intent = stand.gateway.objects[str(page["payment_intent"])]
    del stand.gateway.objects[page_id]
    assert stand.tell(an_event("payment_intent.succeeded", intent), form) == "paid"
    assert stand.attempts(order_id)[0].state == "PAID"


@both_forms
@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        ({"livemode": True}, "other-mode"),
        ({"metadata": {"order_id": "ORD-2026-000777", "shop_env": "somewhere-else"}}, "other-shop"),
        ({"metadata": {}}, "other-shop"),
        (
            {"id": "cs_test_foreign", "client_reference_id": "ORD-1999-000001", "metadata": {"shop_env": "test"}},
            "unknown",
        ),
    ],
)
def test_check_11_what_is_not_ours_is_logged_and_changes_nothing(
    stand: Stand, started: tuple[UUID, str], form: str, change: dict[str, object], verdict: str
) -> None:
    order_id, page_id = started
    page = dict(stand.gateway.pay(page_id)) | change
    stand.gateway.objects[str(page["id"])] = page
    event = an_event("checkout.session.completed", page, livemode=page["livemode"])
    assert stand.tell(event, form) == verdict
    assert stand.order(order_id).state == "AWAITING_PAYMENT"
    assert (stand.coupons(), stand.payments(), stand.open_tasks()) == ({}, [], {})


@both_forms
@pytest.mark.parametrize("event_type", ["customer.created", "invoice.paid", "checkout.session.unheard_of", "ping"])
def test_check_11_unknown_types_are_taken_and_change_nothing(
    stand: Stand, started: tuple[UUID, str], form: str, event_type: str
) -> None:
    order_id, page_id = started
    page = stand.gateway.pay(page_id)
    assert stand.tell(an_event(event_type, page), form) == "unknown-type"
    assert stand.order(order_id).state == "AWAITING_PAYMENT"


@both_forms
def test_a_declined_card_and_a_beginning_are_only_written_down(
    stand: Stand, started: tuple[UUID, str], form: str
) -> None:
    order_id, _ = started
    declined = {"id": "pi_declined", "object": "payment_intent", "status": "requires_payment_method"}
    for event_type in ("payment_intent.payment_failed", "payment_intent.created"):
        assert stand.tell(an_event(event_type, declined), form) == "logged"
    assert stand.attempts(order_id)[0].state == "OPEN"


@both_forms
def test_a_letter_that_leads_nowhere_is_handled_where_it_arrives_and_needs_no_job(stand: Stand, form: str) -> None:
    intent = {"id": "pi_begun", "object": "payment_intent"}
    event, looked_at = an_event("payment_intent.created", intent), an_event("payment_intent.succeeded", intent)
    assert [stand.send(event, form), stand.send(event, form)] == [204, 204]
    assert stand.verdict(event if form == SNAPSHOT else thin(event)) == "logged"
    assert waiting_jobs(stand) == 0
    assert stand.send(looked_at, form) == 204
    assert waiting_jobs(stand) == 1


def test_an_object_stripe_does_not_know_is_no_reason_to_try_for_ever(stand: Stand) -> None:
    lost = {"id": "cs_test_lost", "object": "checkout.session"}
    assert stand.tell(an_event("checkout.session.completed", lost)) == "no-such-object"


@both_forms
def test_a_page_with_nothing_to_pay_pays_an_order_of_nothing(stand: Stand, form: str) -> None:
    order_id = stand.shared_order("ORD-2026-000127", 0)
    page = {
        "id": "cs_test_free",
        "object": "checkout.session",
        "status": "complete",
        "payment_status": "no_payment_required",
        "payment_intent": None,
        "amount_total": 0,
        "currency": "eur",
        "client_reference_id": "ORD-2026-000127",
        "metadata": {"order_id": str(order_id), "shop_env": "test"},
        "livemode": False,
    }
    stand.gateway.objects["cs_test_free"] = page
    assert stand.tell(an_event("checkout.session.completed", page), form) == "paid"
    assert stand.order(order_id).state == "FULFILLED"
    assert [payment.external_id for payment in stand.payments()] == ["cs_test_free"]


def as_owner(stand: Stand, statement: str) -> None:
    """Change the schema for a moment: the test's own transaction takes it back in any case."""
    with stand.tx() as session:
        session.execute(text("SET LOCAL ROLE NONE"))
        session.execute(text(statement))


def waiting_jobs(stand: Stand) -> int:
    with stand.tx() as session:
        query = text("SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo' AND task_name = 'letters.stripe'")
        return int(session.execute(query).scalar_one())
