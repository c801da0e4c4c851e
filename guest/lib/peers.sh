# shellcheck shell=bash
# Other people's vfio-user servers and clients, for guest/peer, from the source package of Debian's qemu: the samples of the libvfio-user in
# it, and QEMU's own server. The part has `version`, Debian's of the package, and `revision`, the commit of libvfio-user.

readonly RECIPE=peers
readonly RECIPE_PART=vfio-user-peers
readonly RECIPE_TITLE="foreign vfio-user server"
readonly RECIPE_PACKAGES="libjson-c-dev libcmocka-dev"
readonly RECIPE_LIBRARIES="json-c:libjson-c-dev cmocka:libcmocka-dev"

readonly PEERS="server gpio-pci-idio-16 client lspci qemu-system-x86_64"

take_recipe() {
    local root=$1 folder=$2 peer
    for peer in $PEERS; do
        take_program "$root" "$folder" "$peer"
    done
    mv "$folder/build/revision" "$folder/"
}
