"""The accounting program on a real socket, a shop to call back, and the calls a shop would make."""

import http.client
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from uuid import uuid4

from standardwebhooks import Webhook
from werkzeug.serving import WSGIRequestHandler, make_server

from sandbox.accounting import Config, build
from sandbox.accounting.callbacks import Courier
from sandbox.accounting.signatures import key_of, sign

SECRET = "whsec_" + "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY="
OTHER_SECRET = "whsec_" + "MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI="


class Clock:
    """Seconds that pass only when told."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC).timestamp()

    def __call__(self) -> float:
        return self.now


@dataclass
class Answer:
    status: int
    body: Any
    headers: dict[str, str] = field(default_factory=dict)


class QuietHandler(WSGIRequestHandler):
    def log(self, *_anything: object) -> None:
        """Tests read answers, not logs."""


class Shop:
    """Takes callbacks, checking each signature with the independent package; answers as told."""

    def __init__(self) -> None:
        self.answers: list[int] = []
        self.taken: list[tuple[dict[str, str], dict[str, Any]]] = []
        shop = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                body = Webhook(SECRET).verify(raw, headers)
                if self.path == "/webhooks/provisioning":
                    shop.taken.append((headers, body))
                self.send_response(shop.answers.pop(0) if shop.answers else 204)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_anything: object) -> None:
                """Tests read what was taken, not logs."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"


class Accounting:
    """A client that signs as the shop does, with the independent package."""

    def __init__(self, port: int, clock: Clock, courier: Courier | None = None) -> None:
        self.port = port
        self.clock = clock
        self.courier = courier

    def pass_seconds(self, seconds: float) -> int:
        """Move the clock and say how many callbacks left then, as the background thread would send them."""
        assert self.courier is not None
        self.clock.now += seconds
        return len(self.courier.deliver_due())

    def send(self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request(method, path, body=body, headers=headers or {})
            response = connection.getresponse()
            raw = response.read()
            is_json = response.headers.get_content_type() == "application/json"
            return Answer(response.status, json.loads(raw) if is_json else raw.decode(), dict(response.headers))
        finally:
            connection.close()

    def signed(
        self, method: str, path: str, body: object = None, key: str | None = None, secret: str = SECRET
    ) -> Answer:
        raw = (
            b"" if body is None else body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        )
        message_id = f"msg_{uuid4().hex}"
        at = datetime.fromtimestamp(int(self.clock()), UTC)
        headers = {
            "Content-Type": "application/json",
            "webhook-id": message_id,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": _signature(secret, message_id, at, raw),
        }
        return self.send(method, path, raw, headers | ({"Idempotency-Key": key} if key else {}))

    def create(self, body: bytes | dict[str, Any], key: str = "key-1") -> Answer:
        return self.signed("POST", "/companies", body, key)

    def control(self, **orders: object) -> Answer:
        return self.send("POST", "/_control", json.dumps(orders).encode(), {"Content-Type": "application/json"})

    def flush(self) -> list[dict[str, Any]]:
        results: list[dict[str, Any]] = self.send("POST", "/_control/flush").body["results"]
        return results


def _signature(secret: str, message_id: str, at: datetime, raw: bytes) -> str:
    try:
        return str(Webhook(secret).sign(message_id, at, raw.decode()))
    except UnicodeDecodeError:  # the package signs texts only
        return sign(key_of(secret), message_id, int(at.timestamp()), raw)


def company(number: str = "c-1", name: str = "Panificio Gallo S.n.c.", **more: object) -> dict[str, Any]:
    """The body of M25, complete."""
    body: dict[str, Any] = {
        "id": number,
        "product": "kc-lite",
        "plan": "LITE",
        "access_mode": "FULL",
        "limits": {"documents": 500},
        "starts_on": "2026-01-01",
        "ends_on": "2027-01-01",
        "linked_studio": {"id": "CS-0001", "name": "Studio Rossi"},
        "payer": "STUDIO",
        "company": {
            "name": name,
            "vat_number": "07643520567",
            "tax_code": "07643520567",
            "legal_form": "SNC",
            "registered_office": {"street": "Via Esempio 1", "postal_code": "20121", "town": "Milano"},
            "legal_representative": {"first_name": "Anna", "last_name": "Gallo"},
            "ateco": {"code": "10.71.10", "edition": "2025"},
            "accounting_regime": "SIMPLIFIED",
            "tax_regime": "ORDINARY",
            "pec": "gallo@pec.example",
            "sdi_code": "0000000",
            "email": "gallo@example.com",
        },
    }
    return body | more


@contextmanager
def running_shop() -> Iterator[Shop]:
    shop = Shop()
    thread = Thread(target=shop.server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield shop
    shop.server.shutdown()
    thread.join()
    shop.server.server_close()


@contextmanager
def running_accounting(data: Path, shop_url: str, **more: Any) -> Iterator[Accounting]:  # noqa: ANN401 - any field of Config
    clock = more.setdefault("clock", Clock())
    app = build(Config(data=data, shop_url=shop_url, secret=SECRET, **{"rates": {}, "delivering": False, **more}))
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=QuietHandler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield Accounting(server.server_port, clock, app.extensions["courier"])
    server.shutdown()
    thread.join()
    server.server_close()
    app.extensions["courier"].stop()
    app.extensions["storage"].close()
