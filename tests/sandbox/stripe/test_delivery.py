import json
import time
from dataclasses import replace

import pytest
import stripe
from stripe import Webhook, WebhookSignature

from sandbox.stripe import BOTH, THIN
from tests.sandbox.stripe.stand import QUIET, SECRETS, Account, Letter, Receiver, simulating


def paid(account: Account) -> str:
    session = account.open_session()
    account.act("pay_card", session.id)
    return session.id


def undelivered(account: Account) -> list[str]:
    listed = account.client.v1.events.list({"delivery_success": False})
    return [event.type for event in listed.data]


def test_events_are_signed_once_per_secret_and_read_by_the_library(account: Account, receiver: Receiver) -> None:
    paid(account)
    flushed = account.flush()
    assert (flushed["delivered"], flushed["failed"]) == (5, 0)
    for letter in receiver.letters:
        assert letter.path == "/webhooks/stripe"
        assert letter.signature.count("v1=") == len(SECRETS)
        for secret in SECRETS:
            event = Webhook.construct_event(letter.body, letter.signature, secret)
            assert (event.api_version, event.livemode) == ("2026-10-28.endive", False)
        with pytest.raises(stripe.SignatureVerificationError):
            Webhook.construct_event(letter.body, letter.signature, "whsec_other")


def test_a_removed_secret_signs_no_more(account: Account, receiver: Receiver) -> None:
    account.control("webhook", secrets=["whsec_second"])
    paid(account)
    account.flush()
    letter = receiver.letters[0]
    assert WebhookSignature.verify_header(letter.body, letter.signature, "whsec_second", 300)
    with pytest.raises(stripe.SignatureVerificationError):
        WebhookSignature.verify_header(letter.body, letter.signature, "whsec_first", 300)


def test_the_time_of_the_signature_is_that_of_the_sending_even_under_a_moved_clock(
    account: Account, receiver: Receiver
) -> None:
    account.control("clock", offset_seconds=40 * 86400)
    paid(account)
    account.flush()
    letter = receiver.letters[0]
    assert WebhookSignature.verify_header(letter.body, letter.signature, SECRETS[0], 300)
    assert letter.event["created"] > time.time() + 39 * 86400
    account.control("webhook", sign_offset=-400)
    account.act("resend_event", letter.event["id"])
    account.flush()
    stale = receiver.letters[-1]
    with pytest.raises(stripe.SignatureVerificationError, match="tolerance"):
        WebhookSignature.verify_header(stale.body, stale.signature, SECRETS[0], 300)


def test_thin_events_name_the_object_and_can_be_fetched(receiver: Receiver) -> None:
    with simulating(replace(QUIET, event_kind=THIN), receiver) as account:
        session = paid(account)
        account.flush()
        notes = [
            account.client.parse_event_notification(letter.body, letter.signature, SECRETS[0])
            for letter in receiver.letters
        ]
        completed = next(note for note in notes if note.type == "v1.checkout.session.completed")
        event = account.client.v2.core.events.retrieve(completed.id)
        assert (event.type, event.object) == ("v1.checkout.session.completed", "v2.core.event")
        assert event.snapshot_event is not None
        assert account.client.v1.events.retrieve(event.snapshot_event).data.object["id"] == session
        assert receiver.letters[-2].event["related_object"] == {
            "id": session,
            "type": "checkout.session",
            "url": f"/v1/checkout/sessions/{session}",
        }
        with pytest.raises(ValueError, match="thin"):
            Webhook.construct_event(receiver.letters[0].body, receiver.letters[0].signature, SECRETS[0])


def test_both_kinds_are_twins_with_different_ids(receiver: Receiver) -> None:
    with simulating(replace(QUIET, event_kind=BOTH), receiver) as account:
        paid(account)
        account.flush()
    snapshots = {x.event["id"]: x.event["type"] for x in receiver.letters if x.event["object"] == "event"}
    thin = {x.event["snapshot_event"]: x.event["type"] for x in receiver.letters if x.event["object"] != "event"}
    assert thin == {identifier: f"v1.{kind}" for identifier, kind in snapshots.items()}
    assert len({letter.event["id"] for letter in receiver.letters}) == 10


@pytest.mark.parametrize("status", [301, 308, 400, 500])
def test_anything_but_a_2xx_is_a_failure_that_is_listed_and_tried_again(
    account: Account, receiver: Receiver, status: int
) -> None:
    receiver.answer = lambda _: status
    paid(account)
    flushed = account.flush()
    assert (flushed["delivered"], flushed["failed"]) == (0, 5)
    assert len(receiver.letters) == 5
    assert len(undelivered(account)) == 5
    receiver.answer = lambda _: 202
    assert account.flush()["delivered"] == 5
    assert undelivered(account) == []
    assert account.client.v1.events.list({"delivery_success": True, "type": "charge.*"}).data


def test_undelivered_events_are_filtered_by_type_and_paged(account: Account) -> None:
    account.control("delivery", drop_all=True)
    for _ in range(3):
        paid(account)
    account.flush()
    listed = account.client.v1.events.list(
        {"delivery_success": False, "types": ["checkout.session.completed", "charge.succeeded"], "limit": 2}
    )
    everything = [event.type for event in listed.auto_paging_iter()]
    assert everything == ["checkout.session.completed", "charge.succeeded"] * 3
    assert all(event.pending_webhooks == 1 for event in listed.data)


