"""The reference: pgbench scripts that make the same minimal writes on the same server, straight in SQL."""

import os
import re
import subprocess
from pathlib import Path

from sqlalchemy import make_url

from benchmarks.world import Shop, World
from foundation.postgres import program

TILL, CHAIN = (Path(__file__).with_name(name) for name in ("till.sql", "chain.sql"))
_TPS = re.compile(r"tps = ([0-9.]+)")


def pgbench(world: World, shop: Shop, script: Path, transactions: int, clients: int = 1) -> float:
    """Run a script; answers how often per second it ran, over all clients together."""
    parts = make_url(shop.url)
    environment = os.environ | {"PGHOST": str(parts.query["host"]), "PGUSER": parts.username or ""}
    command = [
        str(program(world.home / "postgres", "pgbench")),
        *("--no-vacuum", "--client", str(clients), "--transactions", str(transactions), "--file", str(script)),
        *("--define", f"orders={shop.past_orders}"),
        parts.database or "",
    ]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603 - our own
    found = _TPS.search(done.stdout)
    if done.returncode != 0 or found is None:
        raise RuntimeError(done.stderr or done.stdout)
    return float(found.group(1))
