#!/usr/bin/env bash
# Usage: ops/locks/compile.sh [--upgrade] [--torch-index URL] [NAME]...
#
# Writes NAME.txt from NAME.in for each NAME (default: all). Versions already locked are kept as long as NAME.in allows
# them; with --upgrade all are chosen anew. torch's CPU build comes from where ops/up takes it. images/NAME are the locks of
# Dockerfile.gpu: those for a card take torch's build for CUDA, which is on PyPI, and no other place is asked for it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=ops/bootstrap.sh
source ops/bootstrap.sh

options=(--quiet --generate-hashes --no-emit-index-url --no-emit-find-links
    --custom-compile-command ops/locks/compile.sh
    --python-version 3.11 --python-platform x86_64-manylinux_2_28)
while [[ ${1-} == --* ]]; do
    case $1 in
        --upgrade) options+=(--upgrade) ;;
        --torch-index) (($# > 1)) || fail "--torch-index needs a URL or a folder"; torch_index=$2; shift ;;
        *) fail "unknown option $1" ;;
    esac
    shift
done
(($#)) || set -- uv main tts vllm pipecat livekit riva riva219 \
    images/{gateway,asr-cpu,llm-cpu,tts-cpu,asr-gpu,llm-gpu,tts-gpu}

# NAME: in ops/locks, so that a lock names its sources by file name only; a subshell, so that nobody else is there.
compile() (
    local overrides=overrides.txt
    cd ops/locks
    [[ ! -f $1-overrides.txt ]] || overrides=$1-overrides.txt
    "$uv" pip compile "${options[@]}" --override "$overrides" "${index_options[@]}" "$1.in" -o "$1.txt"
)

check_platform
find_python
make_pip
make_uv
uv=$PWD/$uv
for name in "$@"; do
    # No extra indexes: a mirror that holds only some files of a version would leave the hashes of the others out. No
    # links for a card: torch's build for CPUs, which lies there, would win over PyPI's of the same version.
    places=(index-url find-links)
    [[ $name != *-gpu ]] || places=(index-url)
    read_pip_settings "${places[@]}"
    step "ops/locks/$name.txt" compile "$name"
done
