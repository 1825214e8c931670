"""How a test with real transactions leaves the database: as the migrations made it."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db import connections

from tests.pristine import kept


class Command(BaseCommand):
    """
    Stands in for Django's own, which is how Django empties the database after such a test.

    That one empties every table, whether it holds rows or not, and makes all
    content types and permissions anew, which takes longer than most tests.
    """

    help = "Put the database of the tests back to what it was when they began."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--database", required=True)
        parser.add_argument("--noinput", action="store_false", dest="interactive")

    stealth_options = ("reset_sequences", "allow_cascade", "inhibit_post_migrate")

    def handle(self, *_args: Any, **options: Any) -> None:
        kept.put_back(connections[options["database"]])
