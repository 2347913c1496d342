"""What the finance pages read from a request: who acts, amounts as people write them, days, cursors."""

import re
from datetime import date
from uuid import UUID

from flask import abort, request

from foundation.principal import Principal, current_principal

FINANCE = ("finance", "admin")
PAGE = 25
# 1.234,50 as Italians write it, or 1,234.50 as the English pages show it; what could be either is read as Italian.
_ITALIAN = re.compile(r"^(?P<whole>\d{1,3}(\.\d{3})+|\d{1,9})(,(?P<cents>\d{1,2}))?$")
_ENGLISH = re.compile(r"^(?P<whole>\d{1,3}(,\d{3})+|\d{1,9})\.(?P<cents>\d{1,2})$")


def person() -> Principal:
    """The principal of this request; access has been checked, so it is there."""
    principal = current_principal()
    if principal is None:
        abort(403)
    return principal


def text_of(name: str, longest: int = 100) -> str:
    """A text of address or form, cut; what PostgreSQL cannot store is left out."""
    return request.values.get(name, "")[:longest].replace("\x00", "").strip()


def id_of(name: str) -> UUID | None:
    """An id of the address; anything else counts as absent."""
    try:
        return UUID(request.values.get(name, ""))
    except ValueError:
        return None


def day_of(name: str) -> date | None:
    """A day as a date field sends it; None for anything else."""
    try:
        return date.fromisoformat(request.values.get(name, ""))
    except ValueError:
        return None


def seen_cents(name: str = "visto") -> int:
    """An amount that was shown before the click; zero, which fits nothing, when there is none."""
    seen = text_of(name, 12)
    return int(seen) if seen.isascii() and seen.isdecimal() else 0


def cents_of(text: str) -> int | None:
    """Cents from an amount as people write it: "1.234,50", "179", "179,3", "€1,234.50"; None for anything else."""
    plain = text.replace("€", "").replace("\u00a0", "").strip()
    found = _ITALIAN.match(plain) or _ENGLISH.match(plain)
    if found is None:
        return None
    whole = found["whole"].replace(".", "").replace(",", "")
    return int(whole) * 100 + int((found["cents"] or "0").ljust(2, "0"))
