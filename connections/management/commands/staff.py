"""`manage.py staff NAME --role ROLE …`: create or change a staff account."""

import os
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from connections.actors import command_actor
from connections.audit.ledger import NotRecorded
from connections.permissions import Role
from connections.staffing import NotChanged, employ


class Command(BaseCommand):
    help = "Create or change a staff account. The password comes from an environment variable, never from argv."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="the name to sign in with")
        parser.add_argument("--role", required=True, choices=[role.value for role in Role])
        parser.add_argument(
            "--reset-second-factor",
            action="store_true",
            help="remove it and end all sessions",
        )
        parser.add_argument("--oidc-subject", metavar="SUB", help="link to who has this `sub` at the OpenID provider")
        parser.add_argument("--password-env", metavar="VAR", help="environment variable that holds the password")

    def handle(self, *_: Any, **options: Any) -> None:
        password = _password(options["password_env"])
        try:
            done = employ(
                actor=command_actor("staff"),
                name=options["name"],
                role=Role(options["role"]),
                password=password,
                subject=options["oidc_subject"],
                resets_second_factor=options["reset_second_factor"],
            )
        except ValidationError as problem:
            raise CommandError(" ".join(problem.messages)) from problem
        except (NotChanged, NotRecorded) as problem:
            raise CommandError(f"Nothing was changed: {problem}") from problem
        verb = "Created" if done.is_new else "Changed"
        self.stdout.write(f"{verb} {done.staff.username}, role {options['role']}.")
        if not done.staff.has_usable_password() and not settings.OIDC_ISSUER:
            self.stdout.write("There is no password yet: run this again with --password-env.")


def _password(variable: str | None) -> str | None:
    if variable is None:
        return None
    password = os.environ.get(variable, "")
    if not password:
        raise CommandError(f"The environment variable {variable} is empty or not set.")
    return password
