"""Access: every route says who may come in; a route that says nothing lets nobody in."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlencode

from flask import Flask, Response, redirect, request
from flask_babel import gettext as _

from foundation.current import this_app, this_request
from foundation.principal import NEEDS_SECOND_FACTOR, current_principal
from foundation.problems import error_page, problem_response, wants_json

View = TypeVar("View", bound=Callable[..., Any])

# Endpoints that belong to the foundation and carry no decorator of ours.
_OF_THE_FOUNDATION = frozenset({"static", "healthz", "readyz", "metrics"})
SIGN_IN_PATH = "/accedi"
SECOND_FACTOR_PATH = "/accedi/verifica"


@dataclass(frozen=True, slots=True)
class Access:
    """Who may use a route: anybody, or the named roles."""

    anybody: bool
    roles: frozenset[str]


def public(view: View) -> View:
    """Anybody may come in, signed in or not."""
    view.access = Access(anybody=True, roles=frozenset())  # type: ignore[attr-defined]
    return view


def requires(*roles: str) -> Callable[[View], View]:
    """Only these roles may come in; finance and admin only with their second factor (M3)."""

    def mark(view: View) -> View:
        view.access = Access(anybody=False, roles=frozenset(roles))  # type: ignore[attr-defined]
        return view

    return mark


def install(app: Flask) -> None:
    """Check every request; must be installed after sign-in has set the principal."""
    app.before_request(_check)


def access_of(view: Callable[..., Any]) -> Access | None:
    """What a view function says of itself, looking behind its wrappers and method views."""
    found = getattr(view, "access", None)
    if found is None and hasattr(view, "view_class"):
        found = getattr(getattr(view.view_class, request.method.lower(), None), "access", None)
    return found if isinstance(found, Access) else None


def _check() -> Response | None:
    endpoint = this_request().endpoint
    if endpoint is None or endpoint in _OF_THE_FOUNDATION or endpoint.endswith(".static"):
        return None
    access = access_of(this_app().view_functions[endpoint])
    if access is not None and access.anybody:
        return None
    principal = current_principal()
    if principal is None:
        return _sign_in_first()
    if access is None or principal.role not in access.roles:
        return _refused()
    if principal.role in NEEDS_SECOND_FACTOR and not principal.second_factor and principal.token_id is None:
        return redirect(SECOND_FACTOR_PATH)  # type: ignore[return-value]
    return None


def _sign_in_first() -> Response:
    if wants_json():
        answer = problem_response(401, "token-required", _("Serve un token valido."))
        answer.headers["WWW-Authenticate"] = "Bearer"
        return answer
    way_back = request.full_path.rstrip("?") if request.method == "GET" else "/"
    return redirect(f"{SIGN_IN_PATH}?{urlencode({'next': way_back})}")  # type: ignore[return-value]


def _refused() -> Response:
    sentence = _("Il tuo ruolo non permette questa operazione.")
    return problem_response(403, "role-refused", sentence) if wants_json() else error_page(403, sentence)
