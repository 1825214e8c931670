"""What somebody can show at sign-in beside their password."""

from dataclasses import dataclass
from datetime import UTC, datetime

from allauth.mfa.models import Authenticator
from django.urls import reverse

from connections import recovery_codes, times
from connections.models import Staff


@dataclass(frozen=True, slots=True, kw_only=True)
class Factor:
    """One of them, every value as the page shows it."""

    name: str
    added: str
    used: str
    remove_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Factors:
    """All of one person's; `codes` is None if no recovery codes were made."""

    app: Factor | None = None
    passkeys: tuple[Factor, ...] = ()
    codes: int | None = None

    @property
    def exist(self) -> bool:
        return self.app is not None or bool(self.passkeys)

    def words(self) -> str:
        """In one line, for a page about somebody else."""
        kinds = ["authenticator app"] if self.app else []
        if count := len(self.passkeys):
            kinds.append("1 passkey" if count == 1 else f"{count} passkeys")
        if self.codes:
            kinds.append("1 recovery code" if self.codes == 1 else f"{self.codes} recovery codes")
        return ", ".join(kinds) or "none"


def factors_of(staff: Staff) -> Factors:
    """Reads names and dates, never a secret."""
    # In memory where a page of people was read with theirs.
    rows = sorted(staff.authenticator_set.all(), key=lambda row: row.pk)  # type: ignore[attr-defined]  # allauth's
    by_type = {row.type: row for row in rows}
    app = by_type.get(Authenticator.Type.TOTP)
    codes = by_type.get(Authenticator.Type.RECOVERY_CODES)
    return Factors(
        app=_factor(app, "Authenticator app", reverse("mfa_deactivate_totp")) if app else None,
        passkeys=tuple(
            _factor(row, str(row.data["name"]), reverse("mfa_remove_webauthn", args=[row.pk]))
            for row in rows
            if row.type == Authenticator.Type.WEBAUTHN
        ),
        codes=recovery_codes.left(codes) if codes else None,
    )


def _factor(row: Authenticator, name: str, remove_url: str) -> Factor:
    now = datetime.now(UTC)
    return Factor(
        name=name,
        added=times.relative(row.created_at, now),
        used=times.relative(row.last_used_at, now) if row.last_used_at else "never",
        remove_url=remove_url,
    )
