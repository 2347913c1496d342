"""Every fault point of the product, found by reading it, and where each of them is made to kill (R22)."""

import ast
from dataclasses import dataclass

from foundation.jobs import registered_jobs
from tests.database import ROOT

ROOMS = ("foundation", "entitlements", "shop", "webhooks", "pricing")
WEB, WORKER = "web", "worker"
JOB_POINT = "job.{}.done"


@dataclass(frozen=True)
class Crash:
    """A program that dies at its `hit`-th passing of a point."""

    point: str
    program: str
    hit: int = 1

    @property
    def fault(self) -> str:
        """The value of GETTONE_FAULT."""
        return f"{self.point}:{self.hit}"

    def __str__(self) -> str:
        return f"{self.program} at {self.fault}"


# Which program dies at which point in the story of a purchase; a point that no purchase passes is told apart.
CRASHES = (
    Crash("transaction.before_commit", WEB, 4),
    Crash("transaction.after_commit", WEB, 7),
    Crash("transaction.before_commit", WORKER, 6),
    Crash("transaction.after_commit", WORKER, 9),
    Crash("idempotency.claimed", WEB, 2),
    Crash("gateway.before_call", WEB),
    Crash("gateway.after_call", WEB),
    Crash("gateway.after_call", WORKER),
    Crash("checkout.attempt_committed", WEB),
    Crash("checkout.called", WEB),
    Crash("checkout.stored", WEB),
    Crash("letter.looked", WORKER),
    Crash("payment.recorded", WORKER),
    Crash("fulfilment.after_line", WORKER),
    Crash("transfer.recorded", WORKER),
    Crash("window.before_fulfilment", WORKER),
    Crash("mail.before_send", WORKER),
    Crash("mail.after_send", WORKER),
    Crash("provisioning.before_call", WORKER),
    Crash("provisioning.after_call", WORKER),
    Crash("provisioning.after_outcome", WORKER),
    Crash("provisioning.before_ask", WORKER),
    Crash("provisioning.after_ask", WORKER),
    Crash("job.letters.stripe.done", WORKER),
    Crash("job.letters.bank.done", WORKER),
    Crash("job.letters.provisioning.done", WORKER),
    Crash("job.provisioning.call.done", WORKER),
    Crash("job.provisioning.ask.done", WORKER),
    Crash("job.mail.deliver.done", WORKER),
)
# Points no purchase passes, each with the test that passes it.
ELSEWHERE = dict.fromkeys(
    (
        "refund.request_committed",
        "refund.called",
        "renewal.sent",
        "renewal.called",
        "purchase.asked",
        "handover.payer_written",
        "move.parted",
        "provisioning.before_change",
        "provisioning.after_change",
        "job.cards.detach.done",
        "job.checkout.close.done",
        "job.invoicing.revoke.done",
        "job.members.follow_seats.done",
        "job.orders.requoted.done",
        "job.orders.rivals.done",
        "job.provisioning.tell.done",
        "job.refunds.send.done",
        "job.renewals.charge.done",
        "job.stripe.janitor.done",
    ),
    "tests/crash/test_scenes.py",
)


def points_in_source() -> dict[str, str]:
    """Every point named in the product, with where it stands; the one named after its job counts once per job."""
    found: dict[str, str] = {}
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            for call in ast.walk(ast.parse(path.read_text())):
                if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "fault_point":
                    found |= dict.fromkeys(_names(call.args[0]), f"{path.relative_to(ROOT)}:{call.lineno}")
    return found


def _names(argument: ast.expr) -> list[str]:
    if isinstance(argument, ast.Constant):
        return [str(argument.value)]
    # Jobs that tests register in this process are nobody's to crash.
    return [JOB_POINT.format(name) for name in registered_jobs() if not name.startswith("tests.")]


def missing_points() -> dict[str, str]:
    """Points of the source that nothing here kills at."""
    covered = {crash.point for crash in CRASHES} | set(ELSEWHERE)
    return {name: place for name, place in points_in_source().items() if name not in covered}


def stale_points() -> set[str]:
    """Points named here that the source no longer has."""
    return ({crash.point for crash in CRASHES} | set(ELSEWHERE)) - set(points_in_source())
