"""/inviti/file: many invitations from a CSV: a dry run that names every mistake by its line, then one confirmation."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID, uuid5

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from entitlements import Party, invitations
from foundation import clock, formats
from foundation.access import requires
from foundation.database import transaction
from foundation.ids import new_id
from shop.catalogue import PriceBookView, current_price_book
from shop.invitations.invitation_files import COLUMNS, MOST_ROWS, FileRefused, FileRow, decode, read_rows, template_file
from shop.invitations.locked_offers import invitable
from shop.web.accounts.identification import signed_in
from shop.web.invitations.invite_form import InviteForm, begun, check
from shop.web.invitations.whose import by, studio_id

blueprint = Blueprint("invitation_bulk", __name__)


@dataclass(frozen=True, slots=True)
class CheckedRow:
    """One line with its sentences; none when it may be sent."""

    row: FileRow
    form: InviteForm
    errors: tuple[str, ...]


@blueprint.get("/inviti/file")
@requires("owner", "staff")
def show() -> str:
    """Where a file is chosen, with a template to begin from."""
    return _page()


@blueprint.get("/inviti/modello.csv")
@requires("owner", "staff")
def template() -> Response:
    """The template, as a spreadsheet in Italian opens it."""
    with transaction() as session:
        products = invitable(current_price_book(session, clock.today()))
    headers = {"Content-Disposition": 'attachment; filename="inviti.csv"'}
    text = template_file(products[0].sku if products else "")
    return Response(text, headers=headers, content_type="text/csv; charset=utf-8")


@blueprint.post("/inviti/file")
@requires("owner", "staff")
def send() -> AnyResponse | str | tuple[str, int]:
    """Check every row first; only a confirmed file without mistakes is sent, all of it or nothing."""
    batch = _batch()
    try:
        uploaded = request.files.get("file")
        text = decode(uploaded.read()) if uploaded and uploaded.filename else request.form.get("text", "")
        rows = read_rows(text)
    except FileRefused as refused:
        return _page(error=_refusal(refused)), 422
    with transaction() as session:
        checked = _checked(session, rows, batch)
        wrong = any(one.errors for one in checked)
        if wrong or request.form.get("intent") != "send":
            return _page(checked, text, batch), (422 if wrong else 200)
        wanted = [one.form.invited for one in checked if one.form.invited is not None]
        try:
            sent = invitations.send_invitations(session, wanted, by())
        except invitations.AddressNotProven:
            flash(_("Conferma prima il tuo indirizzo: il link è nella tua posta."), "error")
            return _page(checked, text, batch), 409
    flash(ngettext("%(num)s invito spedito.", "%(num)s inviti spediti.", sent), "success")
    return redirect(url_for("invitations.index"), 303)


def _checked(session: Session, rows: list[FileRow], batch: UUID) -> list[CheckedRow]:
    book = current_price_book(session, clock.today())
    studio, person = session.get_one(Party, studio_id()), signed_in()
    own = begun(studio, person.name if person else "", book).values
    emails = [row.values.get("email", "").strip().lower() for row in rows]
    waiting = invitations.open_invitations_to(session, studio.id, set(emails))
    return [_check_row(row, own, book, (batch, waiting, emails)) for row in rows]


def _check_row(
    row: FileRow, own: Mapping[str, str], book: PriceBookView, around: tuple[UUID, set[str], list[str]]
) -> CheckedRow:
    batch, waiting, emails = around
    email = row.values.get("email", "").strip().lower()
    typed = {
        "client_name": row.values.get("nome", ""),
        "client_email": row.values.get("email", ""),
        "sku": _sku(row.values.get("tipo", ""), book),
        "message": row.values.get("messaggio", ""),
    }
    form = check(InviteForm(uuid5(batch, str(row.line)), {**own, **typed}), book, formats.readers_language())
    errors = list(form.errors.values())
    if email and emails.count(email) > 1:
        errors.append(_("Questa e-mail è ripetuta nel file."))
    if email in waiting:
        errors.append(_("C’è già un invito aperto per questa e-mail."))
    return CheckedRow(row, form, tuple(errors))


def _sku(written: str, book: PriceBookView) -> str:
    """A type by its code or by its name in either language; the first of the catalogue when the cell is empty."""
    wanted, products = written.strip().casefold(), invitable(book)
    if not wanted and products:
        return products[0].sku
    for product in products:
        names = {product.sku, *product.names.values(), str(product.gives["plan"])}
        if wanted in {name.casefold() for name in names}:
            return product.sku
    return written


def _refusal(problem: FileRefused) -> str:
    known = {
        "EMPTY": _("Il file non ha righe: aggiungi almeno un cliente sotto l’intestazione."),
        "TOO_LONG": _("Il file è troppo grande: dividilo in più file."),
        "TOO_MANY": _("Il file ha più di %(most)s righe: dividilo in più file.", most=MOST_ROWS),
        "HEADING": _("La prima riga deve avere le colonne: %(columns)s.", columns=", ".join(COLUMNS)),
        "NOT_TEXT": _("Questo non è un file CSV: salvalo dal foglio di calcolo come CSV."),
    }
    return str(known[problem.why])


def _batch() -> UUID:
    try:
        return UUID(request.form.get("batch", ""))
    except ValueError:
        return new_id()


def _page(checked: list[CheckedRow] | None = None, text: str = "", batch: UUID | None = None, error: str = "") -> str:
    wrong = sum(1 for one in checked or () if one.errors)
    return render_template(
        "invitations/bulk.html",
        rows=checked or [],
        wrong=wrong,
        text=text,
        batch=batch,
        errors={"file": error} if error else {},
        columns=COLUMNS,
        most=MOST_ROWS,
    )
