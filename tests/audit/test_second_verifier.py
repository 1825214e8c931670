"""The verifier in docs/audit-format.md, which shares no code with ours, agrees with it."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest
from django.core.management import call_command

from connections.audit.events import Actor
from connections.audit.export import export
from connections.audit.filters import Filters
from tests.database import Owner

pytestmark = pytest.mark.django_db(transaction=True)

DOCUMENT = Path(__file__).parents[2] / "docs" / "audit-format.md"


@pytest.fixture
def bundle(tmp_path: Path, ana: Actor, revocation: Callable[[], UUID]) -> Path:
    revocation()
    revocation()
    export(tmp_path / "bundle", Filters(), actor=ana)
    return tmp_path / "bundle"


def verdict(bundle: Path) -> str:
    """What the documented verifier says; nothing when all is well."""
    program = DOCUMENT.read_text(encoding="utf-8").split("```python\n")[1].split("```")[0]
    arguments = [sys.executable, "-I", "-c", program, str(bundle)]
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == (1 if done.stderr else 0)
    return done.stderr.strip()


def test_it_finds_our_export_intact(bundle: Path) -> None:
    assert verdict(bundle) == ""


def test_it_finds_what_was_erased_without_an_event(
    tmp_path: Path, ana: Actor, revocation: Callable[[], UUID], owner_rights: Owner
) -> None:
    revocation()
    call_command("audit_redact", "--yes", last=2, field=["why.note"], reason="erasure_request")
    export(tmp_path / "named", Filters(), actor=ana)
    assert verdict(tmp_path / "named") == ""
    with owner_rights() as execute:
        execute("UPDATE audit_detail SET value = NULL, salt = NULL, redacted_at = CURRENT_TIMESTAMP WHERE seq = 3")
    export(tmp_path / "more", Filters(), actor=ana)
    assert verdict(tmp_path / "more") == "event 3: erased details and audit.redacted"


def test_it_finds_a_time_of_erasure_that_is_none(tmp_path: Path, ana: Actor, revocation: Callable[[], UUID]) -> None:
    revocation()
    call_command("audit_redact", "--yes", last=2, field=["why.note"], reason="erasure_request")
    export(tmp_path / "bundle", Filters(), actor=ana)
    events = tmp_path / "bundle" / "events.jsonl"
    text = events.read_text(encoding="utf-8")
    events.write_text(re.sub('"redacted_at":"[0-9]{4}-[0-9]{2}', '"redacted_at":"2026-99', text), encoding="utf-8")
    assert verdict(tmp_path / "bundle") == "event 1: time at which why.note was erased"


@pytest.mark.parametrize(
    ("before", "after", "complaint"),
    [
        ("success", "failed", "event 4: link to the event before"),
        ("Ana Ruíz", "Eva Ruíz", "event 1: commitment of actor.name"),
        ('"seq":3,"body"', '"seq":4,"body"', "event 3: number"),
        ("audit/1", "audit/2", "event 1: canonical text"),
    ],
)
def test_it_names_the_first_event_that_was_altered(bundle: Path, before: str, after: str, complaint: str) -> None:
    events = bundle / "events.jsonl"
    text = events.read_text(encoding="utf-8")
    assert before in text
    events.write_text(text.replace(before, after, 1), encoding="utf-8")

    assert verdict(bundle) == complaint


def test_it_misses_an_event_that_was_cut_off(bundle: Path) -> None:
    events = bundle / "events.jsonl"
    events.write_bytes(b"".join(events.read_bytes().splitlines(keepends=True)[:-1]))

    assert verdict(bundle) == "event 6: size of the checkpoint"
