import pytest
import stripe

from tests.sandbox.stripe.stand import Account, item

METHODS = ["card", "sepa_debit", "customer_balance"]


def read(account: Account, session: stripe.checkout.Session) -> stripe.checkout.Session:
    return account.client.v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent"]})


def intent_of(account: Account, session: stripe.checkout.Session) -> stripe.PaymentIntent:
    intent = read(account, session).payment_intent
    assert isinstance(intent, stripe.PaymentIntent)
    return intent


def test_a_good_card_pays_at_once_and_leads_back_to_the_shop(account: Account) -> None:
    session = account.open_session()
    answer = account.press(session.id, "card")
    assert answer.status == 303
    assert answer.headers["Location"] == f"http://127.0.0.1:9/ordini/esito?session_id={session.id}"
    paid = read(account, session)
    assert (paid.status, paid.payment_status, paid.url) == ("complete", "paid", None)
    intent = intent_of(account, session)
    assert (intent.status, intent.amount_received) == ("succeeded", 12200)
    assert intent.metadata.to_dict() == {"order_id": "ORD-2026-000123", "shop_env": "test"}


def test_the_metadata_of_the_session_is_not_copied_to_the_intent(account: Account) -> None:
    session = account.open_session(payment_intent_data={})
    account.act("pay_card", session.id)
    assert intent_of(account, session).metadata.to_dict() == {}
    assert account.charge_of(session.id).metadata.to_dict() == {}


def test_the_events_of_a_card_payment_come_in_stripes_order(account: Account) -> None:
    account.act("pay_card", account.open_session().id)
    account.flush()
    assert account.event_types() == [
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.succeeded",
        "checkout.session.completed",
        "charge.updated",
    ]


def test_the_fee_is_unknown_at_the_success_and_known_a_moment_later(account: Account) -> None:
    charge = account.paid_charge()
    listed = account.client.v1.events.list({"types": ["charge.succeeded", "charge.updated"]})
    updated, succeeded = (event.data.object for event in listed.data)
    assert succeeded["balance_transaction"] is None
    assert updated["balance_transaction"] == charge.balance_transaction
    movement = account.client.v1.balance_transactions.retrieve(str(charge.balance_transaction))
    assert (movement.amount, movement.fee, movement.net) == (12200, 208, 11992)


def test_a_declined_card_keeps_the_session_open_and_a_second_card_succeeds(account: Account) -> None:
    session = account.open_session()
    answer = account.press(session.id, "card_declined")
    assert (answer.status, answer.headers["Location"]) == (303, f"/checkout/{session.id}?esito=rifiutata")
    still = read(account, session)
    assert (still.status, still.payment_status, still.payment_intent) == ("open", "unpaid", None)
    page = account.send("GET", answer.headers["Location"])
    assert page.status == 200
    assert "Carta rifiutata" in page.body
    account.press(session.id, "card")
    assert read(account, session).payment_status == "paid"
    assert account.event_types() == [
        "payment_intent.created",
        "charge.failed",
        "payment_intent.payment_failed",
        "charge.succeeded",
        "payment_intent.succeeded",
        "checkout.session.completed",
        "charge.updated",
    ]


def test_a_session_abandoned_after_a_decline_cancels_its_intent(account: Account) -> None:
    session = account.open_session()
    account.act("decline_card", session.id)
    account.client.v1.checkout.sessions.expire(session.id)
    assert account.event_types()[-2:] == ["checkout.session.expired", "payment_intent.canceled"]
    assert read(account, session).payment_intent is None


def test_a_sepa_debit_is_complete_and_unpaid_until_the_money_arrives(account: Account) -> None:
    session = account.open_session(allowed_payment_method_types=METHODS)
    assert account.press(session.id, "sepa_debit").status == 303
    waiting = read(account, session)
    assert (waiting.status, waiting.payment_status) == ("complete", "unpaid")
    intent = intent_of(account, session)
    assert intent.status == "processing"
    account.act("funds_arrived", intent.id)
    account.flush()
    assert read(account, session).payment_status == "paid"
    movement = account.client.v1.balance_transactions.list().data[0]
    assert (movement.fee, movement.type) == (35, "payment")
    assert account.event_types() == [
        "payment_intent.created",
        "payment_intent.processing",
        "charge.pending",
        "checkout.session.completed",
        "charge.succeeded",
        "payment_intent.succeeded",
        "checkout.session.async_payment_succeeded",
        "charge.updated",
    ]


