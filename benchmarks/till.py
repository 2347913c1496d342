"""The till in this process: money recorded, rights given, jobs queued, one transaction per order."""

import time
from uuid import UUID

from benchmarks.reference import TILL, pgbench
from benchmarks.world import Shop, World
from foundation import clock
from foundation.database import transaction
from shop import MoneyFact, lock_order, record_payment


class Till:
    """Pays orders of one shop, `count` at a time, that were placed before the clock ran."""

    def __init__(self, world: World, shop: Shop, rounds: int, count: int) -> None:
        self._world, self._shop, self._count = world, shop, count
        self._waiting = shop.waiting_orders((rounds + 1) * count)
        self.pay()  # the first round warms every cache and is not counted

    def pay(self) -> dict[str, float]:
        """Orders per second, and milliseconds of CPU per order here and in PostgreSQL."""
        batch, self._waiting = self._waiting[: self._count], self._waiting[self._count :]
        with self._shop.app.app_context():
            server, own, began = self._world.server_cpu(), time.process_time(), time.perf_counter()
            for order_id in batch:
                _pay(order_id)
            took, used = time.perf_counter() - began, time.process_time() - own
        served = self._world.server_cpu() - server
        name = f"till {self._shop.name}"
        return {
            f"{name} rate": len(batch) / took,
            f"{name} app ms": used / len(batch) * 1000,
            f"{name} database ms": served / len(batch) * 1000,
        }

    def reference(self) -> dict[str, float]:
        """Transactions per second of the same writes straight in SQL."""
        return {f"till {self._shop.name} pgbench": pgbench(self._world, self._shop, TILL, self._count)}


def _pay(order_id: UUID) -> None:
    with transaction() as session:
        order = lock_order(session, order_id)
        money = MoneyFact("stripe", f"pi_{order_id.hex}", "stripe", order.gross_cents, clock.now())
        assert record_payment(session, order, money)
