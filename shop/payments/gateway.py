"""The payment gateway: the port to Stripe. Only this file touches the library's objects; all else sees plain JSON.

The library is imported when Stripe is first asked: with the HTTP library it brings, it takes a twentieth of a start.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

from foundation.database import JsonObject, refuse_open_transaction
from foundation.faults import fault_point

if TYPE_CHECKING:
    import stripe

NETWORK_RETRIES = 2
# A buyer waits for the answer: three tries of ten seconds are long enough.
_TIMEOUT_SECONDS = 10
_CONFLICT = 409
REPLAYED = "Idempotent-Replayed"


class GatewayUnavailable(Exception):
    """The gateway did not answer: nobody knows whether it did what was asked (ask again with the same key)."""


class GatewayFailed(GatewayUnavailable):
    """The gateway failed inside and keeps that answer for this key: asking again tells nothing, only a look does."""


class GatewayRefused(Exception):
    """The gateway refused what was asked; `code` is its own word for it."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class HostedPage:
    """A Checkout Session: its id, and the page to send the buyer to."""

    session_id: str
    url: str


class PaymentGateway(Protocol):
    """What the shop asks of the gateway. Every method raises GatewayUnavailable or GatewayRefused."""

    def create_customer(self, key: str, parameters: JsonObject) -> str:
        """Make a customer, once per key; answers its id."""

    def create_checkout_session(self, key: str, parameters: JsonObject) -> HostedPage:
        """Make a Checkout Session, once per key."""

    def expire_checkout_session(self, session_id: str) -> JsonObject:
        """Close an open Checkout Session."""

    def charge_saved_card(self, key: str, parameters: JsonObject) -> JsonObject:
        """Charge a saved card by a payment intent confirmed at once, once per key; a bank's no is a refusal."""

    def forget_card(self, payment_method_id: str) -> JsonObject:
        """Detach a saved card from its customer."""

    def create_refund(self, key: str, parameters: JsonObject) -> JsonObject:
        """Ask for a refund, once per key."""

    def read(self, kind: str, object_id: str) -> JsonObject:
        """Read anew one of `seen.KINDS`; a checkout_session with its intent inside, a setup_intent with its card."""

    def page_of_intent(self, payment_intent_id: str) -> JsonObject | None:
        """The Checkout Session of a payment intent, read anew, the intent inside; None while Stripe does not say."""

    def pages_of_customer(self, customer_id: str) -> list[JsonObject]:
        """A customer's Checkout Sessions, newest first."""

    def intents_of_customer(self, customer_id: str) -> list[JsonObject]:
        """A customer's payment intents, newest first."""

    def refunds_of_charge(self, charge_id: str) -> list[JsonObject]:
        """A charge's refunds, newest first."""

    def payout_rows(self, payout_id: str) -> list[JsonObject]:
        """Every balance transaction of a payout."""

    def undelivered_events(self, types: list[str], created_after: int) -> list[JsonObject]:
        """Events Stripe could not deliver since `created_after` (epoch seconds), oldest first."""


