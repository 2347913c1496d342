"""Shapes of JSON: strict fields whose mistakes are codes, and the sentence of each code.

An unknown field is a mistake, a text is never a number, a number never a text, and no text carries what a database
cannot store. Amounts are whole cents; instants have their zone; days are ISO days.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from marshmallow import INCLUDE, RAISE, Schema, ValidationError, fields, validate

from foundation import clock
from foundation.problems import FieldProblem

JSON_POINTER_ROOT = ""
_FIELD: dict[str, Any] = {"required": "required", "null": "required", "validator_failed": "invalid"}
_SHAPE: dict[str, str] = {"unknown": "unknown_field", "type": "not_an_object"}
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,6})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
# A plus sign in a query that was not encoded arrives as a blank.
_LOST_PLUS = re.compile(r" (\d\d:\d\d)$")


class Shape(Schema):
    """Base of every shape: unknown fields are refused."""

    class Meta:
        """What marshmallow is told."""

        unknown = RAISE

    error_messages = _SHAPE


class Text(fields.String):
    """A text that a database can store: no control characters, no halves of surrogate pairs."""

    default_error_messages = _FIELD | {"invalid": "not_a_text", "invalid_utf8": "not_a_text"}

    def __init__(self, maximum: int = 255, minimum: int = 0, **options: Any) -> None:  # noqa: ANN401 - marshmallow's own
        length = validate.Length(minimum or None, maximum, error=f"length:{minimum}:{maximum}")
        super().__init__(validate=[length, *options.pop("also", ())], **options)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:  # noqa: ANN401
        text = super()._deserialize(value, attr, data, **kwargs)
        if any(ord(letter) < ord(" ") or "\ud800" <= letter <= "\udfff" for letter in text or ""):
            raise ValidationError("unprintable")
        return text


class Choice(Text):
    """One of a few words."""

    def __init__(self, words: tuple[str, ...], **options: Any) -> None:  # noqa: ANN401
        one_of = validate.OneOf(words, error="not_a_choice:" + ", ".join(words))
        super().__init__(64, also=(one_of,), **options)


class Whole(fields.Integer):
    """A whole number: no text, no decimal point, no truth value."""

    default_error_messages = _FIELD | {"invalid": "not_a_whole_number"}

    def __init__(self, minimum: int, maximum: int, **options: Any) -> None:  # noqa: ANN401
        bounds = validate.Range(minimum, maximum, error=f"range:{minimum}:{maximum}")
        super().__init__(strict=True, validate=bounds, **options)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:  # noqa: ANN401, ARG002
        if type(value) is not int:
            raise self.make_error("invalid")
        return value


class QueryWhole(Whole):
    """A whole number in a query, where everything is text."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:  # noqa: ANN401
        if not isinstance(value, str) or re.fullmatch(r"\d{1,9}", value, re.ASCII) is None:
            raise self.make_error("invalid")
        return super()._deserialize(int(value), attr, data, **kwargs)


class Flag(fields.Boolean):
    """True or false, and nothing else."""

    default_error_messages = _FIELD | {"invalid": "not_a_truth_value"}

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:  # noqa: ANN401, ARG002
        if not isinstance(value, bool):
            raise self.make_error("invalid")
        return value


class Identifier(fields.UUID):
    """A UUID in its usual form."""

    default_error_messages = _FIELD | {"invalid_uuid": "not_an_id"}

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:  # noqa: ANN401, ARG002
        try:
            found = UUID(value) if isinstance(value, str) else None
        except ValueError:
            found = None
        if found is None or str(found) != value.lower():
            raise self.make_error("invalid_uuid")
        return found


class Instant(fields.DateTime):
    """An RFC 3339 instant with its zone, between the years 2000 and 2199."""

    default_error_messages = _FIELD | {"invalid": "not_an_instant"}

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:  # noqa: ANN401, ARG002
        text = _LOST_PLUS.sub(r"+\1", value) if isinstance(value, str) else ""
        try:
            instant = datetime.fromisoformat(text.upper()).astimezone(UTC) if _INSTANT.fullmatch(text) else None
        except (ValueError, OverflowError):
            instant = None
        if instant is None:
            raise self.make_error("invalid")
        if not clock.EARLIEST <= instant < clock.BEYOND:
            raise ValidationError("range:2000:2199")
        return instant


