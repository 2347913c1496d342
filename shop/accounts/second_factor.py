"""The second factor (M3): a time-based code whose secret is derived, never stored; a code is accepted once (S11)."""

import base64
import hmac
from datetime import timedelta
from uuid import UUID

import pyotp
from sqlalchemy import update
from sqlalchemy.orm import Session

from foundation import clock
from foundation.events import Subject, record_event
from foundation.throttle import Limit, count_try, forget_tries
from foundation.tokens import keyed_hash
from shop.accounts.api_tokens import revoke_tokens_made_by
from shop.accounts.people import User
from shop.accounts.sessions import revoke_sessions

STEP_SECONDS = 30
TRIES = Limit(5, timedelta(minutes=15))
_SECRET_BYTES = 20
_AROUND = (0, -1, 1)


def secret_of(secret_key: str, user: User) -> str:
    """The secret shared with the person's phone, in base32: an HMAC of person and version under the secret key."""
    digest = bytes.fromhex(keyed_hash(secret_key, "totp", f"{user.id}:{user.totp_version}"))
    return base64.b32encode(digest[:_SECRET_BYTES]).decode()


def provisioning_uri(secret_key: str, user: User) -> str:
    """What the QR code holds: the address authenticator apps read."""
    return pyotp.TOTP(secret_of(secret_key, user)).provisioning_uri(name=user.email, issuer_name="Gettone")


def wait_before_code(user_id: UUID) -> timedelta | None:
    """Count one try of a code; answers how long to wait, or None."""
    return count_try(f"second-factor:{user_id}", TRIES)


def accept_code(session: Session, secret_key: str, user: User, code: str) -> bool:
    """Whether `code` is the person's, of this half minute or a neighbour, and was not used before; uses it up.

    The first accepted code confirms the enrolment.
    """
    step = _step_of(secret_key, user, code)
    if step is None:
        return False
    fresh = User.totp_last_step.is_(None) | (User.totp_last_step < step)
    used = session.execute(
        update(User).where(User.id == user.id, fresh).values(totp_last_step=step).returning(User.id)
    ).scalar()
    if used is None:
        return False
    if user.totp_confirmed_at is None:
        user.totp_confirmed_at = clock.now()
        record_event(session, "user.second_factor_enrolled", Subject("user", user.id))
    forget_tries(f"second-factor:{user.id}")
    return True


def _step_of(secret_key: str, user: User, code: str) -> int | None:
    given = "".join(code.split())
    if not given.isascii():
        return None
    now = int(clock.real_now().timestamp()) // STEP_SECONDS
    codes = pyotp.HOTP(secret_of(secret_key, user))
    fitting = [now + shift for shift in _AROUND if hmac.compare_digest(codes.at(now + shift), given)]
    return fitting[0] if fitting else None


def acceptable_code(secret_key: str, user: User) -> str | None:
    """The next code that would be accepted, for the sandbox to show; None right after two in a row."""
    now = int(clock.real_now().timestamp()) // STEP_SECONDS
    step = max(now, (user.totp_last_step or 0) + 1)
    return pyotp.HOTP(secret_of(secret_key, user)).at(step) if step <= now + 1 else None


def drop_second_factor(session: Session, user: User) -> None:
    """Forget a lost phone: the next sign-in enrols a new one, every session ends."""
    user.totp_version += 1
    user.totp_confirmed_at = None
    revoke_sessions(session, user.id)
    record_event(session, "user.second_factor_dropped", Subject("user", user.id))


def forget_claims(session: Session, user: User) -> None:
    """Nobody proved to own this person's address, so whoever opened the account may be somebody else.

    The password and phone they chose, the sessions they hold and the tokens they made are worthless from now on.
    """
    revoke_tokens_made_by(session, user.id)
    user.password_hash = None
    user.link_version += 1
    if user.totp_confirmed_at is not None:
        drop_second_factor(session, user)
    else:
        # The page that sets a phone up shows its secret before the first code confirms it.
        user.totp_version += 1
    revoke_sessions(session, user.id)
