#!/usr/bin/env bash
# Publishes a program for Debian's Mono, on whatever machine that runs: its netstandard2.1 build with all that it needs, fixed by
# guest/mono, and a shell script of the program's name that starts it.
#
# publish-mono.sh PROJECT FOLDER WORK : PROJECT is a project's folder. FOLDER is made anew; where it lies in the guest does not
# matter, and `mono` has to be on the PATH there. WORK is a folder for what is built on the way, kept to be quicker the next time.
# Exit codes: 0; 69 where a package cannot be had; 1 where the program does not build; the reason is on standard error.
set -euo pipefail

REPOSITORY=$(cd "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/../.." && pwd)
# shellcheck source-path=SCRIPTDIR source=common.sh
source "$REPOSITORY/guest/lib/common.sh"
# shellcheck source-path=SCRIPTDIR source=tool.sh
source "$REPOSITORY/guest/lib/tool.sh"

[[ $# -eq 3 && -d $1 ]] || die "$EXIT_USAGE" "publish-mono.sh wants PROJECT FOLDER WORK."
project=$1 folder=$2 work=$3
log=$work/publish-mono.log

# publish PROJECT FRAMEWORK FOLDER
publish() {
    dotnet publish "$1" --configuration Release --framework "$2" -p:DebugType=none -p:PublishDocumentationFiles=false \
        --artifacts-path "$work/artifacts" --output "$3" -nodeReuse:false -v quiet >"$log" 2>&1 || publish_failed "$log"
}

mkdir -p "$work"
rm -rf "$folder" "$work/fixup"
publish "$REPOSITORY/guest/mono" net10.0 "$work/fixup"
publish "$project" netstandard2.1 "$folder"
dotnet "$work/fixup/VfioSharp.MonoFixup.dll" "$folder" >"$log" || die 1 "$(basename "$project") cannot be made to run on Mono."

program=$(basename "$folder"/*.deps.json .deps.json)
rm -f "$folder"/*.deps.json "$folder"/*.runtimeconfig.json "$folder"/*.xml
# Without -deadce Mono 6.12 gives up on s390x where it compiles a method of generic code over an enumeration (method-to-ir.c: "var->opcode ==
# OP_REGOFFSET"), such as System.CommandLine's Argument<T>.CreateDefaultValue.
cat >"$folder/$program" <<SCRIPT
#!/bin/sh
exec mono -O=-deadce "\$(dirname "\$(readlink -f "\$0")")/$program.dll" "\$@"
SCRIPT
chmod 755 "$folder/$program"
