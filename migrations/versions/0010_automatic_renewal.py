"""Saved cards, renewal mandates with what was announced, and the one attempt per end."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"

MOMENT = sa.DateTime(timezone=True)
REASONS = (
    "'DECLINED', 'AUTHENTICATION', 'CARD_EXPIRED', 'NO_CARD', 'PRICE_ROSE', 'NOT_ORDERABLE', 'BILLING',"
    " 'TERMS_CHANGED', 'ORDER_EXISTS', 'SWITCHED_OFF', 'MOVED'"
)
NAMED = "brand IS NOT NULL AND last4 IS NOT NULL AND exp_month IS NOT NULL AND exp_year IS NOT NULL"


def upgrade() -> None:
    _saved_cards()
    _mandates()
    _attempts()


def downgrade() -> None:
    for table in ("renewal_attempts", "renewal_announcements", "renewal_mandates", "saved_cards"):
        op.drop_table(table)


def _saved_cards() -> None:
    op.create_table(
        "saved_cards",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("party_id", sa.Uuid(), sa.ForeignKey("parties.id"), nullable=False),
        sa.Column("payment_method_id", sa.Text(), nullable=False),
        sa.Column("brand", sa.Text()),
        sa.Column("last4", sa.Text()),
        sa.Column("exp_month", sa.BigInteger()),
        sa.Column("exp_year", sa.BigInteger()),
        sa.Column("set_up_at", MOMENT, nullable=False),
        sa.Column("saved_at", MOMENT, nullable=False),
        sa.Column("removed_at", MOMENT),
        sa.UniqueConstraint("payment_method_id"),
        sa.CheckConstraint(f"(removed_at IS NULL) = ({NAMED})", name="forgotten"),
        sa.CheckConstraint("last4 ~ '^[0-9]{4}$'", name="last4"),
    )
    op.create_index("ix_saved_cards_party_id", "saved_cards", ["party_id"])
    live = sa.text("removed_at IS NULL")
    op.create_index("uq_saved_cards_live", "saved_cards", ["party_id"], unique=True, postgresql_where=live)


def _mandates() -> None:
    op.create_table(
        "renewal_mandates",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("company_id", sa.Uuid(), sa.ForeignKey("companies.id"), nullable=False),
        sa.Column("payer_party_id", sa.Uuid(), sa.ForeignKey("parties.id"), nullable=False),
        sa.Column("text_version", sa.Text(), nullable=False),
        sa.Column("text_sha256", sa.Text(), nullable=False),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("terms_version", sa.Text(), nullable=False),
        sa.Column("shown_gross_cents", sa.BigInteger(), nullable=False),
        sa.Column("shown_ends_on", sa.Date(), nullable=False),
        sa.Column("consented_by_user_id", sa.Uuid()),
        sa.Column("began_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT),
        sa.Column("ended_by_user_id", sa.Uuid()),
        sa.Column("end_reason", sa.Text()),
        sa.CheckConstraint("(ended_at IS NULL) = (end_reason IS NULL)", name="ended"),
        sa.CheckConstraint("end_reason IN ('SWITCHED_OFF', 'CARD_REMOVED', 'PAYER_CHANGED')", name="end_reason"),
        sa.CheckConstraint("shown_gross_cents >= 0", name="shown"),
    )
    op.create_index("ix_renewal_mandates_payer_party_id", "renewal_mandates", ["payer_party_id"])
    live = sa.text("ended_at IS NULL")
    op.create_index("uq_renewal_mandates_live", "renewal_mandates", ["company_id"], unique=True, postgresql_where=live)
    op.create_table(
        "renewal_announcements",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("mandate_id", sa.Uuid(), sa.ForeignKey("renewal_mandates.id"), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("gross_cents", sa.BigInteger(), nullable=False),
        sa.Column("announced_at", MOMENT, nullable=False),
        sa.UniqueConstraint("mandate_id", "ends_on"),
    )


def _attempts() -> None:
    op.create_table(
        "renewal_attempts",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("mandate_id", sa.Uuid(), sa.ForeignKey("renewal_mandates.id"), nullable=False),
        sa.Column("licence_id", sa.Uuid(), sa.ForeignKey("licences.id"), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("order_id", sa.Uuid(), sa.ForeignKey("orders.id")),
        sa.Column("parameters", postgresql.JSONB(none_as_null=True)),
        sa.Column("payment_intent_id", sa.Text()),
        sa.Column("claimed_at", MOMENT, nullable=False),
        sa.Column("sent_at", MOMENT),
        sa.Column("charged_at", MOMENT),
        sa.Column("refused_at", MOMENT),
        sa.Column("reason", sa.Text()),
        sa.UniqueConstraint("licence_id", "ends_on"),
        sa.UniqueConstraint("order_id"),
        sa.UniqueConstraint("payment_intent_id"),
        sa.CheckConstraint("charged_at IS NULL OR refused_at IS NULL", name="one_outcome"),
        sa.CheckConstraint("(refused_at IS NULL) = (reason IS NULL)", name="reason_given"),
        sa.CheckConstraint(f"reason IN ({REASONS})", name="reason"),
        sa.CheckConstraint("(sent_at IS NULL) = (parameters IS NULL)", name="sent"),
        sa.CheckConstraint("sent_at IS NULL OR order_id IS NOT NULL", name="ordered"),
        sa.CheckConstraint(
            "charged_at IS NULL OR (sent_at IS NOT NULL AND payment_intent_id IS NOT NULL)", name="charged"
        ),
    )
    op.create_index("ix_renewal_attempts_mandate_id", "renewal_attempts", ["mandate_id"])
