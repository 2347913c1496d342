"""A shop's endpoint and a simulator, both on real sockets, for the tests of this folder."""

import http.client
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlencode, urlsplit

import stripe
from stripe.params.checkout import SessionCreateParams

from sandbox.stripe import Configuration, Running, serve

Json = dict[str, Any]
SECRETS = ("whsec_first", "whsec_second")
SHARED = Path(__file__).parents[3].parent / "shared" / "data" / "stripe"


@dataclass(frozen=True)
class Letter:
    """One request as the shop's endpoint received it."""

    path: str
    body: bytes
    headers: dict[str, str]

    @property
    def event(self) -> Json:
        found: Json = json.loads(self.body)
        return found

    @property
    def signature(self) -> str:
        return self.headers["Stripe-Signature"]


@dataclass
class Receiver:
    """The shop's endpoint: keeps every letter and answers what the test wants."""

    url: str
    letters: list[Letter] = field(default_factory=list)
    answer: Callable[[Letter], int] = lambda _letter: 200

    @property
    def types(self) -> list[str]:
        return [letter.event["type"] for letter in self.letters]


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver("")

    class Endpoint(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            letter = Letter(self.path, body, dict(self.headers))
            receiver.letters.append(letter)
            self.send_response(receiver.answer(letter))
            self.send_header("Location", "/elsewhere")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Endpoint)
    receiver.url = f"http://127.0.0.1:{server.server_port}/webhooks/stripe"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass(frozen=True)
class Answer:
    """An HTTP answer with its redirect not followed."""

    status: int
    body: str
    headers: dict[str, str]

    @property
    def json(self) -> Json:
        found: Json = json.loads(self.body)
        return found


class Account:
    """A running simulator, seen through the unmodified library and through a browser's requests."""

    def __init__(self, running: Running) -> None:
        self.url = running.url
        self.simulator = running.simulator
        self.client = self.client_with("sk_test_simulated")

    def client_with(self, key: str) -> stripe.StripeClient:
        http_client = stripe.RequestsClient(timeout=5)
        return stripe.StripeClient(
            key, base_addresses={"api": self.url}, max_network_retries=0, http_client=http_client
        )

    def send(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Answer:
        parts = urlsplit(self.url)
        connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=10)
        try:
            connection.request(method, path, body, {key.replace("_", "-"): value for key, value in headers.items()})
            answer = connection.getresponse()
            return Answer(answer.status, answer.read().decode("utf-8"), dict(answer.headers))
        finally:
            connection.close()

    def form(self, path: str, **fields: str) -> Answer:
        return self.send(
            "POST", path, urlencode(fields).encode("ascii"), Content_Type="application/x-www-form-urlencoded"
        )

    def press(self, session: str, outcome: str) -> Answer:
        return self.form(f"/checkout/{session}", outcome=outcome)

    def control(self, name: str, /, **asked: object) -> Json:
        answer = self.send("POST", f"/_control/{name}", json.dumps(asked).encode("utf-8"))
        assert answer.status == 200, answer.body
        return answer.json

    def act(self, action: str, identifier: str = "", /, **options: object) -> Json:
        return self.control(f"actions/{action}", id=identifier, **options)

    def flush(self) -> Json:
        return self.control("flush")

    def now(self) -> int:
        return self.simulator.world.clock.now()

    def open_session(self, **changes: object) -> stripe.checkout.Session:
        return self.client.v1.checkout.sessions.create(self.session_params(**changes))

    def session_params(self, **changes: object) -> SessionCreateParams:
        params: Json = {
            "mode": "payment",
            "ui_mode": "hosted_page",
            "locale": "it",
            "client_reference_id": "ORD-2026-000123",
            "metadata": {"order_id": "ORD-2026-000123", "shop_env": "test"},
            "payment_intent_data": {"metadata": {"order_id": "ORD-2026-000123", "shop_env": "test"}},
            "adaptive_pricing": {"enabled": False},
            "allowed_payment_method_types": ["card"],
            "expires_at": self.now() + 3600,
            "success_url": "http://127.0.0.1:9/ordini/esito?session_id={CHECKOUT_SESSION_ID}",
            "cancel_url": "http://127.0.0.1:9/carrello",
            "line_items": [item("7 × Pacchetto 100 fatture", 10000), item("1 × Coupon LITE", 2200)],
        }
        return cast("SessionCreateParams", {**params, **changes})

    def paid_charge(self) -> stripe.Charge:
        session = self.open_session()
        self.act("pay_card", session.id)
        self.flush()
        return self.charge_of(session.id)

    def charge_of(self, session: str) -> stripe.Charge:
        found = self.client.v1.checkout.sessions.retrieve(session, {"expand": ["payment_intent.latest_charge"]})
        intent = found.payment_intent
        assert isinstance(intent, stripe.PaymentIntent)
        charge = intent.latest_charge
        assert isinstance(charge, stripe.Charge)
        return charge

    def event_types(self) -> list[str]:
        listed = self.client.v1.events.list({"limit": 100})
        return [event.type for event in reversed(listed.data)]


def item(name: str, amount: int) -> Json:
    data = {"currency": "eur", "unit_amount": amount, "product_data": {"name": name}}
    return {"quantity": 1, "price_data": data}


QUIET = Configuration(background=False, balance_delay=0, webhook_timeout=5)


@contextmanager
def simulating(configuration: Configuration = QUIET, receiver: Receiver | None = None) -> Iterator[Account]:
    if receiver is not None:
        configuration = replace(configuration, webhook_url=receiver.url, webhook_secrets=SECRETS)
    with serve(configuration) as running:
        yield Account(running)
