"""Consents: codes that work once and soon, tokens that end, refresh tokens that are replaced when they are used."""

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

CLIENT_ID = "gettone"
CODE_SECONDS = 60
ACCESS_SECONDS = 600
COMPANIES = (
    {"id": "FC-1001", "name": "Bottega del Legno S.r.l.", "vat_number": "02780790107"},
    {"id": "FC-1002", "name": "Serra Gialla", "vat_number": "05979361218"},
    {"id": "FC-1003", "name": "Associazione Vento", "vat_number": None},
)


class Refused(Exception):
    """An OAuth error; its name is what the standard calls it."""


@dataclass(frozen=True)
class Code:
    """A code that waits to be changed for tokens."""

    challenge: str
    redirect_uri: str
    until: float


@dataclass
class Consents:
    """What people consented to, in memory: after a restart everybody consents anew."""

    shop_url: str
    client_secret: str
    clock: Callable[[], float] = time.time
    codes: dict[str, Code] = field(default_factory=dict)
    access: dict[str, float] = field(default_factory=dict)
    refresh: set[str] = field(default_factory=set)

    def may_return_to(self, redirect_uri: str) -> bool:
        """Whether this is an address of the shop."""
        wanted, known = urlsplit(redirect_uri), urlsplit(self.shop_url)
        return (wanted.scheme, wanted.netloc) == (known.scheme, known.netloc)

    def give_code(self, challenge: str, redirect_uri: str) -> str:
        """A code for somebody who consented."""
        code = secrets.token_urlsafe(24)
        self.codes[code] = Code(challenge, redirect_uri, self.clock() + CODE_SECONDS)
        return code

    def check_client(self, client_id: str, client_secret: str) -> None:
        """Raise Refused unless the shop asks."""
        if client_id != CLIENT_ID or not hmac.compare_digest(client_secret, self.client_secret):
            raise Refused("invalid_client")

    def change_code(self, code: str, verifier: str, redirect_uri: str) -> dict[str, object]:
        """Tokens for a code, once. Raises Refused."""
        known = self.codes.pop(code, None)
        digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        if known is None or known.until < self.clock() or known.redirect_uri != redirect_uri:
            raise Refused("invalid_grant")
        if not hmac.compare_digest(digest, known.challenge):
            raise Refused("invalid_grant")
        return self._tokens()

    def change_refresh(self, token: str) -> dict[str, object]:
        """Fresh tokens; the old refresh token is worthless from now on. Raises Refused."""
        if token not in self.refresh:
            raise Refused("invalid_grant")
        self.refresh.discard(token)
        return self._tokens()

    def revoke(self, token: str) -> None:
        """Forget a consent; an unknown one is forgotten already."""
        self.refresh.discard(token)
        self.access.clear()

    def is_alive(self, token: str) -> bool:
        """Whether this access token opens anything."""
        return self.access.get(token, 0.0) > self.clock()

    def _tokens(self) -> dict[str, object]:
        access, refresh = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        self.access[access] = self.clock() + ACCESS_SECONDS
        self.refresh.add(refresh)
        return {
            "access_token": access,
            "refresh_token": refresh,
            "token_type": "Bearer",
            "expires_in": ACCESS_SECONDS,
        }
