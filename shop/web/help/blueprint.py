"""The blueprint of the help pages; importing a module of pages adds its routes."""

from flask import Blueprint

pages = Blueprint("help", __name__)
