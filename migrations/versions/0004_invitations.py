"""Deferred-purchase invitations: what was sent, what the client typed, what became of it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"

_JSON = postgresql.JSONB(astext_type=sa.Text())
_INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _invitations()
    op.create_table(
        "invitation_drafts",
        sa.Column("invitation_id", sa.Uuid(), nullable=False),
        sa.Column("fields", _JSON, nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("saved_at", _INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["invitation_id"], ["invitations.id"], name=op.f("fk_invitation_drafts_invitation_id")),
        sa.PrimaryKeyConstraint("invitation_id", name=op.f("pk_invitation_drafts")),
    )
    _purchases()


def _invitations() -> None:
    op.create_table(
        "invitations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("studio_id", sa.Uuid(), nullable=False),
        sa.Column("sent_by_user_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("client_name", sa.Text(), nullable=False),
        sa.Column("client_email", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("studio_contact", _JSON, nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("offer", _JSON, nullable=False),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("sent_at", _INSTANT, nullable=False),
        sa.Column("expires_at", _INSTANT, nullable=False),
        sa.Column("changed_at", _INSTANT, nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=True),
        sa.Column("order_id", sa.Uuid(), nullable=True),
        sa.Column("reported", sa.Text(), nullable=False),
        sa.Column("reported_at", _INSTANT, nullable=True),
        sa.Column("asked_again_at", _INSTANT, nullable=True),
        sa.Column("code_version", sa.BigInteger(), nullable=False),
        sa.Column("code_sent_at", _INSTANT, nullable=True),
        sa.Column("forgotten_at", _INSTANT, nullable=True),
        sa.CheckConstraint(
            "state IN ('SENT', 'OPENED', 'IN_PROGRESS', 'ORDERED', 'PAID', 'CREATED', 'EXPIRED', 'REVOKED',"
            " 'DECLINED', 'BOUNCED')",
            name=op.f("ck_invitations_state"),
        ),
        sa.CheckConstraint("(order_id IS NULL) = (party_id IS NULL)", name=op.f("ck_invitations_order_has_buyer")),
        sa.ForeignKeyConstraint(["studio_id"], ["parties.id"], name=op.f("fk_invitations_studio_id")),
        sa.ForeignKeyConstraint(["party_id"], ["parties.id"], name=op.f("fk_invitations_party_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitations")),
    )
    op.create_index("ix_invitations_studio", "invitations", ["studio_id", "state", "id"])
    op.create_index("uq_invitations_order", "invitations", ["order_id"], unique=True)
    op.create_index("uq_invitations_party", "invitations", ["party_id"], unique=True)


def _purchases() -> None:
    op.create_table(
        "company_purchases",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("cause_kind", sa.Text(), nullable=False),
        sa.Column("cause_id", sa.Uuid(), nullable=False),
        sa.Column("invitation_id", sa.Uuid(), nullable=False),
        sa.Column("buyer_party_id", sa.Uuid(), nullable=False),
        sa.Column("studio_id", sa.Uuid(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("gives", _JSON, nullable=False),
        sa.Column("net_cents", sa.BigInteger(), nullable=False),
        sa.Column("price_book_version", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("problem", sa.String(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=True),
        sa.Column("held_by_case", sa.Uuid(), nullable=True),
        sa.Column("bought_at", _INSTANT, nullable=False),
        sa.Column("changed_at", _INSTANT, nullable=False),
        sa.CheckConstraint(
            "state IN ('WAITING', 'CREATING', 'DONE', 'VOIDED')", name=op.f("ck_company_purchases_state")
        ),
        sa.CheckConstraint(
            "problem IN ('', 'INCOMPLETE', 'TAKEN', 'REFUSED')", name=op.f("ck_company_purchases_problem")
        ),
        sa.CheckConstraint(
            "(company_id IS NOT NULL) = (state IN ('CREATING', 'DONE'))",
            name=op.f("ck_company_purchases_has_company"),
        ),
        sa.CheckConstraint("held_by_case IS NULL OR state <> 'DONE'", name=op.f("ck_company_purchases_held")),
        sa.ForeignKeyConstraint(["invitation_id"], ["invitations.id"], name=op.f("fk_company_purchases_invitation_id")),
        sa.ForeignKeyConstraint(["buyer_party_id"], ["parties.id"], name=op.f("fk_company_purchases_buyer_party_id")),
        sa.ForeignKeyConstraint(["studio_id"], ["parties.id"], name=op.f("fk_company_purchases_studio_id")),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_company_purchases_company_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_company_purchases")),
        sa.UniqueConstraint("cause_kind", "cause_id", name=op.f("uq_company_purchases_cause_kind_cause_id")),
        sa.UniqueConstraint("invitation_id", name=op.f("uq_company_purchases_invitation_id")),
    )
    op.create_index("uq_company_purchases_company", "company_purchases", ["company_id"], unique=True)


def downgrade() -> None:
    op.drop_table("company_purchases")
    op.drop_table("invitation_drafts")
    op.drop_table("invitations")
