"""/inviti/nuovo: Spedisci invito acquisto differito (F003-14): the form, the mail as the client reads it, sending."""

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from entitlements import Party, invitations
from foundation import clock, formats
from foundation.access import requires
from foundation.database import transaction
from foundation.mail import Mail, compose
from shop.catalogue import PriceBookView, current_price_book
from shop.invitations.locked_offers import invitable
from shop.web.accounts.identification import signed_in
from shop.web.invitations.invite_form import InviteForm, begun, check, read
from shop.web.invitations.whose import by, studio_id

blueprint = Blueprint("invitation_sending", __name__)

PREVIEW = "preview"


@blueprint.get("/inviti/nuovo")
@requires("owner", "staff")
def new() -> str:
    """The form, with the studio's own data filled in."""
    with transaction() as session:
        studio = session.get_one(Party, studio_id())
        book = current_price_book(session, clock.today())
    person = signed_in()
    form = begun(studio, person.name if person else "", book)
    wanted = request.args.get("sku", "")
    if wanted in {product.sku for product in invitable(book)}:
        form = InviteForm(form.id, {**form.values, "sku": wanted})
    return _page(form, book)


@blueprint.post("/inviti/nuovo")
@requires("owner", "staff")
def send() -> Response | str | tuple[str, int]:
    """Send, or show the mail first; the same form sent twice is one invitation."""
    form = read(request.form)
    with transaction() as session:
        book = current_price_book(session, clock.today())
        checked = check(form, book, formats.readers_language())
        if checked.invited is None:
            return _page(checked, book), 422
        if request.form.get("intent") == PREVIEW:
            return _page(checked, book, _preview(session.get_one(Party, studio_id()), checked.invited))
        waiting = invitations.open_invitations_to(session, studio_id(), {checked.invited.client_email.lower()})
        if waiting and "again" not in request.form and not _sent_already(session, form.id):
            return _page(checked, book, twice=True), 409
        try:
            invitations.send_invitations(session, [checked.invited], by())
        except invitations.AddressNotProven:
            flash(_("Conferma prima il tuo indirizzo: il link è nella tua posta."), "error")
            return _page(checked, book), 409
    flash(_("Invito spedito a %(email)s.", email=checked.invited.client_email), "success")
    return redirect(url_for("invitations.index"), 303)


def _sent_already(session: Session, form_id: UUID) -> bool:
    """A second click on the same form is no second invitation, and no question either."""
    return session.get(invitations.Invitation, form_id) is not None


def _preview(studio: Party, invited: invitations.Invited) -> tuple[str, str]:
    """Subject and text of the mail; its link belongs to no version, so that it opens nothing."""
    valid_until = clock.now() + invitations.valid_for()
    context = {
        "invitation_id": str(invited.id),
        "version": 0,
        "studio": studio.name,
        "client_name": invited.client_name,
        "message": invited.message,
        "contact": {"name": invited.contact.name, "email": invited.contact.email, "phone": invited.contact.phone},
        "offer": invited.offer,
        "expires_at": valid_until.isoformat(),
    }
    mail = Mail(
        id=invited.id,
        recipient=invited.client_email,
        template="invitation",
        locale=invited.locale,
        context=context,
        queued_at=clock.now(),
    )
    message = compose(mail)
    body = message.get_body(("plain",))
    return str(message["Subject"]), str(body.get_content()) if body is not None else ""


def _page(form: InviteForm, book: PriceBookView, preview: tuple[str, str] | None = None, *, twice: bool = False) -> str:
    return render_template(
        "invitations/new.html",
        form=form,
        values=form.values,
        errors=dict(form.errors),
        products=invitable(book),
        preview=preview,
        twice=twice,
        days=invitations.valid_for().days,
    )
