"""A certificate for the mail catcher of compose.yaml, so that mail crosses even this network under TLS, as production demands.

Runs in the service's image. Writes `mail.pem` and `mail.key`, and `authorities.pem`: the system's authorities and this certificate.
Keeps a certificate that is there.
"""

from __future__ import annotations

import ssl
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

LIFE: Final = timedelta(days=3650)
CERTIFICATE: Final = "mail.pem"
KEY: Final = "mail.key"
AUTHORITIES: Final = "authorities.pem"


def make(folder: Path, host: str) -> None:
    """Make the three files for a host's name."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + LIFE)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    encoded = certificate.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / KEY).touch(mode=0o600)
    (folder / KEY).write_bytes(private)
    (folder / AUTHORITIES).write_bytes(_system_authorities() + encoded)
    (folder / CERTIFICATE).write_bytes(encoded)


def _system_authorities() -> bytes:
    """Those that would count without SSL_CERT_FILE: a real mail server needs them."""
    file = ssl.get_default_verify_paths().openssl_cafile
    return Path(file).read_bytes() if Path(file).is_file() else b""


def main(folder: Path, host: str) -> None:
    """Make what is not there."""
    if (folder / CERTIFICATE).exists():
        sys.stdout.write(f"kept {folder / CERTIFICATE}\n")
        return
    make(folder, host)
    sys.stdout.write(f"made {folder / CERTIFICATE} for {host}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
