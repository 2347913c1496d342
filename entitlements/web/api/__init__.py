"""The rights office's part of the API: coupons, companies, links, contracts, entitlements, usage, storage."""

from flask import Flask

from entitlements.web.api import companies_api, contracts_api, coupons_api, entitlements_api, links_api, storage_api
from entitlements.web.api.problems import TYPES
from foundation.api import add_area, explain

__all__ = ["install"]


def install(app: Flask) -> None:
    """Add the rights office's areas."""
    explain(app, TYPES)
    for part in (coupons_api, companies_api, contracts_api, links_api, entitlements_api, storage_api):
        add_area(app, part.area)
