#!/bin/sh
# Starts coturn with ops/turn/coturn.conf and what the site sets: the container's command in docker-compose.gpu.yml.
#
#   ANTIPHON_PUBLIC_ADDRESS  the address at which callers reach this host
#   ANTIPHON_TURN_PORT       where it listens; ANTIPHON_TURN_RELAYS: FIRST-LAST, the ports of relayed calls
#   TURN_SECRET_FILE         the secret that the gateway knows too
#
# The secret goes into a file that only coturn reads, and not onto its command line, which every user of the host sees.
set -eu

fail() {
    echo "coturn: $*" >&2
    exit 2
}

[ -r "$TURN_SECRET_FILE" ] || fail "cannot read the secret file $TURN_SECRET_FILE: it must belong to user $(id -u)"
secret=$(cat "$TURN_SECRET_FILE")
[ -n "$secret" ] || fail "the secret file $TURN_SECRET_FILE is empty: delete it and run ops/secrets"
case $ANTIPHON_TURN_RELAYS in
    *[!0-9-]* | -* | *- | *-*-*) fail "ANTIPHON_TURN_RELAYS = $ANTIPHON_TURN_RELAYS is not FIRST-LAST" ;;
    *-*) ;;
    *) fail "ANTIPHON_TURN_RELAYS = $ANTIPHON_TURN_RELAYS is not FIRST-LAST" ;;
esac

umask 077
{
    cat "$(dirname "$0")/coturn.conf"
    cat <<SITE
realm=antiphon
static-auth-secret=$secret
listening-port=$ANTIPHON_TURN_PORT
min-port=${ANTIPHON_TURN_RELAYS%-*}
max-port=${ANTIPHON_TURN_RELAYS#*-}
SITE
} >/tmp/turnserver.conf
# The host may have the address itself, or be behind one that translates to it.
exec turnserver -c /tmp/turnserver.conf --external-ip="$ANTIPHON_PUBLIC_ADDRESS"
