"""Rates: how many requests a token may make in a minute, told in headers before it hurts."""

from datetime import timedelta

from flask import Response, g

from foundation.api.refusals import TooManyRequests
from foundation.principal import current_principal
from foundation.throttle import Limit, Tally, tally

WINDOW = timedelta(minutes=1)
USUAL = 600
# The vendor's software asks for every company it opens; people and their scripts do not.
BY_ROLE = {"product": 12_000}


def count_request() -> None:
    """Count a request of this token. Raises TooManyRequests."""
    principal = current_principal()
    if principal is None:
        return
    limit = Limit(BY_ROLE.get(principal.role, USUAL), WINDOW)
    g.rate = tally(f"api:{principal.token_id}", limit)
    if g.rate.over:
        raise TooManyRequests(g.rate.seconds_left)


def tell_rate(answer: Response) -> Response:
    """RateLimit headers on every answer; Retry-After where waiting helps."""
    rate: Tally | None = getattr(g, "rate", None)
    if rate is not None:
        answer.headers["RateLimit-Limit"] = str(rate.limit)
        answer.headers["RateLimit-Remaining"] = str(rate.left)
        answer.headers["RateLimit-Reset"] = str(rate.seconds_left)
        if rate.over:
            answer.headers.setdefault("Retry-After", str(rate.seconds_left))
    return answer
