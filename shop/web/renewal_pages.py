"""Rinnovo automatico: what will be charged, when, with which card; on after a consent, off in one press (F004-22)."""

from dataclasses import dataclass, field, replace
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from entitlements import Party, check_billing
from foundation import formats
from foundation.access import requires
from foundation.database import JsonObject, transaction
from foundation.principal import Principal, current_principal
from shop.addons.asking import companies_reached
from shop.billing_on_file import billing_on_file
from shop.payments.gateway import GatewayRefused, GatewayUnavailable
from shop.renewals.card_setup import open_card_page
from shop.renewals.mandate_text import CLAUSES, VERSION
from shop.renewals.mandates import MandateTextChanged, count_mandates_of
from shop.renewals.renewal_quotes import left_out_by_name
from shop.renewals.standing import (
    NothingToRenew,
    NotThePayer,
    RenewalStanding,
    Shown,
    renewal_standing,
    switch_off,
    switch_on,
    take_card_away,
)
from shop.web import renewal_words
from shop.web.checkout_form import TICKS
from shop.web.paying import gateway
from shop.web.roles import SHOPPERS
from shop.web.summary_rows import rows_of

renewals = Blueprint("renewals", __name__)
MANDATE = "mandate"


@dataclass(frozen=True, slots=True)
class ConsentForm:
    """What came back: the ticks, and the version, total and end that were in view."""

    ticks: frozenset[str] = frozenset()
    version: str = ""
    seen_gross_cents: str = ""
    seen_ends_on: str = ""

    @property
    def errors(self) -> dict[str, str]:
        """What has to be agreed to and is not, by field, in the order of the page."""
        sentences = {
            MANDATE: _("Per attivarlo autorizza gli addebiti."),
            "terms": _("Per ordinare accetta le condizioni generali."),
            "tacit_renewal": _("Per proseguire approva la clausola sul tacito rinnovo."),
            "liability_limits": _("Per proseguire approva la clausola sui limiti di responsabilità."),
        }
        return {name: sentence for name, sentence in sentences.items() if name not in self.ticks}


@dataclass(frozen=True, slots=True)
class RenewalView:
    """Everything the page shows: `reach` is how many companies the payer's card renews, `left_out` what ends anyway."""

    company_id: UUID
    name: str
    own: bool
    standing: RenewalStanding
    billing_missing: bool
    reach: int
    left_out: list[JsonObject]
    form: ConsentForm
    errors: dict[str, str] = field(default_factory=dict)
    changed: str = ""


@renewals.get("/aziende/<uuid:company_id>/rinnovo-automatico")
@requires(*SHOPPERS)
def show(company_id: UUID) -> str:
    """How the automatic renewal stands, or what is agreed to by turning it on; only for whoever pays."""
    with transaction() as session:
        view = _view(session, company_id, ConsentForm())
    return _page(view)


@renewals.post("/aziende/<uuid:company_id>/rinnovo-automatico")
@requires(*SHOPPERS)
def turn_on(company_id: UUID) -> Response | tuple[str, int]:
    """Record the consent; without a saved card the page that takes one comes next."""
    form = _read(request.form)
    with transaction() as session:
        view = _agreed(session, company_id, form)
    if view is not None:
        return _page(view), 422
    with transaction() as session:
        card = renewal_standing(session, _payer_id(), company_id).card
    if card is None:
        return _to_the_card_page(company_id)
    flash(_("Rinnovo automatico attivo."), "success")
    return redirect(url_for("renewals.show", company_id=company_id), 303)


@renewals.post("/aziende/<uuid:company_id>/rinnovo-automatico/fine")
@requires(*SHOPPERS)
def turn_off(company_id: UUID) -> Response:
    """Stop it: one press, no conditions."""
    with transaction() as session:
        _view(session, company_id, ConsentForm())
        done = switch_off(session, company_id, _principal())
    flash(_("Rinnovo automatico disattivato.") if done else _("Era già disattivato."), "success")
    return redirect(url_for("renewals.show", company_id=company_id), 303)


