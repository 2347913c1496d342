"""The database: base class of all tables, the engine, and `transaction()`, the only way to write.

One request, job or command is one transaction, opened by the edge; what it calls takes the session and never commits.
"""

import select
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from datetime import date, datetime, timedelta
from typing import Any, ClassVar, cast
from uuid import UUID

from flask import current_app
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import BigInteger, Connection, Date, DateTime, Engine, Interval, MetaData, Text, Uuid, event, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.orm import DeclarativeBase, Mapped, ORMExecuteState, Session, mapped_column
from sqlalchemy.pool import Pool
from sqlalchemy.types import TypeEngine

from foundation import clock
from foundation.driver_statements import DriverConnection, directly, driver_connection, listened_to
from foundation.faults import fault_point
from foundation.ids import new_id
from foundation.settings import Settings, current_settings

APPLICATION_ROLE = "gettone_app"
APPEND_ONLY = "append_only"

_AFTER_COMMIT, _LOOKING, _ALONE = "gettone.after_commit", "gettone.looking", "gettone.alone"
_LONGEST_LIFE_SECONDS = 1_800
_SHIFT = text("SELECT shift FROM clock_shift")
_open: ContextVar[bool] = ContextVar("transaction_open", default=False)

JsonObject = dict[str, Any]
# What carries out a statement: the session of a transaction, or the connection of `alone()`.
Executor = Session | Connection | DriverConnection


class NestedTransaction(Exception):
    """A transaction was opened inside another: pass the session on instead."""


class WroteWhileLooking(Exception):
    """A page that said it only looks wants to change something: let it open `transaction()`."""


class Model(DeclarativeBase):
    """Base of every table. A table that is only ever inserted into says `info={"append_only": True}`."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, TypeEngine[Any]]] = {
        str: Text(),
        int: BigInteger(),
        UUID: Uuid(),
        datetime: DateTime(timezone=True),
        date: Date(),
        timedelta: Interval(),
        JsonObject: JSONB(),
        list[JsonObject]: JSONB(),
        list[str]: JSONB(),
    }


class Identified:
    """Mix-in: a time-ordered UUID as primary key, made in Python so that a row knows its id before it is stored."""

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id, sort_order=-1)


class ClockShift(Model):
    """How far the sandbox's business clock stands from real time; one row at most, empty in production."""

    __tablename__ = "clock_shift"

    only: Mapped[bool] = mapped_column(primary_key=True, default=True)
    shift: Mapped[timedelta]


database = SQLAlchemy(metadata=Model.metadata)


def engine_options(settings: Settings) -> dict[str, Any]:
    """Options of the engine: the application's role (M22), UTC, and no statement that outlives a request."""
    limit = 60_000 if settings.sandbox else 30_000
    options = f"-c role={APPLICATION_ROLE} -c timezone=UTC -c statement_timeout={limit} -c lock_timeout=15000"
    # Outside a sandbox an error never quotes the values of its statement: they may be a person's.
    shown = {"hide_parameters": not settings.sandbox}
    # The connection used last is used next: what it has prepared and cached is warm.
    pool = {"pool_size": 10, "max_overflow": 10, "pool_recycle": _LONGEST_LIFE_SECONDS, "pool_use_lifo": True}
    return {"connect_args": {"options": options}, **pool, **shown}


@event.listens_for(Pool, "checkout")
def _refuse_hung_up(connection: DBAPIConnection, _record: object, _handed_out: object) -> None:
    """Have the pool renew its connections once the server has hung up."""
    if hung_up(connection.fileno()):
        raise InvalidatePoolError


def hung_up(socket: int) -> bool:
    """Whether the server at the other end of an idle connection's socket has hung up (restarted, killed): it told us.

    A look at the socket costs nothing; asking the server before every transaction would cost a round trip.
    """
    looked = select.poll()
    looked.register(socket, select.POLLIN)
    return bool(looked.poll(0))


