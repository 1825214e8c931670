"""Erase personal details from the audit log and what copies them; the log still verifies."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from connections.actors import command_actor
from connections.audit.fields import FilterError, moment
from connections.audit.filters import Field
from connections.audit.ledger import NotRecorded
from connections.management.confirm import confirm
from connections.retention import holds
from connections.retention.acknowledge import acknowledge as name_erased
from connections.retention.redact import NotRedacted, Prospect, Reason, Redacted, prospect, redact
from connections.retention.wanted import FIELDS, NotWanted, Wanted


class Command(BaseCommand):
    """What would go is said first, and goes after its number was typed, or with --yes."""

    help = (
        "Erase personal details: of a person (--actor, --user), of a revocation (--operation), or of a stretch of the "
        "log. Each part is recorded as audit.redacted together with its erasure. What is on legal hold stays."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--actor", default="", metavar="ID_OR_NAME", help="who did something: a member of staff")
        parser.add_argument("--user", type=UUID, metavar="USER_ID", help="one of Smartcar's users: notes and searches")
        parser.add_argument("--operation", type=UUID, metavar="ID")
        parser.add_argument("--field", action="append", default=[], choices=FIELDS, help="only this; may be repeated")
        parser.add_argument("--first", type=int, metavar="SEQ")
        parser.add_argument("--last", type=int, metavar="SEQ")
        parser.add_argument(
            "--before", default="", metavar="DAY", help="only what was recorded before this day, in UTC"
        )
        parser.add_argument("--reason", required=True, choices=[each.value for each in Reason])
        parser.add_argument("--ticket", default="", help="where it was asked for")
        parser.add_argument("--note", default="", help="why; do not name whom you forget")
        parser.add_argument("--acknowledge", action="store_true", help="only name what was erased by hand before")
        parser.add_argument("--dry-run", action="store_true", help="only say what would go")
        parser.add_argument("--yes", action="store_true", help="do not ask")

    def handle(self, *, acknowledge: bool, **options: Any) -> None:
        try:
            if acknowledge:
                self._say("Named", name_erased(**_why(**options)))
            else:
                self._redact(**options)
        except (NotWanted, FilterError, NotRedacted, NotRecorded) as problem:
            raise CommandError(str(problem)) from problem

    def _redact(self, *, dry_run: bool, yes: bool, **options: Any) -> None:
        wanted = _wanted(**options)
        found = prospect(wanted)
        self.stdout.write("\n".join(_lines(found)))
        if dry_run:
            return
        if not found.is_nothing and not yes:
            confirm(str(found.count), "This cannot be undone. Type the number of details to erase")
        self._say("Erased", redact(wanted, **_why(**options)))

    def _say(self, verb: str, done: Redacted) -> None:
        events = ", ".join(map(str, done.events))
        self.stdout.write(f"{verb} {done.count} details, recorded as event {events}.")


def _why(*, reason: str, ticket: str, note: str, **_: Any) -> dict[str, Any]:
    return {"actor": command_actor("audit_redact"), "reason": Reason(reason), "ticket": ticket, "note": note}


def _wanted(*, before: str, field: list[str], **options: Any) -> Wanted:
    named = {name: options[name] for name in ("actor", "user", "operation", "first", "last")}
    return Wanted(before=_day(before), fields=tuple(field), **named)


def _day(text: str) -> datetime | None:
    return moment(Field.SINCE, text) if text else None


def _lines(found: Prospect) -> Iterator[str]:
    span = f", of events {found.first} to {found.last}" if found.count else ""
    yield f"{found.count} details to erase{span}."
    for name, count in found.details.items():
        yield f"  {name}: {count}"
    for name, count in found.elsewhere.items():
        yield f"  {name.replace('_', ' ')}: {count}"
    if found.held:
        yield f"{found.held} details stay: {'; '.join(holds.standing())}."
    if found.archived_through:
        yield f"Events 1 to {found.archived_through} are archived: to erase in them, bring them back first."
