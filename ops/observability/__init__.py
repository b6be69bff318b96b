"""What watches the appliance: Prometheus's rules, Grafana's dashboards, and the run that proves them."""
