"""The pages of buying: catalogue, cart, checkout, orders."""

from datetime import date, datetime

from flask import Flask

from shop.web import proforma, told
from shop.web.cart import cart
from shop.web.cart_services import cart_services
from shop.web.catalogue import catalogue
from shop.web.checkout import checkout
from shop.web.formula_words import part_in_words
from shop.web.order_actions import order_actions
from shop.web.orders import orders
from shop.web.renewal_pages import renewals
from shop.web.seat_pages import seats
from shop.web.service_pages import services


def install(app: Flask) -> None:
    """Register the pages, how their refusals are told, and the reading of the instants and days of mails."""
    buying = (catalogue, cart, cart_services, checkout, orders, order_actions, proforma.blueprint)
    for pages in (*buying, services, renewals, seats):
        app.register_blueprint(pages)
    told.install(app)
    app.add_template_filter(datetime.fromisoformat, "moment")
    app.add_template_filter(date.fromisoformat, "civil_day")
    app.add_template_global(part_in_words)
