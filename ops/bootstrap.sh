# shellcheck shell=bash
# Makes this clone's environments from ops/locks. Sourced by ops/up and ops/test, in the clone's root:
#
#   bootstrap NAME...      checks the machine, then makes those of NAME that are missing or out of date
#
# An environment is `.venv` (main) or `.venv-NAME`, one for each lock: main, tts and vllm for what is ours, the others for
# clients under test. It is made again when its lock, its interpreter or the clone's place has changed, and when an
# earlier run was interrupted: its stamps are written last.

tests_all=""  # set by ops/test, whose checks need a browser, Node, shellcheck, promtool, Compose and faketime; ops/up needs none of them
watches=""  # set by ops/check-dashboards, which needs Prometheus
torch_index=""  # --torch-index: an index's URL, or a folder of wheels, that offers torch's CPU build
torch_site=https://download.pytorch.org/whl/cpu
uv=.uv/bin/uv  # inside the clone: removing the clone leaves nothing but uv's cache

bootstrap() {
    local name lock outdated=()
    check_platform
    find_python
    check_system_packages "$@"
    exec {lock}<ops/locks  # one bootstrap at a time
    flock "$lock"
    for name in "$@"; do
        is_current "$name" || outdated+=("$name")
    done
    if ((${#outdated[@]})); then
        make_pip
        read_pip_settings index-url extra-index-url find-links
        check_torch "${outdated[@]}"
        make_uv
        for name in "${outdated[@]}"; do
            step "environment $name" make_environment "$name"
        done
    fi
    exec {lock}<&-  # else the services started next would hold it for as long as they run
}

fail() {
    printf '%s: %s\n' "$0" "$*" >&2
    exit 1
}

# One line a step, once it is done. What the step itself shows appears on a terminal only.
step() {
    local what=$1 started=$SECONDS
    shift
    [[ ! -t 2 ]] || printf '%s ...\n' "$what" >&2
    "$@" || fail "$what: failed, see above; run $0 again once that is mended"
    printf '%s: ready in %d s\n' "$what" "$((SECONDS - started))" >&2
}

check_platform() {
    [[ "$(uname -s) $(uname -m)" == "Linux x86_64" ]] ||
        fail "Antiphon runs on Linux x86-64; this machine is $(uname -s) $(uname -m)"
}

# Sets `python` to a CPython 3.11 that can make environments, else to nothing. Each candidate is tried: python3.11 may be
# pyenv's shim for a version that is not selected, or Debian's without its venv part.
find_python() {
    local candidate
    for candidate in python3.11 python3 /usr/bin/python3.11; do
        python=$("$candidate" -c '
import ensurepip, os, sys, venv
if sys.implementation.name == "cpython" and sys.version_info[:2] == (3, 11):
    print(os.path.realpath(sys.executable))' 2>/dev/null) || true
        [[ -z $python ]] || return 0
    done
}

check_system_packages() {
    local missing=()
    [[ -n $python ]] || missing+=(python3.11-venv)
    [[ " $* " != *" tts "* ]] || command -v espeak-ng >/dev/null || missing+=(espeak-ng)
    [[ " $* " != *" main "* ]] || grep -q 'libopus\.so\.0 ' <<<"$(/sbin/ldconfig -p)" || missing+=(libopus0)
    [[ " $* " != *" vllm "* ]] || grep -q 'libnuma\.so\.1 ' <<<"$(/sbin/ldconfig -p)" || missing+=(libnuma1)
    if [[ -n $tests_all ]]; then
        command -v chromium >/dev/null || missing+=(chromium)
        command -v node >/dev/null || missing+=(nodejs)
        command -v npm >/dev/null || missing+=(npm)
        command -v shellcheck >/dev/null || missing+=(shellcheck)
        command -v docker-compose >/dev/null || missing+=(docker-compose)
        command -v faketime >/dev/null || missing+=(faketime)
    fi
    [[ -z $tests_all$watches ]] || command -v prometheus >/dev/null || missing+=(prometheus)
    ((${#missing[@]})) || return 0

    command -v apt-get >/dev/null ||
        fail "missing (by Debian's names): ${missing[*]}; install them with this system's package manager"
    (($(id -u) == 0)) ||
        fail "missing Debian packages; run: sudo apt-get update && sudo apt-get install --yes ${missing[*]}"
    step "Debian packages ${missing[*]}" install_system_packages "${missing[@]}"
    find_python
    [[ -n $python ]] || fail "needs CPython 3.11 with its venv and ensurepip modules, and found none"
}

install_system_packages() {
    local said
    said=$({ apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends \
        -o DPkg::Lock::Timeout=120 "$@"; } 2>&1) || {
        printf '%s\n' "$said" >&2
        return 1
    }
}

folder_of() {
    if [[ $1 == main ]]; then echo .venv; else echo ".venv-$1"; fi
}

# Two stamps, so that a change of pyproject.toml reinstalls this project only.
lock_stamp() {
    { echo "$PWD $python" && "$python" -VV && cat "ops/locks/$1.txt"; } | sha256sum
}

project_stamp() {
    sha256sum <pyproject.toml
}

has_stamp() {
    [[ -f $1 && $(<"$1") == "$2" ]]
}

is_current() {
    local folder
    folder=$(folder_of "$1")
    has_stamp "$folder/.lock-stamp" "$(lock_stamp "$1")" && has_stamp "$folder/.project-stamp" "$(project_stamp)"
}

make_environment() {
    local folder stamp quiet=()
    folder=$(folder_of "$1")
    stamp=$(lock_stamp "$1")
    [[ -t 2 ]] || quiet=(--quiet)
    if ! has_stamp "$folder/.lock-stamp" "$stamp"; then
        "$uv" venv --quiet --clear --python "$python" --prompt "antiphon-$1" "$folder" &&
            "$uv" pip sync "${quiet[@]}" --python "$folder/bin/python" "${index_options[@]}" --require-hashes \
                "ops/locks/$1.txt" &&
            echo "$stamp" >"$folder/.lock-stamp" || return 1
    fi
    "$uv" pip install --quiet --python "$folder/bin/python" --no-index --no-deps --no-build-isolation --editable . &&
        project_stamp >"$folder/.project-stamp"
}

make_pip() {
    .uv/bin/python -m pip --version >/dev/null 2>&1 || "$python" -m venv --clear .uv
}

make_uv() {
    local version
    version=$(version_in uv uv)
    if [[ $("$uv" --version 2>/dev/null) != "uv $version"* ]]; then
        step "uv $version" .uv/bin/python -m pip install -qq --disable-pip-version-check --require-hashes \
            -r ops/locks/uv.txt
    fi
    # uv links files from its cache into an environment; across file systems it can only copy, and would warn of it.
    local cache
    cache=$("$uv" cache dir)
    mkdir -p "$cache"
    [[ $(stat -c %d "$cache") == "$(stat -c %d .)" ]] || export UV_LINK_MODE=copy
}

version_in() {
    sed -n "s/^$2==\([^ ]*\).*/\1/p" "ops/locks/$1.txt"
}

# Sets what uv is told of certificates, and of the places given by their pip options, to what pip is set up with, which uv
# itself does not read.
read_pip_settings() {
    local option word settings
    settings=$(.uv/bin/python -m pip config list)
    index_options=()
    for option in "$@"; do
        for word in $(pip_setting "$option"); do
            index_options+=("--$option" "$word")
        done
    done
    for word in $(pip_setting trusted-host); do
        index_options+=(--allow-insecure-host "$word")
    done
    [[ $(pip_setting no-index) != @(1|[Tt]rue|[Yy]es|[Oo]n) ]] || index_options+=(--no-index)

    torch_options=()
    if [[ -d $torch_index ]]; then
        torch_options=(--find-links "$torch_index")
    elif [[ -n $torch_index ]]; then
        torch_options=(--extra-index-url "$torch_index")
    fi
    # Else uv looks no further than the first index that knows a package's name. The hashes make this safe.
    index_options+=("${torch_options[@]}" --index-strategy unsafe-best-match)

    word=$(pip_setting cert)
    [[ -z $word ]] || export SSL_CERT_FILE=${SSL_CERT_FILE:-$word}
    word=$(pip_setting proxy)
    [[ -z $word ]] || export ALL_PROXY=${ALL_PROXY:-$word}
    export UV_HTTP_TIMEOUT=${UV_HTTP_TIMEOUT:-180} UV_PYTHON_DOWNLOADS=never
}

# In pip's own order: the environment, [install], [global].
pip_setting() {
    local section value
    for section in :env: install global; do
        value=$(sed -n "s/^$section\.$1='\(.*\)'\$/\1/p" <<<"$settings")
        if [[ -n $value ]]; then
            echo "${value//\\n/ }"
            return
        fi
    done
}

# PyPI carries torch's CUDA builds only. Whether anyone offers the CPU build is asked before any package is downloaded.
check_torch() {
    local name version said
    for name in "$@"; do
        version=$(version_in "$name" torch)
        [[ -n $version ]] || continue
        said=$(.uv/bin/python -m pip index versions torch --disable-pip-version-check --retries 1 "${torch_options[@]}" 2>&1) || true
        [[ $said == *"Available versions:"* ]] || fail "no package index answers pip; it said:
$(grep -v '^WARNING: pip index is' <<<"$said")"
        [[ " ${said//,/ } " == *" $version "* ]] || fail "torch $version, its build for CPUs, is neither on PyPI nor in \
any place that pip is set up with. Name an index, or a folder of wheels, that offers it:
    $0 --torch-index $torch_site"
        return
    done
}
