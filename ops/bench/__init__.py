"""Benchmarks: each figure has one definition, and a number means the same to whoever runs it.

A benchmark is one file `ops/bench/NAME.py` with a `BENCH`, and its NAME in `ops/bench/registry.py`.
"""
