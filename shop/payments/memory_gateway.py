"""The gateway's Null twin: keeps everything in memory and lets a test say what the buyer did on the hosted page."""

import json
from collections.abc import Callable

from foundation import clock
from foundation.database import JsonObject, refuse_open_transaction
from shop.payments.gateway import GatewayFailed, GatewayRefused, GatewayUnavailable, HostedPage


class MemoryGateway:
    """Answers like Stripe would, once per idempotency key; `objects` holds what `read` gives."""

    def __init__(self) -> None:
        self.objects: dict[str, JsonObject] = {}
        self.down = False
        self.calls: list[str] = []
        self.rows: dict[str, list[JsonObject]] = {}
        self.failing: set[str] = set()
        self.undelivered: list[JsonObject] = []
        self._answers: dict[str, tuple[str, JsonObject]] = {}

    def create_customer(self, key: str, parameters: JsonObject) -> str:
        """Make a customer."""
        made = self._once(key, parameters, lambda number: {"id": f"cus_{number}", "object": "customer"})
        return str(made["id"])

    def create_checkout_session(self, key: str, parameters: JsonObject) -> HostedPage:
        """Make an open Checkout Session whose total is the sum of its items."""

        def build(number: int) -> JsonObject:
            amount = sum(
                int(item["price_data"]["unit_amount"]) * int(item["quantity"]) for item in parameters["line_items"]
            )
            return {
                "id": f"cs_test_{number}",
                "object": "checkout.session",
                "url": f"http://127.0.0.1:8011/checkout/cs_test_{number}",
                "status": "open",
                "payment_status": "unpaid",
                "amount_total": amount,
                "currency": "eur",
                "client_reference_id": parameters.get("client_reference_id"),
                "customer": parameters.get("customer"),
                "metadata": dict(parameters.get("metadata", {})),
                "payment_intent": None,
                "livemode": False,
                "expires_at": parameters.get("expires_at"),
            }

        made = self._once(key, parameters, build)
        return HostedPage(str(made["id"]), str(made["url"]))

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
        inside = {"checkout_session": "payment_intent", "charge": "balance_transaction"}.get(kind)
        named = copied.get(inside) if inside else None
        if inside and isinstance(named, str) and named in self.objects:
            copied[inside] = json.loads(json.dumps(self.objects[named]))
        return copied

    def page_of_intent(self, payment_intent_id: str) -> JsonObject | None:
        """The Checkout Session that names the intent."""
        self._up()
        pages = [
            page
            for page in self.objects.values()
            if page["object"] == "checkout.session" and page["payment_intent"] == payment_intent_id
        ]
        return self.read("checkout_session", str(pages[0]["id"])) if pages else None

    def pages_of_customer(self, customer_id: str) -> list[JsonObject]:
        """The pages made for a customer."""
        return self._newest_first("checkout.session", "customer", customer_id)

    def refunds_of_charge(self, charge_id: str) -> list[JsonObject]:
        """The refunds of a charge."""
        return self._newest_first("refund", "charge", charge_id)

    def _newest_first(self, kind: str, name: str, value: str) -> list[JsonObject]:
        self._up()
        found = [one for one in self.objects.values() if one["object"] == kind and one.get(name) == value]
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
        intent, charge = f"pi_{session_id[8:]}", f"ch_{session_id[8:]}"
        page |= {"status": "complete", "payment_status": "paid", "payment_intent": intent}
        shared = {"amount": page["amount_total"], "currency": "eur", "livemode": False, "metadata": page["metadata"]}
        self.objects[intent] = shared | {
            "id": intent,
            "object": "payment_intent",
            "status": "succeeded",
            "amount_received": page["amount_total"],
            "latest_charge": charge,
            "created": int(clock.real_now().timestamp()),
        }
        self.objects[charge] = shared | {
            "id": charge,
            "object": "charge",
            "payment_intent": intent,
            "status": "succeeded",
            "amount_refunded": 0,
            "balance_transaction": None,
            "payment_method_details": {"type": method},
            "created": int(clock.real_now().timestamp()),
        }
        return page

    def _up(self) -> None:
        refuse_open_transaction()
        if self.down:
            raise GatewayUnavailable

    def _once(self, key: str, parameters: JsonObject, build: Callable[[int], JsonObject]) -> JsonObject:
        self._up()
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
