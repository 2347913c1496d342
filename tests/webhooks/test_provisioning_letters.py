"""POST /webhooks/provisioning: the vendor's letters are believed, stored once, and opened by a job (M25)."""

import html
import json
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app import Outside
from entitlements import Accepted, MemoryProvisioner, company_of
from foundation.settings import Settings
from foundation.webhook_signatures import signed_headers
from tests.conftest import Transact
from tests.entitlements.scenes import a_letter, a_scene, an_activation
from webhooks.inbox import Letter

NOT_THE_SECRET = "whsec_bm90IHRoZSBzZWNyZXQgYXQgYWxsLCBub3QgYXQgYWxs"


@pytest.fixture
def slow_vendor(outside: Outside) -> None:
    """The vendor accepts, is still at work whenever it is asked, and says the end by letter."""
    vendor = outside.provisioner
    assert isinstance(vendor, MemoryProvisioner)
    vendor.answers, vendor.asked = [Accepted("op")], [Accepted("op")] * 9


def verdicts(tx: Transact) -> list[str | None]:
    """What came of each letter, oldest first."""
    with tx() as session:
        return list(session.scalars(select(Letter.verdict).where(Letter.source == "provisioning").order_by(Letter.id)))


@pytest.mark.usefixtures("slow_vendor")
def test_a_letter_is_stored_once_and_applied_by_its_job(app: Flask, tx: Transact, run_jobs: Callable[[], int]) -> None:
    with tx() as session:
        scene = a_scene(session)
        company_id = an_activation(session, scene)
    data = {"id": str(company_id), "remote_id": "KC-7", "reason": None}
    assert [a_letter(app, "company.ready", data, "msg_1").status_code for _ in range(3)] == [204, 204, 204]
    with tx() as session:
        assert company_of(session, company_id, scene.studio.id)[0].state == "PROVISIONING"
    assert verdicts(tx) == [None]
    run_jobs()
    assert verdicts(tx) == ["applied"]
    with tx() as session:
        company = company_of(session, company_id, scene.studio.id)[0]
        assert (company.state, company.remote_id) == ("READY", "KC-7")


@pytest.mark.usefixtures("slow_vendor")
def test_a_failure_refuses_the_company_with_its_reason(app: Flask, tx: Transact, run_jobs: Callable[[], int]) -> None:
    with tx() as session:
        scene = a_scene(session)
        company_id = an_activation(session, scene)
    a_letter(app, "company.failed", {"id": str(company_id), "remote_id": None, "reason": "Nome già in uso."})
    run_jobs()
    with tx() as session:
        company = company_of(session, company_id, scene.studio.id)[0]
        assert (company.state, company.rejection) == ("REJECTED", "Nome già in uso.")


@pytest.mark.usefixtures("slow_vendor")
def test_a_contradiction_is_a_verdict_and_no_endless_job(app: Flask, tx: Transact, run_jobs: Callable[[], int]) -> None:
    with tx() as session:
        company_id = an_activation(session, a_scene(session))
    a_letter(app, "company.failed", {"id": str(company_id), "reason": "no"})
    run_jobs()
    a_letter(app, "company.ready", {"id": str(company_id), "remote_id": "KC-7"})
    run_jobs()
    assert verdicts(tx) == ["applied", "contradiction: ready after REFUSED"]


@pytest.mark.parametrize("company", ["01a20357-2249-7e20-9c7f-96d80b98f60f", "not-an-id"])
def test_a_letter_about_nobody_we_know_is_handled_without_effect(
    app: Flask, tx: Transact, run_jobs: Callable[[], int], company: str
) -> None:
    assert a_letter(app, "company.ready", {"id": company, "remote_id": "KC-7"}).status_code == 204
    run_jobs()
    assert verdicts(tx) == ["no such company"]


@pytest.mark.parametrize(
    ("letter_type", "data", "wrong"),
    [
        ("company.deleted", {"id": "x", "remote_id": "KC-7"}, {"/type": "not_a_choice"}),
        ("company.ready", {"id": "x"}, {"/data/remote_id": "required"}),
        ("company.ready", {"id": "x", "remote_id": 7}, {"/data/remote_id": "not_a_text"}),
        ("company.ready", {"id": "x" * 300, "remote_id": ""}, {"/data/id": "length", "/data/remote_id": "length"}),
        ("company.ready", {"remote_id": "KC-7"}, {"/data/id": "required"}),
        ("service.step_done", {"id": "x"}, {"/data/service_id": "required", "/data/code": "required"}),
        ("company.ready", ["id"], {"/data": "not_an_object"}),
        ("company.ready", None, {"/data": "not_an_object"}),
        ("company.failed", {"id": "x", "reason": "zero \x00"}, {"": "unprintable"}),
        ("company.failed", {"id": "x", "reason": "half \ud800"}, {"": "unprintable"}),
        ("company.ready", {"id": "x", "remote_id": "KC-7", "size": float("nan")}, {"": "invalid"}),
    ],
)
def test_a_letter_nobody_can_read_is_refused_and_not_stored(
    app: Flask, tx: Transact, letter_type: str, data: object, wrong: dict[str, str]
) -> None:
    answer = a_letter(app, letter_type, data)
    problem = answer.get_json()
    assert (answer.status_code, problem["type"]) == (400, "/problems/letter-unreadable")
    assert {one["pointer"]: one["code"] for one in problem["errors"]} == wrong
    assert verdicts(tx) == []


def test_a_number_without_end_is_refused_and_not_stored(app: Flask, tx: Transact) -> None:
    raw = b'{"type": "company.ready", "data": {"id": "x", "remote_id": "KC-7", "size": 1e400}}'
    settings: Settings = app.extensions["gettone.settings"]
    headers = signed_headers(settings.provisioning_secret, "msg-endless", raw)
    answer = app.test_client().post("/webhooks/provisioning", data=raw, headers=headers)
    assert (answer.status_code, answer.get_json()["type"]) == (400, "/problems/letter-unreadable")
    assert verdicts(tx) == []


@pytest.mark.parametrize("what", ["secret", "body", "age", "unsigned", "json", "size"])
def test_a_letter_that_cannot_be_believed_is_refused_and_not_stored(app: Flask, tx: Transact, what: str) -> None:
    settings: Settings = app.extensions["gettone.settings"]
    raw = json.dumps({"type": "company.ready", "data": {"id": "x", "remote_id": "KC-7"}}).encode()
    if what == "json":
        raw = b"[" * 10_000
    if what == "size":
        raw = b"x" * 30_000
    secret = NOT_THE_SECRET if what == "secret" else settings.provisioning_secret
    headers: dict[str, Any] = signed_headers(secret, "msg_1", raw)
    if what == "age":
        headers["webhook-timestamp"] = "1700000000"
    if what == "unsigned":
        headers = {}
    sent = raw.replace(b"KC-7", b"KC-8") if what == "body" else raw
    answer = app.test_client().post("/webhooks/provisioning", data=sent, headers=headers)
    assert answer.status_code == (413 if what == "size" else 400)
    assert answer.content_type == "application/problem+json"
    slug = {"size": "letter-too-large", "json": "letter-unreadable"}.get(what, "letter-not-believed")
    assert answer.get_json()["type"] == f"/problems/{slug}"
    assert answer.get_json()["title"] in html.unescape(app.test_client().get(f"/problems/{slug}").text)
    assert verdicts(tx) == []
