# shellcheck shell=bash
# --mio : a QEMU that knows memory I/O instructions, built from Debian's source with the change in guest/qemu-mio. Compiler and source
# live in a temporary root and are gone when QEMU is there. The part has the form of the other QEMU's (qemu.sh), and
# `version`, what it was made from, and `devices`, what it has.

readonly QEMU_MIO_PACKAGES="base-files bash dash coreutils findutils grep sed mawk diffutils tar gzip xz-utils patch perl-base
    gcc libc6-dev python3 python3-venv python3-pip python3-distlib python3-pycotap meson ninja-build pkgconf libglib2.0-dev zlib1g-dev"
# configure of the newest versions asks for it; the oldest suite does not have it.
readonly QEMU_MIO_NEWER_PACKAGES="python3-qemu-qmp"

# What the build is made of: another change is another QEMU.
qemu_mio_part() {
    local hash
    hash=$(cd "$REPOSITORY/guest/qemu-mio" &&
        find build.sh devices.mak hooks.patch source -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -c 1-12)
    printf 'qemu-s390x-mio-%s\n' "$hash"
}

qemu_mio_log() { printf '%s\n' "$CACHE/build-$(qemu_mio_part).log"; }

# check_qemu_mio : a cheap answer whether there is a source to build from, which only the build itself can prove.
check_qemu_mio() {
    local versions version folder found=no
    hear_refusal
    with_lock apt refresh_sources
    mapfile -t versions < <(source_versions qemu)
    folder=$(mktemp -d "$CACHE/tmp/check-qemu-mio.XXXXXX")
    for version in "${versions[@]}"; do
        ! fetch_source qemu "$version" "$folder/download" --dsc-only || { found=yes; break; }
    done
    rm -rf "$folder"
    [[ $found == yes ]] || no_qemu_mio "$(no_source "${versions[@]}")"
}

# hear_refusal : what did not build takes minutes to fail again: whoever asks within the hour hears the same.
hear_refusal() {
    local refusal
    refusal=$(qemu_mio_log).refused
    [[ -z $(find "$refusal" -mmin -60 2>/dev/null) ]] || no_qemu_mio "$(<"$refusal")"
}

no_qemu_mio() { die "$EXIT_UNAVAILABLE" "there is no QEMU with memory I/O instructions: ${1%.}."; }

# no_source VERSION... : what to say where the archive names these versions, and has none.
no_source() {
    if [[ $# -gt 0 ]]; then
        printf 'Debian'\''s archive (%s) has no files of the source package qemu in the versions that it lists, %s' "$(archive_address)" "$*"
    else
        printf 'Debian'\''s archive (%s) lists no source package qemu: %s' "$(archive_address)" "$(reason "$CACHE/apt/source/update.log")"
    fi
}

build_qemu_mio() {
    local folder=$1 root=$1/root log versions version status refused='' missing=()
    log=$(qemu_mio_log)
    hear_refusal
    choose_workshop
    [[ $WORKSHOP != own ]] || need_tools_of_qemu
    with_lock apt refresh_sources
    mapfile -t versions < <(source_versions qemu)
    : >"$log"
    # A run that was killed leaves some hundred MiB, under a name that a changed change does not come back to.
    find "$CACHE/tmp" -mindepth 1 -maxdepth 1 -name 'qemu-s390x-mio-*' -mmin +120 -exec rm -rf {} +
    for version in "${versions[@]}"; do
        if ! fetch_source qemu "$version" "$folder/build/download"; then
            missing+=("$version")
            continue
        fi
        [[ -d $root ]] || furnish_workshop "$root"
        cp -R "$REPOSITORY/guest/qemu-mio" "$folder/build/change"
        cp "$REPOSITORY/guest/qemu-mio/build.sh" "$folder/build/"
        note "building QEMU with memory I/O instructions from Debian's qemu $version: some minutes, once (log: $log)"
        printf '== qemu %s\n' "$version" >>"$log"
        status=0
        in_workshop "$root" "$folder/build" build.sh "$(nproc)" >>"$log" 2>&1 || status=$?
        case $status in
            0)
                take_qemu_mio "$root" "$folder" "$version"
                rm -rf "$root" "$folder/build"
                return
                ;;
            3) refused+="${refused:+, }the change does not apply to qemu $version" ;;
            *) refused+="${refused:+, }qemu $version does not build" ;;
        esac
        note "${refused##*, }"
        rm -rf "$folder/build"
    done
    rm -rf "$root" "$folder/build"
    [[ -n $refused ]] || no_qemu_mio "$(no_source "${missing[@]}")"
    refused+=" (see $log)${missing[*]:+, and the archive has no files of ${missing[*]}}"
    printf '%s\n' "$refused" >"$log.refused"
    no_qemu_mio "$refused"
}

