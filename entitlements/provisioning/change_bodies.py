"""What a change tells the vendor's software (M25): plan, mode, limits, term, services, seats, room."""

from datetime import date

from sqlalchemy.orm import Session

from entitlements.companies import Company
from entitlements.links import payer_at
from entitlements.running.services_on import ServicesOn, services_on
from entitlements.running.what_runs import HeldService, held_plans, held_services
from entitlements.seats.seating import seating_of
from entitlements.speaking import Voice, speaking
from entitlements.storage.room import room_on
from foundation import clock
from foundation.database import JsonObject


def change_body(session: Session, company: Company) -> JsonObject:
    """The whole of a company's rights today: a letter that is lost or late is made good by any later one."""
    on = clock.today()
    held = held_services(session, company.id)
    day = services_on(held, on)
    payer = payer_at(session, company.id, clock.now())
    return {
        "id": str(company.id),
        **_main(speaking([one.voice for one in (*held_plans(session, company.id), *held)], on), on),
        "payer": payer.payer if payer else "COMPANY",
        "services": [_service(one, day) for one in held if day.state(one) != "EXPIRED"],
        "seats": _seats(session, company),
        "storage": {"limit_gb": room_on(held, on)},
    }


def _main(voice: Voice | None, on: date) -> JsonObject:
    """Plan, mode, limits and term, of the licence that speaks for the company."""
    if voice is None:
        return {}
    return {
        "product": voice.product,
        "plan": voice.plan,
        "access_mode": voice.mode(on),
        "limits": voice.limits,
        "starts_on": voice.days.starts_on.isoformat(),
        "ends_on": voice.days.ends_on.isoformat(),
    }


def _service(one: HeldService, day: ServicesOn[HeldService]) -> JsonObject:
    state = day.state(one) if one.days.starts_on <= day.on else "NOT_STARTED"
    # What stands beside a suspended base is suspended with it; what is limited or over stays so, as the rights say.
    held_back = any(it is not None and it.licence.suspended_at is not None for it in (one, day.base))
    if state == "ACTIVE" and held_back:
        state = "SUSPENDED"
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
