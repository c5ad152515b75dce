"""Stanzas for hybrid recipients: the file key under HPKE (RFC 9180) with MLKEM768-X25519.

A file with a hybrid and a classic recipient would be as weak as the classic one: refused.
"""

from collections.abc import Iterable

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from vault.age.classic import ClassicRecipient
from vault.age.header import Stanza, from_base64, to_base64
from vault.age.hybrid import Identity, Recipient
from vault.errors import SealError

HYBRID = "mlkem768x25519"
CLASSIC = frozenset({"X25519", "p256tag", "piv-p256", "scrypt", "ssh-ed25519", "ssh-rsa"})
INFO = b"age-encryption.org/mlkem768x25519"
FILE_KEY = 16
TAG = 16

_suite = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
ENCAPSULATED = KEM.MLKEM768_X25519.enc_length()


def wrap(file_key: bytes, recipient: Recipient | ClassicRecipient) -> Stanza:
    """A stanza that tells neither for whom it is nor, by itself, anything else."""
    if isinstance(recipient, ClassicRecipient):
        return recipient.wrap(file_key)
    sealed = _suite.encrypt(file_key, recipient.key, INFO)
    share, body = sealed[:ENCAPSULATED], sealed[ENCAPSULATED:]
    return Stanza(arguments=(HYBRID, to_base64(share)), body=body)


def unwrap(stanzas: Iterable[Stanza], identity: Identity) -> bytes:
    """The file key.

    Raises:
        SealError: no stanza is for this identity, one is malformed, or kinds are mixed.
    """
    known = {stanza.kind for stanza in stanzas}
    if HYBRID in known and known & CLASSIC:
        raise SealError("a file is sealed to hybrid and to classic recipients")
    for stanza in stanzas:
        if stanza.kind == HYBRID and (file_key := _opened(stanza, identity)):
            return file_key
    raise SealError("a file is not sealed to this identity")


def _opened(stanza: Stanza, identity: Identity) -> bytes | None:
    if len(stanza.arguments) != 2 or len(stanza.body) != FILE_KEY + TAG:  # noqa: PLR2004
        raise SealError("a sealed file's header holds a malformed stanza")
    share = from_base64(stanza.arguments[1])
    if len(share) != ENCAPSULATED:
        raise SealError("a sealed file's header holds a malformed stanza")
    try:
        return _suite.decrypt(share + stanza.body, identity.key, INFO)
    except (InvalidTag, ValueError):
        return None
