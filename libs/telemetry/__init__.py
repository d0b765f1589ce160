"""What operators see: logs, metrics, traces, probes. The only importer of their SDKs."""
