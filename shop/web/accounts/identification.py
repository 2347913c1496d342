"""Who is asking: the person of the session (through flask-login) or the program of a bearer token."""

from dataclasses import replace
from uuid import UUID

from flask import Flask, Request, Response
from flask_babel import gettext as _
from flask_login import LoginManager, UserMixin, current_user, login_user
from flask_wtf.csrf import CSRFError

from foundation import access, clock
from foundation.current import this_app, this_request
from foundation.database import alone
from foundation.principal import Principal, act_as
from foundation.problems import error_page, wants_json
from foundation.settings import current_settings
from shop.accounts.api_tokens import principal_of_token
from shop.accounts.people import Membership
from shop.accounts.sessions import Identity, SignedIn, identity_of
from shop.web.accounts.web_session import browser_session

_BEARER = "bearer "


class SessionUser(UserMixin):  # type: ignore[misc] # flask-login publishes no types
    """The signed-in person as flask-login wants it; its id is the membership acted under."""

    def __init__(self, signed_in: SignedIn | None, membership_id: UUID) -> None:
        self.signed_in = signed_in
        self.membership_id = membership_id

    def get_id(self) -> str:
        """What flask-login keeps in the session."""
        return str(self.membership_id)


class _Manager(LoginManager):  # type: ignore[misc] # flask-login publishes no types
    """Without flask-login's own cookie: our session remembers, and after a request there is nothing to look for."""

    def _update_remember_cookie(self, response: Response) -> Response:
        return response


def install(app: Flask) -> None:
    """Identify every request, check its form token, then let `foundation.access` decide."""
    manager = _Manager()
    manager.session_protection = None  # a changed address signs nobody out: the session can be revoked on the server
    manager.user_loader(_load)
    manager.init_app(app, add_context_processor=False)
    # The check runs after identification, and never for programs, whose requests carry no cookie of ours.
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False
    app.before_request(_identify)
    app.register_error_handler(CSRFError, _stale_form)
    access.install(app)


def signed_in() -> SignedIn | None:
    """The person of this request and their membership, or None; costs no query, the session brought it along."""
    return browser_session().found.signed_in if _has_person() else None  # type: ignore[union-attr]


def let_in(user_id: UUID, membership: Membership, *, second_factor: bool = False) -> None:
    """Sign this browser in under a membership: a fresh session id, the data of the visit kept."""
    _sign_in(identity_of(current_settings(), user_id, membership, second_factor=second_factor), membership)


def let_on(user_id: UUID, membership: Membership) -> None:
    """Go on under a membership: a fresh session id, but the session ends no later, and its proof gets no younger."""
    before = browser_session().identity
    assert before is not None  # noqa: S101 - the routes ask for a role
    fresh = identity_of(current_settings(), user_id, membership, second_factor=False)
    ends = min(before.expires_at, fresh.expires_at)
    _sign_in(replace(fresh, expires_at=ends, second_factor_at=before.second_factor_at), membership)


def second_factor_is_recent() -> bool:
    """Whether the second factor was shown in this session no longer ago than a desk session lasts."""
    identity = browser_session().identity
    shown = identity.second_factor_at if identity else None
    return shown is not None and shown + current_settings().desk_session_lifetime > clock.real_now()


def _sign_in(identity: Identity, membership: Membership) -> None:
    browser_session().rotate(identity)
    login_user(SessionUser(None, membership.id))


def let_out() -> None:
    """Sign this browser out; its session is revoked on the server with the answer to this request."""
    browser_session().end()
    act_as(None)


def _has_person() -> bool:
    user = current_user._get_current_object()  # noqa: SLF001 - flask-login hands out a proxy
    return isinstance(user, SessionUser) and user.signed_in is not None


def _load(stored_id: str) -> SessionUser | None:
    found = browser_session().found
    person = found.signed_in if found else None
    if person is None or str(person.membership_id) != stored_id:
        return None
    return SessionUser(person, person.membership_id)


def _identify() -> None:
    """Say who asks, then check the token of their form. Raises OperationalError when the database cannot tell."""
    asked, session = this_request(), browser_session()
    if session.missing is not None:
        raise session.missing
    if asked.path.startswith("/api/"):
        act_as(_bearer(asked))
    elif session.kept:
        person = signed_in()
        act_as(person.principal if person else None)
    if asked.endpoint is not None and not wants_json():
        this_app().extensions["gettone.csrf"].protect()


def _bearer(asked: Request) -> Principal | None:
    given = asked.headers.get("Authorization", "")
    if not given.lower().startswith(_BEARER):
        return None
    with alone() as connection:
        return principal_of_token(connection, given[len(_BEARER) :].strip())


def _stale_form(_problem: CSRFError) -> Response:
    return error_page(400, _("Per sicurezza la pagina va riaperta. Torna indietro, ricaricala e invia di nuovo."))
