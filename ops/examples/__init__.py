"""Short programs that use a running appliance as its clients do; the tests run each of them.

python -m ops.examples.NAME --help
"""
