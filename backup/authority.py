"""A time-stamping authority of our own for development: it proves nothing to others.

It is `openssl ts` behind a small HTTP server on loopback. Whoever holds its keys, which lie in the
data directory, can make it say any time at all; a deployment sets TIMESTAMP_URLS to a real one.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import threading
from argparse import ArgumentParser
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from backup.processes import Program
from core.errors import ConfigurationError
from core.settings import Settings

NAME = "development timestamp authority (proves nothing to others)"
QUERY, REPLY = "application/timestamp-query", "application/timestamp-reply"
LARGEST = 4096
LIFE = timedelta(days=3650)

# `certs` stays unset: openssl would not put a chain into the order that others insist on.
_CONFIG = """
[tsa]
default_tsa = main
[main]
serial = {directory}/serial
signer_cert = {directory}/authority.pem
signer_key = {directory}/authority.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha512
accuracy = secs:1
ordering = no
tsa_name = yes
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class DevelopmentAuthority:
    """An authority of this machine: the program that runs it, and what others must be told."""

    program: Program
    environment: Mapping[str, str]


def development_authority(settings: Settings) -> DevelopmentAuthority | None:
    """One for trying things out, where no real one is set and openssl is installed."""
    if settings.timestamp_urls is not None or shutil.which("openssl") is None:
        return None
    directory, port = settings.backup_data.resolve() / "timestamps", str(settings.timestamp_port)
    prepare(directory)
    words = (sys.executable, "-m", "backup.authority", "--directory", str(directory))
    return DevelopmentAuthority(
        program=Program(name="timestamps", command=(*words, "--port", port), bare=True),
        environment={
            "TIMESTAMP_CA": str(certificate(directory)),
            "TIMESTAMP_URLS": f"{NAME}=http://127.0.0.1:{port}/",
        },
    )


class Authority(ThreadingHTTPServer):
    """Answers timestamp queries on loopback."""

    daemon_threads = True

    def __init__(self, directory: Path, port: int = 0) -> None:
        """Use the keys in `directory`, made if they aren't there.

        Raises:
            ConfigurationError: openssl is not installed.
        """
        if shutil.which("openssl") is None:
            raise ConfigurationError("openssl is not installed; it is the timestamp authority")
        prepare(directory)
        self.directory = directory.resolve()
        self.turn = threading.Lock()
        super().__init__(("127.0.0.1", port), _Handler)

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.server_port}/"

    def reply(self, query: bytes) -> bytes:
        """The answer to a query; one at a time, for openssl counts in a file."""
        with self.turn, tempfile.TemporaryDirectory() as folder:
            asked, config = Path(folder, "query"), Path(folder, "openssl.cnf")
            asked.write_bytes(query)
            config.write_text(_CONFIG.format(directory=self.directory))
            command = ("openssl", "ts", "-reply", "-config", config, "-queryfile", asked)
            return subprocess.run(command, check=True, capture_output=True).stdout  # noqa: S603


class _Handler(BaseHTTPRequestHandler):
    server: Authority

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", "0"))
        if self.headers.get("Content-Type") != QUERY or length > LARGEST:
            self.send_error(400)
            return
        try:
            answer = self.server.reply(self.rfile.read(length))
        except subprocess.CalledProcessError:
            self.send_error(500)
            return
        self.send_response(200)
        self.send_header("Content-Type", REPLY)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def certificate(directory: Path) -> Path:
    """The certificate in which the authority's chain ends."""
    return directory / "root.pem"


def prepare(directory: Path) -> None:
    """Make a root, and an authority under it, unless they are there."""
    if certificate(directory).exists():
        return
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    root_key, key = generate_private_key(SECP256R1()), generate_private_key(SECP256R1())
    root_name, name = _name(f"{NAME}: root"), _name(NAME)
    root = _builder(root_name, root_name, root_key).add_extension(
        x509.BasicConstraints(ca=True, path_length=0), critical=True
    )
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
    authority = _builder(name, root_name, key).add_extension(usage, critical=True)
    _write(directory / "authority.key", _private(key))
    _write(directory / "authority.pem", _pem(authority, root_key))
    _write(directory / "serial", b"01\n")
    _write(certificate(directory), _pem(root, root_key))  # last: now all of it is there


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _builder(
    subject: x509.Name, issuer: x509.Name, key: EllipticCurvePrivateKey
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + LIFE)
    )


def _pem(builder: x509.CertificateBuilder, key: EllipticCurvePrivateKey) -> bytes:
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)


def _private(key: EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _write(path: Path, content: bytes) -> None:
    path.touch(mode=0o600)
    path.write_bytes(content)


def main() -> int:
    """Answer until stopped: `python -m backup.authority --directory … --port …`."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--directory", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    args = parser.parse_args()
    os.umask(0o077)
    Authority(args.directory, args.port).serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main())
