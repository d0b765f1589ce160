"""The one query that several dashboards share."""


def quantile(share: str, metric: str, by: str, where: str = "") -> str:
    """A quantile of a histogram by one label, over five minutes."""
    return f"histogram_quantile({share}, sum by (le, {by}) (rate({metric}_bucket{{{where}}}[5m])))"
