"""Whom we believe (Stripe checks 5, 6 and 14): the recorded vectors through the endpoint, and our own."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from foundation import clock
from foundation.settings import Settings
from tests.conftest import Transact
from tests.webhooks.stand import FORMS, NEEDS_SHARED, SHARED, an_event, post, signature, thin
from webhooks.inbox import Letter

OLD, NEW = "whsec_old_secret", "whsec_new_secret"
NOW = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
OURS = {"valid_future_timestamp_accepted_by_library": False}
Believing = Callable[..., None]


@pytest.fixture
def believing(app: Flask) -> Iterator[Believing]:
    """Configure the webhook secrets, as the environment would."""
    before: Settings = app.extensions["gettone.settings"]

    def configure(*secrets: str) -> None:
        app.extensions["gettone.settings"] = replace(before, stripe_webhook_secrets=secrets)

    yield configure
    app.extensions["gettone.settings"] = before


def recorded() -> dict[str, Any]:
    """The shared vectors, or nothing where they are absent."""
    path = SHARED / "signatures.json"
    found: dict[str, Any] = (
        json.loads(path.read_text()) if path.exists() else {"cases": [], "construct_event_extra": []}
    )
    return found


@NEEDS_SHARED
@pytest.mark.parametrize("case", recorded()["cases"], ids=lambda case: str(case["name"]))
def test_check_05_every_recorded_signature_has_its_verdict(
    client: FlaskClient, believing: Believing, case: dict[str, Any], record_property: Callable[[str, object], None]
) -> None:
    believing(*case["secrets"])
    with time_machine.travel(datetime.fromtimestamp(case["now"], UTC), tick=False):
        status = post(client, case["payload"].encode(), case["header"])
    believed = OURS.get(case["name"], case["valid"])
    assert status == (204 if believed else 400)
    record_property("stripe.vectors", 1)


@NEEDS_SHARED
@pytest.mark.parametrize("case", recorded()["construct_event_extra"], ids=lambda case: str(case["name"]))
def test_check_05_what_is_signed_but_unreadable_is_refused_and_never_an_error_of_ours(
    client: FlaskClient, believing: Believing, case: dict[str, Any], record_property: Callable[[str, object], None]
) -> None:
    secret = "whsec_test_primary_4f1d8a6b"
    believing(secret)
    raw = bytes.fromhex(case["payload_hex"]) if "payload_hex" in case else case["payload"].encode()
    with time_machine.travel(datetime.fromtimestamp(case.get("now", 1795683643), UTC), tick=False):
        header = case.get("header") or signature_of_bytes(raw, secret)
        status = post(client, raw, header)
    # A thin letter is refused by construct_event and read by us.
    assert status == (204 if case["name"] == "thin_event" else 400)
    record_property("stripe.extra", 1)


def signature_of_bytes(raw: bytes, secret: str) -> str:
    """A header for bytes that are no text: nobody can have signed them, so any signature will do."""
    return signature(raw.decode("latin-1").encode(), secret)


@pytest.mark.parametrize(("seconds", "status"), [(-301, 400), (-300, 204), (0, 204), (300, 204), (301, 400)])
def test_check_05_time_is_bounded_on_both_sides(
    client: FlaskClient, believing: Believing, seconds: int, status: int
) -> None:
    believing(OLD)
    raw = json.dumps(an_event("ping", {})).encode()
    with time_machine.travel(NOW, tick=False):
        assert post(client, raw, signature(raw, OLD, at=int(NOW.timestamp()) + seconds)) == status


def test_check_05_a_signature_that_is_no_ascii_is_refused(client: FlaskClient, believing: Believing) -> None:
    believing("whsec_any")
    assert post(client, b"{}", f"t={int(clock.real_now().timestamp())},v1=\xe9") == 400


@pytest.mark.parametrize("secrets", [(), ("",), ("  ",), ("", "")])
def test_check_05_without_a_secret_nobody_is_believed(
    client: FlaskClient, believing: Believing, secrets: tuple[str, ...]
) -> None:
    believing(*secrets)
    raw = json.dumps(an_event("ping", {})).encode()
    assert post(client, raw, signature(raw, "")) == 400
    assert post(client, raw, signature(raw, "  ")) == 400


@pytest.mark.parametrize("form", FORMS)
def test_check_06_the_bytes_that_were_signed_are_the_bytes_that_are_read(
    client: FlaskClient, believing: Believing, form: str
) -> None:
    believing(OLD)
    event = an_event("ping", {"id": "cs_test_accents", "object": "checkout.session", "name": "Società à è ì €"})
    letter = event if form == "event" else thin(event)
    raw = json.dumps(letter, ensure_ascii=False, indent=2).encode()
    header = signature(raw, OLD)
    assert post(client, json.dumps(json.loads(raw)).encode(), header) == 400
    assert post(client, raw + b"\n", header) == 400
    assert post(client, raw, header) == 204


def test_check_06_a_form_content_type_does_not_swallow_the_body(client: FlaskClient, believing: Believing) -> None:
    believing(OLD)
    raw = json.dumps(an_event("ping", {})).encode()
    headers = {"Stripe-Signature": signature(raw, OLD)}
    for content_type in ("application/x-www-form-urlencoded", "text/plain", ""):
        answer = client.post("/webhooks/stripe", data=raw, headers=headers, content_type=content_type)
        assert answer.status_code == 204


@pytest.mark.parametrize("form", FORMS)
def test_check_14_old_and_new_are_believed_in_the_overlap_and_old_is_refused_after(
    client: FlaskClient, believing: Believing, form: str
) -> None:
    def status(secret: str) -> int:
        event = an_event("ping", {"id": "cs_test_roll", "object": "checkout.session"})
        raw = json.dumps(event if form == "event" else thin(event)).encode()
        return post(client, raw, signature(raw, secret))

    believing(OLD)
    assert (status(OLD), status(NEW)) == (204, 400)
    believing(OLD, NEW)
    assert (status(OLD), status(NEW)) == (204, 204)
    believing(NEW)
    assert (status(OLD), status(NEW)) == (400, 204)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b'"event"',
        b"1e999",
        b"[" * 50_000,
        b'{"object":"event"}',
        b'{"object":"event","id":5,"type":"ping"}',
        b'{"object":"event","id":"evt_1"}',
        b'{"object":"event","id":"evt 1","type":"ping"}',
        b'{"object":"event","id":"evt_1","type":"ping","data":{"object":{"id":{"$ne":1}}}}',
        b'{"object":["event"],"id":"evt_1","type":"ping"}',
        b'{"object":"event","id":"evt_1","type":"\\u0000"}',
        b'{"object":"v2.core.event","id":"","type":"v1.ping"}',
    ],
)
def test_signed_nonsense_is_refused_with_400_and_stored_nowhere(
    client: FlaskClient, believing: Believing, tx: Transact, raw: bytes
) -> None:
    believing(OLD)
    assert post(client, raw, signature(raw, OLD)) == 400
    with tx() as session:
        assert session.scalars(select(Letter)).all() == []


def test_a_letter_that_is_too_large_is_not_read(client: FlaskClient, believing: Believing) -> None:
    believing(OLD)
    raw = json.dumps(an_event("ping", {"note": "x" * 600_000})).encode()
    assert post(client, raw, signature(raw, OLD)) == 413