@contextmanager
def transaction() -> Iterator[Session]:
    """Open the one transaction of this request, job or command; commit at the end, roll back on any exception.

    Raises NestedTransaction when one is already open.
    """
    if _open.get():
        raise NestedTransaction
    token = _open.set(True)
    try:
        with new_session() as session, session.begin():
            if current_settings().sandbox:
                follow_stored_shift(session)
            yield session
            fault_point("transaction.before_commit")
        fault_point("transaction.after_commit")
    finally:
        _open.reset(token)
    for tell in session.info.pop(_AFTER_COMMIT, ()):
        tell()


def after_commit(session: Session, tell: Callable[[], None]) -> None:
    """Have `tell` called once this transaction has committed, and never if it does not (log lines, counters)."""
    session.info.setdefault(_AFTER_COMMIT, []).append(tell)


def transaction_open() -> bool:
    """Whether this thread has a transaction open: outside calls refuse to start then."""
    return _open.get()


def refuse_open_transaction() -> None:
    """Raise NestedTransaction when a transaction is open: called before every network call (house rule 2)."""
    if _open.get():
        raise NestedTransaction


def new_session() -> Session:
    """A session on the application's engine; only `transaction()` and `apart()` use it."""
    return Session(
        bind=database.engines[None],
        expire_on_commit=False,
        join_transaction_mode="create_savepoint",
    )


@event.listens_for(Session, "do_orm_execute")
def _read_locked_rows_anew(asked: ORMExecuteState) -> None:
    """A locked row shows what stands in the database now, not what this session read before it had the lock."""
    if _LOOKING in asked.session.info and (asked.is_insert or asked.is_update or asked.is_delete):
        raise WroteWhileLooking
    if asked.is_select and getattr(asked.statement, "_for_update_arg", None) is not None:
        asked.update_execution_options(populate_existing=True)


@contextmanager
def apart() -> Iterator[Session]:
    """Open a transaction of its own for throttle, session and idempotency rows, which commit apart (M23)."""
    with new_session() as session, session.begin():
        yield session


def alone() -> AbstractContextManager[Connection | DriverConnection]:
    """A connection whose every statement is a transaction of its own: for one statement, or for looking (M23).

    The server begins and commits by itself, which spares two ways to it and back. Never for two writes.
    """
    bind = cast("Engine | Connection", database.engines[None])
    if not isinstance(bind, Engine):
        return _nested(bind)
    return _each_alone(bind).connect() if listened_to(bind) else driver_connection(bind)


@contextmanager
def _nested(connection: Connection) -> Iterator[Connection]:
    """Where one connection stands in for the engine, whoever opened it decides when it commits."""
    with connection.begin_nested():
        yield connection


def _each_alone(engine: Engine) -> Engine:
    """The engine with its pool, beginning no transactions; made once, as making it takes longer than a query."""
    known: tuple[Engine, Engine] | None = current_app.extensions.get(_ALONE)
    if known is None or known[0] is not engine:
        known = engine, engine.execution_options(isolation_level="AUTOCOMMIT")
        current_app.extensions[_ALONE] = known
    return known[1]


@contextmanager
def looking() -> Iterator[Session]:
    """Like `transaction()` for a page that only reads: what it reads is what stood at each statement, as there.

    Raises NestedTransaction inside a transaction, and WroteWhileLooking for a change.
    """
    if _open.get():
        raise NestedTransaction
    token = _open.set(True)
    bind = cast("Engine | Connection", database.engines[None])
    own = _each_alone(bind) if isinstance(bind, Engine) else bind
    try:
        with Session(bind=own, expire_on_commit=False, join_transaction_mode="create_savepoint") as session:
            session.info[_LOOKING] = True
            if current_settings().sandbox:
                follow_stored_shift(session)
            yield session
            session.commit()
    finally:
        _open.reset(token)


@event.listens_for(Session, "before_flush")
def _refuse_to_write(session: Session, *_flush: object) -> None:
    if _LOOKING in session.info:
        raise WroteWhileLooking


def follow_stored_shift(session: Session) -> None:
    """Make this process's business clock follow the sandbox's stored shift."""
    clock.follow(directly(session, _SHIFT, {}).scalar() or timedelta())
