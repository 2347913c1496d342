"""The fourth port to the outside: an invoicing service where clients have an account of their own (OAuth 2, PKCE)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlencode

from foundation.database import refuse_open_transaction

CONNECT_SECONDS = 3
ANSWER_SECONDS = 10
SCOPE = "companies:read"
_REFUSED = frozenset({400, 401, 403})


class GrantRefused(Exception):
    """The service does not take this code or token (any more): the person has to consent again."""


class InvoicingSilent(Exception):
    """The service gave no answer that can be used: it may be tried again."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a consent is worth: `lasts_seconds` is the life of the access token. Never logged, never shown."""

    access: str
    refresh: str
    lasts_seconds: int

    def __repr__(self) -> str:
        """Say nothing of the tokens: a repr ends up in logs."""
        return "Tokens(…)"


@dataclass(frozen=True, slots=True)
class OutsideCompany:
    """A company of the connected account."""

    external_id: str
    name: str
    vat_number: str | None


class Invoicing(Protocol):
    """Asks the service; raises GrantRefused or InvoicingSilent."""

    def consent_url(self, state: str, challenge: str, return_url: str) -> str:
        """Where the person is sent to consent."""

    def exchange(self, code: str, verifier: str, return_url: str) -> Tokens:
        """Tokens for a code, with the proof that the same program asked (PKCE)."""

    def refresh(self, refresh_token: str) -> Tokens:
        """Fresh tokens for the refresh token, which may be replaced."""

    def companies(self, access_token: str) -> list[OutsideCompany]:
        """The companies of the account."""

    def revoke(self, refresh_token: str) -> None:
        """Take the consent back."""


class HttpInvoicing:
    """Speaks to the service at `base_url` as the client `client_id`."""

    def __init__(self, base_url: str, client_id: str, client_secret: str) -> None:
        self._base = base_url.rstrip("/")
        self._client = {"client_id": client_id, "client_secret": client_secret}

    def consent_url(self, state: str, challenge: str, return_url: str) -> str:
        """GET /oauth/authorize, in the person's browser."""
        asked = {
            "response_type": "code",
            "client_id": self._client["client_id"],
            "redirect_uri": return_url,
            "scope": SCOPE,
            "state": state,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        return f"{self._base}/oauth/authorize?{urlencode(asked)}"

    def exchange(self, code: str, verifier: str, return_url: str) -> Tokens:
        """POST /oauth/token with the code."""
        grant = {"grant_type": "authorization_code", "code": code, "code_verifier": verifier}
        return self._tokens(grant | {"redirect_uri": return_url})

    def refresh(self, refresh_token: str) -> Tokens:
        """POST /oauth/token with the refresh token."""
        return self._tokens({"grant_type": "refresh_token", "refresh_token": refresh_token})

    def companies(self, access_token: str) -> list[OutsideCompany]:
        """GET /api/companies."""
        answer = self._call("GET", "/api/companies", headers={"Authorization": f"Bearer {access_token}"})
        try:
            found = [_company(one) for one in answer["companies"]]
        except (KeyError, TypeError):
            raise InvoicingSilent from None
        return found

    def revoke(self, refresh_token: str) -> None:
        """POST /oauth/revoke."""
        self._call("POST", "/oauth/revoke", data={**self._client, "token": refresh_token})

    def _tokens(self, grant: Mapping[str, str]) -> Tokens:
        answer = self._call("POST", "/oauth/token", data={**self._client, **grant})
        try:
            return Tokens(str(answer["access_token"]), str(answer["refresh_token"]), int(answer["expires_in"]))
        except (KeyError, TypeError, ValueError):
            raise InvoicingSilent from None

    def _call(self, method: str, path: str, **options: Any) -> dict[str, Any]:  # noqa: ANN401 - requests' own options
        # Imported here because it takes a twentieth of a start, and pages do without.
        import requests  # noqa: PLC0415

        refuse_open_transaction()
        limits = (CONNECT_SECONDS, ANSWER_SECONDS)
        try:
            answer = requests.request(method, self._base + path, timeout=limits, allow_redirects=False, **options)
            body = answer.json() if answer.content else {}
        except (requests.RequestException, ValueError):
            # Without its cause: a problem of the transport may quote what was sent.
            raise InvoicingSilent from None
        if answer.status_code in _REFUSED:
            raise GrantRefused
        if not answer.ok or not isinstance(body, dict):
            raise InvoicingSilent
        return body


class MemoryInvoicing:
    """The Null twin: consents at once, knows two companies, remembers what was revoked."""

    def __init__(self) -> None:
        self.revoked: list[str] = []
        self.refused: set[str] = set()
        self.silent = False
        self.lasts_seconds = 3_600
        self.given = 0
        self.challenges: dict[str, str] = {}
        self.known = [
            OutsideCompany("FC-1", "Bottega del Legno", "02780790107"),
            OutsideCompany("FC-2", "Serra Gialla", None),
        ]

    def consent_url(self, state: str, challenge: str, return_url: str) -> str:
        """An address nobody has to open."""
        self.challenges[state] = challenge
        return f"https://invoicing.example/oauth/authorize?{urlencode({'state': state, 'redirect_uri': return_url})}"

    def exchange(self, code: str, verifier: str, return_url: str) -> Tokens:  # noqa: ARG002 - the port's shape
        """Tokens, unless the code is refused or nobody answers."""
        self._answer(code)
        return self._tokens()

    def refresh(self, refresh_token: str) -> Tokens:
        """Fresh tokens, unless the consent is gone."""
        self._answer(refresh_token)
        return self._tokens()

    def companies(self, access_token: str) -> list[OutsideCompany]:
        """The companies it knows."""
        self._answer(access_token)
        return list(self.known)

    def revoke(self, refresh_token: str) -> None:
        """Remember it."""
        self._answer("")
        self.revoked.append(refresh_token)

    def _tokens(self) -> Tokens:
        self.given += 1
        return Tokens(f"access-{self.given}", f"refresh-{self.given}", self.lasts_seconds)

    def _answer(self, shown: str) -> None:
        if self.silent:
            raise InvoicingSilent
        if shown in self.refused:
            raise GrantRefused


def _company(one: Mapping[str, Any]) -> OutsideCompany:
    number = one.get("vat_number")
    return OutsideCompany(str(one["id"]), str(one["name"])[:200], str(number)[:20] if number else None)
