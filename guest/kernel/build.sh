#!/bin/sh
# build.sh FOLDER ARCH CROSS JOBS : configures and builds the kernel source in FOLDER from tinyconfig and fragment.config.
# Runs where the compiler is: in the root that guest/lib/kernel-iommufd.sh makes, or on the machine itself.
set -eu
cd "$1"
export ARCH="$2" CROSS_COMPILE="$3" KBUILD_BUILD_USER=guest KBUILD_BUILD_HOST=guest
export PATH=/usr/bin:/bin:/usr/sbin:/sbin

make tinyconfig
cat fragment.config >>.config
make olddefconfig

# kconfig drops without a word what has an unmet dependency. An option that this source no longer knows is another matter:
# options are renamed, and the fragment then holds both names.
lost=
# shellcheck disable=SC2013 # no value holds a space
for line in $(grep '^CONFIG_' fragment.config); do
    option=${line%%=*}
    grep -qxF "$line" .config && continue
    ! grep -rqE "^(menu)?config ${option#CONFIG_}\$" --include='Kconfig*' . || lost="$lost $option"
done
if [ -n "$lost" ]; then
    echo "lost options:$lost" >&2
    exit 1
fi

make -j"$4" bzImage
