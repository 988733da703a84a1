# shellcheck shell=bash
# What the scripts beside this file share: telling what happens, Swift, Debian packages, the release build.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# Where the build lands. DUNLIN_BUILD names another folder; a relative one lies in the repository.
build=${DUNLIN_BUILD:-$root/.build}
case $build in /*) ;; *) build=$root/$build ;; esac

# The oldest Swift that builds this package.
oldest_swift=6.2

if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then bold=$'\e[1m' plain=$'\e[0m'; else bold='' plain=''; fi

step() { printf '\n%s==> %s%s\n' "$bold" "$*" "$plain"; }

note() { printf '    %s\n' "$*"; }

fail() {
    printf '%s: %s\n' "${0##*/}" "$1" >&2
    shift
    [ $# = 0 ] || printf '    %s\n' "$@" >&2
    exit 1
}

# The comment at the head of the running script is its help.
usage() { sed -n '2,/^[^#]/{s/^# \{0,1\}//p}' "$0"; }

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo > /dev/null; then
        sudo "$@"
    else
        fail "this needs root, and there is no sudo: $*" "Run it as root, then run ${0##*/} again."
    fi
}

swift_remedy=(
    "Install it from https://www.swift.org/install/linux/, for instance with swiftly:"
    "  curl -O https://download.swift.org/swiftly/linux/swiftly-\$(uname -m).tar.gz"
    "  tar zxf swiftly-\$(uname -m).tar.gz && ./swiftly init"
    "Then open a new shell and run ${0##*/} again."
)

# Swift is never installed for you: which one, and where, is yours to say.
find_swift() {
    step "Looking for Swift"
    if ! command -v swift > /dev/null; then
        [ -z "${SUDO_USER:-}" ] || swift_remedy+=(
            "If $SUDO_USER has it: sudo hides it. Run ${0##*/} without sudo; it asks for root where it needs it."
        )
        fail "Swift is not installed, or not in PATH." "${swift_remedy[@]}"
    fi
    note "$(command -v swift)"
}

swift_version() { swift --version 2> /dev/null | sed -n 's/.*Swift version \([0-9][0-9.]*\).*/\1/p' | sed -n 1p; }

# To be asked when the libraries that Swift itself needs are there.
check_swift_version() {
    local version
    version=$(swift_version || true)
    [ -n "$version" ] || fail "'swift --version' does not work." "${swift_remedy[@]}"
    [ "$(printf '%s\n' "$oldest_swift" "$version" | sort -V | head -n 1)" = "$oldest_swift" ] ||
        fail "Swift $version is too old: $oldest_swift or newer is needed." "${swift_remedy[@]}"
    note "Swift $version"
}

# Where Debian keeps mail servers, which an ordinary user's PATH leaves out.
PATH=$PATH:/usr/sbin:/sbin

missing=()

# need PACKAGE COMMAND...: the package is missing when the command fails.
need() {
    local package=$1
    shift
    "$@" > /dev/null 2>&1 || missing+=("$package")
}

compiles_cxx() { printf '#include <string>\nint main() {}\n' | g++ -x c++ -fsyntax-only -; }

# The shared libraries that the toolchain lacks on a fresh system: unpacking a toolchain does not bring them.
need_to_run_swift() {
    local folder library
    folder=$(dirname "$(readlink -f "$(command -v swift)")")
    while read -r library; do
        case "$library" in
            libncurses.so.6 | libtinfo.so.6) missing+=(libncurses6) ;;
            libedit.so.2) missing+=(libedit2) ;;
            libxml2.so.2) missing+=(libxml2) ;;
            libz.so.1) missing+=(zlib1g) ;;
            libuuid.so.1) missing+=(libuuid1) ;;
        esac
    done < <(ldd "$folder"/swift{,-build,-frontend,-driver} 2> /dev/null | awk '/not found/ { print $1 }' | sort -u)
}

# What swift build needs of the system, and the libraries that Dunlin links.
need_to_build() {
    need_to_run_swift
    need tzdata test -e /usr/share/zoneinfo/UTC
    need ca-certificates test -e /etc/ssl/certs/ca-certificates.crt
    need git command -v git
    need binutils command -v ld
    need g++ compiles_cxx
    need pkg-config command -v pkg-config
    need libcurl4-openssl-dev pkg-config --exists libcurl
    need libsqlite3-dev pkg-config --exists sqlite3
    need libidn2-dev pkg-config --exists libidn2
    need libphonenumber-dev test -e /usr/include/phonenumbers/phonenumberutil.h
}

# Installs what was found missing; asks the network for nothing when nothing is.
install_missing() {
    if [ ${#missing[@]} = 0 ]; then
        note "Nothing is missing."
        return
    fi
    command -v apt-get > /dev/null ||
        fail "missing, and there is no apt-get to install it: ${missing[*]}" \
            "Install what your system calls these Debian packages, then run ${0##*/} again."
    note "Installing: ${missing[*]}"
    as_root apt-get update -qq > /dev/null
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq -o Dpkg::Use-Pty=0 \
        --no-install-recommends "${missing[@]}" > /dev/null
    missing=()
}

# Postfix brings smtp-sink and smtp-source. It is left without a configuration, which keeps it from starting.
need_postfix() {
    command -v smtp-sink > /dev/null && return
    local other
    # shellcheck disable=SC2016 # the dollars are dpkg-query's
    other=$(dpkg-query -W -f '${Package} ${db:Status-Status} ${Provides}\n' 2> /dev/null |
        awk '$2 == "installed" && /mail-transport-agent/ { print $1 }' || true)
    [ -z "$other" ] ||
        fail "Postfix is needed, and installing it would remove this machine's mail server, $other." \
            "Run this in a container or another machine."
    if command -v debconf-set-selections > /dev/null; then
        printf 'postfix postfix/main_mailer_type select No configuration\n' | as_root debconf-set-selections
    fi
    missing+=(postfix)
}

# Dovecot is asked for mail over IMAP. Its service is masked, so that none starts.
need_dovecot() {
    command -v dovecot > /dev/null && return
    if [ -d /run/systemd/system ]; then as_root systemctl mask --quiet dovecot.service dovecot.socket; fi
    missing+=(dovecot-imapd)
}

# One compiler for each core, and for each 2 GiB of memory.
jobs() {
    local cores memory
    cores=$(nproc)
    memory=$(awk '/^MemAvailable:/ { print int($2 / 2097152) }' /proc/meminfo)
    [ "$memory" -ge 1 ] || memory=1
    if [ "$memory" -lt "$cores" ]; then echo "$memory"; else echo "$cores"; fi
}

# Leaves the program's path in $dunlin.
build_release() {
    step "Building dunlin for release, into $build/release (the first time takes some minutes)"
    swift build --package-path "$root" --scratch-path "$build" -c release -j "$(jobs)" --product dunlin
    # shellcheck disable=SC2034 # read by the scripts that source this file
    dunlin=$build/release/dunlin
}
