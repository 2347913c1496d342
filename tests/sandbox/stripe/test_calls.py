import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
import stripe

from tests.sandbox.stripe.stand import QUIET, Account, simulating


@pytest.mark.parametrize("key", ["sk_live_real", "rk_test_limited", "sk_test_", "anything"])
def test_only_secret_test_keys_are_taken(account: Account, key: str) -> None:
    with pytest.raises(stripe.AuthenticationError):
        account.client_with(key).v1.customers.list()


def test_another_api_version_is_refused(account: Account) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="version"):
        account.client.v1.customers.list(options={"stripe_version": "2020-08-27"})


def test_calls_that_are_not_played_answer_a_404_in_stripes_format(account: Account) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        account.client.v1.subscriptions.list()
    assert caught.value.http_status == 404
    assert "Unrecognized request URL (GET: /v1/subscriptions)" in str(caught.value)


def test_an_identifier_that_names_nothing_is_a_404(account: Account) -> None:
    client = account.client.v1
    calls = [
        client.checkout.sessions.retrieve,
        client.payment_intents.retrieve,
        client.charges.retrieve,
        client.refunds.retrieve,
        client.disputes.retrieve,
        client.payouts.retrieve,
        client.balance_transactions.retrieve,
        client.customers.retrieve,
        client.events.retrieve,
    ]
    for call in calls:
        with pytest.raises(stripe.InvalidRequestError) as caught:
            call("xx_nobody")
        assert (caught.value.http_status, caught.value.code) == (404, "resource_missing")


def test_an_object_is_not_found_under_another_kind(account: Account) -> None:
    customer = account.client.v1.customers.create({"name": "Studio"})
    with pytest.raises(stripe.InvalidRequestError):
        account.client.v1.charges.retrieve(customer.id)


def test_the_same_key_and_parameters_give_the_stored_answer_again(account: Account) -> None:
    params = account.session_params()
    first = account.client.v1.checkout.sessions.create(params, {"idempotency_key": "order-1-attempt-1"})
    again = account.client.v1.checkout.sessions.create(params, {"idempotency_key": "order-1-attempt-1"})
    assert again.id == first.id
    assert len(account.client.v1.checkout.sessions.list().data) == 1
    assert first.last_response is not None
    assert again.last_response is not None
    assert again.last_response.body == first.last_response.body
    headers = again.last_response.headers or {}
    assert headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in (first.last_response.headers or {})


def test_a_stored_answer_is_replayed_even_when_its_expiry_would_be_refused_by_now(account: Account) -> None:
    params = account.session_params(expires_at=account.now() + 1900)
    first = account.client.v1.checkout.sessions.create(params, {"idempotency_key": "late"})
    account.control("clock", offset_seconds=600)
    assert account.client.v1.checkout.sessions.create(params, {"idempotency_key": "late"}).id == first.id


def test_the_same_key_with_other_parameters_is_an_idempotency_error(account: Account) -> None:
    account.client.v1.customers.create({"name": "Uno"}, {"idempotency_key": "k"})
    with pytest.raises(stripe.IdempotencyError) as caught:
        account.client.v1.customers.create({"name": "Due"}, {"idempotency_key": "k"})
    assert caught.value.http_status == 400
    assert [customer.name for customer in account.client.v1.customers.list().data] == ["Uno"]


def test_a_request_that_failed_validation_leaves_its_key_free(account: Account) -> None:
    for changes in ({"colour": "red"}, {"expires_at": account.now() + 5}, {"customer": "cus_nobody"}):
        with pytest.raises(stripe.InvalidRequestError):
            account.client.v1.checkout.sessions.create(account.session_params(**changes), {"idempotency_key": "k"})
    session = account.client.v1.checkout.sessions.create(account.session_params(), {"idempotency_key": "k"})
    assert session.status == "open"


def test_a_second_request_while_the_first_one_runs_gets_a_409(account: Account) -> None:
    account.control("faults", mode="hang", calls=1, seconds=0.6)
    made: list[stripe.Customer] = []

    def first() -> None:
        made.append(account.client.v1.customers.create({"name": "Studio"}, {"idempotency_key": "k"}))

    thread = threading.Thread(target=first)
    thread.start()
    time.sleep(0.2)
    with pytest.raises(stripe.APIError) as caught:
        account.client_with("sk_test_other").v1.customers.create({"name": "Studio"}, {"idempotency_key": "k"})
    thread.join()
    assert caught.value.http_status == 409
    assert '"idempotency_key_in_use"' in str(caught.value.http_body)
    assert account.client.v1.customers.create({"name": "Studio"}, {"idempotency_key": "k"}).id == made[0].id


