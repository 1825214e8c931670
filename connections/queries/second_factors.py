"""What somebody can show at sign-in beside their password."""

from dataclasses import dataclass
from datetime import UTC, datetime

from allauth.mfa.models import Authenticator
from django.urls import reverse
from django.utils.translation import gettext, ngettext

from connections import times
from connections.models import Staff
from connections.sign_in import recovery_codes


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
        kinds = [gettext("authenticator app")] if self.app else []
        if count := len(self.passkeys):
            kinds.append(ngettext("%(count)s passkey", "%(count)s passkeys", count) % {"count": count})
        if self.codes:
            codes = ngettext("%(count)s recovery code", "%(count)s recovery codes", self.codes)
            kinds.append(codes % {"count": self.codes})
        return ", ".join(kinds) or gettext("none")


def factors_of(staff: Staff) -> Factors:
    """Reads names and dates, never a secret."""
    # In memory where a page of people was read with theirs.
    rows = sorted(staff.authenticator_set.all(), key=lambda row: row.pk)  # type: ignore[attr-defined]  # allauth's
    by_type = {row.type: row for row in rows}
    app = by_type.get(Authenticator.Type.TOTP)
    codes = by_type.get(Authenticator.Type.RECOVERY_CODES)
    return Factors(
        app=_factor(app, gettext("Authenticator app"), reverse("mfa_deactivate_totp")) if app else None,
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
        used=times.relative(row.last_used_at, now) if row.last_used_at else gettext("never"),
        remove_url=remove_url,
    )
