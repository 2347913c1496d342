"""The studio's form of an invitation: the client, the type of company, the studio's own data, a message (F003-15)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from entitlements import Party, Problem, check_email, check_line, check_note, check_phone, invitations
from foundation.ids import new_id
from shop.catalogue import PriceBookView
from shop.invitations.locked_offers import invitable, lock_offer

NAMES = ("client_name", "client_email", "sku", "message", "contact_name", "contact_email", "contact_phone")
LONGEST_NAME = 80


@dataclass(frozen=True, slots=True)
class InviteForm:
    """What was typed. `id` makes the same form sent twice one invitation; `invited` only when nothing is wrong."""

    id: UUID
    values: Mapping[str, str]
    invited: invitations.Invited | None = None
    errors: Mapping[str, str] = field(default_factory=dict)


def begun(studio: Party, person_name: str, book: PriceBookView) -> InviteForm:
    """The form a studio finds: its own data are there already."""
    first = invitable(book)[:1]
    values = dict.fromkeys(NAMES, "") | {
        "contact_name": person_name or studio.name,
        "contact_email": studio.email or "",
        "contact_phone": studio.phone or "",
        "sku": first[0].sku if first else "",
    }
    return InviteForm(new_id(), values)


def read(form: MultiDict[str, str]) -> InviteForm:
    """The form as it came."""
    return InviteForm(_id(form.get("id", "")), {name: form.get(name, "") for name in NAMES})


def check(form: InviteForm, book: PriceBookView, locale: str) -> InviteForm:
    """Check everything at once; a line break in a name or an address is refused, never cut away."""
    values, errors = form.values, dict[str, str]()
    clean = {
        "client_name": _line(values["client_name"], "client_name", errors),
        "client_email": _email(values["client_email"], "client_email", errors),
        "contact_name": _line(values["contact_name"], "contact_name", errors),
        "contact_email": _email(values["contact_email"], "contact_email", errors),
        "contact_phone": _phone(values["contact_phone"], errors),
        "message": _note(values["message"], errors),
    }
    if values["sku"] not in {product.sku for product in invitable(book)}:
        errors["sku"] = _("Scegli il tipo di azienda.")
    if errors:
        return InviteForm(form.id, values, None, {name: errors[name] for name in NAMES if name in errors})
    invited = invitations.Invited(
        id=form.id,
        client_name=clean["client_name"],
        client_email=clean["client_email"],
        message=clean["message"],
        offer=lock_offer(book, values["sku"]),
        contact=invitations.StudioContact(clean["contact_name"], clean["contact_email"], clean["contact_phone"]),
        locale=locale,
    )
    return InviteForm(form.id, values, invited)


def corrected_email(text: str) -> tuple[str, dict[str, str]]:
    """The address that replaces one that bounced, with its mistake if it is none."""
    errors: dict[str, str] = {}
    return _email(text, "client_email", errors), errors


def _line(text: str, name: str, errors: dict[str, str]) -> str:
    checked = check_line(text, name, "name", LONGEST_NAME)
    if isinstance(checked, Problem) or _breaks(text):
        errors[name] = _("Scrivi il nome su una riga, al massimo %(most)s caratteri.", most=LONGEST_NAME)
        return ""
    return checked


def _email(text: str, name: str, errors: dict[str, str]) -> str:
    checked = check_email(text)
    if isinstance(checked, Problem) or _breaks(text):
        errors[name] = _("Scrivi un solo indirizzo e-mail, per esempio nome@azienda.it.")
        return ""
    return checked


def _phone(text: str, errors: dict[str, str]) -> str:
    checked = check_phone(text) if text.strip() else ""
    if isinstance(checked, Problem):
        errors["contact_phone"] = _("Scrivi il telefono con cifre e prefisso, per esempio 011 5551234.")
        return ""
    return checked


def _note(text: str, errors: dict[str, str]) -> str:
    checked = check_note(text, "message") if text.strip() else ""
    if isinstance(checked, Problem):
        errors["message"] = _("Il messaggio ha al massimo 300 caratteri, senza simboli speciali.")
        return ""
    return checked


def _breaks(text: str) -> bool:
    return "\n" in text.strip() or "\r" in text.strip()


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        return new_id()
