"""The gateway's Null twin: keeps everything in memory and lets a test say what the buyer did on the hosted page."""

import json
import threading
from collections.abc import Callable

from foundation import clock
from foundation.database import JsonObject, refuse_open_transaction
from shop.payments.gateway import GatewayFailed, GatewayRefused, GatewayUnavailable, HostedPage

_INSIDE = {"checkout_session": "payment_intent", "charge": "balance_transaction", "setup_intent": "payment_method"}


class MemoryGateway:
    """Answers like Stripe would, once per idempotency key; `objects` holds what `read` gives."""

    def __init__(self) -> None:
        self.objects: dict[str, JsonObject] = {}
        self.down = False
        self.calls: list[str] = []
        self.rows: dict[str, list[JsonObject]] = {}
        self.failing: set[str] = set()
        self.undelivered: list[JsonObject] = []
        self.refusing: dict[str, str] = {}
        self._answers: dict[str, tuple[str, JsonObject]] = {}
        self._one_at_a_time = threading.Lock()

    def create_customer(self, key: str, parameters: JsonObject) -> str:
        """Make a customer."""
        made = self._once(key, parameters, lambda number: {"id": f"cus_{number}", "object": "customer"})
        return str(made["id"])

    def create_checkout_session(self, key: str, parameters: JsonObject) -> HostedPage:
        """Make an open Checkout Session whose total is the sum of its items."""

        def build(number: int) -> JsonObject:
            items = parameters.get("line_items", [])
            amount = sum(int(item["price_data"]["unit_amount"]) * int(item["quantity"]) for item in items)
            return {
                "id": f"cs_test_{number}",
                "object": "checkout.session",
                "mode": parameters.get("mode", "payment"),
                "url": f"http://127.0.0.1:8011/checkout/cs_test_{number}",
                "status": "open",
                "payment_status": "unpaid",
                "amount_total": amount,
                "currency": "eur",
                "client_reference_id": parameters.get("client_reference_id"),
                "customer": parameters.get("customer"),
                "metadata": dict(parameters.get("metadata", {})),
                "payment_intent": None,
                "setup_intent": None,
                "livemode": False,
                "expires_at": parameters.get("expires_at"),
            }

        made = self._once(key, parameters, build)
        return HostedPage(str(made["id"]), str(made["url"]))

    def charge_saved_card(self, key: str, parameters: JsonObject) -> JsonObject:
        """Charge a card that was saved by `save_card`, or refuse with what was said of it there."""

        def build(number: int) -> JsonObject:
            refusal = self.refusing.get(str(parameters["payment_method"]))
            intent = self._intent(f"pi_saved_{number}", int(parameters["amount"]), dict(parameters["metadata"]))
            intent |= {"customer": parameters["customer"], "payment_method": parameters["payment_method"]}
            if refusal is None:
                return intent
            intent |= {"status": "requires_payment_method", "last_payment_error": {"code": refusal}}
            self.objects[str(intent["id"])] = intent
            raise GatewayRefused(refusal)

        return self._once(key, parameters, build)

    def forget_card(self, payment_method_id: str) -> JsonObject:
        """Detach a saved card."""
        card = self.read("payment_method", payment_method_id)
        if card["customer"] is None:
            raise GatewayRefused("resource_missing")
        self.objects[payment_method_id]["customer"] = None
        return card

    def expire_checkout_session(self, session_id: str) -> JsonObject:
        """Close an open Checkout Session."""
        self._up()
        page = self.objects[session_id]
        if page["status"] != "open":
            raise GatewayRefused("resource_not_open")
        page["status"] = "expired"
        return page

    def create_refund(self, key: str, parameters: JsonObject) -> JsonObject:
        """Refund at most what is left of a charge."""
        charge = self.objects[str(parameters["charge"])]

        def build(number: int) -> JsonObject:
            if parameters["amount"] > charge["amount"] - charge["amount_refunded"]:
                raise GatewayRefused("charge_already_refunded")
            charge["amount_refunded"] += parameters["amount"]
            return {
                "id": f"re_{number}",
                "object": "refund",
                "charge": charge["id"],
                "amount": parameters["amount"],
                "status": "succeeded",
                "metadata": dict(parameters.get("metadata", {})),
            }

        return self._once(key, parameters, build)

    def read(self, kind: str, object_id: str) -> JsonObject:
        """The object as it is now, with the same parts inside as Stripe is asked to expand."""
        self._up()
        if object_id not in self.objects:
            raise GatewayRefused("resource_missing")
        copied: JsonObject = json.loads(json.dumps(self.objects[object_id]))
        inside = _INSIDE.get(kind)
        named = copied.get(inside) if inside else None
        if inside and isinstance(named, str) and named in self.objects:
            copied[inside] = json.loads(json.dumps(self.objects[named]))
        return copied

    def page_of_intent(self, payment_intent_id: str) -> JsonObject | None:
        """The Checkout Session that names the intent."""
        self._up()
        pages = [
            page
            for page in list(self.objects.values())
            if page["object"] == "checkout.session" and page["payment_intent"] == payment_intent_id
        ]
        return self.read("checkout_session", str(pages[0]["id"])) if pages else None

    def pages_of_customer(self, customer_id: str) -> list[JsonObject]:
        """The pages made for a customer."""
        return self._newest_first("checkout.session", "customer", customer_id)

    def intents_of_customer(self, customer_id: str) -> list[JsonObject]:
        """The payment intents of a customer."""
        return self._newest_first("payment_intent", "customer", customer_id)

    def refunds_of_charge(self, charge_id: str) -> list[JsonObject]:
        """The refunds of a charge."""
        return self._newest_first("refund", "charge", charge_id)

    def _newest_first(self, kind: str, name: str, value: str) -> list[JsonObject]:
        self._up()
        found = [one for one in list(self.objects.values()) if one["object"] == kind and one.get(name) == value]
        return json.loads(json.dumps(found[::-1]))  # type: ignore[no-any-return]

    def payout_rows(self, payout_id: str) -> list[JsonObject]:
        """The rows a test put there."""
        self._up()
        return self.rows.get(payout_id, [])

    def undelivered_events(self, types: list[str], created_after: int) -> list[JsonObject]:
        """Events a test says were not delivered."""
        self._up()
        return [event for event in self.undelivered if event["type"] in types and event["created"] >= created_after]

    def pay(self, session_id: str, *, method: str = "card") -> JsonObject:
        """The buyer paid by card: the Checkout Session completes, with its intent and charge."""
        page = self.objects[session_id]
        intent = f"pi_{session_id[8:]}"
        page |= {"status": "complete", "payment_status": "paid", "payment_intent": intent}
        self.objects[intent] = self._intent(intent, int(page["amount_total"]), page["metadata"], method)
        return page

    def save_card(self, session_id: str, *, last4: str = "4242", refusing: str | None = None) -> JsonObject:
        """The payer typed a card on a page in setup mode; `refusing` is the code that its charges are met with."""
        page, now = self.objects[session_id], int(clock.real_now().timestamp())
        card, intent = f"pm_{session_id[8:]}", f"seti_{session_id[8:]}"
        page |= {"status": "complete", "payment_status": "no_payment_required", "setup_intent": intent}
        shown = {"brand": "visa", "last4": last4, "exp_month": 11, "exp_year": 2029}
        shared = {"customer": page["customer"], "livemode": False, "created": now}
        self.objects[card] = shared | {"id": card, "object": "payment_method", "type": "card", "card": shown}
        self.objects[intent] = shared | {
            "id": intent,
            "object": "setup_intent",
            "status": "succeeded",
            "payment_method": card,
            "metadata": page["metadata"],
        }
        if refusing is not None:
            self.refusing[card] = refusing
        return page

    def _intent(self, intent: str, amount: int, metadata: JsonObject, method: str = "card") -> JsonObject:
        """An intent that succeeded, and beside it its charge."""
        charge, now = f"ch_{intent[3:]}", int(clock.real_now().timestamp())
        shared = {"amount": amount, "currency": "eur", "livemode": False, "metadata": metadata, "created": now}
        self.objects[charge] = shared | {
            "id": charge,
            "object": "charge",
            "payment_intent": intent,
            "status": "succeeded",
            "amount_refunded": 0,
            "balance_transaction": None,
            "payment_method_details": {"type": method},
        }
        return shared | {
            "id": intent,
            "object": "payment_intent",
            "status": "succeeded",
            "amount_received": amount,
            "latest_charge": charge,
        }

    def _up(self) -> None:
        refuse_open_transaction()
        if self.down:
            raise GatewayUnavailable

    def _once(self, key: str, parameters: JsonObject, build: Callable[[int], JsonObject]) -> JsonObject:
        self._up()
        # A key that several workers send at once has one answer, as at Stripe.
        with self._one_at_a_time:
            return self._answer(key, parameters, build)

    def _answer(self, key: str, parameters: JsonObject, build: Callable[[int], JsonObject]) -> JsonObject:
        self.calls.append(key)
        if key in self.failing:
            raise GatewayFailed
        asked = json.dumps(parameters, sort_keys=True)
        if key in self._answers:
            known, answer = self._answers[key]
            if known != asked:
                raise GatewayRefused("idempotency_error")
            return answer
        made: JsonObject = build(len(self._answers) + 1)
        self._answers[key] = (asked, made)
        self.objects[str(made["id"])] = made
        return made
