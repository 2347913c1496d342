"""The fields that answers are made of: always there, described for the reader of `/api/docs`."""

from marshmallow import fields


def text(*, null: bool = False, about: str = "", form: str = "") -> fields.String:
    """A text; `form` is its format, such as `date` or `uuid`."""
    metadata = {key: value for key, value in (("description", about), ("format", form)) if value}
    return fields.String(required=True, allow_none=null, metadata=metadata)


def moment(*, null: bool = True) -> fields.String:
    """An instant."""
    return text(null=null, form="date-time")


def whole(about: str = "") -> fields.Integer:
    """A whole number."""
    return fields.Integer(required=True, metadata={"description": about} if about else {})
