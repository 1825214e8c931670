"""Export the audit log, or a selection of it, as a bundle that verifies offline."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from connections.actors import command_actor
from connections.audit.export import NotExported, export
from connections.audit.filters import Field, FilterError, Filters
from connections.audit.ledger import NotRecorded

_FILTERS = [field.value for field in Field if field is not Field.WORD]


class Command(BaseCommand):
    """The export is recorded first, as done by a command in the name of the operating system's user."""

    help = "Write the audit log as JSON Lines with a manifest to a new or empty folder."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--output", type=Path, metavar="DIR", required=True)
        for name in _FILTERS:
            parser.add_argument(f"--{name}", default="")

    def handle(self, *, output: Path, **options: Any) -> None:
        try:
            filters = Filters.of(**{name: options[name] for name in _FILTERS})
            manifest = export(output, filters, actor=command_actor("audit_export"))
        except (FilterError, NotExported, NotRecorded) as problem:
            raise CommandError(str(problem)) from problem
        self.stdout.write(f"Exported {manifest.count} events to {output}.")
