"""What an image says of itself is read in the sandbox, and given as no more than its word."""

import json
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import c2pa
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tests.support import samples
from vault.age import Identity
from vault.derivatives.make import ready
from vault.intake import seal_file
from vault.metadata import read_metadata
from vault.store import DirectoryStore

NOW = datetime.now(UTC)
CREATED = {
    "action": "c2pa.created",
    "digitalSourceType": "http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture",
}


@pytest.fixture(autouse=True)
async def sandbox() -> None:
    if problem := await ready():
        pytest.skip(problem)


async def read(folder: Path, content: bytes) -> Mapping[str, Any] | None:
    async def stream() -> AsyncIterator[bytes]:
        yield content

    store, recipient = DirectoryStore(folder / "store"), Identity.generate().recipient
    return await read_metadata(await seal_file(store, recipient, stream(), largest=1 << 24))


async def test_place_and_device_are_read_from_a_photo(tmp_path: Path) -> None:
    said = await read(tmp_path, samples.with_place(samples.photo(tmp_path)))
    assert said == {
        "exif": {"make": "ACM", "latitude": "12.100000", "longitude": "8.500000"},
        "c2pa": None,
    }


async def test_a_photo_that_says_nothing_gives_nothing(tmp_path: Path) -> None:
    assert await read(tmp_path, samples.photo(tmp_path)) == {"exif": {}, "c2pa": None}


async def test_what_is_no_image_is_not_read(tmp_path: Path) -> None:
    assert await read(tmp_path, b"%PDF-1.4") is None


@pytest.mark.parametrize("cut", [30, 120, 300])
async def test_a_photo_that_is_spoilt_is_kept_all_the_same(tmp_path: Path, cut: int) -> None:
    photo = samples.with_place(samples.photo(tmp_path))[:cut]
    assert set((await read(tmp_path, photo)) or ()) <= {"exif", "c2pa", "unread"}


async def test_signed_provenance_is_read_and_a_change_is_told(tmp_path: Path) -> None:
    signed = with_provenance(samples.photo(tmp_path))
    said = ((await read(tmp_path, signed)) or {})["c2pa"]
    assert (said["state"], said["issuer"], said["made_with"]) == ("Valid", "Sample", "sample maker")
    changed = bytearray(signed)
    changed[-100] ^= 1
    said = ((await read(tmp_path, bytes(changed))) or {})["c2pa"]
    assert said["state"] == "Invalid"
    assert "assertion.dataHash.mismatch" in said["problems"]


def with_provenance(photo: bytes) -> bytes:
    """The photo with a C2PA manifest, signed by somebody whom no list knows."""
    key = ec.generate_private_key(ec.SECP256R1())
    certificates = _certificates(key)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    signer = c2pa.Signer.from_info(c2pa.C2paSignerInfo(b"es256", certificates, pem, None))
    manifest = {
        "claim_generator_info": [{"name": "sample maker", "version": "1"}],
        "format": "image/jpeg",
        "title": "sample",
        "assertions": [{"label": "c2pa.actions", "data": {"actions": [CREATED]}}],
    }
    made = BytesIO()
    with c2pa.Builder(json.dumps(manifest)) as builder:
        builder.sign(signer, "image/jpeg", BytesIO(photo), made)
    return made.getvalue()


def _certificates(key: ec.EllipticCurvePrivateKey) -> bytes:
    root_key = ec.generate_private_key(ec.SECP256R1())
    root = _name("Sample root")
    authority = (
        _certificate(root, root, root_key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(root_key, hashes.SHA256())
    )
    usage = x509.KeyUsage(
        **dict.fromkeys(
            (
                "content_commitment",
                "key_encipherment",
                "data_encipherment",
                "key_agreement",
                "key_cert_sign",
                "crl_sign",
                "encipher_only",
                "decipher_only",
            ),
            False,
        ),
        digital_signature=True,
    )
    leaf = (
        _certificate(_name("Sample"), root, key.public_key())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False
        )
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()),
            critical=False,
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(root_key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    return leaf.public_bytes(pem) + authority.public_bytes(pem)


def _name(name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, name),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, name),
        ]
    )


def _certificate(
    subject: x509.Name, issuer: x509.Name, public: ec.EllipticCurvePublicKey
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=9))
    )
