"""Whose objects a token may touch: a buyer's token its own, the vendor's tokens everybody's."""

from uuid import UUID

from flask import abort

from foundation.principal import Principal, current_principal

BUYERS = ("studio", "company")


def principal() -> Principal:
    """Who asks; `foundation.access` has let them in."""
    found = current_principal()
    if found is None:
        abort(401)
    return found


def own_party() -> UUID:
    """The party a buyer's token acts for."""
    party_id = principal().party_id
    if party_id is None:
        abort(403)
    return party_id


def visible_party() -> UUID | None:
    """The party whose objects this token sees; None: everybody's."""
    return own_party() if principal().role in BUYERS else None
