"""What needs vLLM is collected in its environment only."""

from __future__ import annotations

from importlib.util import find_spec

collect_ignore = [] if find_spec("vllm") else ["test_vllm_engine.py"]
