"""The postman: sends events, tries again with growing gaps, and misbehaves when a test asks."""

import http.client
import logging
import random
import threading
from dataclasses import asdict, dataclass, fields, replace
from typing import Any
from urllib.parse import urlsplit

from sandbox.stripe import events
from sandbox.stripe.configuration import THIN
from sandbox.stripe.jsons import Json, encode
from sandbox.stripe.settlement import settle_due
from sandbox.stripe.signatures import signature_header
from sandbox.stripe.world import World

FIRST_GAP, LONGEST_GAP, GIVES_UP_AFTER = 1.0, 3600.0, 3 * 86400.0
_IDLE = 0.5
_ROUNDS = 50
_SUCCESS = range(200, 300)

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class DeliveryMode:
    """How the post misbehaves; everything off is the default.

    ``duplicates`` is the number of extra copies of each delivery. ``answer_lost`` is how many
    attempts of each delivery are sent, processed by the shop and then counted as failed.
    """

    seed: int = 0
    shuffle: bool = False
    duplicates: int = 0
    delay: float = 0.0
    drop_all: bool = False
    answer_lost: int = 0

    @classmethod
    def of(cls, wanted: Json) -> "DeliveryMode":
        """Return the mode described by a JSON object; ValueError for what it cannot be."""
        known = {f.name: f.type for f in fields(cls)}
        for name, value in wanted.items():
            if name not in known:
                raise ValueError(f"unknown delivery mode: {name}")
            if not isinstance(value, int | float) or value < 0:
                raise ValueError(f"{name} must be true, false or a number from 0")
        every = {"answer_lost": 1_000_000} if wanted.get("answer_lost") is True else {}
        return cls(**{**wanted, **every})


@dataclass(frozen=True)
class _Letter:
    delivery: int
    event: str
    form: str
    attempts: int
    first_at: float


