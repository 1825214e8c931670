"""Archive the oldest events of the audit log out of the database."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from connections.actors import command_actor
from connections.audit.fields import FilterError, moment
from connections.audit.filters import Field
from connections.audit.ledger import NotRecorded
from connections.management.confirm import confirm
from connections.retention.archive import Limits, NotArchived, archive, finish


class Command(BaseCommand):
    """Without a limit it only deletes what an archiving that was interrupted has left."""

    help = (
        "Write the oldest events as a bundle that verifies offline, and delete them, with a signed tombstone in their "
        "place. What is on legal hold and revocations that are not finished stay, and all that is younger."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        limit = parser.add_mutually_exclusive_group()
        limit.add_argument(
            "--before", default="", metavar="DAY", help="as much as can go of what is older than this day"
        )
        limit.add_argument("--through", type=int, metavar="SEQ", help="up to exactly this event")
        parser.add_argument("--output", type=Path, metavar="DIR", help="a folder, which gets one for each archive")
        parser.add_argument("--note", default="", help="why, for the audit log")
        parser.add_argument("--dry-run", action="store_true", help="only say what would go")
        parser.add_argument("--yes", action="store_true", help="do not ask")

    def handle(self, *, before: str, through: int | None, output: Path | None, **options: Any) -> None:
        try:
            if not before and through is None:
                self.stdout.write(f"Deleted {finish()} events that were archived and still there.")
                return
            limits = Limits(through=through, before=moment(Field.SINCE, before) if before else None)
            self._archive(limits, output, **options)
        except (FilterError, NotArchived, NotRecorded) as problem:
            raise CommandError(str(problem)) from problem

    def _archive(self, limits: Limits, output: Path | None, *, note: str, dry_run: bool, yes: bool, **_: Any) -> None:
        found = limits.boundary()
        self.stdout.write(f"Events {found.first} to {found.last} can be archived.")
        for why in found.why:
            self.stdout.write(f"  No more: {why}.")
        if dry_run:
            return
        if output is None:
            raise CommandError("--output is needed: where the archive is to be written.")
        if not yes:
            confirm(str(found.last), "They are deleted from the database. Type the number of the last one")
        made = archive(output, Limits(through=found.last), actor=command_actor("audit_archive"), note=note)
        self.stdout.write(f"Archived events {made.first} to {made.last} in {output / made.folder}.")
