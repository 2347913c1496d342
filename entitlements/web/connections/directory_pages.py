"""/commercialisti: the public directory, and the pick that links at once; /account/profilo: a studio's own profile."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from entitlements.connections.directory import (
    DESCRIPTION_LENGTH,
    NAME_LENGTH,
    PLACE_LENGTH,
    ProfileText,
    choose_studio,
    keep_profile,
    listed_profile,
    profile_of,
    search_directory,
)
from entitlements.connections.linking import link_state
from entitlements.parties import Party
from entitlements.web.connections.asking import party_of
from entitlements.web.reading import COMPANY_OWNER, id_arg, person, studio, text_arg
from foundation.access import public, requires
from foundation.database import transaction
from foundation.principal import current_principal
from foundation.settings import current_settings
from foundation.throttle import Limit, count_try
from foundation.tokens import keyed_hash

blueprint = Blueprint("directory", __name__)

Answer = str | Response | tuple[str, int]
PAGE_SIZE = 20
SEARCHES = Limit(120, timedelta(minutes=10))
CHOICES = Limit(10, timedelta(hours=1))


@blueprint.get("/commercialisti")
@public
def search() -> Answer:
    """Listed accountants by name, found by name and place; how often one address may search is bounded."""
    asked = {"q": text_arg("q"), "luogo": text_arg("luogo")}
    whom = keyed_hash(current_settings().secret_key, "throttle", request.remote_addr or "")
    too_often = count_try(f"directory:{whom}", SEARCHES) is not None
    rows = []
    if not too_often:
        with transaction() as session:
            rows = search_directory(session, asked["q"], asked["luogo"], id_arg("after"), PAGE_SIZE + 1)
    kept: dict[str, Any] = {name: value for name, value in asked.items() if value}
    more = len(rows) > PAGE_SIZE
    page = render_template(
        "entitlements/connections/directory.html",
        asked=asked,
        rows=rows[:PAGE_SIZE],
        too_often=too_often,
        next_url=url_for("directory.search", **kept, after=rows[PAGE_SIZE - 1].studio_id) if more else "",
        previous_url=url_for("directory.search", **kept) if id_arg("after") else "",
    )
    return (page, 429) if too_often else page


@blueprint.get("/commercialisti/<uuid:studio_id>")
@public
def show(studio_id: UUID) -> Answer:
    """One listed accountant; a company's owner may pick them here."""
    by = current_principal()
    with transaction() as session:
        profile = listed_profile(session, studio_id)
        chooses = by is not None and by.is_one_of(COMPANY_OWNER)
        state = link_state(session, studio_id, party_of(by)) if by is not None and chooses else "NONE"
    return render_template(
        "entitlements/connections/profile.html", profile=profile, chooses=chooses, state=state, visitor=by is None
    )


@blueprint.post("/commercialisti/<uuid:studio_id>/scegli")
@requires(*COMPANY_OWNER)
def choose(studio_id: UUID) -> Answer:
    """Pick an accountant: linked at once (D13)."""
    by = person()
    if count_try(f"directory-choices:{by.party_id}", CHOICES) is not None:
        flash(_("Hai già scelto molte volte. Riprova tra un’ora."), "error")
        return redirect(url_for("directory.show", studio_id=studio_id), 303)
    with transaction() as session:
        chosen = choose_studio(session, studio_id, by)
    if chosen:
        flash(_("Collegamento attivo: il commercialista riceve una e-mail. I permessi li decidi qui."), "success")
    else:
        flash(_("Siete già collegati."), "info")
    return redirect(url_for("connections.company_studios"), 303)


@blueprint.get("/account/profilo")
@requires("owner")
def own_profile() -> Answer:
    """What the studio tells the public."""
    _by, studio_id = studio()
    with transaction() as session:
        profile, party = profile_of(session, studio_id), session.get_one(Party, studio_id)
    form = {
        "name": profile.name if profile else party.name,
        "place": profile.place if profile else party.address.get("city", ""),
        "description": profile.description if profile else "",
        "active": profile.active if profile else False,
    }
    return _profile_page(form, {})


@blueprint.post("/account/profilo")
@requires("owner")
def keep_own_profile() -> Answer:
    """Keep the profile; listed or not is the owner's choice."""
    by, studio_id = studio()
    form = {name: _line(name) for name in ("name", "place", "description")}
    listed = bool(request.form.get("active"))
    errors = _wrong(form)
    if errors:
        return _profile_page({**form, "active": listed}, errors), 422
    with transaction() as session:
        keep_profile(session, studio_id, ProfileText(**form, active=listed), by)
    flash(_("Profilo pubblicato nell’elenco.") if listed else _("Profilo salvato, non è nell’elenco."), "success")
    return redirect(url_for("directory.own_profile"), 303)


def _line(name: str) -> str:
    return " ".join(request.form.get(name, "").split())


def _wrong(form: dict[str, str]) -> dict[str, str]:
    longest = {"name": NAME_LENGTH, "place": PLACE_LENGTH, "description": DESCRIPTION_LENGTH}
    wrong = {
        name: _("Al massimo %(count)s caratteri.", count=most)
        for name, most in longest.items()
        if len(form[name]) > most
    }
    missing = {"name": _("Scrivi il nome con cui ti conoscono."), "place": _("Scrivi il Comune in cui lavori.")}
    return {name: sentence for name, sentence in missing.items() if not form[name]} | wrong


def _profile_page(form: dict[str, object], errors: dict[str, str]) -> str:
    return render_template("entitlements/connections/own_profile.html", form=form, errors=errors)
