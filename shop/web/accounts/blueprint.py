"""The blueprint of all pages of accounts; importing a module of pages adds its routes."""

from flask import Blueprint, Response, request
from werkzeug.wrappers import Response as AnyResponse

accounts = Blueprint("accounts", __name__)

Answer = str | Response | AnyResponse | tuple[str, int] | tuple[str, int, dict[str, str]]


@accounts.after_request
def keep_tokens_out_of_referrers(answer: Response) -> Response:
    """A page whose address holds a token tells nobody more than its origin."""
    if "token" in (request.view_args or {}) or "token" in request.args:
        answer.headers["Referrer-Policy"] = "strict-origin"
        answer.headers["Cache-Control"] = "no-store"
    return answer
