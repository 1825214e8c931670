"""Export the audit log, or a selection of it, as a bundle that verifies offline."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from connections.actors import command_actor
from connections.audit.export import Format, NotExported, export
from connections.audit.filters import Field, FilterError, Filters
from connections.audit.ledger import NotRecorded

_FILTERS = [field.value for field in Field if field is not Field.WORD]


class Command(BaseCommand):
    """The export is recorded first, as done by a command in the name of the operating system's user."""

    help = "Write the audit log to a new or empty folder: as a bundle that verifies offline, as CSV, or as OCSF."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--output", type=Path, metavar="DIR", required=True)
        parser.add_argument("--format", choices=[each.value for each in Format], default=Format.NATIVE.value)
        for name in _FILTERS:
            parser.add_argument(f"--{name}", default="")

    def handle(self, *, output: Path, format: str, **options: Any) -> None:  # noqa: A002 - the name of the option
        try:
            filters = Filters.of(**{name: options[name] for name in _FILTERS})
            made = export(output, filters, actor=command_actor("audit_export"), form=Format(format))
        except (FilterError, NotExported, NotRecorded) as problem:
            raise CommandError(str(problem)) from problem
        self.stdout.write(f"Exported {made.count} events to {output}.")
