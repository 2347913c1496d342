"""Users, memberships (M1, M3), server-side sessions and API tokens: who may come in, and as whom."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from entitlements import COMPANY
from foundation.database import Identified, JsonObject, Model

# The roles under which people act; those of the table `memberships` lack `company_owner` (see `acting_role`).
ROLES = ("owner", "staff", "company_owner", "member", "finance", "support", "admin")
TOKEN_ROLES = ("studio", "company", "finance", "support", "admin", "product")


class User(Identified, Model):
    """A person. The second factor's secret is derived from the secret key and `totp_version`, never stored."""

    __tablename__ = "users"

    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    password_hash: Mapped[str | None]
    locale: Mapped[str]
    created_at: Mapped[datetime]
    email_confirmed_at: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]
    link_version: Mapped[int]
    link_sent_at: Mapped[datetime | None]
    totp_version: Mapped[int]
    totp_confirmed_at: Mapped[datetime | None]
    totp_last_step: Mapped[int | None]


class Membership(Identified, Model):
    """A user acts for a party in a role; vendor roles have the vendor's party.

    `invited_at` (real time) stands while the invitation is not accepted: until then nobody acts under it.
    """

    __tablename__ = "memberships"
    __table_args__ = (
        UniqueConstraint("user_id", "party_id"),
        CheckConstraint("role IN ('owner', 'staff', 'member', 'finance', 'support', 'admin')", name="role"),
        Index("ix_memberships_party_id", "party_id"),
    )

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    party_id: Mapped[UUID] = mapped_column(ForeignKey("parties.id"))
    role: Mapped[str]
    created_at: Mapped[datetime]
    invited_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


def acting_role(role: str, party_kind: str) -> str:
    """The role of the principal: the owner of a company is not let in where the owner of a studio is (M3)."""
    return "company_owner" if role == "owner" and party_kind == COMPANY else role


class WebSession(Model):
    """A browser's session, on the server: it can be revoked. The cookie's token is stored as a hash only."""

    __tablename__ = "web_sessions"
    __table_args__ = (
        Index("ix_web_sessions_user", "user_id", postgresql_where=text("user_id IS NOT NULL")),
        Index("ix_web_sessions_expires_at", "expires_at"),
    )

    token_hash: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    membership_id: Mapped[UUID | None] = mapped_column(ForeignKey("memberships.id"))
    data: Mapped[JsonObject]
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    second_factor_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class ApiToken(Identified, Model):
    """A bearer token for programs, per role; only its hash is stored."""

    __tablename__ = "api_tokens"
    __table_args__ = (
        CheckConstraint("role IN ('studio', 'company', 'finance', 'support', 'admin', 'product')", name="role"),
        Index("ix_api_tokens_party_id", "party_id"),
    )

    token_hash: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    role: Mapped[str]
    party_id: Mapped[UUID | None] = mapped_column(ForeignKey("parties.id"))
    created_by_user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class UsedDeepLink(Model):
    """The nonce of a deep link that was followed: a link signs in once."""

    __tablename__ = "used_deep_links"

    nonce_hash: Mapped[str] = mapped_column(primary_key=True)
    used_at: Mapped[datetime]
