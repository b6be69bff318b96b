#!/bin/sh
# What a stage of Dockerfile.gpu has of its distribution: the packages that are named, and the user that it runs as.
#
# CPython 3.11 comes from Debian 12, which keeps it until 2028; on another distribution (NVIDIA's images are Ubuntu 24.04,
# which has 3.12) environment.sh brings it.
set -eu

. /etc/os-release
if [ "$ID" = debian ]; then
    set -- python3.11 "$@"
    case " $* " in *" gcc "*) set -- python3.11-dev "$@" ;; esac  # Triton compiles against Python's headers
fi
apt-get update -qq
if [ $# -gt 0 ]; then
    DEBIAN_FRONTEND=noninteractive apt-get install -qq --yes --no-install-recommends "$@" >/dev/null
fi
rm -rf /var/lib/apt/lists/* /var/cache/apt/archives/*.deb /var/log/apt /var/log/dpkg.log

# A name for whoever asks for one (torch's compiler does); 10001, since Ubuntu's and Debian's own users are below it.
useradd --uid 10001 --user-group --no-create-home --home-dir /tmp --shell /usr/sbin/nologin antiphon
# Where volumes are mounted, so that they belong to that user when they are made, and a root file system that is
# read-only need not be written for it.
mkdir -p /models /run/antiphon /run/secrets /var/lib/antiphon /var/cache/antiphon
chown antiphon:antiphon /run/antiphon /var/lib/antiphon /var/cache/antiphon
chmod 0700 /run/antiphon /var/lib/antiphon
