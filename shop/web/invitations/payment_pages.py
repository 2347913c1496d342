"""/invito/<link>/pagamento: the locked price, the clauses, card or transfer, and one button that obliges to pay."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from entitlements import Party, checked_data, invitations
from foundation import formats
from foundation.access import public
from foundation.database import transaction
from foundation.settings import current_settings
from shop.invitations.locked_offers import priced_as_locked
from shop.invitations.ordering import DataIncomplete, InvitedOrder, order_by_invitation
from shop.orders.letters import whole_hours
from shop.orders.order_book import CARD, Order
from shop.orders.placing import TermsNotAccepted, TotalChanged
from shop.payments.method import METHODS
from shop.web.checkout_form import TICKS, number_in
from shop.web.invitations.links import held, known_here, without_traces
from shop.web.paying import go_to_the_payment_page

blueprint = Blueprint("invitation_payment", __name__)
blueprint.after_request(without_traces)

CLIENT_TICKS: Mapping[str, tuple[str, ...]] = {
    **TICKS,
    "studio": ("studio_permissions", "data_processing"),
}


@dataclass(frozen=True, slots=True)
class PaymentForm:
    """What the page shows and what comes back."""

    method: str = CARD
    ticks: frozenset[str] = frozenset()
    seen_gross_cents: int | None = None
    errors: Mapping[str, str] = field(default_factory=dict)

    @property
    def clauses(self) -> frozenset[str]:
        """The clauses the ticks accept."""
        return frozenset(clause for tick in self.ticks for clause in CLIENT_TICKS[tick])


@blueprint.get("/invito/<token>/pagamento")
@public
def show(token: str) -> Response | str:
    """The page before the obligation; what was ordered already leads to its status."""
    with transaction() as session:
        invitation = held(session, token)
        way = _elsewhere(session, invitation, token)
        return way or _page(session, invitation, token, PaymentForm())


@blueprint.post("/invito/<token>/pagamento")
@public
def place(token: str) -> Response | tuple[str, int]:
    """Order once, whoever presses and however often; then to the payment page or to the transfer's instructions."""
    form = _read()
    with transaction() as session:
        invitation = held(session, token, lock=True)
        way = _elsewhere(session, invitation, token)
        if way is not None:
            return way
        outcome = _order(session, invitation, form)
        if isinstance(outcome, PaymentForm):
            return _page(session, invitation, token, outcome), 422
    status = url_for("invitation_status.show", token=token)
    if outcome.payment_method == CARD and outcome.state == "AWAITING_PAYMENT":
        return go_to_the_payment_page(outcome, status)
    return redirect(status, 303)


def _elsewhere(session: Session, invitation: invitations.Invitation, token: str) -> Response | None:
    """Where to go when there is nothing to pay here: the status, the code, or the form that is not complete."""
    if invitation.state not in invitations.OPEN_STATES:
        return redirect(url_for("invitation_status.show", token=token), 303)
    if not known_here(invitation):
        return redirect(url_for("invitation_landing.show", token=token), 303)
    if checked_data(session, invitation) is None:
        return redirect(url_for("invitation_form.show", token=token, slug="riepilogo"), 303)
    return None


def _order(session: Session, invitation: invitations.Invitation, form: PaymentForm) -> Order | PaymentForm:
    errors = _wrong(form)
    if errors:
        return PaymentForm(form.method, form.ticks, form.seen_gross_cents, errors)
    wanted = InvitedOrder(form.method, form.clauses, form.seen_gross_cents, formats.readers_language())
    try:
        return order_by_invitation(session, invitation, wanted)
    except (TotalChanged, TermsNotAccepted, DataIncomplete):
        return PaymentForm(
            form.method, form.ticks, None, {"": _("L’invito è cambiato: controlla il totale e conferma.")}
        )


def _read() -> PaymentForm:
    figure = number_in(request.form.get("seen_gross_cents", ""))
    ticks = frozenset(tick for tick in CLIENT_TICKS if tick in request.form)
    return PaymentForm(request.form.get("method", ""), ticks, figure)


def _wrong(form: PaymentForm) -> dict[str, str]:
    sentences = {
        "terms": _("Per ordinare accetta le condizioni generali."),
        "tacit_renewal": _("Per proseguire approva la clausola sul tacito rinnovo."),
        "liability_limits": _("Per proseguire approva la clausola sui limiti di responsabilità."),
        "studio": _("Per proseguire accetta i permessi dello studio e la nomina per il trattamento dei dati."),
    }
    errors = {} if form.method in METHODS else {"method": _("Scegli tra carta e bonifico.")}
    errors |= {tick: sentence for tick, sentence in sentences.items() if tick not in form.ticks}
    if form.seen_gross_cents is None:
        errors |= {"": _("Prima di confermare guarda il totale.")}
    return errors


def _page(session: Session, invitation: invitations.Invitation, token: str, form: PaymentForm) -> str:
    settings = current_settings()
    return render_template(
        "invitations/payment.html",
        invitation=invitation,
        data=checked_data(session, invitation),
        studio=session.get_one(Party, invitation.studio_id),
        quote=priced_as_locked(session, invitation).quote,
        form=form,
        errors=dict(form.errors),
        hours=(whole_hours(settings.bank_transfer_release_after), whole_hours(settings.bank_transfer_sla)),
        token=token,
    )
