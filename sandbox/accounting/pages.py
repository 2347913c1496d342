"""The pages a person sees: the companies, one company, how to try things."""

import json
import sqlite3
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from sandbox.accounting import behaviour, callbacks, companies, journal, wording
from sandbox.accounting.settings import Config
from sandbox.accounting.storage import Storage

_LATEST_CALLS = 20


@dataclass(frozen=True)
class Step:
    """A line of a company's history."""

    at: float
    title: str
    note: str
    done: bool
    received: str = ""
    answered: str = ""


def pages(config: Config, storage: Storage) -> Blueprint:
    """Return the Italian pages."""
    blueprint = Blueprint("pages", __name__)

    @blueprint.app_context_processor
    def words() -> dict[str, Any]:
        return {"wording": wording, "shop_url": config.shop_url.rstrip("/"), "shop_studio": config.studio}

    @blueprint.get("/")
    def listing() -> str:
        query = request.args.get("q", "").strip()
        before = request.args.get("prima", type=int)
        with storage.transaction() as db:
            page = companies.search(db, query, before)
            counted = companies.counts(db)
        return render_template("companies.html", page=page, query=query, before=before, counted=counted)

    @blueprint.get("/aziende/<remote_id>")
    def detail(remote_id: str) -> str:
        with storage.transaction() as db:
            company = companies.find(db, remote_id)
            if company is None:
                abort(404)
            steps = _history(db, company)
        return render_template("company.html", company=company, steps=steps, received=_indented(company.received))

    @blueprint.post("/aziende/<remote_id>/passi")
    def step(remote_id: str) -> Response:
        service, code = request.form.get("service", ""), request.form.get("code", "")
        with storage.transaction() as db:
            company = companies.find(db, remote_id)
            if company is None or not _has_step(company, service, code):
                abort(404)
            callbacks.promise_step(db, company, service, code, config.clock())
        return redirect(url_for("pages.detail", remote_id=remote_id), 303)

    @blueprint.get("/prove")
    def trials() -> str:
        with storage.transaction() as db:
            control = behaviour.read(db, config)
            calls = journal.latest(db, _LATEST_CALLS)
            waiting = callbacks.waiting(db)
        return render_template("trials.html", control=control, calls=calls, waiting=waiting)

    return blueprint


def _has_step(company: companies.Company, service: str, code: str) -> bool:
    return any(
        one.get("id") == service and any(step.get("code") == code for step in one.get("setup") or ())
        for one in company.current.get("services") or ()
    )


def _indented(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def _history(db: sqlite3.Connection, company: companies.Company) -> list[Step]:
    calls = [_call_step(one) for one in journal.calls_of(db, company.id)]
    changes = [_change_step(one) for one in companies.changes_of(db, company.number)]
    told = [_callback_step(one) for one in callbacks.history(db, company.number)]
    return sorted([*calls, *changes, *told], key=lambda step: step.at, reverse=True)


def _call_step(answered: journal.AnsweredCall) -> Step:
    call = answered.call
    status = "nessuna risposta" if answered.status is None else str(answered.status)
    note = f"{wording.OUTCOMES.get(answered.outcome, answered.outcome)} · {status}"
    if call.idempotency_key:
        note += f" · chiave {call.idempotency_key}"
    return Step(
        call.at,
        f"{call.method} {call.path}",
        note,
        answered.status in range(200, 300),
        wording.pretty(call.received),
        wording.pretty(answered.answer),
    )


def _change_step(change: companies.Change) -> Step:
    parts = [
        f"{wording.FIELDS[name]}: {wording.changed(name, change.before[name])} → {wording.changed(name, value)}"
        for name, value in change.after.items()
    ]
    return Step(change.at, "Modifica applicata", " · ".join(parts), done=True)


def _callback_step(attempt: dict[str, Any]) -> Step:
    status = attempt["status"]
    done = status is not None and status in range(200, 300)
    note = f"{'consegnato' if done else 'non consegnato, riproviamo'} · {status or 'nessuna risposta'}"
    return Step(
        attempt["at"],
        f"Avviso al negozio: {attempt['type']}",
        note,
        done,
        wording.pretty(attempt["body"]),
        attempt["detail"],
    )
