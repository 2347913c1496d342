"""What a person or a test can make happen, by name: the buyer, the bank, the passing of days."""

from collections.abc import Callable

from sandbox.stripe import (
    checkout_sessions,
    disputes,
    events,
    payment_intents,
    payment_methods,
    payments,
    payouts,
    refunds,
)
from sandbox.stripe.errors import ApiError, conflict, invalid
from sandbox.stripe.jsons import Json
from sandbox.stripe.payments import SessionClosed
from sandbox.stripe.settlement import expire_due
from sandbox.stripe.world import World

Action = Callable[[World, str, Json], Json]


def _in_session(pay: Callable[[World, Json], Json]) -> Action:
    def act(world: World, identifier: str, _options: Json) -> Json:
        expire_due(world)
        return pay(world, checkout_sessions.retrieve(world, identifier))

    return act


def _saving(bank: str) -> Action:
    return _in_session(lambda world, session: payments.save_card(world, session, bank))


def _funds_arrived(world: World, identifier: str, options: Json) -> Json:
    intent = payment_intents.retrieve(world, identifier)
    return payments.funds_arrived(world, intent, _amount(options))


def _refund(world: World, identifier: str, options: Json) -> Json:
    amount = _amount(options)
    params: Json = {"charge": identifier} if amount is None else {"charge": identifier, "amount": amount}
    return refunds.create(world, params)


def _amount(options: Json) -> int | None:
    amount = options.get("amount")
    if amount is not None and (not isinstance(amount, int) or isinstance(amount, bool)):
        raise invalid("The amount is a whole number of cents.", "amount")
    return amount


def _open_dispute(world: World, identifier: str, options: Json) -> Json:
    kind = options.get("kind", disputes.CHARGEBACK)
    if kind not in (disputes.CHARGEBACK, disputes.INQUIRY):
        raise invalid("kind must be chargeback or inquiry", "kind")
    return disputes.open_dispute(world, identifier, kind)


ACTIONS: dict[str, Action] = {
    "pay_card": _in_session(payments.pay_card),
    "decline_card": _in_session(payments.decline_card),
    "pay_sepa": _in_session(payments.pay_sepa),
    "pay_bank_transfer": _in_session(payments.pay_bank_transfer),
    "pay_nothing": _in_session(payments.pay_nothing),
    "save_card": _saving(payment_methods.WORKS),
    "save_declined_card": _saving(payment_methods.DECLINED),
    "save_asking_card": _saving(payment_methods.ASKING),
    "expire": lambda world, identifier, _: checkout_sessions.expire(world, identifier),
    "funds_arrived": _funds_arrived,
    "debit_refused": lambda world, identifier, _: payments.debit_refused(
        world, payment_intents.retrieve(world, identifier)
    ),
    "refund": _refund,
    "refund_succeeded": lambda world, identifier, _: refunds.succeed(world, identifier),
    "refund_failed": lambda world, identifier, _: refunds.fail(world, identifier),
    "open_dispute": _open_dispute,
    "win_dispute": lambda world, identifier, _: disputes.close_dispute(world, identifier, won=True),
    "lose_dispute": lambda world, identifier, _: disputes.close_dispute(world, identifier, won=False),
    "make_payout": lambda world, _identifier, _options: payouts.make(world),
    "fail_payout": lambda world, identifier, _: payouts.fail(world, identifier),
    "resend_event": lambda world, identifier, _: events.resend(world, identifier),
}


def perform(world: World, name: str, identifier: str, options: Json) -> Json:
    """Do one thing in one transaction and return the object it left; ApiError when it cannot be."""
    action = ACTIONS.get(name)
    if action is None:
        raise ApiError(f"There is no action {name!r}.", status=404)
    with world.store.transaction():
        try:
            return action(world, identifier, options)
        except SessionClosed as closed:
            raise conflict(f"The Checkout Session {closed} is not open.") from closed
