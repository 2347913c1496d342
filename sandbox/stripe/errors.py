"""Refusals in the shape that Stripe gives them."""

from sandbox.stripe.jsons import Json


class ApiError(Exception):
    """A refusal of one API call, with what Stripe's error body carries.

    ``stored`` tells whether an idempotency key remembers the refusal: a request that failed
    validation has not begun, so nothing of it is kept.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        code: str | None = None,
        param: str | None = None,
        stored: bool = False,
    ) -> None:
        """Keep the parts; the kind follows from the status unless a subclass says otherwise."""
        super().__init__(message)
        self.message = message
        self.status = status
        self.code = code
        self.param = param
        self.stored = stored

    kind = "invalid_request_error"

    def body(self, request_id: str) -> Json:
        """Return the error body as Stripe sends it."""
        error: Json = {"message": self.message, "type": self.kind}
        if self.code:
            error["code"] = self.code
            error["doc_url"] = f"https://stripe.com/docs/error-codes/{self.code.replace('_', '-')}"
        if self.param:
            error["param"] = self.param
        error["request_log_url"] = f"https://dashboard.stripe.com/test/logs/{request_id}"
        return {"error": error}


class CardError(ApiError):
    """What a bank refused: the intent it refused stays, and is shown with the refusal."""

    kind = "card_error"

    def __init__(self, error: Json, intent: Json) -> None:
        """Keep what is said of the card, and the intent as it is now."""
        super().__init__(str(error["message"]), status=402, code=str(error["code"]), stored=True)
        self._shown = {**error, "payment_intent": intent}

    def body(self, request_id: str) -> Json:
        """Return the error with the intent inside."""
        return {"error": {**super().body(request_id)["error"], **self._shown}}


class IdempotencyError(ApiError):
    """A key used again with other parameters, or while its first request still runs."""

    kind = "idempotency_error"


class ServerError(ApiError):
    """A failure of the simulator, real or asked for by a test."""

    kind = "api_error"


def invalid(message: str, param: str, code: str | None = None) -> ApiError:
    """Return the refusal of one parameter's value."""
    return ApiError(message, param=param, code=code)


def not_played(param: str) -> ApiError:
    """Return the refusal of something Stripe knows and the simulator does not play.

    Accepting it silently would let the shop believe in an effect that never comes.
    """
    return ApiError(f"The simulator does not play the parameter: {param}", param=param, code="parameter_invalid")


def missing(label: str, identifier: str, param: str = "id", status: int = 404) -> ApiError:
    """Return the refusal for an identifier that names nothing."""
    return ApiError(f"No such {label}: '{identifier}'", status=status, code="resource_missing", param=param)


def conflict(message: str, code: str | None = None, param: str | None = None) -> ApiError:
    """Return a refusal that came from the state of the objects, remembered by the key."""
    return ApiError(message, code=code, param=param, stored=True)
