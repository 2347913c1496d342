"""The edge every request passes: its reference, security headers, error pages, health and metrics."""

import hmac
import os
import re
import time
from collections.abc import Callable, Iterable
from functools import cache
from typing import TYPE_CHECKING, Any

from flask import Flask, Request, Response, jsonify, request
from prometheus_client import CONTENT_TYPE_LATEST, Counter, Histogram, generate_latest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from structlog.contextvars import bind_contextvars, clear_contextvars
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.formparser import FormDataParser
from werkzeug.middleware.proxy_fix import ProxyFix

from foundation import logs
from foundation.current import Kept, kept, this_request
from foundation.database import transaction
from foundation.jobs import late_jobs
from foundation.logs import log, noted
from foundation.principal import Principal, current_principal
from foundation.problems import error_page, problem_response, sentence_for, tell_http_errors, wants_json
from foundation.settings import Settings, current_settings

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

REQUESTS = Counter("gettone_requests_total", "Requests by endpoint and status", ["endpoint", "status"])
SECONDS = Histogram("gettone_request_seconds", "Time to answer, by endpoint", ["endpoint"])

_THIS_MACHINE = frozenset({"127.0.0.1", "::1"})
_QUIET = frozenset({"healthz", "readyz", "metrics"})
_REFERENCE = re.compile(r"^[A-Za-z0-9-]{8,64}$")
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self';"
    " connect-src 'self'; form-action 'self'{ends}; frame-ancestors 'none'; base-uri 'none'; object-src 'none'"
)


class RequestWithoutNul(Request):
    """A request whose forms hold no character zero: nobody types one, and no text of the database keeps one."""

    def make_form_data_parser(self) -> FormDataParser:
        """The parser, with our dictionary."""
        parser = super().make_form_data_parser()
        parser.cls = _WithoutNul
        return parser


class _WithoutNul(ImmutableMultiDict[str, Any]):
    def __init__(self, pairs: Iterable[tuple[str, Any]] = ()) -> None:
        super().__init__([(_without_nul(name), _without_nul(value)) for name, value in pairs])


def _without_nul(value: Any) -> Any:  # noqa: ANN401 - a text, or a file
    return value.replace("\x00", "") if isinstance(value, str) else value


def install(app: Flask) -> None:
    """Wrap the application: every room's pages and API stand behind this."""
    settings: Settings = app.extensions["gettone.settings"]
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=0)  # type: ignore[method-assign]
    app.request_class = RequestWithoutNul
    app.ensure_sync = _as_it_is  # type: ignore[assignment,method-assign]
    app.wsgi_app = _Headed(app.wsgi_app, _standard_headers(settings))  # type: ignore[method-assign]
    logs.install(app)
    app.before_request(_begin)
    app.after_request(_finish)
    tell_http_errors(app)
    app.register_error_handler(OperationalError, _database_down)
    app.add_url_rule("/healthz", "healthz", lambda: jsonify(status="ok"))
    app.add_url_rule("/readyz", "readyz", _ready)
    app.add_url_rule("/metrics", "metrics", _metrics)


class _Headed:
    """Gives every answer the standard headers its route has not chosen otherwise."""

    def __init__(self, answers: "WSGIApplication", standard: dict[str, str]) -> None:
        self._answers = answers
        self._standard = [(name.lower(), name, value) for name, value in standard.items()]

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], *failure: Any) -> Callable[[bytes], object]:  # noqa: ANN401
            chosen = [name.lower() for name, _value in headers]
            added = [(name, value) for lowered, name, value in self._standard if lowered not in chosen]
            return start_response(status, [*headers, *added], *failure)

        return self._answers(environ, start)


def _begin() -> None:
    given, keeps = this_request().headers.get("X-Request-Id", ""), kept()
    keeps.request_id = given if _REFERENCE.fullmatch(given) else os.urandom(8).hex()
    keeps.began = time.perf_counter()
    clear_contextvars()
    bind_contextvars(request=keeps.request_id)


def _finish(response: Response) -> Response:
    asked, keeps, headers = this_request(), kept(), response.headers
    principal = current_principal()
    _count(asked, keeps, principal, response.status_code)
    headers["X-Request-Id"] = str(keeps.get("request_id", "-"))
    if (principal is not None or wants_json()) and "Cache-Control" not in headers:
        headers["Cache-Control"] = "no-store"
    return response


def _as_it_is(function: Callable[..., Any]) -> Callable[..., Any]:
    """Flask looks at ten functions a request for one that is a coroutine; none of ours is."""
    return function


def _standard_headers(settings: Settings) -> dict[str, str]:
    """What every answer carries unless its route chose otherwise."""
    headers = {
        "Content-Security-Policy": _POLICY.format(ends=_ends_of_forms(settings)),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "X-Frame-Options": "DENY",
    }
    if settings.secure_cookies:
        headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    return headers


def _ends_of_forms(settings: Settings) -> str:
    """Where forms may end: a browser counts the redirect after a form as part of it, to where people pay or consent."""
    pay = "" if settings.livemode else f" {settings.stripe_api_base}"
    consent = f" {settings.invoicing_url}" if settings.invoicing_url else ""
    return f"{pay} https://checkout.stripe.com{consent}"


def _count(asked: Request, keeps: Kept, principal: Principal | None, status: int) -> None:
    """The request in the metrics and in the log: its route, never its address, which may hold a token."""
    endpoint, rule = asked.endpoint or "none", asked.url_rule
    seconds = time.perf_counter() - keeps.began if "began" in keeps else 0.0
    requests, waits = _counters(endpoint, status)
    requests.inc()
    waits.observe(seconds)
    if endpoint in _QUIET or endpoint.endswith("static"):
        return
    fields: dict[str, object] = {
        "method": asked.method,
        "route": rule.rule if rule else None,
        "status": status,
        "milliseconds": round(seconds * 1000),
    }
    if principal is not None:
        fields |= {"user": principal.user_id, "party": principal.party_id}
    log().info("request", **fields, **noted())


@cache
def _counters(endpoint: str, status: int) -> tuple[Counter, Histogram]:
    """Those of an endpoint, looked up once."""
    return REQUESTS.labels(endpoint, str(status)), SECONDS.labels(endpoint)


def _database_down(problem: OperationalError) -> Response:
    """Nothing was changed; say so and ask to come back."""
    log().error("database unavailable", exc_info=problem)
    answer = problem_response(503, "unavailable", sentence_for(503)) if wants_json() else error_page(503)
    answer.headers["Retry-After"] = "10"
    return answer


def _ready() -> tuple[Any, int]:
    try:
        with transaction() as session:
            session.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
            waiting = late_jobs(session)
    except Exception:  # noqa: BLE001 - whatever is wrong, the answer is "not ready"
        return jsonify(status="database unavailable"), 503
    return jsonify(status="ok" if waiting == 0 else "jobs are late", late_jobs=waiting), 200 if waiting == 0 else 503


def _metrics() -> Response:
    """How the shop does, for whoever has `METRICS_TOKEN`; without one only for a sandbox's own machine."""
    settings = current_settings()
    scheme, _space, given = request.headers.get("Authorization", "").partition(" ")
    given = given.strip() if scheme.lower() == "bearer" else ""
    if settings.metrics_token and not hmac.compare_digest(given.encode(), settings.metrics_token.encode()):
        return Response(status=401, headers={"WWW-Authenticate": "Bearer"})
    if not settings.metrics_token and not (settings.sandbox and request.remote_addr in _THIS_MACHINE):
        return Response(status=404)
    return Response(generate_latest(), content_type=CONTENT_TYPE_LATEST)
