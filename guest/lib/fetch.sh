# shellcheck shell=bash
# Debian's archive as a box of parts: a private apt root per architecture, from which packages are downloaded and unpacked
# into the cache. Nothing is installed into the system, and the system's own apt is read, never written.

readonly SUITE=trixie
# Where QEMU and the newer kernels come from: of these the first whose lists the archive can give. A mirror's list of one
# architecture can lag behind the release file that vouches for it, for days.
readonly NEWER_SUITES="trixie-backports forky"
readonly KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

# The address from which this machine gets Debian, since a mirror or a proxy in the machine's sources is there for a reason.
# Understands deb822 (*.sources) and one-line (*.list) files; security suites live at another address and are passed over.
archive_address() {
    if [[ -n ${VFIOSHARP_DEBIAN_ARCHIVE:-} ]]; then
        printf '%s\n' "$VFIOSHARP_DEBIAN_ARCHIVE"
        return
    fi
    local files
    shopt -s nullglob
    # Each word is a pattern, the first one too: a file that is not there must not reach awk, which would give up over it.
    files=(/etc/apt/sources.lis[t] /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources)
    shopt -u nullglob
    local address=
    [[ ${#files[@]} -eq 0 ]] || address=$(awk '
        function offer(uri, suite) {
            if (found == "" && uri ~ /^[a-z+]+:/ && uri ~ /\/debian\/?$/ && suite ~ /^[a-z]/ && suite !~ /security/) found = uri
        }
        function stanza() { if (types ~ /(^| )deb( |$)/ && enabled !~ /no/) offer(uris, suites); types = uris = suites = enabled = "" }
        FNR == 1 { stanza() }
        /^[ \t]*#/ { next }
        FILENAME ~ /\.sources$/ {
            if ($0 ~ /^[ \t]*$/) { stanza(); next }
            key = tolower($1)
            if (key == "types:") { types = $0; sub(/^[^:]*:[ \t]*/, "", types) }
            if (key == "uris:") uris = $2
            if (key == "suites:") suites = $2
            if (key == "enabled:") enabled = $2
            next
        }
        $1 == "deb" {
            i = 2
            if ($i ~ /^\[/) { while (i < NF && $i !~ /\]$/) i++; i++ }
            offer($i, $(i + 1))
        }
        END { stanza(); print found }' "${files[@]}" 2>/dev/null) || address=
    printf '%s\n' "$address"
}

# need_address : the same, where there has to be one.
need_address() {
    local address
    address=$(archive_address)
    [[ -n $address ]] || die "$EXIT_UNAVAILABLE" "the apt sources of this machine name no archive of Debian's: set VFIOSHARP_DEBIAN_ARCHIVE to one."
    printf '%s\n' "$address"
}

# apt_root ARCHITECTURE NEWER : lays out the private root anew, so that a change of the machine's sources is followed.
apt_root() {
    local architecture=$1 newer=$2 root=$CACHE/apt/$1 suite address
    address=$(need_address)
    apt_folder "$architecture" "$architecture"
    for suite in "$SUITE" "$newer"; do
        printf 'deb [signed-by=%s] %s %s main\n' "$KEYRING" "$address" "$suite"
    done >"$root/etc/sources.list"
    printf '%s\n' "$newer" >"$root/newer"
    # Debian gives backports this priority itself: taken where it is asked for, or where nothing else has the package.
    printf 'Package: *\nPin: release n=%s\nPin-Priority: 100\n' "$newer" >"$root/etc/preferences.d/newer"
}

# apt_folder NAME ARCHITECTURE : a private root without sources.
apt_folder() {
    local root=$CACHE/apt/$1 architecture=$2
    mkdir -p "$root"/etc/{apt.conf.d,preferences.d,sources.list.d,trusted.gpg.d} \
        "$root"/state/lists/partial "$root"/cache/archives/partial
    : >"$root/state/status"
    {
        cat <<CONF
Dir "$root";
Dir::State "$root/state";
Dir::State::status "$root/state/status";
Dir::Cache "$root/cache";
Dir::Etc "$root/etc";
Dir::Log "$root";
APT::Architecture "$architecture";
APT::Architectures { "$architecture"; };
APT::Install-Recommends "false";
APT::Sandbox::User "root";
APT::Update::Error-Mode "any";
Acquire::Check-Valid-Until "false";
Acquire::Languages "none";
Acquire::Retries "2";
Acquire::http::Timeout "20";
Acquire::https::Timeout "20";
CONF
        # A proxy, its credentials and its certificates are the machine's own.
        apt-config dump | grep -iE '^Acquire::(https?|ftp)::.*(proxy|cainfo|capath|ssl|verify)' || true
    } >"$root/apt.conf"
}

# apt NAME TOOL ARGUMENT... : one of apt's tools in a private root; those of packages are called by their architecture.
apt() {
    local root=$CACHE/apt/$1 tool=$2
    shift 2
    APT_CONFIG=$root/apt.conf DEBIAN_FRONTEND=noninteractive "$tool" "$@"
}

# refresh ARCHITECTURE : brings the archive's lists up to date, unless that was done a few minutes ago. With the lock "apt" held.
refresh() {
    local architecture=$1 root=$CACHE/apt/$1 newer
    [[ -z $(find "$root/refreshed" -mmin -10 2>/dev/null) ]] || return 0
    need_debian
    for newer in $NEWER_SUITES; do
        apt_root "$architecture" "$newer"
        if apt "$architecture" apt-get update -qq >"$root/update.log" 2>&1; then
            touch "$root/refreshed"
            return
        fi
        # An archive that does not answer at all is not asked again.
        grep -qE "unexpected size|Hash Sum mismatch|404" "$root/update.log" || break
        if have_lists "$architecture"; then
            note "Debian's archive has no whole list for $architecture now ($(reason "$root/update.log")): going on with the last one."
            touch "$root/refreshed"
            return
        fi
    done
    die "$EXIT_UNAVAILABLE" "Debian's archive ($(archive_address)) cannot be reached or read: $(reason "$root/update.log")"
}

# have_lists ARCHITECTURE : whether an earlier run left the lists of both suites, which apt keeps until it has all of a newer one.
have_lists() {
    local suite suites
    # shellcheck disable=SC2016 # apt's own variable
    suites=$(apt "$1" apt-get indextargets --format '$(CODENAME)' 'Created-By: Packages') || return 1
    for suite in "$SUITE" "$(<"$CACHE/apt/$1/newer")"; do
        grep -qx -e "$suite" <<<"$suites" || return 1
    done
}

# suites ARCHITECTURE : the suites that its lists were read from.
suites() { printf '%s %s\n' "$SUITE" "$(<"$CACHE/apt/$1/newer")"; }

reason() { grep -m1 -E '^[EW]:' "$1" || tail -n 1 "$1"; }

need_debian() {
    local tool
    for tool in apt-get apt-config apt-cache dpkg-deb flock; do
        command -v "$tool" >/dev/null || die "$EXIT_UNAVAILABLE" "this machine has no $tool: guest/run gets its parts from Debian's archive by apt."
    done
    [[ -r $KEYRING ]] || die "$EXIT_UNAVAILABLE" "there is no $KEYRING to check Debian's archive against: install debian-archive-keyring."
    [[ $(dpkg --print-architecture) == amd64 ]] || die "$EXIT_UNAVAILABLE" "guest/run works on an x86-64 machine; this one is $(dpkg --print-architecture)."
}

# unpack ARCHITECTURE FOLDER PACKAGE... : these packages with all that they depend on.
unpack() {
    local architecture=$1 folder=$2
    shift 2
    with_lock apt download_with_dependencies "$architecture" stable "$folder/debs" "$@"
    unpack_debs "$folder"
}

# unpack_newer ARCHITECTURE FOLDER PACKAGE... : the same from the newer suite.
unpack_newer() {
    local architecture=$1 folder=$2
    shift 2
    with_lock apt download_with_dependencies "$architecture" newer "$folder/debs" "$@"
    unpack_debs "$folder"
}

# unpack_only ARCHITECTURE FOLDER PACKAGE... : these packages and nothing else.
unpack_only() {
    local architecture=$1 folder=$2
    shift 2
    with_lock apt download_only "$architecture" "$folder/debs" "$@"
    unpack_debs "$folder"
}

download_with_dependencies() {
    local architecture=$1 from=$2 debs=$3 target=$SUITE
    shift 3
    mkdir -p "$debs/partial"
    refresh "$architecture"
    [[ $from == stable ]] || target=$(<"$CACHE/apt/$architecture/newer")
    note "fetching $* ($architecture)"
    apt "$architecture" apt-get install -qq -y --download-only -t "$target" -o Dir::Cache::archives="$debs" "$@" \
        >"$debs/log" 2>&1 || die "$EXIT_UNAVAILABLE" "cannot fetch $*: $(reason "$debs/log")"
}

download_only() {
    local architecture=$1 debs=$2
    shift 2
    mkdir -p "$debs"
    refresh "$architecture"
    note "fetching $* ($architecture)"
    (cd "$debs" && apt "$architecture" apt-get download -qq "$@" >log 2>&1) ||
        die "$EXIT_UNAVAILABLE" "cannot fetch $*: $(reason "$debs/log")"
}

unpack_debs() {
    local folder=$1 deb
    for deb in "$folder"/debs/*.deb; do
        dpkg-deb -x "$deb" "$folder"
    done
    rm -rf "$folder/debs"
}

# newest ARCHITECTURE PATTERN : the package of the highest version whose name matches, or nothing.
newest() {
    with_lock apt refresh "$1"
    apt "$1" apt-cache pkgnames | grep -E "^$2\$" | sort -V | tail -n 1
}

# debian_architecture MACHINE : what Debian calls a machine.
debian_architecture() {
    case $1 in
        x86_64) printf 'amd64\n' ;;
        *) printf '%s\n' "$1" ;;
    esac
}
