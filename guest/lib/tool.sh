# shellcheck shell=bash
# The command `vfio`, published with the runtime inside, so that the guest needs nothing of .NET; or for Mono, on every machine the same.

# prepare_tool KIND : sets TOOL to the folder that goes into the guest. KIND is x86_64, or mono.
prepare_tool() {
    local kind=$1 hash
    if [[ -n ${VFIOSHARP_TOOL:-} ]]; then
        [[ -x $VFIOSHARP_TOOL/vfio ]] || die "$EXIT_USAGE" "VFIOSHARP_TOOL is $VFIOSHARP_TOOL, which holds no executable vfio."
        TOOL=$(realpath "$VFIOSHARP_TOOL")
        return
    fi
    hash=$(source_hash)
    TOOL=$CACHE/tool/$kind-$hash
    [[ -d $TOOL ]] || with_lock tool publish_tool "$kind" "$TOOL"
    touch "$TOOL"
}

# One hash over everything that decides what is published: names and contents.
source_hash() {
    (
        cd "$REPOSITORY" || exit
        find src guest/mono guest/lib/publish-mono.sh Directory.*.props global.json -type f -not -path '*/bin/*' -not -path '*/obj/*' -print0 |
            LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -c 1-16
    )
}

# publish_tool KIND FOLDER : builds in a folder of the cache that belongs to this checkout, so that a build that runs in the
# checkout at the same time is not disturbed, and an unchanged library is not compiled twice.
publish_tool() {
    local kind=$1 folder=$2 work output
    [[ ! -d $folder ]] || return 0
    command -v dotnet >/dev/null || die "$EXIT_UNAVAILABLE" "there is no dotnet on the PATH to publish the tool with: install the .NET SDK."
    work=$CACHE/tool/build-$(printf '%s' "$REPOSITORY" | sha256sum | cut -c 1-12)
    output=$work/out
    mkdir -p "$work"
    rm -rf "$output"
    note "publishing the tool"
    case $kind in
        x86_64) publish_self_contained linux-x64 "$work" "$output" ;;
        mono) "$REPOSITORY/guest/lib/publish-mono.sh" "$REPOSITORY/src/VfioSharp.Tool.Mono" "$output" "$work" || exit ;;
    esac
    # Sources that were changed meanwhile may be in it in part: it would not be what its name says.
    [[ $folder == *"-$(source_hash)" ]] || die 1 "the sources changed while the tool was published: run it again."
    mv "$output" "$folder"
    # Every change of the sources leaves a folder behind: those that no run touched for three days go.
    find "$CACHE/tool" -mindepth 1 -maxdepth 1 -name "$kind-*" -mtime +2 -exec rm -rf {} +
}

# publish_self_contained RUNTIME WORK OUTPUT
publish_self_contained() {
    local runtime=$1 work=$2 output=$3 log=$2/publish.log
    dotnet publish "$REPOSITORY/src/VfioSharp.Tool" --configuration Release --framework net10.0 --runtime "$runtime" --self-contained \
        -p:PublishSingleFile=true -p:PublishReadyToRun=true -p:PublishReadyToRunComposite=false -p:DebugType=none -p:PublishDocumentationFiles=false \
        --artifacts-path "$work/artifacts" --output "$output" -nodeReuse:false -v quiet >"$log" 2>&1 || publish_failed "$log"
}

publish_failed() {
    local restore
    restore=$(grep -m 1 -oE 'error NU[0-9]+: .*' "$1") && die "$EXIT_UNAVAILABLE" "the tool cannot be published, a package is not to be had: $restore"
    sort -u "$1" | grep -E '(error|warning) [A-Z]+[0-9]+' >&2 || tail -n 20 "$1" >&2
    die 1 "the tool does not build."
}
