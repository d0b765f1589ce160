"""What the platform is watched by: Prometheus rules and Grafana dashboards, made from code."""
