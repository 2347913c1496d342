"""The invoicing service over HTTP: the page where people consent, the tokens, the companies."""

from urllib.parse import urlencode

from flask import Blueprint, Flask, Response, jsonify, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from sandbox.invoicing.consents import CLIENT_ID, COMPANIES, Consents, Refused

_POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'"
_ASKED = ("client_id", "redirect_uri", "state", "code_challenge")

Answer = str | AnyResponse | tuple[str, int] | tuple[Response, int]


def build(consents: Consents) -> Flask:
    """Return the WSGI application that gives these consents."""
    app = Flask("sandbox.invoicing")
    app.register_blueprint(_consent_pages(consents))
    app.register_blueprint(_programs(consents))

    @app.errorhandler(Refused)
    def refuse(problem: Refused) -> Answer:
        return jsonify({"error": str(problem)}), 400

    @app.after_request
    def guard(response: Response) -> Response:
        response.headers.setdefault("Content-Security-Policy", _POLICY)
        response.headers.setdefault("Referrer-Policy", "no-referrer")
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Cache-Control"] = "no-store"
        return response

    return app


def _consent_pages(consents: Consents) -> Blueprint:
    """What a person sees."""
    pages = Blueprint("pages", __name__)

    @pages.get("/oauth/authorize")
    def ask() -> Answer:
        asked = {name: request.args.get(name, "") for name in _ASKED}
        if not _is_sound(consents, asked, request.args.get("code_challenge_method", "")):
            return render_template("refused.html"), 400
        return render_template("consent.html", asked=asked, companies=COMPANIES)

    @pages.post("/oauth/authorize")
    def decide() -> Answer:
        asked = {name: request.form.get(name, "") for name in _ASKED}
        if not _is_sound(consents, asked, "S256"):
            return render_template("refused.html"), 400
        told = {"state": asked["state"]}
        if request.form.get("answer") == "allow":
            told["code"] = consents.give_code(asked["code_challenge"], asked["redirect_uri"])
        else:
            told["error"] = "access_denied"
        return redirect(f"{asked['redirect_uri']}?{urlencode(told)}", 303)

    return pages


def _programs(consents: Consents) -> Blueprint:
    """What a program asks."""
    api = Blueprint("api", __name__)

    @api.post("/oauth/token")
    def tokens() -> Answer:
        form = request.form
        consents.check_client(form.get("client_id", ""), form.get("client_secret", ""))
        if form.get("grant_type") == "refresh_token":
            return jsonify(consents.change_refresh(form.get("refresh_token", "")))
        code, verifier = form.get("code", ""), form.get("code_verifier", "")
        return jsonify(consents.change_code(code, verifier, form.get("redirect_uri", "")))

    @api.post("/oauth/revoke")
    def revoke() -> Answer:
        consents.check_client(request.form.get("client_id", ""), request.form.get("client_secret", ""))
        consents.revoke(request.form.get("token", ""))
        return jsonify({})

    @api.get("/api/companies")
    def companies() -> Answer:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not consents.is_alive(token):
            return jsonify({"error": "invalid_token"}), 401
        return jsonify({"companies": COMPANIES})

    @api.get("/healthz")
    def healthy() -> Response:
        return Response("ok", mimetype="text/plain")

    return api


def _is_sound(consents: Consents, asked: dict[str, str], method: str) -> bool:
    """Only the shop asks, only for itself, and only with PKCE."""
    proof = method == "S256" and bool(asked["code_challenge"]) and bool(asked["state"])
    return proof and asked["client_id"] == CLIENT_ID and consents.may_return_to(asked["redirect_uri"])
