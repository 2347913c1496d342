"""The provisioning calls over HTTP, and the endpoints that order misbehaviour."""

import socket
import time
from dataclasses import asdict
from functools import partial
from typing import Any

from flask import Blueprint, Response, jsonify, request

from sandbox.accounting import behaviour, callbacks, companies
from sandbox.accounting.callbacks import Courier
from sandbox.accounting.journal import Call
from sandbox.accounting.reception import Answer, Decision, Reception
from sandbox.accounting.settings import Config
from sandbox.accounting.storage import Storage


def provisioning(config: Config, storage: Storage) -> Blueprint:
    """Return the three calls of M25."""
    blueprint = Blueprint("provisioning", __name__)
    reception = Reception(config, storage)

    def received(decide: Decision) -> Response:
        raw = request.get_data()
        call = Call(
            method=request.method,
            path=request.path,
            idempotency_key=request.headers.get("Idempotency-Key"),
            message_id=request.headers.get("webhook-id"),
            received=raw.decode("utf-8", "replace"),
            at=config.clock(),
        )
        headers = {name.lower(): value for name, value in request.headers.items()}
        return _spoken(reception.receive(call, headers, raw, decide))

    @blueprint.post("/companies")
    def create() -> Response:
        return received(reception.new_company)

    @blueprint.get("/companies/<name>")
    def ask(name: str) -> Response:
        return received(partial(reception.ask, name=name))

    @blueprint.patch("/companies/<name>")
    def change(name: str) -> Response:
        return received(partial(reception.change, name=name))

    return blueprint


def control(config: Config, storage: Storage, courier: Courier) -> Blueprint:
    """Return the endpoints with which tests and people order what happens next."""
    blueprint = Blueprint("control", __name__, url_prefix="/_control")

    def state() -> dict[str, Any]:
        with storage.transaction() as db:
            orders = asdict(behaviour.read(db, config))
            counted = companies.counts(db)
            return {**orders, "companies": counted, "callbacks_waiting": callbacks.waiting(db)}

    @blueprint.get("")
    def show() -> Response:
        return jsonify(state())

    @blueprint.post("")
    def order() -> tuple[Response, int]:
        orders = request.get_json()
        if not isinstance(orders, dict):
            return jsonify(reason="the orders must be a JSON object"), 422
        try:
            with storage.transaction() as db:
                behaviour.order(db, config, orders)
        except behaviour.BadControl as error:
            return jsonify(reason=error.reason), 422
        return jsonify(state()), 200

    @blueprint.post("/flush")
    def flush() -> Response:
        results = [asdict(one) for one in courier.flush()]
        return jsonify(results=results)

    return blueprint


def _spoken(answer: Answer) -> Response:
    if answer.silent_after is not None:
        time.sleep(answer.silent_after)
        _hang_up()
    response = jsonify(answer.body)
    response.status_code = answer.status
    if answer.outcome == "down":
        response.headers["Retry-After"] = "1"
    return response


def _hang_up() -> None:
    """Close the caller's connection, so that the response that follows reaches nobody."""
    connection = request.environ.get("werkzeug.socket")
    if connection is not None:
        connection.shutdown(socket.SHUT_RDWR)