@renewals.post("/aziende/<uuid:company_id>/rinnovo-automatico/carta")
@requires(*SHOPPERS)
def save_card(company_id: UUID) -> Response:
    """Go on to the secure page that takes a card, a first one or another."""
    with transaction() as session:
        _view(session, company_id, ConsentForm())
    return _to_the_card_page(company_id)


@renewals.post("/aziende/<uuid:company_id>/rinnovo-automatico/carta/togli")
@requires(*SHOPPERS)
def forget_card(company_id: UUID) -> Response:
    """Take the card away; whatever it would have renewed does not renew by itself any more."""
    with transaction() as session:
        _reached(session, company_id)
        done = take_card_away(session, _principal())
    flash(_("Carta tolta: nessun rinnovo verrà addebitato.") if done else _("Non c’è nessuna carta."), "success")
    return redirect(url_for("renewals.show", company_id=company_id), 303)


def _agreed(session: Session, company_id: UUID, form: ConsentForm) -> RenewalView | None:
    """Record the consent; or the page as it is now, with what must be put right first."""
    view = _view(session, company_id, form)
    quote = view.standing.quote
    if quote is None or view.billing_missing:
        return view
    if form.errors:
        return replace(view, errors=form.errors)
    if (form.seen_gross_cents, form.seen_ends_on) != (str(quote.gross_cents), quote.base.ends_on.isoformat()):
        return replace(view, changed=_("Il rinnovo è cambiato da quando hai aperto la pagina."))
    shown = Shown(form.version, quote.gross_cents, quote.base.ends_on, formats.readers_language())
    try:
        switch_on(session, company_id, shown, _principal())
    except (MandateTextChanged, NothingToRenew):
        return replace(view, changed=_("Il testo è cambiato da quando hai aperto la pagina."))
    return None


def _view(session: Session, company_id: UUID, form: ConsentForm) -> RenewalView:
    """The page for whoever pays. Aborts with 404 for anybody else."""
    name, principal = _reached(session, company_id), _principal()
    payer_id = _payer_id()
    try:
        standing = renewal_standing(session, payer_id, company_id)
    except NotThePayer:
        abort(404)
    billing = check_billing(billing_on_file(session.get_one(Party, payer_id)))
    return RenewalView(
        company_id=company_id,
        name=name,
        own=principal.is_company,
        standing=standing,
        billing_missing=billing.data is None,
        reach=count_mandates_of(session, payer_id),
        left_out=left_out_by_name(session, company_id, standing.quote) if standing.quote else [],
        form=form,
    )


def _reached(session: Session, company_id: UUID) -> str:
    found = companies_reached(session, _payer_id(), [company_id])
    if company_id not in found:
        abort(404)
    return found[company_id]


def _read(form: MultiDict[str, str]) -> ConsentForm:
    return ConsentForm(
        ticks=frozenset(name for name in (MANDATE, *TICKS) if name in form),
        version=form.get("version", ""),
        seen_gross_cents=form.get("seen_gross_cents", ""),
        seen_ends_on=form.get("seen_ends_on", ""),
    )


def _to_the_card_page(company_id: UUID) -> Response:
    back = url_for("renewals.show", company_id=company_id)
    try:
        page = open_card_page(_payer_id(), back, gateway())
    except (GatewayUnavailable, GatewayRefused):
        flash(_("La pagina per la carta non risponde. Non è stato addebitato nulla: riprova tra poco."), "warning")
        return redirect(back, 303)
    return redirect(page.url, 303)


def _page(view: RenewalView) -> str:
    quote = view.standing.quote
    return render_template(
        "shop/renewal.html",
        view=view,
        rows=rows_of(quote.priced) if quote else [],
        clauses=CLAUSES,
        version=VERSION,
        words=renewal_words,
        returned="carta" in request.args,
    )


def _principal() -> Principal:
    found = current_principal()
    if found is None:
        abort(401)
    return found


def _payer_id() -> UUID:
    party_id = _principal().party_id
    if party_id is None:
        abort(404)
    return party_id