class Many(fields.List[Any]):
    """A list with a limit."""

    default_error_messages = _FIELD | {"invalid": "not_a_list"}

    def __init__(self, inner: fields.Field[Any], maximum: int = 100, minimum: int = 0, **options: Any) -> None:  # noqa: ANN401
        length = validate.Length(minimum, maximum, error=f"items:{minimum}:{maximum}")
        super().__init__(inner, validate=length, **options)


class Inner(fields.Nested):
    """An object inside an object."""

    default_error_messages = _FIELD | {"type": "not_an_object"}


class FieldShape(Shape):
    """One wrong field."""

    pointer = fields.String(required=True, metadata={"description": "JSON pointer (RFC 6901) into the request."})
    code = fields.String(required=True)
    detail = fields.String(required=True)


class ProblemShape(Shape):
    """RFC 9457; some types have members of their own."""

    class Meta:
        """What marshmallow is told."""

        unknown = INCLUDE

    type = fields.String(required=True, metadata={"format": "uri-reference"})
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(required=True)
    instance = fields.String(required=True, metadata={"description": "The reference to give to support."})
    errors = fields.List(fields.Nested(FieldShape))


def field_problems(messages: object, root: str = JSON_POINTER_ROOT) -> Iterator[FieldProblem]:
    """Marshmallow's tree of mistakes as one problem per field."""
    if isinstance(messages, Mapping):
        for key, inner in messages.items():
            step = "" if key == "_schema" else "/" + str(key).replace("~", "~0").replace("/", "~1")
            yield from field_problems(inner, root + step)
        return
    for code in messages if isinstance(messages, list) else [messages]:
        yield field_problem(root, str(code))


def field_problem(pointer: str, code: str) -> FieldProblem:
    """One wrong field; a code may carry figures, as in `range:1:100`."""
    name, *figures = code.split(":")
    sentence = _SENTENCES.get(name, _SENTENCES["invalid"])
    return FieldProblem(pointer, name, sentence(*figures))


def day(on: date | None) -> str | None:
    """A day on the wire."""
    return on.isoformat() if on else None


def last_day(ends_on: date | None) -> str | None:
    """The last usable day of a term that ends before `ends_on` (M21)."""
    return (ends_on - timedelta(days=1)).isoformat() if ends_on else None


_SENTENCES: dict[str, Callable[..., str]] = {
    "required": lambda: _("Manca."),
    "invalid": lambda *_figures: _("Il valore non va bene."),
    "unknown_field": lambda: _("Questo campo non esiste."),
    "not_an_object": lambda: _("Serve un oggetto JSON."),
    "not_a_list": lambda: _("Serve una lista."),
    "not_a_text": lambda: _("Serve un testo."),
    "not_a_whole_number": lambda: _("Serve un numero intero."),
    "not_a_truth_value": lambda: _("Serve true oppure false."),
    "not_an_id": lambda: _("Serve un identificativo UUID."),
    "not_an_instant": lambda: _("Serve un istante RFC 3339 con il fuso, per esempio 2026-12-31T23:59:59+01:00."),
    "not_a_choice": lambda words: _("Scegli tra: %(words)s.", words=words),
    "unprintable": lambda: _("Il testo contiene caratteri di controllo."),
    "length": lambda low, high: _("Servono da %(low)s a %(high)s caratteri.", low=low, high=high),
    "range": lambda low, high: _("Serve un valore da %(low)s a %(high)s.", low=low, high=high),
    "items": lambda low, high: _("Servono da %(low)s a %(high)s elementi.", low=low, high=high),
    "repeated": lambda: _("È ripetuto."),
    "cursor_invalid": lambda: _("Questo cursore non è di questo elenco."),
}
