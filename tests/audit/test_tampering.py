"""Somebody with the owner's rights on the database, against somebody with the checkpoints: two hundred tries."""

import json
import random
from collections.abc import Callable
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings as django_settings
from django.db import connection, transaction

from connections.audit import append_only
from connections.audit.body import columns_of
from connections.audit.canonical import canonical_text
from connections.audit.checkpoints import checkpoint
from connections.audit.events import Actor, Event, EventType
from connections.audit.ledger import append, stored_moment
from connections.audit.signing import Keys, keep_keys
from connections.audit.tree import FAN, complete_hash
from connections.audit.verifier.verify import Verdict, Verification, leaf_hash
from connections.audit.verify import verify_database
from connections.models import AuditCheckpoint, AuditDetail, AuditEvent

pytestmark = pytest.mark.django_db(transaction=True)

on_sqlite = pytest.mark.skipif("connection.vendor != 'sqlite'", reason="SQLite alone keeps anything in any column")
EVENTS = 3 * FAN + 8
TRIES_OF_A_KIND = 20


@pytest.fixture
def log(ana: Actor, revocation: Callable[[], UUID]) -> Path:
    """Some two hundred events, signed after 64, 100 and all of them."""
    for number in range(EVENTS - 9):
        append(Event(type=EventType.CONNECTION_VIEWED, actor=ana))
        if number + 1 in (FAN, 100):
            checkpoint()
    for _ in range(3):
        revocation()
    checkpoint()
    return Path(django_settings.AUDIT_CHECKPOINT_DIR)


