"""Idempotency keys: one key, one effect, one answer."""

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sandbox.stripe.errors import IdempotencyError, invalid
from sandbox.stripe.store import Store

LONGEST_KEY = 255


@dataclass(frozen=True)
class Answer:
    """What was answered, byte for byte."""

    status: int
    body: bytes
    request_id: str


def fingerprint(method: str, path: str, pairs: list[tuple[str, str]]) -> str:
    """Return a digest of what is asked, to tell a retry from a different request."""
    asked = json.dumps([method, path, sorted(pairs)])
    return hashlib.sha256(asked.encode("utf-8")).hexdigest()


class Keys:
    """The keys seen so far, and those whose first request still runs in this process."""

    def __init__(self, store: Store) -> None:
        """Keep finished answers in the store; a running request dies with the process."""
        self._store = store
        self._lock = threading.Lock()
        self._running: set[str] = set()

    @contextmanager
    def running(self, key: str | None) -> Iterator[None]:
        """Hold a key for the time of one request; a second request meanwhile gets a 409."""
        if key is None:
            yield
            return
        if not key or len(key) > LONGEST_KEY:
            raise invalid(f"Idempotency keys have 1 to {LONGEST_KEY} characters.", "key")
        with self._lock:
            if key in self._running:
                raise IdempotencyError(
                    f"There is currently another in-progress request using this Idempotency Key ({key}).",
                    status=409,
                    code="idempotency_key_in_use",
                )
            self._running.add(key)
        try:
            yield
        finally:
            with self._lock:
                self._running.discard(key)

    def find(self, key: str | None, asked: str) -> Answer | None:
        """Return the stored answer; IdempotencyError when the key was used for something else."""
        if key is None:
            return None
        rows = self._store.rows("SELECT * FROM idempotency WHERE key = ?", (key,))
        if not rows:
            return None
        if rows[0]["fingerprint"] != asked:
            raise IdempotencyError(
                "Keys for idempotent requests can only be used with the same parameters they were"
                f" first used with. Try using a key other than '{key}' if you meant to execute a"
                " different request."
            )
        return Answer(rows[0]["status"], rows[0]["body"], rows[0]["request_id"])

    def keep(self, key: str | None, asked: str, answer: Answer) -> None:
        """Remember an answer; inside the transaction of its effect, so both exist or neither."""
        if key is not None:
            self._store.rows(
                "INSERT INTO idempotency (key, fingerprint, status, body, request_id) VALUES (?, ?, ?, ?, ?)",
                (key, asked, answer.status, answer.body, answer.request_id),
            )