def test_events_older_than_thirty_days_are_gone(account: Account) -> None:
    paid(account)
    event = account.client.v1.events.list().data[0]
    account.control("clock", offset_seconds=31 * 86400)
    assert account.client.v1.events.list().data == []
    with pytest.raises(stripe.InvalidRequestError):
        account.client.v1.events.retrieve(event.id)


def test_dropped_events_reach_nobody_until_the_post_works_again(account: Account, receiver: Receiver) -> None:
    account.control("delivery", drop_all=True)
    paid(account)
    assert {result["detail"] for result in account.flush()["results"]} == {"dropped"}
    assert receiver.letters == []
    account.control("delivery")
    account.flush()
    assert len(receiver.letters) == 5


def test_a_lost_answer_brings_the_same_event_again(account: Account, receiver: Receiver) -> None:
    account.control("delivery", answer_lost=1)
    paid(account)
    assert account.flush()["delivered"] == 0
    assert len(undelivered(account)) == 5
    assert account.flush()["delivered"] == 5
    ids = [letter.event["id"] for letter in receiver.letters]
    assert len(ids) == 10
    assert len(set(ids)) == 5


def test_duplicates_are_the_same_event_sent_again(account: Account, receiver: Receiver) -> None:
    account.control("delivery", duplicates=2)
    paid(account)
    account.flush()
    ids = [letter.event["id"] for letter in receiver.letters]
    assert {identifier: ids.count(identifier) for identifier in ids} == dict.fromkeys(ids, 3)


def test_the_same_seed_shuffles_in_the_same_way(account: Account, receiver: Receiver) -> None:
    orders = []
    for _ in range(2):
        account.control("delivery", shuffle=True, seed=7, duplicates=1)
        receiver.letters.clear()
        paid(account)
        account.flush()
        orders.append(receiver.types)
    assert orders[0] == orders[1]
    assert orders[0] != sorted(orders[0])
    assert sorted(orders[0]) == sorted(account.event_types()[:5] * 2)


def test_what_the_shop_causes_while_it_handles_an_event_is_flushed_too(account: Account, receiver: Receiver) -> None:
    def refund_at_once(letter: Letter) -> int:
        if letter.event["type"] == "charge.succeeded":
            account.client.v1.refunds.create({"charge": letter.event["data"]["object"]["id"]})
        return 200

    receiver.answer = refund_at_once
    paid(account)
    account.flush()
    assert receiver.types[-2:] == ["refund.created", "charge.refunded"]
    assert "charge.updated" in receiver.types


def test_an_unreachable_shop_gets_everything_later(receiver: Receiver) -> None:
    configuration = replace(QUIET, webhook_url="http://127.0.0.1:9/webhooks/stripe", webhook_secrets=SECRETS)
    with simulating(configuration) as account:
        paid(account)
        assert account.flush()["delivered"] == 0
        account.control("webhook", url=receiver.url)
        assert account.flush()["delivered"] == 5


def test_the_endpoint_can_be_named_after_the_start_and_want_few_types(receiver: Receiver) -> None:
    with simulating() as account:
        account.control("webhook", url=receiver.url, secrets=["whsec_late"], event_kind="both")
        account.control("webhook", enabled_events=["checkout.session.completed"])
        paid(account)
        assert account.flush()["delivered"] == 2
        assert undelivered(account) == []
    assert receiver.types == ["checkout.session.completed", "v1.checkout.session.completed"]
    letter = receiver.letters[0]
    assert WebhookSignature.verify_header(letter.body, letter.signature, "whsec_late", 300)


@pytest.mark.parametrize("wrong", [{"secrets": []}, {"secrets": [" "]}, {"event_kind": "loud"}, {"speed": 1}])
def test_an_endpoint_that_cannot_work_is_refused(account: Account, wrong: dict[str, object]) -> None:
    assert account.send("POST", "/_control/webhook", json.dumps(wrong).encode()).status == 400


def test_the_body_is_raw_utf8(account: Account, receiver: Receiver) -> None:
    account.client.v1.customers.create({"name": "Società «Àncora»"})
    account.flush()
    assert "Società «Àncora»".encode() in receiver.letters[0].body


def test_events_of_an_api_call_name_the_request_that_caused_them(account: Account) -> None:
    account.client.v1.customers.create({"name": "Studio"}, {"idempotency_key": "k-1"})
    paid(account)
    created, last = account.client.v1.events.list({"limit": 100}).data[-1], account.client.v1.events.list().data[0]
    assert created.request is not None
    assert last.request is not None
    assert created.request.idempotency_key == "k-1"
    assert str(created.request.id).startswith("req_")
    assert (last.request.id, last.request.idempotency_key) == (None, None)


def test_the_background_thread_delivers_retries_and_stops(receiver: Receiver) -> None:
    refused: list[str] = []

    def fail_first(letter: Letter) -> int:
        if letter.event["id"] in refused:
            return 200
        refused.append(letter.event["id"])
        return 500

    receiver.answer = fail_first
    with simulating(replace(QUIET, background=True), receiver) as account:
        session = account.open_session()
        account.act("expire", session.id)
        deadline = time.monotonic() + 5
        while len(receiver.letters) < 2 and time.monotonic() < deadline:
            time.sleep(0.02)
        assert receiver.types == ["checkout.session.expired"] * 2
        # The letter was answered; that it was is written down a moment later.
        while account.client.v1.events.list({"delivery_success": False}).data and time.monotonic() < deadline:
            time.sleep(0.02)
        assert account.client.v1.events.list({"delivery_success": False}).data == []
        thread = account.simulator.postman
    assert not thread.running
