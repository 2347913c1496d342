import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from foundation import clock
from foundation.webhook_signatures import SignatureRefused, believe, secret_is_sound, signed_headers

SECRET = "whsec_" + base64.b64encode(b"one secret of thirty-two bytes!!").decode()
OTHER = "whsec_" + base64.b64encode(b"another one, also of 32 bytes!!!").decode()
BODY = b'{"type":"company.ready","name":"Caff\xc3\xa8"}'
ANY_HEADER = st.text(st.characters(codec=None), max_size=80)


def _theirs(secret: str, at: datetime, body: bytes = BODY, message_id: str = "msg_1") -> dict[str, str]:
    """The headers as the reference library makes them."""
    signature = Webhook(secret).sign(message_id, at, body.decode())
    return {"webhook-id": message_id, "webhook-timestamp": str(int(at.timestamp())), "webhook-signature": signature}


def _refusal(headers: Mapping[str, str], body: bytes = BODY, secrets: tuple[str, ...] = (SECRET,)) -> str:
    with pytest.raises(SignatureRefused) as caught:
        believe(secrets, headers, body)
    return caught.value.reason


def test_the_reference_library_believes_what_we_sign() -> None:
    headers = signed_headers(SECRET, "msg_1", BODY)
    assert Webhook(SECRET).verify(BODY, headers) == json.loads(BODY)


def test_we_believe_what_the_reference_library_signs() -> None:
    assert believe([SECRET], _theirs(SECRET, datetime.now(UTC)), BODY) == "msg_1"


def test_both_refuse_the_same_forgeries() -> None:
    good = signed_headers(SECRET, "msg_1", BODY)
    forgeries: list[tuple[dict[str, str], bytes]] = [
        (good | {"webhook-id": "msg_2"}, BODY),
        (good | {"webhook-timestamp": str(int(good["webhook-timestamp"]) - 1)}, BODY),
        (good | {"webhook-signature": "v1,AAAA"}, BODY),
        (good | {"webhook-signature": good["webhook-signature"].replace("v1,", "v1a,")}, BODY),
        (good, BODY + b" "),
        (good, json.dumps(json.loads(BODY)).encode()),
        (signed_headers(OTHER, "msg_1", BODY), BODY),
    ]
    for headers, body in forgeries:
        assert _refusal(headers, body) == "no signature fits"
        with pytest.raises(WebhookVerificationError):
            Webhook(SECRET).verify(body, headers)


@pytest.mark.parametrize(("seconds", "believed"), [(-299, True), (299, True), (-301, False), (302, False), (0, True)])
def test_letters_within_five_minutes_are_believed(seconds: int, believed: bool) -> None:
    headers = _theirs(SECRET, clock.real_now() + timedelta(seconds=seconds))
    if believed:
        assert believe([SECRET], headers, BODY) == "msg_1"
    else:
        assert _refusal(headers) == "timestamp outside the tolerance"


def test_moving_the_business_clock_does_not_move_the_tolerance() -> None:
    clock.follow(timedelta(days=365))
    try:
        assert believe([SECRET], signed_headers(SECRET, "msg_1", BODY), BODY) == "msg_1"
        assert Webhook(SECRET).verify(BODY, signed_headers(SECRET, "msg_1", BODY))
    finally:
        clock.follow(timedelta())


def test_during_a_roll_either_secret_is_believed() -> None:
    headers = signed_headers(SECRET, "msg_1", BODY)
    assert believe([OTHER, SECRET], headers, BODY) == "msg_1"
    assert believe([SECRET, OTHER], headers, BODY) == "msg_1"
    assert _refusal(headers, secrets=(OTHER,)) == "no signature fits"


def test_a_letter_signed_twice_is_believed_by_either_signature() -> None:
    headers = signed_headers(SECRET, "msg_1", BODY)
    other = signed_headers(OTHER, "msg_1", BODY)["webhook-signature"]
    both = headers | {"webhook-signature": f"v1a,ignored {other} {headers['webhook-signature']}"}
    assert believe([SECRET], both, BODY) == "msg_1"


@pytest.mark.parametrize("missing", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_a_letter_without_one_of_its_headers_is_refused(missing: str) -> None:
    headers = signed_headers(SECRET, "msg_1", BODY)
    assert _refusal({name: value for name, value in headers.items() if name != missing}) == "header missing"
    assert _refusal(headers | {missing: ""}) == "header missing"


@pytest.mark.parametrize(
    ("header", "value", "reason"),
    [
        ("webhook-timestamp", "١٧٦٣٠٠٠٠٠٠", "timestamp malformed"),
        ("webhook-timestamp", "9" * 4_000, "timestamp malformed"),
        ("webhook-timestamp", "1e9", "timestamp malformed"),
        ("webhook-timestamp", "-1763000000", "timestamp malformed"),
        ("webhook-timestamp", "NaN", "timestamp malformed"),
        ("webhook-id", "é", "id malformed"),
        ("webhook-id", "m" * 256, "id malformed"),
        ("webhook-id", "msg\x00", "id malformed"),
        ("webhook-id", "\ud800", "id malformed"),
        ("webhook-signature", "v1,\xff", "no signature fits"),
        ("webhook-signature", "v1,\ud800", "no signature fits"),
        ("webhook-signature", "v1," * 20_000, "no signature fits"),
        ("webhook-signature", "v1,x " * 20_000, "no signature fits"),
    ],
)
def test_hostile_headers_are_refused_and_nothing_else(header: str, value: str, reason: str) -> None:
    assert _refusal(signed_headers(SECRET, "msg_1", BODY) | {header: value}) == reason


@given(ANY_HEADER, ANY_HEADER, ANY_HEADER, st.binary(max_size=100))
def test_no_letter_does_worse_than_being_refused(message_id: str, timestamp: str, signature: str, body: bytes) -> None:
    headers = {"webhook-id": message_id, "webhook-timestamp": timestamp, "webhook-signature": signature}
    assert _refusal(headers, body)


@pytest.mark.parametrize("broken", ["", "whsec_", "whsec_***", "é", "whsec_é"])
def test_a_broken_secret_believes_nobody(broken: str) -> None:
    signed_with_nothing = signed_headers(broken, "msg_1", BODY)
    assert _refusal(signed_with_nothing, secrets=(broken,)) == "no signature fits"


@pytest.mark.parametrize(("length", "sound"), [(23, False), (24, True), (64, True), (65, False)])
def test_a_sound_secret_has_24_to_64_bytes(length: int, sound: bool) -> None:
    assert secret_is_sound("whsec_" + base64.b64encode(b"x" * length).decode()) is sound
    assert not secret_is_sound(base64.b64encode(b"x" * length).decode())
