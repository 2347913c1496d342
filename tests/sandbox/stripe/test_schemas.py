"""The simulator's requests, answers and events against schemas that were made apart from it."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest
import stripe

from sandbox.stripe import BOTH
from sandbox.stripe.schemas import request_schemas
from tests.sandbox.stripe.stand import QUIET, SHARED, Account, Json, Receiver, simulating

pytestmark = pytest.mark.skipif(not SHARED.exists(), reason="the shared Stripe data is not beside the project")


def shared(name: str) -> Json:
    found: Json = json.loads((SHARED / "schemas" / name).read_text("utf-8"))
    return found


def inlined(value: object, definitions: Json) -> object:
    """The value with its references resolved and its sets sorted, to be compared."""
    if isinstance(value, list):
        return [inlined(item, definitions) for item in value]
    if not isinstance(value, dict):
        return value
    if "$ref" in value:
        return inlined(definitions[value["$ref"].rsplit("/", 1)[-1]], definitions)
    if value == {"enum": [""]}:
        # "Literal['']|str" was closed to the empty text only; it means any text.
        return {"type": "string"}
    found: Json = {key: inlined(inner, definitions) for key, inner in value.items()}
    for key in ("enum", "required"):
        if key in found:
            found[key] = sorted(found[key])
    if "anyOf" in found:
        found["anyOf"] = sorted((_without_empty(part) for part in found["anyOf"]), key=_canonical)
    return found


def _without_empty(part: object) -> object:
    return {"type": "string"} if part == {"enum": [""]} else part


def _canonical(part: object) -> str:
    return json.dumps(part, sort_keys=True)


def test_the_request_schemas_equal_the_recorded_ones() -> None:
    recorded = shared("requests.json")
    ours = request_schemas()
    compared = sorted(set(ours) & set(recorded["requests"]))
    assert len(compared) == 20
    for request in compared:
        theirs = inlined(recorded["requests"][request], recorded["$defs"])
        assert inlined(ours[request], {}) == theirs, request


def test_the_library_the_schemas_and_the_simulator_speak_one_version() -> None:
    assert shared("requests.json")["api_version"] == shared("resources.json")["api_version"]
    assert shared("requests.json")["api_version"] == stripe.api_version == "2026-10-28.endive"
    assert stripe.VERSION == "16.1.0"


def walk_through(account: Account) -> list[Json]:
    """Let everything happen that the simulator plays and return one answer of every call."""
    client = account.client.v1
    customer = client.customers.create(
        {"name": "Studio", "address": {"city": "Bologna"}, "tax_id_data": [{"type": "eu_vat", "value": "IT1"}]}
    )
    client.customers.update(customer.id, {"phone": "02 0000 0000"})
    methods = ["card", "sepa_debit", "customer_balance"]
    sessions = [account.open_session(allowed_payment_method_types=methods, customer=customer.id) for _ in range(7)]
    ids = [session.id for session in sessions]

    def intent(index: int) -> str:
        return str(client.checkout.sessions.retrieve(ids[index]).payment_intent)

    for index, action in enumerate(["pay_card", "pay_card", "pay_sepa", "pay_sepa", "pay_bank_transfer"]):
        account.act(action, ids[index])
    account.act("decline_card", ids[5])
    account.act("expire", ids[5])
    account.act("funds_arrived", intent(2))
    account.act("debit_refused", intent(3))
    account.act("funds_arrived", intent(4), amount=200)
    account.act("funds_arrived", intent(4), amount=20000)
    account.flush()
    charges = [account.charge_of(ids[index]).id for index in (0, 1, 2, 4)]
    refunds = [client.refunds.create({"charge": charge, "amount": 100}).id for charge in charges]
    client.refunds.update(refunds[0], {"metadata": {"row": "1"}})
    account.act("refund_succeeded", refunds[2])
    account.act("refund_failed", refunds[3])
    for charge in charges[:3]:
        dispute = account.act("open_dispute", charge, kind="inquiry" if charge == charges[1] else "chargeback")
        if charge == charges[0]:
            client.disputes.update(dispute["id"], {"evidence": {"uncategorized_text": "x"}})
        if charge != charges[2]:
            account.act("win_dispute", dispute["id"])
    payout = account.act("make_payout")
    account.act("fail_payout", payout["id"])
    account.flush()
    return [listing.to_dict() for listing in answers(account, sessions[6].id)]


def answers(account: Account, session: str) -> list[stripe.StripeObject]:
    client = account.client.v1
    lists: list[Callable[..., stripe.StripeObject]] = [
        client.balance_transactions.list,
        client.charges.list,
        client.checkout.sessions.list,
        client.customers.list,
        client.disputes.list,
        client.payment_intents.list,
        client.payouts.list,
        client.refunds.list,
        client.events.list,
    ]
    items = client.checkout.sessions.line_items.list(session)
    return [items, *(every({"limit": 100}) for every in lists)]


def test_every_object_and_every_event_fits_the_recorded_schemas(receiver: Receiver) -> None:
    resources = shared("resources.json")
    with simulating(replace(QUIET, event_kind=BOTH), receiver) as account:
        lists = walk_through(account)
        thin = [letter.event for letter in receiver.letters if letter.event["object"] == "v2.core.event"]
    objects = [found for listing in lists for found in listing["data"]]
    objects += [found["data"]["object"] for found in objects if found["object"] == "event"]
    objects += [found["price"] for found in objects if found["object"] == "item"]
    objects += [letter.event for letter in receiver.letters if letter.event["object"] == "event"]
    validators: dict[str, jsonschema.Draft202012Validator] = {}
    for found in objects:
        kind = found["object"]
        if kind not in validators:
            schema = {"$defs": resources["$defs"], **resources["resources"][kind]}
            validators[kind] = jsonschema.Draft202012Validator(schema)
        problems = [f"{kind} {error.json_path}: {error.message}" for error in validators[kind].iter_errors(found)]
        assert problems == []
    assert set(validators) == {
        "balance_transaction", "charge", "checkout.session", "customer", "customer_cash_balance_transaction",
        "dispute", "event", "item", "payment_intent", "payout", "price", "refund",
    }  # fmt: skip
    assert len(thin) > 50


def event_files() -> list[Path]:
    return sorted(path for path in (SHARED / "events").glob("*.json") if not path.name.startswith("90_"))


def test_events_and_objects_have_the_keys_of_the_recorded_ones(receiver: Receiver) -> None:
    with simulating(receiver=receiver) as account:
        walk_through(account)
    ours: dict[str, Json] = {}
    for letter in receiver.letters:
        ours.setdefault(letter.event["type"], letter.event)
    missing: list[str] = []
    played = 0
    for path in event_files():
        recorded = json.loads(path.read_text("utf-8"))
        event = ours.get(recorded["type"])
        if event is None:
            missing.append(recorded["type"])
            continue
        played += 1
        assert set(event) == set(recorded), path.name
        optional = {"payment_method_details", "failure_reason", "failure_balance_transaction"}
        difference = set(event["data"]["object"]) ^ set(recorded["data"]["object"])
        assert difference <= optional, path.name
    assert missing == []
    assert played == 38


def test_thin_events_have_the_keys_of_the_recorded_ones(receiver: Receiver) -> None:
    with simulating(replace(QUIET, event_kind=BOTH), receiver) as account:
        walk_through(account)
    thin = {letter.event["type"]: letter.event for letter in receiver.letters if "snapshot_event" in letter.event}
    files = sorted((SHARED / "events_thin").glob("*.json"))
    assert len(files) == 37
    for path in files:
        recorded = json.loads(path.read_text("utf-8"))
        event = thin[recorded["type"]]
        assert set(event) == set(recorded)
        assert event["related_object"]["type"] == recorded["related_object"]["type"]
        assert event["related_object"]["url"].rsplit("/", 1)[0] == recorded["related_object"]["url"].rsplit("/", 1)[0]
