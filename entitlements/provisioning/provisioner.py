"""The provisioner: the port to the vendor's accounting software, and its HTTP form (M25)."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol
from urllib.parse import quote

from foundation.database import JsonObject
from foundation.webhook_signatures import signed_headers

CONNECT_SECONDS = 5
ANSWER_SECONDS = 20
FIRST_PAUSE = timedelta(seconds=2)
LONGEST_PAUSE = timedelta(minutes=15)
_DOUBLINGS = 12


def pause_before(tries: int) -> timedelta:
    """Real time to wait before the vendor is asked again: 2 s, doubled `tries` times, up to a quarter of an hour."""
    return min(FIRST_PAUSE * (1 << min(tries, _DOUBLINGS)), LONGEST_PAUSE)


@dataclass(frozen=True, slots=True)
class Ready:
    """The company exists there under `remote_id`."""

    remote_id: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """It is being created; a signed callback will say when."""

    operation: str


@dataclass(frozen=True, slots=True)
class Refused:
    """A definitive no, with the vendor's reason."""

    reason: str


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """Nobody knows what became of it; ask again with the same key."""

    problem: str


@dataclass(frozen=True, slots=True)
class NotThere:
    """The vendor knows nothing of this company."""


Answer = Ready | Accepted | Refused | NoAnswer
Asked = Ready | Accepted | Refused | NoAnswer | NotThere


def in_words(answer: Asked) -> str:
    """An answer as the step ledger keeps it; the desk has an Italian sentence for each."""
    match answer:
        case Ready():
            return "ready"
        case Accepted():
            return "accepted"
        case Refused():
            return "refused"
        case NoAnswer(problem):
            return f"no answer: {problem}"
        case _:
            return "not there"


class Provisioner(Protocol):
    """Asks the vendor's software to create a company and what became of it, and tells it of changes."""

    def create(self, key: str, body: JsonObject) -> Answer:
        """Ask for creation under the stable idempotency `key`."""

    def ask(self, company_id: str) -> Asked:
        """Ask what became of a company."""

    def change(self, key: str, company_id: str, body: JsonObject) -> Asked:
        """Tell what a company may do from now on, under the stable idempotency `key`."""


class HttpProvisioner:
    """Speaks M25 over HTTP; every call carries the same key over all retries and a Standard Webhooks signature."""

    def __init__(self, base_url: str, secret: str) -> None:
        self._base = base_url.rstrip("/")
        self._secret = secret

    def create(self, key: str, body: JsonObject) -> Answer:
        """POST /companies."""
        raw = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        headers = signed_headers(self._secret, key, raw) | {"Idempotency-Key": key, "Content-Type": "application/json"}
        answer = self._call("POST", "/companies", headers, raw)
        return NoAnswer("not found") if isinstance(answer, NotThere) else answer

    def ask(self, company_id: str) -> Asked:
        """GET /companies/{id}."""
        headers = signed_headers(self._secret, f"ask-{company_id}", b"")
        return self._call("GET", f"/companies/{quote(company_id)}", headers, None)

    def change(self, key: str, company_id: str, body: JsonObject) -> Asked:
        """PATCH /companies/{id}."""
        raw = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        headers = signed_headers(self._secret, key, raw) | {"Idempotency-Key": key, "Content-Type": "application/json"}
        return self._call("PATCH", f"/companies/{quote(company_id)}", headers, raw)

    def _call(self, method: str, path: str, headers: dict[str, str], raw: bytes | None) -> Asked:
        # Imported here because it takes a twentieth of a start, and pages do without.
        import requests  # noqa: PLC0415

        try:
            response = requests.request(
                method,
                self._base + path,
                headers=headers,
                data=raw,
                timeout=(CONNECT_SECONDS, ANSWER_SECONDS),
                allow_redirects=False,
            )
            body = response.json() if response.content else {}
        except (requests.RequestException, ValueError) as problem:
            return NoAnswer(type(problem).__name__)
        return read_answer(response.status_code, body if isinstance(body, dict) else {})


def read_answer(status: int, body: dict[str, Any]) -> Asked:
    """What an HTTP answer means (M25); anything not in the table is no answer, to be asked again."""
    if status in {200, 201, 409} and body.get("remote_id"):
        return Ready(str(body["remote_id"]))
    if status == 202:  # noqa: PLR2004 - Accepted
        return Accepted(str(body.get("operation", "")))
    if status == 422:  # noqa: PLR2004 - Unprocessable Content, the vendor's definitive refusal
        return Refused(str(body.get("reason", "")) or "senza motivo")
    if status == 404:  # noqa: PLR2004 - Not Found
        return NotThere()
    return NoAnswer(f"HTTP {status}")


class MemoryProvisioner:
    """The Null twin: answers from lists, then always ready, and remembers what it was asked (once per key)."""

    def __init__(self, *answers: Answer, asked: Sequence[Asked] = ()) -> None:
        self.answers = list(answers)
        self.asked = list(asked)
        self.created: dict[str, JsonObject] = {}
        self.changes: list[tuple[str, JsonObject]] = []
        self.heard: list[Asked] = []
        self.calls: list[str] = []

    def create(self, key: str, body: JsonObject) -> Answer:
        """Answer the next scripted answer, else ready; a refusal creates nothing."""
        self.calls.append(key)
        answer = self.answers.pop(0) if self.answers else Ready(f"remote-{body['id']}")
        if isinstance(answer, Ready | Accepted):
            self.created[key] = body
        return answer

    def ask(self, company_id: str) -> Asked:
        """The next scripted answer, else ready when it was created, else unknown."""
        if self.asked:
            return self.asked.pop(0)
        known = any(body["id"] == company_id for body in self.created.values())
        return Ready(f"remote-{company_id}") if known else NotThere()

    def change(self, key: str, company_id: str, body: JsonObject) -> Asked:
        """Keep the change; answer the next of `heard`, else ready."""
        self.changes.append((key, body))
        return self.heard.pop(0) if self.heard else Ready(f"remote-{company_id}")
