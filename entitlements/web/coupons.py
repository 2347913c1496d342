"""/coupon: the studio's stock, filtered, a page at a time, and as a file for a spreadsheet (F003-11)."""

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, render_template, url_for

from entitlements.activation import state_for_use
from entitlements.coupons.coupon_states import COUPON_STATES
from entitlements.coupons.shelves import (
    EXPIRY_WINDOWS,
    StockFilter,
    count_by_state,
    count_of,
    shelf_of,
    types_of,
    whole_shelf,
)
from entitlements.web.coupon_export import as_csv
from entitlements.web.reading import PAGE, STUDIO, choice_arg, id_arg, studio, text_arg
from foundation import clock
from foundation.access import requires
from foundation.database import transaction

blueprint = Blueprint("coupons", __name__)

ALL = "all"
SOON_DAYS = 30
_TABS = ("AVAILABLE", "ACTIVATING", "ASSIGNED", "ACTIVE", "EXPIRED", "VOIDED")


@blueprint.get("/coupon")
@requires(*STUDIO)
def stock() -> str:
    """The stock, by state, type, expiry and part of a code."""
    _principal, studio_id = studio()
    asked = _asked()
    after = id_arg("after")
    with transaction() as session:
        counts = count_by_state(session, studio_id)
        types = types_of(session, studio_id)
        rows = shelf_of(session, studio_id, _filter(asked), after, PAGE + 1)
        total = count_of(session, studio_id, _filter(asked))
    return render_template(
        "entitlements/coupons.html",
        asked=asked,
        counts=counts,
        tabs_shown=_tabs(counts),
        types=types,
        rows=rows[:PAGE],
        total=total,
        next_url=_url(asked, after=rows[PAGE - 1].coupon.id) if len(rows) > PAGE else "",
        previous_url=_url(asked) if after else "",
        today=clock.today(),
        soon_days=SOON_DAYS,
        usable_state=state_for_use,
    )


@blueprint.get("/coupon.csv")
@requires(*STUDIO)
def export() -> Response:
    """What the filter shows, for a spreadsheet in Italian."""
    _principal, studio_id = studio()
    with transaction() as session:
        rows = whole_shelf(session, studio_id, _filter(_asked()))
    name = f"coupon-{clock.today().isoformat()}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(as_csv(rows), headers=headers, content_type="text/csv; charset=utf-8")


def _asked() -> dict[str, str]:
    return {
        "state": choice_arg("state", (*COUPON_STATES, ALL), "AVAILABLE"),
        "type": text_arg("type", 40),
        "q": text_arg("q", 40),
        "expiry": choice_arg("expiry", (*EXPIRY_WINDOWS, "never")),
    }


def _filter(asked: dict[str, str]) -> StockFilter:
    state = None if asked["state"] == ALL else asked["state"]
    return StockFilter(state, asked["type"] or None, asked["q"], asked["expiry"])


def _url(asked: dict[str, str], endpoint: str = "coupons.stock", **more: str | UUID) -> str:
    kept: dict[str, Any] = {name: value for name, value in asked.items() if value}
    return url_for(endpoint, **(kept | more))


def _tabs(counts: dict[str, int]) -> list[tuple[str, int]]:
    """The states a person can look at; assigned coupons have a tab once there are any."""
    shown = [(state, counts.get(state, 0)) for state in _TABS if state != "ASSIGNED" or counts.get(state)]
    return [*shown, (ALL, sum(counts.values()))]
