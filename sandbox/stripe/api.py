"""The API side: what the unmodified library talks to."""

import logging
import socket
from collections.abc import Callable
from dataclasses import dataclass

from flask import Blueprint, Response, request

from sandbox.stripe.configuration import API_VERSION
from sandbox.stripe.delivery import Postman
from sandbox.stripe.endpoints import Endpoint, endpoints
from sandbox.stripe.errors import ApiError, CardError, ServerError
from sandbox.stripe.expansion import expand
from sandbox.stripe.faults import ERROR, RESET, Fault, Faults
from sandbox.stripe.idempotency import Answer, Keys, fingerprint
from sandbox.stripe.identifiers import new_id
from sandbox.stripe.jsons import Json, encode
from sandbox.stripe.parameters import read
from sandbox.stripe.settlement import settle_due
from sandbox.stripe.world import Request, World

_log = logging.getLogger(__name__)

KEY_PREFIX = "sk_test_"


@dataclass(frozen=True)
class _Call:
    """One request as it came, with what is needed to answer it."""

    endpoint: Endpoint
    subject: str
    pairs: list[tuple[str, str]]
    key: str | None
    id: str

    @property
    def fingerprint(self) -> str:
        return fingerprint(self.endpoint.method, request.path, self.pairs)


class Api:
    """Answers calls: key first, then parameters, then the idempotency key, then the effect."""

    def __init__(self, world: World, postman: Postman) -> None:
        """Start with an API that works and knows no keys."""
        self.world = world
        self.faults = Faults()
        self._keys = Keys(world.store)
        self._postman = postman

    def blueprint(self) -> Blueprint:
        """Return the routes of the calls that are played."""
        blueprint = Blueprint("api", __name__)
        for endpoint in endpoints():
            rule = endpoint.path.replace("{id}", "<subject>")
            blueprint.add_url_rule(
                rule, f"{endpoint.method} {endpoint.path}".replace(".", "_"),
                self._view(endpoint), methods=[endpoint.method], provide_automatic_options=False,
            )  # fmt: skip
        return blueprint

    def _view(self, endpoint: Endpoint) -> Callable[..., Response]:
        def view(subject: str = "") -> Response:
            source = request.form if endpoint.method == "POST" else request.args
            key = request.headers.get("Idempotency-Key") if endpoint.method == "POST" else None
            call = _Call(endpoint, subject, list(source.items(multi=True)), key, new_id("req", 14))
            return self._respond(call)

        return view

    def _respond(self, call: _Call) -> Response:
        try:
            _check_caller()
            params = read(call.pairs, call.endpoint.schema)
            with self._keys.running(call.key):
                fault = self.faults.take(call.endpoint.method, request.path)
                if fault is not None and not fault.after:
                    self._break(fault)
                answer, replayed = self._answer(call, params, fault)
                if fault is not None and fault.after:
                    self._break(fault)
        except ApiError as refusal:
            answer, replayed = _refused(refusal, call.id), False
        response = _response(answer)
        if call.key is not None:
            response.headers["Idempotency-Key"] = call.key
        if replayed:
            response.headers["Idempotent-Replayed"] = "true"
            response.headers["Original-Request"] = answer.request_id
            response.headers["Request-Id"] = call.id
        return response

    def _answer(self, call: _Call, params: Json, fault: Fault | None) -> tuple[Answer, bool]:
        """Return the stored answer, or act and store; and whether it was stored before."""
        stored = self._keys.find(call.key, call.fingerprint)
        if stored is not None:
            return stored, True
        fails = fault is not None and fault.mode == ERROR
        if fault is not None and not fault.after:
            if fails:
                return self._store(call, _failure(call.id)), False
            if fault.mode == RESET:
                # The line was cut before anything happened: the retry is the first request.
                return _failure(call.id), False
        return self._execute(call, params, fails=fails), False

    def _execute(self, call: _Call, params: Json, *, fails: bool) -> Answer:
        store = self.world.store
        try:
            with store.transaction():
                settle_due(self.world)
                try:
                    with self.world.on_behalf_of(Request(call.id, call.key)):
                        body = call.endpoint.handle(self.world, call.subject, params)
                except CardError as refusal:
                    # What a bank refused has happened: the intent stays, and so does the answer.
                    return self._store(call, _refused(refusal, call.id))
                body = expand(self.world, body, params.get("expand", []))
                answer = _failure(call.id) if fails else Answer(200, encode(body), call.id)
                self._keys.keep(call.key, call.fingerprint, answer)
                return answer
        except ApiError as refusal:
            answer = _refused(refusal, call.id)
            return self._store(call, answer) if refusal.stored else answer
        except Exception:  # noqa: BLE001 - whatever went wrong is a 500, as at Stripe
            _log.exception("the simulator failed at %s %s", call.endpoint.method, request.path)
            return self._store(call, _failure(call.id))

    def _store(self, call: _Call, answer: Answer) -> Answer:
        self._keys.keep(call.key, call.fingerprint, answer)
        return answer

    def _break(self, fault: Fault) -> None:
        """Let the caller wait, or cut the line so that no answer reaches it."""
        self._postman.pause(fault.seconds)
        if fault.mode == RESET:
            line = request.environ.get("werkzeug.socket")
            if isinstance(line, socket.socket):
                line.shutdown(socket.SHUT_RDWR)


def unrecognized() -> Response:
    """Return the 404 for a call that the simulator does not play, in Stripe's format."""
    refusal = ApiError(
        f"Unrecognized request URL ({request.method}: {request.path}). The simulator plays the"
        " part of Stripe that the shop uses.",
        status=404,
    )
    return _response(_refused(refusal, new_id("req", 14)))


def _check_caller() -> None:
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    if scheme != "Bearer" or not key.startswith(KEY_PREFIX) or len(key) <= len(KEY_PREFIX):
        raise ApiError(f"Invalid API Key provided: the simulator takes {KEY_PREFIX}… only.",
                       status=401)  # fmt: skip
    version = request.headers.get("Stripe-Version", API_VERSION)
    if version != API_VERSION:
        raise ApiError(f"Invalid Stripe API version: {version}; the simulator speaks"
                       f" {API_VERSION}.")  # fmt: skip


def _refused(refusal: ApiError, request_id: str) -> Answer:
    return Answer(refusal.status, encode(refusal.body(request_id)), request_id)


def _failure(request_id: str) -> Answer:
    return _refused(ServerError("An unknown error occurred", status=500), request_id)


def _response(answer: Answer) -> Response:
    response = Response(answer.body, answer.status, content_type="application/json")
    response.headers["Request-Id"] = answer.request_id
    response.headers["Stripe-Version"] = API_VERSION
    return response
