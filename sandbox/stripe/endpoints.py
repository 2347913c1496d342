"""The calls the simulator answers, and the function behind each."""

from collections.abc import Callable
from dataclasses import dataclass

from sandbox.stripe import (
    balance_transactions,
    charges,
    checkout_sessions,
    customers,
    disputes,
    events,
    off_session,
    payment_intents,
    payment_methods,
    payouts,
    refunds,
    setup_intents,
)
from sandbox.stripe.jsons import Json
from sandbox.stripe.listings import Listing, page
from sandbox.stripe.schemas import request_schemas
from sandbox.stripe.world import World

Handler = Callable[[World, str, Json], Json]

# Thin events are not in the v1 parameter types; reading one takes no parameters at all.
_NO_PARAMETERS: Json = {"type": "object", "additionalProperties": False, "properties": {}}


@dataclass(frozen=True)
class Endpoint:
    """One call: its method, its path with ``{id}``, its parameters and what it does."""

    method: str
    path: str
    schema: Json
    handle: Handler


def _list(listing: Listing) -> Handler:
    return lambda world, _identifier, params: page(world, listing, params)


def _read(retrieve: Callable[[World, str], Json]) -> Handler:
    return lambda world, identifier, _params: retrieve(world, identifier)


def _create(create: Callable[[World, Json], Json]) -> Handler:
    return lambda world, _identifier, params: create(world, params)


_HANDLERS: dict[str, Handler] = {
    "GET /v1/balance_transactions": _list(balance_transactions.LISTING),
    "GET /v1/balance_transactions/{id}": _read(balance_transactions.retrieve),
    "GET /v1/charges": _list(charges.LISTING),
    "GET /v1/charges/{id}": _read(charges.retrieve),
    "GET /v1/checkout/sessions": _list(checkout_sessions.LISTING),
    "GET /v1/checkout/sessions/{id}": _read(checkout_sessions.retrieve),
    "GET /v1/checkout/sessions/{id}/line_items": checkout_sessions.items,
    "GET /v1/customers": _list(customers.LISTING),
    "GET /v1/customers/{id}": _read(customers.retrieve),
    "GET /v1/disputes": _list(disputes.LISTING),
    "GET /v1/disputes/{id}": _read(disputes.retrieve),
    "GET /v1/events": _create(events.listed),
    "GET /v1/events/{id}": _read(events.retrieve),
    "GET /v1/payment_intents": _list(payment_intents.LISTING),
    "GET /v1/payment_intents/{id}": _read(payment_intents.retrieve),
    "GET /v1/payment_methods/{id}": _read(payment_methods.retrieve),
    "GET /v1/payouts": _list(payouts.LISTING),
    "GET /v1/payouts/{id}": _read(payouts.retrieve),
    "GET /v1/refunds": _list(refunds.LISTING),
    "GET /v1/refunds/{id}": _read(refunds.retrieve),
    "GET /v1/setup_intents/{id}": _read(setup_intents.retrieve),
    "POST /v1/checkout/sessions": _create(checkout_sessions.create),
    "POST /v1/checkout/sessions/{id}": checkout_sessions.update,
    "POST /v1/checkout/sessions/{id}/expire": lambda world, identifier, _: checkout_sessions.expire(world, identifier),
    "POST /v1/customers": _create(customers.create),
    "POST /v1/customers/{id}": customers.update,
    "POST /v1/disputes/{id}": disputes.update,
    "POST /v1/payment_intents": _create(off_session.create),
    "POST /v1/payment_methods/{id}/detach": lambda world, identifier, _: payment_methods.detach(world, identifier),
    "POST /v1/refunds": _create(refunds.create),
    "POST /v1/refunds/{id}": refunds.update,
}


def endpoints() -> list[Endpoint]:
    """Return every call with its schema, built now from the installed library."""
    schemas = request_schemas()
    found: list[Endpoint] = []
    for request, handle in _HANDLERS.items():
        method, path = request.split(" ", 1)
        found.append(Endpoint(method, path, schemas[request], handle))
    thin = _read(events.retrieve_thin)
    return [*found, Endpoint("GET", "/v2/core/events/{id}", _NO_PARAMETERS, thin)]
