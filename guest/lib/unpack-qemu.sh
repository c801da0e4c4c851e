# shellcheck shell=sh
# Run by a recipe's build.sh (guest/lib/qemu-source.sh): QEMU's source, from the files of Debian's source package in the folder `download`, with
# Debian's changes, in the folder `source`, where it goes on.
rm -rf source
mkdir source
# Firmware is built by compilers of other machines; what is needed of it comes from Debian's packages.
tar -xf download/*.orig.tar.xz -C source --strip-components=1 --no-same-owner --exclude='*/roms/*'
tar -xf download/*.debian.tar.xz -C source --no-same-owner
cd source || exit

apply() { patch -p1 --batch --forward --no-backup-if-mismatch <"$1"; }

# Debian's own changes, but for those of firmware.
sed -e 's/[ \t]*#.*//' -e '/^$/d' debian/patches/series | while read -r name options; do
    ! grep -q '^+++ [^/]*/roms/' "debian/patches/$name" || continue
    [ -z "$options" ] || [ "$options" = -p1 ] || { echo "$name of Debian's wants $options" >&2; exit 1; }
    apply "debian/patches/$name"
done
