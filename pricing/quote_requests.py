"""Everything a price depends on, as values and as the JSON a quote keeps of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from pricing.canonical import JsonObject, JsonValue, Reading, own_copy
from pricing.errors import InvalidQuantity, UnknownVatCode
from pricing.line_spans import LineSpan, span_from_json, span_to_json
from pricing.money import Money
from pricing.proration import Formula
from pricing.terms import check_day
from pricing.tiers import Tier, TierTable, check_quantity
from pricing.vat import VatRate

POLICY_VERSION = "2"
"""Names the pricing rules. Change it, and keep the old rules beside the new, whenever a figure could change."""

PACKS_ONLY = "1"
"""The first rules: every line is packs at the price of its tiers. Its quotes have no word for anything else."""

MAXIMUM_UNITS_PER_PACK = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Adjustment:
    """A change of a line's net with the reason it carries: a bonus, an agreement code (M13)."""

    code: str
    description: str
    net: Money


@dataclass(frozen=True, slots=True)
class RequestedLine:
    """One line to price: `quantity` packs of `sku` at the price of `tiers`, or that yearly price over a `span`.

    `units_per_pack` is what one pack mints; `description` is opaque JSON kept with the quote; `for_party` names whom
    the line is for (D20), opaque here. Raises `InvalidQuantity`, and `MalformedQuote` for a description with a float.
    """

    sku: str
    quantity: int
    tiers: TierTable
    vat_code: str
    units_per_pack: int = 1
    description: JsonObject = field(default_factory=dict)
    for_party: str | None = None
    adjustments: tuple[Adjustment, ...] = ()
    span: LineSpan | None = None

    def __post_init__(self) -> None:
        check_quantity(self.quantity)
        if type(self.units_per_pack) is not int or not 1 <= self.units_per_pack <= MAXIMUM_UNITS_PER_PACK:
            raise InvalidQuantity(self.units_per_pack, MAXIMUM_UNITS_PER_PACK)
        object.__setattr__(self, "description", own_copy(self.description))

    @property
    def formula(self) -> Formula | None:
        """How a line sold by the year is computed; None for packs."""
        return self.span.formula(self.tiers.unit_price(self.quantity), self.quantity) if self.span else None


@dataclass(frozen=True, slots=True)
class QuoteRequest:
    """The lines, the rates they may name, and the versions; `priced_on` is the Rome day whose price book was read."""

    lines: tuple[RequestedLine, ...]
    vat_rates: tuple[VatRate, ...]
    price_book_version: str
    priced_on: date
    policy_version: str = POLICY_VERSION

    def __post_init__(self) -> None:
        check_day(self.priced_on)

    def rate_called(self, code: str) -> VatRate:
        """The rate with this code. `UnknownVatCode` when it is not in the request."""
        for rate in self.vat_rates:
            if rate.code == code:
                return rate
        raise UnknownVatCode(code)


def request_to_json(request: QuoteRequest) -> Mapping[str, JsonValue]:
    """The inputs as JSON: money in cents, days in ISO form."""
    return {
        "lines": [_line_to_json(line, request.policy_version) for line in request.lines],
        "vat_rates": [_rate_to_json(rate) for rate in request.vat_rates],
        "price_book_version": request.price_book_version,
        "priced_on": request.priced_on.isoformat(),
        "policy_version": request.policy_version,
    }


def request_from_json(stored: Reading) -> QuoteRequest:
    """The inputs as they were stored. `MalformedQuote` names the first fault."""
    lines = stored.at("lines").items()
    policy_version = stored.at("policy_version").text()
    return QuoteRequest(
        lines=tuple(_line_from_json(line, policy_version) for line in lines),
        vat_rates=tuple(_rate_from_json(rate) for rate in stored.at("vat_rates").items()),
        price_book_version=stored.at("price_book_version").text(),
        priced_on=stored.at("priced_on").day(),
        policy_version=policy_version,
    )


def _line_to_json(line: RequestedLine, policy_version: str) -> Mapping[str, JsonValue]:
    span = {} if policy_version == PACKS_ONLY else {"span": span_to_json(line.span)}
    return span | {
        "sku": line.sku,
        "quantity": line.quantity,
        "tiers": [
            {"from_quantity": tier.from_quantity, "unit_net_cents": tier.unit_net.cents} for tier in line.tiers.tiers
        ],
        "vat_code": line.vat_code,
        "units_per_pack": line.units_per_pack,
        "description": line.description,
        "for_party": line.for_party,
        "adjustments": [
            {"code": adjustment.code, "description": adjustment.description, "net_cents": adjustment.net.cents}
            for adjustment in line.adjustments
        ],
    }


def _line_from_json(stored: Reading, policy_version: str) -> RequestedLine:
    return RequestedLine(
        sku=stored.at("sku").text(),
        quantity=stored.at("quantity").integer(),
        tiers=TierTable(
            tuple(
                Tier(tier.at("from_quantity").integer(), Money(tier.at("unit_net_cents").integer()))
                for tier in stored.at("tiers").items()
            )
        ),
        vat_code=stored.at("vat_code").text(),
        units_per_pack=stored.at("units_per_pack").integer(),
        description=stored.at("description").object(),
        for_party=stored.at("for_party").text_or_none(),
        adjustments=tuple(
            Adjustment(
                adjustment.at("code").text(),
                adjustment.at("description").text(),
                Money(adjustment.at("net_cents").integer()),
            )
            for adjustment in stored.at("adjustments").items()
        ),
        span=None if policy_version == PACKS_ONLY else span_from_json(stored.at("span")),
    )


def _rate_to_json(rate: VatRate) -> Mapping[str, JsonValue]:
    return {
        "code": rate.code,
        "basis_points": rate.basis_points,
        "nature": rate.nature,
        "description": rate.description,
    }


def _rate_from_json(stored: Reading) -> VatRate:
    return VatRate(
        code=stored.at("code").text(),
        basis_points=stored.at("basis_points").integer(),
        nature=stored.at("nature").text_or_none(),
        description=stored.at("description").text(),
    )
