"""What the shop may send: the body of a new company and the body of a change, checked."""

import json
from collections.abc import Mapping
from datetime import date
from hashlib import sha256
from typing import Any

Body = dict[str, Any]

CHANGEABLE = (
    "product",
    "plan",
    "access_mode",
    "limits",
    "starts_on",
    "ends_on",
    "linked_studio",
    "payer",
    "services",
    "seats",
    "storage",
)
_TEXTS = ("id", "product", "plan", "access_mode", "starts_on")
_COMPANY_TEXTS = (
    "name",
    "vat_number",
    "tax_code",
    "legal_form",
    "accounting_regime",
    "tax_regime",
    "pec",
    "sdi_code",
    "email",
)
_COMPANY_OBJECTS = ("registered_office", "legal_representative", "ateco")
_VAT_NUMBER_DIGITS = 11


class BadBody(Exception):
    """A body that cannot be used; `reason` is the Italian sentence of the answer."""

    def __init__(self, reason: str) -> None:
        """Keep the reason."""
        super().__init__(reason)
        self.reason = reason


def parse(raw: bytes) -> Body:
    """Return the JSON object in the body, or raise BadBody.

    Half surrogate pairs are refused too: JSON may spell them, but no text can store them.
    """
    try:
        body = json.loads(raw)
        json.dumps(body, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise BadBody("Il corpo della richiesta non è JSON.") from error
    if not isinstance(body, dict):
        raise BadBody("Il corpo della richiesta non è un oggetto JSON.")
    return body


def digest(body: Mapping[str, Any]) -> str:
    """Return one fingerprint for equal contents, whatever the order of the keys and the spaces."""
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return sha256(canonical.encode()).hexdigest()


def check_new_company(body: Body) -> None:
    """Refuse, with BadBody, a new company that lacks what the accounting program needs (M25)."""
    for name in _TEXTS:
        _require_text(body, name, name)
    company = body.get("company")
    if not isinstance(company, dict):
        raise BadBody("Manca company, oppure non è un oggetto.")
    _require_text(company, "name", "company.name")
    if not company.get("vat_number") and not company.get("tax_code"):
        raise BadBody("Serve almeno uno tra company.vat_number e company.tax_code.")
    _check_kinds(company, _COMPANY_TEXTS, _COMPANY_OBJECTS, "company.")
    _check_vat_number(company.get("vat_number"))
    check_licence(body)


def check_change(body: Body) -> None:
    """Refuse, with BadBody, a change that is empty or names something that cannot change."""
    if not body:
        raise BadBody("La modifica è vuota.")
    unknown = sorted(set(body) - {*CHANGEABLE, "id"})
    if unknown:
        raise BadBody(f"Non si può modificare: {', '.join(unknown)}.")
    for name in ("product", "plan", "access_mode", "starts_on"):
        if name in body:
            _require_text(body, name, name)


def check_licence(body: Body) -> None:
    """Refuse, with BadBody, limits, studio, payer or a term that make no sense together."""
    limits = body.get("limits")
    if limits is not None and not isinstance(limits, dict):
        raise BadBody("limits non è un oggetto.")
    studio = body.get("linked_studio")
    if studio is not None and not (isinstance(studio, dict) and studio.get("id")):
        raise BadBody("linked_studio non ha un id.")
    payer = body.get("payer")
    if payer is not None and not isinstance(payer, str | dict):
        raise BadBody("payer non è né un testo né un oggetto.")
    services, seats = body.get("services"), body.get("seats")
    if not isinstance(services, list | None) or not all(isinstance(one, dict) for one in services or ()):
        raise BadBody("services non è un elenco di oggetti.")
    if not isinstance(seats, dict | None):
        raise BadBody("seats non è un oggetto.")
    if not isinstance(body.get("storage"), dict | None):
        raise BadBody("storage non è un oggetto.")
    starts_on = _day(body.get("starts_on"), "starts_on")
    if body.get("ends_on") is not None and _day(body["ends_on"], "ends_on") <= starts_on:
        raise BadBody("ends_on deve venire dopo starts_on.")


def _require_text(body: Body, name: str, label: str) -> None:
    value = body.get(name)
    if not isinstance(value, str) or not value.strip():
        raise BadBody(f"Manca {label}.")


def _check_kinds(company: Body, texts: tuple[str, ...], objects: tuple[str, ...], prefix: str) -> None:
    for name in texts:
        if not isinstance(company.get(name), str | None):
            raise BadBody(f"{prefix}{name} non è un testo.")
    for name in objects:
        if not isinstance(company.get(name), dict | None):
            raise BadBody(f"{prefix}{name} non è un oggetto.")


def _check_vat_number(vat_number: str | None) -> None:
    if not vat_number:
        return
    digits = vat_number.removeprefix("IT")
    if not (digits.isascii() and digits.isdigit() and len(digits) == _VAT_NUMBER_DIGITS):
        raise BadBody("company.vat_number non ha 11 cifre.")


def _day(value: object, label: str) -> date:
    try:
        day = date.fromisoformat(str(value))
    except ValueError:
        day = None
    if day is None or day.isoformat() != value:
        raise BadBody(f"{label} non è una data (AAAA-MM-GG).")
    return day
