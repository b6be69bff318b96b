"""`ops/bootstrap.sh` on other machines than this, by stand-ins for what it calls; and the locks."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = [path.with_suffix(".txt") for path in sorted((ROOT / "ops/locks").glob("*.in"))]


class Clone:
    """A folder with the scripts and locks of a clone, and commands that stand in for the machine's."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.commands = folder / "commands"
        self.commands.mkdir(parents=True)
        (folder / "ops/locks").mkdir(parents=True)
        for name in ["ops/bootstrap.sh", "ops/up", "ops/test", "pyproject.toml"]:
            (folder / name).write_bytes((ROOT / name).read_bytes())
        for lock in LOCKS:
            (folder / "ops/locks" / lock.name).write_bytes(lock.read_bytes())

    def command(self, path: str, script: str) -> None:
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"#!/bin/sh\n{script}\n")
        file.chmod(0o755)

    def run(self, script: str) -> subprocess.CompletedProcess[str]:
        environ = {"HOME": str(self.folder), "PATH": f"{self.commands}:{os.environ['PATH']}"}
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=self.folder,
            env=environ,
            capture_output=True,
            text=True,
            check=False,
        )

    def call(self, script: str) -> subprocess.CompletedProcess[str]:
        return self.run(f"source ops/bootstrap.sh; {script}")


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    return Clone(tmp_path)


def test_help_needs_nothing(clone: Clone) -> None:
    for command in ["uname", "python3", "python3.11", "flock"]:
        clone.command(f"commands/{command}", "exit 9")
    shown = clone.run("bash ops/up --help")
    assert shown.returncode == 0
    assert "--torch-index URL" in shown.stdout


@pytest.mark.parametrize("script", ["ops/up", "ops/test"])
def test_another_platform_is_refused_in_one_sentence(clone: Clone, script: str) -> None:
    clone.command("commands/uname", '[ "$1" = -s ] && echo Darwin || echo arm64')
    refused = clone.run(f"bash {script}")
    assert refused.returncode == 1
    assert refused.stderr == (
        f"{script}: Antiphon runs on Linux x86-64; this machine is Darwin arm64\n"
    )


@pytest.mark.parametrize("script", ["ops/up", "ops/test"])
def test_an_option_without_its_value_is_refused(clone: Clone, script: str) -> None:
    refused = clone.run(f"bash {script} --torch-index")
    assert refused.returncode == 1
    assert refused.stderr == f"{script}: --torch-index needs a URL or a folder\n"


def test_who_may_not_install_packages_is_told_the_command(clone: Clone) -> None:
    clone.command("commands/id", "echo 1000")
    refused = clone.call("python=; check_system_packages main")
    assert refused.returncode == 1
    assert (
        "run: sudo apt-get update && sudo apt-get install --yes python3.11-venv" in refused.stderr
    )


@pytest.mark.parametrize(
    ("script", "names"), [("ops/up", []), ("ops/test", ["chromium", "nodejs", "npm", "shellcheck"])]
)
def test_what_only_the_checks_need_is_asked_for_by_them_only(
    clone: Clone, script: str, names: list[str]
) -> None:
    for command in ["bash", "dirname", "grep", "uname"]:
        clone.command(f"few/{command}", f'exec {shutil.which(command)} "$@"')
    clone.command("few/apt-get", "exit 9")
    clone.command("few/id", "echo 1000")
    told = clone.run(f'PATH="$PWD/few" bash {script}')
    asked = told.stderr.split("--yes ")[1].split()
    assert "espeak-ng" in asked
    assert [name for name in asked if name in ("chromium", "nodejs", "npm", "shellcheck")] == names


def test_pip_settings_reach_uv_in_pips_order(clone: Clone) -> None:
    clone.command(
        ".uv/bin/python",
        r"""cat <<'SAID'
:env:.find-links='/wheels /more'
global.extra-index-url='https://a.example/simple\nhttps://b.example/simple'
global.find-links='/not-this'
global.index-url='https://not-this.example/simple'
install.index-url='https://c.example/simple'
global.cert='/ca.crt'
SAID""",
    )
    told = clone.call(
        "read_pip_settings index-url extra-index-url find-links;"
        'echo "${index_options[@]}" "$SSL_CERT_FILE"'
    )
    assert told.stdout == (
        "--index-url https://c.example/simple "
        "--extra-index-url https://a.example/simple --extra-index-url https://b.example/simple "
        "--find-links /wheels --find-links /more --index-strategy unsafe-best-match /ca.crt\n"
    )


@pytest.mark.parametrize(
    ("said", "refusal"),
    [
        ("Available versions: 2.14.0, 2.13.0+cpu, 2.13.0", None),
        ("Available versions: 2.14.0, 2.13.0", "--torch-index https://download.pytorch.org/"),
        ("ERROR: No matching distribution found for torch", "no package index answers pip"),
    ],
)
def test_torch_is_asked_for_before_it_is_fetched(
    clone: Clone, said: str, refusal: str | None
) -> None:
    clone.command(".uv/bin/python", f"echo '{said}'")
    answer = clone.call("torch_options=(); check_torch main tts")
    if refusal is None:
        assert (answer.returncode, answer.stderr) == (0, "")
    else:
        assert answer.returncode == 1
        assert refusal in answer.stderr


def test_an_environment_is_current_until_what_made_it_changes(clone: Clone) -> None:
    python = f"python={sys.executable};"
    stamp = f"{python} mkdir -p .venv; lock_stamp main >.venv/.lock-stamp;"
    assert clone.call(f"{stamp} is_current main").returncode != 0  # interrupted before the end
    assert (
        clone.call(f"{stamp} project_stamp >.venv/.project-stamp; is_current main").returncode == 0
    )
    for name in ["ops/locks/main.txt", "pyproject.toml"]:
        before = (clone.folder / name).read_bytes()
        (clone.folder / name).write_bytes(before + b"# changed\n")
        assert clone.call(f"{python} is_current main").returncode != 0
        (clone.folder / name).write_bytes(before)
    moved = clone.folder.with_name("moved")
    clone.folder.rename(moved)
    clone.folder = moved
    assert clone.call(f"{python} is_current main").returncode != 0


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_a_lock_has_hashes_and_names_no_place(lock: Path) -> None:
    text = lock.read_text()
    assert not re.search(r"://|--(extra-)?index-url|--find-links|(^|\s)/", text)
    requirements = re.findall(
        r"^([a-z0-9._-]+==\S+)( \\\n +--hash=sha256:[0-9a-f]{64})?", text, re.M
    )
    assert requirements
    assert [name for name, hashed in requirements if not hashed] == []


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_no_lock_pulls_in_cuda(lock: Path) -> None:
    names = dict(re.findall(r"^([a-z0-9._-]+)==(\S+)", lock.read_text(), re.M))
    cuda = {"torchaudio", "torchcodec", "torchvision", "triton"}
    theirs = {name for name in names if name.startswith(("nvidia", "cuda"))}
    assert not theirs - {"nvidia-ml-py", "nvidia-riva-client"} | names.keys() & cuda
    assert names.get("torch", "+cpu").endswith("+cpu")
    assert "torch" not in names or lock.stem in ("tts", "vllm")
