# Runs a throwaway PostgreSQL for as long as standard input is open. Arguments: the folder to make and later remove; the
# folder of the server whose hot standby this is to be, or empty; settings for `postgres -c`. Commands on standard input, one a line: start, stop (fast), kill (as a crash does); each is
# answered with a line `ok` or `failed`. At the end of the input, however it came about (this process's parent may have been
# killed), the server is stopped and the folder removed.
set -u
home=$1
primary=$2
shift 2
# A Ctrl-C at the terminal is the parent's to handle, and it still needs the server then.
trap '' INT TERM HUP

if command -v postgres >/dev/null && command -v initdb >/dev/null; then
    bin=$(dirname "$(readlink -f "$(command -v postgres)")")
else
    bin=$(find /usr/lib/postgresql -maxdepth 2 -name bin 2>/dev/null | sort -V | tail -n 1)
fi
if [ ! -x "$bin/postgres" ] || [ ! -x "$bin/initdb" ]; then
    echo "failed: no PostgreSQL server is installed: install the package postgresql"
    exit 1
fi

# A PostgreSQL server refuses to run as root.
if [ "$(id -u)" = 0 ]; then
    id postgres >/dev/null 2>&1 || { echo "failed: there is no user postgres to run the server as"; exit 1; }
    as="setpriv --reuid=postgres --regid=postgres --clear-groups --"
    install -d -m 0700 -o postgres "$home" || { echo "failed: cannot make the folder $home"; exit 1; }
else
    as=
    mkdir -m 0700 "$home" || { echo "failed: cannot make the folder $home"; exit 1; }
fi
cd "$home" || exit 1

settings=
for setting in "$@"; do settings="$settings -c $setting"; done

server=
start() {
    # In a session of its own: the terminal's signals are not for it.
    # shellcheck disable=SC2086
    setsid $as "$bin/postgres" -D "$home/data" -k "$home" $settings >>"$home/log" 2>&1 </dev/null &
    server=$!
    tries=0
    until "$bin/pg_isready" -q -h "$home"; do
        tries=$((tries + 1))
        if [ "$tries" -gt 600 ] || ! kill -0 "$server" 2>/dev/null; then return 1; fi
        sleep 0.05
    done
}
stop() {
    [ -n "$server" ] || return 0
    kill -s "$1" "$server" 2>/dev/null
    wait "$server"
    server=
}
finish() {
    stop INT
    cd /
    rm -rf "$home"
}

make_data() {
    # shellcheck disable=SC2086
    if [ -n "$primary" ]; then
        $as "$bin/pg_basebackup" -h "$primary" -U postgres -D "$home/data" -R -X stream -c fast --no-sync
    else
        $as "$bin/initdb" -D "$home/data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 --no-sync
    fi
}
if ! make_data >"$home.log" 2>&1; then
    echo "failed: the data folder: $(tail -n 1 "$home.log")"
    rm -f "$home.log"
    finish
    exit 1
fi
rm -f "$home.log"
while read -r command; do
    case $command in
    start) if start; then echo ok; else echo "failed: $(tail -n 1 "$home/log")"; fi ;;
    stop) stop INT; echo ok ;;
    kill) stop QUIT; echo ok ;;
    *) echo "failed: unknown command" ;;
    esac
done
finish
