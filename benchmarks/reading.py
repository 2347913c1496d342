"""What is asked most: may this company, the catalogue page, the orders, a quote; each by one caller over a socket."""

import itertools
from collections.abc import Callable
from functools import partial
from http import HTTPStatus

from benchmarks.caller import each_took, percentile
from benchmarks.quoting import LENGTHS, LINES_OF_A_COMPANY, asked_over_the_api
from benchmarks.world import Shop, World

_SAMPLE = 1_000
_JSON = {"Content-Type": "application/json"}


class Reading:
    """One web program, asked one thing after the other."""

    def __init__(self, world: World, shop: Shop, count: int) -> None:
        self._world, self._shop, self._count = world, shop, count
        self._product, self._anybody, self._owner = shop.caller("product"), shop.stranger(), shop.person()
        self._companies = itertools.cycle(shop.company_ids(_SAMPLE, skip=10))
        # A token may ask six hundred times a minute, so every length has one of its own.
        self._buyers = {length: shop.caller("studio") for length in LENGTHS}
        unserved = shop.company_ids(LENGTHS[-1] // LINES_OF_A_COMPANY, skip=10)
        self._carts = {length: asked_over_the_api(length, unserved) for length in LENGTHS}
        for leg in self.legs():
            leg()

    def legs(self) -> list[Callable[[], dict[str, float]]]:
        """Every question, to be asked in turn."""
        return [
            lambda: self._ask("entitlement", lambda: self._product.get(self._entitlements())),
            lambda: self._ask("nothing", lambda: self._product.get("/api/v1/nothing")),
            lambda: self._ask("health", lambda: self._anybody.get("/healthz")),
            lambda: self._ask("catalogue", lambda: self._owner.get("/catalogo")),
            lambda: self._ask("orders", lambda: self._owner.get("/ordini")),
            *(partial(self._ask, f"quote of {length}", partial(self._quote, length)) for length in LENGTHS),
        ]

    def _quote(self, length: int) -> bytes:
        status, _headers, body = self._buyers[length].ask("POST", "/api/v1/quotes", self._carts[length], _JSON)
        assert status == HTTPStatus.OK, (status, body[:500])
        return body

    def _entitlements(self) -> str:
        return f"/api/v1/companies/{next(self._companies)}/entitlements"

    def _ask(self, what: str, once: Callable[[], bytes]) -> dict[str, float]:
        web, server = self._shop.running["web"].cpu(), self._world.server_cpu()
        took = each_took([once] * self._count)
        name = f"{what} {self._shop.name}"
        return {
            f"{name} p50 ms": percentile(took, 0.5) * 1000,
            f"{name} app ms": (self._shop.running["web"].cpu() - web) / self._count * 1000,
            f"{name} database ms": (self._world.server_cpu() - server) / self._count * 1000,
        }
