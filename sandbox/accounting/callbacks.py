"""The later answers: companies that become ready or fail after a while, told to the shop."""

import http.client
import json
import secrets
import sqlite3
from dataclasses import dataclass
from threading import Event, Lock, Thread
from typing import Any
from urllib.parse import urlsplit

from sandbox.accounting import behaviour, companies
from sandbox.accounting.settings import Config
from sandbox.accounting.signatures import sign
from sandbox.accounting.storage import Storage

PATH = "/webhooks/provisioning"
STEP_DONE = "service.step_done"
TIMEOUT_SECONDS = 15
LONGEST_GAP_SECONDS = 60.0
_DOUBLINGS = 6
_TICK_SECONDS = 0.2
_OK = range(200, 300)


@dataclass(frozen=True)
class Delivery:
    """One attempt to tell the shop; `status` is None when no answer came, `detail` says why."""

    id: str
    remote_id: str | None
    type: str
    webhook_id: str
    attempt: int
    status: int | None
    detail: str
    delivered: bool


def promise(db: sqlite3.Connection, company: companies.Company, reason: str | None, due_at: float) -> None:
    """Remember that the shop must hear of this company: ready, or failed where a reason is given."""
    remote_id = None if reason else company.remote_id
    kind = "company.failed" if reason else "company.ready"
    data = {"id": company.id, "remote_id": remote_id, "reason": reason}
    body = json.dumps({"type": kind, "data": data}, ensure_ascii=False).encode()
    db.execute(
        "INSERT INTO callbacks (company, message_id, type, body, next_at) VALUES (?, ?, ?, ?, ?)",
        (company.number, f"msg_{secrets.token_hex(12)}", kind, body, due_at),
    )


def promise_step(db: sqlite3.Connection, company: companies.Company, service_id: str, code: str, now: float) -> None:
    """Remember that the shop must hear that a step of a service was completed here."""
    data = {"id": company.id, "service_id": service_id, "code": code}
    body = json.dumps({"type": STEP_DONE, "data": data}, ensure_ascii=False).encode()
    db.execute(
        "INSERT INTO callbacks (company, message_id, type, body, next_at) VALUES (?, ?, ?, ?, ?)",
        (company.number, f"msg_{secrets.token_hex(12)}", STEP_DONE, body, now),
    )


def gap_after(attempts: int) -> float:
    """Return the seconds to wait after this many failed attempts: 1, 2, 4 … at most 60."""
    return min(2.0 ** min(attempts - 1, _DOUBLINGS), LONGEST_GAP_SECONDS)


def history(db: sqlite3.Connection, number: int) -> list[dict[str, Any]]:
    """Return every attempt to tell the shop about one company, oldest first."""
    rows = db.execute(
        "SELECT attempts.*, type, message_id, body FROM attempts"
        " JOIN callbacks ON callbacks.number = attempts.callback"
        " WHERE company = ? ORDER BY attempts.number",
        (number,),
    ).fetchall()
    return [{**dict(row), "body": row["body"].decode()} for row in rows]


def waiting(db: sqlite3.Connection) -> int:
    """Count the callbacks the shop has not taken yet."""
    row = db.execute("SELECT count(*) AS n FROM callbacks WHERE delivered_at IS NULL").fetchone()
    return int(row["n"])


class Courier:
    """Delivers callbacks, one at a time, from a thread of its own or when told to."""

    def __init__(self, config: Config, storage: Storage) -> None:
        """Prepare; nothing is sent before `start` or `flush`."""
        self._config = config
        self._storage = storage
        self._sending = Lock()
        self._stopped = Event()
        self._thread = Thread(target=self._run, name="courier", daemon=True)

    def start(self) -> None:
        """Deliver in the background whatever falls due."""
        self._thread.start()

    def stop(self) -> None:
        """Stop the background thread after the delivery under way."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join(TIMEOUT_SECONDS + 1)

    def flush(self) -> list[Delivery]:
        """Try every waiting callback now, due or not, and return what happened."""
        return self._deliver(float("inf"))

    def deliver_due(self) -> list[Delivery]:
        """Try the callbacks that are due, unless the program plays dead."""
        with self._storage.transaction() as db:
            down = behaviour.read(db, self._config).down
        return [] if down else self._deliver(self._config.clock())

    def _run(self) -> None:
        while not self._stopped.wait(_TICK_SECONDS):
            self.deliver_due()

    def _deliver(self, until: float) -> list[Delivery]:
        with self._sending:
            with self._storage.transaction() as db:
                rows = db.execute(
                    "SELECT * FROM callbacks WHERE delivered_at IS NULL AND next_at <= ? ORDER BY next_at, number",
                    (until,),
                ).fetchall()
            return [self._deliver_one(row) for row in rows]

    def _deliver_one(self, row: sqlite3.Row) -> Delivery:
        data = json.loads(row["body"])["data"]
        if row["type"] != STEP_DONE:
            self._settle(row["company"], data["reason"])
        status, detail = self._post(row["message_id"], row["body"])
        delivered = status in _OK
        attempt = row["attempts"] + 1
        with self._storage.transaction() as db:
            now = self._config.clock()
            db.execute(
                "UPDATE callbacks SET attempts = ?, delivered_at = ?, next_at = ? WHERE number = ?",
                (attempt, now if delivered else None, now + gap_after(attempt), row["number"]),
            )
            db.execute(
                "INSERT INTO attempts (callback, status, detail, at) VALUES (?, ?, ?, ?)",
                (row["number"], status, detail, now),
            )
        return Delivery(
            data["id"],
            data.get("remote_id"),
            row["type"],
            row["message_id"],
            attempt,
            status,
            detail,
            delivered,
        )

    def _settle(self, number: int, reason: str | None) -> None:
        fate = companies.Fate("failed", reason) if reason else companies.Fate("ready")
        with self._storage.transaction() as db:
            companies.settle(db, number, fate, self._config.clock())

    def _post(self, message_id: str, body: bytes) -> tuple[int | None, str]:
        timestamp = int(self._config.clock())
        headers = {
            "Content-Type": "application/json",
            "webhook-id": message_id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": sign(self._config.key, message_id, timestamp, body),
        }
        connection = _connect(self._config.shop_url)
        try:
            root = urlsplit(self._config.shop_url).path.rstrip("/")
            connection.request("POST", root + PATH, body=body, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.read(500).decode("utf-8", "replace")
        except (OSError, http.client.HTTPException) as error:
            return None, f"{type(error).__name__}: {error}"
        finally:
            connection.close()


def _connect(shop_url: str) -> http.client.HTTPConnection:
    parts = urlsplit(shop_url)
    host = parts.hostname or ""
    if parts.scheme == "https":
        return http.client.HTTPSConnection(host, parts.port, timeout=TIMEOUT_SECONDS)
    return http.client.HTTPConnection(host, parts.port, timeout=TIMEOUT_SECONDS)
