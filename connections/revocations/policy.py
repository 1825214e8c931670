"""
The tiers of a revocation: what each needs beyond a reason and a ticket.

| Tier | When | Needs |
|---|---|---|
| 0 | one pair | reason and ticket |
| 1 | a user's connections, or a user as a whole, up to 5 | signed in again within 10 minutes, confirmed by typing |
| 2 | a vehicle for all users; a user with more than 5; reason legal or fraud | and a second person |
| 3 | bulk of 100 or more | and two further people |

The version is recorded in each intent, so that a reader knows which rules were applied.
"""

from dataclasses import dataclass

from connections.models import ScopeKind
from connections.revocations.reasons import Reason

VERSION = "2026-11-21"
USER_CONNECTIONS_OF_TIER_1 = 5
_APPROVALS_OF_TIER = (0, 0, 1, 2)
_REASONS_FOR_TWO = {Reason.FRAUD, Reason.LEGAL_ORDER}


@dataclass(frozen=True, slots=True)
class Requirement:
    """What must have happened before this may be sent."""

    tier: int

    @property
    def approvals(self) -> int:
        """How many further people."""
        return _APPROVALS_OF_TIER[self.tier]

    @property
    def confirmation(self) -> bool:
        """Signing in again and typing what is meant."""
        return self.tier > 0


def requirement(*, scope: ScopeKind, connections: int, reason: Reason) -> Requirement:
    """The tier for this scope, this many connections and this reason."""
    if reason in _REASONS_FOR_TWO or scope is ScopeKind.VEHICLE:
        return Requirement(tier=2)
    if scope is ScopeKind.PAIR:
        return Requirement(tier=0)
    if connections <= USER_CONNECTIONS_OF_TIER_1:
        return Requirement(tier=1)
    return Requirement(tier=2)
