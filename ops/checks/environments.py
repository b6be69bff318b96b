"""The interpreters, and which tests each of them runs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ops.settings import REPOSITORY

TESTS = "tests"


@dataclass(frozen=True, slots=True)
class Environment:
    """An interpreter and, as patterns under the repository, the tests that need its packages."""

    name: str
    folder: str
    patterns: tuple[str, ...]
    processes: int = 1  # that share the tests, a file at a time
    both_cores: bool = True

    @property
    def python(self) -> Path:
        """The interpreter, made by `ops/test`."""
        return REPOSITORY / self.folder / "bin/python"

    def tests(self) -> list[str]:
        """Return the files and folders that match, as pytest takes them."""
        found = {path for pattern in self.patterns for path in REPOSITORY.glob(pattern)}
        return sorted(str(path.relative_to(REPOSITORY)) for path in found)


# Most of its time is waiting, as its callers do: for speech that is played as fast as it was spoken.
MAIN = Environment("main", ".venv", (TESTS,), processes=2)
# With all real engines nothing else runs: they take both cores, and would hear too late what is said in real
# time. The rest needs torch and Coqui, or vLLM; every other test runs in `main`. The environments of clients
# under test have no pytest: tests in `main` run a client by its own interpreter (`tests/clients`).
OTHERS = (
    Environment("end_to_end", ".venv", ("tests/end_to_end",)),
    Environment(
        "tts",
        ".venv-tts",
        (
            "tests/inference/tts",
            "tests/models/convert/test_piper_to_coqui.py",
            "tests/gpu/test_voice.py",
        ),
        both_cores=False,
    ),
    # One run of pytest, so that vLLM starts once for both.
    Environment(
        "vllm",
        ".venv-vllm",
        ("tests/inference/llm/test_vllm*.py", "tests/contract/llm/test_vllm*.py"),
        both_cores=False,
    ),
)


def selection(environment: Environment) -> list[str]:
    """Return pytest's arguments that choose the tests of one environment; empty where it has none."""
    if environment is not MAIN:
        return environment.tests()
    others = [path for other in OTHERS for path in other.tests()]
    return [TESTS, *(f"--ignore={path}" for path in others)]
