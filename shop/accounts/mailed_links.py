"""Links sent by mail: computed from the person and a version, never stored; opening one consumes nothing (S15)."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from foundation import clock
from foundation.ids import new_id
from foundation.mail import queue_mail
from foundation.tokens import link_subject, link_token_is_valid
from shop.accounts.arrivals import address_proven
from shop.accounts.people import User

CONFIRM_EMAIL = "confirm_email"
RESET_PASSWORD = "reset_password"  # noqa: S105 - the name of a kind of link
LIFETIMES = {CONFIRM_EMAIL: timedelta(days=7), RESET_PASSWORD: timedelta(hours=1)}


class MailedLinkRefused(Exception):
    """The link is unknown, used, or too old; the page says the same for all three."""


def send_link(session: Session, user: User, kind: str) -> None:
    """Mail a person a link of this kind. Asking again soon repeats the link; later it makes the old one worthless."""
    now = clock.real_now()
    if user.link_sent_at is not None and user.link_sent_at + LIFETIMES[RESET_PASSWORD] < now:
        user.link_version += 1
    user.link_sent_at = now
    queue_mail(
        session,
        cause=f"{kind}:{new_id()}",
        to=user.email,
        template=kind,
        context={"name": user.name, "user_id": str(user.id), "version": user.link_version},
        locale=user.locale,
    )


def believe_link(session: Session, secret_key: str, kind: str, token: str) -> User:
    """The person a link was sent to, locked until the end of the transaction. Raises MailedLinkRefused."""
    subject = link_subject(token)
    if subject is None:
        raise MailedLinkRefused
    user = session.scalars(select(User).where(User.id == subject).with_for_update()).one_or_none()
    if user is None or user.disabled_at is not None or user.link_sent_at is None:
        raise MailedLinkRefused
    if not link_token_is_valid(secret_key, kind, token, user.id, user.link_version):
        raise MailedLinkRefused
    if user.link_sent_at + LIFETIMES[kind] <= clock.real_now():
        raise MailedLinkRefused
    return user


def confirm_email(session: Session, secret_key: str, token: str) -> User:
    """Confirm a person's address by their link, which dies with it. Raises MailedLinkRefused."""
    user = believe_link(session, secret_key, CONFIRM_EMAIL, token)
    address_proven(session, user)
    user.link_version += 1
    return user
