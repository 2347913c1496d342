"""/account/persone: the people of a studio or company, for its owner; /invito/persona/<token>: joining it."""

from datetime import timedelta
from uuid import UUID

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from entitlements import Problem, check_email
from foundation.access import public, requires
from foundation.database import transaction
from foundation.principal import Principal, current_principal
from foundation.settings import current_settings
from foundation.throttle import Limit
from shop.accounts.members import (
    OWNER_ROLES,
    Invitation,
    InvitationRefused,
    LastOwner,
    MemberNotFound,
    accept_invitation,
    believe_invitation,
    change_member_role,
    give_company_access,
    invite_member,
    members_of,
    remove_member,
    roles_in,
)
from shop.accounts.signing_in import note_entrance, wait_from
from shop.web.accounts.blueprint import Answer, accounts
from shop.web.accounts.coming_in import come_in
from shop.web.accounts.over import link_over
from shop.web.accounts.sentences import (
    found,
    name_sentence,
    password_sentence,
    problem_sentences,
    retry_after,
    wait_sentence,
)

PATH = "/account/persone"
INVITATIONS_PER_STUDIO = Limit(20, timedelta(hours=1))


@accounts.get(PATH)
@requires(*OWNER_ROLES)
def members() -> Answer:
    """Who works for the studio."""
    return _page({})


@accounts.post(PATH)
@requires(*OWNER_ROLES)
def member_invite() -> Answer:
    """Invite somebody; known and unknown addresses are answered alike."""
    by, party_id = _owner()
    email, role = request.form.get("email", ""), request.form.get("role", "")
    checked = check_email(email)
    if isinstance(checked, Problem):
        return _page(problem_sentences((checked,))), 422
    wait = wait_from(current_settings(), "invites-from", str(party_id), INVITATIONS_PER_STUDIO)
    if wait is not None:
        return _page({"": wait_sentence(wait)}), 429, retry_after(wait)
    with transaction() as session:
        known = roles_in(session, party_id)
        if role and role not in known:
            abort(404)
        invite_member(session, party_id, checked, role or known[-1], by)
    flash(_("Abbiamo scritto a %(email)s. L’invito vale 7 giorni.", email=checked), "success")
    return redirect(PATH)


@accounts.post(f"{PATH}/<uuid:membership_id>")
@requires(*OWNER_ROLES)
def member_change(membership_id: UUID) -> Answer:
    """Give another role, or take the access away."""
    by, party_id = _owner()
    role, tokens = request.form.get("role", ""), 0
    try:
        with transaction() as session:
            if role == "none":
                tokens = remove_member(session, party_id, membership_id, by)
            else:
                change_member_role(session, party_id, membership_id, role, by)
    except LastOwner:
        flash(_("Serve sempre un titolare. Nominane prima un altro."), "error")
    except MemberNotFound:
        flash(_("Questa persona non ha più accesso."), "warning")
        return _page({}), 404
    else:
        flash(_("Accesso tolto.") if role == "none" else _("Ruolo cambiato."), "success")
        if tokens:
            flash(_tokens_go_on(tokens), "warning")
    return redirect(PATH)


@accounts.post("/aziende/<uuid:company_id>/accesso")
@requires("owner", "staff")
def company_access(company_id: UUID) -> Answer:
    """Invite the first owner of a company that the studio activated."""
    by, party_id = _owner()
    page = url_for("client.show", company_id=company_id)
    checked = check_email(request.form.get("email", ""))
    if isinstance(checked, Problem):
        flash(problem_sentences((checked,))[checked.field], "error")
        return redirect(page)
    wait = wait_from(current_settings(), "invites-from", str(party_id), INVITATIONS_PER_STUDIO)
    if wait is not None:
        flash(wait_sentence(wait), "error")
        return redirect(page)
    with transaction() as session:
        given = give_company_access(session, company_id, checked, by)
    if not given:
        abort(404)
    flash(_("Abbiamo scritto a %(email)s. L’invito vale 7 giorni.", email=checked), "success")
    return redirect(page)


@accounts.get("/invito/persona/<token>")
@public
def invitation(token: str) -> Answer:
    """Who invites, and one form: opening the link changes nothing."""
    try:
        with transaction() as session:
            found_invitation = believe_invitation(session, current_settings().secret_key, token)
    except InvitationRefused:
        return link_over(kind="invitation")
    return _invitation_page(found_invitation, {})


@accounts.post("/invito/persona/<token>")
@public
def invitation_accept(token: str) -> Answer:
    """Join the studio."""
    name, password = request.form.get("name", ""), request.form.get("password", "")
    try:
        with transaction() as session:
            believed = believe_invitation(session, current_settings().secret_key, token)
            errors = _wrong(believed, name, password)
            if errors:
                return _invitation_page(believed, errors), 422
            entrance = accept_invitation(session, believed, name.strip(), password)
            if entrance is not None:
                note_entrance(session, entrance, "invitation")
    except InvitationRefused:
        return link_over(kind="invitation")
    flash(_("Ora hai accesso a %(studio)s.", studio=believed.studio.removesuffix(".")), "success")
    return come_in(entrance, "/") if entrance else redirect("/accedi")


def _tokens_go_on(count: int) -> str:
    """Their programs are the party's: only it knows which of them must stop."""
    return str(
        ngettext(
            "Funziona ancora %(num)s token delle API creato da questa persona: revocalo se non serve più.",
            "Funzionano ancora %(num)s token delle API creati da questa persona: revoca quelli che non servono più.",
            count,
        )
    )


def _wrong(believed: Invitation, name: str, password: str) -> dict[str, str]:
    if not believed.new_person:
        return {}
    return found({"name": name_sentence(name), "password": password_sentence(password, believed.user.email)})


def _owner() -> tuple[Principal, UUID]:
    by = current_principal()
    assert by is not None  # noqa: S101 - the route asks for an owner
    assert by.party_id is not None  # noqa: S101 - an owner acts for a studio
    return by, by.party_id


def _page(errors: dict[str, str]) -> str:
    by, party_id = _owner()
    with transaction() as session:
        people = members_of(session, party_id)
    facts = {"people": people, "me": by.user_id, "of_company": by.is_company}
    return render_template("accounts/members.html", errors=errors, form=request.form, **facts)


def _invitation_page(believed: Invitation, errors: dict[str, str]) -> str:
    name = request.form.get("name", "")
    return render_template("accounts/invitation.html", invitation=believed, errors=errors, name=name)
