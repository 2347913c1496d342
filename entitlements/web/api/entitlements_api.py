"""What a company may do, now and at any instant, and why; and the use it makes of packs and credit."""

from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Response
from flask_babel import lazy_gettext as _

from entitlements.bucket_balances import BucketBalance
from entitlements.known_licences import KnownLicence, KnownTerm
from entitlements.rights import Rights, rights_of
from entitlements.running.service_rights import ServiceRight, room_of
from entitlements.standing import Reason, Standing, standing_of
from entitlements.usage import use
from entitlements.wallets import METERS, NotEnough
from entitlements.web.api.payers import cause_document, payer_document
from entitlements.web.api.problems import TABLE, NotEnoughLeft
from entitlements.web.api.reach import READERS, principal, reached_company, refuse_unreached
from entitlements.web.api.shapes import EntitlementsShape, UsageShape
from foundation.access import requires
from foundation.api import Area, Choice, Instant, Shape, Text, Whole, day, instant, last_day, reply
from foundation.database import JsonObject, looking, transaction

area = Area("api_entitlements", __name__, "What a company may do and why, and what it uses.", TABLE)
_MOST_USED = 10**9


class EntitlementsQuery(Shape):
    """When."""

    at = Instant(load_default=None, metadata={"description": "Effective time; now when left out."})
    known = Choice(
        ("now",),
        load_default=None,
        metadata={
            "description": "`now`: also what was recorded after `at`; else an answer about the past never changes."
        },
    )


class UseShape(Shape):
    """What is used."""

    meter = Choice(METERS, required=True)
    quantity = Whole(1, _MOST_USED, required=True)
    reference = Text(
        200,
        1,
        required=True,
        metadata={"description": "Yours: the same reference is booked once per company and meter."},
    )


@area.get("/companies/<uuid:company_id>/entitlements")
@requires(*READERS)
@area.query(EntitlementsQuery)
@area.answers(EntitlementsShape)
def entitlements(query: dict[str, Any], company_id: UUID) -> Response:
    """What a company may do now, or at any instant past or future, and why.

    Plan, limits, packs and credit carry the cause that gave them.
    """
    with looking() as session:
        refuse_unreached(session, company_id)
        rights = rights_of(session, company_id, query["at"], known_now=query["known"] == "now")
        return reply(_document(rights.as_seen_by(principal()), standing_of(rights)))


@area.post("/companies/<uuid:company_id>/usage")
@requires("studio", "company", "product")
@area.body(UseShape)
@area.answers(UsageShape)
def usage(asked: dict[str, Any], company_id: UUID) -> Response:
    """Consume from a pack, credit or pool: the earliest expiry first, bonus before paid, then the oldest.

    The reference is the key: no Idempotency-Key is needed. 409 with `balance` when it does not suffice.
    """
    meter, quantity, reference = asked["meter"], asked["quantity"], asked["reference"]
    with transaction() as session:
        company, _party = reached_company(session, company_id)
        outcome = use(session, company.id, meter, quantity, reference, principal())
    if isinstance(outcome, NotEnough):
        raise NotEnoughLeft(meter, outcome.balance)
    return reply(
        {
            "consumption_id": str(outcome.consumption_id),
            "company_id": str(company_id),
            **asked,
            "balance": outcome.balance,
            "repeated": outcome.repeated,
        }
    )


def _document(rights: Rights, standing: Standing) -> JsonObject:
    buckets = [_bucket(rights, held) for held in rights.balances]
    voice = rights.voice
    return {
        "company_id": str(rights.company_id),
        "at": instant(rights.at),
        "on": rights.on.isoformat(),
        "known_at": instant(rights.known_at),
        "state": standing.state,
        "plan": voice.plan if voice else None,
        "access_mode": voice.mode(rights.on) if voice else None,
        "limits": voice.limits if voice else {},
        "licences": [_licence(licence, term, rights.at) for licence, term in rights.licences],
        "services": [_service(right) for right in rights.services],
        "storage": {"limit_gb": room_of(rights.services)},
        "payer": _payer(rights),
        "packs": [bucket for bucket in buckets if bucket["meter"] == "documents"],
        "credit": [bucket for bucket in buckets if bucket["meter"] != "documents"],
        "balances": {
            meter: sum(bucket["balance"] for bucket in buckets if bucket["meter"] == meter) for meter in METERS
        },
        "why": [_reason(reason) for reason in standing.reasons],
    }


def _licence(licence: KnownLicence, term: KnownTerm, at: datetime) -> JsonObject:
    return {
        "id": str(licence.id),
        "family": licence.family,
        "product": licence.product,
        "plan": licence.plan,
        "access_mode": licence.access_mode,
        "limits": licence.limits,
        "suspended": licence.is_suspended(at),
        "starts_on": day(term.starts_on),
        "ends_on": day(term.ends_on),
        "last_day": last_day(term.ends_on),
        "cause": cause_document(term.cause),
    }


def _service(right: ServiceRight) -> JsonObject:
    return {
        "id": str(right.licence.id),
        "kind": right.licence.kind,
        "sku": right.licence.sku,
        "product": right.licence.product,
        "plan": right.licence.plan,
        "names": right.licence.names,
        "quantity": right.licence.quantity,
        "state": right.state,
        "suspended_by_case": str(right.suspended_by_case) if right.suspended_by_case else None,
        "starts_on": day(right.starts_on),
        "ends_on": day(right.ends_on),
        "last_day": last_day(right.ends_on),
        "causes": [{"action": action, **cause_document(cause)} for action, cause in right.causes],
        "setup": [
            {
                "code": step.code,
                "names": step.names,
                "required": step.required,
                "by": step.by,
                "after": step.after,
                "done_at": instant(step.done_at),
            }
            for step in right.steps
        ],
    }


def _payer(rights: Rights) -> JsonObject | None:
    if rights.payer is None or rights.payer_party_id is None or rights.payer_cause is None:
        return None
    return payer_document(rights.payer, rights.payer_party_id, rights.payer_cause)


def _bucket(rights: Rights, held: BucketBalance) -> JsonObject:
    return {
        "id": str(held.id),
        "meter": held.meter,
        "holder": "COMPANY" if held.holder_party_id == rights.company_id else "STUDIO",
        "funding": held.funding,
        "granted": held.granted,
        "balance": held.balance,
        "ends_on": day(held.ends_on),
        "last_day": last_day(held.ends_on),
        "cause": cause_document(held.cause),
    }


def _reason(reason: Reason) -> JsonObject:
    cause = cause_document(reason.cause) if reason.cause else None
    return {"code": reason.code, "detail": str(_SENTENCES[reason.code]), "cause": cause}


_SENTENCES = {
    "NOT_REQUESTED": _("A quell’istante l’azienda non era stata chiesta."),
    "PROVISIONING": _("L’azienda è in creazione."),
    "REJECTED": _("Il programma ha rifiutato l’azienda."),
    "LICENCE_ACTIVE": _("La licenza è in corso."),
    "LICENCE_SUSPENDED": _("La licenza è sospesa: una verifica è in corso."),
    "LICENCE_LIMITED": _("Il servizio base è scaduto: puoi consultare ed esportare, e ricevi ancora le fatture."),
    "LICENCE_NOT_STARTED": _("La licenza non è ancora iniziata."),
    "LICENCE_EXPIRED": _("La licenza è scaduta."),
    "NO_LICENCE": _("Non c’è alcuna licenza."),
}
