"""A command without a usable database says so in a sentence, as every other refusal does, instead of a traceback."""

import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import click
from flask import Flask
from psycopg.errors import InvalidSchemaName, UndefinedColumn, UndefinedTable
from sqlalchemy.exc import OperationalError, ProgrammingError

Given = ParamSpec("Given")
Answer = TypeVar("Answer")

_SILENT = "The database does not answer: {reason}\nStart it, or set DATABASE_URL to the one that is meant."
_UNPREPARED = "The tables of this version are not there yet: {reason}\nMake them with `flask prepare`."


def install(app: Flask) -> None:
    """Wrap every command the application has by now. Exit code 1, as for any refusal."""
    _wrap(app.cli)


def _wrap(group: click.Group) -> None:
    for command in group.commands.values():
        if isinstance(command, click.Group):
            _wrap(command)
        elif command.callback is not None:
            command.callback = _readable(command.callback)


def _readable(callback: Callable[Given, Answer]) -> Callable[Given, Answer]:
    if getattr(callback, "is_readable", False):  # the groups are modules' own: a second application finds them wrapped
        return callback

    @functools.wraps(callback)
    def run(*arguments: Given.args, **options: Given.kwargs) -> Answer:
        try:
            return callback(*arguments, **options)
        except OperationalError as error:
            raise click.ClickException(_SILENT.format(reason=_first_line(error.orig))) from error
        except ProgrammingError as error:
            if not isinstance(error.orig, (UndefinedTable, UndefinedColumn, InvalidSchemaName)):
                raise
            raise click.ClickException(_UNPREPARED.format(reason=_first_line(error.orig))) from error

    run.is_readable = True  # type: ignore[attr-defined]
    return run


def _first_line(error: BaseException | None) -> str:
    return str(error).partition("\n")[0]
