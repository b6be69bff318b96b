#!/bin/sh
# Makes /opt/antiphon/venv from the lock that is named; every file is checked against its hash. A stage of Dockerfile.gpu.
#
# INDEX_URL    the package index, or a site's mirror of it
# TORCH_INDEX  an index's URL, or a folder of wheels, that offers torch's build for CPUs; only tts-cpu asks for it
# CERTIFICATES a PEM file, where the index shows a certificate of the site's own
#
# CPython 3.11 is the distribution's where it has one; else uv fetches the release whose hash it carries, from GitHub or
# from the mirror that UV_PYTHON_INSTALL_MIRROR names, beside the environment.
set -eu

export UV_PYTHON_INSTALL_DIR=/opt/antiphon/python UV_LINK_MODE=copy UV_HTTP_TIMEOUT=180
[ -z "${CERTIFICATES-}" ] || export SSL_CERT_FILE="$CERTIFICATES"
[ -n "${UV_PYTHON_INSTALL_MIRROR-}" ] || unset UV_PYTHON_INSTALL_MIRROR

lock=$1
set -- --default-index "$INDEX_URL" --index-strategy unsafe-best-match  # the hashes make this safe
if [ -d "${TORCH_INDEX-}" ]; then
    set -- "$@" --find-links "$TORCH_INDEX"
elif [ -n "${TORCH_INDEX-}" ]; then
    set -- "$@" --index "$TORCH_INDEX"
fi
uv venv --quiet --python 3.11 --python-preference system /opt/antiphon/venv
# Compiled now: nothing can be written where it runs.
uv pip sync --quiet --python /opt/antiphon/venv/bin/python --compile-bytecode --require-hashes "$@" "$lock"
