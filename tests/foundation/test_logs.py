"""What the program writes about itself: one line of JSON each, ids only (S28)."""

import json
import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any

import click
import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import IntegrityError, ProgrammingError

from entitlements import activate_coupon, company_of, stock_of
from foundation.events import Subject, record_event
from foundation.ids import new_id
from foundation.jobs import defer, drain, job
from foundation.logs import failure_of, log
from foundation.settings import SANDBOX_SECRET_KEY
from tests.conftest import Transact
from tests.factories import a_studio, a_user
from tests.signing import post, sign_in
from tests.stories import a_paid_order, company_data, owner_of, stock_the_shop

Captured = pytest.CaptureFixture[str]

CANARIES = {
    "iban": "IT60X0542811101000000123456",
    "tax code": "RSSMRA80A01H501U",
    "password": "canary-password-1234",
    "token": "canary-token-in-an-address",
    "bearer": "gt_canary-bearer-token",
    "pec": "canary@pec.example.it",
    "e-mail": "canary.person@example.it",
    "name": "Canarina Brambilla",
    "phone": "02 5550199",
    "secret key": SANDBOX_SECRET_KEY,
}


class Careless(Exception):
    """An exception that quotes what it was about."""


@job("tests.careless", tries=1)
def careless(subject: str) -> None:
    """Fail, quoting every canary."""
    raise Careless(subject, *CANARIES.values())


def _lines(captured: Captured) -> list[dict[str, Any]]:
    return [json.loads(line) for line in captured.readouterr().out.splitlines() if line]


def _found_in(text: str) -> list[str]:
    return [name for name, canary in CANARIES.items() if canary in text or canary.lower() in text.lower()]


@pytest.mark.usefixtures("app")
def test_a_line_is_one_object_with_its_instant(capsys: Captured) -> None:
    log().info("mail sent", mail=new_id())
    (line,) = _lines(capsys)
    assert line["event"] == "mail sent"
    assert line["level"] == "info"
    assert datetime.fromisoformat(line["at"]).tzinfo is not None


@pytest.mark.usefixtures("app")
def test_fields_nobody_decided_on_are_left_out_and_named(capsys: Captured) -> None:
    log().warning("something", mail=new_id(), email=CANARIES["e-mail"], iban=CANARIES["iban"])
    (line,) = _lines(capsys)
    assert line["left_out"] == ["email", "iban"]
    assert _found_in(str(line)) == []


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize(
    "forged", ['a\n{"event":"forged"}', "a\r\nforged", "a\u2028forged", "a\x1b[2Kforged", "a\x85forged"]
)
def test_no_value_can_forge_a_line(capsys: Captured, forged: str) -> None:
    log().info("mail sent", mail=forged)
    said = capsys.readouterr().out
    assert len(said.splitlines()) == 1
    assert json.loads(said)["mail"] == forged
    assert "\x1b" not in said


@pytest.mark.usefixtures("app")
def test_a_failure_is_its_types_and_places_without_its_words(capsys: Captured) -> None:
    def ask() -> None:
        raise ProgrammingError("SELECT", {"email": CANARIES["e-mail"]}, Careless(CANARIES["iban"]))

    def fail() -> None:
        try:
            ask()
        except ProgrammingError as problem:
            raise Careless(CANARIES["name"]) from problem

    with pytest.raises(Careless) as caught:
        fail()
    log().error("request failed", exc_info=caught.value)
    (line,) = _lines(capsys)
    assert line["error"] == "Careless from ProgrammingError"
    assert any(frame.startswith("test_logs:") or ".test_logs:" in frame for frame in line["frames"])
    assert _found_in(str(line)) == []
    assert failure_of(caught.value)["error"] == line["error"]


@pytest.mark.usefixtures("app")
def test_libraries_are_heard_from_warnings_up_and_without_their_values(capsys: Captured) -> None:
    library = logging.getLogger("some.library")
    library.info("chatter")
    library.warning("could not reach %s", CANARIES["e-mail"])
    library.error("broke", exc_info=Careless(CANARIES["iban"]))
    first, second = _lines(capsys)
    assert (first["event"], first["logger"]) == ("could not reach %s", "some.library")
    assert second["error"] == "Careless"
    assert _found_in(f"{first}{second}") == []


def test_a_request_is_one_line_with_its_reference_and_its_route(client: FlaskClient, capsys: Captured) -> None:
    answer = client.get(f"/password/{CANARIES['token']}?email={CANARIES['e-mail']}")
    (line,) = [one for one in _lines(capsys) if one["event"] == "request"]
    assert line["request"] == answer.headers["X-Request-Id"]
    assert (line["method"], line["status"]) == ("GET", answer.status_code)
    assert line["route"] is None or CANARIES["token"] not in line["route"]
    assert line["milliseconds"] >= 0


