"""Work that waits: the queue delivers it, operations remember it, so that a lost queue loses nothing."""

import threading
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.contrib.sessions.models import Session
from django.db.models import Q
from django_tasks import TaskResultStatus, task
from django_tasks_db.models import DBTaskResult

from connections.audit import export_run
from connections.audit.events import Actor, ActorKind
from connections.audit.verification_run import carry_out
from connections.models import Staff
from connections.revocations import preview
from connections.revocations.take_up import due_operations, take_up

stopping = threading.Event()
"""Set when this process was told to stop: what it has in hand it ends, and what comes after that it leaves."""
LONG = "long"
"""The queue of what takes minutes, which no revocation may wait for: the worker does it in a thread of its own."""
_KEPT = timedelta(days=1)
_PREVIEWS_KEPT = timedelta(days=30)
_SESSIONS_KEPT = timedelta(days=7)


@task()
def take_up_operation(operation_id: str) -> None:
    """Bring one due operation a step further."""
    take_up(UUID(operation_id), is_told_to_stop=stopping.is_set)


@task(queue_name=LONG)
def verify_log(staff_id: int, request_id: str) -> None:
    """In the name of who asked for it, as far as they are known without their session."""
    staff = Staff.objects.get(pk=staff_id)
    actor = Actor(kind=ActorKind.STAFF, id=str(staff.pk), name=staff.display_name(), roles=staff.role_names())
    carry_out(actor=actor, request_id=UUID(request_id))


def sweep() -> int:
    """Put every due operation that is not queued back into the queue; says how many."""
    due = due_operations(datetime.now(UTC))
    queued = _queued()
    missing = [each for each in due if str(each) not in queued]
    for operation_id in missing:
        take_up_operation.enqueue(str(operation_id))
    return len(missing)


def forget_old_results() -> None:
    """Results say nothing that operations do not; one that still runs after a day died with its worker."""
    before = datetime.now(UTC) - _KEPT
    ended = Q(finished_at__lt=before) | Q(status=TaskResultStatus.RUNNING, started_at__lt=before)
    DBTaskResult.objects.filter(ended).delete()


def forget_old_previews() -> None:
    """An operation whose row was lost is made again with the help of its preview, so they are kept for a while."""
    preview.forget_old_previews(datetime.now(UTC) - _PREVIEWS_KEPT)


def forget_old_sessions() -> None:
    """Each visit that begins a sign-in leaves a row, whoever comes. A clock that was ahead for a while ends none."""
    Session.objects.filter(expire_date__lt=datetime.now(UTC) - _SESSIONS_KEPT).delete()


def forget_old_exports() -> None:
    """What somebody searched for stays in the log alone, where it can be erased."""
    export_run.forget_old_exports()


def _queued() -> set[str]:
    """Ids that wait for a worker. Those being worked are leased, so they are not due."""
    waiting = DBTaskResult.objects.filter(status=TaskResultStatus.READY, task_path=take_up_operation.module_path)
    return {str(kept["args"][0]) for kept in waiting.values_list("args_kwargs", flat=True)}
