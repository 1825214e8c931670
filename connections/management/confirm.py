"""Asking the person at the terminal, before something that cannot be undone."""

import sys

from django.core.management.base import CommandError


def confirm(word: str, question: str) -> None:
    """Go on only if exactly this word is typed. Raises `CommandError`, also where nobody sits at a terminal."""
    if not sys.stdin.isatty():
        raise CommandError("Nobody is at a terminal to confirm it: add --yes.")
    if input(f"{question} ({word}): ").strip() != word:
        raise CommandError("Nothing was done.")
