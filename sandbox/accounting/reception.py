"""Who answers the shop's calls: each is decided, noted and committed before a word is said (M25)."""

import secrets
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sandbox.accounting import behaviour, bodies, callbacks, companies, journal
from sandbox.accounting.settings import Config
from sandbox.accounting.signatures import BadSignature, check
from sandbox.accounting.storage import Storage

REFUSAL = "Il programma di contabilità non ha accettato la ragione sociale."


@dataclass(frozen=True)
class Answer:
    """What the caller hears; with `silent_after` set, nothing but a closed connection."""

    status: int
    body: Mapping[str, Any] = field(default_factory=dict)
    outcome: str = "ok"
    silent_after: float | None = None


_STATUSES = {"ready": 200, "pending": 202, "failed": 422}

Decision = Callable[[sqlite3.Connection, journal.Call], tuple[journal.Call, Answer]]


class Reception:
    """The three calls of the provisioning protocol, without anything of HTTP but the statuses."""

    def __init__(self, config: Config, storage: Storage) -> None:
        """Answer from this storage, misbehaving as configured."""
        self._config = config
        self._storage = storage

    def receive(self, call: journal.Call, headers: Mapping[str, str], raw: bytes, decide: Decision) -> Answer:
        """Check who calls, decide, note the call with its answer, and return the answer."""
        with self._storage.transaction() as db:
            if behaviour.read(db, self._config).down:
                answer = Answer(503, {"reason": "Servizio sospeso."}, "down")
            else:
                call, answer = self._decided(db, call, headers, raw, decide)
            heard = None if answer.silent_after is not None else answer.status
            journal.write(db, call, answer.outcome, heard, answer.body)
        return answer

    def new_company(self, db: sqlite3.Connection, call: journal.Call) -> tuple[journal.Call, Answer]:
        """Create a company once per Idempotency-Key, or repeat what was answered before."""
        body = bodies.parse(call.received.encode())
        call = replace(call, company_id=str(body.get("id", "")) or None)
        if not call.idempotency_key:
            return call, Answer(400, {"reason": "Manca Idempotency-Key."}, "invalid")
        known = companies.find_by_key(db, call.idempotency_key)
        if known:
            return call, _repeated(known, body)
        bodies.check_new_company(body)
        attempt = journal.attempts_with(db, call.idempotency_key)
        outcome = behaviour.choose(db, self._config, body["id"], body["company"]["name"], attempt)
        return call, self._create(db, call.idempotency_key, body, outcome)

    def change(self, db: sqlite3.Connection, call: journal.Call, name: str) -> tuple[journal.Call, Answer]:
        """Apply a change of plan, mode, limits, term, studio or payer, once per Idempotency-Key."""
        body = bodies.parse(call.received.encode())
        company = companies.find(db, name)
        if company is None:
            return call, _unknown()
        call = replace(call, company_id=company.id)
        key = call.idempotency_key
        same = companies.same_change(db, company, key, body) if key else None
        if same is not None:
            return call, _done(company) if same else _other_body()
        if company.state == "failed":
            return call, Answer(422, {"reason": company.reason}, "refused")
        bodies.check_change(body)
        bodies.check_licence(companies.merged(company, body))
        outcome = behaviour.choose_for_change(db)
        if outcome in {"ok", "late", "lost", "timeout"}:
            companies.change(db, company, key, body, self._config.clock())
        return call, self._heard(db, _done(company), outcome)

    def ask(self, db: sqlite3.Connection, call: journal.Call, name: str) -> tuple[journal.Call, Answer]:
        """Say what became of a company, with the statuses a creation has: 200 ready, 202 pending, 422 refused.

        It may be named by the shop's id or by this program's.
        """
        company = companies.find(db, name)
        if company is None:
            return call, _unknown()
        answer = Answer(
            _STATUSES[company.state],
            {
                "id": company.id,
                "state": company.state,
                "remote_id": company.remote_id if company.state == "ready" else None,
                "operation": company.operation,
                "reason": company.reason,
                **{name: company.current.get(name) for name in bodies.CHANGEABLE},
            },
        )
        return replace(call, company_id=company.id), answer

    def _decided(
        self,
        db: sqlite3.Connection,
        call: journal.Call,
        headers: Mapping[str, str],
        raw: bytes,
        decide: Decision,
    ) -> tuple[journal.Call, Answer]:
        try:
            check(self._config.key, headers, raw, self._config.clock())
            raw.decode()
            return decide(db, call)
        except BadSignature as error:
            return call, Answer(401, {"reason": error.reason}, "unsigned")
        except UnicodeDecodeError:
            return call, Answer(422, {"reason": "Il corpo non è UTF-8."}, "invalid")
        except bodies.BadBody as error:
            return call, Answer(422, {"reason": error.reason}, "invalid")

    def _create(self, db: sqlite3.Connection, key: str, body: bodies.Body, outcome: str) -> Answer:
        now = self._config.clock()
        if outcome in {"late", "late_refuse"}:
            operation = f"op_{secrets.token_hex(8)}"
            company = companies.create(db, key, body, companies.Fate("pending", operation=operation), now)
            reason = REFUSAL if outcome == "late_refuse" else None
            due_at = now + behaviour.delay(db, self._config, company.id)
            callbacks.promise(db, company, reason, due_at)
            return Answer(202, {"operation": operation}, outcome)
        if outcome == "refuse":
            companies.create(db, key, body, companies.Fate("failed", REFUSAL), now)
            return Answer(422, {"reason": REFUSAL}, outcome)
        if outcome in {"error500", "hang"}:
            return self._heard(db, Answer(500), outcome)
        company = companies.create(db, key, body, companies.Fate("ready"), now)
        return self._heard(db, _done(company), outcome)

    def _heard(self, db: sqlite3.Connection, answer: Answer, outcome: str) -> Answer:
        if outcome in {"hang", "timeout"}:
            seconds = behaviour.read(db, self._config).hang_seconds
            return replace(answer, outcome=outcome, silent_after=seconds)
        if outcome == "lost":
            return replace(answer, outcome=outcome, silent_after=0.0)
        if outcome == "error500":
            return Answer(500, {"reason": "Errore interno dimostrativo."}, outcome)
        if outcome in {"refuse", "late_refuse"}:
            return Answer(422, {"reason": REFUSAL}, outcome)
        return replace(answer, outcome=outcome)


def _repeated(known: companies.Company, body: bodies.Body) -> Answer:
    if known.digest != bodies.digest(body):
        return _other_body()
    if known.state == "pending":
        return Answer(202, {"operation": known.operation}, "repeated")
    if known.state == "failed":
        return Answer(422, {"reason": known.reason}, "repeated")
    return Answer(409, {"remote_id": known.remote_id}, "repeated")


def _done(company: companies.Company) -> Answer:
    return Answer(200, {"remote_id": company.remote_id})


def _other_body() -> Answer:
    reason = "Questa Idempotency-Key è già stata usata con un altro contenuto."
    return Answer(422, {"reason": reason}, "other_body")


def _unknown() -> Answer:
    return Answer(404, {"reason": "Azienda sconosciuta."}, "unknown")
