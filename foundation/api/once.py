"""Once: a POST with an effect carries an Idempotency-Key, and the same request has its effect once (M24).

The claim commits apart, before the work. A view whose whole effect is one transaction stores its answer in that
transaction, so that a crash leaves either both or neither. A view that also calls outside names its rows after the key,
so that the request tried again finds what the first one made; once they are committed it says `effect_begun`, and the
key stays this request's whatever becomes of the call. Only successes are kept: a refusal changed nothing and may be
tried again with the same key (unlike Stripe, which also replays failures).
"""

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar, cast
from uuid import UUID, uuid5

from flask import Response, g, make_response, request
from sqlalchemy.orm import Session

from foundation.api.reading import body_of, strict_json
from foundation.api.refusals import KeyInUse, KeyMissing, KeyReused, NotJson
from foundation.faults import fault_point
from foundation.idempotency import LONGEST_KEY, Go, OtherRequest, Replay, Running, claim, finish, finish_within, release
from foundation.principal import Principal, current_principal

View = TypeVar("View", bound=Callable[..., Any])
HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
_KEY = re.compile(rf"[\x21-\x7e]{{1,{LONGEST_KEY}}}")
_NAMESPACE = UUID("7d0d2a0e-5f5c-5d0c-9b43-7a0d4be2a6c1")
_SUCCESSES = range(200, 300)


@dataclass(frozen=True, slots=True)
class Claimed:
    """The key this request holds."""

    scope: str
    key: str
    lease: Go
    request_hash: str

    @property
    def name(self) -> UUID:
        """An id that every try of this request computes again, and no other request with the key, however late."""
        return uuid5(_NAMESPACE, f"{self.scope}\n{self.key}\n{self.request_hash}")


def once(view: View) -> View:
    """Run a view once per Idempotency-Key of a party; answer again what it answered.

    The view raises KeyMissing, KeyInUse, KeyReused.
    """

    @wraps(view)
    def at_most_once(*args: Any, **kwargs: Any) -> Response:  # noqa: ANN401 - a view takes what its route gives
        key = request.headers.get(HEADER, "")
        if _KEY.fullmatch(key) is None:
            raise KeyMissing
        scope = _scope(current_principal())
        asked = _request_hash()
        match claim(scope, key, asked):
            case Replay(status, content_type, body):
                answer = Response(body, status=status, content_type=content_type)
                answer.headers[REPLAYED] = "true"
                return answer
            case Running():
                raise KeyInUse
            case OtherRequest():
                raise KeyReused
            case Go() as lease:
                fault_point("idempotency.claimed")
                g.claimed = Claimed(scope, key, lease, asked)
        return _first(g.claimed, view, args, kwargs)

    at_most_once.takes_key = True  # type: ignore[attr-defined]
    return cast("View", at_most_once)


def claimed() -> Claimed:
    """The key of this request; only inside a view marked with `once`."""
    return cast("Claimed", g.claimed)


def effect_begun() -> None:
    """Say that rows of this request are committed and a call follows: if it fails, no other request gets the key."""
    g.effect_begun = True


def kept(session: Session, answer: Response) -> Response:
    """Store the answer in the transaction that made it true. Raises KeyInUse when another try has taken over."""
    own = claimed()
    if not finish_within(session, own.scope, own.key, own.lease, _as_replay(answer)):
        raise KeyInUse
    g.answer_kept = True
    return answer


def _first(own: Claimed, view: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Response:
    g.answer_kept = g.effect_begun = False
    try:
        answer = make_response(view(*args, **kwargs))
    except BaseException:
        release(own.scope, own.key, own.lease, begun=g.effect_begun)
        raise
    if answer.status_code not in _SUCCESSES:
        release(own.scope, own.key, own.lease, begun=g.effect_begun)
    elif not g.answer_kept:
        finish(own.scope, own.key, answer.status_code, str(answer.content_type), answer.get_data())
    return answer


def _as_replay(answer: Response) -> Replay:
    return Replay(answer.status_code, str(answer.content_type), answer.get_data())


def _scope(principal: Principal | None) -> str:
    """Keys belong to the token's party; those of vendor tokens, who act for nobody, to the token."""
    if principal is None:
        raise KeyMissing
    return f"party:{principal.party_id}" if principal.party_id else f"token:{principal.token_id}"


def _request_hash() -> str:
    """Method, path, query and body; a body that means the same is the same."""
    if request.get_data(cache=True) and not request.is_json:
        raise NotJson
    body = json.dumps(strict_json(body_of(request)), sort_keys=True)
    asked = "\n".join((request.method, request.path, request.query_string.decode("latin-1"), body))
    return hashlib.sha256(asked.encode("utf-8", "surrogatepass")).hexdigest()
