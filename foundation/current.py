"""The request, `g` and the application themselves, not Flask's proxies.

Each look through a proxy costs three calls, and the edge looks some thirty times a request.
"""

from flask import Flask, Request, current_app, g, request
from flask.ctx import _AppCtxGlobals

Kept = _AppCtxGlobals


def this_request() -> Request:
    """The request that is answered. Raises RuntimeError where there is none."""
    return request._get_current_object()  # type: ignore[attr-defined,no-any-return]  # noqa: SLF001 - werkzeug documents it


def kept() -> Kept:
    """What Flask calls `g`: values kept until the answer, or the end of a command. Raises RuntimeError."""
    return g._get_current_object()  # type: ignore[no-any-return]  # noqa: SLF001 - as above


def this_app() -> Flask:
    """The running application. Raises RuntimeError outside its context."""
    return current_app._get_current_object()  # type: ignore[attr-defined,no-any-return]  # noqa: SLF001 - as above
