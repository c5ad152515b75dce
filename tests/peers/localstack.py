"""LocalStack as an S3 server on loopback; it enforces every object lock."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import pytest

PYTHON = Path(__file__).parents[2] / ".tools" / "localstack" / "bin" / "python"
SECONDS_TO_START = 120
KEYS = {"aws_access_key_id": "made", "aws_secret_access_key": "up"}


@contextmanager
def localstack() -> Iterator[str]:
    """The address of a server that runs until the block ends; skips where it isn't installed."""
    if not PYTHON.exists():
        pytest.skip("LocalStack is not there: .ci/install-localstack .tools/localstack gets it")
    with TemporaryDirectory() as directory, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        address = f"http://127.0.0.1:{port}"
        process = subprocess.Popen(  # noqa: S603
            (PYTHON, "-m", "localstack.runtime.main"),
            env=_environment(port, directory),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            _wait(process, f"{address}/_localstack/health")
            yield address
        finally:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _environment(port: int, directory: str) -> dict[str, str]:
    return os.environ | {
        "SERVICES": "s3",
        "GATEWAY_LISTEN": f"127.0.0.1:{port}",
        "EAGER_SERVICE_LOADING": "1",
        "DISABLE_EVENTS": "1",
        "SKIP_SSL_CERT_DOWNLOAD": "1",
        "DNS_ADDRESS": "0",
        # Else it writes below /var/lib when it believes itself in a container.
        "OVERRIDE_IN_DOCKER": "0",
        "FILESYSTEM_ROOT": directory,
        "TMPDIR": directory,
    }


def _wait(process: subprocess.Popen[bytes], health: str) -> None:
    until = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < until:
        assert process.poll() is None, "LocalStack ended while starting"
        try:
            if httpx.get(health, timeout=5).is_success:
                return
        except httpx.HTTPError:
            time.sleep(0.2)
    pytest.fail("LocalStack was not ready in time")
