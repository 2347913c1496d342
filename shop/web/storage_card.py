"""Storage on the page of services: how much is used of how much, and what to add when it fills up (F004-27)."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from entitlements import Rights, days_of_use, room_of
from pricing import GIGABYTE, is_filling, suggested_units
from shop.catalogue import Product


@dataclass(frozen=True, slots=True)
class StorageCard:
    """Bytes used of the gigabytes available; `suggested` units of `product` suffice for a year while it fills up.

    `measured_on` is the day of the newest report; None while the vendor's software has reported nothing.
    """

    used_bytes: int
    limit_gb: int
    measured_on: date | None
    product: Product | None
    suggested: int

    @property
    def filling(self) -> bool:
        """Whether more than 70% is in use."""
        return is_filling(self.used_bytes, self.limit_gb)

    @property
    def percent(self) -> int:
        """The share in use, rounded down; what is over the limit is more than a hundred."""
        return self.used_bytes * 100 // (self.limit_gb * GIGABYTE) if self.limit_gb else 0


def storage_card(session: Session, rights: Rights, product: Product | None) -> StorageCard | None:
    """The card of a company; `product` is what more storage is bought as. None where there is nothing to tell."""
    reports, limit_gb = days_of_use(session, rights.company_id), room_of(rights.services)
    if not limit_gb and not reports:
        return None
    newest = reports[0] if reports else None
    used_bytes = newest.used_bytes if newest else 0
    sold_gb = product.storage_gb if product else 0
    suggested = 0
    if product and sold_gb and is_filling(used_bytes, limit_gb):
        suggested = min(suggested_units(reports, limit_gb, sold_gb), product.rules.maximum_quantity)
    return StorageCard(used_bytes, limit_gb, newest.on if newest else None, product, suggested)
