"""The suite's asserts explain themselves, as those of a test file do."""

import pytest

pytest.register_assert_rewrite("tests.contract.asr.suite")
