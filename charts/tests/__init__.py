"""Tests of the chart: rendered by Helm, read as Kubernetes reads it; no network, no cluster."""
