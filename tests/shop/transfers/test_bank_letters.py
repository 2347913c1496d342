"""POST /webhooks/bank: Standard Webhooks letters believed, stored once, opened by a job; payers forgotten there too."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from standardwebhooks import Webhook

from foundation import clock
from foundation.ids import new_id
from foundation.settings import SANDBOX_WEBHOOK_SECRET
from foundation.webhook_signatures import signed_headers
from shop.payments.money_in import BankLine, FinanceTask
from tests.banking import ACCOUNT, PAYER, Bank
from tests.conftest import Transact
from webhooks.inbox import Letter

OTHER_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYqr"
Run = Callable[[], int]


def letter(**changes: object) -> bytes:
    """A letter as the contract has it, with changes to its data (None takes a name out)."""
    data: dict[str, object] = {
        "id": "TRN1",
        "booked_on": "2026-09-15",
        "amount_cents": 17_934,
        "currency": "EUR",
        "remittance": "grazie",
        "end_to_end_id": "NOTPROVIDED",
        "debtor_name": "ROSSI MARIO",
        "debtor_iban": PAYER,
        "account_iban": ACCOUNT,
    }
    data = {name: value for name, value in (data | changes).items() if value is not None}
    return json.dumps({"type": "transfer.received", "data": data}).encode()


def send(client: FlaskClient, body: bytes, headers: dict[str, str]) -> int:
    """Bring it to the endpoint; answers the status."""
    return client.post("/webhooks/bank", data=body, headers=headers, content_type="application/json").status_code


def signed_by_the_library(secret: str, body: bytes, at: datetime, message_id: str = "") -> dict[str, str]:
    """The headers the reference library makes."""
    message_id = message_id or f"msg_{new_id()}"
    signature = Webhook(secret).sign(message_id, at, body.decode())
    return {"webhook-id": message_id, "webhook-timestamp": str(int(at.timestamp())), "webhook-signature": signature}


def count_of(tx: Transact, table: type) -> int:
    """How many rows."""
    with tx() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


@pytest.fixture
def two_secrets(app: Flask) -> Iterator[None]:
    """The bank's secret is being rolled: the new one and the old one are both good."""
    settings = app.extensions["gettone.settings"]
    rolled = replace(settings, bank_webhook_secrets=(OTHER_SECRET, SANDBOX_WEBHOOK_SECRET))
    app.extensions["gettone.settings"] = rolled
    yield
    app.extensions["gettone.settings"] = settings


def test_what_the_reference_library_signs_is_believed_and_it_believes_what_we_sign(client: FlaskClient) -> None:
    body = letter()
    assert send(client, body, signed_by_the_library(SANDBOX_WEBHOOK_SECRET, body, clock.real_now())) == 204
    assert Webhook(SANDBOX_WEBHOOK_SECRET).verify(body, signed_headers(SANDBOX_WEBHOOK_SECRET, "msg_1", body))


@pytest.mark.usefixtures("two_secrets")
@pytest.mark.parametrize("secret", [SANDBOX_WEBHOOK_SECRET, OTHER_SECRET])
def test_during_a_roll_both_secrets_are_good(client: FlaskClient, secret: str) -> None:
    body = letter()
    assert send(client, body, signed_by_the_library(secret, body, clock.real_now())) == 204


def test_a_secret_that_is_not_ours_is_refused(client: FlaskClient, tx: Transact) -> None:
    body = letter()
    assert send(client, body, signed_by_the_library(OTHER_SECRET, body, clock.real_now())) == 400
    assert count_of(tx, Letter) == 0


@pytest.mark.parametrize(("seconds", "status"), [(-290, 204), (290, 204), (-310, 400), (310, 400)])
def test_a_letter_is_believed_for_five_minutes_to_both_sides(client: FlaskClient, seconds: int, status: int) -> None:
    body = letter()
    at = clock.real_now() + timedelta(seconds=seconds)
    assert send(client, body, signed_by_the_library(SANDBOX_WEBHOOK_SECRET, body, at)) == status


def test_a_letter_changed_on_its_way_is_refused(client: FlaskClient) -> None:
    headers = signed_by_the_library(SANDBOX_WEBHOOK_SECRET, letter(), clock.real_now())
    assert send(client, letter(amount_cents=1), headers) == 400


def test_a_letter_replayed_is_one_line_and_answered_like_the_first(
    client: FlaskClient, tx: Transact, run_jobs: Run
) -> None:
    body = letter()
    headers = signed_by_the_library(SANDBOX_WEBHOOK_SECRET, body, clock.real_now(), "msg_same")
    assert {send(client, body, headers) for _ in range(5)} == {204}
    run_jobs()
    assert (count_of(tx, Letter), count_of(tx, BankLine)) == (1, 1)


def test_the_same_transfer_in_two_letters_is_one_line(client: FlaskClient, tx: Transact, run_jobs: Run) -> None:
    body = letter()
    for _ in range(2):
        assert send(client, body, signed_by_the_library(SANDBOX_WEBHOOK_SECRET, body, clock.real_now())) == 204
    run_jobs()
    assert (count_of(tx, Letter), count_of(tx, BankLine)) == (2, 1)
    with tx() as session:
        assert sorted(str(one) for one in session.scalars(select(Letter.verdict))) == ["known already", "recorded"]


