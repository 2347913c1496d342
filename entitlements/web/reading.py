"""What pages read from a request: the studio that asks, and values of the address that may be anything."""

from uuid import UUID

from flask import abort, request

from foundation.principal import STUDIO_PEOPLE, Principal, current_principal

STUDIO = STUDIO_PEOPLE
COMPANY_OWNER = ("company_owner",)
BOTH_SIDES = (*STUDIO, *COMPANY_OWNER)
DESK = ("support", "admin")
PAGE = 50


def studio() -> tuple[Principal, UUID]:
    """The principal of this request and its studio; access has been checked, so both are there."""
    principal = current_principal()
    if principal is None or principal.party_id is None:
        abort(403)
    return principal, principal.party_id


def person() -> Principal:
    """The principal of this request; access has been checked, so it is there."""
    principal = current_principal()
    if principal is None:
        abort(403)
    return principal


def text_arg(name: str, longest: int = 100) -> str:
    """A text of the address, cut; what PostgreSQL cannot store is left out."""
    return request.args.get(name, "")[:longest].replace("\x00", "").strip()


def id_arg(name: str) -> UUID | None:
    """An id of the address; anything else counts as absent."""
    try:
        return UUID(request.args.get(name, ""))
    except ValueError:
        return None


def choice_arg(name: str, known: tuple[str, ...], otherwise: str = "") -> str:
    """One of the known values; anything else counts as `otherwise`."""
    given = request.args.get(name, "")
    return given if given in known else otherwise
