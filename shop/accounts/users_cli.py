"""`flask users create|disable|token|reset-second-factor`; every verb may be repeated.

Exit codes: 0 done, 1 refused, 2 wrong usage (which is click's own).
"""

from collections.abc import Callable
from uuid import UUID

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from entitlements import Problem, check_email
from foundation.commands import answer, refuse
from foundation.database import transaction
from foundation.principal import DESK_ROLES, STUDIO_PEOPLE
from foundation.settings import current_settings
from foundation.tokens import link_token
from shop.accounts.api_tokens import DESK_TOKEN_ROLES, create_api_token
from shop.accounts.appointed_people import (
    Appointment,
    CompanyNotFound,
    CompanyNotUnique,
    PersonNotFound,
    StudioNotFound,
    appoint,
    company_party,
    disable_person,
    person_by_email,
    studio_party,
    vendor_party,
)
from shop.accounts.mailed_links import RESET_PASSWORD
from shop.accounts.people import ApiToken, User
from shop.accounts.second_factor import drop_second_factor


@click.group("users", help="People and tokens.")
def users_commands() -> None:
    """The group that the program adds to `flask`."""


_as_json = click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
_dry_run = click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")
_studio = click.option("--studio", help="Tax code or external reference of the studio.")


class _DryRun(Exception):
    """Ends a dry run: what was done in the transaction is undone, what would be said is kept."""

    def __init__(self, said: dict[str, object]) -> None:
        super().__init__("dry run")
        self.said = said


@users_commands.command("create")
@click.argument("email")
@click.option("--name", required=True)
@click.option("--role", type=click.Choice([*STUDIO_PEOPLE, *sorted(DESK_ROLES)]), required=True)
@_studio
@_as_json
@_dry_run
def create(email: str, name: str, role: str, studio: str | None, *, as_json: bool, dry_run: bool) -> None:
    """Make a person who acts for the vendor or a studio; prints the link with which they choose a password."""
    if (role in STUDIO_PEOPLE) != (studio is not None):
        raise click.UsageError("owner and staff belong to a --studio, the other roles to the vendor.")
    if isinstance(check_email(email), Problem):
        raise click.UsageError(f"{email!r} is no e-mail address.")
    if not name.strip():
        raise click.UsageError("A person has a name.")

    def work(session: Session) -> dict[str, object]:
        settings = current_settings()
        party = studio_party(session, studio) if studio else vendor_party(session, settings.seller)
        user, changed = appoint(session, Appointment(email, name, party.id, role))
        said: dict[str, object] = {"email": user.email, "role": role, "party": party.name, "changed": changed}
        if user.password_hash is None:
            token = link_token(settings.secret_key, RESET_PASSWORD, user.id, user.link_version)
            said["link"] = f"{settings.public_url}/password/{token}"
        return said

    _run(work, as_json=as_json, dry_run=dry_run)


@users_commands.command("disable")
@click.argument("email")
@_as_json
@_dry_run
def disable(email: str, *, as_json: bool, dry_run: bool) -> None:
    """Let a person in no more; their sessions end at once."""

    def work(session: Session) -> dict[str, object]:
        user = person_by_email(session, email)
        return {"email": user.email, "changed": disable_person(session, user)}

    _run(work, as_json=as_json, dry_run=dry_run)


@users_commands.command("token")
@click.argument("role", type=click.Choice([*DESK_TOKEN_ROLES, "studio", "company"]))
@click.option("--name", required=True, help="What the token is for; the same name makes no second token.")
@_studio
@click.option("--company", help="Tax code, external reference or id of the company.")
@_as_json
@_dry_run
def token(role: str, name: str, studio: str | None, company: str | None, *, as_json: bool, dry_run: bool) -> None:
    """Make an API token and print it, this once."""
    if (role == "studio") != (studio is not None) or (role == "company") != (company is not None):
        raise click.UsageError("A token of the role studio belongs to a --studio, company to a --company, else none.")
    if not name.strip():
        raise click.UsageError("A token has a name.")

    def work(session: Session) -> dict[str, object]:
        party_id = _party_of(session, studio, company)
        same = select(ApiToken.id).where(
            ApiToken.name == name,
            ApiToken.role == role,
            ApiToken.party_id == party_id if party_id else ApiToken.party_id.is_(None),
            ApiToken.revoked_at.is_(None),
        )
        if session.scalars(same).first() is not None:
            return {"name": name, "role": role, "changed": False}
        _row, secret = create_api_token(session, name, role, None, party_id)
        return {"name": name, "role": role, "changed": True, "token": "…" if dry_run else secret}

    _run(work, as_json=as_json, dry_run=dry_run)


@users_commands.command("reset-second-factor")
@click.argument("email")
@_as_json
@_dry_run
def reset_second_factor(email: str, *, as_json: bool, dry_run: bool) -> None:
    """Forget a lost phone: the next sign-in sets up a new one. Make sure who asks."""

    def work(session: Session) -> dict[str, object]:
        user: User = person_by_email(session, email)
        enrolled = user.totp_confirmed_at is not None
        if enrolled:
            drop_second_factor(session, user)
        return {"email": user.email, "changed": enrolled}

    _run(work, as_json=as_json, dry_run=dry_run)


def _party_of(session: Session, studio: str | None, company: str | None) -> UUID | None:
    """Whose token it will be; None: the vendor's."""
    if studio is not None:
        return studio_party(session, studio).id
    return company_party(session, company).id if company is not None else None


def _run(work: Callable[[Session], dict[str, object]], *, as_json: bool, dry_run: bool) -> None:
    try:
        with transaction() as session:
            said = _unless_dry(work(session), dry_run=dry_run)
    except _DryRun as dry:
        said = {key: value for key, value in dry.said.items() if key != "link"} | {"dry_run": True}
    except PersonNotFound:
        refuse("Nobody has this address.", "person_not_found", as_json=as_json)
    except StudioNotFound:
        refuse("No studio has this tax code or external reference.", "studio_not_found", as_json=as_json)
    except CompanyNotFound:
        refuse("No live company has this tax code, external reference or id.", "company_not_found", as_json=as_json)
    except CompanyNotUnique:
        refuse("Several companies have this tax code: give the id.", "company_not_unique", as_json=as_json)
    answer(said, as_json=as_json)


def _unless_dry(said: dict[str, object], *, dry_run: bool) -> dict[str, object]:
    if dry_run:
        raise _DryRun(said)
    return said
