"""Handovers of payer and studio, the directory, referrals, connected accounts."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

MOMENT = sa.DateTime(timezone=True)
OPEN = sa.text("state = 'OPEN'")
PROPOSAL_STATE = "state IN ('OPEN', 'ACCEPTED', 'DECLINED', 'WITHDRAWN', 'EXPIRED')"

LINK_CHECKS = {
    "blocked_is_unlinked": "blocked_at IS NULL OR unlinked_at IS NOT NULL",
    "unblocked_was_blocked": "unblocked_at IS NULL OR blocked_at IS NOT NULL",
}

# In the order in which they can be dropped.
TABLES = (
    "invoicing_companies",
    "invoicing_accounts",
    "connection_attempts",
    "referrals",
    "studio_profiles",
    "studio_moves",
    "payer_handovers",
    "link_requests",
)


def upgrade() -> None:
    op.add_column("parties", sa.Column("registered_at", MOMENT))
    op.create_index(
        "uq_parties_registered_company",
        "parties",
        ["tax_code"],
        unique=True,
        postgresql_where=sa.text("kind = 'COMPANY' AND registered_at IS NOT NULL"),
    )
    op.create_index("ix_parties_tax_code", "parties", ["tax_code"])
    op.create_index("ix_parties_vat_number", "parties", ["vat_number"])
    op.add_column("parties", sa.Column("referral_code", sa.Text()))
    op.create_index("uq_parties_referral_code", "parties", ["referral_code"], unique=True)
    op.add_column("studio_links", sa.Column("unblocked_at", MOMENT))
    op.create_index(
        "uq_studio_links_blocked",
        "studio_links",
        ["studio_id", "company_id"],
        unique=True,
        postgresql_where=sa.text("blocked_at IS NOT NULL AND unblocked_at IS NULL"),
    )
    for name, promise in LINK_CHECKS.items():
        op.create_check_constraint(name, "studio_links", promise)
    op.create_index("ix_payer_periods_payer_party_id", "payer_periods", ["payer_party_id"])
    _link_requests()
    _payer_handovers()
    _studio_moves()
    _studio_profiles()
    _referrals()
    _invoicing()


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
    op.drop_index("ix_payer_periods_payer_party_id", "payer_periods")
    for name in LINK_CHECKS:
        op.drop_constraint(op.f(f"ck_studio_links_{name}"), "studio_links")
    op.drop_index("uq_studio_links_blocked", "studio_links")
    op.drop_column("studio_links", "unblocked_at")
    op.drop_index("ix_parties_vat_number", "parties")
    op.drop_index("ix_parties_tax_code", "parties")
    op.drop_index("uq_parties_referral_code", "parties")
    op.drop_column("parties", "referral_code")
    op.drop_index("uq_parties_registered_company", "parties")
    op.drop_column("parties", "registered_at")


def _proposal() -> list[sa.Column]:
    """What every proposal has."""
    return [
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("asked_by_party_id", sa.Uuid(), sa.ForeignKey("parties.id"), nullable=False),
        sa.Column("asked_by_user_id", sa.Uuid()),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("settled_at", MOMENT),
        sa.Column("settled_by_party_id", sa.Uuid(), sa.ForeignKey("parties.id")),
        sa.Column("settled_by_user_id", sa.Uuid()),
    ]


def _checks() -> list[sa.CheckConstraint]:
    return [
        sa.CheckConstraint(PROPOSAL_STATE, name="state"),
        sa.CheckConstraint("(state = 'OPEN') = (settled_at IS NULL)", name="settled"),
    ]


def _link_requests() -> None:
    op.create_table(
        "link_requests",
        *_proposal(),
        sa.Column("asker_kind", sa.Text(), nullable=False),
        sa.Column("identifier", sa.Text(), nullable=False),
        sa.Column("asked_party_id", sa.Uuid(), sa.ForeignKey("parties.id")),
        *_checks(),
        sa.CheckConstraint("asker_kind IN ('STUDIO', 'COMPANY')", name="asker_kind"),
    )
    op.create_index(
        "uq_link_requests_open",
        "link_requests",
        ["asked_by_party_id", "identifier"],
        unique=True,
        postgresql_where=OPEN,
    )
    op.create_index("ix_link_requests_asked", "link_requests", ["asked_party_id"], postgresql_where=OPEN)
    op.create_index("ix_link_requests_identifier", "link_requests", ["identifier"], postgresql_where=OPEN)


def _payer_handovers() -> None:
    op.create_table(
        "payer_handovers",
        *_proposal(),
        sa.Column("company_id", sa.Uuid(), sa.ForeignKey("companies.id"), nullable=False),
        sa.Column("from_party_id", sa.Uuid(), sa.ForeignKey("parties.id"), nullable=False),
        sa.Column("to_party_id", sa.Uuid(), sa.ForeignKey("parties.id"), nullable=False),
        *_checks(),
        sa.CheckConstraint("from_party_id <> to_party_id", name="somebody_else"),
    )
    op.create_index("uq_payer_handovers_open", "payer_handovers", ["company_id"], unique=True, postgresql_where=OPEN)


def _studio_moves() -> None:
    op.create_table(
        "studio_moves",
        *_proposal(),
        sa.Column("company_id", sa.Uuid(), sa.ForeignKey("parties.id"), nullable=False),
        sa.Column("from_studio_id", sa.Uuid(), sa.ForeignKey("parties.id"), nullable=False),
        sa.Column("to_studio_id", sa.Uuid(), sa.ForeignKey("parties.id")),
        sa.Column("identifier", sa.Text(), nullable=False),
        sa.Column("with_payer", sa.Boolean(), nullable=False),
        sa.Column("company_must_agree", sa.Boolean(), nullable=False),
        sa.Column("company_agreed_at", MOMENT),
        sa.Column("from_agreed_at", MOMENT),
        sa.Column("to_agreed_at", MOMENT),
        *_checks(),
        sa.CheckConstraint("from_studio_id <> to_studio_id", name="another_studio"),
    )
    op.create_index(
        "uq_studio_moves_open",
        "studio_moves",
        ["company_id", "from_studio_id"],
        unique=True,
        postgresql_where=OPEN,
    )
    op.create_index("ix_studio_moves_to", "studio_moves", ["to_studio_id"], postgresql_where=OPEN)


def _studio_profiles() -> None:
    op.create_table(
        "studio_profiles",
        sa.Column("studio_id", sa.Uuid(), sa.ForeignKey("parties.id"), primary_key=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("search_name", sa.Text(), nullable=False),
        sa.Column("search_place", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
    )
    op.create_index("ix_studio_profiles_listed", "studio_profiles", ["active", "search_name", "studio_id"])


def _referrals() -> None:
    op.create_table(
        "referrals",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("referrer_party_id", sa.Uuid(), sa.ForeignKey("parties.id"), nullable=False),
        sa.Column("referred_party_id", sa.Uuid(), sa.ForeignKey("parties.id"), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("refusal", sa.Text()),
        sa.Column("email_key", sa.Text(), nullable=False),
        sa.Column("used_at", MOMENT, nullable=False),
        sa.Column("settled_at", MOMENT),
        sa.CheckConstraint("state IN ('CODE_USED', 'CREDITED', 'REFUSED')", name="state"),
        sa.CheckConstraint("referrer_party_id <> referred_party_id", name="somebody_else"),
        sa.CheckConstraint("(state = 'REFUSED') = (refusal IS NOT NULL)", name="refusal"),
        sa.UniqueConstraint("referred_party_id"),
    )
    op.create_index("ix_referrals_referrer", "referrals", ["referrer_party_id", "id"])
    op.create_index(
        "uq_referrals_email_key",
        "referrals",
        ["email_key"],
        unique=True,
        postgresql_where=sa.text("state = 'CREDITED'"),
    )


def _invoicing() -> None:
    op.create_table(
        "connection_attempts",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("state_hash", sa.Text(), nullable=False),
        sa.Column("party_id", sa.Uuid(), sa.ForeignKey("parties.id"), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("sealed_verifier", sa.Text(), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT),
        sa.UniqueConstraint("state_hash"),
    )
    op.create_table(
        "invoicing_accounts",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("party_id", sa.Uuid(), sa.ForeignKey("parties.id"), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("sealed_access", sa.Text()),
        sa.Column("sealed_refresh", sa.Text()),
        sa.Column("access_until", MOMENT, nullable=False),
        sa.Column("connected_at", MOMENT, nullable=False),
        sa.Column("read_at", MOMENT),
        sa.Column("revoked_at", MOMENT),
        sa.CheckConstraint("state IN ('CONNECTED', 'REVOKING', 'REVOKED')", name="state"),
        sa.CheckConstraint("(state = 'REVOKED') = (sealed_refresh IS NULL)", name="tokens_gone"),
    )
    op.create_index(
        "uq_invoicing_accounts_live",
        "invoicing_accounts",
        ["party_id"],
        unique=True,
        postgresql_where=sa.text("state = 'CONNECTED'"),
    )
    op.create_table(
        "invoicing_companies",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("account_id", sa.Uuid(), sa.ForeignKey("invoicing_accounts.id"), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("search_name", sa.Text(), nullable=False),
        sa.Column("vat_number", sa.Text()),
        sa.UniqueConstraint("account_id", "external_id"),
    )
