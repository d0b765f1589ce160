"""What `linli cluster` itself is configured with."""

from dataclasses import dataclass

from libs.runtime.config import addresses
from libs.runtime.config.settings import Secret, setting

POSTGRES = "--postgres (LINLI_POSTGRES_URL)"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterSettings:
    """What the cluster itself is told."""

    postgres_url: Secret[str] = setting(
        Secret(""), doc="PostgreSQL server, with a user that may create databases"
    )
    database_password: Secret[str] = setting(
        Secret(""), doc="its password, if the address does not contain it"
    )
    broker_url: Secret[str] = setting(Secret(""), doc="RabbitMQ: amqp://user:password@host:port/vhost")
    broker_password: Secret[str] = setting(Secret(""), doc="its password, if the address does not contain it")
    cell: str = setting("demo", doc="name of this cell")
    log_level: str = setting("info", doc="how much is logged")

    @property
    def postgres(self) -> str:
        """The server's whole address; "" for the bundled one."""
        url, password = self.postgres_url.reveal(), self.database_password.reveal()
        return url and addresses.database(url, password, named=POSTGRES)

    @property
    def broker(self) -> str:
        """The broker's whole address; "" for a node of our own."""
        return addresses.broker(self.broker_url.reveal(), self.broker_password.reveal())

    def __post_init__(self) -> None:
        """Addresses that cannot be read are refused."""
        _ = self.postgres, self.broker
