"""Customers: the gateway's customer of a buyer, made once and stored (edge)."""

import hashlib
import json
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from entitlements import Party
from foundation.database import JsonObject, looking, transaction
from foundation.ids import new_id
from foundation.settings import current_settings
from shop.payments.attempts import StripeCustomer
from shop.payments.gateway import GatewayFailed, PaymentGateway


def customer_of(party_id: UUID, gateway: PaymentGateway) -> str:
    """The gateway's id of a party. Raises GatewayUnavailable, GatewayRefused: then nothing is stored."""
    with looking() as session:
        known = session.get(StripeCustomer, party_id)
        if known is not None:
            return known.customer_id
        party = session.get_one(Party, party_id)
    metadata = {"party_id": str(party.id), "shop_env": current_settings().shop_env}
    parameters: JsonObject = {"name": party.name, "metadata": metadata}
    if party.email:
        parameters["email"] = party.email
    key = _key(party_id, parameters)
    try:
        made = gateway.create_customer(key, parameters)
    except GatewayFailed:
        # That key answers with the failure for a day. A customer moves no money: at worst one is left over at Stripe.
        made = gateway.create_customer(f"{key}-{new_id().hex}", parameters)
    with transaction() as session:
        row = insert(StripeCustomer).values(party_id=party_id, customer_id=made)
        session.execute(row.on_conflict_do_nothing())
        return session.get_one(StripeCustomer, party_id).customer_id


def _key(party_id: UUID, parameters: JsonObject) -> str:
    """One key per party and data: a name corrected between two tries must not become an idempotency conflict."""
    digest = hashlib.sha256(json.dumps(parameters, sort_keys=True).encode()).hexdigest()
    return f"customer-{party_id}-{digest[:16]}"
