"""Coupons by API: the studio's stock, and the activation of a coupon with a company's full data."""

from typing import Any
from uuid import UUID

from flask import Response
from flask_babel import gettext as _
from marshmallow.fields import Field

from entitlements.activation import activate_coupon
from entitlements.company_data import (
    LEGAL_FORMS,
    TAX_REGIMES,
    AccountingRegime,
    CompanyCheck,
    Problem,
    check_company,
    company_pointer,
    draft_from_json,
    sentence_of,
)
from entitlements.company_data.ateco_codes import EDITIONS
from entitlements.coupons.coupon_states import COUPON_STATES
from entitlements.coupons.shelves import ShelfRow, StockFilter, company_by_coupon, shelf_of
from entitlements.coupons.stock import Coupon, CouponPack, coupon_of
from entitlements.parties import Party
from entitlements.web.api.companies_api import company_row
from entitlements.web.api.problems import TABLE
from entitlements.web.api.reach import own_party, principal
from entitlements.web.api.shapes import ActivationShape, CouponPageShape, CouponShape
from foundation import clock
from foundation.access import requires
from foundation.api import (
    Area,
    Choice,
    Inner,
    InvalidFields,
    PageQuery,
    Shape,
    Text,
    asked_place,
    day,
    instant,
    kept,
    last_day,
    once,
    page_of,
    reply,
    tagged_reply,
)
from foundation.database import JsonObject, transaction
from foundation.problems import FieldProblem

area = Area("api_coupons", __name__, "Coupons: the stock of a studio, and their activation.", TABLE)
_LONGEST = 300


# Closed lists by the name of the form's field; what is not among them is refused by the form's own rules.
_WORDS = {
    "legal_form": tuple(LEGAL_FORMS),
    "tax_regime": tuple(TAX_REGIMES),
    "accounting_regime": tuple(str(regime) for regime in AccountingRegime),
    "ateco_edition": EDITIONS,
}


def _texts(*names: str) -> dict[str, Field[Any]]:
    return {name: _text(name) for name in names}


def _text(name: str) -> Text:
    described = {"enum": [*_WORDS[name], None]} if name in _WORDS else {}
    return Text(_LONGEST, allow_none=True, metadata=described)


OfficeShape = Shape.from_dict(
    {
        **_texts("street", "postal_code", "city"),
        "province": Text(_LONGEST, allow_none=True, metadata={"description": "Two letters, such as MI."}),
        "country": Text(_LONGEST, allow_none=True, metadata={"description": "IT."}),
    },
    name="OfficeShape",
)
PersonShape = Shape.from_dict(_texts("first_name", "last_name", "tax_code", "email"), name="PersonShape")
AtecoShape = Shape.from_dict({**_texts("code"), "edition": _text("ateco_edition")}, name="AtecoShape")
_FLAT = _texts(
    "name",
    "vat_number",
    "tax_code",
    "legal_form",
    "accounting_regime",
    "tax_regime",
    "pec",
    "sdi_code",
    "email",
    "phone",
)
CompanyDataShape = Shape.from_dict(
    {
        **_FLAT,
        "registered_office": Inner(OfficeShape),
        "legal_representative": Inner(PersonShape),
        "ateco": Inner(AtecoShape),
    },
    name="CompanyDataShape",
)
"""The data the activation form asks for; what is missing or wrong is told by the same rules (F003-11, F003-12)."""


class ActivateShape(Shape):
    """The company to create."""

    company = Inner(CompanyDataShape, required=True)


class CouponQuery(PageQuery):
    """Which coupons."""

    state = Choice(COUPON_STATES, load_default=None)
    coupon_type = Text(64, load_default=None)
    code = Text(64, load_default="", metadata={"description": "Part of a code."})


@area.get("/coupons")
@requires("studio")
@area.query(CouponQuery)
@area.answers(CouponPageShape)
def list_coupons(query: dict[str, Any]) -> Response:
    """The studio's coupons, oldest first."""
    place = asked_place(query)
    wanted = StockFilter(query["state"], query["coupon_type"], query["code"])
    after = UUID(str(place[0])) if place else None
    with transaction() as session:
        rows = shelf_of(session, own_party(), wanted, after, query["limit"] + 1)
        return reply(page_of(rows, query["limit"], _row, lambda row: [str(row.coupon.id)]))


@area.get("/coupons/<uuid:coupon_id>")
@requires("studio")
@area.answers(CouponShape, etag=True)
def show_coupon(coupon_id: UUID) -> Response:
    """One coupon."""
    with transaction() as session:
        coupon, pack = coupon_of(session, coupon_id, own_party())
        return tagged_reply(_coupon(coupon, pack, company_by_coupon(session, coupon_id)))


@area.post("/coupons/<uuid:coupon_id>/activate")
@requires("studio")
@once
@area.body(ActivateShape)
@area.answers(ActivationShape, 202)
def activate(asked: dict[str, Any], coupon_id: UUID) -> Response:
    """Activate a coupon: its company is created in the vendor's software, as soon as that answers.

    Errors of the data have pointers such as `/company/vat_number`; doubts are `warnings` and stop nothing.
    """
    with transaction() as session:
        coupon, pack = coupon_of(session, coupon_id, own_party())
        checked = _checked(asked["company"], pack)
        if checked.data is None:
            raise InvalidFields([_told(problem) for problem in checked.errors])
        company = activate_coupon(session, coupon_id, checked.data, principal())
        document = {
            "coupon_id": str(coupon.id),
            "coupon_state": coupon.state,
            "company": company_row(company, session.get_one(Party, company.id)),
            "warnings": [_warning(problem) for problem in checked.warnings],
        }
        return kept(session, reply(document, 202))


def _checked(company: dict[str, Any], pack: CouponPack) -> CompanyCheck:
    allowed = pack.gives.get("accounting")
    regime = AccountingRegime(allowed) if allowed else None
    return check_company(draft_from_json(company), clock.today(), accounting_allowed=regime)


def _told(problem: Problem) -> FieldProblem:
    sentence = sentence_of(problem, _)
    if problem.code in {f"{problem.field}_missing", f"{problem.field}_unknown"} and problem.field in _WORDS:
        sentence += " " + _("Scegli tra: %(words)s.", words=", ".join(_WORDS[problem.field]))
    return FieldProblem(company_pointer(problem.field), problem.code, sentence)


def _warning(problem: Problem) -> JsonObject:
    told = _told(problem)
    return {"pointer": told.pointer, "code": told.code, "detail": told.detail}


def _row(row: ShelfRow) -> JsonObject:
    return _coupon(row.coupon, row.pack, row.company_id)


def _coupon(coupon: Coupon, pack: CouponPack, company_id: UUID | None) -> JsonObject:
    gives = pack.gives
    return {
        "id": str(coupon.id),
        "code": coupon.code,
        "state": coupon.state,
        "held": coupon.held_by_case is not None,
        "coupon_type": coupon.coupon_type,
        "sku": pack.sku,
        "names": pack.names,
        "gives": {
            "product": gives["product"],
            "plan": gives["plan"],
            "access_mode": gives.get("access_mode", "FULL"),
            "term": gives["term"],
        },
        "pack_id": str(pack.id),
        "net_cents": coupon.net_cents,
        "currency": "EUR",
        "ends_on": day(coupon.activate_by_on),
        "last_day": last_day(coupon.activate_by_on),
        "minted_at": instant(coupon.minted_at),
        "changed_at": instant(coupon.changed_at),
        "company_id": str(company_id) if company_id else None,
    }
