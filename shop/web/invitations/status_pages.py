"""/invito/<link>/stato: from the order to the company, without an account; paying again, otherwise, or not at all."""

from dataclasses import dataclass
from datetime import timedelta

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from entitlements import CompanyPurchase, Party, invitations, purchase_of
from foundation import clock
from foundation.access import public
from foundation.database import transaction
from foundation.settings import current_settings
from foundation.throttle import Limit, count_try
from pricing import Money
from shop.invitations.accounts import invite_owner
from shop.invitations.ordering import as_invitee
from shop.orders.closing import cancel_order
from shop.orders.order_book import BANK_TRANSFER, CARD, Order
from shop.orders.transfer_instructions import TransferInstructions, transfer_instructions
from shop.payments.attempts import PaymentAttempt, attempts_of
from shop.payments.checkout import NotPayable
from shop.payments.method import change_payment_method
from shop.payments.money_in import paid_cents
from shop.payments.record import lock_order
from shop.web.invitations.links import held, known_here, without_traces
from shop.web.invitations.words import client_steps
from shop.web.paying import close_the_payment_page, go_to_the_payment_page

blueprint = Blueprint("invitation_status", __name__)
blueprint.after_request(without_traces)

LINKS_AGAIN = Limit(5, timedelta(hours=1))


@dataclass(frozen=True, slots=True)
class Status:
    """Everything the client's status page shows. Amounts in cents."""

    invitation: invitations.Invitation
    order: Order
    purchase: CompanyPurchase | None
    studio: Party
    paid_cents: int
    attempts: list[PaymentAttempt]

    @property
    def awaiting_funds(self) -> bool:
        """Whether a debit is on its way: paying again would be paying twice."""
        return any(attempt.state == "AWAITING_FUNDS" for attempt in self.attempts)

    @property
    def version(self) -> str:
        """Moves with everything that is shown, so that a page that looks again hears only of changes."""
        company = self.purchase.changed_at.isoformat() if self.purchase else ""
        return f"{self.order.version}-{self.invitation.state}-{self.paid_cents}-{company}"


@blueprint.get("/invito/<token>/stato")
@public
def show(token: str) -> AnyResponse:
    """Where the order stands. A page that looks again hears 204 while nothing has changed."""
    with transaction() as session:
        invitation = held(session, token)
        if invitation.order_id is None or invitation.state in invitations.OPEN_STATES:
            return redirect(url_for("invitation_landing.show", token=token), 303)
        status = _status(session, invitation)
    if request.args.get("versione", "") == status.version:
        return Response(status=204)
    return make_response(_page(status, token))


@blueprint.get("/invito/esito")
@public
def outcome() -> AnyResponse:
    """Where the hosted payment page leads back to, in whatever browser: a view that grants nothing and tells no data.

    The address that Stripe knows carries no link of ours; a browser that filled in the form goes on to its status.
    """
    page_id, number = request.args.get("sessione", ""), request.args.get("ordine", "")
    with transaction() as session:
        order = _order_of(session, page_id, number)
        invitation = invitations.invitation_of_order(session, order.id) if order is not None else None
    if invitation is not None and known_here(invitation):
        token = invitations.link_of_invitation(current_settings().secret_key, invitation)
        return redirect(url_for("invitation_status.show", token=token, pagato=1 if page_id else None), 303)
    state = order.state if order is not None and page_id else ""
    return make_response(render_template("invitations/outcome.html", state=state))


@blueprint.post("/invito/<token>/paga")
@public
def pay(token: str) -> AnyResponse:
    """Pay by card, now or again."""
    order = _choose(token, CARD)
    return go_to_the_payment_page(order, url_for("invitation_status.show", token=token)) if order else _back(token)


@blueprint.post("/invito/<token>/bonifico")
@public
def pay_by_transfer(token: str) -> AnyResponse:
    """Pay by bank transfer instead; a hosted page that is still open is closed, so that nobody pays twice."""
    order = _choose(token, BANK_TRANSFER)
    if order is not None:
        close_the_payment_page(order)
    return _back(token)


