"""Mail (M26): queued as a row of the transaction that causes it, rendered and sent by a job, one per cause.

The row holds a template's name and plain values, never a token: link tokens are computed when the mail is rendered.
A recipient whom the server refuses for good has bounced: the mail is not tried again, and whoever cares is told.
"""

import json
import re
import smtplib
import ssl
from collections.abc import Callable
from datetime import datetime
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from typing import Any, Protocol, TypedDict, Unpack
from urllib.parse import urlsplit
from uuid import UUID

from flask import current_app, render_template
from flask_babel import force_locale
from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from foundation import clock
from foundation.database import Identified, JsonObject, Model, alone, looking, refuse_open_transaction, transaction
from foundation.faults import fault_point
from foundation.ids import new_id
from foundation.jobs.queue import store_and_defer
from foundation.jobs.registry import job
from foundation.logs import log
from foundation.settings import current_settings
from foundation.tokens import link_code, link_token

_SMTP_TIMEOUT_SECONDS = 15
_PERMANENT = 500
_ENHANCED = re.compile(r"[245]\.[0-9]{1,3}\.[0-9]{1,3}", re.ASCII)
_STORE = """
    INSERT INTO mails (id, cause, recipient, template, locale, context, party_id, queued_at)
    VALUES (:id, :cause, :recipient, :template, :locale, CAST(:context AS jsonb), :party_id, :queued_at)
    ON CONFLICT DO NOTHING
"""
_FORGET = text("UPDATE mails SET recipient = '', context = '{}' WHERE split_part(cause, ':', 2) = :about")
_SENT = text("UPDATE mails SET sent_at = :now WHERE id = :id AND bounced_at IS NULL")


class Mail(Identified, Model):
    """One mail to one person for one cause; `sent_at` is set once the server took it, `bounced_at` when it never will.

    `cause` is `template:what it is about:occasion`, `refusal` the server's code, without its words, which may name the
    recipient. One that was forgotten has no recipient and no values.
    """

    __tablename__ = "mails"
    __table_args__ = (
        CheckConstraint("sent_at IS NULL OR bounced_at IS NULL", name="one_end"),
        CheckConstraint("(bounced_at IS NULL) = (refusal IS NULL)", name="refusal"),
        Index("ix_mails_about", text("split_part(cause, ':', 2)")),
    )

    cause: Mapped[str] = mapped_column(unique=True)
    recipient: Mapped[str]
    template: Mapped[str]
    locale: Mapped[str]
    context: Mapped[JsonObject]
    party_id: Mapped[UUID | None] = mapped_column(index=True)
    queued_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    bounced_at: Mapped[datetime | None]
    refusal: Mapped[str | None]


