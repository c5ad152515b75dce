"""The header's grammar, read as strictly as C2SP age.md says."""

import io
from base64 import b64encode
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vault.age import Identity, header, stanzas
from vault.age.header import Stanza
from vault.age.open import unseal
from vault.age.payload import Payload
from vault.errors import SealError

FILE_KEY = bytes(range(16))
IDENTITY = Identity.generate()
visible = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=70)
some_stanzas = st.lists(
    st.builds(
        Stanza,
        arguments=st.lists(visible, min_size=1, max_size=4).map(tuple),
        body=st.binary(max_size=200),
    ),
    min_size=1,
    max_size=5,
)


def parsed(text: bytes) -> header.Header:
    return header.parse(io.BytesIO(text))


@settings(deadline=None)
@given(some_stanzas)
def test_what_is_written_is_read_again(written: list[Stanza]) -> None:
    head = parsed(header.encode(written, FILE_KEY) + b"payload")
    assert list(head.stanzas) == written
    head.check(FILE_KEY)
    with pytest.raises(SealError):
        head.check(bytes(16))


def test_the_stream_then_stands_at_the_payload() -> None:
    stream = io.BytesIO(header.encode([Stanza(arguments=("a",), body=b"")], FILE_KEY) + b"payload")
    header.parse(stream)
    assert stream.read() == b"payload"


# A header whose first body fills exactly one line, so that an empty one must follow.
WHOLE = header.encode([Stanza(arguments=("X", "one", "two"), body=bytes(48))], FILE_KEY)
LINE = b"A" * 64 + b"\n"
MAC = WHOLE[WHOLE.index(b"--- ") + 4 : -1]


@pytest.mark.parametrize(
    "change",
    [
        lambda h: h.replace(b"/v1\n", b"/v2\n"),
        lambda h: h.replace(b"\n", b"\r\n"),
        lambda h: h.replace(b"/v1\n", b"/v1\r\n"),
        lambda h: b"\n" + h,
        lambda h: h.replace(b"-> X one two", b"-> X  one two"),
        lambda h: h.replace(b"-> X one two", b"-> X one two "),
        lambda h: h.replace(b"-> X one two", b"->  X one two"),
        lambda h: h.replace(b"-> X one two", b"->X one two"),
        lambda h: h.replace(b"-> X one two", b"-> "),
        lambda h: h.replace(b"-> X one two", b"->"),
        lambda h: h.replace(b"-> X one two", b"X one two"),
        lambda h: h.replace(b"-> X one two", b"-> X one\ttwo"),
        lambda h: h.replace(b"-> X one two", "-> X oné two".encode()),
        lambda h: h.replace(b"-> X one two", b"-> X on\x7f two"),
        lambda h: h.replace(b"-> X one two", b"-> X " + b"a" * 10_000),
        lambda h: h.replace(LINE + b"\n", LINE),
        lambda h: h.replace(LINE + b"\n", b"A" * 65 + b"\n"),
        lambda h: h.replace(LINE + b"\n", LINE + LINE + b"=\n"),
        lambda h: h.replace(LINE + b"\n", LINE + b"AA==\n"),
        lambda h: h.replace(LINE + b"\n", LINE + b"A\n"),
        lambda h: h.replace(LINE + b"\n", LINE + b"AB\n"),
        lambda h: h.replace(LINE + b"\n", LINE + b"A-_A\n"),
        lambda h: h.replace(LINE + b"\n", LINE + b"A A\n"),
        lambda h: h.replace(LINE + b"\n", LINE * 300 + b"\n"),
        lambda h: h.replace(b"--- ", b"---"),
        lambda h: h.replace(b"--- ", b"---  "),
        lambda h: h.replace(b"--- ", b"---- "),
        lambda h: h.replace(MAC, MAC + b"="),
        lambda h: h.replace(MAC, MAC[:-1] + b"B"),
        lambda h: h.replace(MAC, MAC[:-2]),
        lambda h: h.replace(MAC, b64encode(bytes(33))),
        lambda h: h.replace(MAC + b"\n", MAC),
        lambda h: h.replace(MAC + b"\n", MAC + b" \n"),
        lambda h: header.INTRO + h[h.index(b"---") :],
        lambda h: header.INTRO + b"-> X\n\n" * 300 + h[h.index(b"---") :],
        lambda _: b"",
    ],
)
def test_what_the_grammar_does_not_allow_is_refused(change: Callable[[bytes], bytes]) -> None:
    assert change(WHOLE) != WHOLE
    with pytest.raises(SealError):
        parsed(change(WHOLE))


@pytest.mark.parametrize("length", range(len(WHOLE)))
def test_a_header_cut_anywhere_is_refused(length: int) -> None:
    with pytest.raises(SealError):
        parsed(WHOLE[:length])


HYBRID = stanzas.wrap(FILE_KEY, IDENTITY.recipient)


def file_of(*parts: Stanza) -> bytes:
    """A whole file with an empty payload, properly authenticated."""
    nonce, box = bytes(16), bytearray(16)
    Payload(FILE_KEY, nonce).seal(0, memoryview(b""), memoryview(box), final=True)
    return header.encode(parts, FILE_KEY) + nonce + box


def changed(arguments: tuple[str, ...] = HYBRID.arguments, body: bytes = HYBRID.body) -> Stanza:
    return Stanza(arguments=arguments, body=body)


def test_a_stanza_of_an_unknown_kind_is_passed_over() -> None:
    unknown = Stanza(arguments=("example.com-grease", "x"), body=b"?")
    assert unseal(file_of(unknown, HYBRID, unknown), IDENTITY) == b""


@pytest.mark.parametrize("kind", sorted(stanzas.CLASSIC))
def test_hybrid_and_classic_recipients_do_not_mix(kind: str) -> None:
    classic = Stanza(arguments=(kind, "x"), body=bytes(32))
    for parts in ((classic, HYBRID), (HYBRID, classic)):
        with pytest.raises(SealError, match="hybrid and to classic"):
            unseal(file_of(*parts), IDENTITY)


@pytest.mark.parametrize(
    "malformed",
    [
        changed(arguments=HYBRID.arguments[:1]),
        changed(arguments=(*HYBRID.arguments, "more")),
        changed(arguments=(HYBRID.kind, HYBRID.arguments[1] + "==")),
        changed(arguments=(HYBRID.kind, HYBRID.arguments[1][:-4])),
        changed(body=HYBRID.body[:-1]),
        changed(body=HYBRID.body + b"+"),
    ],
)
def test_a_malformed_hybrid_stanza_is_refused_even_beside_a_good_one(malformed: Stanza) -> None:
    with pytest.raises(SealError):
        unseal(file_of(malformed, HYBRID), IDENTITY)


def test_a_header_that_another_made_with_the_same_stanza_is_refused() -> None:
    forged = header.encode([HYBRID], bytes(16)) + file_of(HYBRID)[-32:]
    with pytest.raises(SealError, match="header has been changed"):
        unseal(forged, IDENTITY)
