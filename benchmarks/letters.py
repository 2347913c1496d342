"""Letters acknowledged: believed, stored with their job, answered; what one costs, and how long eight senders wait."""

import hashlib
import hmac
import json
import time
from collections.abc import Callable
from functools import partial
from uuid import uuid4

from benchmarks.caller import Caller, each_took, percentile, side_by_side
from benchmarks.world import Shop, World

SENDERS = 8
SHARES = (0.5, 0.75, 0.9, 0.95, 0.99)


class Letters:
    """Signed letters to one web program."""

    def __init__(self, world: World, shop: Shop, count: int) -> None:
        self._world, self._shop, self._count = world, shop, count
        self._secret = shop.environment["STRIPE_WEBHOOK_SECRETS"]
        self._callers = [shop.stranger() for _ in range(SENDERS)]
        self.send()

    def send(self) -> dict[str, float]:
        """Milliseconds of CPU per letter with one sender; the wait of the slowest in a hundred with eight."""
        calls = self._queue(self._callers[0], self._count)
        web, server = self._shop.running["web"].cpu(), self._world.server_cpu()
        each_took(calls)
        name = f"letter {self._shop.name}"
        spent = {
            f"{name} app ms": (self._shop.running["web"].cpu() - web) / self._count * 1000,
            f"{name} database ms": (self._world.server_cpu() - server) / self._count * 1000,
        }
        share = max(self._count // SENDERS, 10)
        took, whole = side_by_side([self._queue(caller, share) for caller in self._callers])
        return {
            **spent,
            f"{name} cpu ms": sum(spent.values()),
            **{f"{name} p{share * 100:g} ms": percentile(took, share) * 1000 for share in SHARES},
            f"{name} rate": len(took) / whole,
        }

    def _queue(self, caller: Caller, count: int) -> list[Callable[[], None]]:
        return [partial(_deliver, caller, *self._letter()) for _ in range(count)]

    def _letter(self) -> tuple[bytes, str]:
        letter = {
            "id": f"evt_{uuid4().hex}",
            "object": "event",
            "type": "payment_intent.succeeded",
            "livemode": False,
            "data": {"object": {"id": f"pi_{uuid4().hex}", "object": "payment_intent", "metadata": {"x": "y" * 1000}}},
        }
        raw = json.dumps(letter).encode()
        at = int(time.time())
        signed = hmac.new(self._secret.encode(), f"{at}.".encode() + raw, hashlib.sha256).hexdigest()
        return raw, f"t={at},v1={signed}"


def _deliver(caller: Caller, raw: bytes, signature: str) -> None:
    headers = {"Content-Type": "application/json", "Stripe-Signature": signature}
    status, _headers, body = caller.ask("POST", "/webhooks/stripe", raw, headers)
    assert status == 204, (status, body[:500])
