"""Logs: one JSON object a line, with the request's reference and the ids of what happened; never personal data.

Only the fields named here are written: whatever else a caller passes is left out and its name noted, so that a new
field is a decision. Of a failure the type and the places are written, never the message: messages quote values.
"""

import json
import logging
import sys
from collections.abc import Mapping, MutableMapping
from functools import cache
from typing import Any, TextIO

import click
import structlog
from flask import Flask

from foundation import clock
from foundation.current import kept

FIELDS = frozenset(
    {
        "attempt",
        "attempts",
        "due_row",
        "error",
        "event",
        "event_id",
        "event_type",
        "frames",
        "job",
        "job_id",
        "left_out",
        "level",
        "logger",
        "mail",
        "method",
        "milliseconds",
        "party",
        "refusal",
        "request",
        "route",
        "rows",
        "status",
        "subject",
        "subject_id",
        "user",
        "verdict",
    }
)
_MOST_FRAMES = 12
_LINES = json.JSONEncoder(default=str)


def install(_app: Flask) -> None:
    """Send our own lines and those of every library through the same gate; safe to repeat."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            _keep_known_fields,
            _render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=lambda *_: _Line(),
        cache_logger_on_first_use=False,
    )
    log.cache_clear()
    root = logging.getLogger()
    for handler in [one for one in root.handlers if isinstance(one, _Library)]:
        root.removeHandler(handler)
    root.addHandler(_Library())


@cache
def log() -> Any:  # noqa: ANN401 - structlog's loggers take any level's method
    """The logger: `log().info("mail sent", mail=…)`; the first word says what happened, fields say to what."""
    return structlog.get_logger().bind()


def note(**fields: object) -> None:
    """Have the request's own line, its last, say this too: one line instead of two."""
    kept().noted = {**noted(), **fields}


def noted() -> Mapping[str, object]:
    """What this request's own line says besides."""
    found: Mapping[str, object] = kept().get("noted", {})
    return found


def failure_of(problem: BaseException) -> dict[str, object]:
    """A failure as fields: its type (and its causes'), and the places it came through, without any message."""
    kinds: list[str] = []
    cause: BaseException | None = problem
    while cause is not None and len(kinds) < _MOST_FRAMES:
        kinds.append(type(cause).__name__)
        cause = cause.__cause__ or cause.__context__
    frames, trace = [], problem.__traceback__
    while trace is not None:
        frames.append(f"{trace.tb_frame.f_globals.get('__name__', '?')}:{trace.tb_lineno}")
        trace = trace.tb_next
    return {"error": " from ".join(kinds), "frames": frames[-_MOST_FRAMES:]}


def _keep_known_fields(_logger: object, _method: str, fields: MutableMapping[str, Any]) -> Mapping[str, Any]:
    problem = fields.pop("exc_info", None)
    if isinstance(problem, BaseException):
        fields.update(failure_of(problem))
    left_out = sorted(name for name in fields if name not in FIELDS)
    for name in left_out:
        del fields[name]
    return dict(fields) | ({"left_out": left_out} if left_out else {})


def _render(_logger: object, _method: str, fields: Mapping[str, Any]) -> tuple[tuple[str], dict[str, str]]:
    """A whole line; JSON turns line breaks into escapes, so no value can forge another line."""
    at = clock.real_now().isoformat(timespec="milliseconds")
    line = _LINES.encode({"at": at, **fields})
    return (line,), {"level": str(fields.get("level", "info"))}


class _Line:
    """Writes finished lines to standard output; under a command, whose output is its answer, only what went wrong."""

    def msg(self, line: str, level: str) -> None:
        stream = _stream(level)
        if stream is not None:
            stream.write(line + "\n")
            stream.flush()

    debug = info = warning = error = critical = exception = msg


def _stream(level: str) -> TextIO | None:
    if click.get_current_context(silent=True) is None:
        return sys.stdout
    return sys.stderr if level in {"warning", "error", "critical"} else None


class _Library(logging.Handler):
    """Lines of libraries, from warnings up: what they say without the values they say it about."""

    def __init__(self) -> None:
        super().__init__(level=logging.WARNING)

    def emit(self, record: logging.LogRecord) -> None:
        """Write the unfilled message, its source, and a failure's places."""
        fields: dict[str, Any] = {"logger": record.name}
        if record.exc_info and record.exc_info[1] is not None:
            fields["exc_info"] = record.exc_info[1]
        getattr(log(), record.levelname.lower(), log().error)(str(record.msg), **fields)
