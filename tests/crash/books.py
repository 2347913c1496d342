"""What must be true after a storm: everything acknowledged came about, once, here and at the vendor."""

import json
from collections.abc import Sequence

from tests.crash.programs import command
from tests.crash.story import Told
from tests.crash.world import World

# Work left: jobs (but not a question nobody waits for the answer of), letters not opened, mails not sent,
# windows not ended.
_OPEN = """
    SELECT (SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing')
              AND NOT (task_name = 'provisioning.ask' AND NOT EXISTS (
                SELECT 1 FROM provisioning_requests r WHERE r.company_id::text = args->>'company_id'
                  AND r.state IN ('PENDING', 'ACCEPTED', 'UNKNOWN'))))
         + (SELECT count(*) FROM inbox_letters WHERE handled_at IS NULL)
         + (SELECT count(*) FROM mails WHERE sent_at IS NULL)
         + (SELECT count(*) FROM due_rows WHERE rule = 'orders.fulfil' AND done_at IS NULL AND cancelled_at IS NULL)
"""
_JOBS = "SELECT status::text, task_name, attempts, scheduled_at, args FROM procrastinate_jobs LIMIT 5"
_FIGURES = {
    "orders": "SELECT count(*) FROM orders",
    "fulfilled orders": "SELECT count(*) FROM orders WHERE state = 'FULFILLED'",
    "payments": "SELECT count(*) FROM payments",
    "coupons": "SELECT count(*) FROM coupons",
    "active coupons": "SELECT count(*) FROM coupons WHERE state = 'ACTIVE'",
    "licences": "SELECT count(*) FROM licences",
    "companies": "SELECT count(*) FROM companies WHERE state = 'READY'",
    "mails": "SELECT count(*) FROM mails",
}


def settled(world: World) -> int:
    """How much work is left."""
    return world.number(_OPEN)


def left(world: World) -> list[str]:
    """Some of the work that is left, in words."""
    return [f"work is left: {row}" for row in world.rows(_JOBS)]


def count(world: World, told: Sequence[Told]) -> tuple[list[str], list[str]]:
    """What was lost, and what was doubled: the books against what the buyers were told, and against the vendor's."""
    figures = {name: world.number(query) for name, query in _FIGURES.items()}
    vendor = world.accounting()
    done = {number for (number,) in world.rows("SELECT number FROM orders WHERE state = 'FULFILLED'")}
    ready = {str(company) for (company,) in world.rows("SELECT id FROM companies WHERE state = 'READY'")}
    lost = [f"order {one.order} was paid and is not fulfilled" for one in told if one.paid and one.order not in done]
    lost += [
        f"company {one.company} was accepted and is not there"
        for one in told
        if one.company and one.company not in ready
    ]
    doubled = [f"{figures['orders']} orders for {len(told)} buyers' wishes"] if figures["orders"] > len(told) else []
    for name, other in (
        ("payments", "fulfilled orders"),
        ("coupons", "fulfilled orders"),
        ("licences", "companies"),
        ("active coupons", "companies"),
    ):
        where = lost if figures[name] < figures[other] else doubled
        if figures[name] != figures[other]:
            where.append(f"{figures[name]} {name} for {figures[other]} {other}")
    lost += [f"{vendor['ready']} companies at the vendor for {len(ready)} here"] if vendor["ready"] < len(ready) else []
    doubled += _twice(vendor["ready"], len(ready), vendor["created_twice"])
    # A mail repeated after a crash carries the same Message-ID, by which the mailbox knows it (M26).
    taken = world.letters.count()
    if taken != figures["mails"]:
        (lost if taken < figures["mails"] else doubled).append(f"{taken} letters for {figures['mails']} mails")
    return lost, doubled


def _twice(at_vendor: int, here: int, created_twice: int) -> list[str]:
    more = [f"{at_vendor} companies at the vendor for {here} here"] if at_vendor > here else []
    return more + ([f"{created_twice} companies were created twice"] if created_twice else [])


def audit(world: World) -> list[str]:
    """What `flask audit verify` names."""
    status, said, _errors = command(["audit", "verify", "--json"], world.environment)
    return [name for check in json.loads(said) for name in check["finding"]["named"]] if status else []
