"""Services for tests: companies that exist, and lines paid for the products of e-invoicing."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy.orm import Session

from entitlements import Cause, Company, PaidLine, Ready, activate_coupon, apply_answer, grant, stock_of
from entitlements.licences import LicenceTerm
from foundation.database import JsonObject
from foundation.ids import new_id
from tests.factories import a_studio
from tests.races.numbers import company_fields
from tests.stories import a_paid_order, company_data, owner_of, stock_the_shop


@dataclass(frozen=True)
class Sold:
    """A product of e-invoicing as a line freezes it."""

    sku: str
    kind: str
    product: str
    plan: str
    unit_net_cents: int
    off_policy: str = ""
    setup: tuple[JsonObject, ...] = ()
    storage_gb: int = 0

    @property
    def gives(self) -> JsonObject:
        """What an order's line gives."""
        more: JsonObject = {"off_policy": self.off_policy} if self.off_policy else {}
        if self.setup:
            more["setup"] = list(self.setup)
        if self.storage_gb:
            more["limits"] = {"storage_gb": self.storage_gb}
        return {"kind": "licence", "family": "EINVOICING", "product": self.product, "plan": self.plan, **more}


PANEL: tuple[JsonObject, ...] = (
    {"code": "PANEL", "it": "Configura il pannello", "en": "Set up the panel", "kind": "REQUIRED", "by": "COMPANY"},
)
COLLECTION_STEPS: tuple[JsonObject, ...] = (
    {"code": "PAIRING", "it": "Abbina anagrafiche e fatture", "en": "Pair", "kind": "REQUIRED", "by": "COMPANY"},
    {
        "code": "GUIDED_ACTIVATION",
        "it": "Completa l’attivazione guidata",
        "en": "Complete the activation",
        "kind": "REQUIRED",
        "by": "VENDOR",
        "after": "PAIRING",
    },
    {"code": "TOUR", "it": "Guarda la guida", "en": "Look at the guide", "kind": "OPTIONAL", "by": "COMPANY"},
)
BASE = Sold("EINVOICING-FULL", "base_service", "EINVOICING", "FULL", 2_990)
RECEIVE_ONLY = Sold("EINVOICING-RECEIVE-ONLY", "base_service", "EINVOICING", "RECEIVE_ONLY", 1_490)
DOCUMENTS = Sold("MODULE-DOCUMENTS", "addon", "DOCUMENTS", "STANDARD", 1_500, "TRUNCATE")
COLLECTIONS = Sold("MODULE-COLLECTIONS", "addon", "COLLECTIONS", "STANDARD", 1_500, "TRUNCATE")
SEATS = Sold("EINVOICING-SEAT", "seats", "SEAT", "STANDARD", 990, "KEEP_OWN_TERM")
STORAGE = Sold("EINVOICING-STORAGE", "storage", "STORAGE", "STANDARD", 400, "KEEP_OWN_TERM", storage_gb=1)


def a_company(session: Session, number: int | None = None) -> Company:
    """A company that a studio activated with a coupon and that the vendor has created."""
    studio = a_studio(session, tax_code=str(new_id().int)[-11:])
    stock_the_shop(session)
    a_paid_order(session, studio, "LITE-1")
    coupon = stock_of(session, studio.id)[0][0]
    chosen = number if number is not None else new_id().int % 9_000_000
    company = activate_coupon(session, coupon.id, company_data(**company_fields(chosen)), owner_of(studio))
    apply_answer(session, company.id, Ready(f"remote-{company.id}"), "call")
    return company


def a_term(
    sold: Sold, starts_on: date, ends_on: date, action: str = "START", licence_id: UUID | None = None, **more: object
) -> JsonObject:
    """The term document of a line; anchor and expected end are its first day unless `more` says otherwise."""
    days = {key: value.isoformat() if isinstance(value, date) else value for key, value in more.items()}
    return {
        "action": action,
        "licence_id": str(licence_id) if licence_id else None,
        "expected_ends_on": starts_on.isoformat() if licence_id else None,
        "starts_on": starts_on.isoformat(),
        "ends_on": ends_on.isoformat(),
        "anchor_on": starts_on.isoformat(),
        "unit_net_cents": sold.unit_net_cents,
        "quantity": 1,
        "vat_code": "IVA22",
    } | days


def line_for(
    company: Company,
    sold: Sold,
    term: JsonObject | None,
    *,
    owner_party_id: UUID | None = None,
    for_party_id: UUID | None = None,
) -> PaidLine:
    """A paid line of a service of this company, bought by the company itself unless another owner is named."""
    return line_for_party(for_party_id or company.id, sold, term, owner_party_id or company.id)


def line_for_party(party_id: UUID, sold: Sold, term: JsonObject | None, owner_party_id: UUID | None = None) -> PaidLine:
    """A paid line of a service of whatever party."""
    return PaidLine(
        cause=Cause("correction", new_id()),
        owner_party_id=owner_party_id or party_id,
        for_party_id=party_id,
        sku=sold.sku,
        names={"it": sold.sku, "en": sold.sku},
        quantity=int(term["quantity"]) if term else 1,
        net_cents=sold.unit_net_cents,
        price_book_version=1,
        gives=sold.gives,
        product_kind=sold.kind,
        term=term,
    )


def bought(
    session: Session, company: Company, sold: Sold, starts_on: date, ends_on: date, *, quantity: int = 1
) -> UUID:
    """Start a service of a company; answers its licence."""
    line = line_for(company, sold, a_term(sold, starts_on, ends_on, quantity=quantity))
    assert grant(session, line)
    session.flush()
    terms = session.query(LicenceTerm).filter_by(cause_id=line.cause.id)
    return terms.one().licence_id
