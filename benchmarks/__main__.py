"""`make bench`: every leg in rounds, then the table. `--quick` takes small sizes and few rounds, to see that it runs."""

import argparse
import contextlib
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.chain import Chain
from benchmarks.figures import ROUNDS, Taken, table
from benchmarks.inside import library_call, mint, quote
from benchmarks.letters import Letters
from benchmarks.marks import around
from benchmarks.page import PROGRAM, machine, write
from benchmarks.past import FULL, QUICK, Size
from benchmarks.quoting import carts
from benchmarks.reading import Reading
from benchmarks.report import cpu_rows, rows
from benchmarks.starting import cold_start, memory
from benchmarks.till import Till
from benchmarks.working import job_engine
from benchmarks.world import World, world

LEGS = ("till", "chain", "letters", "reading", "inside", "starting")


@dataclass(frozen=True, slots=True)
class Plan:
    """How large the past is, how many rounds are taken, and how often each leg does its work in one."""

    size: Size
    rounds: int
    often: int


def main(arguments: list[str] | None = None) -> int:
    """Measure and print; the exit status is 0 when everything ran, whatever the figures are."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure Gettone on this machine.")
    parser.add_argument("--quick", action="store_true", help="small sizes and two rounds: the figures mean little")
    parser.add_argument("--only", nargs="+", choices=LEGS, default=LEGS, help="some legs only")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="write tables and plots into this page, too")
    options = parser.parse_args(arguments)
    if options.write:
        try:
            around(options.write, PROGRAM)
        except ValueError as refusal:
            # Said before ten minutes are measured, not after.
            parser.error(str(refusal))
    plan = Plan(QUICK, 2, 20) if options.quick else Plan(FULL, ROUNDS, 200)
    # What the load was before we added our own.
    size = f"{plan.rounds} rounds; {plan.size.companies:,} companies, {plan.size.orders:,} old orders"
    about = f"{machine()}; {size}"
    taken = measure(plan, options.only)
    print(f"\n{about}\n")
    print(table(rows(taken)))
    print("\nCPU per operation\n")
    print(table(cpu_rows(taken)))
    if options.write:
        write(options.write, about, taken)
    return 0


def measure(plan: Plan, only: tuple[str, ...] | list[str]) -> Taken:
    """Build the world and take every figure."""
    taken = Taken()
    # The product writes its log to standard output; here it would drown the table.
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere), world(plan.size) as built:  # noqa: PTH123 - the null device
        _say("the world stands")
        for leg in LEGS:
            if leg in only:
                _STAGES[leg](taken, built, plan)
                _say(f"{leg} measured")
    return taken


def _till(taken: Taken, built: World, plan: Plan) -> None:
    tills = [Till(built, shop, plan.rounds, plan.often) for shop in built.shops]
    taken.rounds([leg for till in tills for leg in (till.pay, till.reference)], plan.rounds)


def _chain(taken: Taken, built: World, plan: Plan) -> None:
    for shop in built.shops:
        shop.query("DELETE FROM procrastinate_jobs")
        shop.start("web", "worker", "stripe", "mailbox")
    chains = [Chain(built, shop, max(plan.often // 25, 2)) for shop in built.shops]
    legs = [leg for chain in chains for leg in (chain.buy, chain.reference)]
    own = [lambda: library_call(built.grown, plan.often), lambda: job_engine(built.grown, plan.often)]
    taken.rounds([*legs, *own], plan.rounds)
    for shop in built.shops:
        shop.end()


def _letters(taken: Taken, built: World, plan: Plan) -> None:
    _serve(built)
    taken.rounds([Letters(built, shop, plan.often).send for shop in built.shops], plan.rounds)


def _reading(taken: Taken, built: World, plan: Plan) -> None:
    _serve(built)
    readings = [Reading(built, shop, plan.often // 2) for shop in built.shops]
    taken.rounds([leg for pair in zip(*(one.legs() for one in readings), strict=True) for leg in pair], plan.rounds)


def _inside(taken: Taken, built: World, plan: Plan) -> None:
    mints = [lambda: mint(built, built.grown), lambda: mint(built, built.young)]
    taken.rounds([*mints, lambda: quote(plan.often), lambda: carts(plan.often)], plan.rounds)


def _starting(taken: Taken, built: World, plan: Plan) -> None:
    _serve(built)
    taken.rounds([lambda: memory(built.grown)], 1)
    for shop in built.shops:
        shop.end()
    taken.rounds([lambda: cold_start(built.grown)], plan.rounds)


def _serve(built: World) -> None:
    """Web programs that nothing else disturbs."""
    for shop in built.shops:
        if "web" not in shop.running:
            shop.start("web")


def _say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


_STAGES = {
    "till": _till,
    "chain": _chain,
    "letters": _letters,
    "reading": _reading,
    "inside": _inside,
    "starting": _starting,
}


if __name__ == "__main__":
    sys.exit(main())
