"""Identifiers that look like Stripe's: a prefix that names the kind, then random letters."""

import secrets
import string

_ALPHABET = string.ascii_letters + string.digits


def new_id(prefix: str, length: int = 24) -> str:
    """Return a fresh identifier such as ``pi_3N…``."""
    return f"{prefix}_{''.join(secrets.choice(_ALPHABET) for _ in range(length))}"


def new_session_id() -> str:
    """Return a fresh Checkout Session identifier, marked as a test one like every id here."""
    return f"cs_test_{secrets.token_hex(29)}"


def new_thin_id() -> str:
    """Return the identifier of a thin event, which never equals that of its snapshot."""
    return f"evt_test_{secrets.token_hex(12)}"
