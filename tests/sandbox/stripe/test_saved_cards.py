"""Saving a card on a page in setup mode, and charging it when nobody is there."""

import pytest
import stripe

from tests.sandbox.stripe.stand import Account, Json, Receiver


def a_saved_card(account: Account, outcome: str = "save_card") -> Json:
    """A customer's card, typed on the page; answers the setup intent with its card inside."""
    customer = account.client.v1.customers.create({"name": "Studio"})
    session = account.client.v1.checkout.sessions.create(
        {
            "mode": "setup",
            "ui_mode": "hosted_page",
            "customer": customer.id,
            "currency": "eur",
            "allowed_payment_method_types": ["card"],
            "metadata": {"party_id": "p-1"},
            "setup_intent_data": {"metadata": {"party_id": "p-1"}},
            "success_url": "http://127.0.0.1:1/fatto?carta={CHECKOUT_SESSION_ID}",
        }
    )
    assert (session.amount_total, session.payment_status) == (None, "no_payment_required")
    answer = account.press(session.id, outcome)
    assert (answer.status, answer.headers["Location"]) == (303, f"http://127.0.0.1:1/fatto?carta={session.id}")
    done = account.client.v1.checkout.sessions.retrieve(session.id)
    assert done.status == "complete"
    found = account.client.v1.setup_intents.retrieve(str(done.setup_intent), {"expand": ["payment_method"]})
    return found.to_dict()


def charge(account: Account, setup: Json, key: str = "k", **changes: object) -> stripe.PaymentIntent:
    """Charge the card of a setup intent."""
    params = {
        "amount": 7893,
        "currency": "eur",
        "customer": setup["customer"],
        "payment_method": setup["payment_method"]["id"],
        "allowed_payment_method_types": ["card"],
        "off_session": True,
        "confirm": True,
        "metadata": {"order_id": "o-1"},
    } | changes
    return account.client.v1.payment_intents.create(params, {"idempotency_key": key})  # type: ignore[arg-type]


def test_a_typed_card_is_saved_for_its_customer_with_what_names_it(account: Account, receiver: Receiver) -> None:
    setup = a_saved_card(account)
    assert (setup["status"], setup["usage"], setup["metadata"]) == ("succeeded", "off_session", {"party_id": "p-1"})
    card = setup["payment_method"]
    assert (card["customer"], card["card"]["brand"], card["card"]["last4"]) == (setup["customer"], "visa", "4242")
    account.flush()
    kinds = ["setup_intent.created", "payment_method.attached", "setup_intent.succeeded", "checkout.session.completed"]
    assert [kind for kind in receiver.types if kind in kinds] == kinds


def test_a_saved_card_is_charged_once_per_key(account: Account) -> None:
    setup = a_saved_card(account)
    first, second = charge(account, setup), charge(account, setup)
    assert first.id == second.id
    assert (first.status, first.amount_received, first.metadata["order_id"]) == ("succeeded", 7893, "o-1")
    (listed,) = account.client.v1.payment_intents.list({"customer": setup["customer"]}).data
    assert listed.id == first.id
    paid = account.client.v1.charges.retrieve(str(first.latest_charge))
    assert (paid.payment_method, paid.metadata["order_id"]) == (setup["payment_method"]["id"], "o-1")


@pytest.mark.parametrize(
    ("outcome", "code"),
    [("save_declined_card", "card_declined"), ("save_asking_card", "authentication_required")],
)
def test_a_refused_charge_is_told_with_its_code_and_leaves_its_intent(
    account: Account, outcome: str, code: str
) -> None:
    setup = a_saved_card(account, outcome)
    for _ in range(2):
        with pytest.raises(stripe.CardError) as refused:
            charge(account, setup)
        assert (refused.value.code, refused.value.http_status) == (code, 402)
    (intent,) = account.client.v1.payment_intents.list({"customer": setup["customer"]}).data
    assert intent.status == "requires_payment_method"
    assert intent.last_payment_error is not None
    assert intent.last_payment_error.code == code


def test_a_detached_card_is_charged_no_more(account: Account) -> None:
    setup = a_saved_card(account)
    account.client.v1.payment_methods.detach(setup["payment_method"]["id"])
    with pytest.raises(stripe.InvalidRequestError):
        charge(account, setup)
    with pytest.raises(stripe.InvalidRequestError) as again:
        account.client.v1.payment_methods.detach(setup["payment_method"]["id"])
    assert again.value.code is None


@pytest.mark.parametrize("changes", [{"confirm": False}, {"off_session": False}, {"amount": 49}, {"currency": "usd"}])
def test_what_the_simulator_does_not_play_is_refused_by_name(account: Account, changes: Json) -> None:
    setup = a_saved_card(account)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        charge(account, setup, **changes)
    assert refused.value.param in {"confirm", *changes}


def test_a_page_in_setup_mode_takes_no_items_and_no_payment(account: Account) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="setup"):
        account.open_session(mode="setup")
