from collections.abc import Callable
from typing import cast

from flask import Flask


def _url_for(app: Flask) -> Callable[..., str]:
    return cast("Callable[..., str]", app.jinja_env.globals["url_for"])


def test_templates_name_pages_and_files_as_flask_does(app: Flask) -> None:
    named = _url_for(app)
    with app.test_request_context("/"):
        for _ in range(2):
            assert named("catalogue.show") == "/catalogo"
            assert named("static", filename="look/tokens.css") == "/static/look/tokens.css"
            assert named("static", filename="look/page.css") == "/static/look/page.css"
            assert named("orders.show", number="ORD-1") == "/ordini/ORD-1"
            assert named("orders.show", number="ORD-2") == "/ordini/ORD-2"


def test_a_shop_below_a_path_has_its_own_addresses(app: Flask) -> None:
    named = _url_for(app)
    for root in ("", "/negozio", ""):
        with app.test_request_context("/", environ_overrides={"SCRIPT_NAME": root}):
            assert named("catalogue.show") == f"{root}/catalogo"
