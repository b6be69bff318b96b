#!/usr/bin/env bash
# Usage: ops/locks/compile.sh [--upgrade] [--torch-index URL] [NAME]...
#
# Writes NAME.txt from NAME.in for each NAME (default: all). Versions already locked are kept as long as NAME.in allows
# them; with --upgrade all are chosen anew. torch's CPU build comes from where ops/up takes it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=ops/bootstrap.sh
source ops/bootstrap.sh

options=(--quiet --generate-hashes --no-emit-index-url --no-emit-find-links
    --custom-compile-command ops/locks/compile.sh
    --python-version 3.11 --python-platform x86_64-manylinux_2_28 --override overrides.txt)
while [[ ${1-} == --* ]]; do
    case $1 in
        --upgrade) options+=(--upgrade) ;;
        --torch-index) (($# > 1)) || fail "--torch-index needs a URL or a folder"; torch_index=$2; shift ;;
        *) fail "unknown option $1" ;;
    esac
    shift
done
(($#)) || set -- uv main tts vllm pipecat livekit riva riva219

check_platform
find_python
make_pip
# No extra indexes: a mirror that holds only some files of a version would leave the hashes of the others out.
read_pip_settings index-url find-links
make_uv
uv=$PWD/$uv
cd ops/locks # so that the locks name their sources by file name only
for name in "$@"; do
    step "ops/locks/$name.txt" "$uv" pip compile "${options[@]}" "${index_options[@]}" "$name.in" -o "$name.txt"
done
