"""Quotes: the inputs a price was made from, the price, and the proof that the same inputs still give it (M13).

A quote is priced once and frozen as JSON: inputs, price-book version, policy version and every resulting figure.
`replay` computes it again from the stored inputs; figures that differ in one digit are an error.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from pricing.canonical import JsonObject, JsonValue, Reading, differences, own_copy
from pricing.errors import (
    AmountTooLarge,
    ConflictingVatRates,
    EmptyQuote,
    MalformedQuote,
    NegativeAmount,
    QuoteReplayDiffers,
    UnknownPolicyVersion,
)
from pricing.money import ZERO, Money, half_up, total
from pricing.proration import Formula
from pricing.quote_requests import (
    PACKS_ONLY,
    POLICY_VERSION,
    Adjustment,
    QuoteRequest,
    RequestedLine,
    request_from_json,
    request_to_json,
)
from pricing.vat import TaxedNet, VatSummary, shares_of, vat_summaries

MAXIMUM_TOTAL_CENTS = 10**12 - 1


@dataclass(frozen=True, slots=True)
class QuotedLine:
    """A priced line: `net` is `unit_net` times the quantity (times its part of years) plus the adjustments.

    `vat` is its share of the summary.
    `net_per_unit` is the net price, in euro with four decimals, of one of the units a pack mints: for display only.
    """

    requested: RequestedLine
    unit_net: Money
    net: Money
    vat: Money
    net_per_unit: Decimal

    @property
    def gross(self) -> Money:
        """Net and VAT; the lines' gross amounts sum exactly to the gross of the quote."""
        return self.net + self.vat

    @property
    def sku(self) -> str:
        """The product."""
        return self.requested.sku

    @property
    def quantity(self) -> int:
        """Packs."""
        return self.requested.quantity

    @property
    def units(self) -> int:
        """Units minted by all packs of the line together."""
        return self.requested.quantity * self.requested.units_per_pack

    @property
    def vat_code(self) -> str:
        """The VAT rate of the line, by its code."""
        return self.requested.vat_code

    @property
    def for_party(self) -> str | None:
        """Whom the line is for (D20)."""
        return self.requested.for_party

    @property
    def description(self) -> JsonObject:
        """The opaque data the request carried."""
        return self.requested.description

    @property
    def formula(self) -> Formula | None:
        """How a line sold by the year is computed; None for packs."""
        return self.requested.formula

    @property
    def full_net(self) -> Money:
        """The net before its adjustments: what a list of lines shows above the discount that stands on its own."""
        return self.net - total(adjustment.net for adjustment in self.requested.adjustments)

    @property
    def adjustments(self) -> tuple[Adjustment, ...]:
        """What changed the net of the line, with reasons."""
        return self.requested.adjustments


@dataclass(frozen=True, slots=True)
class Quote:
    """A request and its price; VAT once per rate, highest rate first."""

    request: QuoteRequest
    lines: tuple[QuotedLine, ...]
    vat_summaries: tuple[VatSummary, ...]

    @property
    def net(self) -> Money:
        """Sum of the lines' nets."""
        return total(line.net for line in self.lines)

    @property
    def vat(self) -> Money:
        """Sum of the VAT of the rates."""
        return total(summary.vat for summary in self.vat_summaries)

    @property
    def gross(self) -> Money:
        """What the customer pays."""
        return self.net + self.vat

    def to_json(self) -> dict[str, JsonValue]:
        """Inputs and figures as plain JSON, money in integer cents: what an order stores."""
        stored: JsonObject = {
            "inputs": request_to_json(self.request),
            "lines": [_figures_of_line(line) for line in self.lines],
            "vat": [_figures_of_rate(summary) for summary in self.vat_summaries],
            "net_cents": self.net.cents,
            "vat_cents": self.vat.cents,
            "gross_cents": self.gross.cents,
        }
        return dict(own_copy(stored))

    @classmethod
    def from_json(cls, stored: JsonObject) -> "Quote":
        """The quote with the figures as stored, nothing recomputed.

        `MalformedQuote` names the first fault of the form; the figures are judged by `replay`.
        """
        reading = Reading(stored)
        request = request_from_json(reading.at("inputs"))
        figures = reading.at("lines").items()
        if len(figures) != len(request.lines):
            raise MalformedQuote("/lines")
        return cls(
            request=request,
            lines=tuple(_line_of_figures(line, place) for line, place in zip(request.lines, figures, strict=True)),
            vat_summaries=tuple(_summary_of_figures(request, place) for place in reading.at("vat").items()),
        )


