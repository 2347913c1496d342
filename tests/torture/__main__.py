"""`make torture`: every check at full size; PASS, FAIL with what is broken, or INVALID; fails only on FAIL.

`python -m tests.torture --seed 7 --size 200 --minutes 30 --only R01 R10 --write docs/reliability.md`
"""

import argparse
import os
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks.marks import around
from tests.torture.checks import CHECKS, Check
from tests.torture.judging import Outcome, judge
from tests.torture.page import PROGRAM, machine, table, write
from tests.verdicts import FAIL, INVALID

WHOLE_SIZE, WHOLE_MINUTES = 1_000, 60.0
# Two processors: while one check waits (for a lease, for a pause of a library's), two others work.
AT_ONCE = 3


def main(arguments: list[str] | None = None) -> int:
    """Run and print; the exit status is 1 when a check found something broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description="Try to break Gettone.")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="what is left to chance; printed")
    parser.add_argument("--size", type=int, default=WHOLE_SIZE, help="orders of the storm")
    parser.add_argument("--minutes", type=float, default=WHOLE_MINUTES, help="what has not begun by then is INVALID")
    parser.add_argument("--only", nargs="+", default=[], metavar="R01", help="checks whose names begin so")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="write the table into this page, too")
    options = parser.parse_args(arguments)
    named = tuple(options.only)
    chosen = [one for one in CHECKS if (one.name.startswith(named) if named else not one.when_named)]
    if not chosen:
        parser.error(
            f"no check is named {' or '.join(options.only)}; there are: {', '.join(one.name for one in CHECKS)}"
        )
    if options.write:
        try:
            around(options.write, PROGRAM)
        except ValueError as refusal:
            # Said before an hour is spent, not after.
            parser.error(str(refusal))
    about = f"{machine()}; seed {options.seed}; {options.size} orders in the storm"
    print(about, flush=True)
    outcomes = _run(chosen, options.seed, options.size, options.minutes)
    print(f"\n{table(outcomes)}")
    _say_again(outcomes, options.seed, options.size)
    if options.write:
        write(options.write, about, outcomes)
    return int(any(one.verdict == FAIL for one in outcomes))


def _run(checks: list[Check], seed: int, size: int, minutes: float) -> list[Outcome]:
    """First the checks that must be alone, then the others, the longest first, three at a time.

    Each is told as soon as it is known.
    """
    began, telling = time.monotonic(), threading.Lock()
    # Nothing of the seed's or size's may differ between this run and its replay.
    environment = os.environ | {"TORTURE": "full", "SEED": str(seed), "SIZE": str(size)}
    with tempfile.TemporaryDirectory(prefix="gettone-torture-") as folder:

        def carry_out(check: Check) -> Outcome:
            left = minutes - (time.monotonic() - began) / 60
            verdicts = Path(folder) / f"verdicts-{CHECKS.index(check)}"
            outcome = judge(check, environment, verdicts, min(check.minutes, left))
            with telling:
                _tell(outcome)
            return outcome

        alone = [carry_out(check) for check in checks if check.alone]
        together = [check for check in checks if not check.alone]
        with ThreadPoolExecutor(AT_ONCE) as lanes:
            others = list(lanes.map(carry_out, sorted(together, key=lambda check: -check.minutes)))
    return sorted([*alone, *others], key=lambda outcome: CHECKS.index(outcome.check))


def _tell(outcome: Outcome) -> None:
    print(f"{outcome.verdict:7} {outcome.check.name} ({outcome.seconds:.0f} s)", flush=True)
    for line in [*outcome.figures, *outcome.why]:
        print(f"        {line}", flush=True)


def _say_again(outcomes: list[Outcome], seed: int, size: int) -> None:
    """How to have the same once more."""
    for one in outcomes:
        if one.verdict in {FAIL, INVALID}:
            first = one.check.name.split()[0]
            print(f"again: make torture SEED={seed} SIZE={size} ONLY={first}")


if __name__ == "__main__":
    sys.exit(main())
