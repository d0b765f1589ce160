"""Tests of the cluster's own parts, and what is judged on it (`make e2e-cluster`)."""
