"""/servizi/utenze: who sits on a company's seats, for its owner (F004-04, F004-10, F004-21)."""

from datetime import timedelta
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from entitlements import (
    AREAS,
    LEVELS,
    IllegalSeatStep,
    NoFreeSeat,
    Problem,
    Seat,
    SeatStep,
    check_email,
    clean_permissions,
    permit,
    seat_of,
    seating_of,
)
from foundation.access import requires
from foundation.database import JsonObject, transaction
from foundation.principal import Principal, current_principal
from foundation.settings import current_settings
from foundation.throttle import Limit
from shop.accounts.seat_people import WorksHereAlready, act_on_seat, invite_to_seat
from shop.accounts.signing_in import wait_from
from shop.web import service_words
from shop.web.accounts.sentences import problem_sentences, retry_after, wait_sentence

seats = Blueprint("seats", __name__)

PATH = "/servizi/utenze"
INVITATIONS_PER_COMPANY = Limit(20, timedelta(hours=1))
STEPS: dict[str, SeatStep] = {"resend": "resend", "disable": "disable", "enable": "enable", "free": "free"}

Answer = str | Response | tuple[str, int] | tuple[str, int, dict[str, str]]


@seats.get(PATH)
@requires("company_owner")
def people() -> str:
    """The seats with their people, and how many are free."""
    return _page({})


@seats.post(PATH)
@requires("company_owner")
def invite() -> Answer:
    """Invite somebody to a free seat; what was typed stays when it cannot be done."""
    by, company_id = _owner()
    checked = check_email(request.form.get("email", ""))
    if isinstance(checked, Problem):
        return _page(problem_sentences((checked,))), 422
    wait = wait_from(current_settings(), "seats-from", str(company_id), INVITATIONS_PER_COMPANY)
    if wait is not None:
        return _page({"": wait_sentence(wait)}), 429, retry_after(wait)
    try:
        with transaction() as session:
            invite_to_seat(session, company_id, checked, _permissions(), by)
    except NoFreeSeat as none:
        return _page({"email": _none_free(none)}), 409
    except WorksHereAlready:
        return _page({"email": _("Questa persona ha già un accesso: guarda l’elenco qui sopra.")}), 409
    flash(_("Abbiamo scritto a %(email)s. L’invito vale 7 giorni.", email=checked), "success")
    return redirect(PATH, 303)


@seats.get(f"{PATH}/<uuid:seat_id>")
@requires("company_owner")
def person(seat_id: UUID) -> str:
    """One seat: its person, what they may do, and what can be done about them."""
    _by, company_id = _owner()
    with transaction() as session:
        seat = seat_of(session, company_id, seat_id)
    return render_template("shop/seat.html", seat=seat, areas=AREAS, levels=LEVELS, words=service_words)


@seats.post(f"{PATH}/<uuid:seat_id>")
@requires("company_owner")
def change(seat_id: UUID) -> Response:
    """Set permissions, resend the invitation, disable, enable or free."""
    by, company_id = _owner()
    asked = request.form.get("action", "")
    try:
        with transaction() as session:
            _act(session, company_id, seat_id, asked, by)
    except IllegalSeatStep:
        flash(_("Nel frattempo questa utenza è cambiata: guarda come sta ora."), "warning")
    except NoFreeSeat as none:
        flash(_none_free(none), "error")
    else:
        flash(_DONE[asked](), "success")
    return redirect(url_for("seats.people"), 303)


def _act(session: Session, company_id: UUID, seat_id: UUID, asked: str, by: Principal) -> None:
    if asked == "permit":
        permit(session, company_id, seat_id, _permissions(), by)
    elif asked in STEPS:
        act_on_seat(session, company_id, seat_id, STEPS[asked], by)
    else:
        abort(400)


_DONE = {
    "permit": lambda: _("Permessi salvati."),
    "resend": lambda: _("Invito mandato di nuovo: il link di prima non vale più."),
    "disable": lambda: _("Utenza disattivata: la persona non può più entrare."),
    "enable": lambda: _("Utenza riattivata."),
    "free": lambda: _("Utenza libera: puoi invitare un’altra persona."),
}


def _none_free(none: NoFreeSeat) -> str:
    if none.suspended:
        return str(_("Le utenze sono sospese: nessuno si aggiunge finché non sono di nuovo attive."))
    return str(_("Non c’è un’utenza libera: liberane una o aggiungine altre dai servizi."))


def _owner() -> tuple[Principal, UUID]:
    by = current_principal()
    if by is None or by.party_id is None:
        abort(401)
    return by, by.party_id


def _permissions() -> JsonObject:
    return clean_permissions([(area, request.form.get(f"may-{area}", "")) for area in AREAS])


def _page(errors: dict[str, str]) -> str:
    _by, company_id = _owner()
    with transaction() as session:
        seating = seating_of(session, company_id)
        taken: tuple[Seat, ...] = seating.taken
    return render_template(
        "shop/seats.html",
        seating=seating,
        taken=taken,
        errors=errors,
        email=request.form.get("email", ""),
        given=_permissions() if request.form else dict.fromkeys(AREAS, "read"),
        areas=AREAS,
        levels=LEVELS,
        words=service_words,
    )
