"""The jobs and due rules of the shop: importing this module registers them."""

from contextlib import suppress
from datetime import date
from uuid import UUID

from flask import current_app
from sqlalchemy.orm import Session

from entitlements import FOLLOW_SEATS, RENEW
from foundation.database import transaction
from foundation.jobs import DueRow, due_rule, job
from shop import audit, audit_ledger, audit_services  # noqa: F401 - they register their checks
from shop.accounts import sweeping  # noqa: F401 - registers its rules
from shop.accounts.seat_people import follow_seats
from shop.invitations import accounts as invitation_accounts  # noqa: F401 - registers its rules
from shop.invitations import audit as invitations_audit  # noqa: F401 - registers its checks
from shop.orders import closing, lost_services  # noqa: F401 - they register their rules
from shop.payments import refund_decisions, reversals  # noqa: F401 - they register their rules
from shop.payments.checkout import close_checkout
from shop.payments.gateway import PaymentGateway
from shop.payments.refund_requests import RefundRefused, send_request
from shop.renewals import audit as renewals_audit  # noqa: F401 - registers its checks
from shop.renewals import letters as renewal_letters  # noqa: F401 - registers its rules
from shop.renewals.automatic_orders import CHARGE, renew_by_itself
from shop.renewals.card_setup import detach_card
from shop.renewals.charging import charge_renewal
from shop.renewals.saved_cards import DETACH
from shop.transfers import audit as transfers_audit  # noqa: F401 - registers its checks
from shop.transfers import payer_data, requoted, window  # noqa: F401 - they register their rules


def gateway() -> PaymentGateway:
    """The payment gateway this application was built with."""
    found: PaymentGateway = current_app.extensions["gettone.gateway"]
    return found


@job(FOLLOW_SEATS)
def let_access_follow_seats(company_id: str) -> None:
    """A lot of seats is over: who lost their seat comes in no more."""
    with transaction() as session:
        follow_seats(session, UUID(company_id))


@job("checkout.close")
def close_open_page(order_id: str) -> None:
    """Close the payment page of an order that is not to be paid by card any more."""
    close_checkout(UUID(order_id), gateway())


@job("orders.requoted")
def money_of_a_fallen_quote(order_id: str) -> None:
    """An order asks for a new quote: its payment page closes, its money goes back, its buyer hears what to do."""
    close_checkout(UUID(order_id), gateway())
    requoted.requoted(UUID(order_id))


@job("orders.rivals")
def rivals_of_a_fulfilled_order(order_id: str, company_ids: list[str]) -> None:
    """Services have changed: orders of the same companies that wait for money are looked at again."""
    requoted.look_at_rivals([UUID(company) for company in company_ids], UUID(order_id))


@job(refund_decisions.SEND)
def send_refund(request_id: str) -> None:
    """Give money back by card; a refusal has become a task for finance, silence is asked about again."""
    with suppress(RefundRefused):
        send_request(UUID(request_id), gateway())


@due_rule(RENEW)
def renew_services(session: Session, row: DueRow) -> None:
    """Seven days before its end a base service whose payer agreed to it is ordered again, or on a morning after."""
    renew_by_itself(session, row.subject_id, date.fromisoformat(row.period.partition("/")[0]))


@job(CHARGE, tries=1_000)
def charge_saved_card(attempt_id: str) -> None:
    """Charge an automatic renewal; while the gateway is silent it is asked again."""
    charge_renewal(UUID(attempt_id), gateway())


@job(DETACH)
def forget_card(card_id: str) -> None:
    """A card that was removed here is forgotten at the gateway."""
    detach_card(UUID(card_id), gateway())
