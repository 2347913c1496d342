"""Every table of the first stories."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "bank_lines",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_iban", sa.Text(), nullable=False),
        sa.Column("bank_reference", sa.Text(), nullable=True),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("occurrence", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("booked_on", sa.Date(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("remittance", sa.Text(), nullable=False),
        sa.Column("end_to_end_id", sa.Text(), nullable=True),
        sa.Column("debtor_name", sa.Text(), nullable=True),
        sa.Column("debtor_iban", sa.Text(), nullable=True),
        sa.Column("debtor_hash", sa.Text(), nullable=True),
        sa.Column("returns_id", sa.Uuid(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["returns_id"], ["bank_lines.id"], name=op.f("fk_bank_lines_returns_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_lines")),
        sa.UniqueConstraint("fingerprint", "occurrence", name=op.f("uq_bank_lines_fingerprint_occurrence")),
    )
    op.create_index("ix_bank_lines_state", "bank_lines", ["state", "id"], unique=False)
    op.create_index(
        "uq_bank_lines_reference",
        "bank_lines",
        ["account_iban", "bank_reference"],
        unique=True,
        postgresql_where=sa.text("bank_reference IS NOT NULL"),
    )
    op.create_table(
        "clock_shift",
        sa.Column("only", sa.Boolean(), nullable=False),
        sa.Column("shift", sa.Interval(), nullable=False),
        sa.PrimaryKeyConstraint("only", name=op.f("pk_clock_shift")),
    )
    op.create_table(
        "due_rows",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("retry_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_due_rows")),
        sa.UniqueConstraint("rule", "subject_id", "period", name=op.f("uq_due_rows_rule_subject_id_period")),
    )
    op.create_index(
        "ix_due_rows_open",
        "due_rows",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("done_at IS NULL AND cancelled_at IS NULL"),
    )
    op.create_table(
        "events",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column(
            "transaction_id",
            sa.BigInteger(),
            server_default=sa.text("(pg_current_xact_id()::text::bigint)"),
            nullable=False,
        ),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=True),
        sa.Column("subject_kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("actor_user_id", sa.Uuid(), nullable=True),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
    )
    op.create_index("ix_events_order", "events", ["transaction_id", "id"], unique=False)
    op.create_index("ix_events_party", "events", ["party_id", "id"], unique=False)
    op.create_index("ix_events_subject", "events", ["subject_kind", "subject_id", "id"], unique=False)
    op.create_table(
        "grants",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("cause_kind", sa.Text(), nullable=False),
        sa.Column("cause_id", sa.Uuid(), nullable=False),
        sa.Column("ordinal", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grants")),
        sa.UniqueConstraint("cause_kind", "cause_id", "ordinal", name=op.f("uq_grants_cause_kind_cause_id_ordinal")),
    )
    op.create_table(
        "idempotency_keys",
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("request_hash", sa.Text(), nullable=False),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.BigInteger(), nullable=True),
        sa.Column("content_type", sa.Text(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("scope", "key", name=op.f("pk_idempotency_keys")),
    )
    op.create_table(
        "inbox_letters",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("handled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("verdict", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox_letters")),
        sa.UniqueConstraint("source", "external_id", name=op.f("uq_inbox_letters_source_external_id")),
    )
    op.create_index(
        "ix_inbox_letters_open",
        "inbox_letters",
        ["received_at"],
        unique=False,
        postgresql_where=sa.text("handled_at IS NULL"),
    )
    op.create_table(
        "job_failures",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("job_id", sa.BigInteger(), nullable=False),
        sa.Column("task_name", sa.Text(), nullable=False),
        sa.Column("attempt", sa.BigInteger(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("final", sa.Boolean(), nullable=False),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_failures")),
    )
    op.create_index("ix_job_failures_job", "job_failures", ["job_id", "id"], unique=False)
    op.create_table(
        "ledger_accounts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_accounts")),
        sa.UniqueConstraint(
            "kind", "unit", "owner_id", "label", name=op.f("uq_ledger_accounts_kind_unit_owner_id_label")
        ),
    )
    op.create_table(
        "mails",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("context", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=True),
        sa.Column("queued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mails")),
        sa.UniqueConstraint("cause", name=op.f("uq_mails_cause")),
    )
    op.create_index(op.f("ix_mails_party_id"), "mails", ["party_id"], unique=False)
    op.create_table(
        "order_counters",
        sa.Column("year", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("year", name=op.f("pk_order_counters")),
    )
    op.create_table(
        "parties",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sort_name", sa.Text(), nullable=False),
        sa.Column("vat_number", sa.Text(), nullable=True),
        sa.Column("tax_code", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("pec", sa.Text(), nullable=True),
        sa.Column("sdi_code", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("address", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("external_ref", sa.Text(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('STUDIO', 'COMPANY', 'INVITEE', 'VENDOR')", name=op.f("ck_parties_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_parties")),
    )
    op.create_index("ix_parties_sort_name", "parties", ["kind", "sort_name", "id"], unique=False)
    op.create_index("uq_parties_external_ref", "parties", ["external_ref"], unique=True)
    op.create_index(
        "uq_parties_studio_tax_code", "parties", ["tax_code"], unique=True, postgresql_where=sa.text("kind = 'STUDIO'")
    )
    op.create_table(
        "price_books",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("valid_from_on", sa.Date(), nullable=False),
        sa.Column("source_sha256", sa.Text(), nullable=False),
        sa.Column("header", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("vat_rates", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_price_books")),
        sa.UniqueConstraint("version", name=op.f("uq_price_books_version")),
    )
    op.create_index("ix_price_books_in_force", "price_books", ["valid_from_on", "version"], unique=False)
    op.create_table(
        "stripe_payouts",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("arrived_on", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rows", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("difference_cents", sa.BigInteger(), nullable=True),
        sa.Column("read_started_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stripe_payouts")),
    )
    op.create_index("ix_stripe_payouts_status", "stripe_payouts", ["status"], unique=False)
    op.create_table(
        "throttle_counters",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("window_ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_throttle_counters")),
    )
    op.create_table(
        "used_deep_links",
        sa.Column("nonce_hash", sa.Text(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("nonce_hash", name=op.f("pk_used_deep_links")),
    )
    op.create_table(
        "users",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("email_confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("link_version", sa.BigInteger(), nullable=False),
        sa.Column("link_sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("totp_version", sa.BigInteger(), nullable=False),
        sa.Column("totp_confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("totp_last_step", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("email", name=op.f("uq_users_email")),
    )
    op.create_table(
        "activations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("tax_code", sa.Text(), nullable=False),
        sa.Column("coupon_type", sa.Text(), nullable=True),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("licence_year", sa.BigInteger(), nullable=False),
        sa.Column("self_purchase", sa.Boolean(), nullable=False),
        sa.Column("cause_kind", sa.Text(), nullable=False),
        sa.Column("cause_id", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["party_id"], ["parties.id"], name=op.f("fk_activations_party_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activations")),
        sa.UniqueConstraint("cause_kind", "cause_id", name=op.f("uq_activations_cause_kind_cause_id")),
    )
    op.create_index("ix_activations_tax_code", "activations", ["tax_code"], unique=False)
    op.create_table(
        "api_tokens",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=True),
        sa.Column("created_by_user_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "role IN ('studio', 'company', 'finance', 'support', 'admin', 'product')", name=op.f("ck_api_tokens_role")
        ),
        sa.ForeignKeyConstraint(["created_by_user_id"], ["users.id"], name=op.f("fk_api_tokens_created_by_user_id")),
        sa.ForeignKeyConstraint(["party_id"], ["parties.id"], name=op.f("fk_api_tokens_party_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_tokens")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_api_tokens_token_hash")),
    )
    op.create_index("ix_api_tokens_party_id", "api_tokens", ["party_id"], unique=False)
    op.create_table(
        "carts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state IN ('OPEN', 'ORDERED', 'MERGED')", name=op.f("ck_carts_state")),
        sa.ForeignKeyConstraint(["party_id"], ["parties.id"], name=op.f("fk_carts_party_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_carts")),
    )
    op.create_index(
        "uq_carts_open_party",
        "carts",
        ["party_id"],
        unique=True,
        postgresql_where=sa.text("state = 'OPEN' AND party_id IS NOT NULL"),
    )
    op.create_table(
        "catalogue_products",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("price_book_id", sa.Uuid(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("definition", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["price_book_id"], ["price_books.id"], name=op.f("fk_catalogue_products_price_book_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalogue_products")),
        sa.UniqueConstraint("price_book_id", "sku", name=op.f("uq_catalogue_products_price_book_id_sku")),
    )
    op.create_table(
        "companies",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tax_code", sa.Text(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("profile", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("requested_by_party_id", sa.Uuid(), nullable=False),
        sa.Column("requested_on", sa.Date(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ready_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rejected_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rejection", sa.Text(), nullable=True),
        sa.Column("remote_id", sa.Text(), nullable=True),
        sa.Column("support_code", sa.Text(), nullable=False),
        sa.Column("locale", sa.Text(), server_default="it", nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("state <> 'READY' OR remote_id IS NOT NULL", name=op.f("ck_companies_ready_has_remote_id")),
        sa.CheckConstraint("state IN ('PROVISIONING', 'READY', 'REJECTED')", name=op.f("ck_companies_state")),
        sa.ForeignKeyConstraint(["id"], ["parties.id"], name=op.f("fk_companies_id")),
        sa.ForeignKeyConstraint(
            ["requested_by_party_id"], ["parties.id"], name=op.f("fk_companies_requested_by_party_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_companies")),
    )
    op.create_index("ix_companies_requested_by", "companies", ["requested_by_party_id", "id"], unique=False)
    op.create_index("ix_companies_support_code", "companies", ["support_code"], unique=False)
    op.create_index(
        "uq_companies_live_tax_code",
        "companies",
        ["tax_code"],
        unique=True,
        postgresql_where=sa.text("state <> 'REJECTED'"),
    )
    op.create_table(
        "coupon_packs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_party_id", sa.Uuid(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("names", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("coupon_type", sa.Text(), nullable=False),
        sa.Column("gives", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("net_cents", sa.BigInteger(), nullable=False),
        sa.Column("price_book_version", sa.BigInteger(), nullable=False),
        sa.Column("activate_by_on", sa.Date(), nullable=True),
        sa.Column("cause_kind", sa.Text(), nullable=False),
        sa.Column("cause_id", sa.Uuid(), nullable=False),
        sa.Column("minted_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_coupon_packs_quantity_positive")),
        sa.ForeignKeyConstraint(["owner_party_id"], ["parties.id"], name=op.f("fk_coupon_packs_owner_party_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coupon_packs")),
        sa.UniqueConstraint("cause_kind", "cause_id", name=op.f("uq_coupon_packs_cause_kind_cause_id")),
    )
    op.create_index(op.f("ix_coupon_packs_owner_party_id"), "coupon_packs", ["owner_party_id"], unique=False)
    op.create_table(
        "event_seals",
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("fk_event_seals_event_id")),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_event_seals")),
        sa.UniqueConstraint("event_id", name=op.f("uq_event_seals_event_id")),
    )
    op.create_table(
        "ledger_transfers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("debit_account_id", sa.Uuid(), nullable=False),
        sa.Column("credit_account_id", sa.Uuid(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("cause_kind", sa.Text(), nullable=False),
        sa.Column("cause_id", sa.Uuid(), nullable=False),
        sa.Column("ordinal", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_ledger_transfers_amount_positive")),
        sa.CheckConstraint("debit_account_id <> credit_account_id", name=op.f("ck_ledger_transfers_two_accounts")),
        sa.ForeignKeyConstraint(
            ["credit_account_id"], ["ledger_accounts.id"], name=op.f("fk_ledger_transfers_credit_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["debit_account_id"], ["ledger_accounts.id"], name=op.f("fk_ledger_transfers_debit_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_transfers")),
        sa.UniqueConstraint(
            "cause_kind", "cause_id", "ordinal", name=op.f("uq_ledger_transfers_cause_kind_cause_id_ordinal")
        ),
    )
    op.create_index("ix_ledger_transfers_credit", "ledger_transfers", ["credit_account_id", "at"], unique=False)
    op.create_index("ix_ledger_transfers_debit", "ledger_transfers", ["debit_account_id", "at"], unique=False)
    op.create_table(
        "licences",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("family", sa.Text(), nullable=False),
        sa.Column("product", sa.Text(), nullable=False),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.Column("access_mode", sa.Text(), nullable=False),
        sa.Column("limits", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("suspended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("suspended_by_case", sa.Uuid(), nullable=True),
        sa.Column("cause_kind", sa.Text(), nullable=False),
        sa.Column("cause_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("access_mode IN ('FULL', 'READ_ONLY')", name=op.f("ck_licences_access_mode")),
        sa.ForeignKeyConstraint(["party_id"], ["parties.id"], name=op.f("fk_licences_party_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_licences")),
        sa.UniqueConstraint("cause_kind", "cause_id", name=op.f("uq_licences_cause_kind_cause_id")),
    )
    op.create_index("ix_licences_party_id", "licences", ["party_id"], unique=False)
    op.create_table(
        "memberships",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("invited_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "role IN ('owner', 'staff', 'member', 'finance', 'support', 'admin')", name=op.f("ck_memberships_role")
        ),
        sa.ForeignKeyConstraint(["party_id"], ["parties.id"], name=op.f("fk_memberships_party_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_memberships_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_memberships")),
        sa.UniqueConstraint("user_id", "party_id", name=op.f("uq_memberships_user_id_party_id")),
    )
    op.create_index("ix_memberships_party_id", "memberships", ["party_id"], unique=False)
    op.create_table(
        "orders",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("rf_reference", sa.Text(), nullable=False),
        sa.Column("cart_id", sa.Uuid(), nullable=True),
        sa.Column("buyer_party_id", sa.Uuid(), nullable=False),
        sa.Column("placed_by_user_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("payment_method", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("net_cents", sa.BigInteger(), nullable=False),
        sa.Column("vat_cents", sa.BigInteger(), nullable=False),
        sa.Column("gross_cents", sa.BigInteger(), nullable=False),
        sa.Column("quote", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("price_book_version", sa.BigInteger(), nullable=False),
        sa.Column("billing", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("purchase_order_ref", sa.Text(), nullable=False),
        sa.Column("contact_email", sa.Text(), nullable=False),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fulfil_not_before", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fulfilled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("payment_method IN ('stripe', 'bank_transfer')", name=op.f("ck_orders_payment_method")),
        sa.CheckConstraint(
            "state IN ('AWAITING_PAYMENT','PAID','ON_HOLD','FULFILLED','CANCELLED','EXPIRED','NEEDS_REQUOTE')",
            name=op.f("ck_orders_state"),
        ),
        sa.CheckConstraint("net_cents + vat_cents = gross_cents", name=op.f("ck_orders_totals")),
        sa.ForeignKeyConstraint(["buyer_party_id"], ["parties.id"], name=op.f("fk_orders_buyer_party_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders")),
        sa.UniqueConstraint("cart_id", name=op.f("uq_orders_cart_id")),
        sa.UniqueConstraint("number", name=op.f("uq_orders_number")),
        sa.UniqueConstraint("rf_reference", name=op.f("uq_orders_rf_reference")),
    )
    op.create_index("ix_orders_buyer", "orders", ["buyer_party_id", "id"], unique=False)
    op.create_index("ix_orders_state", "orders", ["state", "id"], unique=False)
    op.create_table(
        "store_credits",
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("balance_cents", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("balance_cents >= 0", name=op.f("ck_store_credits_balance_not_negative")),
        sa.ForeignKeyConstraint(["party_id"], ["parties.id"], name=op.f("fk_store_credits_party_id")),
        sa.PrimaryKeyConstraint("party_id", name=op.f("pk_store_credits")),
    )
    op.create_table(
        "stripe_customers",
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["party_id"], ["parties.id"], name=op.f("fk_stripe_customers_party_id")),
        sa.PrimaryKeyConstraint("party_id", name=op.f("pk_stripe_customers")),
        sa.UniqueConstraint("customer_id", name=op.f("uq_stripe_customers_customer_id")),
    )
    op.create_table(
        "studio_links",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("studio_id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("linked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("unlinked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("blocked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("nickname", sa.Text(), nullable=True),
        sa.Column("permissions", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("cause_kind", sa.Text(), nullable=False),
        sa.Column("cause_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["parties.id"], name=op.f("fk_studio_links_company_id")),
        sa.ForeignKeyConstraint(["studio_id"], ["parties.id"], name=op.f("fk_studio_links_studio_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_studio_links")),
    )
    op.create_index("ix_studio_links_company_id", "studio_links", ["company_id"], unique=False)
    op.create_index(
        "uq_studio_links_live",
        "studio_links",
        ["studio_id", "company_id"],
        unique=True,
        postgresql_where=sa.text("unlinked_at IS NULL"),
    )
    op.create_table(
        "wallet_buckets",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("holder_party_id", sa.Uuid(), nullable=False),
        sa.Column("meter", sa.Text(), nullable=False),
        sa.Column("funding", sa.Text(), nullable=False),
        sa.Column("granted", sa.BigInteger(), nullable=False),
        sa.Column("balance", sa.BigInteger(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("cause_kind", sa.Text(), nullable=False),
        sa.Column("cause_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("funding IN ('PAID', 'BONUS')", name=op.f("ck_wallet_buckets_funding")),
        sa.CheckConstraint("meter IN ('documents', 'credit_cents', 'credits')", name=op.f("ck_wallet_buckets_meter")),
        sa.CheckConstraint("balance >= 0", name=op.f("ck_wallet_buckets_balance_not_negative")),
        sa.CheckConstraint("granted > 0", name=op.f("ck_wallet_buckets_granted_positive")),
        sa.ForeignKeyConstraint(["holder_party_id"], ["parties.id"], name=op.f("fk_wallet_buckets_holder_party_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wallet_buckets")),
        sa.UniqueConstraint("cause_kind", "cause_id", name=op.f("uq_wallet_buckets_cause_kind_cause_id")),
    )
    op.create_index("ix_wallet_buckets_holder", "wallet_buckets", ["holder_party_id", "meter", "ends_on"], unique=False)
    op.create_table(
        "cart_lines",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("cart_id", sa.Uuid(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("for_party_id", sa.Uuid(), nullable=True),
        sa.Column("seen_net_cents", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("quantity BETWEEN 1 AND 100000", name=op.f("ck_cart_lines_quantity")),
        sa.ForeignKeyConstraint(["cart_id"], ["carts.id"], name=op.f("fk_cart_lines_cart_id")),
        sa.ForeignKeyConstraint(["for_party_id"], ["parties.id"], name=op.f("fk_cart_lines_for_party_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cart_lines")),
        sa.UniqueConstraint(
            "cart_id",
            "sku",
            "for_party_id",
            name=op.f("uq_cart_lines_cart_id_sku_for_party_id"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_table(
        "consumptions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("meter", sa.Text(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_consumptions_quantity_positive")),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_consumptions_company_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consumptions")),
        sa.UniqueConstraint(
            "company_id", "meter", "reference", name=op.f("uq_consumptions_company_id_meter_reference")
        ),
    )
    op.create_table(
        "coupons",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("pack_id", sa.Uuid(), nullable=False),
        sa.Column("owner_party_id", sa.Uuid(), nullable=False),
        sa.Column("coupon_type", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("ordinal", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("net_cents", sa.BigInteger(), nullable=False),
        sa.Column("activate_by_on", sa.Date(), nullable=True),
        sa.Column("held_by_case", sa.Uuid(), nullable=True),
        sa.Column("minted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state IN ('AVAILABLE', 'ACTIVATING', 'ASSIGNED', 'ACTIVE', 'VOIDED', 'EXPIRED')",
            name=op.f("ck_coupons_state"),
        ),
        sa.ForeignKeyConstraint(["owner_party_id"], ["parties.id"], name=op.f("fk_coupons_owner_party_id")),
        sa.ForeignKeyConstraint(["pack_id"], ["coupon_packs.id"], name=op.f("fk_coupons_pack_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coupons")),
        sa.UniqueConstraint("code", name=op.f("uq_coupons_code")),
        sa.UniqueConstraint("pack_id", "ordinal", name=op.f("uq_coupons_pack_id_ordinal")),
    )
    op.create_index("ix_coupons_stock", "coupons", ["owner_party_id", "state", "id"], unique=False)
    op.create_table(
        "finance_decisions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("subject_kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=True),
        sa.Column("party_id", sa.Uuid(), nullable=True),
        sa.Column("booked_on", sa.Date(), nullable=True),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("four_eyes", sa.Boolean(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by_user_id", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by_user_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("(state = 'WAITING') = (decided_at IS NULL)", name=op.f("ck_finance_decisions_decided")),
        sa.CheckConstraint(
            "kind IN ('confirm_by_hand', 'send_back', 'store_credit')", name=op.f("ck_finance_decisions_kind")
        ),
        sa.CheckConstraint("state IN ('WAITING', 'APPROVED', 'DECLINED')", name=op.f("ck_finance_decisions_state")),
        sa.CheckConstraint("amount_cents > 0", name=op.f("ck_finance_decisions_amount_positive")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_finance_decisions_order_id")),
        sa.ForeignKeyConstraint(["party_id"], ["parties.id"], name=op.f("fk_finance_decisions_party_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finance_decisions")),
    )
    op.create_index("ix_finance_decisions_subject", "finance_decisions", ["subject_id", "id"], unique=False)
    op.create_index(
        "uq_finance_decisions_waiting",
        "finance_decisions",
        ["kind", "subject_id"],
        unique=True,
        postgresql_where=sa.text("state = 'WAITING'"),
    )
    op.create_table(
        "finance_tasks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject_kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=True),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolved_by_user_id", sa.Uuid(), nullable=True),
        sa.Column("resolution", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_finance_tasks_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finance_tasks")),
    )
    op.create_index("ix_finance_tasks_open", "finance_tasks", ["resolved_at", "id"], unique=False)
    op.create_index(
        "uq_finance_tasks_open",
        "finance_tasks",
        ["kind", "subject_id"],
        unique=True,
        postgresql_where=sa.text("resolved_at IS NULL"),
    )
    op.create_table(
        "licence_terms",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("licence_id", sa.Uuid(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("anchor_on", sa.Date(), nullable=False),
        sa.Column("net_cents", sa.BigInteger(), nullable=False),
        sa.Column("price_book_version", sa.BigInteger(), nullable=False),
        sa.Column("cause_kind", sa.Text(), nullable=False),
        sa.Column("cause_id", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("ends_on > starts_on", name=op.f("ck_licence_terms_not_empty")),
        sa.ForeignKeyConstraint(["licence_id"], ["licences.id"], name=op.f("fk_licence_terms_licence_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_licence_terms")),
        sa.UniqueConstraint("cause_kind", "cause_id", name=op.f("uq_licence_terms_cause_kind_cause_id")),
    )
    op.create_index("ix_licence_terms_licence", "licence_terms", ["licence_id", "ends_on"], unique=False)
    op.create_table(
        "order_lines",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("names", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("for_party_id", sa.Uuid(), nullable=False),
        sa.Column("unit_net_cents", sa.BigInteger(), nullable=False),
        sa.Column("net_cents", sa.BigInteger(), nullable=False),
        sa.Column("vat_cents", sa.BigInteger(), nullable=False),
        sa.Column("vat_code", sa.Text(), nullable=False),
        sa.Column("gives", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_order_lines_quantity_positive")),
        sa.ForeignKeyConstraint(["for_party_id"], ["parties.id"], name=op.f("fk_order_lines_for_party_id")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_order_lines_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_lines")),
        sa.UniqueConstraint("order_id", "position", name=op.f("uq_order_lines_order_id_position")),
    )
    op.create_table(
        "payer_periods",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("payer_party_id", sa.Uuid(), nullable=False),
        sa.Column("payer", sa.Text(), nullable=False),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cause_kind", sa.Text(), nullable=False),
        sa.Column("cause_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("payer IN ('STUDIO', 'COMPANY')", name=op.f("ck_payer_periods_payer")),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_payer_periods_company_id")),
        sa.ForeignKeyConstraint(["payer_party_id"], ["parties.id"], name=op.f("fk_payer_periods_payer_party_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payer_periods")),
        sa.UniqueConstraint("cause_kind", "cause_id", name=op.f("uq_payer_periods_cause_kind_cause_id")),
        sa.UniqueConstraint("company_id", "from_at", name=op.f("uq_payer_periods_company_id_from_at")),
    )
    op.create_table(
        "payment_attempts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("parameters", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("session_id", sa.Text(), nullable=True),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("payment_intent_id", sa.Text(), nullable=True),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("debit_refused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("awaiting_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("read_started_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_payment_attempts_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_attempts")),
        sa.UniqueConstraint("order_id", "number", name=op.f("uq_payment_attempts_order_id_number")),
        sa.UniqueConstraint("session_id", name=op.f("uq_payment_attempts_session_id")),
    )
    op.create_index(
        op.f("ix_payment_attempts_payment_intent_id"), "payment_attempts", ["payment_intent_id"], unique=False
    )
    op.create_index(
        "uq_payment_attempts_open",
        "payment_attempts",
        ["order_id"],
        unique=True,
        postgresql_where=sa.text(
            "paid_at IS NULL AND debit_refused_at IS NULL AND cancelled_at IS NULL AND expired_at IS NULL"
        ),
    )
    op.create_table(
        "provisioning_calls",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_provisioning_calls_company_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provisioning_calls")),
    )
    op.create_index("ix_provisioning_calls_company_id", "provisioning_calls", ["company_id", "id"], unique=False)
    op.create_table(
        "provisioning_requests",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("last_outcome", sa.Text(), nullable=True),
        sa.Column("last_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("operation", sa.Text(), nullable=True),
        sa.Column("contradiction", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "state IN ('PENDING','ACCEPTED','UNKNOWN','DONE','REFUSED','GIVEN_UP')",
            name=op.f("ck_provisioning_requests_state"),
        ),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_provisioning_requests_company_id")),
        sa.PrimaryKeyConstraint("company_id", name=op.f("pk_provisioning_requests")),
    )
    op.create_index(
        "ix_provisioning_requests_contradicted",
        "provisioning_requests",
        ["company_id"],
        unique=False,
        postgresql_where=sa.text("contradiction IS NOT NULL"),
    )
    op.create_index("ix_provisioning_requests_state", "provisioning_requests", ["state", "company_id"], unique=False)
    op.create_table(
        "refund_requests",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("charge_id", sa.Text(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("requested_by_user_id", sa.Uuid(), nullable=True),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("refund_id", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_refund_requests_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refund_requests")),
        sa.UniqueConstraint("refund_id", name=op.f("uq_refund_requests_refund_id")),
    )
    op.create_index(op.f("ix_refund_requests_order_id"), "refund_requests", ["order_id"], unique=False)
    op.create_table(
        "stripe_charges",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("payment_intent_id", sa.Text(), nullable=True),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("refunded_cents", sa.BigInteger(), nullable=False),
        sa.Column("fee_cents", sa.BigInteger(), nullable=True),
        sa.Column("net_cents", sa.BigInteger(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("read_started_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_stripe_charges_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stripe_charges")),
    )
    op.create_index(op.f("ix_stripe_charges_order_id"), "stripe_charges", ["order_id"], unique=False)
    op.create_index(op.f("ix_stripe_charges_payment_intent_id"), "stripe_charges", ["payment_intent_id"], unique=False)
    op.create_table(
        "stripe_disputes",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("charge_id", sa.Text(), nullable=True),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("read_started_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_stripe_disputes_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stripe_disputes")),
    )
    op.create_index(op.f("ix_stripe_disputes_charge_id"), "stripe_disputes", ["charge_id"], unique=False)
    op.create_index(op.f("ix_stripe_disputes_order_id"), "stripe_disputes", ["order_id"], unique=False)
    op.create_table(
        "stripe_refunds",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("charge_id", sa.Text(), nullable=True),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("read_started_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_stripe_refunds_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stripe_refunds")),
    )
    op.create_index(op.f("ix_stripe_refunds_charge_id"), "stripe_refunds", ["charge_id"], unique=False)
    op.create_index(op.f("ix_stripe_refunds_order_id"), "stripe_refunds", ["order_id"], unique=False)
    op.create_table(
        "terms_acceptances",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("clause", sa.Text(), nullable=False),
        sa.Column("text_version", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_terms_acceptances_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_terms_acceptances")),
        sa.UniqueConstraint("order_id", "clause", name=op.f("uq_terms_acceptances_order_id_clause")),
    )
    op.create_table(
        "web_sessions",
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("membership_id", sa.Uuid(), nullable=True),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("second_factor_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["membership_id"], ["memberships.id"], name=op.f("fk_web_sessions_membership_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_web_sessions_user_id")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_web_sessions")),
    )
    op.create_index("ix_web_sessions_expires_at", "web_sessions", ["expires_at"], unique=False)
    op.create_index(
        "ix_web_sessions_user",
        "web_sessions",
        ["user_id"],
        unique=False,
        postgresql_where=sa.text("user_id IS NOT NULL"),
    )
    op.create_table(
        "activation_drafts",
        sa.Column("coupon_id", sa.Uuid(), nullable=False),
        sa.Column("fields", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["coupon_id"], ["coupons.id"], name=op.f("fk_activation_drafts_coupon_id")),
        sa.PrimaryKeyConstraint("coupon_id", name=op.f("pk_activation_drafts")),
    )
    op.create_table(
        "coupon_assignments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("coupon_id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("assigned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("assigned_by_user_id", sa.Uuid(), nullable=True),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_coupon_assignments_company_id")),
        sa.ForeignKeyConstraint(["coupon_id"], ["coupons.id"], name=op.f("fk_coupon_assignments_coupon_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coupon_assignments")),
    )
    op.create_index("ix_coupon_assignments_company_id", "coupon_assignments", ["company_id"], unique=False)
    op.create_index(
        "uq_coupon_assignments_live",
        "coupon_assignments",
        ["coupon_id"],
        unique=True,
        postgresql_where=sa.text("released_at IS NULL"),
    )
    op.create_table(
        "payments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempt_id", sa.Uuid(), nullable=True),
        sa.Column("bank_line_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("amount_cents >= 0", name=op.f("ck_payments_amount_not_negative")),
        sa.ForeignKeyConstraint(["attempt_id"], ["payment_attempts.id"], name=op.f("fk_payments_attempt_id")),
        sa.ForeignKeyConstraint(["bank_line_id"], ["bank_lines.id"], name=op.f("fk_payments_bank_line_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payments")),
        sa.UniqueConstraint("source", "external_id", name=op.f("uq_payments_source_external_id")),
    )
    op.create_table(
        "payment_allocations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("ordinal", sa.BigInteger(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("allocated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("allocated_by_user_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_payment_allocations_order_id")),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.id"], name=op.f("fk_payment_allocations_payment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_allocations")),
        sa.UniqueConstraint(
            "payment_id", "order_id", "ordinal", name=op.f("uq_payment_allocations_payment_id_order_id_ordinal")
        ),
    )
    op.create_index("ix_payment_allocations_order_id", "payment_allocations", ["order_id"], unique=False)
    op.create_table(
        "payment_disposals",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=True),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("disposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("disposed_by_user_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("kind IN ('STORE_CREDIT', 'RETURNED', 'REVERSED')", name=op.f("ck_payment_disposals_kind")),
        sa.CheckConstraint("amount_cents <> 0", name=op.f("ck_payment_disposals_amount_not_zero")),
        sa.ForeignKeyConstraint(["party_id"], ["parties.id"], name=op.f("fk_payment_disposals_party_id")),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.id"], name=op.f("fk_payment_disposals_payment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_disposals")),
    )
    op.create_index("ix_payment_disposals_payment_id", "payment_disposals", ["payment_id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_payment_disposals_payment_id", table_name="payment_disposals")
    op.drop_table("payment_disposals")
    op.drop_index("ix_payment_allocations_order_id", table_name="payment_allocations")
    op.drop_table("payment_allocations")
    op.drop_table("payments")
    op.drop_index(
        "uq_coupon_assignments_live", table_name="coupon_assignments", postgresql_where=sa.text("released_at IS NULL")
    )
    op.drop_index("ix_coupon_assignments_company_id", table_name="coupon_assignments")
    op.drop_table("coupon_assignments")
    op.drop_table("activation_drafts")
    op.drop_index("ix_web_sessions_user", table_name="web_sessions", postgresql_where=sa.text("user_id IS NOT NULL"))
    op.drop_index("ix_web_sessions_expires_at", table_name="web_sessions")
    op.drop_table("web_sessions")
    op.drop_table("terms_acceptances")
    op.drop_index(op.f("ix_stripe_refunds_order_id"), table_name="stripe_refunds")
    op.drop_index(op.f("ix_stripe_refunds_charge_id"), table_name="stripe_refunds")
    op.drop_table("stripe_refunds")
    op.drop_index(op.f("ix_stripe_disputes_order_id"), table_name="stripe_disputes")
    op.drop_index(op.f("ix_stripe_disputes_charge_id"), table_name="stripe_disputes")
    op.drop_table("stripe_disputes")
    op.drop_index(op.f("ix_stripe_charges_payment_intent_id"), table_name="stripe_charges")
    op.drop_index(op.f("ix_stripe_charges_order_id"), table_name="stripe_charges")
    op.drop_table("stripe_charges")
    op.drop_index(op.f("ix_refund_requests_order_id"), table_name="refund_requests")
    op.drop_table("refund_requests")
    op.drop_index("ix_provisioning_requests_state", table_name="provisioning_requests")
    op.drop_index(
        "ix_provisioning_requests_contradicted",
        table_name="provisioning_requests",
        postgresql_where=sa.text("contradiction IS NOT NULL"),
    )
    op.drop_table("provisioning_requests")
    op.drop_index("ix_provisioning_calls_company_id", table_name="provisioning_calls")
    op.drop_table("provisioning_calls")
    op.drop_index(
        "uq_payment_attempts_open",
        table_name="payment_attempts",
        postgresql_where=sa.text(
            "paid_at IS NULL AND debit_refused_at IS NULL AND cancelled_at IS NULL AND expired_at IS NULL"
        ),
    )
    op.drop_index(op.f("ix_payment_attempts_payment_intent_id"), table_name="payment_attempts")
    op.drop_table("payment_attempts")
    op.drop_table("payer_periods")
    op.drop_table("order_lines")
    op.drop_index("ix_licence_terms_licence", table_name="licence_terms")
    op.drop_table("licence_terms")
    op.drop_index("uq_finance_tasks_open", table_name="finance_tasks", postgresql_where=sa.text("resolved_at IS NULL"))
    op.drop_index("ix_finance_tasks_open", table_name="finance_tasks")
    op.drop_table("finance_tasks")
    op.drop_index(
        "uq_finance_decisions_waiting", table_name="finance_decisions", postgresql_where=sa.text("state = 'WAITING'")
    )
    op.drop_index("ix_finance_decisions_subject", table_name="finance_decisions")
    op.drop_table("finance_decisions")
    op.drop_index("ix_coupons_stock", table_name="coupons")
    op.drop_table("coupons")
    op.drop_table("consumptions")
    op.drop_table("cart_lines")
    op.drop_index("ix_wallet_buckets_holder", table_name="wallet_buckets")
    op.drop_table("wallet_buckets")
    op.drop_index("uq_studio_links_live", table_name="studio_links", postgresql_where=sa.text("unlinked_at IS NULL"))
    op.drop_index("ix_studio_links_company_id", table_name="studio_links")
    op.drop_table("studio_links")
    op.drop_table("stripe_customers")
    op.drop_table("store_credits")
    op.drop_index("ix_orders_state", table_name="orders")
    op.drop_index("ix_orders_buyer", table_name="orders")
    op.drop_table("orders")
    op.drop_index("ix_memberships_party_id", table_name="memberships")
    op.drop_table("memberships")
    op.drop_index("ix_licences_party_id", table_name="licences")
    op.drop_table("licences")
    op.drop_index("ix_ledger_transfers_debit", table_name="ledger_transfers")
    op.drop_index("ix_ledger_transfers_credit", table_name="ledger_transfers")
    op.drop_table("ledger_transfers")
    op.drop_table("event_seals")
    op.drop_index(op.f("ix_coupon_packs_owner_party_id"), table_name="coupon_packs")
    op.drop_table("coupon_packs")
    op.drop_index("uq_companies_live_tax_code", table_name="companies", postgresql_where=sa.text("state <> 'REJECTED'"))
    op.drop_index("ix_companies_support_code", table_name="companies")
    op.drop_index("ix_companies_requested_by", table_name="companies")
    op.drop_table("companies")
    op.drop_table("catalogue_products")
    op.drop_index(
        "uq_carts_open_party", table_name="carts", postgresql_where=sa.text("state = 'OPEN' AND party_id IS NOT NULL")
    )
    op.drop_table("carts")
    op.drop_index("ix_api_tokens_party_id", table_name="api_tokens")
    op.drop_table("api_tokens")
    op.drop_index("ix_activations_tax_code", table_name="activations")
    op.drop_table("activations")
    op.drop_table("users")
    op.drop_table("used_deep_links")
    op.drop_table("throttle_counters")
    op.drop_index("ix_stripe_payouts_status", table_name="stripe_payouts")
    op.drop_table("stripe_payouts")
    op.drop_index("ix_price_books_in_force", table_name="price_books")
    op.drop_table("price_books")
    op.drop_index("uq_parties_studio_tax_code", table_name="parties", postgresql_where=sa.text("kind = 'STUDIO'"))
    op.drop_index("uq_parties_external_ref", table_name="parties")
    op.drop_index("ix_parties_sort_name", table_name="parties")
    op.drop_table("parties")
    op.drop_table("order_counters")
    op.drop_index(op.f("ix_mails_party_id"), table_name="mails")
    op.drop_table("mails")
    op.drop_table("ledger_accounts")
    op.drop_index("ix_job_failures_job", table_name="job_failures")
    op.drop_table("job_failures")
    op.drop_index("ix_inbox_letters_open", table_name="inbox_letters", postgresql_where=sa.text("handled_at IS NULL"))
    op.drop_table("inbox_letters")
    op.drop_table("idempotency_keys")
    op.drop_table("grants")
    op.drop_index("ix_events_subject", table_name="events")
    op.drop_index("ix_events_party", table_name="events")
    op.drop_index("ix_events_order", table_name="events")
    op.drop_table("events")
    op.drop_index(
        "ix_due_rows_open", table_name="due_rows", postgresql_where=sa.text("done_at IS NULL AND cancelled_at IS NULL")
    )
    op.drop_table("due_rows")
    op.drop_table("clock_shift")
    op.drop_index(
        "uq_bank_lines_reference", table_name="bank_lines", postgresql_where=sa.text("bank_reference IS NOT NULL")
    )
    op.drop_index("ix_bank_lines_state", table_name="bank_lines")
    op.drop_table("bank_lines")
