"""What identity is told, besides what every service is told."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from libs.notify import sms, smtp
from libs.notify.connections import strict_tls
from libs.notify.letter_font import FONT, PACKAGE
from libs.notify.safe_addresses import SafeAddresses, networks
from libs.notify.sms import SmsSettings
from libs.notify.smtp import SmtpSettings
from libs.notify.standard_webhooks import key_of
from libs.rpc.keys import SigningKey
from libs.rules.zones import is_zone
from libs.runtime.config.settings import Secret, setting


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentitySettings:
    """Read from LINLI_IDENTITY_<FIELD>; a secret better from LINLI_IDENTITY_<FIELD>_FILE."""

    signing_key: Secret[str] = setting(
        doc="Ed25519 key (PKCS #8 PEM) from which the keys that sign tokens are derived"
    )
    developer_password: Secret[str] | None = setting(
        None, doc="for trying out: makes `developer` the first operator, with this password"
    )
    source_keys: Path | None = setting(
        None,
        doc="folder with the relays' public keys (PEM): `<service>.pem`, with several while a key changes",
    )
    time_zone: str = setting(
        "Asia/Shanghai", doc="IANA time zone of moments in notices, for people who have chosen none"
    )
    smtp_url: str = setting(
        "",
        doc="mail server for notices: smtp://user@host:587 (STARTTLS) or smtps://user@host:465 (empty: none)",
    )
    smtp_password: Secret[str] = setting(Secret(""), doc="its password")
    smtp_ca: Path | None = setting(
        None, doc="CA certificates for the mail server (PEM file; not set: the system's list)"
    )
    mail_from: str = setting("", doc="sender of notices by e-mail, such as Linli <linli@example.org>")
    mail_unsubscribe: str = setting(
        "", doc="where people change how they are told, as mailto: or https: (List-Unsubscribe; empty: none)"
    )
    sms_url: str = setting(
        "", doc="gateway for notices by text message: https://sms.example.org/messages (empty: none)"
    )
    sms_secret: Secret[str] = setting(
        Secret(""), doc="signs what it gets: whsec_ and the base64 of 24 to 64 random bytes"
    )
    sms_ca: Path | None = setting(
        None, doc="CA certificates for the gateway (PEM file; not set: the system's list)"
    )
    sign_up: bool = setting(
        False, doc="let residents sign up by themselves, with a code by e-mail or text message"
    )
    second_factor: bool = setting(
        False, doc="let staff (all but residents and volunteers) log in only with a second factor"
    )
    messages: Path | None = setting(
        None,
        doc="for trying out: folder for one-time codes in clear, where no mail server or gateway is set",
    )
    letter_sender: str = setting(
        "",
        doc="name and address, in one line, of the office that sends letters (empty: there are no letters)",
    )
    letter_font: Path = setting(
        FONT, doc=f"TrueType font of letters, with Chinese and Latin letters (Debian's {PACKAGE})"
    )
    webhook_networks: str = setting(
        "",
        doc="internal networks to which webhooks may go, besides public addresses: 10.20.0.0/16, fd12::/32",
    )
    webhook_refused_networks: str = setting(
        "", doc="networks to which no webhook goes: the cluster's own, where their addresses are public"
    )
    webhook_ca: Path | None = setting(
        None, doc="CA certificates for endpoints of webhooks (PEM file; not set: the system's list)"
    )
    incident_authority_limit: timedelta = setting(
        timedelta(hours=72),
        doc="how long after an incident with personal data was noticed the authority is to be notified",
        minimum=60,
        maximum=2_592_000,
    )
    incident_persons_limit: timedelta = setting(
        timedelta(hours=72),
        doc="the same of the persons concerned, if the risk is high",
        minimum=60,
        maximum=2_592_000,
    )
    incident_retention: timedelta = setting(
        timedelta(days=1096),
        doc="how long the texts of an incident are kept after it was closed; then they are erased",
        minimum=86400,
        maximum=1_577_880_000,
    )
    login_lifetime: timedelta = setting(
        timedelta(hours=8), doc="how long a person's token counts", minimum=60, maximum=86400
    )
    client_lifetime: timedelta = setting(
        timedelta(hours=1), doc="how long a client's token counts", minimum=60, maximum=86400
    )

    def __post_init__(self) -> None:
        """Refuses an unusable signing key, time zone, mail, gateway or webhook setting at the start."""
        if not is_zone(self.time_zone):
            raise ValueError(f"LINLI_IDENTITY_TIME_ZONE: {self.time_zone!r} is no IANA time zone")
        checks: Mapping[str, Callable[[], object]] = {
            "SMTP_URL": lambda: self.smtp,
            "SMTP_CA": lambda: strict_tls(self.smtp_ca),
            "SMS_SECRET": lambda: self._sms_key,
            "SMS_URL": lambda: self.sms,
            "SMS_CA": lambda: strict_tls(self.sms_ca),
            "WEBHOOK_NETWORKS": lambda: networks(self.webhook_networks),
            "WEBHOOK_REFUSED_NETWORKS": lambda: networks(self.webhook_refused_networks),
            "WEBHOOK_CA": lambda: strict_tls(self.webhook_ca),
        }
        for name, check in checks.items():
            try:
                check()
            except (ValueError, OSError) as error:
                raise ValueError(f"LINLI_IDENTITY_{name}: {error}") from None
        try:
            SigningKey.from_pem(self.signing_key.reveal().encode())
        except ValueError as error:
            raise ValueError(f"LINLI_IDENTITY_SIGNING_KEY: {error}") from error

    @property
    def smtp(self) -> SmtpSettings | None:
        """The mail server; None: there is none. Raises ValueError where an address cannot be used."""
        if not self.smtp_url:
            return None
        return smtp.settings_of(
            self.smtp_url,
            self.smtp_password.reveal(),
            self.mail_from,
            unsubscribe=self.mail_unsubscribe,
            authority=self.smtp_ca,
        )

    @property
    def sms(self) -> SmsSettings | None:
        """The gateway for text messages; None: there is none. Raises ValueError where it cannot be used."""
        if not self.sms_url:
            return None
        return sms.settings_of(self.sms_url, self._sms_key, authority=self.sms_ca)

    @property
    def _sms_key(self) -> bytes:
        """What signs text messages; nothing where there is no gateway. Raises ValueError."""
        return key_of(self.sms_secret.reveal()) if self.sms_url else b""

    @property
    def safe_addresses(self) -> SafeAddresses:
        """Where webhooks may go."""
        return SafeAddresses(
            allowed=networks(self.webhook_networks), refused=networks(self.webhook_refused_networks)
        )

    @property
    def longest_lifetime(self) -> timedelta:
        """How long any token may still be in use."""
        return max(self.login_lifetime, self.client_lifetime)
