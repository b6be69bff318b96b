"""The dashboards, as they are described; `ops/generate` writes what Grafana reads."""
