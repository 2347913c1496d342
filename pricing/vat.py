"""VAT: once per rate on the sum of the nets, half-up (D3), then shared over the lines without losing a cent."""

from collections.abc import Sequence
from dataclasses import dataclass

from pricing.errors import ConflictingVatRates, InvalidVatRate
from pricing.money import BASIS_POINTS, Money, half_up, largest_remainder


@dataclass(frozen=True, slots=True)
class VatRate:
    """A rate in basis points (2200 = 22 %) under the code the price book uses.

    `nature` is the FatturaPA reason (N1 to N7) for which no VAT is due: present exactly when the rate is zero,
    otherwise `InvalidVatRate`.
    """

    code: str
    basis_points: int
    nature: str | None
    description: str

    def __post_init__(self) -> None:
        exact = type(self.basis_points) is int and 0 <= self.basis_points <= BASIS_POINTS
        if not exact or (self.nature is None) != (self.basis_points > 0):
            raise InvalidVatRate(self.code, self.basis_points, self.nature)


@dataclass(frozen=True, slots=True)
class TaxedNet:
    """The net of one line with the rate that applies to it."""

    net: Money
    rate: VatRate


@dataclass(frozen=True, slots=True)
class VatSummary:
    """What one rate amounts to over all its lines: the "riepilogo" of an invoice."""

    rate: VatRate
    net: Money
    vat: Money

    @property
    def gross(self) -> Money:
        """Net and VAT together."""
        return self.net + self.vat


def vat_on(net: Money, rate: VatRate) -> Money:
    """VAT of one net amount, rounded half-up to the cent."""
    return Money(half_up(net.cents * rate.basis_points, BASIS_POINTS))


def vat_summaries(lines: Sequence[TaxedNet]) -> tuple[VatSummary, ...]:
    """One row per rate, highest rate first, then by code: the order of the lines changes nothing.

    Raises `ConflictingVatRates` when one code stands for two rates.
    """
    by_code: dict[str, VatRate] = {}
    cents: dict[str, int] = {}
    for line in lines:
        rate = line.rate
        known = by_code.setdefault(rate.code, rate)
        if known is not rate and known != rate:
            raise ConflictingVatRates(rate.code)
        cents[rate.code] = cents.get(rate.code, 0) + line.net.cents
    rates = sorted(by_code.values(), key=lambda rate: (-rate.basis_points, rate.code))
    nets = {rate.code: Money(cents[rate.code]) for rate in rates}
    return tuple(VatSummary(rate, nets[rate.code], vat_on(nets[rate.code], rate)) for rate in rates)


def vat_shares(lines: Sequence[TaxedNet]) -> tuple[Money, ...]:
    """VAT of each line: the VAT of its rate shared over the lines of that rate by largest remainder of their nets.

    The nets must not be negative (`InvalidDivision`).
    """
    return shares_of(vat_summaries(lines), lines)


def shares_of(summaries: Sequence[VatSummary], lines: Sequence[TaxedNet]) -> tuple[Money, ...]:
    """The same for lines whose VAT has been summed already."""
    shares = [Money(0)] * len(lines)
    for summary in summaries:
        code = summary.rate.code
        places = [place for place, line in enumerate(lines) if line.rate.code == code]
        cents = largest_remainder(summary.vat.cents, [lines[place].net.cents for place in places])
        for place, share in zip(places, cents, strict=True):
            shares[place] = Money(share)
    return tuple(shares)


def gross_shares(lines: Sequence[TaxedNet]) -> tuple[Money, ...]:
    """Gross of each line, summing exactly to the gross of the order: what a card payment page lists."""
    return tuple(line.net + share for line, share in zip(lines, vat_shares(lines), strict=True))
