"""Somebody with a password and a session, and how old it is, for the tests of sessions."""

from datetime import timedelta
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import update

from foundation.tokens import token_hash
from shop import User, WebSession
from shop.accounts.passwords import hash_password
from tests.conftest import Transact
from tests.factories import a_studio, a_user

PASSWORD = "cavallo batteria graffetta"


def a_person(tx: Transact, role: str = "owner") -> User:
    with tx() as session:
        studio = a_studio(session, name="Studio Verdi")
        return a_user(session, studio.id, role, password_hash=hash_password(PASSWORD))


def age(tx: Transact, token: str, **columns: timedelta) -> None:
    """Let a session have been used, or begun, that long ago."""
    values: dict[str, Any] = {name: getattr(WebSession, name) - ago for name, ago in columns.items()}
    with tx() as session:
        session.execute(update(WebSession).where(WebSession.token_hash == token_hash(token)).values(values))


def cookie_of(client: FlaskClient) -> str:
    cookie = client.get_cookie("gettone")
    assert cookie is not None
    return cookie.value
