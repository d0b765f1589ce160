"""The Helm chart, what writes its reference out of its values, and its tests."""
