"""Standing: how a company stood at an instant, as one word with its reasons, from its rights and its history (M19)."""

from dataclasses import dataclass

from entitlements.links import Cause
from entitlements.rights import Rights


@dataclass(frozen=True, slots=True)
class Reason:
    """Why, with a stable code and, where a right is behind it, its cause."""

    code: str
    cause: Cause | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """NOT_REQUESTED, PROVISIONING, REJECTED, ACTIVE, SUSPENDED, LIMITED, NOT_STARTED, EXPIRED, NO_LICENCE, and why."""

    state: str
    reasons: tuple[Reason, ...]


def standing_of(rights: Rights) -> Standing:
    """How the company of these rights stood at their instant."""
    before = _before_ready(rights)
    if before is not None:
        return Standing(before, (Reason(before),))
    if rights.licences:
        live = [pair for pair in rights.licences if not pair[0].is_suspended(rights.at)]
        shown = live or list(rights.licences)
        state = "ACTIVE" if live else "SUSPENDED"
        return Standing(state, tuple(Reason(f"LICENCE_{state}", term.cause) for _licence, term in shown))
    return _without_licence(rights)


def _before_ready(rights: Rights) -> str | None:
    if rights.at < rights.requested_at:
        return "NOT_REQUESTED"
    if rights.rejected_at is not None and rights.rejected_at <= rights.at:
        return "REJECTED"
    return "PROVISIONING" if rights.ready_at is None or rights.at < rights.ready_at else None


def _without_licence(rights: Rights) -> Standing:
    """No term covers the day: it has not begun, the base is limited, it is over, or there never was one."""
    if rights.span is None:
        return Standing("NO_LICENCE", (Reason("NO_LICENCE"),))
    limited = [right.terms[-1].cause for right in rights.services if right.state == "LIMITED"]
    if limited:
        return Standing("LIMITED", tuple(Reason("LICENCE_LIMITED", cause) for cause in limited))
    state = "NOT_STARTED" if rights.on < rights.span[0] else "EXPIRED"
    return Standing(state, (Reason(f"LICENCE_{state}"),))
