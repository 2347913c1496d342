"""The company somebody works on at the moment (F002-07): kept in the session, chosen and left by a POST.

It only spares choosing again: every page that acts on a company still asks whether it may.
"""

from dataclasses import dataclass
from uuid import UUID

from flask import session

_KEY = "active_company"


@dataclass(frozen=True, slots=True)
class ActiveCompany:
    """The company's party and its name as it was when it was chosen."""

    id: UUID
    name: str


def active_company() -> ActiveCompany | None:
    """The company of this browser's session, or None."""
    kept = session.get(_KEY)
    return ActiveCompany(UUID(kept[0]), kept[1]) if kept else None


def work_on(company_id: UUID, name: str) -> None:
    """Go on with this company."""
    session[_KEY] = [str(company_id), name]


def work_on_none() -> None:
    """Go on without a company."""
    session.pop(_KEY, None)
