"""Work inside one process: minting, pricing, a call of the Stripe library."""

import time
from collections.abc import Callable
from datetime import date
from uuid import uuid4

from benchmarks.world import Shop, World
from entitlements import Cause, PaidLine, grant
from foundation.database import transaction
from pricing import POLICY_VERSION, Money, QuoteRequest, RequestedLine, Tier, TierTable, VatRate, price
from shop import GatewayRefused, StripeGateway

CODES = 10_000
_GIVES = {"kind": "coupons", "units": CODES, "coupon_type": "LITE", "code_prefix": "LIT", "activate_within_months": 12}


def mint(world: World, shop: Shop) -> dict[str, float]:
    """Seconds and CPU of one grant of ten thousand codes, with its event and its due row."""
    line = PaidLine(
        cause=Cause("bench", uuid4()),
        owner_party_id=shop.studio_id,
        for_party_id=shop.studio_id,
        sku="LITE-BULK",
        names={"it": "Diecimila coupon"},
        quantity=1,
        net_cents=49_000_00,
        price_book_version=1,
        gives=_GIVES,
    )
    with shop.app.app_context():
        server, own, began = world.server_cpu(), time.process_time(), time.perf_counter()
        with transaction() as session:
            assert grant(session, line)
        took, used = time.perf_counter() - began, time.process_time() - own
    return {
        f"mint {shop.name} s": took,
        f"mint {shop.name} app ms": used * 1000,
        f"mint {shop.name} database ms": (world.server_cpu() - server) * 1000,
    }


def quote(count: int) -> dict[str, float]:
    """Quotes of ten lines priced per second of CPU, each kept as the JSON an order stores."""
    rate = VatRate("22", 2200, None, "IVA 22%")
    tiers = TierTable(tuple(Tier(start, Money(4_900 - start)) for start in (1, 10, 50, 100)))
    lines = tuple(RequestedLine(f"SKU-{number}", number * 7, tiers, "22") for number in range(1, 11))
    asked = QuoteRequest(lines, (rate,), "1", date(2026, 11, 22), POLICY_VERSION)
    began = time.process_time()
    for _ in range(count):
        price(asked).to_json()
    return {"quote rate": count / (time.process_time() - began)}


def library_call(shop: Shop, count: int) -> dict[str, float]:
    """Milliseconds of CPU of one call through the Stripe library, here and not at the simulator."""
    gateway = StripeGateway("sk_test_sandbox", shop.environment["STRIPE_API_BASE"])
    calls: list[Callable[[], object]] = [lambda: gateway.read("charge", "ch_unknown")] * count
    began = time.process_time()
    for call in calls:
        try:
            call()
        except GatewayRefused:
            continue
    return {"stripe library ms": (time.process_time() - began) / count * 1000}
