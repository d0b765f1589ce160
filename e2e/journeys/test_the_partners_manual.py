"""What the partners' manual tells a newcomer to type works as it stands there."""

import re
import sys
from pathlib import Path

from e2e.journeys.manual import PROTO, programs, registered, run
from e2e.journeys.town import Town


def test_a_partner_gets_from_nothing_to_an_opened_case(town: Town, tmp_path: Path) -> None:
    client_id, client_secret = registered(town)["Leak sensors"]
    [text] = programs("python")
    program = tmp_path / "report.py"
    program.write_text(text, "utf-8")

    ran = run(
        [sys.executable, str(program)],
        PYTHONPATH=str(_stubs(tmp_path)),
        LINLI_ADDRESS=str(town.platform.where),
        LINLI_CLIENT_ID=client_id,
        LINLI_CLIENT_SECRET=client_secret,
    )

    opened = re.fullmatch(r"opened (\S+) for lin-office at revision \S+", ran.splitlines()[0])
    assert opened is not None, ran
    assert ran.count(" due ") == 4
    assert f"['{opened.group(1)}']" in ran
    assert re.search(rf"^\d+ \S+ {opened.group(1)}$", ran, re.MULTILINE), ran


def _stubs(folder: Path) -> Path:
    """The stubs that the manual has a partner generate."""
    stubs = folder / "stubs"
    stubs.mkdir()
    protos = sorted(str(path.relative_to(PROTO)) for path in PROTO.rglob("*.proto"))
    out = [f"--python_out={stubs}", f"--grpc_python_out={stubs}"]
    run([sys.executable, "-m", "grpc_tools.protoc", f"-I{PROTO}", *out, *protos])
    return stubs
