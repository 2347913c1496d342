"""Idempotency keys (M24): the first success is stored and replayed; rows commit apart (M23)."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlalchemy import LargeBinary, delete, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from foundation import clock
from foundation.database import Model, apart
from foundation.driver_statements import directly

# A caller whose first try died with its process must be served within ten seconds. A try that takes longer may be
# joined by a second one: both work on the same named rows, and only one of them keeps its answer.
LEASE = timedelta(seconds=8)
KEPT = timedelta(days=30)
LONGEST_KEY = 255
_CLAIM = text(
    "INSERT INTO idempotency_keys (scope, key, request_hash, leased_until, created_at)"
    " VALUES (:scope, :key, :request_hash, :leased_until, :created_at) ON CONFLICT DO NOTHING RETURNING key"
)
_FINISH = text(
    "UPDATE idempotency_keys SET status = :status, content_type = :content_type, body = :body"
    " WHERE scope = :scope AND key = :key AND leased_until = :leased_until AND status IS NULL RETURNING key"
)


class IdempotencyKey(Model):
    """One key of one party: what was asked (as a hash), and the final answer once there is one."""

    __tablename__ = "idempotency_keys"

    scope: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    request_hash: Mapped[str]
    leased_until: Mapped[datetime]
    created_at: Mapped[datetime]
    status: Mapped[int | None]
    content_type: Mapped[str | None]
    body: Mapped[bytes | None] = mapped_column(LargeBinary)


@dataclass(frozen=True, slots=True)
class Go:
    """Do this request, then `finish` or `release`. `leased_until` tells this try from a later one.

    `again` says that it was tried before and not answered: part of its effect may be there.
    """

    leased_until: datetime
    again: bool = False


@dataclass(frozen=True, slots=True)
class Replay:
    """The final answer of the first request."""

    status: int
    content_type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Running:
    """The first request is still running (409)."""


@dataclass(frozen=True, slots=True)
class OtherRequest:
    """The key belongs to another request (422)."""


Claim = Go | Replay | Running | OtherRequest


def claim(scope: str, key: str, request_hash: str) -> Claim:
    """Claim a key for a request; a lease left behind by a dead process runs out by itself."""
    now = clock.real_now()
    values = {"scope": scope, "key": key, "request_hash": request_hash, "leased_until": now + LEASE, "created_at": now}
    with apart() as session:
        if directly(session, _CLAIM, values).first() is not None:
            return Go(now + LEASE)
        where = (IdempotencyKey.scope == scope, IdempotencyKey.key == key)
        known = session.scalars(select(IdempotencyKey).where(*where).with_for_update()).one_or_none()
        if known is None:
            return Running()
        if known.request_hash != request_hash:
            return OtherRequest()
        if known.status is not None:
            return Replay(known.status, known.content_type or "application/json", known.body or b"")
        if known.leased_until > now:
            return Running()
        known.leased_until = now + LEASE
        return Go(known.leased_until, again=True)


def finish(scope: str, key: str, status: int, content_type: str, body: bytes) -> None:
    """Store the final answer; from now on it is replayed."""
    with apart() as session:
        session.execute(
            update(IdempotencyKey)
            .where(IdempotencyKey.scope == scope, IdempotencyKey.key == key)
            .values(status=status, content_type=content_type, body=body)
        )


def finish_within(session: Session, scope: str, key: str, lease: Go, answer: Replay) -> bool:
    """Store the final answer in the transaction of its effect: a crash leaves both or neither.

    Answers False, and the effect must not commit, when the lease ran out and another try has taken over.
    """
    ours = {"scope": scope, "key": key, "leased_until": lease.leased_until}
    return directly(session, _FINISH, ours | asdict(answer)).first() is not None


def release(scope: str, key: str, lease: Go, *, begun: bool = False) -> None:
    """Give up a claim whose request failed in a way that may succeed when tried again: failures are not cached.

    A request that changed nothing is forgotten. Of one whose effect has `begun`, in this try or an earlier one, the key
    stays its own. What another try has claimed meanwhile, or what is final, stays as it is.
    """
    ours = (IdempotencyKey.scope == scope, IdempotencyKey.key == key)
    held = (*ours, IdempotencyKey.leased_until == lease.leased_until, IdempotencyKey.status.is_(None))
    with apart() as session:
        if begun or lease.again:
            session.execute(update(IdempotencyKey).where(*held).values(leased_until=lease.leased_until - LEASE))
        else:
            session.execute(delete(IdempotencyKey).where(*held))
