"""Named points at which a crash test may kill the process; nothing happens unless GETTONE_FAULT names one."""

import os
import signal
from collections import Counter

_hits: Counter[str] = Counter()


def fault_point(name: str) -> None:
    """Die here by SIGKILL when `GETTONE_FAULT` is `name` or `name:k` and this is the k-th hit; otherwise do nothing."""
    wanted = os.environ.get("GETTONE_FAULT")
    if wanted is None:
        return
    wanted_name, _, wanted_hit = wanted.partition(":")
    if wanted_name != name:
        return
    _hits[name] += 1
    if _hits[name] == int(wanted_hit or "1"):
        os.kill(os.getpid(), signal.SIGKILL)
