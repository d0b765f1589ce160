"""The certificates of a gRPC port: gRPC asks before every handshake whether there are new ones."""

import grpc

from libs.telemetry.certificates import Certificates


def credentials(certificates: Certificates) -> grpc.ServerCredentials:
    """What gRPC serves by. Raises `CertificatesUnusable`."""
    certificates.load()  # gRPC itself would take any files, and then fail every handshake

    def renewed() -> grpc.ServerCertificateConfiguration | None:
        return None if certificates.renewed() is None else _read(certificates)

    return grpc.dynamic_ssl_server_credentials(
        _read(certificates),
        renewed,  # type: ignore[arg-type]  # None means "as before", which its types forget
        require_client_authentication=certificates.client_ca is not None,
    )


def _read(given: Certificates) -> grpc.ServerCertificateConfiguration:
    roots = None if given.client_ca is None else given.client_ca.read_bytes()
    return grpc.ssl_server_certificate_configuration(
        [(given.key.read_bytes(), given.chain.read_bytes())], root_certificates=roots
    )