@pytest.mark.parametrize(
    "changes",
    [
        {"id": None},
        {"id": ""},
        {"amount_cents": 0},
        {"amount_cents": -5},
        {"amount_cents": 1.5},
        {"amount_cents": "17934"},
        {"amount_cents": 10**15},
        {"currency": "EURO"},
        {"booked_on": "15/09/2026"},
        {"account_iban": None},
        {"remittance": "x" * 3_000},
        {"remittance": ["a"]},
        {"debtor_name": {"a": 1}},
    ],
)
def test_a_letter_that_breaks_the_contract_is_refused_and_stored_nowhere(
    client: FlaskClient, tx: Transact, changes: dict[str, object]
) -> None:
    body = letter(**changes)
    assert send(client, body, signed_headers(SANDBOX_WEBHOOK_SECRET, "msg_1", body)) == 400
    assert count_of(tx, Letter) == 0


@pytest.mark.parametrize("kind", [[], {}, None, 7, "transfer.unheard"])
def test_a_letter_of_no_known_kind_is_refused_and_stored_nowhere(
    client: FlaskClient, tx: Transact, kind: object
) -> None:
    body = json.dumps({"type": kind, "data": {}}).encode()
    assert send(client, body, signed_headers(SANDBOX_WEBHOOK_SECRET, "msg_1", body)) == 400
    assert count_of(tx, Letter) == 0


def test_a_refused_letter_says_what_is_wrong_and_where_in_the_words_of_the_api(client: FlaskClient) -> None:
    def told(body: bytes) -> dict[str, str]:
        headers = signed_headers(SANDBOX_WEBHOOK_SECRET, f"msg_{new_id()}", body)
        answer = client.post("/webhooks/bank", data=body, headers=headers, content_type="application/json")
        problem = answer.get_json()
        assert (answer.status_code, problem["type"]) == (400, "/problems/letter-unreadable")
        assert problem["title"] == "La lettera non si può leggere"
        assert all(one["detail"] for one in problem["errors"])
        return {one["pointer"]: one["code"] for one in problem["errors"]}

    wrong = letter(id=None, booked_on="15/09/2026", amount_cents=1.5, currency="EURO", remittance=["a"])
    assert told(wrong) == {
        "/data/id": "required",
        "/data/booked_on": "invalid",
        "/data/amount_cents": "not_a_whole_number",
        "/data/currency": "length",
        "/data/remittance": "not_a_text",
    }
    assert told(letter(amount_cents=0)) == {"/data/amount_cents": "range"}
    assert told(letter().replace(b"received", b"returned")) == {"/data/returns_id": "required"}
    assert told(b'{"type": "transfer.unheard", "data": {}}') == {"/type": "not_a_choice"}
    assert told(b'{"type": "transfer.received", "data": []}') == {"/data": "not_an_object"}
    assert told(b"[1]") == told(b"{") == {"": "not_an_object"}


def test_what_no_database_can_hold_is_left_out_and_what_the_contract_does_not_name_is_not_kept(
    client: FlaskClient, tx: Transact, run_jobs: Run
) -> None:
    body = letter(remittance="RF\x00 \ud800 fine", secret="x", number=float("nan"))
    assert send(client, body, signed_headers(SANDBOX_WEBHOOK_SECRET, "msg_1", body)) == 204
    run_jobs()
    with tx() as session:
        assert session.scalars(select(BankLine.remittance)).one() == "RF ? fine"
        assert "secret" not in json.dumps(session.scalars(select(Letter)).one().payload)


def test_names_the_contract_may_grow_by_are_no_mistake(client: FlaskClient, tx: Transact, run_jobs: Run) -> None:
    body = letter(charges="SHA", purpose="SALA", end_to_end_id=None, debtor_name=None, debtor_iban=None)
    assert send(client, body, signed_headers(SANDBOX_WEBHOOK_SECRET, "msg_1", body)) == 204
    run_jobs()
    assert count_of(tx, BankLine) == 1


def test_a_return_nobody_can_place_becomes_a_task_after_three_days(
    client: FlaskClient, tx: Transact, run_jobs: Run
) -> None:
    bank = Bank(client, run_jobs)
    bank.take_back("NEVER-SEEN", 5_000)
    assert count_of(tx, BankLine) == 0
    with tx() as session:
        session.scalars(select(Letter)).one().received_at = datetime.now(UTC) - timedelta(days=4)
    run_jobs()
    with tx() as session:
        line = session.scalars(select(BankLine)).one()
        assert (line.kind, line.state, line.amount_cents) == ("RETURN", "UNIDENTIFIED", -5_000)
        assert session.scalars(select(FinanceTask.kind)).all() == ["unknown_return"]


def test_who_paid_is_forgotten_in_the_letter_too(
    client: FlaskClient, tx: Transact, run_jobs: Run, advance: Callable[[timedelta], None]
) -> None:
    body = letter()
    assert send(client, body, signed_headers(SANDBOX_WEBHOOK_SECRET, "msg_1", body)) == 204
    run_jobs()
    advance(timedelta(days=30, minutes=1))
    run_jobs()
    with tx() as session:
        kept = json.dumps(session.scalars(select(Letter)).one().payload)
        assert PAYER not in kept
        assert "ROSSI" not in kept
        # Nobody has found its order yet: the line keeps the name for as long as it takes.
        assert session.scalars(select(BankLine)).one().debtor_name == "ROSSI MARIO"
