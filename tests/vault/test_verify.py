"""Attacks on the custody log by one who owns the database: each is found, and where."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import ClassVar
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vault.entries import Act, Entry, Row
from vault.findings import Finding, Problem
from vault.signing import ActorKey
from vault.tlog import Frontier, TreeHead
from vault.verify import LogReport, check_rows

SIZE = 37
START = datetime(2026, 1, 1, tzinfo=UTC)
numbers = st.integers(1, SIZE)


def written(number: int) -> Entry:
    """An entry as a log would hold it, not yet in its tree."""
    return Entry(
        actor="survivor",
        action="preserve",
        case_id=UUID(int=number),
        record_id=number,
        sha256=hashlib.sha256(bytes(number)).digest(),
        size=number,
        sequence=number,
        at=START + timedelta(seconds=number),
        salt=hashlib.sha256(b"salt" * number).digest(),
        leaf=b"",
        node=b"",
    )


def fitted(entries: Iterable[Entry]) -> list[Entry]:
    """The entries with numbers and hashes that fit, as the log, or a clever forger, makes them."""
    frontier, result = Frontier(), []
    for entry in entries:
        numbered = replace(entry, sequence=frontier.size + 1)
        leaf = numbered.hashed
        frontier = frontier.grow(leaf)
        result.append(replace(numbered, leaf=leaf, node=frontier.node))
    return result


def head_of(entries: Iterable[Entry]) -> TreeHead:
    frontier = Frontier()
    for entry in entries:
        frontier = frontier.grow(entry.leaf)
    return frontier.head


LOG = fitted(written(number) for number in range(1, SIZE + 1))
HEADS = [head_of(LOG[:size]) for size in range(SIZE + 1)]


def check(entries: list[Entry], *heads: TreeHead) -> LogReport:
    async def pages() -> AsyncIterator[list[Row]]:
        for entry in entries:
            yield [entry.row]

    return asyncio.run(check_rows(pages(), heads))


def found(entries: list[Entry], *heads: TreeHead) -> list[tuple[Problem, int, int]]:
    return [(f.problem, f.first, f.last) for f in check(entries, *heads).findings]


def changed(number: int, **fields: object) -> list[Entry]:
    """The log with some fields of one entry changed."""
    entry = replace(LOG[number - 1], **fields)  # type: ignore[arg-type]
    return [*LOG[: number - 1], entry, *LOG[number:]]


class TestAnHonestLog:
    @pytest.mark.parametrize("size", range(SIZE + 1))
    def test_nothing_is_found_whatever_heads_were_kept(self, size: int) -> None:
        report = check(LOG[:size], *HEADS[: size + 1])
        assert report.intact
        assert report.head == HEADS[size]


class TestFlipped:
    @pytest.mark.parametrize(
        "fields",
        [
            {"actor": "nobody"},
            {"action": "export"},
            {"at": START},
            {"case_id": UUID(int=99)},
            {"record_id": None},
            {"record_id": 2**60},
            {"sha256": bytes(32)},
            {"sha256": None},
            {"size": 99},
            {"size": None},
            {"salt": bytes(32)},
            {"salt": b""},
        ],
    )
    @settings(deadline=None, max_examples=10)
    @given(number=numbers)
    def test_exactly_the_changed_entry_is_named(
        self, fields: dict[str, object], number: int
    ) -> None:
        expected = [(Problem.CHANGED, number, number)]
        assert found(changed(number, **fields), HEADS[20], HEADS[SIZE]) == expected

    @settings(deadline=None)
    @given(numbers, st.integers(0, 255))
    def test_a_bit_of_a_leaf_hash_is_named_too(self, number: int, bit: int) -> None:
        leaf = flipped(LOG[number - 1].leaf, bit)
        assert (Problem.CHANGED, number, number) in found(changed(number, leaf=leaf))

    @settings(deadline=None)
    @given(numbers, st.integers(0, 255))
    def test_a_bit_of_the_tree_is_named_with_the_entries_below(self, number: int, bit: int) -> None:
        node = flipped(LOG[number - 1].node, bit)
        first = number - (number & -number) + 1
        assert found(changed(number, node=node))[0] == (Problem.REWRITTEN, first, number)

    @settings(deadline=None)
    @given(st.sets(numbers, min_size=2))
    def test_several_changed_entries_are_all_named(self, chosen: set[int]) -> None:
        entries = [replace(e, actor="nobody") if e.sequence in chosen else e for e in LOG]
        assert found(entries) == [(Problem.CHANGED, number, number) for number in sorted(chosen)]


class TestDropped:
    @settings(deadline=None)
    @given(numbers, st.integers(1, SIZE))
    def test_exactly_the_missing_entries_are_named(self, first: int, count: int) -> None:
        last = min(SIZE, first + count - 1)
        entries = [*LOG[: first - 1], *LOG[last:]]
        assert found(entries, HEADS[SIZE]) == [(Problem.MISSING, first, last)]

    @settings(deadline=None)
    @given(st.integers(1, SIZE - 1))
    def test_closing_the_gap_by_new_numbers_is_found_there(self, number: int) -> None:
        later = [replace(entry, sequence=entry.sequence - 1) for entry in LOG[number:]]
        problem, first, last = found([*LOG[: number - 1], *later])[0]
        assert problem is Problem.REWRITTEN
        assert first <= number + 1
        assert last >= number

    def test_an_entry_of_an_absurd_number_costs_nothing(self) -> None:
        entries = [*LOG, replace(LOG[0], sequence=2**62)]
        assert found(entries)[0] == (Problem.MISSING, SIZE + 1, 2**62 - 1)

    def test_an_entry_before_the_first_is_named(self) -> None:
        assert found([replace(LOG[0], sequence=0), *LOG]) == [(Problem.CHANGED, 0, 0)]


class TestReordered:
    @settings(deadline=None)
    @given(st.sets(numbers, min_size=2, max_size=2))
    def test_both_of_two_exchanged_entries_are_named(self, chosen: set[int]) -> None:
        one, two = sorted(chosen)
        entries = list(LOG)
        for place, source in ((one, two), (two, one)):
            own, other = LOG[place - 1], LOG[source - 1]
            hashes = {"sequence": place, "leaf": own.leaf, "node": own.node}
            entries[place - 1] = replace(other, **hashes)  # type: ignore[arg-type]
        assert found(entries) == [(Problem.CHANGED, one, one), (Problem.CHANGED, two, two)]

    @settings(deadline=None)
    @given(st.sets(numbers, min_size=2, max_size=2))
    def test_exchanged_with_their_hashes_they_are_found_all_the_same(
        self, chosen: set[int]
    ) -> None:
        one, two = sorted(chosen)
        entries = list(LOG)
        entries[one - 1] = replace(LOG[two - 1], sequence=one)
        entries[two - 1] = replace(LOG[one - 1], sequence=two)
        _, first, last = next(one for one in found(entries) if one[0] is Problem.REWRITTEN)
        assert first <= one <= last


class TestTruncated:
    @settings(deadline=None)
    @given(st.integers(0, SIZE - 1))
    def test_a_kept_head_knows_what_is_missing_at_the_end(self, size: int) -> None:
        assert found(LOG[:size], HEADS[size], HEADS[SIZE]) == [(Problem.MISSING, size + 1, SIZE)]

    def test_without_a_kept_head_nobody_can_know(self) -> None:
        assert found(LOG[:20], HEADS[10]) == []


class TestForked:
    @settings(deadline=None)
    @given(numbers, st.integers(0, SIZE), st.integers(1, SIZE))
    def test_a_log_rewritten_without_a_seam_contradicts_the_heads_after_it(
        self, number: int, older: int, newer: int
    ) -> None:
        forged = fitted(changed(number, actor="nobody"))
        assert found(forged) == []
        older, newer = min(older, number - 1), max(newer, number)
        heads = HEADS[older], HEADS[newer], HEADS[SIZE]
        assert found(forged, *heads) == [(Problem.FORKED, older + 1, newer)]

    @settings(deadline=None)
    @given(numbers)
    def test_an_entry_left_out_without_a_seam_contradicts_them_too(self, number: int) -> None:
        forged = fitted([*LOG[: number - 1], *LOG[number:]])
        assert found(forged, HEADS[SIZE]) == [(Problem.MISSING, SIZE, SIZE)]
        if number < SIZE:
            assert found(forged, HEADS[SIZE - 1]) == [(Problem.FORKED, 1, SIZE - 1)]

    @settings(deadline=None)
    @given(numbers)
    def test_one_entry_rewritten_with_its_own_hashes_is_found_below_the_next_node(
        self, number: int
    ) -> None:
        entry = replace(LOG[number - 1], actor="nobody")
        leaf = entry.hashed
        hidden = changed(number, actor="nobody", leaf=leaf, node=leaf)
        findings = found(hidden, HEADS[SIZE])
        assert any(first <= number <= last for _, first, last in findings)


def flipped(value: bytes, bit: int) -> bytes:
    changed = bytearray(value)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def test_findings_say_what_and_where() -> None:
    one = Finding(problem=Problem.CHANGED, first=17, last=17)
    many = Finding(problem=Problem.MISSING, first=3, last=9)
    assert str(one) == "custody entry 17: it does not say what was written"
    assert str(many) == "custody entries 3 to 9: missing"


class TestBackdated:
    def test_an_entry_that_claims_an_earlier_time_than_the_one_before_it_is_named(self) -> None:
        late = fitted(changed(7, at=START + timedelta(days=1)))
        assert found(late) == [(Problem.BACKDATED, number, number) for number in range(8, SIZE + 1)]
        early = fitted(changed(7, at=START))
        assert found(early) == [(Problem.BACKDATED, 7, 7)]
        assert found(early, HEADS[SIZE]) == [
            (Problem.BACKDATED, 7, 7),
            (Problem.FORKED, 1, SIZE),
        ]


class TestForgedInSomebodysName:
    """The log knows who signs with which key, and takes nothing else in their name."""

    AMINA, BRUNO = "professional:a", "professional:b"
    KEYS: ClassVar = {AMINA: ActorKey(bytes(32)), BRUNO: ActorKey(bytes([1]) * 32)}

    def log_of(self, *acts: tuple[str, str, ActorKey | None]) -> list[Entry]:
        frontier, entries = Frontier(), []
        for actor, action, signer in acts:
            act = Act(actor=actor, action=action)
            entry, frontier = act.entered(frontier, at=START, salt=b"s" * 32, signer=signer)
            entries.append(entry)
        return entries

    def test_what_is_signed_by_its_own_actor_is_right(self) -> None:
        a, b = self.KEYS.values()
        log = self.log_of(
            (self.AMINA, "view", None),  # older than the first enrolment
            (self.AMINA, "enrol", a),
            (self.BRUNO, "enrol", b),
            (self.AMINA, "view", a),
            (self.BRUNO, "export", b),
            ("survivor", "preserve", None),
        )
        assert found(log) == []

    def test_what_nobody_or_somebody_else_signed_is_named(self) -> None:
        a, b = self.KEYS.values()
        log = self.log_of(
            (self.AMINA, "enrol", a),
            (self.BRUNO, "view", b),  # never enrolled
            (self.BRUNO, "enrol", b),
            (self.AMINA, "view", None),
            (self.AMINA, "view", b),
            ("survivor", "shred", a),
            (self.AMINA, "view", a),
        )
        assert found(log) == [(Problem.UNSIGNED, number, number) for number in (2, 4, 5, 6)]

    def test_a_signature_that_was_made_up_or_copied_is_named(self) -> None:
        a, _ = self.KEYS.values()
        log = self.log_of((self.AMINA, "enrol", a), (self.AMINA, "view", a))
        forged = fitted([*log, replace(log[1], sequence=3), replace(log[1], signature=bytes(64))])
        assert found(forged) == [(Problem.UNSIGNED, 3, 3), (Problem.UNSIGNED, 4, 4)]

    def test_an_enrolment_that_its_key_did_not_sign_counts_for_nothing(self) -> None:
        a, b = self.KEYS.values()
        log = self.log_of((self.AMINA, "enrol", a), (self.BRUNO, "enrol", b))
        forged = fitted([log[0], replace(log[1], signature=bytes(64))])
        assert found(forged) == [(Problem.UNSIGNED, 2, 2)]

    def test_another_key_after_a_lost_password_is_allowed_and_told_of(self) -> None:
        a, b = self.KEYS.values()
        log = self.log_of(
            (self.AMINA, "enrol", a), (self.AMINA, "enrol", b), (self.AMINA, "view", b)
        )
        report = check(log)
        assert report.intact
        assert report.rekeyed == ((2, self.AMINA),)
