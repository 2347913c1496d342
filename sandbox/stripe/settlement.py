"""What happens with time and without anyone asking: fees become known, sessions expire."""

from sandbox.stripe import balance_transactions, checkout_sessions, events
from sandbox.stripe.charges import method_of
from sandbox.stripe.jsons import Json
from sandbox.stripe.world import World


def settle_later(world: World, charge: Json) -> None:
    """Note when the charge gets its balance transaction; at Stripe it is null at first."""
    due = world.real_time() + world.configuration.balance_delay
    world.store.put(charge, {"settle_at": due})


def settle_due(world: World, *, everything: bool = False) -> None:
    """Book the charges whose moment has come and close the sessions whose time is over."""
    with world.store.transaction():
        rows = world.store.rows(
            "SELECT id FROM objects WHERE kind = 'charge' AND json_extract(note, '$.settle_at') <= ? ORDER BY seq",
            (world.real_time() + (1e12 if everything else 0),),
        )
        for row in rows:
            book(world, world.store.get(row["id"]))
        expire_due(world)


def book(world: World, charge: Json) -> None:
    """Write the movement of a paid charge, once, and tell that the fee is known now."""
    if charge["balance_transaction"] is not None:
        return
    method = method_of(charge)
    movement = balance_transactions.create(
        world,
        "charge" if method == "card" else "payment",
        charge["id"],
        charge["amount"],
        fee=balance_transactions.charge_fee(method, charge["amount"]),
        description=charge["description"],
    )
    charge["balance_transaction"] = movement["id"]
    world.store.put(charge, {})
    events.record(world, "charge.updated", charge, {"balance_transaction": None})


def expire_due(world: World) -> None:
    """Close every open session whose ``expires_at`` has passed."""
    now = world.clock.now()
    rows = world.store.rows(
        "SELECT id FROM objects WHERE kind = 'checkout.session'"
        " AND json_extract(body, '$.status') = 'open'"
        " AND json_extract(body, '$.expires_at') <= ? ORDER BY seq",
        (now,),
    )
    for row in rows:
        checkout_sessions.close(world, world.store.get(row["id"]))