def test_a_refused_debit_fails_the_payment_and_leaves_the_session_unpaid(account: Account) -> None:
    session = account.open_session(allowed_payment_method_types=METHODS)
    account.act("pay_sepa", session.id)
    account.act("debit_refused", intent_of(account, session).id)
    assert (read(account, session).status, read(account, session).payment_status) == ("complete", "unpaid")
    assert intent_of(account, session).status == "requires_payment_method"
    assert account.event_types()[-3:] == [
        "charge.failed",
        "payment_intent.payment_failed",
        "checkout.session.async_payment_failed",
    ]


def test_a_bank_transfer_can_arrive_in_part_and_then_in_excess(account: Account) -> None:
    session = account.open_session(allowed_payment_method_types=METHODS, line_items=[item("una riga", 24400)])
    account.act("pay_bank_transfer", session.id)
    intent = intent_of(account, session)
    account.act("funds_arrived", intent.id, amount=20000)
    partial = intent_of(account, session)
    assert partial.next_action is not None
    assert partial.next_action.display_bank_transfer_instructions is not None
    assert partial.next_action.display_bank_transfer_instructions.amount_remaining == 4400
    account.act("funds_arrived", intent.id, amount=5400)
    account.flush()
    assert read(account, session).payment_status == "paid"
    assert account.client.v1.balance_transactions.list().data[0].fee == 122
    assert account.event_types()[2:] == [
        "checkout.session.completed",
        "payment_intent.partially_funded",
        "customer_cash_balance_transaction.created",
        "charge.succeeded",
        "payment_intent.succeeded",
        "checkout.session.async_payment_succeeded",
        "charge.updated",
    ]


def test_a_total_of_zero_needs_no_payment(account: Account) -> None:
    session = account.open_session(line_items=[item("omaggio", 0)])
    assert account.press(session.id, "nothing").status == 303
    done = read(account, session)
    assert (done.status, done.payment_status, done.payment_intent) == ("complete", "no_payment_required", None)
    assert account.event_types() == ["checkout.session.completed"]


@pytest.mark.parametrize("button", ["card", "card_declined", "sepa_debit", "nothing"])
def test_a_closed_session_answers_410_and_changes_no_more(account: Account, button: str) -> None:
    paid, expired = account.open_session(), account.open_session()
    account.act("pay_card", paid.id)
    account.act("expire", expired.id)
    before = account.event_types()
    for session in (paid, expired):
        assert account.send("GET", f"/checkout/{session.id}").status == 410
        assert account.press(session.id, button).status == 410
    assert account.event_types() == before


def test_a_session_whose_time_is_over_cannot_be_paid(account: Account) -> None:
    session = account.open_session()
    account.control("clock", offset_seconds=4000)
    assert account.press(session.id, "card").status == 410
    assert read(account, session).status == "expired"


def test_a_method_that_is_not_enabled_cannot_be_pressed(account: Account) -> None:
    session = account.open_session()
    assert account.press(session.id, "sepa_debit").status == 400
    assert account.press(session.id, "gold").status == 400
    assert read(account, session).status == "open"
    excluded = account.open_session(
        allowed_payment_method_types=METHODS, excluded_payment_method_types=["sepa_debit", "customer_balance"]
    )
    assert excluded.payment_method_types == ["card"]


def test_money_cannot_arrive_twice(account: Account) -> None:
    session = account.open_session(allowed_payment_method_types=METHODS)
    account.act("pay_sepa", session.id)
    intent = intent_of(account, session)
    account.act("funds_arrived", intent.id)
    answer = account.send("POST", "/_control/actions/funds_arrived", b'{"id": "%s"}' % intent.id.encode())
    assert answer.status == 400
    assert account.client.v1.charges.list({"payment_intent": intent.id}).data[0].amount == 12200
