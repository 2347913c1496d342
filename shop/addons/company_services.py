"""What a purchase needs to know of a company: what runs for it, who asks, and how its services are to be bought."""

from dataclasses import dataclass, field, replace
from datetime import date
from uuid import UUID

from entitlements import RunningService, RunningServices
from shop.catalogue import BuyerFacts

NOTHING_RUNS = RunningServices(None, "NONE", ())


@dataclass(frozen=True, slots=True)
class ServiceChoice:
    """How the services of one company are bought: with the extension of the active ones (ON unless said, F004-11)."""

    extend: bool = True
    years: int = 1


@dataclass(frozen=True, slots=True)
class CompanyServices:
    """A company on the Rome day of the purchase.

    `seats_in_use` are the configured seats and `storage_in_use` the bytes that need a place (F004-21). `may_buy` is
    whether the buyer is the company itself or the studio that pays for it (D28). `barred` are the facts for which no
    service can run for it at all.
    """

    company_id: UUID
    on: date
    running: RunningServices = NOTHING_RUNS
    choice: ServiceChoice = field(default=ServiceChoice())
    may_buy: bool = True
    seats_in_use: int = 0
    storage_in_use: int = 0
    barred: frozenset[str] = frozenset()

    @property
    def all_running(self) -> tuple[RunningService, ...]:
        """The base first, then what runs beside it."""
        base = self.running.base
        return self.running.others if base is None else (base, *self.running.others)

    @property
    def renewable(self) -> tuple[RunningService, ...]:
        """What can be renewed: no lot that a smaller one follows (F004-22), nothing that a case holds back (D10)."""
        if self.running.base is not None and self.running.base.suspended:
            return ()
        return tuple(one for one in self.all_running if not one.replaced and not one.suspended)

    def service(self, licence_id: UUID) -> RunningService | None:
        """A running service by its licence; None when it has ended for good."""
        return next((one for one in self.all_running if one.licence_id == licence_id), None)

    def facts_for(self, buyer: BuyerFacts, together: frozenset[str], *, base_renewed: bool) -> BuyerFacts:
        """What eligibility knows of this company, with what is bought together."""
        running = frozenset(one.sku for one in self.all_running)
        base = self.running.base
        return replace(
            buyer,
            facts=buyer.facts | self.barred,
            held=buyer.held | running | together,
            running=running,
            suspended=frozenset(one.sku for one in self.all_running if one.suspended),
            base_state="SUSPENDED" if base is not None and base.suspended else self.running.base_state,
            base_renewed=base_renewed,
            for_a_company=True,
        )
