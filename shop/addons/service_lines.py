"""Lines of a purchase of services: what each starts, extends or renews, at which yearly price, and for which days."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal
from uuid import UUID

from foundation.database import JsonObject
from pricing import Counted, Formula, LineSpan, Money, RequestedLine, Term, TierTable, WholeYears

Action = Literal["START", "EXTEND", "RENEW"]


@dataclass(frozen=True, slots=True)
class ServiceLine:
    """One line. `place` is the wanted line that it answers, None for an extension nobody had to ask for.

    `unit_net` is the price of one unit for a year, `formula` what the span makes of it, for words (M28); `licence_id`
    the running service that is extended or renewed; `replaces` the running lot that lapses on its day and that this
    smaller one follows (F004-21, F004-22);
    `months_forfeited` the months paid for that no day answers to (F004-12). `fixed` days do not move when the payment
    comes later.
    """

    action: Action
    place: int | None
    sku: str
    kind: str
    names: Mapping[str, str]
    gives: JsonObject
    quantity: int
    unit_net: Money
    vat_code: str
    span: LineSpan
    formula: Formula
    term: Term
    anchor_on: date
    licence_id: UUID | None = None
    months_forfeited: int = 0
    fixed: bool = False
    replaces: UUID | None = None

    @property
    def net(self) -> Money:
        """The price of the line."""
        return self.formula.net

    def moved_to(self, term: Term, anchor_on: date) -> "ServiceLine":
        """The same charge for the days of a later payment."""
        return replace(self, term=term, anchor_on=anchor_on)

    def term_document(self) -> JsonObject:
        """The term as an order line keeps it and `entitlements.grant` obeys it."""
        formula = self.formula
        by_year = isinstance(self.span, WholeYears)
        return {
            "action": self.action,
            "licence_id": str(self.licence_id) if self.licence_id else None,
            "replaces": str(self.replaces) if self.replaces else None,
            "expected_ends_on": self.term.starts_on.isoformat() if self.licence_id else None,
            "months": formula.part if formula.counted is Counted.MONTHS and not by_year else None,
            "years": self.span.years if isinstance(self.span, WholeYears) else None,
            "part": formula.part,
            "whole": formula.whole,
            "counted": formula.counted.value,
            "starts_on": self.term.starts_on.isoformat(),
            "ends_on": self.term.ends_on.isoformat(),
            "anchor_on": self.anchor_on.isoformat(),
            "unit_net_cents": self.unit_net.cents,
            "quantity": self.quantity,
            "vat_code": self.vat_code,
            "fixed": self.fixed,
        }

    def requested(self, company_id: str) -> RequestedLine:
        """The line as pricing takes it; everything an order needs to know travels in its description."""
        return RequestedLine(
            sku=self.sku,
            quantity=self.quantity,
            tiers=TierTable.flat(self.unit_net),
            vat_code=self.vat_code,
            description={
                "names": dict(self.names),
                "kind": self.kind,
                "gives": self.gives,
                "term": self.term_document(),
                "months_forfeited": self.months_forfeited,
            },
            for_party=company_id,
            span=self.span,
        )


_MORE_MONTHS = {"it": ("%s: un mese in più", "%s: %d mesi in più"), "en": ("%s: one more month", "%s: %d more months")}
_YEARS = {
    "it": ("%s: rinnovo di un anno", "%s: rinnovo di %d anni"),
    "en": ("%s: renewal for a year", "%s: renewal for %d years"),
}
_LONGER = {"it": "%s: durata allungata", "en": "%s: extended"}


def names_of_extension(names: Mapping[str, str], formula: Formula) -> dict[str, str]:
    """What an extension line is called: the service, and the months it is given (M28)."""
    if formula.counted is not Counted.MONTHS:
        return {language: _LONGER[language] % name for language, name in names.items() if language in _LONGER}
    return _counted(_MORE_MONTHS, names, formula.part)


def names_of_renewal(names: Mapping[str, str], years: int) -> dict[str, str]:
    """What a renewal line is called."""
    return _counted(_YEARS, names, years)


def _counted(words: Mapping[str, tuple[str, str]], names: Mapping[str, str], count: int) -> dict[str, str]:
    said = {language: words[language] for language in names if language in words}
    return {
        language: one % names[language] if count == 1 else many % (names[language], count)
        for language, (one, many) in said.items()
    }
