"""API tokens: a studio's or company's own (/account/token, its owner), the vendor's (/desk/token, an administrator)."""

from uuid import UUID

from flask import flash, redirect, render_template, request
from flask_babel import gettext as _

from foundation.access import requires
from foundation.database import transaction
from foundation.principal import Principal, current_principal
from shop.accounts.api_tokens import DESK_TOKEN_ROLES, api_tokens_of, create_api_token, revoke_api_token
from shop.accounts.members import OWNER_ROLES
from shop.web.accounts.blueprint import Answer, accounts

OWN_PATH = "/account/token"
DESK_PATH = "/desk/token"
_LONGEST_NAME = 60


@accounts.get(OWN_PATH)
@requires(*OWNER_ROLES)
def own_tokens() -> Answer:
    """The tokens of a studio or a company."""
    return _page(OWN_PATH)


@accounts.post(OWN_PATH)
@requires(*OWNER_ROLES)
def own_token_create() -> Answer:
    """Make a token for one's own programs, of the studio or of the company; it is shown this once."""
    return _create(OWN_PATH, "studio" if _by().role == "owner" else "company")


@accounts.post(f"{OWN_PATH}/<uuid:token_id>/revoca")
@requires(*OWNER_ROLES)
def own_token_revoke(token_id: UUID) -> Answer:
    """End a token."""
    return _revoke(OWN_PATH, token_id)


@accounts.get(DESK_PATH)
@requires("admin")
def desk_tokens() -> Answer:
    """The vendor's tokens."""
    return _page(DESK_PATH)


@accounts.post(DESK_PATH)
@requires("admin")
def desk_token_create() -> Answer:
    """Make a token for one of the vendor's programs; it is shown this once."""
    return _create(DESK_PATH, request.form.get("role", ""))


@accounts.post(f"{DESK_PATH}/<uuid:token_id>/revoca")
@requires("admin")
def desk_token_revoke(token_id: UUID) -> Answer:
    """End a token."""
    return _revoke(DESK_PATH, token_id)


def _create(path: str, role: str) -> Answer:
    by, name = _by(), " ".join(request.form.get("name", "").split())
    errors = {}
    if not 0 < len(name) <= _LONGEST_NAME:
        errors["name"] = _("Scrivi a che cosa serve il token, al massimo %(count)s caratteri.", count=_LONGEST_NAME)
    if by.party_id is None and role not in DESK_TOKEN_ROLES:
        errors["role"] = _("Scegli il ruolo dall’elenco.")
    if errors:
        return _page(path, errors), 422
    with transaction() as session:
        _row, secret = create_api_token(session, name, role, by, by.party_id)
    return _page(path, secret=secret)


def _revoke(path: str, token_id: UUID) -> Answer:
    by = _by()
    with transaction() as session:
        done = revoke_api_token(session, token_id, by, by.party_id)
    if not done:
        flash(_("Questo token non c’è più."), "warning")
        return _page(path), 404
    flash(_("Token revocato."), "success")
    return redirect(path)


def _by() -> Principal:
    by = current_principal()
    assert by is not None  # noqa: S101 - the routes ask for a role
    return by


def _page(path: str, errors: dict[str, str] | None = None, secret: str | None = None) -> str:
    by = _by()
    with transaction() as session:
        tokens = api_tokens_of(session, by.party_id)
    roles = () if by.party_id else DESK_TOKEN_ROLES
    form = {} if secret else request.form
    return render_template(
        "accounts/tokens.html", errors=errors or {}, tokens=tokens, secret=secret, path=path, roles=roles, form=form
    )
