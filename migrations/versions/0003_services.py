"""Services that run: base services with their terms, add-ons, lots of seats."""

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
