"""The story that must survive: ordered, paid, fulfilled, activated, created by the vendor; told over HTTP."""

import json
import time
from dataclasses import dataclass, field
from typing import Any

from foundation.webhook_signatures import signed_headers
from shop.orders.placing import CLAUSES
from tests.crash.client import Program, ask, persist, press
from tests.crash.world import SECRET, World
from tests.races.numbers import activation_body

SKU = "LITE-1"
TRANSFERS_EVERY = 4


@dataclass
class Told:
    """One telling of the story: what the shop has acknowledged so far, and what stopped it."""

    began: float = field(default_factory=time.time)
    ended: float = 0.0
    order: str = ""
    paid: bool = False
    company: str = ""
    problem: str = ""


def tell(world: World, studio: int, number: int, told: Told) -> None:
    """Tell the `number`-th story for one studio; at its end the company is ready. Raises what stopped it."""
    program = Program(world.front.url, world.studio_tokens[studio], world.patience)
    by_transfer = number % TRANSFERS_EVERY == TRANSFERS_EVERY - 1
    order = _placed(program, number, "bank_transfer" if by_transfer else "stripe")
    told.order = str(order["number"])
    if by_transfer:
        _transfer(world, number, order)
    else:
        press(str(order["checkout_url"]), "card")
    told.paid = True
    program.until(f"/api/v1/orders/{told.order}", lambda seen: seen["state"] == "FULFILLED")
    coupon = program.get("/api/v1/coupons?state=AVAILABLE")["items"][0]
    body = activation_body(number, world.hints[number % len(world.hints)])
    activated = program.post(f"/api/v1/coupons/{coupon['id']}/activate", f"activate-{number}", body)
    told.company = str(activated["company"]["id"])
    program.until(f"/api/v1/companies/{told.company}", lambda seen: seen["state"] == "READY")


def _placed(program: Program, number: int, method: str) -> dict[str, Any]:
    wanted = {"lines": [{"sku": SKU, "quantity": 1}], "payment_method": method, "accepted_clauses": list(CLAUSES)}
    return program.post("/api/v1/orders", f"order-{number}", wanted)


def _transfer(world: World, number: int, order: dict[str, Any]) -> None:
    """The bank tells of the transfer, and tells it again until it is heard."""
    how = order["bank_transfer"]
    data = {
        "id": f"bank-{number}",
        "booked_on": str(order["placed_at"])[:10],
        "amount_cents": how["amount_cents"],
        "currency": "EUR",
        "remittance": f"Bonifico {how['reference']}",
        "debtor_name": "Studio di prova",
        "account_iban": how["iban"],
    }
    raw = json.dumps({"type": "transfer.received", "data": data}).encode()
    url = f"{world.front.url}/webhooks/bank"
    headers = {"Content-Type": "application/json"} | signed_headers(SECRET, f"bank-{number}", raw)
    persist(lambda: ask("POST", url, headers, raw), {204})
