"""Billing data of an order placed by a program: what it sends, or the buyer's own."""

from dataclasses import asdict, fields
from typing import Any

from flask_babel import gettext as _

from entitlements import BillingData, Party, Problem, StudioData, check_billing, sentence_of, studio_pointer
from foundation.api import InvalidFields, Shape, Text
from foundation.problems import FieldProblem

_LONGEST = 200
_REFERENCE = "purchase_order_ref"

BillingShape = Shape.from_dict({field.name: Text(_LONGEST) for field in fields(StudioData)}, name="BillingShape")
"""The buyer's data; what is missing is told by the same rules as at the checkout."""


def billing_data(asked: dict[str, Any] | None, reference: str, buyer: Party) -> BillingData:
    """Who is invoiced. Raises InvalidFields with every problem."""
    checked = check_billing({**(asdict(own_data(buyer)) if asked is None else asked), _REFERENCE: reference})
    if asked is None:
        # Checked when the buyer was registered; only the reference is new.
        errors = [problem for problem in checked.errors if problem.field == _REFERENCE]
        data: BillingData | None = BillingData(own_data(buyer), checked.draft[_REFERENCE])
    else:
        errors, data = list(checked.errors), checked.data
    if errors or data is None:
        raise InvalidFields([_told(problem) for problem in errors])
    return data


def own_data(buyer: Party) -> StudioData:
    """The buyer as registered."""
    return StudioData(
        vat_number=buyer.vat_number or "",
        tax_code=buyer.tax_code or "",
        name=buyer.name,
        email=buyer.email or "",
        pec=buyer.pec or "",
        sdi_code=buyer.sdi_code or "",
        phone=buyer.phone or "",
        **{key: str(buyer.address.get(key, "")) for key in ("street", "postal_code", "city", "province", "country")},
    )


def _told(problem: Problem) -> FieldProblem:
    pointer = f"/{_REFERENCE}" if problem.field == _REFERENCE else studio_pointer(problem.field)
    return FieldProblem(pointer, problem.code, sentence_of(problem, _))
