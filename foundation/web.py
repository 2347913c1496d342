"""The edge every request passes: its reference, security headers, error pages, health and metrics."""

import hmac
import re
import secrets
import time
from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask, Request, Response, current_app, g, jsonify, request
from prometheus_client import CONTENT_TYPE_LATEST, Counter, Histogram, generate_latest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from structlog.contextvars import bind_contextvars, clear_contextvars
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.formparser import FormDataParser
from werkzeug.middleware.proxy_fix import ProxyFix

from foundation import logs
from foundation.database import transaction
from foundation.jobs import late_jobs
from foundation.logs import log, noted
from foundation.principal import current_principal
from foundation.problems import error_page, problem_response, sentence_for, tell_http_errors, wants_json
from foundation.settings import Settings, current_settings

REQUESTS = Counter("gettone_requests_total", "Requests by endpoint and status", ["endpoint", "status"])
SECONDS = Histogram("gettone_request_seconds", "Time to answer, by endpoint", ["endpoint"])

_THIS_MACHINE = frozenset({"127.0.0.1", "::1"})
_QUIET = frozenset({"healthz", "readyz", "metrics"})
_REFERENCE = re.compile(r"^[A-Za-z0-9-]{8,64}$")
_HEADERS = "gettone.headers"
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self';"
    " connect-src 'self'; form-action 'self'{ends}; frame-ancestors 'none'; base-uri 'none'; object-src 'none'"
)


class TypedRequest(Request):
    """A request whose forms hold no character zero: nobody types one, and no text of the database keeps one."""

    def make_form_data_parser(self) -> FormDataParser:
        """The parser, with our dictionary."""
        parser = super().make_form_data_parser()
        parser.cls = _Typed
        return parser


class _Typed(ImmutableMultiDict[str, Any]):
    def __init__(self, pairs: Iterable[tuple[str, Any]] = ()) -> None:
        super().__init__([(_typed(name), _typed(value)) for name, value in pairs])


def _typed(value: Any) -> Any:  # noqa: ANN401 - a text, or a file
    return value.replace("\x00", "") if isinstance(value, str) else value


def install(app: Flask) -> None:
    """Wrap the application: every room's pages and API stand behind this."""
    settings: Settings = app.extensions["gettone.settings"]
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=0)  # type: ignore[method-assign]
    app.request_class = TypedRequest
    app.ensure_sync = _as_it_is  # type: ignore[assignment,method-assign]
    app.extensions[_HEADERS] = [(name.lower(), name, value) for name, value in _standard_headers(settings).items()]
    logs.install(app)
    app.before_request(_begin)
    app.after_request(_finish)
    tell_http_errors(app)
    app.register_error_handler(OperationalError, _database_down)
    app.add_url_rule("/healthz", "healthz", lambda: jsonify(status="ok"))
    app.add_url_rule("/readyz", "readyz", _ready)
    app.add_url_rule("/metrics", "metrics", _metrics)


def _begin() -> None:
    given = request.headers.get("X-Request-Id", "")
    g.request_id = given if _REFERENCE.fullmatch(given) else secrets.token_hex(8)
    g.began = time.perf_counter()
    clear_contextvars()
    bind_contextvars(request=g.request_id)


def _finish(response: Response) -> Response:
    _count(response.status_code)
    headers = response.headers
    headers["X-Request-Id"] = str(getattr(g, "request_id", "-"))
    chosen = {name.lower() for name, _value in headers}
    for lowered, name, value in current_app.extensions[_HEADERS]:
        if lowered not in chosen:
            headers.add(name, value)
    if "cache-control" not in chosen and (current_principal() is not None or wants_json()):
        headers.add("Cache-Control", "no-store")
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


def _count(status: int) -> None:
    """The request in the metrics and in the log: its route, never its address, which may hold a token."""
    endpoint = request.endpoint or "none"
    seconds = time.perf_counter() - g.began if hasattr(g, "began") else 0.0
    REQUESTS.labels(endpoint, str(status)).inc()
    SECONDS.labels(endpoint).observe(seconds)
    if endpoint in _QUIET or endpoint.endswith("static"):
        return
    principal = current_principal()
    actor = {"user": principal.user_id, "party": principal.party_id} if principal else {}
    route = request.url_rule.rule if request.url_rule else None
    milliseconds = round(seconds * 1000)
    log().info(
        "request", method=request.method, route=route, status=status, milliseconds=milliseconds, **actor, **noted()
    )


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
