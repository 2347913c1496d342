"""The finance desk: transfers in their window, money without an order, decisions in four eyes, open tasks."""

from flask import Flask

from shop.web.finance import (
    decision_pages,
    desk,
    late_refund_pages,
    lifting_pages,
    line_acts,
    line_page,
    refund_pages,
    task_pages,
    told,
    window_acts,
    words,
)

__all__ = ["install"]

BLUEPRINTS = (
    desk.blueprint,
    line_page.blueprint,
    line_acts.blueprint,
    window_acts.blueprint,
    decision_pages.blueprint,
    task_pages.blueprint,
    refund_pages.blueprint,
    late_refund_pages.blueprint,
    lifting_pages.blueprint,
)


def install(app: Flask) -> None:
    """Add the pages of the finance desk, their words and their refusals."""
    words.install(app)
    told.install(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
