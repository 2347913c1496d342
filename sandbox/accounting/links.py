"""The signed, short-lived deep link that opens the shop for a studio without a password."""

import base64
import hmac
import json
import secrets
from collections.abc import Mapping
from hashlib import sha256
from urllib.parse import urlencode

LIFETIME_SECONDS = 120
DESTINATIONS = {
    "/catalogo": "Area acquisti",
    "/coupon": "Attiva coupon acquistati",
    "/supporto": "Attività di supporto",
}


def entrance_token(key: bytes, whose: Mapping[str, str], user: str, destination: str, now: float) -> str:
    """Return a token for one entrance: base64url(JSON) + "." + base64url(HMAC-SHA256).

    `whose` is `{"studio": its external reference}` or `{"company": its id in the shop}`, `user` the e-mail of the
    person. The token expires two minutes after `now`; its nonce lets the shop accept it once.
    """
    claims = {
        **whose,
        "user": user,
        "to": destination,
        "exp": int(now) + LIFETIME_SECONDS,
        "nonce": secrets.token_hex(16),
    }
    first = _base64url(json.dumps(claims, ensure_ascii=False).encode())
    return f"{first}.{_base64url(hmac.digest(key, first.encode(), sha256))}"


def entrance(shop_url: str, token: str) -> str:
    """Return the address in the shop that takes the token."""
    return f"{shop_url.rstrip('/')}/entra?{urlencode({'token': token})}"


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
