"""Paid lines: what an order hands over to be granted, as values."""

from dataclasses import dataclass
from uuid import UUID

from entitlements.links import Cause
from foundation.database import JsonObject


@dataclass(frozen=True, slots=True)
class PaidLine:
    """What was paid: `quantity` packs of a product for `net_cents`, and what each pack gives (frozen in the order).

    A service also says which days it was paid for: `term`, as `running/licence_grants.py` reads it.
    """

    cause: Cause
    owner_party_id: UUID
    for_party_id: UUID
    sku: str
    names: JsonObject
    quantity: int
    net_cents: int
    price_book_version: int
    gives: JsonObject
    product_kind: str = ""
    term: JsonObject | None = None
