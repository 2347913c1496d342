"""Pages of connections: a studio's clients and a company's studios, from both sides."""

from flask import Blueprint

from entitlements.web.connections import client_pages, company_pages, directory_pages, request_pages, unlink_pages

__all__ = ["BLUEPRINTS"]

BLUEPRINTS: tuple[Blueprint, ...] = (
    client_pages.blueprint,
    company_pages.blueprint,
    directory_pages.blueprint,
    request_pages.blueprint,
    unlink_pages.blueprint,
)