def _figures_of_line(line: QuotedLine) -> JsonObject:
    return {
        "unit_net_cents": line.unit_net.cents,
        "net_cents": line.net.cents,
        "vat_cents": line.vat.cents,
        "gross_cents": line.gross.cents,
        "net_per_unit": str(line.net_per_unit),
    }


def _line_of_figures(line: RequestedLine, stored: Reading) -> QuotedLine:
    return QuotedLine(
        requested=line,
        unit_net=Money(stored.at("unit_net_cents").integer()),
        net=Money(stored.at("net_cents").integer()),
        vat=Money(stored.at("vat_cents").integer()),
        net_per_unit=stored.at("net_per_unit").decimal(),
    )


def _figures_of_rate(summary: VatSummary) -> JsonObject:
    return {"code": summary.rate.code, "net_cents": summary.net.cents, "vat_cents": summary.vat.cents}


def _summary_of_figures(request: QuoteRequest, stored: Reading) -> VatSummary:
    return VatSummary(
        rate=request.rate_called(stored.at("code").text()),
        net=Money(stored.at("net_cents").integer()),
        vat=Money(stored.at("vat_cents").integer()),
    )


@lru_cache(maxsize=4_000)
def net_per_unit(unit_net: Money, units_per_pack: int) -> Decimal:
    """Net price in euro of one of the units a pack mints, four decimals half-up, for display only."""
    return Decimal(f"{half_up(unit_net.cents * 100, units_per_pack)}E-4").quantize(Decimal("0.0001"))


def _with_adjustments(line: RequestedLine, net: Money) -> Money:
    if line.adjustments:
        net += total(adjustment.net for adjustment in line.adjustments)
    if net < ZERO:
        raise NegativeAmount(line.sku, net.cents)
    return net


def _net_of_packs(line: RequestedLine) -> Money:
    """Policy 1: packs at the price of their tiers."""
    return _with_adjustments(line, line.tiers.line_net(line.quantity))


def _net_of_packs_or_years(line: RequestedLine) -> Money:
    """Policy 2: packs as before, and yearly prices over whole years or a part of them (D3)."""
    formula = line.formula
    return _net_of_packs(line) if formula is None else _with_adjustments(line, formula.net)


def _price(request: QuoteRequest, line_net: Callable[[RequestedLine], Money]) -> Quote:
    taxed = tuple(TaxedNet(line_net(line), request.rate_called(line.vat_code)) for line in request.lines)
    summaries = vat_summaries(taxed)
    shares = shares_of(summaries, taxed)
    lines = tuple(_priced(line, net.net, vat) for line, net, vat in zip(request.lines, taxed, shares, strict=True))
    return Quote(request, lines, summaries)


def _priced(line: RequestedLine, net: Money, vat: Money) -> QuotedLine:
    unit_net = line.tiers.unit_price(line.quantity)
    return QuotedLine(line, unit_net, net, vat, net_per_unit(unit_net, line.units_per_pack))


_POLICIES: Mapping[str, Callable[[RequestedLine], Money]] = {
    PACKS_ONLY: _net_of_packs,
    POLICY_VERSION: _net_of_packs_or_years,
}


def price(request: QuoteRequest) -> Quote:
    """Price a request by the rules its `policy_version` names.

    Raises `EmptyQuote`, `UnknownVatCode`, `ConflictingVatRates` (one code given twice), `UnknownPolicyVersion`,
    `NegativeAmount` (adjustments above the price) and `AmountTooLarge` (a gross of ten billion euro or more).
    """
    if not request.lines:
        raise EmptyQuote
    codes = [rate.code for rate in request.vat_rates]
    for place, code in enumerate(codes):
        if code in codes[:place]:
            raise ConflictingVatRates(code)
    policy = _POLICIES.get(request.policy_version)
    if policy is None:
        raise UnknownPolicyVersion(request.policy_version)
    quote = _price(request, policy)
    if quote.gross.cents > MAXIMUM_TOTAL_CENTS:
        raise AmountTooLarge(quote.gross.cents, MAXIMUM_TOTAL_CENTS)
    return quote


def replay(stored: JsonObject) -> Quote:
    """Compute a stored quote again from its own inputs and prove it identical, digit by digit.

    Raises `MalformedQuote` when the document is no quote, and `QuoteReplayDiffers` with the places that differ.
    """
    again = price(request_from_json(Reading(stored).at("inputs")))
    places = differences(own_copy(stored), again.to_json())
    if places:
        raise QuoteReplayDiffers(places)
    return again
