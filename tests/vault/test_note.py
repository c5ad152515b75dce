"""Signed notes: a text is believed when a known key signed exactly it."""

import os
from collections.abc import Callable

import pytest

from vault.errors import SealError, TamperedError
from vault.note import Signer, Verifier, opened

# The example in the documentation of Go's package golang.org/x/mod/sumdb/note.
PETER = Verifier.parse("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
TEXT = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
)
NOTE = (
    f"{TEXT}\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqf"
    "qdngotpRZb6KE6RyyBwJnAM=\n"
)
SIGNER = Signer("log.example", os.urandom(32))


def test_a_note_from_another_program_is_opened() -> None:
    assert opened(NOTE, [PETER]) == TEXT
    assert str(PETER) == "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"


def test_what_we_sign_is_opened_with_the_verifier_as_text() -> None:
    assert opened(SIGNER.sign(TEXT), [Verifier.parse(str(SIGNER.verifier))]) == TEXT


def test_a_text_may_hold_empty_lines() -> None:
    assert opened(SIGNER.sign("a\n\nb\n"), [SIGNER.verifier]) == "a\n\nb\n"


def test_signatures_of_unknown_keys_are_passed_over() -> None:
    both = SIGNER.sign(TEXT) + NOTE.rpartition("\n\n")[2]
    assert opened(both, [SIGNER.verifier]) == opened(both, [PETER]) == TEXT


def test_one_wrong_signature_of_a_known_key_spoils_the_note() -> None:
    other = Signer("other.example", os.urandom(32))
    forged = SIGNER.sign(TEXT) + other.sign("another text\n").rpartition("\n\n")[2]
    assert opened(forged, [SIGNER.verifier]) == TEXT
    with pytest.raises(TamperedError):
        opened(forged, [SIGNER.verifier, other.verifier])


@pytest.mark.parametrize(
    "change",
    [
        lambda n: n.replace("answer", "Answer"),
        lambda n: n.replace("PeterNeumann ", "PeterNewman "),
        lambda n: n.replace(" x08go", " y08go"),
        lambda n: n.replace("ZJkuBS", "ZJkuBT"),
        lambda n: n.replace("\n\n", "\n"),
        lambda n: n.replace("— ", "- "),
        lambda n: n.replace("JnAM=\n", "JnAM="),
        lambda n: n.replace("JnAM=\n", "JnAM\n"),
        lambda n: n.replace("JnAM=\n", "JnAM=\n\n"),
        lambda n: n.replace("JnAM=\n", "JnAM=\nmore\n"),
        lambda n: n.replace("problem,", "problem,\r"),
        lambda n: n.replace("\n— ", "— "),
        lambda n: "x" * 70_000 + "\n" + n,
        lambda _: "",
        lambda _: "\n\n",
        lambda _: TEXT,
    ],
)
def test_anything_else_is_refused(change: Callable[[str], str]) -> None:
    assert change(NOTE) != NOTE
    with pytest.raises(TamperedError):
        opened(change(NOTE), [PETER])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a+b",
        "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNewman+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10T",
        "PeterNeumann+zzzzzzzz+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        " +c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    ],
)
def test_a_mistyped_verifier_key_is_refused(text: str) -> None:
    with pytest.raises(SealError):
        Verifier.parse(text)


def test_a_signer_never_prints_its_key() -> None:
    assert f"{SIGNER} {SIGNER!r}" == "<Signer log.example> <Signer log.example>"
