"""`linli up` with a certificate of its own, and `linli call` that trusts it and shows one, too."""

import tempfile
from pathlib import Path

from e2e.journeys.cities import platform_in
from libs.testkit.certificates import Authority
from libs.testkit.commands import linli


def test_a_platform_that_speaks_tls_is_called_over_tls() -> None:
    with tempfile.TemporaryDirectory(prefix="linli-test-call-") as made:
        folder = Path(made)
        folder.chmod(0o755)
        authority = Authority(folder)
        its, ours = authority.sign("server", "127.0.0.1"), authority.sign("operator")
        told = {
            "LINLI_TLS_CERT": str(its.certificate),
            "LINLI_TLS_KEY": str(its.key),
            "LINLI_TLS_CLIENT_CA": str(authority.file),
        }
        with platform_in(folder / "up", told) as platform:
            platform.start()
            asked = ("--data", str(platform.data), "operations.ListParkedEvents", '{"service": "cases"}')
            shown = ("--cert", str(ours.certificate), "--key", str(ours.key))

            trusting = linli("call", "--ca", str(authority.file), *shown, *asked)
            in_the_clear = linli("call", *asked)

        assert (trusting.returncode, trusting.stdout.strip()) == (0, "{}"), trusting.stderr
        assert in_the_clear.returncode == 1
        assert "if it uses TLS, give --ca" in in_the_clear.stderr
