"""Statements of hot paths go to the driver itself, on the connection that SQLAlchemy would have used.

The way through SQLAlchemy costs a statement six times what the driver needs for it, and when the processor has just
waited for something else, half a millisecond. Where somebody listens to the engine's statements (tests that count or
sabotage them), they take the way through SQLAlchemy, so that nothing passes unheard.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, cast

import psycopg
from psycopg.pq import TransactionStatus
from psycopg.rows import namedtuple_row
from sqlalchemy import ARRAY, ClauseElement, Connection, CursorResult, Engine, Executable, PoolProxiedConnection
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.exc import DBAPIError, MultipleResultsFound, NoResultFound
from sqlalchemy.orm import Session
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine

Values = Mapping[str, object]


class Unfinished(Exception):
    """A statement that only SQLAlchemy can carry out: its text depends on its values, or it translates them."""


class Found:
    """The rows of one statement, read as those of SQLAlchemy's `CursorResult` are."""

    __slots__ = ("_rows",)

    def __init__(self, rows: Sequence[Any]) -> None:
        self._rows = rows

    def all(self) -> Sequence[Any]:
        """Every row."""
        return self._rows

    def first(self) -> Any | None:  # noqa: ANN401 - a row's fields are those of its statement
        """The first row, or None."""
        return self._rows[0] if self._rows else None

    def one_or_none(self) -> Any | None:  # noqa: ANN401
        """The only row, or None. Raises MultipleResultsFound."""
        if len(self._rows) > 1:
            raise MultipleResultsFound
        return self.first()

    def one(self) -> Any:  # noqa: ANN401
        """The only row. Raises NoResultFound and MultipleResultsFound."""
        if not self._rows:
            raise NoResultFound
        return self.one_or_none()

    def scalar(self) -> Any | None:  # noqa: ANN401
        """The first row's first column, or None."""
        return self._rows[0][0] if self._rows else None

    def scalar_one(self) -> Any:  # noqa: ANN401
        """The only row's first column. Raises NoResultFound and MultipleResultsFound."""
        return self.one()[0]


Rows = Found | CursorResult[Any]


class DriverConnection:
    """A pool's connection that commits every statement by itself."""

    __slots__ = ("_driver", "_engine")

    def __init__(self, engine: Engine, driver: "psycopg.Connection[Any]") -> None:
        self._engine, self._driver = engine, driver

    def execute(self, statement: ClauseElement, values: Values) -> Found:
        """Carry out a statement that was made once and for all, as it is translated once and kept.

        Raises Unfinished, and DBAPIError as SQLAlchemy does.
        """
        return _carry_out(self._engine, self._driver, statement, values)


def directly(executor: Session | Connection | DriverConnection, statement: ClauseElement, values: Values) -> Rows:
    """Carry out a statement that was made once and for all by the driver, in the transaction of `executor`.

    Raises Unfinished, and DBAPIError as SQLAlchemy does.
    """
    if isinstance(executor, DriverConnection):
        return executor.execute(statement, values)
    if isinstance(executor, Session):
        if executor.autoflush:
            executor.flush()
        executor = executor.connection()
    if listened_to(executor):
        return cast("CursorResult[Any]", executor.execute(cast("Executable", statement), values))
    driver = _driver(executor.connection)
    try:
        return _carry_out(executor.engine, driver, statement, values)
    except DBAPIError as problem:
        if driver.closed:
            executor.invalidate(problem)
        raise


def listened_to(bind: Engine | Connection) -> bool:
    """Whether somebody wants to hear of every statement before it is carried out."""
    return bool(bind.dispatch.before_cursor_execute)


def _carry_out(engine: Engine, driver: "psycopg.Connection[Any]", statement: ClauseElement, values: Values) -> Found:
    sql, constants = _translated(statement, engine.dialect)
    try:
        cursor = driver.cursor(row_factory=namedtuple_row)
        cursor.execute(sql, {**constants, **values})
        # Asking for the description would describe every column; whether there are any is all that is asked.
        has_rows = cursor.pgresult is not None and cursor.pgresult.nfields > 0
        return Found(cursor.fetchall() if has_rows else ())
    except psycopg.Error as problem:
        raise _as_sqlalchemy(engine, sql.decode(), values, problem) from problem


@contextmanager
def driver_connection(engine: Engine) -> Iterator[DriverConnection]:
    """A connection of the pool, taken for a statement or two. Raises DBAPIError when the server is not there."""
    try:
        checked_out = engine.raw_connection()
    except psycopg.Error as problem:
        raise _as_sqlalchemy(engine, None, {}, problem) from problem
    driver = _driver(checked_out)
    try:
        driver.autocommit = True
        yield DriverConnection(engine, driver)
    finally:
        _give_back(checked_out, driver)


def _give_back(checked_out: PoolProxiedConnection, driver: "psycopg.Connection[Any]") -> None:
    """Leave a connection as it was; one that broke, or was left in the middle of something, is not used again."""
    if driver.pgconn.transaction_status == TransactionStatus.IDLE:
        driver.autocommit = False
        checked_out.close()
    else:
        checked_out.invalidate()


def _driver(checked_out: PoolProxiedConnection) -> "psycopg.Connection[Any]":
    return cast("psycopg.Connection[Any]", checked_out.driver_connection)


@lru_cache(maxsize=256)
def _translated(statement: ClauseElement, dialect: Dialect) -> tuple[bytes, Mapping[str, object]]:
    """The driver's text of a statement, and the values it brings itself."""
    compiled = statement.compile(dialect=dialect)
    if not isinstance(compiled, SQLCompiler) or compiled.post_compile_params:
        raise Unfinished
    if any(_is_translated(value.type, dialect) for value in compiled.binds.values()):
        raise Unfinished
    return compiled.string.encode(), {name: value for name, value in compiled.params.items() if value is not None}


def _is_translated(kind: TypeEngine[Any], dialect: Dialect) -> bool:
    """Whether SQLAlchemy hands the driver something else than it was given; a list's members are what counts."""
    member = kind.item_type if isinstance(kind, ARRAY) else kind
    return member.dialect_impl(dialect).bind_processor(dialect) is not None


def _as_sqlalchemy(engine: Engine, sql: str | None, values: Values, problem: psycopg.Error) -> BaseException:
    """The driver's refusal as the exception that callers know."""
    return DBAPIError.instance(
        sql, dict(values), problem, psycopg.Error, hide_parameters=engine.hide_parameters, dialect=engine.dialect
    )
