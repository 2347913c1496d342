"""Hygiene of route and code (Stripe check 15)."""

import ast
import json
import logging
from uuid import UUID

import pytest
import stripe
from sqlalchemy import func, select, text

from foundation.mail import Mail
from foundation.settings import SANDBOX_WEBHOOK_SECRET
from tests.house.source import PRODUCT, Module, imports, keep, modules
from tests.webhooks.stand import FORMS, Stand, an_event, post, signature, thin

TOUCHES_THE_LIBRARY = {"shop/payments/gateway.py", "webhooks/stripe_signatures.py"}
DICT_LIKE = {"dict", "len", "list", "json.dumps", "iter"}
VERSION = "16.1.0"
API_VERSION = "2026-10-28.endive"


def test_check_15_the_pinned_version_is_the_one_that_runs() -> None:
    assert (stripe.VERSION, stripe.api_version) == (VERSION, API_VERSION)


def test_check_15_only_two_files_touch_the_library() -> None:
    strangers = [
        f"{module.at(node)} imports {name}"
        for module in modules(*PRODUCT)
        if str(module.path) not in TOUCHES_THE_LIBRARY
        for node, name in imports(module)
        if name.split(".")[0] == "stripe"
    ]
    keep("Ask through PaymentGateway: it gives plain JSON.", strangers)


def test_check_15_objects_of_the_library_are_not_treated_as_dictionaries() -> None:
    treated = [
        f"{module.at(call)} {name}()"
        for module in _touching()
        for name, call in module.calls()
        if name.endswith(".get") or name in DICT_LIKE
    ]
    keep("Since version 15 an object of the library is no dict: turn it into JSON with to_dict() first.", treated)


def test_check_15_no_page_is_created_with_the_parameter_that_is_gone() -> None:
    named = [
        module.at(node)
        for module in modules(*PRODUCT)
        for node in ast.walk(module.tree)
        if (isinstance(node, ast.Constant) and node.value == "payment_method_types")
        or (isinstance(node, ast.keyword) and node.arg == "payment_method_types")
    ]
    keep("Use allowed_payment_method_types when creating.", named)


def test_check_15_every_client_tries_again() -> None:
    clients = [
        (module, call)
        for module in modules(*PRODUCT)
        for name, call in module.calls()
        if name.rsplit(".", 1)[-1] == "StripeClient"
    ]
    assert [str(module.path) for module, _ in clients] == ["shop/payments/gateway.py"]
    named = {keyword.arg: ast.unparse(keyword.value) for keyword in clients[0][1].keywords}
    assert named["max_network_retries"] == "NETWORK_RETRIES"


def _touching() -> list[Module]:
    return [module for module in modules(*PRODUCT) if str(module.path) in TOUCHES_THE_LIBRARY]


@pytest.mark.parametrize("path", ["/webhooks/stripe", "/webhooks/stripe/"])
@pytest.mark.parametrize("form", FORMS)
def test_check_15_the_route_asks_no_token_no_sign_in_sets_no_cookie_and_never_redirects(
    stand: Stand, path: str, form: str
) -> None:
    event = an_event("ping", {"id": "cs_test_route", "object": "checkout.session"})
    raw = json.dumps(event if form == "event" else thin(event)).encode()
    answer = stand.client.post(path, data=raw, headers={"Stripe-Signature": signature(raw)})
    assert answer.status_code == 204
    assert "Set-Cookie" not in answer.headers
    assert post(stand.client, raw, None, path) == 400


@pytest.mark.parametrize("form", FORMS)
def test_check_15_slow_work_is_queued_and_not_done_in_the_request(stand: Stand, form: str) -> None:
    order_id = stand.shared_order("ORD-2026-000715", 12_200)
    page = stand.gateway.pay(stand.start(order_id))
    calls = list(stand.gateway.calls)
    stand.gateway.down = True
    assert stand.send(an_event("checkout.session.completed", page), form) == 204
    stand.gateway.down = False
    assert stand.gateway.calls == calls
    assert stand.order(order_id).state == "AWAITING_PAYMENT"
    stand.run_jobs()
    assert stand.order(order_id).state == "FULFILLED"
    with stand.tx() as session:
        assert session.execute(select(func.count()).select_from(Mail)).scalar_one() > 0


def test_check_15_neither_logs_nor_rows_hold_a_secret_a_signature_or_the_letter(
    stand: Stand, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    order_id: UUID = stand.shared_order("ORD-2026-000716", 12_200)
    page = stand.gateway.pay(stand.start(order_id)) | {
        "customer_details": {"name": "Studio Segreto", "email": "x@y.it"}
    }
    event = an_event("checkout.session.completed", page)
    with caplog.at_level(logging.DEBUG):
        assert stand.tell(event) == "paid"
        raw = json.dumps(event).encode()
        header = signature(raw, "whsec_wrong")
        assert post(stand.client, raw, header) == 400
    shown = capsys.readouterr()
    logged = shown.out + shown.err + caplog.text
    assert event["id"] in logged
    assert str(order_id) in logged
    with stand.tx() as session:
        kept = "".join(session.execute(text("SELECT payload::text FROM inbox_letters")).scalars())
    for secret in (SANDBOX_WEBHOOK_SECRET, header.split("v1=")[1], "Studio Segreto", "x@y.it", "customer_details"):
        assert secret not in logged
        assert secret not in kept


def test_the_line_of_a_letter_says_which_it_was_and_whether_it_had_come_before(
    stand: Stand, capsys: pytest.CaptureFixture[str]
) -> None:
    event = an_event("payment_intent.succeeded", {"id": "pi_1", "object": "payment_intent"})
    assert [stand.send(event), stand.send(event)] == [204, 204]
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith("{")]
    said = [(one["event_id"], one["verdict"]) for one in lines if one.get("route") == "/webhooks/stripe"]
    assert said == [(event["id"], "stored"), (event["id"], "known")]
