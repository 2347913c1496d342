"""Problems: how a domain error is told to a person (a page in Italian) and to a program (RFC 9457).

Domain errors know no HTTP. Each room's web part says once, in one table, which status, type and sentence each has.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Flask, Response, current_app, render_template
from flask.globals import request_ctx
from flask_babel import gettext as _
from werkzeug.exceptions import HTTPException

from foundation.current import kept, this_request
from foundation.logs import log

PROBLEM_JSON = "application/problem+json"
_MACHINE_PATHS = ("/api/", "/webhooks/", "/.well-known/")


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """One wrong field: a JSON pointer into the request, a stable code and a sentence."""

    pointer: str
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Told:
    """How one kind of error is told: HTTP status, stable slug of its type, a sentence, wrong fields, extra members.

    `retry_after` says in how many seconds the same request may do better; None where waiting changes nothing.
    `way_on` is where a page leads a person from there, and the words of that link.
    """

    status: int
    slug: str
    sentence: Callable[[Any], str]
    fields: Callable[[Any], Sequence[FieldProblem]] | None = None
    members: Callable[[Any], Mapping[str, Any]] | None = None
    retry_after: Callable[[Any], int] | None = None
    way_on: Callable[[], tuple[str, str]] | None = None


def tell(app: Flask | Blueprint, table: Mapping[type[Exception], Told]) -> None:
    """Register how these errors are told, in the whole application or in one of its parts."""
    for kind, told in table.items():
        app.register_error_handler(kind, _handler(told))


def _handler(told: Told) -> Callable[[Exception], Response]:
    def handle(problem: Exception) -> Response:
        sentence = told.sentence(problem)
        fields = told.fields(problem) if told.fields else ()
        members = told.members(problem) if told.members else {}
        if wants_json():
            answer = problem_response(told.status, told.slug, sentence, fields, members)
        else:
            answer = error_page(told.status, sentence, told.way_on() if told.way_on else None)
        if told.retry_after is not None:
            answer.headers["Retry-After"] = str(told.retry_after(problem))
        return answer

    return handle


def problem_response(
    status: int, slug: str, detail: str, fields: Sequence[FieldProblem] = (), members: Mapping[str, Any] | None = None
) -> Response:
    """A problem+json answer; `slug` is the stable last part of its type."""
    body: dict[str, Any] = {
        "type": f"/problems/{slug}",
        "title": _title_of(slug) or detail,
        "status": status,
        "detail": detail,
        "instance": request_id(),
    }
    if fields:
        body["errors"] = [{"pointer": one.pointer, "code": one.code, "detail": one.detail} for one in fields]
    body.update(members or {})
    return Response(json.dumps(body, ensure_ascii=False), status=status, content_type=PROBLEM_JSON)


def _title_of(slug: str) -> str:
    """The title of a type of problem is the same every time it occurs (RFC 9457); the manual knows it."""
    known = current_app.extensions.get("gettone.problem_types", {}).get(slug)
    return str(known.title) if known else ""


def error_page(status: int, sentence: str | None = None, way_on: tuple[str, str] | None = None) -> Response:
    """A kind page that says what happened, what to do, and the reference to give to support."""
    html = render_template(
        "errors/error.html",
        status=status,
        detail=sentence,
        reference=request_id(),
        way_on=way_on,
        plain=status >= 500,  # noqa: PLR2004
    )
    return Response(html, status=status, content_type="text/html; charset=utf-8")


def wants_json() -> bool:
    """Whether a program asks: by the path, never by guessing."""
    return this_request().path.startswith(_MACHINE_PATHS)


def request_id() -> str:
    """The reference of this request, as printed in the log and on error pages."""
    return str(kept().get("request_id", "-"))


def tell_http_errors(app: Flask) -> None:
    """Werkzeug's own refusals and every unforeseen failure get the same two shapes."""

    def handle_http(problem: HTTPException) -> Response:
        status = problem.code or 500
        slug = (problem.name or "error").lower().replace(" ", "-")
        if isinstance(problem.response, Response):
            return problem.response
        # A page links to others, which a request whose host is none cannot: no browser sends one.
        as_json = wants_json() or request_ctx.url_adapter is None
        answer = problem_response(status, slug, sentence_for(status)) if as_json else error_page(status)
        for name, value in problem.get_headers():
            if name in {"Allow", "Retry-After", "WWW-Authenticate"}:
                answer.headers[name] = value
        return answer

    def handle_failure(problem: Exception) -> Response:
        log().error("request failed", exc_info=problem)
        if wants_json():
            return problem_response(500, "internal-error", sentence_for(500))
        return error_page(500)

    app.register_error_handler(HTTPException, handle_http)
    app.register_error_handler(Exception, handle_failure)


def sentence_for(status: int) -> str:
    """The sentence of an HTTP status that no domain error stands behind."""
    known = {
        400: _("La richiesta non è leggibile."),
        401: _("Serve un token valido."),
        403: _("Il tuo ruolo non permette questa operazione."),
        404: _("Qui non c’è nulla, o non è tuo."),
        405: _("Questo indirizzo non accetta questo metodo."),
        409: _("Lo stato attuale non permette questa operazione."),
        413: _("La richiesta è troppo grande."),
        415: _("Il tipo di contenuto non è accettato."),
        422: _("Alcuni dati non vanno bene."),
        429: _("Troppe richieste: riprova tra poco."),
        503: _("Il servizio non è raggiungibile: riprova tra poco."),
    }
    return str(known.get(status, _("Qualcosa è andato storto. Nulla è andato perso.")))
