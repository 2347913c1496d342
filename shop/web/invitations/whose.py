"""Whose invitations a page shows: the studio of whoever is signed in."""

from uuid import UUID

from flask import abort

from foundation.principal import Principal, current_principal


def by() -> Principal:
    """Whoever acts; access has been checked, so somebody is there."""
    principal = current_principal()
    if principal is None:
        abort(403)
    return principal


def studio_id() -> UUID:
    """The studio they act for."""
    party_id = by().party_id
    if party_id is None:
        abort(403)
    return party_id
