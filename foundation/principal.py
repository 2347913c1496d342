"""Principal (M2): who acts, for whom, with which role. The shop fills it in, every web room reads it."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from foundation.current import kept

STUDIO_PEOPLE = ("owner", "staff")
"""Roles of the people of a studio; its programs have the role `studio`."""
STUDIO_ROLES = frozenset({*STUDIO_PEOPLE, "studio"})
COMPANY_ROLES = frozenset({"company_owner", "member", "company"})
DESK_ROLES = frozenset({"finance", "support", "admin"})
NEEDS_SECOND_FACTOR = frozenset({"finance", "admin"})
"""Roles that sign in with a second factor (M3)."""


@dataclass(frozen=True, slots=True)
class Principal:
    """Somebody signed in (user) or a machine (token) acting for a party in one role.

    `user_id` is None for tokens of machines; `party_id` is None for vendor roles, who act on everybody's behalf.
    The owner of a company acts as `company_owner`: `owner` is a studio's (M3).
    `locale` is the language they are written to in.
    """

    user_id: UUID | None
    party_id: UUID | None
    role: str
    scopes: frozenset[str] = frozenset()
    token_id: UUID | None = None
    second_factor: bool = False
    locale: str = "it"

    def is_one_of(self, roles: Iterable[str]) -> bool:
        """Whether the role is one of `roles`."""
        return self.role in frozenset(roles)

    @property
    def is_studio(self) -> bool:
        """Whether a studio's owner or staff acts."""
        return self.role in STUDIO_ROLES

    @property
    def is_company(self) -> bool:
        """Whether people or a program of a company act."""
        return self.role in COMPANY_ROLES

    @property
    def is_desk(self) -> bool:
        """Whether a person of the vendor acts (finance, support, admin)."""
        return self.role in DESK_ROLES


def current_principal() -> Principal | None:
    """The principal of this request, or None when nobody is signed in."""
    found = kept().get("principal")
    return found if isinstance(found, Principal) else None


def act_as(principal: Principal | None) -> None:
    """Set the principal of this request; called once by the shop's sign-in."""
    kept().principal = principal