@pytest.mark.parametrize("after", [False, True])
def test_a_500_is_stored_and_replayed(account: Account, after: bool) -> None:
    account.control("faults", mode="error", calls=1, after=after)
    for _ in range(2):
        with pytest.raises(stripe.APIError) as caught:
            account.client.v1.customers.create({"name": "Studio"}, {"idempotency_key": "k"})
        assert caught.value.http_status == 500
    assert len(account.client.v1.customers.list().data) == int(after)
    assert account.client.v1.customers.create({"name": "Studio"}, {"idempotency_key": "new"}).id


@pytest.mark.parametrize(("after", "effects_before_the_retry"), [(False, 0), (True, 1)])
def test_a_cut_line_is_a_connection_error_and_the_retry_is_safe(
    account: Account, after: bool, effects_before_the_retry: int
) -> None:
    account.control("faults", mode="reset", calls=1, after=after)
    with pytest.raises(stripe.APIConnectionError):
        account.client.v1.customers.create({"name": "Studio"}, {"idempotency_key": "k"})
    assert len(account.client.v1.customers.list().data) == effects_before_the_retry
    account.client.v1.customers.create({"name": "Studio"}, {"idempotency_key": "k"})
    assert len(account.client.v1.customers.list().data) == 1


def test_faults_can_be_limited_to_a_method_and_a_path_and_ended(account: Account) -> None:
    account.control("faults", mode="error", calls=5, method="POST", path="/v1/customers")
    assert account.client.v1.customers.list().data == []
    assert account.open_session().status == "open"
    with pytest.raises(stripe.APIError):
        account.client.v1.customers.create({"name": "Studio"})
    assert account.control("faults") == {"mode": None, "calls_left": 0}
    assert account.client.v1.customers.create({"name": "Studio"}).name == "Studio"


def test_the_library_retries_a_500_with_the_same_key_and_still_sees_it(account: Account) -> None:
    account.control("faults", mode="error", calls=1)
    with pytest.raises(stripe.APIError):
        account.client.v1.customers.create({"name": "Studio"}, {"max_network_retries": 1})
    assert account.client.v1.customers.list().data == []


def test_wrong_controls_are_refused_with_their_reason(account: Account) -> None:
    for path, body in (("delivery", b'{"speed": 3}'), ("faults", b'{"mode": "explode", "calls": 1}'), ("clock", b"[]")):
        answer = account.send("POST", f"/_control/{path}", body)
        assert answer.status == 400
        assert answer.json["error"]["message"]


def test_everything_acknowledged_is_there_after_a_restart(tmp_path: Path) -> None:
    configuration = replace(QUIET, data=str(tmp_path / "state.sqlite"))
    with simulating(configuration) as account:
        params = account.session_params()
        session = account.client.v1.checkout.sessions.create(params, {"idempotency_key": "k"})
        account.act("pay_card", session.id)
        account.control("clock", offset_seconds=1000)
    with simulating(configuration) as account:
        again = account.client.v1.checkout.sessions.create(params, {"idempotency_key": "k"})
        read = account.client.v1.checkout.sessions.retrieve(session.id)
        assert again.id == session.id
        assert (read.status, read.payment_status) == ("complete", "paid")
        assert "checkout.session.completed" in account.event_types()
        assert account.simulator.world.clock.offset() == 1000


def test_expansion_follows_the_paths_the_shop_uses_and_refuses_others(account: Account) -> None:
    charge = account.paid_charge()
    expanded = account.client.v1.charges.retrieve(charge.id, {"expand": ["balance_transaction", "payment_intent"]})
    assert isinstance(expanded.balance_transaction, stripe.BalanceTransaction)
    assert isinstance(expanded.payment_intent, stripe.PaymentIntent)
    listed = account.client.v1.balance_transactions.list({"expand": ["data.source"]})
    assert isinstance(listed.data[0].source, stripe.Charge)
    with pytest.raises(stripe.InvalidRequestError, match="cannot be expanded"):
        account.client.v1.charges.retrieve(charge.id, {"expand": ["amount"]})
