"""The font of letters, unless another one is chosen."""

from pathlib import Path

PACKAGE = "fonts-wqy-microhei"
FONT = Path("/usr/share/fonts/truetype/wqy/wqy-microhei.ttc")
"""That of Debian's package: Chinese and Latin letters, under the Apache licence."""
