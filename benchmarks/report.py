"""What is printed: every promised figure with its aim, its floor and whether it was met; then what stands behind it."""

from benchmarks.figures import Row, Taken, judged, told
from benchmarks.quoting import LENGTHS

GROWN, YOUNG = "grown", "young"
# What is said of a leg, its name among the figures, and the programs whose processor time it takes.
LEGS_BY_PROGRAM = (
    ("one payment in process", "till", ("app", "database")),
    ("one purchase over HTTP", "chain", ("web", "worker", "stripe", "mailbox", "database")),
    ("one letter", "letter", ("app", "database")),
    ("one entitlement check", "entitlement", ("app", "database")),
    ("a route that does nothing", "nothing", ("app", "database")),
    ("one catalogue page", "catalogue", ("app", "database")),
    ("one list of orders", "orders", ("app", "database")),
    ("10,000 codes", "mint", ("app", "database")),
)


def rows(taken: Taken) -> list[Row]:
    """The table of promises, as far as their legs have run."""
    parts = ((_till, "till"), (_chain, "chain"), (_letters, "letter"), (_reading, "entitlement"), (_rest, "mint"))
    return [row for part, leg in parts if _ran(taken, leg) for row in part(taken)]


def cpu_rows(taken: Taken) -> list[Row]:
    """Milliseconds of CPU per operation, by program."""
    found = [
        told(f"{said}: {program}", taken.median(f"{leg} {GROWN} {program} ms"), " ms")
        for said, leg, programs in LEGS_BY_PROGRAM
        for program in programs
        if f"{leg} {GROWN} {program} ms" in taken
    ]
    alone = (("one call through the Stripe library", "stripe library ms"), ("the job engine, one job", "job engine ms"))
    return found + [told(said, taken.median(name), " ms") for said, name in alone if name in taken]


def _ran(taken: Taken, leg: str) -> bool:
    return any(f"{leg} {GROWN} {unit}" in taken for unit in ("rate", "cpu ms", "p50 ms", "s"))


def _growth(name: str, value: float) -> Row:
    return judged(f"  growth of {name} with 100 times the data", value, (1.2, 2.0), " ×")


def _till(taken: Taken) -> list[Row]:
    share = taken.ratio(f"till {GROWN} rate", f"till {GROWN} pgbench")
    return [
        judged("till in process, of pgbench", share, (0.35, 0.15), more_is_better=True),
        told("  payments per second", taken.median(f"till {GROWN} rate")),
        _growth("the till", taken.ratio(f"till {YOUNG} rate", f"till {GROWN} rate")),
    ]


def _chain(taken: Taken) -> list[Row]:
    share = taken.ratio(f"chain {GROWN} rate", f"chain {GROWN} pgbench")
    return [
        judged("placed → entitled over HTTP, of pgbench", share, (0.06, 0.03), more_is_better=True),
        told("  purchases per second, eight buyers", taken.median(f"chain {GROWN} rate")),
        told("  one purchase, median", taken.median(f"chain {GROWN} p50 ms"), " ms"),
        _growth("the chain", taken.ratio(f"chain {YOUNG} rate", f"chain {GROWN} rate")),
    ]


def _letters(taken: Taken) -> list[Row]:
    return [
        judged("letter acknowledged, CPU", taken.median(f"letter {GROWN} cpu ms"), (1.0, 2.0), " ms"),
        judged("letter acknowledged, p99, eight senders", taken.median(f"letter {GROWN} p99 ms"), (15, 50), " ms"),
        told("  letters per second, eight senders", taken.median(f"letter {GROWN} rate")),
        _growth("a letter", taken.ratio(f"letter {GROWN} cpu ms", f"letter {YOUNG} cpu ms")),
    ]


def _reading(taken: Taken) -> list[Row]:
    name = f"{{}} {GROWN} p50 ms".format
    share = taken.ratio(name("entitlement"), name("nothing"))
    pages = [
        row
        for page, said in (("catalogue", "catalogue page"), ("orders", "order list page"))
        for row in (
            judged(f"{said}, p50", taken.median(name(page)), (8, 25), " ms"),
            _growth(f"the {said}", taken.ratio(name(page), f"{page} {YOUNG} p50 ms")),
        )
    ]
    return [
        judged("entitlement check, of an empty route", share, (3, 5), " ×"),
        told("  entitlement check, p50", taken.median(name("entitlement")), " ms"),
        told("  empty route with token and rate, p50", taken.median(name("nothing")), " ms"),
        told("  health page without either, p50", taken.median(name("health")), " ms"),
        _growth("the entitlement check", taken.ratio(name("entitlement"), f"entitlement {YOUNG} p50 ms")),
        *pages,
        judged("quote of ten service lines over the API, p50", taken.median(name("quote of 10")), (50, 300), " ms"),
        _growth("a quote", taken.ratio(name("quote of 10"), f"quote of 10 {YOUNG} p50 ms")),
        *(
            told(f"  carts of {length} service lines per second over the API, one caller", 1000 / took)
            for length in LENGTHS
            if (took := taken.median(name(f"quote of {length}")))
        ),
    ]


def _rest(taken: Taken) -> list[Row]:
    found = [
        judged("10,000 codes minted with their audit", taken.median(f"mint {GROWN} s"), (0.5, 2), " s"),
        _growth("minting", taken.ratio(f"mint {GROWN} s", f"mint {YOUNG} s")),
        told("quotes of ten lines per second", taken.median("quote rate")),
        *(
            told(f"carts of {length} service lines per second", taken.median(f"cart of {length} rate"))
            for length in LENGTHS
        ),
    ]
    if "memory MiB" in taken:
        found.append(judged("memory of a web worker (PSS)", taken.median("memory MiB"), (100, 130), " MiB"))
    if "cold start s" in taken:
        found.append(judged("cold start to the first answer", taken.median("cold start s"), (1.5, 2.5), " s"))
        found.append(told("  building the application, CPU", taken.median("import cpu s"), " s"))
    return found
