"""A verification that somebody asked for on the page: how far it is, and what it found. The worker does it."""

from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.core.cache import cache

from connections.audit.events import Actor, Event, EventType, Found, Outcome, Status, Target, TargetKind
from connections.audit.ledger import append, tail
from connections.audit.publish import LATEST
from connections.audit.verifier.verify import Verdict, Verification
from connections.audit.verify import verify_database

_KEY = "audit-verification"
_KEPT_SECONDS = 24 * 3600
_SECOND = timedelta(seconds=1)
_LONGEST_SILENCE = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Run:
    """Where it stands; `sentence` and `verdict` once it has ended."""

    at: datetime
    done: int = 0
    total: int = 0
    sentence: str = ""
    verdict: str = ""

    @property
    def is_over(self) -> bool:
        return bool(self.verdict)

    @property
    def is_lost(self) -> bool:
        """Nothing was heard of it for so long that its worker must have ended, or none is there."""
        return not self.is_over and datetime.now(UTC) - self.at > _LONGEST_SILENCE

    @property
    def is_under_way(self) -> bool:
        return not self.is_over and not self.is_lost


def standing() -> Run | None:
    """The newest run; it is forgotten after a day, its event is not."""
    kept = cache.get(_KEY)
    return Run(**kept) if kept else None


def ask() -> bool:
    """Make a note that one is wanted; false if one is under way, which serves as well."""
    run = standing()
    if run and run.is_under_way:
        return False
    _keep(Run(at=datetime.now(UTC)))
    return True


def carry_out(*, actor: Actor, request_id: UUID) -> Verification:
    """Verify the log and the published checkpoints, and record who had it done and what was found."""
    run = Run(at=datetime.now(UTC), total=tail()[0])
    _keep(run)

    def progress(seq: int) -> None:
        nonlocal run
        now = datetime.now(UTC)
        if now - run.at >= _SECOND:
            run = replace(run, at=now, done=seq)
            _keep(run)

    found = verify_database(checkpoints=own_checkpoints(), progress=progress)
    _keep(
        replace(
            run,
            at=datetime.now(UTC),
            done=run.total,
            sentence=found.sentence,
            verdict=found.verdict.name.lower(),
        )
    )
    append(_verified(found, actor, request_id))
    return found


def own_checkpoints() -> Path | None:
    """The folder in which this log's checkpoints are published, once there is one."""
    folder = Path(settings.AUDIT_CHECKPOINT_DIR)
    return folder if (folder / LATEST).exists() else None


def _verified(found: Verification, actor: Actor, request_id: UUID) -> Event:
    is_intact = found.verdict is Verdict.INTACT
    return Event(
        type=EventType.AUDIT_VERIFIED,
        actor=actor,
        target=Target(kind=TargetKind.AUDIT),
        outcome=Outcome(
            status=Status.SUCCESS if is_intact else Status.FAILED, alarm=None if is_intact else found.sentence
        ),
        found=Found(query={"verdict": found.verdict.name.lower(), "said": found.sentence}),
        request=request_id,
    )


def _keep(run: Run) -> None:
    cache.set(_KEY, asdict(run), _KEPT_SECONDS)
