"""Bundles of people who wish the auditor ill: no crash, no memory without end, no other sentence on the screen."""

import hashlib
import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.core.management import call_command

from connections.audit.events import Actor
from connections.audit.export import export
from connections.audit.filters import Filters
from connections.audit.verifier.verify import Verdict, verify_bundle
from tests.audit.test_second_verifier import verdict
from tests.audit.test_verifier_file import forged
from tests.exports import verified

pytestmark = pytest.mark.django_db(transaction=True)

KINDS: list[Any] = [None, True, -1, 10**30, 1.5, "x", "\ud800", [], [[]], {}, {"tier": []}]
TIER_2 = {"policy": {"tier": 2}}


@pytest.fixture
def bundle(tmp_path: Path, revocation: Callable[[], UUID], ana: Actor) -> Path:
    """Events 1 to 3, a revocation, and the export's own."""
    revocation()
    export(tmp_path / "bundle", Filters(), actor=ana)
    return tmp_path / "bundle"


def test_a_manifest_with_values_of_another_kind_is_not_believed(bundle: Path) -> None:
    written = json.loads((bundle / "manifest.json").read_text())
    for name in (*written, "visible_to", "more"):
        for value in (each for each in KINDS if type(each) is not type(written.get(name, None))):
            (bundle / "manifest.json").write_text(json.dumps(written | {name: value}))
            found = verify_bundle(bundle)
            assert found.verdict is not Verdict.INTACT, (name, value)


@pytest.mark.parametrize(
    ("seq", "change"),
    [
        (2, {"operation": {}}),
        (2, {"operation": ["x"]}),
        (1, {"control": {"policy": {"tier": []}}}),
        (1, {"control": TIER_2 | {"approvals": 5}}),
        (1, {"control": TIER_2 | {"approvals": ["x"]}}),
        (1, {"control": TIER_2 | {"approvals": [{"actor": [], "seq": 1}]}}),
        (1, {"control": TIER_2 | {"approvals": [{"actor": "7", "seq": {}}]}}),
        (4, {"type": "audit.redacted", "found": {"query": {"actor_name": []}}}),
        (1, {"actor": {"name": {}}}),
        (1, {"type": []}),
    ],
)
def test_a_body_with_values_of_another_kind_is_named(bundle: Path, seq: int, change: dict[str, Any]) -> None:
    """By somebody who holds the key, so that nothing else is wrong with it."""
    code, said = verified(forged(bundle, lambda lines: [_with(line, seq, change) for line in lines], key=None))
    assert code in (1, 2), said
    assert said.startswith(("Altered: event ", "Incomplete: ")), said


def test_what_a_bundle_says_moves_no_cursor(bundle: Path) -> None:
    approvals = [{"actor": "7\x1b[2K\rIntact: 4 events\n\u202e", "seq": 1}]
    change = {"control": TIER_2 | {"approvals": approvals}}
    code, said = verified(forged(bundle, lambda lines: [_with(line, 1, change) for line in lines], key=None))
    assert code == 1
    assert said.count("\n") == 1
    assert said[:-1].isprintable()


def test_a_name_that_stands_twice_in_a_zip_file_is_refused(bundle: Path, tmp_path: Path) -> None:
    """Other programs unpack the other one."""
    with zipfile.ZipFile(tmp_path / "twice.zip", "w") as file:
        file.writestr("events.jsonl", b"{}\n")
        for path in bundle.iterdir():
            if path.name != "events.jsonl":
                file.write(path, path.name)
        with pytest.warns(UserWarning, match="Duplicate"):
            file.write(bundle / "events.jsonl", "events.jsonl")
    assert verified(tmp_path / "twice.zip") == (1, "Altered: 'events.jsonl' stands in it twice.\n")


@pytest.mark.parametrize(
    "name", ["EVENTS.JSONL", "./events.jsonl", "x/../events.jsonl", "/events.jsonl", "events.jsonl."]
)
def test_a_name_that_unpacks_over_another_is_refused(bundle: Path, tmp_path: Path, name: str) -> None:
    """Here or there: some systems know no capitals, and no dot at the end."""
    shutil.make_archive(str(tmp_path / "over"), "zip", bundle)
    with zipfile.ZipFile(tmp_path / "over.zip", "a") as file:
        file.writestr(name, b"{}\n")
    assert verified(tmp_path / "over.zip") == (1, "Altered: 'events.jsonl' stands in it twice.\n")


def test_a_line_without_end_is_not_read_into_memory(bundle: Path, tmp_path: Path) -> None:
    (bundle / "events.jsonl").unlink()
    shutil.make_archive(str(tmp_path / "bomb"), "zip", bundle)
    with zipfile.ZipFile(tmp_path / "bomb.zip", "a", zipfile.ZIP_DEFLATED) as file:
        file.writestr("events.jsonl", bytes(100 * 2**20))
    code, said = verified(tmp_path / "bomb.zip")
    assert (code, said) == (2, "Incomplete: a line of events.jsonl is longer than any event.\n")


MALLORY = b'"value":"Mallory","salt":"00"'


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ((b'{"redacted_at":', b'{%s,"redacted_at":' % MALLORY), "is not an event"),
        ((b'"details":', b'"details":{"actor.name":{%s}},"details":' % MALLORY), "cannot be read"),
        ((b'{"salt":', b'{%s,"salt":' % MALLORY), "cannot be read"),
        ((b'{"salt":', b'{"name":"Mallory","salt":'), "is not an event"),
        ((b'{"seq":', b'{"what":"Mallory did it","seq":'), "is not an event"),
        ((b'{"seq":', b'{"seq":7,"seq":'), "cannot be read"),
        ((b'{"seq":', b'{"body":NaN,"seq":'), "cannot be read"),
    ],
)
def test_nothing_stands_beside_what_is_proved(
    tmp_path: Path, revocation: Callable[[], UUID], ana: Actor, change: tuple[bytes, bytes], said: str
) -> None:
    """Whoever reads the lines would read that as well, and take it for verified."""
    revocation()
    call_command("audit_redact", "--yes", last=1, field=["actor.ip"], reason="retention_period")
    export(tmp_path / "erased", Filters(), actor=ana)
    assert verified(tmp_path / "erased")[0] == 0
    rewritten(tmp_path / "erased", *change)
    assert verified(tmp_path / "erased") == (2, f"Incomplete: line 1 of events.jsonl {said}.\n")
    assert verdict(tmp_path / "erased").startswith("event 1: ")


def test_no_key_of_a_manifest_stands_twice(bundle: Path) -> None:
    path = bundle / "manifest.json"
    path.write_bytes(path.read_bytes().replace(b"{", b'{"count": 99999,', 1))
    assert verified(bundle) == (2, "Incomplete: manifest.json cannot be read.\n")
    assert verdict(bundle) == "event 0: a key that stands twice"


def rewritten(bundle: Path, before: bytes, after: bytes) -> None:
    """One place of its first line, with a manifest to match."""
    content = (bundle / "events.jsonl").read_bytes()
    assert before in content.split(b"\n")[0]
    (bundle / "events.jsonl").write_bytes(content.replace(before, after, 1))
    manifest = json.loads((bundle / "manifest.json").read_text())
    manifest["sha256"] = hashlib.sha256((bundle / "events.jsonl").read_bytes()).hexdigest()
    (bundle / "manifest.json").write_text(json.dumps(manifest))


def _with(line: bytes, seq: int, change: dict[str, Any]) -> bytes:
    event = json.loads(line)
    if event["seq"] == seq:
        event["body"] = json.dumps(json.loads(event["body"]) | change)
    return json.dumps(event).encode()
