"""The shop's half of the Stripe janitor (edges).

It reads pending attempts, charges and refunds anew, and repeats calls whose outcome is unknown.
Lost, late and doubled letters change nothing but the delay: everything here is also what a letter would have done.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from foundation import clock
from foundation.database import transaction
from foundation.logs import log
from shop.orders.order_book import CARD, Order
from shop.payments.attempts import PaymentAttempt
from shop.payments.checkout import close_checkout, look_and_reconcile, send_attempt, settle_attempt
from shop.payments.gateway import GatewayRefused, GatewayUnavailable, PaymentGateway
from shop.payments.refund_requests import RefundRefused, open_requests, send_request
from shop.payments.stripe_facts import StripeCharge

PENDING_AFTER = timedelta(minutes=15)
FEES_WITHIN = timedelta(days=30)
# One that cannot be shown is that one's own trouble; after so many in a row nobody else would be answered either.
MOST_SILENT = 3


@dataclass(frozen=True, slots=True)
class Settled:
    """What a round did: pages looked at, unknown ones asked again, charges and refunds asked about, and what failed."""

    looked_at: int = 0
    asked_again: int = 0
    closed: int = 0
    charges: int = 0
    refunds: int = 0
    failed: int = 0


def settle_pending(gateway: PaymentGateway, older_than: timedelta = PENDING_AFTER) -> Settled:
    """Look at every attempt that has been pending for `older_than` (real time), and at charges and refunds left open.

    One that is refused, or that Stripe cannot show, does not stop the others. Raises GatewayUnavailable when Stripe is
    silent, about three in a row or about all there are: the next round comes.
    """
    with transaction() as session:
        unknown, pending, unwanted = _attempts(session, older_than)
        charges, requests = _charges_without_fee(session), open_requests(session)
    failed = _do_all(
        [
            *(partial(settle_attempt, one, gateway) for one in pending),
            *(partial(_ask_again, one, gateway) for one in unknown),
            *(partial(close_checkout, one, gateway) for one in unwanted),
            *(partial(_look_at_charge, one, gateway) for one in charges),
            *(partial(send_request, one, gateway) for one in requests),
        ]
    )
    return Settled(len(pending), len(unknown), len(unwanted), len(charges), len(requests), failed)


def pending_payments(session: Session) -> dict[str, int]:
    """How much a round would ask about, without asking."""
    unknown, pending, unwanted = _attempts(session, PENDING_AFTER)
    return {
        "looked_at": len(pending),
        "asked_again": len(unknown),
        "closed": len(unwanted),
        "charges": len(_charges_without_fee(session)),
        "refunds": len(open_requests(session)),
    }


def _do_all(steps: Sequence[partial[Any]]) -> int:
    """Do every step; answers how many were not done. Raises the last silence once nobody seems to be there."""
    failed = silent = 0
    for step in steps:
        try:
            failed += not _done(step)
            silent = 0
        except (GatewayUnavailable, OperationalError) as silence:
            # A page that Stripe cannot show, an order that somebody holds: the money of the others is looked for.
            failed, silent = failed + 1, silent + 1
            if silent == min(MOST_SILENT, len(steps)):
                raise
            _tell(step, silence)
    return failed


def _done(step: partial[Any]) -> bool:
    """Whether the step was done; what a refusal means has been stored where it belongs, and the round goes on.

    So it does after any other failure: one order that cannot be settled leaves no other payment unfound.
    """
    try:
        step()
    except (GatewayUnavailable, OperationalError):
        raise
    except (GatewayRefused, RefundRefused):
        return False
    except Exception as problem:  # noqa: BLE001 - told, and tried again in the next round
        _tell(step, problem)
        return False
    return True


def _tell(step: partial[Any], problem: Exception) -> None:
    log().error("payment not settled", subject_id=str(step.args[0]), exc_info=problem)


def _look_at_charge(charge_id: str, gateway: PaymentGateway) -> None:
    look_and_reconcile(gateway, "charge", charge_id)


def _ask_again(attempt_id: UUID, gateway: PaymentGateway) -> None:
    """The outcome of the call is unknown: the same key and parameters give the page that exists, or make it now."""
    send_attempt(attempt_id, gateway)
    settle_attempt(attempt_id, gateway)


def _attempts(session: Session, older_than: timedelta) -> tuple[list[UUID], list[UUID], list[UUID]]:
    """Attempts without a page, attempts pending on one, and orders whose open page is not wanted any more."""
    query = (
        select(PaymentAttempt, Order)
        .join(Order, Order.id == PaymentAttempt.order_id)
        .where(PaymentAttempt.paid_at.is_(None), PaymentAttempt.debit_refused_at.is_(None))
        .where(PaymentAttempt.cancelled_at.is_(None), PaymentAttempt.expired_at.is_(None))
        .where(PaymentAttempt.created_at <= clock.real_now() - older_than)
        .order_by(PaymentAttempt.created_at)
    )
    unknown, pending, unwanted = [], [], []
    for attempt, order in session.execute(query):
        if attempt.session_id is None:
            unknown.append(attempt.id)
        else:
            pending.append(attempt.id)
        if attempt.state == "OPEN" and (order.state != "AWAITING_PAYMENT" or order.payment_method != CARD):
            unwanted.append(order.id)
    return unknown, pending, unwanted


def _charges_without_fee(session: Session) -> list[str]:
    """Charges whose fee was not known yet when they were last looked at."""
    query = (
        select(StripeCharge.id)
        .where(StripeCharge.fee_cents.is_(None), StripeCharge.status == "succeeded")
        .where(StripeCharge.read_started_at >= clock.real_now() - FEES_WITHIN)
        .order_by(StripeCharge.id)
    )
    return list(session.scalars(query))
