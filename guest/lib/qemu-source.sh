# shellcheck shell=bash
# What is built from the source package of Debian's qemu, by a recipe: a folder of guest/ with `build.sh`, which makes programs of the package's
# files. Compiler and source live in a temporary root and are gone when the programs are there. The script that has a recipe says
#   RECIPE            the folder's name
#   RECIPE_PART       the beginning of the part's name, behind which comes a hash
#   RECIPE_TITLE      what is built, as a sentence says it
#   RECIPE_PACKAGES   packages that it takes beside QEMU's own
#   RECIPE_LIBRARIES  the same as pkg-config knows them, NAME:PACKAGE
# and has a function take_recipe ROOT FOLDER VERSION, which moves what was built from FOLDER/build to FOLDER.

readonly QEMU_SOURCE_PACKAGES="base-files bash dash coreutils findutils grep sed mawk diffutils tar gzip xz-utils patch perl-base
    gcc libc6-dev python3 python3-venv python3-pip python3-distlib python3-pycotap meson ninja-build pkgconf libglib2.0-dev zlib1g-dev"
# configure of the newest versions asks for it; the oldest suite does not have it.
readonly QEMU_SOURCE_NEWER_PACKAGES="python3-qemu-qmp"

# What the build is made of: another recipe is another part.
recipe_part() {
    local hash
    hash=$(cd "$REPOSITORY/guest" &&
        find "$RECIPE" lib/unpack-qemu.sh -type f -not -name '*.md' -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -c 1-12)
    printf '%s-%s\n' "$RECIPE_PART" "$hash"
}

recipe_log() { printf '%s\n' "$CACHE/build-$(recipe_part).log"; }

# check_recipe : a cheap answer whether there is a source to build from, which only the build itself can prove.
check_recipe() {
    local versions version folder found=no
    hear_refusal
    with_lock apt refresh_sources
    mapfile -t versions < <(source_versions qemu)
    folder=$(mktemp -d "$CACHE/tmp/check-$RECIPE_PART.XXXXXX")
    for version in "${versions[@]}"; do
        ! fetch_source qemu "$version" "$folder/download" --dsc-only || { found=yes; break; }
    done
    rm -rf "$folder"
    [[ $found == yes ]] || no_recipe "$(no_source "${versions[@]}")"
}

# hear_refusal : what did not build takes minutes to fail again: whoever asks within the hour hears the same.
hear_refusal() {
    local refusal
    refusal=$(recipe_log).refused
    [[ -z $(find "$refusal" -mmin -60 2>/dev/null) ]] || no_recipe "$(<"$refusal")"
}

no_recipe() { die "$EXIT_UNAVAILABLE" "there is no $RECIPE_TITLE: ${1%.}."; }

