"""What somebody typed into a search box."""

from flask import request


def typed(name: str, longest: int) -> str:
    """The words of a parameter, cut to `longest` characters and without what no database can be asked for."""
    return request.args.get(name, "").replace("\x00", "").strip()[:longest]
