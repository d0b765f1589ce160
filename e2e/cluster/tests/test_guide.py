"""What tests run of OPERATING.md is what stands there."""

import subprocess

import pytest

from e2e.cluster.guide import GUIDE, blocks

TEXT = """\
# A guide
```bash
kubectl get pods
```
## Then
```yaml
a: 1
```
text
```bash
first
second
```
### And then
```bash
third
```
"""


def test_a_script_belongs_to_the_heading_above_it() -> None:
    assert blocks("Then", "bash", TEXT) == ["first\nsecond\n"]
    assert blocks("Then", "yaml", TEXT) == ["a: 1\n"]


def test_a_heading_that_is_not_there_is_an_error() -> None:
    with pytest.raises(ValueError, match="Elsewhere"):
        blocks("Elsewhere", "bash", TEXT)


@pytest.mark.process
def test_every_script_of_the_guide_can_be_read_by_the_shell() -> None:
    whole = GUIDE.read_text("utf-8")
    headings = [line.lstrip("# ") for line in whole.splitlines() if line.startswith("##")]
    scripts = [script for heading in headings for script in blocks(heading, "bash", whole)]

    assert scripts
    for script in scripts:
        subprocess.run(["bash", "-n", "-c", script], check=True)
