"""Starting: how long until a web worker answers, what importing costs, what a worker holds in memory."""

import os
import subprocess
import sys
import time

from benchmarks.processes import ROOT, start, worker_memory
from benchmarks.world import Shop

_NO_SERVER = "postgresql+psycopg://nobody@/nothing?host=/nonexistent"


def cold_start(shop: Shop) -> dict[str, float]:
    """Seconds from the command to the first answer of a web program with one worker; seconds of CPU of building it."""
    environment = shop.environment | {"WEB_WORKERS": "1"}
    began = time.perf_counter()
    web = start(("web",), environment, shop.ports, shop.home)["web"]
    answered = time.perf_counter() - began
    web.end()
    return {"cold start s": answered, "import cpu s": _building()}


def _building() -> float:
    before = os.times()
    subprocess.run(
        [sys.executable, "-c", "import app; app.create_app()"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "DATABASE_URL": _NO_SERVER},
        check=True,
    )
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def memory(shop: Shop) -> dict[str, float]:
    """MiB of the largest web worker after it has served everything above."""
    return {"memory MiB": max(worker_memory(shop.running["web"]))}
