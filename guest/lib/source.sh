# shellcheck shell=bash
# Debian's source packages, by a private apt root of their own: whoever needs none does not read their long lists.

# Newer versions are tried first, whichever suite they are of. An archive may lack the files of some, or whole suites.
readonly SOURCE_SUITES="$SUITE $NEWER_SUITES sid"

# refresh_sources : brings the lists up to date, unless that was done a few minutes ago from the same place. With the lock "apt" held.
refresh_sources() {
    local root=$CACHE/apt/source address suite sources=''
    need_debian
    address=$(need_address)
    for suite in $SOURCE_SUITES; do
        sources+="deb-src [signed-by=$KEYRING] $address $suite main"$'\n'
    done
    if [[ -n $(find "$root/refreshed" -mmin -10 2>/dev/null) && $(<"$root/etc/sources.list") == "${sources%$'\n'}" ]]; then
        return
    fi
    apt_folder source amd64
    printf '%s' "$sources" >"$root/etc/sources.list"
    rm -f "$root/refreshed"
    # One suite that is not there, or out of step, does not spoil the others.
    if apt source apt-get update -qq -o Acquire::GzipIndexes=true >"$root/update.log" 2>&1; then
        touch "$root/refreshed"
    fi
}

# source_versions PACKAGE : the versions of a source package that the lists name, newest first; nothing where there is none.
source_versions() {
    apt source apt-cache showsrc --only-source "$1" 2>/dev/null | awk '$1 == "Version:" { print $2 }' | sort -rVu
}

# fetch_source PACKAGE VERSION FOLDER [OPTION...] : the files of a source package as the archive has them, which apt has checked. Fails where they
# are not to be had.
fetch_source() {
    local package=$1 version=$2 folder=$3
    shift 3
    rm -rf "$folder"
    mkdir -p "$folder"
    (cd "$folder" && with_lock apt apt source apt-get source -qq --download-only --only-source "$@" "$package=$version") >"$folder.log" 2>&1
}
