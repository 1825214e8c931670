"""The tree against RFC 6962 as it is written: its recursive definitions, word for word."""

from collections.abc import Sequence
from hashlib import sha256

import pytest
from django.db import DatabaseError, connection
from hypothesis import given, settings, strategies as st
from pytest_django import DjangoAssertNumQueries

from connections.audit.checkpoints import checkpoint
from connections.audit.events import Actor, Event, EventType
from connections.audit.ledger import append, recording
from connections.audit.tree import FAN, STEP, Tree, grow, stored_tree
from connections.audit.verifier.verify import Frontier, is_consistent, root_of_inclusion
from connections.models import AuditEvent, AuditNode

SIZES = st.integers(1, 300)
AGAIN = "INSERT INTO audit_node (level, idx, hash) SELECT 6, 0, leaf FROM audit_event WHERE seq = 1"


def leaf(number: int) -> bytes:
    return sha256(b"\x00%d" % number).digest()


LEAVES = [leaf(number) for number in range(300)]
LARGE = [leaf(number) for number in range(FAN * FAN + 3 * FAN + 5)]


def mth(leaves: Sequence[bytes]) -> bytes:
    """RFC 6962, 2.1: the Merkle Tree Hash."""
    if len(leaves) == 1:
        return leaves[0]
    k = split(len(leaves))
    return sha256(b"\x01" + mth(leaves[:k]) + mth(leaves[k:])).digest()


def path(m: int, leaves: Sequence[bytes]) -> list[bytes]:
    """RFC 6962, 2.1.1: the Merkle audit path."""
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    if m < k:
        return [*path(m, leaves[:k]), mth(leaves[k:])]
    return [*path(m - k, leaves[k:]), mth(leaves[:k])]


def subproof(m: int, leaves: Sequence[bytes], *, b: bool) -> list[bytes]:
    """RFC 6962, 2.1.2: the consistency proof."""
    if m == len(leaves):
        return [] if b else [mth(leaves)]
    k = split(len(leaves))
    if m <= k:
        return [*subproof(m, leaves[:k], b=b), mth(leaves[k:])]
    return [*subproof(m - k, leaves[k:], b=False), mth(leaves[:k])]


def split(n: int) -> int:
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def in_memory(leaves: Sequence[bytes]) -> Tree:
    """Read from complete subtrees of every sixth level, as they are stored."""
    levels = {0: list(leaves)}
    while len(levels[max(levels)]) >= FAN:
        below = levels[max(levels)]
        whole = len(below) // FAN
        levels[max(levels) + STEP] = [mth(below[each * FAN : (each + 1) * FAN]) for each in range(whole)]
    return Tree(lambda level, first, count: levels.get(level, [])[first : first + count])


@given(SIZES)
def test_roots_are_those_of_the_definition(size: int) -> None:
    leaves = LEAVES[:size]
    frontier = Frontier()
    for each in leaves:
        frontier.append(each)
    assert in_memory(leaves).root(size) == frontier.root() == mth(leaves)


@given(st.data())
def test_inclusion_is_that_of_the_definition_and_leads_to_the_root(data: st.DataObject) -> None:
    size = data.draw(SIZES)
    index = data.draw(st.integers(0, size - 1))
    leaves = LEAVES[:size]
    proof = in_memory(LEAVES).inclusion(index, size)
    assert list(proof) == path(index, leaves)
    assert root_of_inclusion(leaves[index], index, size, proof) == mth(leaves)


@given(st.data())
def test_consistency_is_that_of_the_definition_and_is_accepted(data: st.DataObject) -> None:
    later = data.draw(SIZES)
    size = data.draw(st.integers(1, later))
    proof = in_memory(LEAVES).consistency(size, later)
    assert list(proof) == subproof(size, LEAVES[:later], b=True)
    assert is_consistent(size, mth(LEAVES[:size]), later, mth(LEAVES[:later]), proof)