# no_source VERSION... : what to say where the archive names these versions, and has none.
no_source() {
    if [[ $# -gt 0 ]]; then
        printf 'Debian'\''s archive (%s) has no files of the source package qemu in the versions that it lists, %s' "$(archive_address)" "$*"
    else
        printf 'Debian'\''s archive (%s) lists no source package qemu: %s' "$(archive_address)" "$(reason "$CACHE/apt/source/update.log")"
    fi
}

# build_recipe FOLDER : the newest version that the archive has and the recipe fits.
build_recipe() {
    local folder=$1 root=$1/root log versions version status refused='' missing=()
    log=$(recipe_log)
    hear_refusal
    choose_workshop
    [[ $WORKSHOP != own ]] || need_tools_of_recipe
    with_lock apt refresh_sources
    mapfile -t versions < <(source_versions qemu)
    : >"$log"
    # A run that was killed leaves some hundred MiB, under a name that a changed recipe does not come back to.
    find "$CACHE/tmp" -mindepth 1 -maxdepth 1 -name "$RECIPE_PART-*" -mmin +120 -exec rm -rf {} +
    for version in "${versions[@]}"; do
        if ! fetch_source qemu "$version" "$folder/build/download"; then
            missing+=("$version")
            continue
        fi
        [[ -d $root ]] || furnish_workshop "$root"
        cp -R "$REPOSITORY/guest/$RECIPE" "$folder/build/recipe"
        cp "$REPOSITORY/guest/$RECIPE/build.sh" "$LIB/unpack-qemu.sh" "$folder/build/"
        note "building $RECIPE_TITLE from Debian's qemu $version: some minutes, once (log: $log)"
        printf '== qemu %s\n' "$version" >>"$log"
        status=0
        in_workshop "$root" "$folder/build" build.sh "$(nproc)" >>"$log" 2>&1 || status=$?
        case $status in
            0)
                take_recipe "$root" "$folder" "$version"
                printf '%s\n' "$version" >"$folder/version"
                rm -rf "$root" "$folder/build"
                [[ ${folder##*/} == "$(recipe_part)".* ]] || die 1 "guest/$RECIPE was changed while it was built: run it again."
                return
                ;;
            3) refused+="${refused:+, }the change does not apply to qemu $version" ;;
            *) refused+="${refused:+, }qemu $version does not build" ;;
        esac
        note "${refused##*, }"
        rm -rf "$folder/build"
    done
    rm -rf "$root" "$folder/build"
    [[ -n $refused ]] || no_recipe "$(no_source "${missing[@]}")"
    refused+=" (see $log)${missing[*]:+, and the archive has no files of ${missing[*]}}"
    printf '%s\n' "$refused" >"$log.refused"
    no_recipe "$refused"
}

# furnish_workshop ROOT : what configure, ninja and the compiler need.
furnish_workshop() {
    local root=$1 name newer=()
    mkdir -p "$root/build"
    [[ $WORKSHOP != own ]] || return 0
    for name in $QEMU_SOURCE_NEWER_PACKAGES; do
        [[ -z $(newest amd64 "$name") ]] || newer+=("$name")
    done
    # shellcheck disable=SC2086 # lists of words
    unpack amd64 "$root" $QEMU_SOURCE_PACKAGES $RECIPE_PACKAGES "${newer[@]}"
    # What the packages' installation scripts would have made.
    ln -sf mawk "$root/usr/bin/awk"
    ln -sf gcc "$root/usr/bin/cc"
}

need_tools_of_recipe() {
    local missing library
    missing=$(missing_tools gcc strip patch tar xz python3 meson ninja pkg-config)
    for library in glib-2.0:libglib2.0-dev zlib:zlib1g-dev $RECIPE_LIBRARIES; do
        pkg-config --exists "${library%:*}" 2>/dev/null || missing+=" ${library#*:}"
    done
    need_own "$RECIPE_TITLE" "$missing"
}

# take_program ROOT FOLDER NAME : a program that was built, with the libraries of where it was built.
take_program() {
    local folder=$2 place=$1/usr libraries library program=$2/usr/bin/$3
    [[ $WORKSHOP != own ]] || place=/usr
    mkdir -p "$folder"/usr/{bin,lib64,lib/x86_64-linux-gnu}
    mv "$folder/build/$3" "$program"
    cp -L "$place/lib64/ld-linux-x86-64.so.2" "$folder/usr/lib64/"
    libraries=$("$folder/usr/lib64/ld-linux-x86-64.so.2" --library-path "$place/lib/x86_64-linux-gnu" --list "$program" |
        awk '$3 ~ /^\// { print $3 }')
    while read -r library; do
        cp -L "$library" "$folder/usr/lib/x86_64-linux-gnu/"
    done <<<"$libraries"
}

# run_taken FOLDER NAME ARGUMENT... : a program that take_program has put there.
run_taken() {
    local folder=$1 name=$2
    shift 2
    "$folder/usr/lib64/ld-linux-x86-64.so.2" --library-path "$folder/usr/lib/x86_64-linux-gnu" "$folder/usr/bin/$name" "$@"
}
