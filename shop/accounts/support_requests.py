"""A question to the support: mailed to the vendor with a reference the person can quote."""

import secrets
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from foundation.ids import new_id
from foundation.mail import queue_mail

LONGEST_SUBJECT = 120
LONGEST_MESSAGE = 5_000
# Letters and digits nobody mistakes for each other on the telephone.
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


@dataclass(frozen=True, slots=True)
class SupportRequest:
    """Who asks what; `studio` is empty for somebody who is not signed in."""

    name: str
    email: str
    studio: str
    subject: str
    message: str
    party_id: UUID | None = None


def new_reference() -> str:
    """A code such as R-7Q4M2K, to be quoted in a letter or on the telephone."""
    return "R-" + "".join(secrets.choice(_ALPHABET) for _position in range(6))


def ask_support(session: Session, asked: SupportRequest, support_address: str, locale: str) -> str:
    """Queue the question for the vendor and a receipt for the person; answers the reference."""
    reference, cause = new_reference(), new_id()
    context = {"reference": reference, "subject": asked.subject}
    question = {"name": asked.name, "email": asked.email, "studio": asked.studio, "message": asked.message}
    queue_mail(
        session,
        cause=f"support_request:{cause}",
        to=support_address,
        template="support_request",
        context=context | question | {"reply_to": asked.email},
        party_id=asked.party_id,
    )
    queue_mail(
        session,
        cause=f"support_received:{cause}",
        to=asked.email,
        template="support_received",
        context=context,
        party_id=asked.party_id,
        locale=locale,
    )
    return reference
