"""`python -m e2e.cluster.ahead`: fetch from Debian what a node and the images need.

CI runs it while pip installs what the project needs, so nothing but Python's own library is imported.
What is missing is no error yet: whoever needs it later says so.
"""

from e2e.cluster import needs
from e2e.cluster.cache import folder
from e2e.cluster.image.base import REGISTRY_BASE, kept_base, make_base
from e2e.cluster.image.builder import find
from e2e.cluster.needs import Missing


def main() -> None:
    """Install packages; make the base of the images where their registry does not answer."""
    try:
        needs.check()
        needs.install(print, image=True)
        if not find().pulls(REGISTRY_BASE):
            make_base(kept_base(folder()))
    except Missing as missing:
        print(missing)


if __name__ == "__main__":
    main()