def test_health_checks_are_not_worth_a_line(client: FlaskClient, capsys: Captured) -> None:
    for path in ("/healthz", "/readyz", "/metrics"):
        client.get(path).close()
    assert [one for one in _lines(capsys) if one["event"] == "request"] == []


def test_an_event_is_a_line_once_it_is_committed(tx: Transact, capsys: Captured) -> None:
    subject = Subject("order", new_id(), new_id())

    def change_its_mind() -> None:
        with tx() as session:
            record_event(session, "order.undone", subject)
            raise Careless

    with tx() as session:
        record_event(session, "order.paid", subject)
        assert _lines(capsys) == []
    with pytest.raises(Careless):
        change_its_mind()
    (line,) = [one for one in _lines(capsys) if one["event"] == "event recorded"]
    assert line["event_type"] == "order.paid"
    assert line["subject_id"] == str(subject.id)
    assert line["party"] == str(subject.party_id)
    assert isinstance(line["event_id"], int)


def test_lines_of_a_job_carry_its_number(app: Flask, tx: Transact, capsys: Captured) -> None:
    with tx() as session:
        number = defer(session, "tests.careless", subject="x")
    with app.app_context():
        drain()
    failed = [one for one in _lines(capsys) if one["event"] == "job failed for good"]
    assert [(one["job"], one["job_id"], one["attempt"]) for one in failed] == [("tests.careless", number, 1)]


@pytest.mark.usefixtures("app")
def test_a_command_answers_on_its_output_and_complains_beside_it() -> None:
    @click.command()
    def command() -> None:
        log().info("a detail")
        log().warning("a trouble")
        click.echo("the answer")

    done = CliRunner().invoke(command)
    assert done.stdout == "the answer\n"
    assert "a trouble" in done.stderr
    assert "a detail" not in done.stderr


def test_a_whole_story_leaves_no_personal_datum_and_no_secret_in_the_log(
    app: Flask, client: FlaskClient, tx: Transact, run_jobs: Callable[[], int], capsys: Captured
) -> None:
    with tx() as session:
        stock_the_shop(session)
        studio = a_studio(session, name=CANARIES["name"], email=CANARIES["e-mail"], pec=CANARIES["pec"])
        user = a_user(session, studio.id, email=f"other-{CANARIES['e-mail']}", name=CANARIES["name"])
        a_paid_order(session, studio)
        coupon, _ = stock_of(session, studio.id)[0]
        data = company_data(
            email=CANARIES["e-mail"],
            pec=CANARIES["pec"],
            name=CANARIES["name"],
            representative_tax_code=CANARIES["tax code"],
            phone=CANARIES["phone"],
        )
        company = activate_coupon(session, coupon.id, data, owner_of(studio))
        defer(session, "tests.careless", subject=CANARIES["name"])
    run_jobs()
    with tx() as session:
        assert company_of(session, company.id, studio.id)[0].state == "READY"
    sessions_token = sign_in(client, user)
    for path in ("/", "/catalogo", "/carrello", "/ordini", "/coupon", "/aziende", f"/password/{CANARIES['token']}"):
        client.get(f"{path}?cerca={CANARIES['e-mail']}").close()
    post(client, "/accedi", email=CANARIES["e-mail"], password=CANARIES["password"])
    client.get("/api/v1/orders", headers={"Authorization": f"Bearer {CANARIES['bearer']}"}).close()
    client.post("/webhooks/bank", data=json.dumps({"iban": CANARIES["iban"]}), content_type="application/json").close()
    client.get(f"/{CANARIES['token']}", headers={"X-Request-Id": CANARIES["e-mail"], "User-Agent": CANARIES["name"]})
    _break_a_constraint(tx)
    said = capsys.readouterr()
    written = said.out + said.err
    assert written.count('"event": "request"') >= 10, "the log was really captured"
    assert "coupon.activated" in written
    assert _found_in(written) == []
    assert sessions_token not in written
    assert all(json.loads(line) for line in said.out.splitlines())
    assert app.extensions["gettone.settings"].secret_key not in written


def _break_a_constraint(tx: Transact) -> None:
    """The database quotes the values of a row it refuses: what is logged about it must not."""

    def twice() -> None:
        with tx() as session:
            studio = a_studio(session)
            a_user(session, studio.id, email=CANARIES["e-mail"])
            a_user(session, studio.id, email=CANARIES["e-mail"])

    with pytest.raises(IntegrityError) as caught:
        twice()
    log().error("request failed", exc_info=caught.value)
