"""Sealing: secrets of others that must be read again (tokens of connected accounts) lie encrypted in the database.

A Fernet (AES-128-CBC, then HMAC-SHA256) under a key derived by HKDF from the secret key and a purpose, so that a sealed
value of one purpose is no value of another.
"""

import base64
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.fernet import Fernet


class SealBroken(Exception):
    """What was read is not what was sealed, or was sealed under another key."""


def seal(secret_key: str, purpose: str, text: str) -> str:
    """The text encrypted and authenticated, as ASCII."""
    return _fernet(secret_key, purpose).encrypt(text.encode()).decode()


def unseal(secret_key: str, purpose: str, sealed: str) -> str:
    """The text that was sealed for this purpose. Raises SealBroken."""
    from cryptography.fernet import InvalidToken  # noqa: PLC0415 - as below

    try:
        return _fernet(secret_key, purpose).decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise SealBroken from None


def _fernet(secret_key: str, purpose: str) -> "Fernet":
    # Imported where it is used: 10 MiB that most workers never need.
    from cryptography.fernet import Fernet  # noqa: PLC0415
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF  # noqa: PLC0415

    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=f"gettone/seal/{purpose}".encode())
    return Fernet(base64.urlsafe_b64encode(derived.derive(secret_key.encode())))