@blueprint.post("/invito/<token>/annulla")
@public
def cancel(token: str) -> AnyResponse:
    """Cancel an order that waits for its payment, to correct the data or the choice: the form opens again."""
    with transaction() as session:
        invitation = held(session, token)
        order = _locked_order(session, invitation)
        done = cancel_order(session, order, as_invitee(order.buyer_party_id))
    close_the_payment_page(order)
    if done:
        flash(_("Ordine annullato: non c’è nulla da pagare. I dati sono qui, correggili e ordina di nuovo."), "success")
    return redirect(url_for("invitation_landing.show", token=token), 303)


@blueprint.post("/invito/<token>/accesso")
@public
def account_again(token: str) -> AnyResponse:
    """Mail the link that opens the client's own account once more, to the invited address, until somebody came in."""
    with transaction() as session:
        invitation = held(session, token, lock=True)
        waits = count_try(f"invitation-account:{invitation.id}", LINKS_AGAIN) is not None
        invited = not waits and invite_owner(session, invitation)
    if waits:
        sentence = _("L’abbiamo già rimandata da poco: riprova tra un’ora, e guarda anche nella posta indesiderata.")
        flash(sentence, "info")
        answer = show(token)
        answer.status_code = 429
        return answer
    if invited:
        flash(_("Ti abbiamo mandato di nuovo il link per il tuo accesso."), "success")
    else:
        flash(_("L’azienda ha già chi vi accede: entra con la tua e-mail, o chiedi a un suo titolare."), "info")
    return _back(token)


def _choose(token: str, method: str) -> Order | None:
    """Have the order paid this way; None when it waits for no payment any more, which its status then shows."""
    try:
        with transaction() as session:
            order = _locked_order(session, held(session, token))
            change_payment_method(session, order, method, as_invitee(order.buyer_party_id))
            return order
    except NotPayable:
        flash(_("Quest’ordine ora non aspetta un pagamento: qui vedi a che punto è."), "info")
        return None


def _locked_order(session: Session, invitation: invitations.Invitation) -> Order:
    if invitation.order_id is None:
        raise invitations.IllegalInvitationStep(invitation.state, "pay")
    return lock_order(session, invitation.order_id)


def _back(token: str) -> AnyResponse:
    return redirect(url_for("invitation_status.show", token=token), 303)


def _order_of(session: Session, page_id: str, number: str) -> Order | None:
    """The order of a hosted page, or of its number; what no database can be asked for is nobody's."""
    if "\x00" in page_id + number:
        return None
    if page_id:
        query = select(Order).join(PaymentAttempt, PaymentAttempt.order_id == Order.id)
        return session.scalars(query.where(PaymentAttempt.session_id == page_id)).one_or_none()
    return session.scalars(select(Order).where(Order.number == number)).one_or_none()


def _status(session: Session, invitation: invitations.Invitation) -> Status:
    order = session.get_one(Order, invitation.order_id)
    return Status(
        invitation=invitation,
        order=order,
        purchase=purchase_of(session, invitation.id),
        studio=session.get_one(Party, invitation.studio_id),
        paid_cents=paid_cents(session, order.id),
        attempts=attempts_of(session, order.id),
    )


def _page(status: Status, token: str) -> str:
    order = status.order
    return render_template(
        "invitations/status.html",
        status=status,
        order=order,
        invitation=status.invitation,
        steps=client_steps(status.invitation, order, status.purchase),
        instructions=_instructions(status),
        returned=request.args.get("pagato") == "1",
        now=clock.now(),
        promised_at=order.paid_at + current_settings().bank_transfer_sla if order.paid_at else None,
        looks_again=status.invitation.state in {"ORDERED", "PAID"},
        token=token,
    )


def _instructions(status: Status) -> TransferInstructions | None:
    """What is still missing, to the cent."""
    order, due = status.order, status.order.gross_cents - status.paid_cents
    if order.state != "AWAITING_PAYMENT" or order.payment_method != BANK_TRANSFER or due <= 0:
        return None
    return transfer_instructions(current_settings().seller, order.rf_reference, Money(due))
