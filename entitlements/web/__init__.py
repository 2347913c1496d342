"""The rights office's pages and API. `install` is called once by the composition root."""

from flask import Flask

from entitlements.web import (
    activation,
    activation_searches,
    activities,
    api,
    companies,
    connections,
    contract_pages,
    coupons,
    desk_activations,
    desk_contracts,
    desk_jobs,
    invitation_answers,
    invitation_form,
    invitation_landing,
    invoicing_pages,
    pack_pages,
    told,
    words,
)

__all__ = ["install"]

BLUEPRINTS = (
    coupons.blueprint,
    activation.blueprint,
    activation_searches.blueprint,
    companies.blueprint,
    *connections.BLUEPRINTS,
    contract_pages.blueprint,
    pack_pages.blueprint,
    invitation_landing.blueprint,
    invitation_form.blueprint,
    invitation_answers.blueprint,
    activities.blueprint,
    desk_activations.blueprint,
    desk_contracts.blueprint,
    desk_jobs.blueprint,
    invoicing_pages.blueprint,
)


def install(app: Flask) -> None:
    """Add pages, API and commands of the rights office to the application."""
    words.install(app)
    told.install(app)
    api.install(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