class StripeGateway:
    """The official library, built in this one place with retries (a client without them is refused by a house test)."""

    def __init__(self, api_key: str, api_base: str) -> None:
        self._api_key, self._api_base = api_key, api_base

    @cached_property
    def _client(self) -> stripe.StripeClient:
        import stripe  # noqa: PLC0415 - see above

        return stripe.StripeClient(
            self._api_key,
            base_addresses={"api": self._api_base},
            max_network_retries=NETWORK_RETRIES,
            http_client=stripe.RequestsClient(timeout=_TIMEOUT_SECONDS),
        )

    def create_customer(self, key: str, parameters: JsonObject) -> str:
        """POST /v1/customers."""
        customer = self._ask(lambda: self._client.v1.customers.create(parameters, {"idempotency_key": key}))  # type: ignore[arg-type]
        return str(customer["id"])

    def create_checkout_session(self, key: str, parameters: JsonObject) -> HostedPage:
        """POST /v1/checkout/sessions."""
        page = self._ask(lambda: self._client.v1.checkout.sessions.create(parameters, {"idempotency_key": key}))  # type: ignore[arg-type]
        return HostedPage(str(page["id"]), str(page["url"]))

    def expire_checkout_session(self, session_id: str) -> JsonObject:
        """POST /v1/checkout/sessions/{id}/expire."""
        return self._ask(lambda: self._client.v1.checkout.sessions.expire(session_id))

    def charge_saved_card(self, key: str, parameters: JsonObject) -> JsonObject:
        """POST /v1/payment_intents."""
        return self._ask(lambda: self._client.v1.payment_intents.create(parameters, {"idempotency_key": key}))  # type: ignore[arg-type]

    def forget_card(self, payment_method_id: str) -> JsonObject:
        """POST /v1/payment_methods/{id}/detach."""
        return self._ask(lambda: self._client.v1.payment_methods.detach(payment_method_id))

    def create_refund(self, key: str, parameters: JsonObject) -> JsonObject:
        """POST /v1/refunds."""
        return self._ask(lambda: self._client.v1.refunds.create(parameters, {"idempotency_key": key}))  # type: ignore[arg-type]

    def read(self, kind: str, object_id: str) -> JsonObject:
        """GET the object, with what it names expanded where the shop needs both as of one moment."""
        v1 = self._client.v1
        readers: dict[str, Any] = {
            "checkout_session": lambda: v1.checkout.sessions.retrieve(object_id, {"expand": ["payment_intent"]}),
            "payment_intent": lambda: v1.payment_intents.retrieve(object_id),
            "setup_intent": lambda: v1.setup_intents.retrieve(object_id, {"expand": ["payment_method"]}),
            "charge": lambda: v1.charges.retrieve(object_id, {"expand": ["balance_transaction"]}),
            "refund": lambda: v1.refunds.retrieve(object_id),
            "dispute": lambda: v1.disputes.retrieve(object_id),
            "payout": lambda: v1.payouts.retrieve(object_id),
        }
        return self._ask(readers[kind])

    def page_of_intent(self, payment_intent_id: str) -> JsonObject | None:
        """GET /v1/checkout/sessions?payment_intent=…."""
        listed = self._ask(
            lambda: self._client.v1.checkout.sessions.list(
                {"payment_intent": payment_intent_id, "limit": 1, "expand": ["data.payment_intent"]}
            )
        )
        pages: list[JsonObject] = listed["data"]
        return pages[0] if pages else None

    def pages_of_customer(self, customer_id: str) -> list[JsonObject]:
        """GET /v1/checkout/sessions?customer=…, all pages."""
        return self._pages(lambda: self._client.v1.checkout.sessions.list({"customer": customer_id, "limit": 100}))

    def intents_of_customer(self, customer_id: str) -> list[JsonObject]:
        """GET /v1/payment_intents?customer=…, all pages."""
        return self._pages(lambda: self._client.v1.payment_intents.list({"customer": customer_id, "limit": 100}))

    def refunds_of_charge(self, charge_id: str) -> list[JsonObject]:
        """GET /v1/refunds?charge=…, all pages."""
        return self._pages(lambda: self._client.v1.refunds.list({"charge": charge_id, "limit": 100}))

    def payout_rows(self, payout_id: str) -> list[JsonObject]:
        """GET /v1/balance_transactions?payout=…, all pages."""
        return self._pages(lambda: self._client.v1.balance_transactions.list({"payout": payout_id, "limit": 100}))

    def undelivered_events(self, types: list[str], created_after: int) -> list[JsonObject]:
        """GET /v1/events?delivery_success=false, all pages, oldest first."""
        found = self._pages(
            lambda: self._client.v1.events.list(
                {"delivery_success": False, "types": types, "created": {"gte": created_after}, "limit": 100}
            )
        )
        return found[::-1]

    def _pages(self, first: Callable[[], stripe.ListObject[Any]]) -> list[JsonObject]:
        import stripe  # noqa: PLC0415 - see above

        refuse_open_transaction()
        try:
            return [row.to_dict() for row in first().auto_paging_iter()]
        except stripe.StripeError as problem:
            raise _ours(problem) from problem

    def _ask(self, call: Callable[[], stripe.StripeObject]) -> JsonObject:
        import stripe  # noqa: PLC0415 - see above

        refuse_open_transaction()
        fault_point("gateway.before_call")
        try:
            answer: JsonObject = call().to_dict()
        except stripe.StripeError as problem:
            raise _ours(problem) from problem
        fault_point("gateway.after_call")
        return answer


def _ours(problem: stripe.StripeError) -> GatewayUnavailable | GatewayRefused:
    """Silence, overload, 5xx and a twin request still running leave the outcome unknown; anything else is a refusal."""
    import stripe  # noqa: PLC0415 - see above

    unknown = isinstance(problem, stripe.APIConnectionError | stripe.RateLimitError)
    status = problem.http_status or 0
    headers = problem.headers or {}
    if status >= 500 and REPLAYED in headers and headers[REPLAYED] == "true":  # noqa: PLR2004 - server errors
        return GatewayFailed(type(problem).__name__)
    if unknown or status >= 500 or status == _CONFLICT:  # noqa: PLR2004 - server errors
        return GatewayUnavailable(type(problem).__name__)
    return GatewayRefused(problem.code or type(problem).__name__)