@settings(max_examples=20)
@given(st.integers(0, len(LARGE) - 1))
def test_proofs_over_two_stored_levels_lead_to_the_root(index: int) -> None:
    size = len(LARGE)
    proof = in_memory(LARGE).inclusion(index, size)
    assert root_of_inclusion(LARGE[index], index, size, proof) == mth(LARGE)


@given(st.data())
def test_a_proof_of_another_place_leaf_or_length_is_refused(data: st.DataObject) -> None:
    size = data.draw(st.integers(2, 300))
    index, other = data.draw(st.integers(0, size - 1)), data.draw(st.integers(0, size - 1))
    proof, root = in_memory(LEAVES).inclusion(index, size), mth(LEAVES[:size])
    assert root_of_inclusion(LEAVES[other], index, size, proof) != root or other == index
    for wrong in (proof[:-1], (*proof, proof[0])):
        with pytest.raises(ValueError, match="path"):
            root_of_inclusion(LEAVES[index], index, size, wrong)
    with pytest.raises(ValueError, match="index"):
        root_of_inclusion(LEAVES[index], size, size, proof)


@given(st.data())
def test_consistency_with_what_was_changed_is_refused(data: st.DataObject) -> None:
    later = data.draw(st.integers(2, 300))
    size = data.draw(st.integers(1, later - 1))
    proof = in_memory(LEAVES).consistency(size, later)
    changed = data.draw(st.integers(0, size - 1))
    rewritten = [*LEAVES[:changed], bytes(32), *LEAVES[changed + 1 : later]]
    root, root_later = mth(LEAVES[:size]), mth(LEAVES[:later])
    assert not is_consistent(size, mth(rewritten[:size]), later, root_later, proof)
    assert not is_consistent(size, root, later, mth(rewritten), proof)
    assert not is_consistent(size, root, later, root_later, (*proof, bytes(32)))
    assert not is_consistent(size, root, later, root_later, proof[:-1])


def append_many(actor: Actor, count: int) -> None:
    with recording() as record:
        for _ in range(count):
            record(Event(type=EventType.CONNECTION_VIEWED, actor=actor))


def leaves() -> list[bytes]:
    return [bytes(row) for row in AuditEvent.objects.order_by("seq").values_list("leaf", flat=True)]


@pytest.mark.django_db(transaction=True)
def test_the_stored_tree_is_that_of_the_events(system: Actor) -> None:
    append_many(system, 2 * FAN + 7)
    assert checkpoint().root == mth(leaves())
    append_many(system, FAN)
    made = checkpoint()
    assert made.root == mth(leaves())
    assert AuditNode.objects.count() == 3
    proof = stored_tree().inclusion(100, made.size)
    assert list(proof) == path(100, leaves())


@pytest.mark.django_db(transaction=True)
def test_a_proof_reads_two_blocks_a_level(system: Actor, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    append_many(system, 3 * FAN + 7)
    made = checkpoint()
    with django_assert_num_queries(3):
        stored_tree().inclusion(1, made.size)


@pytest.mark.django_db(transaction=True)
def test_what_was_interrupted_goes_on_where_it_was(system: Actor) -> None:
    append_many(system, 2 * FAN)
    grow(FAN)
    assert AuditNode.objects.count() == 1
    assert checkpoint().root == mth(leaves())
    assert AuditNode.objects.count() == 2


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_node SET hash = leaf FROM audit_event",
        "DELETE FROM audit_node",
        "INSERT INTO audit_node (level, idx, hash) SELECT 6, 2, leaf FROM audit_event WHERE seq = 1",
        AGAIN,
        f"{AGAIN} ON CONFLICT (level, idx) DO UPDATE SET hash = excluded.hash",
    ],
)
def test_the_database_refuses_to_change_it(system: Actor, statement: str) -> None:
    append_many(system, FAN)
    append(Event(type=EventType.CONNECTION_VIEWED, actor=system))
    checkpoint()
    with pytest.raises(DatabaseError), connection.cursor() as cursor:
        cursor.execute(statement)