# furnish_workshop ROOT : what configure, ninja and the compiler need.
furnish_workshop() {
    local root=$1 name newer=()
    mkdir -p "$root/build"
    [[ $WORKSHOP != own ]] || return 0
    for name in $QEMU_MIO_NEWER_PACKAGES; do
        [[ -z $(newest amd64 "$name") ]] || newer+=("$name")
    done
    # shellcheck disable=SC2086 # a list of words
    unpack amd64 "$root" $QEMU_MIO_PACKAGES "${newer[@]}"
    # What the packages' installation scripts would have made.
    ln -sf mawk "$root/usr/bin/awk"
    ln -sf gcc "$root/usr/bin/cc"
}

need_tools_of_qemu() {
    local missing library
    missing=$(missing_tools gcc strip patch tar xz python3 meson ninja pkg-config)
    for library in glib-2.0:libglib2.0-dev zlib:zlib1g-dev; do
        pkg-config --exists "${library%:*}" 2>/dev/null || missing+=" ${library#*:}"
    done
    need_own "QEMU with memory I/O instructions" "$missing"
}

# take_qemu_mio ROOT FOLDER VERSION : what was built, with the libraries of where it was built, and the firmware without which QEMU starts no
# machine, although it is not run when the kernel is given.
take_qemu_mio() {
    local root=$1 folder=$2 version=$3 place=$1/usr libraries library program
    [[ $WORKSHOP != own ]] || place=/usr
    mkdir -p "$folder"/usr/{bin,lib64,lib/x86_64-linux-gnu,share/qemu}
    program=$folder/usr/bin/qemu-system-s390x
    mv "$folder/build/qemu-system-s390x" "$program"
    cp -L "$place/lib64/ld-linux-x86-64.so.2" "$folder/usr/lib64/"
    libraries=$("$folder/usr/lib64/ld-linux-x86-64.so.2" --library-path "$place/lib/x86_64-linux-gnu" --list "$program" |
        awk '$3 ~ /^\// { print $3 }')
    while read -r library; do
        cp -L "$library" "$folder/usr/lib/x86_64-linux-gnu/"
    done <<<"$libraries"
    unpack_only amd64 "$folder/data" qemu-system-data
    cp -L "$folder/data/usr/share/qemu/s390-ccw.img" "$folder/usr/share/qemu/"
    rm -rf "$folder/data"
    printf '%s\n' "$version" >"$folder/version"
    "$folder/usr/lib64/ld-linux-x86-64.so.2" --library-path "$folder/usr/lib/x86_64-linux-gnu" "$program" -device help |
        sed -n 's/^name "\([^"]*\)", bus PCI\b.*/\1/p' | LC_ALL=C sort >"$folder/devices"
    [[ ${folder##*/} == "$(qemu_mio_part)".* ]] || die 1 "guest/qemu-mio was changed while it was built: run it again."
}

# need_device NAME KIND : ends guest/run where the QEMU of --mio does not have a device.
need_device() {
    local part others
    part=$CACHE/parts/$(qemu_mio_part)
    ! grep -qxF -e "$2" "$part/devices" || return 0
    others=$(grep -v -e transitional -e nohotplug "$part/devices" | paste -sd' ')
    die "$EXIT_USAGE" "the QEMU of --mio, made from Debian's $(<"$part/version"), has no $2 for '$1': it has $others."
}