class Postman:
    """Delivers what is due, in a thread of its own or when told to."""

    def __init__(self, world: World) -> None:
        """Take the address and the secrets from the configuration; tests may replace them."""
        self._world = world
        self._turn = threading.Lock()
        self._bell = threading.Event()
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None
        self._random = random.Random()  # noqa: S311 - shuffles, guards nothing
        world.ring = self._bell.set

    @property
    def mode(self) -> DeliveryMode:
        """Return how the post behaves now."""
        return DeliveryMode(**self._world.store.setting("delivery_mode", {}))

    def change_mode(self, mode: DeliveryMode) -> None:
        """Keep a new behaviour; the same seed gives the same order again."""
        self._world.store.keep_setting("delivery_mode", asdict(mode))
        self._random.seed(mode.seed)
        self._bell.set()

    def start(self) -> None:
        """Start delivering in the background."""
        self._random.seed(self.mode.seed)
        self._thread = threading.Thread(target=self._run, name="postman", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop the background thread; what is undelivered stays in the file."""
        self._stopped.set()
        self._bell.set()
        if self._thread is not None:
            self._thread.join(timeout=self._world.configuration.webhook_timeout + 1)

    @property
    def running(self) -> bool:
        """Tell whether the background thread is alive."""
        return self._thread is not None and self._thread.is_alive()

    def pause(self, seconds: float) -> None:
        """Wait, or less when the simulator stops meanwhile."""
        self._stopped.wait(seconds)

    def _run(self) -> None:
        while not self._stopped.is_set():
            self._bell.clear()
            try:
                settle_due(self._world)
                sent = self._round(self._due(self._world.real_time()))
            except Exception:  # noqa: BLE001
                # A postman that died here would look like a shop that receives nothing.
                _log.exception("the postman stumbled and goes on")
                sent = []
            if not sent:
                self._bell.wait(_IDLE)

    def flush(self) -> list[Json]:
        """Deliver everything pending now, each delivery once, and return what became of it.

        What the shop causes while it handles an event is delivered as well.
        """
        results: list[Json] = []
        done: set[int] = set()
        for _ in range(_ROUNDS):
            settle_due(self._world, everything=True)
            letters = [letter for letter in self._due(None) if letter.delivery not in done]
            if not letters:
                break
            done.update(letter.delivery for letter in letters)
            results += self._round(letters)
        return results

    def _due(self, now: float | None) -> list[_Letter]:
        rows = self._world.store.rows(
            "SELECT * FROM deliveries WHERE state = 'pending' AND (? IS NULL OR due_at <= ?) ORDER BY id LIMIT 500",
            (now, now),
        )
        return [_Letter(row["id"], row["event"], row["kind"], row["attempts"], row["first_at"]) for row in rows]

    def _round(self, letters: list[_Letter]) -> list[Json]:
        mode = self.mode
        results: list[Json] = []
        with self._turn:
            for letter in self._queue([x for x in letters if self._still_pending(x)], mode):
                if self._stopped.is_set():
                    break
                results.append(self._deliver(letter, mode))
        return results

    def _queue(self, letters: list[_Letter], mode: DeliveryMode) -> list[_Letter]:
        """Return the letters with their extra copies, in the order they are sent."""
        copies = range(mode.duplicates + 1)
        queue = [replace(letter, attempts=letter.attempts + copy) for letter in letters for copy in copies]
        if mode.shuffle:
            self._random.shuffle(queue)
        return queue

    def _still_pending(self, letter: _Letter) -> bool:
        """Tell whether nobody delivered it since it was listed: flush and thread may overlap."""
        rows = self._world.store.rows("SELECT state, attempts FROM deliveries WHERE id = ?", (letter.delivery,))
        return bool(rows) and rows[0]["state"] == "pending" and rows[0]["attempts"] == letter.attempts

    def _deliver(self, letter: _Letter, mode: DeliveryMode) -> Json:
        event = self._world.store.get(letter.event)
        status, detail = (None, "dropped") if mode.drop_all else self._send(event, letter.form)
        delivered = status is not None and status in _SUCCESS
        if delivered and letter.attempts < mode.answer_lost:
            delivered, detail = False, "answer lost"
        self._note(letter, status, detail, delivered=delivered)
        return {
            "event": letter.event,
            "type": event["type"],
            "kind": letter.form,
            "status": status,
            "delivered": delivered,
            "detail": detail,
        }

    def _send(self, event: Json, form: str) -> tuple[int | None, str]:
        """Post one event; return the status, or None when no answer came."""
        webhook = self._world.webhook
        if webhook.url is None:
            return None, "no webhook address"
        shape = events.thin if form == THIN else events.shown
        body = encode(shape(self._world, event))
        timestamp = int(self._world.real_time() + webhook.sign_offset)
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
            "Stripe-Signature": signature_header(body, webhook.secrets, timestamp),
        }
        try:
            return _post(webhook.url, body, headers, self._world.configuration.webhook_timeout)
        except (OSError, http.client.HTTPException) as failure:
            return None, f"{type(failure).__name__}: {failure}"

    def _note(self, letter: _Letter, status: int | None, detail: str, *, delivered: bool) -> None:
        store, now = self._world.store, self._world.real_time()
        gap = min(FIRST_GAP * 2 ** min(letter.attempts, 20), LONGEST_GAP)
        state = "pending"
        if delivered:
            state = "delivered"
        elif now + gap - letter.first_at > GIVES_UP_AFTER:
            state = "failed"
        with store.transaction():
            store.rows(
                "INSERT INTO attempts (delivery, at, status, detail) VALUES (?, ?, ?, ?)",
                (letter.delivery, now, status, detail),
            )
            store.rows(
                "UPDATE deliveries SET attempts = attempts + 1, due_at = ?,"
                " state = CASE WHEN state = 'delivered' THEN state ELSE ? END WHERE id = ?",
                (now + gap, state, letter.delivery),
            )


def _post(url: str, body: bytes, headers: dict[str, str], timeout: float) -> tuple[int, str]:
    """Send the bytes as they are and follow no redirect: at Stripe a redirect is a failure."""
    parts = urlsplit(url)
    kind: Any = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname, parts.port, timeout=timeout)
    try:
        target = parts.path or "/"
        connection.request("POST", f"{target}?{parts.query}" if parts.query else target, body=body, headers=headers)
        answer = connection.getresponse()
        answer.read(65536)
        return int(answer.status), str(answer.reason)
    finally:
        connection.close()
