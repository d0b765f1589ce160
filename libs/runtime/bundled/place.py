"""The data folder of a platform that brings its own servers: where its secrets and its addresses lie."""

import json
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where an embedded platform lives: its data folder, its ports (0: any free one), its cell's name."""

    data: Path
    grpc_port: int = 7400
    http_port: int = 7480
    cell: str = "demo"

    @property
    def postgres(self) -> Path:
        """The folder of the bundled PostgreSQL's data, if one runs here."""
        return self.data / "postgres"

    @property
    def operator_secret(self) -> Path:
        """The file with the password of `developer`, the first operator, made at the first start."""
        return self.data / "operator.secret"

    @property
    def master_key(self) -> Path:
        """The file with the key that wraps the keys of personal data."""
        return self.data / "master.key"

    @property
    def key_store(self) -> Path:
        """The folder with the keys of buckets of persons: an erasure overwrites what it destroys there."""
        return self.data / "keys"

    @property
    def signing_key(self) -> Path:
        """The file with the key that signs tokens."""
        return self.data / "signing.pem"

    @property
    def messages(self) -> Path:
        """The folder with the one-time codes that an embedded platform sends."""
        return self.data / "messages"

    def relay_key(self, service: str) -> Path:
        """The file with the key that signs the batches of a service's relay."""
        return self.data / "relay" / f"{service}.pem"

    @property
    def source_keys(self) -> Path:
        """The folder with the public halves, which identity publishes."""
        return self.data / "relay" / "public"

    @property
    def address(self) -> Path:
        """The file that says where the running platform serves gRPC."""
        return self.data / "grpc.address"

    @property
    def addresses(self) -> Path:
        """The file that says where each service of the running cluster is."""
        return self.data / "addresses.json"

    def grpc_addresses(self) -> dict[str, str]:
        """Where each service of the cluster that ran last in the folder serves gRPC."""
        told = json.loads(self.addresses.read_text(encoding="utf-8"))
        return {name: of["grpc"] for name, of in told.items()}
