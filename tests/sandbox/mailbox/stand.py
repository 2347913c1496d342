"""The mailbox on real sockets."""

import http.client
import json
import smtplib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from threading import Thread
from typing import Any

from werkzeug.serving import WSGIRequestHandler, make_server

from sandbox.mailbox import Letters, SmtpServer, build


class QuietHandler(WSGIRequestHandler):
    def log(self, *_anything: object) -> None:
        """Tests read answers, not logs."""


@dataclass
class Answer:
    status: int
    body: bytes
    headers: dict[str, str]

    @property
    def text(self) -> str:
        return self.body.decode()


@dataclass
class Mailbox:
    smtp_port: int
    http_port: int

    def smtp(self, seconds: float = 5) -> smtplib.SMTP:
        return smtplib.SMTP("127.0.0.1", self.smtp_port, local_hostname="shop", timeout=seconds)

    def deliver(self, message: EmailMessage) -> None:
        with self.smtp() as connection:
            connection.send_message(message)

    def get(self, path: str) -> Answer:
        return self._send("GET", path)

    def control(self, **orders: object) -> Answer:
        return self._send("POST", "/_control", json.dumps(orders).encode())

    def messages(self, query: str = "") -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self.get(f"/api/messages{query}").body)["messages"]
        return found

    def _send(self, method: str, path: str, body: bytes = b"") -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.http_port, timeout=5)
        try:
            connection.request(method, path, body=body, headers={"Content-Type": "application/json"})
            response = connection.getresponse()
            return Answer(response.status, response.read(), dict(response.headers))
        finally:
            connection.close()


def letter(subject: str = "Ordine ricevuto", to: str = "owner@studio-rossi.example", **headers: str) -> EmailMessage:
    message = EmailMessage()
    message["From"] = "negozio@gettone.example"
    message["To"] = to
    message["Subject"] = subject
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content("Ciao,\nleggi http://127.0.0.1:8000/ordini/ORD-2026-000001.\n")
    return message


@contextmanager
def running_mailbox(data: Path) -> Iterator[Mailbox]:
    letters = Letters(data)
    smtp = SmtpServer(("127.0.0.1", 0), letters)
    pages = make_server("127.0.0.1", 0, build(letters), threaded=True, request_handler=QuietHandler)
    threads = [Thread(target=one.serve_forever, kwargs={"poll_interval": 0.02}) for one in (smtp, pages)]
    for thread in threads:
        thread.start()
    yield Mailbox(smtp.port, pages.server_port)
    for server, thread in zip((smtp, pages), threads, strict=True):
        server.shutdown()
        thread.join()
        server.server_close()
    letters.close()
