"""Volume tiers: the number of packs decides the price of every one of them (M13)."""

from dataclasses import dataclass
from itertools import pairwise

from pricing.errors import InvalidQuantity, InvalidTiers, NegativeAmount
from pricing.money import ZERO, Money

MAXIMUM_QUANTITY = 100_000


def check_quantity(quantity: int) -> int:
    """The quantity itself when it is a whole number between 1 and `MAXIMUM_QUANTITY`, else `InvalidQuantity`."""
    if type(quantity) is not int or not 1 <= quantity <= MAXIMUM_QUANTITY:
        raise InvalidQuantity(quantity, MAXIMUM_QUANTITY)
    return quantity


@dataclass(frozen=True, slots=True)
class Tier:
    """From `from_quantity` packs on, each pack costs `unit_net`."""

    from_quantity: int
    unit_net: Money

    def __post_init__(self) -> None:
        check_quantity(self.from_quantity)
        if self.unit_net < ZERO:
            raise NegativeAmount("unit_net", self.unit_net.cents)


@dataclass(frozen=True, slots=True)
class TierRow:
    """One row of the table a person reads; `to_quantity` is None in the last, open row."""

    from_quantity: int
    to_quantity: int | None
    unit_net: Money


@dataclass(frozen=True, slots=True)
class TierTable:
    """The tiers of one product, from 1 upwards. Raises `InvalidTiers` unless they start at 1 and grow strictly."""

    tiers: tuple[Tier, ...]

    def __post_init__(self) -> None:
        starts = tuple(tier.from_quantity for tier in self.tiers)
        if starts[:1] != (1,) or any(later <= earlier for earlier, later in pairwise(starts)):
            raise InvalidTiers(starts)

    @classmethod
    def flat(cls, unit_net: Money) -> "TierTable":
        """One price whatever the quantity."""
        return cls((Tier(1, unit_net),))

    def unit_price(self, quantity: int) -> Money:
        """Net price of each of `quantity` packs. `InvalidQuantity` outside 1 to `MAXIMUM_QUANTITY`."""
        check_quantity(quantity)
        if len(self.tiers) == 1:
            return self.tiers[0].unit_net
        return next(tier.unit_net for tier in reversed(self.tiers) if tier.from_quantity <= quantity)

    def line_net(self, quantity: int) -> Money:
        """Net price of `quantity` packs together."""
        return self.unit_price(quantity) * quantity

    def better_quantity(self, quantity: int) -> int | None:
        """The smallest larger quantity that costs the same or less, or None: "buy one more, pay less".

        Within a tier more packs always cost more, so only the first quantity of a later tier can win. A line that is
        free already has nothing to gain.
        """
        price = self.line_net(quantity)
        if price == ZERO:
            return None
        for tier in self.tiers:
            if tier.from_quantity > quantity and tier.unit_net * tier.from_quantity <= price:
                return tier.from_quantity
        return None

    def rows(self) -> tuple[TierRow, ...]:
        """The table as a person reads it, each row with its first and last quantity."""
        ends = (*(tier.from_quantity - 1 for tier in self.tiers[1:]), None)
        return tuple(
            TierRow(tier.from_quantity, end, tier.unit_net) for tier, end in zip(self.tiers, ends, strict=True)
        )
