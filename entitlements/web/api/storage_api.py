"""Storage by API: the vendor's software reports how much of it a company uses (F004-27)."""

from typing import Any
from uuid import UUID

from flask import Response
from flask_babel import gettext as _
from marshmallow import fields

from entitlements.storage.reports import MOST_BYTES, Kept, Measured, MeasuredInTheFuture, report_storage
from entitlements.web.api.problems import TABLE
from entitlements.web.api.reach import reached_company
from foundation.access import requires
from foundation.api import (
    Area,
    Instant,
    InvalidFields,
    Shape,
    Whole,
    day,
    instant,
    moment,
    reply,
    text,
    whole,
)
from foundation.database import JsonObject, transaction
from foundation.problems import FieldProblem

area = Area("api_storage", __name__, "Storage: how much of it a company uses.", TABLE)


class MeasuredShape(Shape):
    """What was measured."""

    used_bytes = Whole(0, MOST_BYTES, required=True)
    measured_at = Instant(
        required=True,
        metadata={"description": "When. One report is kept a day of Rome: the one that was measured last."},
    )


class StorageReportShape(Shape):
    """The report that now stands for that day."""

    company_id = text(form="uuid")
    measured_on = text(form="date", about="Its day in Rome.")
    measured_at = moment(null=False)
    used_bytes = whole()
    limit_gb = whole("Gigabytes, of 10^9 bytes each, that the company had on that day.")
    filling = fields.Boolean(required=True, metadata={"description": "More than 70% of them is in use."})
    taken = fields.Boolean(
        required=True, metadata={"description": "False: a later measurement of the same day was here already."}
    )


@area.put("/companies/<uuid:company_id>/storage")
@requires("product")
@area.body(MeasuredShape)
@area.answers(StorageReportShape)
def report(asked: dict[str, Any], company_id: UUID) -> Response:
    """Report the bytes a company uses. Sent again it changes nothing; a late one never overwrites a newer one.

    Whoever pays for the company is written to when its storage begins to fill up.
    """
    with transaction() as session:
        company, _party = reached_company(session, company_id)
        try:
            kept = report_storage(session, company.id, Measured(asked["used_bytes"], asked["measured_at"]))
        except MeasuredInTheFuture:
            words = _("Questo momento non è ancora arrivato: controlla l’orologio del programma.")
            raise InvalidFields([FieldProblem("/measured_at", "in_the_future", words)]) from None
        return reply(_document(kept))


def _document(kept: Kept) -> JsonObject:
    found = kept.report
    return {
        "company_id": str(found.company_id),
        "measured_on": day(found.measured_on),
        "measured_at": instant(found.measured_at),
        "used_bytes": found.used_bytes,
        "limit_gb": found.limit_gb,
        "filling": found.filling,
        "taken": kept.taken,
    }
