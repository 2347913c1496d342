"""The rights office's part of the API: coupons, companies, links, contracts, entitlements, usage."""

from flask import Flask

from entitlements.web.api import companies_api, contracts_api, coupons_api, entitlements_api, links_api
from entitlements.web.api.problems import TYPES
from foundation.api import add_area, explain

__all__ = ["install"]


def install(app: Flask) -> None:
    """Add the rights office's areas."""
    explain(app, TYPES)
    for area in (coupons_api.area, companies_api.area, contracts_api.area, links_api.area, entitlements_api.area):
        add_area(app, area)
