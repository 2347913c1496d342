"""What a change tells the vendor's software (M25): plan, mode, limits, term, services, seats, room."""

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from entitlements.companies import Company
from entitlements.licences import BASE_SERVICE, PLAN, Licence, LicenceTerm
from entitlements.links import payer_at
from entitlements.running.what_runs import HeldService, base_among, held_services, state_on
from entitlements.seats.seating import seating_of
from entitlements.storage.room import room_on
from foundation import clock
from foundation.database import JsonObject


def change_body(session: Session, company: Company) -> JsonObject:
    """The whole of a company's rights today: a letter that is lost or late is made good by any later one."""
    on = clock.today()
    held = held_services(session, company.id)
    base = base_among(held, on)
    payer = payer_at(session, company.id, clock.now())
    return {
        "id": str(company.id),
        **_main(session, company, held, on),
        "payer": payer.payer if payer else "COMPANY",
        "services": [_service(one, base, on) for one in held if state_on(one, base, on) != "EXPIRED"],
        "seats": _seats(session, company),
        "storage": {"limit_gb": room_on(held, on)},
    }


def _main(session: Session, company: Company, held: list[HeldService], on: date) -> JsonObject:
    """Plan, mode, limits and term: of the coupon's plan where there is one, else of the base service."""
    query = (
        select(Licence, LicenceTerm)
        .join(LicenceTerm, LicenceTerm.licence_id == Licence.id)
        .where(Licence.party_id == company.id, Licence.kind == PLAN)
        .order_by(LicenceTerm.ends_on.desc())
        .limit(1)
    )
    plan = session.execute(query).first()
    if plan is not None:
        return _terms(plan[0], plan[1].starts_on, plan[1].ends_on, read_only=plan[0].suspended_at is not None)
    bases = [one for one in held if one.licence.kind == BASE_SERVICE]
    if not bases:
        return {}
    base = bases[-1]
    limited = state_on(base, base, on) != "ACTIVE" or base.licence.suspended_at is not None
    return _terms(base.licence, base.days.starts_on, base.days.ends_on, read_only=limited)


def _terms(licence: Licence, starts_on: date, ends_on: date, *, read_only: bool) -> JsonObject:
    return {
        "product": licence.product,
        "plan": licence.plan,
        "access_mode": "READ_ONLY" if read_only else licence.access_mode,
        "limits": licence.limits,
        "starts_on": starts_on.isoformat(),
        "ends_on": ends_on.isoformat(),
    }


def _service(one: HeldService, base: HeldService | None, on: date) -> JsonObject:
    # What stands beside a suspended base is suspended with it, as the rights say.
    held_back = any(it is not None and it.licence.suspended_at is not None for it in (one, base))
    state = "SUSPENDED" if held_back else state_on(one, base, on)
    return {
        "id": str(one.licence.id),
        "kind": one.licence.kind,
        "product": one.licence.product,
        "plan": one.licence.plan,
        "name": one.licence.names.get("it", one.licence.sku),
        "quantity": one.licence.quantity,
        "state": state,
        "starts_on": one.days.starts_on.isoformat(),
        "ends_on": one.days.ends_on.isoformat(),
        "setup": one.licence.gives.get("setup", []),
    }


def _seats(session: Session, company: Company) -> JsonObject:
    seating = seating_of(session, company.id)
    return {
        "bought": seating.bought,
        "people": [
            {"id": str(seat.id), "email": seat.email, "state": seat.state, "permissions": seat.permissions}
            for seat in seating.taken
        ],
    }