class Owner:
    """What the owner of the tables can do once the triggers are away."""

    def __init__(self, seed: str) -> None:
        self.random = random.Random(seed)

    def run(self, statement: str, *parameters: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute(statement, parameters or None)

    def some_seq(self, first: int = 1, last: int = EVENTS) -> int:
        return self.random.randint(first, last)

    # Each gives the numbers of the events that may be named as the first bad one.

    def flips_a_byte(self) -> set[int]:
        seq = self.some_seq()
        body = AuditEvent.objects.get(seq=seq).body
        place, bit = self.random.randrange(len(body)), self.random.randrange(7)
        altered = body[:place] + (chr(ord(body[place]) ^ (1 << bit)) or "x") + body[place + 1 :]
        self.run("UPDATE audit_event SET body = %s WHERE seq = %s", altered.replace("\x00", "\x01"), seq)
        return {seq}

    def flips_a_bit_of_a_leaf(self) -> set[int]:
        seq = self.some_seq()
        leaf = bytearray(AuditEvent.objects.get(seq=seq).leaf)
        leaf[self.random.randrange(32)] ^= 1 << self.random.randrange(8)
        self.run("UPDATE audit_event SET leaf = %s WHERE seq = %s", bytes(leaf), seq)
        return {seq}

    def rewrites_an_event_with_its_leaf(self) -> set[int]:
        """Nothing links to the newest event, so of that one only the checkpoint knows."""
        seq = self.some_seq(last=EVENTS - 1)
        body = json.loads(AuditEvent.objects.get(seq=seq).body)
        store(seq, body | {"request": str(UUID(int=self.random.getrandbits(128)))})
        return {seq}

    def deletes(self) -> set[int]:
        seq = self.some_seq()
        if self.random.random() < 0.5:
            self.run("DELETE FROM audit_detail WHERE seq = %s", seq)
        self.run("DELETE FROM audit_event WHERE seq = %s", seq)
        return {seq}

    def cuts_the_tail(self) -> set[int]:
        seq = self.some_seq()
        for table in ("audit_detail", "audit_event"):
            self.run(f"DELETE FROM {table} WHERE seq >= %s", seq)
        if self.random.random() < 0.5:
            self.run("DELETE FROM audit_checkpoint WHERE size >= %s", seq)
            self.run("DELETE FROM audit_node WHERE level = 6 AND (idx + 1) * 64 >= %s", seq)
        return {seq}

    def swaps(self) -> set[int]:
        first, second = sorted(self.random.sample(range(1, EVENTS + 1), 2))
        for seq, to in ((first, 0), (second, first), (0, second)):
            self.run("UPDATE audit_event SET seq = %s WHERE seq = %s", to, seq)
        return {first}

    def inserts(self) -> set[int]:
        """A forged event in the middle, in place and with a leaf of its own; the rest moves up."""
        seq = self.some_seq(first=2)
        for table in ("audit_event", "audit_detail"):
            self.run(f"UPDATE {table} SET seq = -seq - 1 WHERE seq >= %s", seq)
            self.run(f"UPDATE {table} SET seq = -seq WHERE seq < 0")
        before = AuditEvent.objects.get(seq=seq - 1)
        body = {key: value for key, value in json.loads(before.body).items() if key not in ("actor", "why")}
        store(seq, body | {"seq": seq, "prev": bytes(before.leaf).hex(), "id": "forged"}, is_new=True)
        return {seq + 1}

    def changes_a_copied_column(self) -> set[int]:
        seq = self.some_seq()
        column = self.random.choice(["id", "type", "operation", "actor_id", "actor_name", "ticket", "outcome", "at"])
        value = "2026-01-01 00:00:00+00:00" if column == "at" else f"x{self.random.random()}"[:30]
        self.run(f"UPDATE audit_event SET {column} = %s WHERE seq = %s", value, seq)
        return {seq}

    def changes_a_detail(self) -> set[int]:
        detail = self.random.choice(list(AuditDetail.objects.order_by("seq", "field")))
        column, value = self.random.choice([("value", "Eve"), ("salt", b"x" * 16), ("salt", None), ("value", None)])
        self.run(
            f"UPDATE audit_detail SET {column} = %s WHERE seq = %s AND field = %s", value, detail.seq, detail.field
        )
        return {detail.seq}

    def takes_or_adds_a_detail(self) -> set[int]:
        detail = self.random.choice(list(AuditDetail.objects.order_by("seq", "field")))
        if self.random.random() < 0.5:
            self.run("DELETE FROM audit_detail WHERE seq = %s AND field = %s", detail.seq, detail.field)
        else:
            self.run("INSERT INTO audit_detail (seq, field, value) VALUES (%s, 'why.more', 'x')", detail.seq)
        return {detail.seq}


KINDS = [name for name in vars(Owner) if name[0] != "_" and name not in ("run", "some_seq")]


def test_two_hundred_tamperings_are_all_found_and_the_first_bad_event_named(log: Path) -> None:
    assert verify_database(checkpoints=log).verdict is Verdict.INTACT
    assert len(KINDS) * TRIES_OF_A_KIND == 200
    for kind in KINDS:
        for number in range(TRIES_OF_A_KIND):
            with taken_back():
                suspects = getattr(Owner(f"{kind} {number}"), kind)()
                found = verify_database(checkpoints=log)
            assert found.verdict is not Verdict.INTACT, (kind, number)
            assert found.seq in suspects, (kind, number, suspects, found)


@contextmanager
def taken_back() -> Any:
    """With the triggers away, and everything as it was afterwards."""
    with transaction.atomic():
        append_only.lift(connection)
        yield
        transaction.set_rollback(True)


def store(seq: int, body: dict[str, Any], *, is_new: bool = False) -> bytes:
    """A row whose columns all agree with its body."""
    text = canonical_text(body)
    leaf = leaf_hash(text)
    copies = columns_of(body)
    with connection.cursor() as cursor:
        if is_new:
            names = ", ".join(("seq", "at", *copies, "body", "leaf"))
            places = ", ".join(["%s"] * (len(copies) + 4))
            values = [
                seq,
                stored_moment(datetime.fromisoformat(body["at"])),
                *copies.values(),
                text,
                leaf,
            ]
            cursor.execute(f"INSERT INTO audit_event ({names}) VALUES ({places})", values)
        else:
            assigned = ", ".join(f"{name} = %s" for name in (*copies, "body", "leaf"))
            cursor.execute(f"UPDATE audit_event SET {assigned} WHERE seq = %s", [*copies.values(), text, leaf, seq])
    return leaf


def rewrite_from(first: int) -> None:
    """A consistent log again: every later link, leaf and copy, and the stored tree."""
    leaf = bytes(AuditEvent.objects.get(seq=first - 1).leaf) if first > 1 else bytes(32)
    for seq, text in AuditEvent.objects.filter(seq__gte=first).order_by("seq").values_list("seq", "body"):
        changed = {"request": str(UUID(int=1))} if seq == first else {}
        leaf = store(seq, json.loads(text) | {"prev": leaf.hex()} | changed)
    leaves = [bytes(row) for row in AuditEvent.objects.order_by("seq").values_list("leaf", flat=True)]
    with connection.cursor() as cursor:
        for idx in range(len(leaves) // FAN):
            node = complete_hash(leaves[idx * FAN : (idx + 1) * FAN])
            cursor.execute("UPDATE audit_node SET hash = %s WHERE level = 6 AND idx = %s", [node, idx])
        cursor.execute("DELETE FROM audit_checkpoint")


@pytest.mark.parametrize("size", [FAN, 100, EVENTS])
def test_a_log_rewritten_whole_is_found_against_any_published_checkpoint(log: Path, tmp_path: Path, size: int) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "one").write_bytes((log / f"001-{size:012}").read_bytes())
    (tmp_path / "kept" / "latest").write_bytes((log / f"001-{size:012}").read_bytes())
    with taken_back():
        rewrite_from(1)
        assert verify_database().verdict is Verdict.INTACT
        found = verify_database(checkpoints=tmp_path / "kept")
    assert (found.verdict, found.seq) == (Verdict.ALTERED, 1)
    assert f"the checkpoint of size {size}" in found.sentence


@pytest.mark.parametrize(("first", "named"), [(2, 1), (80, 65), (EVENTS, 101)])
def test_what_was_rewritten_is_narrowed_down_to_between_two_checkpoints(log: Path, first: int, named: int) -> None:
    with taken_back():
        rewrite_from(first)
        found = verify_database(checkpoints=log)
    assert (found.verdict, found.seq) == (Verdict.ALTERED, named)
    assert named <= first


def test_a_log_rewritten_and_signed_with_another_key_is_found(log: Path, tmp_path: Path, settings: Any) -> None:
    with taken_back():
        rewrite_from(1)
        settings.AUDIT_SIGNING_KEY_FILE = tmp_path / "other.pem"
        other = Keys((Ed25519PrivateKey.generate(),))
        keep_keys(other)
        found = verify_database(checkpoints=log)
    assert found.verdict is Verdict.ALTERED
    assert "is not signed by any key that is known" in found.sentence


def test_an_altered_node_of_the_stored_tree_is_found(log: Path) -> None:  # noqa: ARG001 - that it is there
    with taken_back(), connection.cursor() as cursor:
        cursor.execute("UPDATE audit_node SET hash = %s WHERE level = 6 AND idx = 1", [bytes(32)])
        found = verify_database()
    assert (found.verdict, found.seq) == (Verdict.ALTERED, 65)


@pytest.mark.parametrize("level", [-6, 0, 7, 12])
def test_a_node_that_no_tree_has_is_found(log: Path, level: int) -> None:  # noqa: ARG001 - that it is there
    """At level 0 all roots and proofs would go by it, in place of the event's own leaf."""
    with taken_back(), connection.cursor() as cursor:
        cursor.execute("INSERT INTO audit_node (level, idx, hash) VALUES (%s, 0, %s)", [level, bytes(32)])
        assert verify_database().verdict is not Verdict.INTACT


def test_details_before_the_first_event_are_found(log: Path) -> None:  # noqa: ARG001 - that it is there
    with taken_back(), connection.cursor() as cursor:
        cursor.execute("INSERT INTO audit_detail (seq, field, value) VALUES (0, 'why.note', 'x')")
        assert verify_database().verdict is Verdict.ALTERED


@on_sqlite
@pytest.mark.parametrize(
    ("table", "value"),
    [
        ("audit_event", "body = CAST(body AS BLOB)"),
        ("audit_event", "body = 5"),
        ("audit_event", "body = CAST(X'ff' || body AS TEXT)"),
        ("audit_event", "ticket = CAST(X'ff' AS TEXT)"),
        ("audit_event", "leaf = 'text'"),
        ("audit_event", "at = replace(at, ' ', 'T')"),
        ("audit_event", "at = at || '+00:00'"),
        ("audit_event", "at = CAST(at AS BLOB)"),
        ("audit_detail", "value = CAST(value AS BLOB)"),
        ("audit_detail", "value = CAST(X'ff' AS TEXT)"),
        ("audit_detail", "salt = 'text'"),
        ("audit_detail", "salt = 100000000000000"),
    ],
)
def test_a_value_of_another_kind_is_found_and_its_event_named(log: Path, table: str, value: str) -> None:
    with taken_back(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET {value} WHERE seq = 70")
        found = verify_database(checkpoints=log)
    assert (found.verdict, found.seq) == (Verdict.ALTERED, 70), found


@pytest.mark.parametrize(
    ("change", "says"),
    [
        pytest.param("UPDATE audit_checkpoint SET root = 'x' WHERE size = 64", "the columns of", marks=on_sqlite),
        pytest.param("UPDATE audit_checkpoint SET note = X'00' WHERE size = 64", "cannot be read", marks=on_sqlite),
        ("UPDATE audit_checkpoint SET size = 65 WHERE size = 64", "the columns of checkpoint 65"),
        ("UPDATE audit_checkpoint SET note = 'x' WHERE size = 64", "the checkpoint of size 64 cannot be read"),
        ("UPDATE audit_checkpoint SET note = replace(note, '— ', '— x') WHERE size = 64", "is not signed by any key"),
    ],
)
def test_an_altered_checkpoint_in_the_database_is_found(log: Path, change: str, says: str) -> None:  # noqa: ARG001
    with taken_back(), connection.cursor() as cursor:
        cursor.execute(change)
        found: Verification = verify_database()
    assert found.verdict is Verdict.ALTERED
    assert says in found.sentence


def test_checkpoints_that_nobody_can_check_are_not_called_intact(log: Path, settings: Any, tmp_path: Path) -> None:  # noqa: ARG001
    settings.AUDIT_SIGNING_KEY_FILE = tmp_path / "none.pem"
    found = verify_database()
    assert found.verdict is Verdict.INCOMPLETE
    assert "there is no key" in found.sentence
    assert AuditCheckpoint.objects.count() == 3
