"""Have the audit log signed now."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from connections.actors import command_actor
from connections.audit.checkpoints import NotCheckpointed, checkpoint
from connections.audit.events import Event, EventType
from connections.audit.ledger import NotRecorded, append


class Command(BaseCommand):
    """
    The event that somebody asked for it comes first, so that the checkpoint covers it.

    The worker's own checkpoints leave no event: each would be news for the next.
    """

    help = "Sign the audit log as it is now, and print the checkpoint."
    requires_system_checks: list[str] = []

    def handle(self, **_: Any) -> None:
        try:
            append(Event(type=EventType.AUDIT_CHECKPOINTED, actor=command_actor("audit_checkpoint")))
            made = checkpoint()
        except (NotCheckpointed, NotRecorded) as problem:
            raise CommandError(str(problem)) from problem
        self.stdout.write(made.note, ending="")
