"""Flask's session on the server: the cookie holds a random token, `web_sessions` its hash, its data and its person.

A visitor nobody knows gets a row only when something must be kept: the CSRF secret is derived from the cookie's token,
so reading pages writes nothing.
"""

import re
from datetime import timedelta
from typing import Any

import flask
from flask import Flask, Request, Response, g
from flask.sessions import SessionInterface, SessionMixin
from sqlalchemy.exc import OperationalError
from werkzeug.datastructures import CallbackDict

from foundation import clock
from foundation.database import alone, apart
from foundation.settings import Settings
from foundation.tokens import keyed_hash, new_token
from shop.accounts.sessions import (
    Identity,
    StoredSession,
    find_session,
    keep_session,
    revoke_tokens,
    touch_session,
)

CSRF_KEY = "csrf_token"
PLAIN_COOKIE = "gettone"
SECURE_COOKIE = "__Host-gettone"
TOUCHED_EVERY = timedelta(minutes=1)
_TOKEN = re.compile(r"^[A-Za-z0-9_-]{43}$")
# Programs bring their own token, and these pages are the same for everybody: none of them has a session.
_WITHOUT_SESSION = ("/static/", "/api/", "/webhooks/", "/.well-known/", "/healthz", "/readyz", "/metrics")


class BrowserSession(CallbackDict[str, Any], SessionMixin):
    """What one browser told us, and the token its cookie holds; `missing` when the database could not be asked."""

    def __init__(self, token: str | None, secret_key: str, found: StoredSession | None) -> None:
        def note(_changed: object) -> None:
            self.modified = True

        super().__init__(found.data if found else {}, note)
        self.modified = False
        self.new = True
        self._token = token
        self.found = found
        self.identity: Identity | None = found.identity if found else None
        self.ended: list[str] = []
        self.handed_out = False
        self.kept = True
        self.missing: OperationalError | None = None
        self._secret_key = secret_key

    @property
    def token(self) -> str:
        """What its cookie holds; a new one is made when somebody wants it."""
        if self._token is None:
            self._token = new_token()
        return self._token

    def __contains__(self, key: object) -> bool:
        return key == CSRF_KEY or super().__contains__(key)

    def __getitem__(self, key: str) -> Any:  # noqa: ANN401 - a session holds whatever JSON holds
        if key != CSRF_KEY:
            return super().__getitem__(key)
        self.handed_out = True
        return csrf_secret(self._secret_key, self.token)

    def rotate(self, identity: Identity | None) -> None:
        """Go on under a fresh token, as `identity`; the old token is worthless from the end of this request."""
        self._leave()
        self.identity = identity
        self.modified = True

    def end(self) -> None:
        """Sign out: the old token is worthless, and nothing it held is kept."""
        self._leave()
        self.clear()
        self.identity = None

    def _leave(self) -> None:
        self.ended.append(self.token)
        self._token = self.found = None
        g.pop(CSRF_KEY, None)


def csrf_secret(secret_key: str, token: str) -> str:
    """The secret the forms of one session carry, signed; it changes whenever the token does."""
    return keyed_hash(secret_key, "csrf", token)


class ServerSessions(SessionInterface):
    """Opens the session of a request from its cookie and keeps it, only when it changed, in a transaction apart."""

    def open_session(self, app: Flask, request: Request) -> BrowserSession:
        """The session of this request; an unknown or dead token is as good as none."""
        settings: Settings = app.extensions["gettone.settings"]
        if request.path.startswith(_WITHOUT_SESSION):
            outside = BrowserSession(None, settings.secret_key, None)
            outside.kept = False
            return outside
        token = request.cookies.get(cookie_name(settings), "")
        if not _TOKEN.match(token):
            return BrowserSession(None, settings.secret_key, None)
        return _reopen(settings, token)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Keep what changed, end what was left, and give the browser its token."""
        assert isinstance(session, BrowserSession)  # noqa: S101 - narrows the type; `open_session` made it
        if not session.kept or session.missing is not None:
            return
        settings: Settings = app.extensions["gettone.settings"]
        changed = _store(session, settings)
        if session.handed_out or changed or session.found is not None:
            response.vary.add("Cookie")
            response.headers.setdefault("Cache-Control", "private, no-cache")
        if changed or (session.handed_out and session.new):
            _hand_over(session, settings, response)


def cookie_name(settings: Settings) -> str:
    """`__Host-` binds the cookie to this host and to TLS; over plain http, in a sandbox, a browser would refuse it."""
    return SECURE_COOKIE if settings.secure_cookies else PLAIN_COOKIE


def _reopen(settings: Settings, token: str) -> BrowserSession:
    try:
        with alone() as connection:
            found = find_session(connection, token, settings.desk_idle_after)
    except OperationalError as problem:
        without = BrowserSession(token, settings.secret_key, None)
        without.missing = problem
        return without
    if found is None or found.alive:
        known = BrowserSession(token, settings.secret_key, found)
        known.new = False
        return known
    return BrowserSession(None, settings.secret_key, None)


def _store(session: BrowserSession, settings: Settings) -> bool:
    """Write what must be written; answers whether the browser must learn of it."""
    worth = bool(session) or session.identity is not None or session.found is not None
    changed = session.modified and worth
    stale = session.found is not None and session.found.seen_at + TOUCHED_EVERY < clock.real_now()
    if changed or session.ended or stale:
        with apart() as database:
            if session.ended:
                revoke_tokens(database, session.ended)
            if changed:
                keep_session(database, session.token, dict(session), session.identity, settings.session_lifetime)
            elif stale:
                touch_session(database, session.token)
    return changed or bool(session.ended)


def _hand_over(session: BrowserSession, settings: Settings, response: Response) -> None:
    known_for = session.identity.expires_at - clock.real_now() if session.identity else settings.session_lifetime
    response.set_cookie(
        cookie_name(settings),
        session.token,
        max_age=int(known_for.total_seconds()),
        secure=settings.secure_cookies,
        httponly=True,
        samesite="Lax",
        path="/",
    )


def browser_session() -> BrowserSession:
    """The session of this request, as ours."""
    found = flask.session._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 - Flask hands out a proxy
    assert isinstance(found, BrowserSession)  # noqa: S101 - narrows the type of Flask's proxy
    return found


def install(app: Flask) -> None:
    """Keep sessions on the server."""
    app.session_interface = ServerSessions()