class RecipientRefused(Exception):
    """The server will never take mail for this recipient; `code` is its answer, such as 550 5.1.1."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Mailer(Protocol):
    """Takes a finished message to a mail server."""

    def send(self, message: EmailMessage) -> None:
        """Hand `message` over; raises OSError or smtplib.SMTPException when the server did not take it.

        Raises RecipientRefused when trying again is of no use.
        """


class SmtpMailer:
    """Speaks SMTP to `url` (smtp://host:port, smtps://user:password@host:port)."""

    def __init__(self, url: str) -> None:
        self._url = urlsplit(url)

    def send(self, message: EmailMessage) -> None:
        """Send over a fresh connection; TLS for smtps, credentials when the URL has them."""
        host, port = self._url.hostname or "127.0.0.1", self._url.port or 25
        with self._connect(host, port) as server:
            if self._url.username:
                server.login(self._url.username, self._url.password or "")
            try:
                server.send_message(message)
            except smtplib.SMTPRecipientsRefused as refused:
                if (code := permanent_refusal(refused)) is not None:
                    raise RecipientRefused(code) from None
                raise

    def _connect(self, host: str, port: int) -> smtplib.SMTP:
        if self._url.scheme == "smtps":
            # Without a context the library would take any certificate.
            trust = ssl.create_default_context()
            return smtplib.SMTP_SSL(host, port, timeout=_SMTP_TIMEOUT_SECONDS, context=trust)
        return smtplib.SMTP(host, port, timeout=_SMTP_TIMEOUT_SECONDS)


def permanent_refusal(refused: smtplib.SMTPRecipientsRefused) -> str | None:
    """The code of a refusal that speaks of the recipient and is for good; None for one that may pass.

    A status 5.7.x speaks of us (we may not relay, we are on a list), so it is tried again like a server that is away.
    """
    for number, words in refused.recipients.values():
        status = _ENHANCED.match(words.decode("ascii", "replace"))
        about = status.group(0) if status else ""
        if number >= _PERMANENT and not about.startswith("5.7."):
            return f"{number} {about}".strip()
    return None


class MemoryMailer:
    """Keeps messages in a list: the Null twin of the mail server (tests, and machines without one).

    It refuses the addresses of `nobody` as a server does that knows no such person.
    """

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.nobody: set[str] = set()

    def send(self, message: EmailMessage) -> None:
        """Keep the message. Raises RecipientRefused."""
        if message["To"] in self.nobody:
            raise RecipientRefused("550 5.1.1")
        self.messages.append(message)


class Reader(TypedDict, total=False):
    """Who reads a mail: the party whose mail it is (None: nobody's yet), and the language it is written in."""

    party_id: UUID | None
    locale: str


def queue_mail(
    session: Session, *, cause: str, to: str, template: str, context: dict[str, Any], **reader: Unpack[Reader]
) -> bool:
    """Queue one mail for `cause`; answers False (and queues nothing) when that cause has its mail already.

    `context` holds JSON values for `templates/mail/<template>.txt` and `.html`, and in `reply_to` who is answered by a
    reply, the seller unless it is there; a token is asked for in the template by
    `link('kind', subject_id, version)`, and a code to type by `code(…)`.
    """
    values = {
        "id": new_id(),
        "cause": cause,
        "recipient": to,
        "template": template,
        "locale": reader.get("locale", "it"),
        "context": json.dumps(context),
        "party_id": reader.get("party_id"),
        "queued_at": clock.now(),
    }
    return store_and_defer(session, _STORE, values, "mail.deliver", "mail_id")


def forget_mails(session: Session, about: UUID) -> None:
    """Forget to whom the mails about something went and what stood in them; one that waits yet is never sent.

    The rows stay, so that no cause is written to twice.
    """
    session.execute(_FORGET, {"about": str(about)})


class AddressRefused(Exception):
    """A recipient that is not exactly one address: no mail is composed, so that nobody adds recipients or headers."""


def one_address(recipient: str) -> Address:
    """The recipient as a header takes it, its domain in ASCII. Raises AddressRefused for anything but one address."""
    try:
        address = Address(addr_spec=recipient)
        return Address(username=address.username, domain=address.domain.encode("idna").decode())
    except (ValueError, IndexError, HeaderParseError):
        # The cause is left out: its message would carry the address into a log.
        raise AddressRefused from None


BounceRule = Callable[[Session, Mail], None]
_bounce_rules: dict[str, BounceRule] = {}


def bounce_rule(*templates: str) -> Callable[[BounceRule], BounceRule]:
    """Register what is done, in the transaction that notes it, when a mail of one of these templates has bounced."""

    def register(function: BounceRule) -> BounceRule:
        _bounce_rules.update(dict.fromkeys(templates, function))
        return function

    return register


@job("mail.deliver", tries=60)
def deliver_mail(mail_id: str) -> None:
    """Render and send one mail. A crash after the server took it may repeat it under the same Message-ID (M26)."""
    with looking() as session:
        mail = session.get(Mail, UUID(mail_id))
    if mail is None or mail.sent_at is not None or mail.bounced_at is not None or not mail.recipient:
        return
    message = compose(mail)
    refuse_open_transaction()
    fault_point("mail.before_send")
    mailer: Mailer = current_app.extensions["gettone.mailer"]
    try:
        mailer.send(message)
    except RecipientRefused as refused:
        _note_bounce(mail.id, refused.code)
        return
    fault_point("mail.after_send")
    with alone() as connection:
        connection.execute(_SENT, {"id": mail.id, "now": clock.now()})
    log().info("mail sent", mail=mail.id)


def _note_bounce(mail_id: UUID, code: str) -> None:
    with transaction() as session:
        stored = session.get_one(Mail, mail_id, with_for_update=True)
        if stored.bounced_at is not None:
            return
        stored.bounced_at, stored.refusal = clock.now(), code
        rule = _bounce_rules.get(stored.template)
        if rule is not None:
            rule(session, stored)
    log().warning("mail bounced", mail=mail_id, refusal=code)


def compose(mail: Mail) -> EmailMessage:
    """Build the message: text and HTML from the same context, a stable Message-ID, no header from outside values."""
    settings = current_settings()

    def link(kind: str, subject: str, version: int) -> str:
        return link_token(settings.secret_key, kind, UUID(subject), version)

    def code(kind: str, subject: str, version: int) -> str:
        return link_code(settings.secret_key, kind, UUID(subject), version)

    values = mail.context | {
        "link": link,
        "code": code,
        "seller": settings.seller,
        "public_url": settings.public_url,
        "support_url": f"{settings.public_url}/assistenza",
        "simulator_in_use": settings.payment_simulator_in_use,
    }
    with force_locale(mail.locale):
        plain = render_template(f"mail/{mail.template}.txt", **values)
        html = render_template(f"mail/{mail.template}.html", **values)
    subject, _, body = plain.partition("\n")
    message = EmailMessage()
    message["Message-ID"] = f"<{mail.id}@{urlsplit(settings.public_url).hostname}>"
    message["From"] = settings.mail_sender
    message["To"] = one_address(mail.recipient)
    # The sender's box is read by nobody.
    answers_to = mail.context.get("reply_to")
    message["Reply-To"] = one_address(answers_to) if answers_to else settings.seller.email
    message["Subject"] = " ".join(subject.removeprefix("Subject:").split())
    message["Date"] = mail.queued_at
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(body.strip() + "\n")
    message.add_alternative(html, subtype="html")
    return message
