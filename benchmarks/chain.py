"""The whole chain over HTTP: an order by API, the simulator's page, its signed letters, the worker, the entitlements."""

import json
import time
from collections.abc import Callable
from uuid import UUID, uuid4

from benchmarks.caller import Caller, percentile, press, side_by_side
from benchmarks.reference import CHAIN, pgbench
from benchmarks.world import CLAUSES, Shop, World

BUYERS = 8
_PACK, _UNITS = "INVOICES-100", 100
# Half a second: who asks more often is most of the work that is measured.
_LONGEST_WAIT, _PAUSE = 120.0, 0.5
# Letters of kinds that only inform may still be on their way when the pack is there.
_QUIET = "SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing') AND scheduled_at IS NULL"


class Chain:
    """Buyers side by side; each buys packs for a company of its own, one after the other."""

    def __init__(self, world: World, shop: Shop, count: int) -> None:
        self._world, self._shop, self._count = world, shop, count
        self._buyers = [
            _Buyer(shop.caller("studio"), shop.caller("product"), company) for company in shop.company_ids(BUYERS)
        ]
        self._run(1)  # warms every cache, and tells Stripe of the customer

    def buy(self) -> dict[str, float]:
        """Packs bought per second, the median seconds of one, and milliseconds of CPU per purchase and program."""
        before = self._cpu()
        took, whole = self._run(self._count)
        orders = self._count * BUYERS
        name = f"chain {self._shop.name}"
        spent = {
            f"{name} {program} ms": (now - before[program]) / orders * 1000 for program, now in self._cpu().items()
        }
        return {f"{name} rate": orders / whole, f"{name} p50 ms": percentile(took, 0.5) * 1000, **spent}

    def reference(self) -> dict[str, float]:
        """Purchases per second of the same writes straight in SQL, by as many clients."""
        rate = pgbench(self._world, self._shop, CHAIN, max(self._count * 4, 25), BUYERS)
        return {f"chain {self._shop.name} pgbench": rate}

    def _run(self, count: int) -> tuple[list[float], float]:
        queues: list[list[Callable[[], None]]] = [[buyer.buy] * count for buyer in self._buyers]
        ran = side_by_side(queues)
        deadline = time.monotonic() + _LONGEST_WAIT
        while self._shop.query(_QUIET)[0][0] and time.monotonic() < deadline:
            time.sleep(_PAUSE)
        return ran

    def _cpu(self) -> dict[str, float]:
        used = {name: program.cpu() for name, program in self._shop.running.items()}
        return used | {"database": self._world.server_cpu()}


class _Buyer:
    """A studio's program that buys, and the vendor's software that asks what the company may do."""

    def __init__(self, studio: Caller, product: Caller, company_id: UUID) -> None:
        self._studio, self._product = studio, product
        self._company_id = company_id
        self._held = self._documents()

    def buy(self) -> None:
        line = {"sku": _PACK, "quantity": 1, "for_company": str(self._company_id)}
        order = {"lines": [line], "payment_method": "stripe", "accepted_clauses": CLAUSES}
        headers = {"Content-Type": "application/json", "Idempotency-Key": str(uuid4())}
        status, _, body = self._studio.ask("POST", "/api/v1/orders", json.dumps(order).encode(), headers)
        assert status == 201, body[:500]
        press(json.loads(body)["checkout_url"], "card")
        self._held += _UNITS
        deadline = time.monotonic() + _LONGEST_WAIT
        while self._documents() < self._held:
            assert time.monotonic() < deadline, "the pack was not given"
            time.sleep(_PAUSE)

    def _documents(self) -> int:
        answer = json.loads(self._product.get(f"/api/v1/companies/{self._company_id}/entitlements"))
        return int(answer["balances"]["documents"])
