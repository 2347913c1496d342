"""Deep links (F003-02): short-lived, signed by the accounting program, they open the shop for a studio or a company."""

import base64
import binascii
import hashlib
import hmac
import json
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from entitlements import COMPANY, STUDIO, Party
from foundation import clock
from foundation.tokens import token_hash
from shop.accounts.people import Membership, UsedDeepLink, User
from shop.accounts.signing_in import Entrance, entrance_of, normal_email, usable_memberships

FURTHEST = timedelta(minutes=5)
DESTINATIONS = frozenset({"/", "/catalogo", "/coupon", "/supporto", "/aziende", "/ordini", "/servizi"})
_SERVICES = re.compile(r"/aziende/[0-9a-f-]{36}/servizi", re.ASCII)
_PRODUCT = re.compile(r"/catalogo(\?azienda=[0-9a-f-]{36})?#offer-[a-z0-9_-]{1,40}", re.ASCII)
"""A product of the catalogue, perhaps for one company: what a button of the vendor's software sells (F004-07, -08)."""
_LONGEST = 2_000
_SHORTEST_NONCE = 16


class DeepLinkRefused(Exception):
    """The link does not open the shop; `reason` is malformed, signature, expired, used or unknown."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class DeepLink:
    """What a believed link says: for whom the person acts, their e-mail, where to go, and its nonce.

    `studio` is a studio's reference; of a company's own person it is empty and `company` is the company's id.
    """

    studio: str
    company: UUID | None
    email: str
    destination: str
    nonce: str


def read_deep_link(secret: str, token: str) -> DeepLink:
    """Believe a link: its signature under the shared secret and its expiry. Changes nothing. Raises DeepLinkRefused."""
    if len(token) > _LONGEST or not token.isascii():
        raise DeepLinkRefused("malformed")
    first, _, tag = token.partition(".")
    expected = hmac.new(_key(secret), first.encode(), hashlib.sha256).digest()
    if not hmac.compare_digest(expected, _decoded(tag)):
        raise DeepLinkRefused("signature")
    claims = _claims(first)
    left = claims["exp"] - clock.real_now().timestamp()
    if not 0 < left <= FURTHEST.total_seconds():
        raise DeepLinkRefused("expired")
    email = normal_email(claims["user"])
    return DeepLink(claims.get("studio", ""), _company(claims), email, _destination(claims["to"]), claims["nonce"])


def follow_deep_link(session: Session, link: DeepLink) -> Entrance:
    """Let the link's person in under their membership of its studio, once. Raises DeepLinkRefused."""
    row = insert(UsedDeepLink).values(nonce_hash=token_hash(link.nonce), used_at=clock.real_now())
    if session.execute(row.on_conflict_do_nothing().returning(UsedDeepLink.nonce_hash)).scalar() is None:
        raise DeepLinkRefused("used")
    user = session.scalars(select(User).where(User.email == link.email, User.disabled_at.is_(None))).one_or_none()
    if user is None:
        raise DeepLinkRefused("unknown")
    query = usable_memberships(user.id).join(Party, Party.id == Membership.party_id)
    whose = (Party.external_ref == link.studio, Party.kind == STUDIO)
    if link.company is not None:
        whose = (Party.id == link.company, Party.kind == COMPANY)
    membership = session.scalars(query.where(*whose)).one_or_none()
    entrance = entrance_of(session, user, membership.id) if membership else None
    if entrance is None:
        raise DeepLinkRefused("unknown")
    return entrance


def _destination(wanted: str) -> str:
    """Where the link leads, if it is a place a link may lead to; the first page otherwise."""
    allowed = wanted in DESTINATIONS or _SERVICES.fullmatch(wanted) or _PRODUCT.fullmatch(wanted)
    return wanted if allowed else "/"


def _claims(first: str) -> dict[str, Any]:
    try:
        claims = json.loads(_decoded(first))
    except ValueError:
        raise DeepLinkRefused("malformed") from None
    if not isinstance(claims, dict) or type(claims.get("exp")) is not int:
        raise DeepLinkRefused("malformed")
    whose = "company" if "company" in claims else "studio"
    texts = [claims.get(name) for name in (whose, "user", "to", "nonce")]
    if not all(isinstance(text, str) and text for text in texts) or len(claims["nonce"]) < _SHORTEST_NONCE:
        raise DeepLinkRefused("malformed")
    return claims


def _company(claims: dict[str, Any]) -> UUID | None:
    try:
        return UUID(claims["company"]) if "company" in claims else None
    except ValueError:
        raise DeepLinkRefused("malformed") from None


def _decoded(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        raise DeepLinkRefused("malformed") from None


def _key(secret: str) -> bytes:
    return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
