"""Signing in for tests: a session row and its cookie, as the sign-in page leaves them, without its slow hash."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy import select
from werkzeug.test import TestResponse

from foundation import clock
from foundation.database import apart
from foundation.ids import new_id
from foundation.settings import Settings
from foundation.tokens import new_token
from shop import Membership, User
from shop.accounts.sessions import Identity, keep_session
from shop.web.accounts.web_session import cookie_name, csrf_secret


def sign_in(client: FlaskClient, user: User, party_id: UUID | None = None, *, second_factor: bool = True) -> str:
    """Sign `user` in under their membership of `party_id` (their first one when None); answers the cookie's token."""
    token = new_token()
    with client.application.app_context(), apart() as session:
        query = select(Membership).where(Membership.user_id == user.id, Membership.revoked_at.is_(None))
        if party_id is not None:
            query = query.where(Membership.party_id == party_id)
        membership = session.scalars(query.order_by(Membership.id).limit(1)).one()
        now = clock.real_now()
        identity = Identity(user.id, membership.id, now + timedelta(hours=12), now if second_factor else None)
        keep_session(session, token, {"_user_id": str(membership.id), "_fresh": True}, identity, timedelta(hours=12))
    client.set_cookie(cookie_name(settings_of(client)), token)
    return token


def csrf_token(client: FlaskClient) -> str:
    """The form token of this client's session; a client without a cookie is given one."""
    settings = settings_of(client)
    cookie = client.get_cookie(cookie_name(settings))
    token = cookie.value if cookie else new_token()
    if cookie is None:
        client.set_cookie(cookie_name(settings), token)
    serializer = URLSafeTimedSerializer(settings.secret_key, salt="wtf-csrf-token")
    return str(serializer.dumps(csrf_secret(settings.secret_key, token)))


def post(client: FlaskClient, path: str, /, **form: Any) -> TestResponse:  # noqa: ANN401 - whatever a form holds
    """Send a form as a browser does, with its token. Field names that are no Python names go through `fields`."""
    fields: dict[str, Any] = form.pop("fields", {})
    return client.post(path, data={"csrf_token": csrf_token(client), **form, **fields})


def sign_in_by_token(client: FlaskClient, role: str, party_id: UUID | None = None) -> dict[str, str]:
    """A bearer token for `role`; answers the headers of an API request."""
    from shop.accounts.api_tokens import create_api_token  # noqa: PLC0415 - only API tests need it

    with client.application.app_context(), apart() as session:
        _row, secret = create_api_token(session, f"test {new_id()}", role, None, party_id)
    return {"Authorization": f"Bearer {secret}"}


def settings_of(client: FlaskClient) -> Settings:
    """The settings of the client's application."""
    settings = client.application.extensions["gettone.settings"]
    assert isinstance(settings, Settings)
    return settings
