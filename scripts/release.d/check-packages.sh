# shellcheck shell=bash
# Tests the packages, the image and the formula with the programs that users install them with.

# debian_root: a small Debian, kept for the next run; sets ROOT to a copy that may be changed.
debian_root() {
  local kept=$CACHE/debian-root
  if [ ! -e "$kept/.complete" ]; then
    command -v debootstrap >/dev/null || die "the test of the packages needs debootstrap: apt-get install debootstrap"
    say "a root of Debian stable"
    rm -rf "$kept"
    debootstrap --variant=minbase --include=man-db stable "$kept" >"$SCRATCH/debootstrap" 2>&1 ||
      { tail -n 20 "$SCRATCH/debootstrap" >&2 && die "failed to create a root of Debian"; }
    touch "$kept/.complete"
  fi
  ROOT=$SCRATCH/debian
  cp -a "$kept" "$ROOT"
}

inside() { env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C chroot "$ROOT" "$@"; }

# debian: lintian on every .deb; and the native one is installed over an older version, used and purged.
debian() {
  local arch native='' before
  command -v lintian >/dev/null || die "the test of the packages needs lintian: apt-get install lintian"
  for arch in "${ARCHES[@]}"; do
    lintian --allow-root --fail-on error,warning,info "$RELEASE/$(deb_of "$arch")" >"$SCRATCH/lintian" 2>&1 && [ ! -s "$SCRATCH/lintian" ] ||
      { cat "$SCRATCH/lintian" >&2 && die "$arch: lintian complains"; }
    dpkg-deb --fsys-tarfile "$RELEASE/$(deb_of "$arch")" | tar -xO ./usr/bin/flux | cmp - "$SCRATCH/run-$arch/flux" || die "$arch: the .deb has another binary"
    [ "$(uname -m)" != "$(machine_of "$arch")" ] || native=$arch
  done
  say "lintian is content with ${ARCHES[*]}"
  if [ -z "$native" ] || [ "$(id -u)" != 0 ]; then
    say "the packages are not installed: that needs root and one for this machine"
    return
  fi
  debian_root
  dpkg-deb --raw-extract "$RELEASE/$(deb_of "$native")" "$SCRATCH/older"
  sed -i 's/^Version: .*/Version: 0.0.1-1/' "$SCRATCH/older/DEBIAN/control"
  dpkg-deb --build --root-owner-group "$SCRATCH/older" "$ROOT/older.deb" >/dev/null
  cp "$RELEASE/$(deb_of "$native")" "$ROOT/newer.deb"
  before=$(inside find /usr /etc /opt /var/lib -not -path '/var/lib/dpkg/*' | sort)
  inside dpkg --install /older.deb >"$SCRATCH/dpkg" 2>&1 || { cat "$SCRATCH/dpkg" >&2 && die "the .deb cannot be installed"; }
  inside dpkg --install /newer.deb >"$SCRATCH/dpkg" 2>&1 || { cat "$SCRATCH/dpkg" >&2 && die "the .deb cannot be upgraded"; }
  [ "$(inside dpkg-query -W -f '${Version}' edgeflux)" = "$VERSION-1" ] || die "the upgrade left the older version"
  inside flux --version >"$SCRATCH/said" && grep -q "$VERSION" "$SCRATCH/said" || die "the installed flux does not run"
  [ -s "$ROOT/usr/share/bash-completion/completions/flux" ] || die "the .deb has no completion for bash"
  inside man --where flux-bootstrap-git >/dev/null || die "the .deb has no man page of flux bootstrap git"
  inside dpkg --purge edgeflux >"$SCRATCH/dpkg" 2>&1 || { cat "$SCRATCH/dpkg" >&2 && die "the .deb cannot be purged"; }
  diff <(printf '%s\n' "$before") <(inside find /usr /etc /opt /var/lib -not -path '/var/lib/dpkg/*' | sort) >&2 ||
    die "a purge of the .deb leaves files"
  say "the .deb for $native was installed, upgraded, used and purged in a root of Debian"
}

# red_hat: the native .rpm is installed, used and erased below a directory, if rpm is here.
red_hat() {
  local arch package root=$SCRATCH/rpm
  if ! command -v rpm >/dev/null; then
    say "the .rpm packages are not installed: apt-get install rpm"
    return
  fi
  for arch in "${ARCHES[@]}"; do
    package=$RELEASE/edgeflux-$VERSION-1.$(rpm_of "$arch").rpm
    rpm --query --package --list "$package" >"$SCRATCH/said" 2>&1 || { cat "$SCRATCH/said" >&2 && die "$arch: rpm cannot read $package"; }
    grep -qx /usr/share/man/man1/flux-get.1.gz "$SCRATCH/said" || die "$arch: the .rpm has no man pages"
    [ "$(uname -m)" = "$(machine_of "$arch")" ] || continue
    mkdir -p "$root"
    rpm --root "$root" --install --nodeps --noscripts "$package" >"$SCRATCH/said" 2>&1 || { cat "$SCRATCH/said" >&2 && die "the .rpm cannot be installed"; }
    "$root/usr/bin/flux" --version >/dev/null || die "the flux of the .rpm does not run"
    rpm --root "$root" --erase edgeflux >"$SCRATCH/said" 2>&1 || { cat "$SCRATCH/said" >&2 && die "the .rpm cannot be erased"; }
    [ ! -e "$root/usr/bin/flux" ] || die "the .rpm leaves its binary"
    say "the .rpm for $arch was installed, used and erased"
  done
}

# alpine: an .apk is three tar archives in a row; there is no apk outside of Alpine.
alpine() {
  local arch package
  for arch in "${ARCHES[@]}"; do
    package=$RELEASE/edgeflux_$VERSION-r1_$(alpine_of "$arch").apk
    tar --ignore-zeros -xOzf "$package" .PKGINFO 2>/dev/null >"$SCRATCH/said" || die "$arch: the .apk has no .PKGINFO"
    grep -qx "arch = $(alpine_of "$arch")" "$SCRATCH/said" || die "$arch: the .apk is for another architecture"
    ! grep -qv ' = ' <(grep -v '^#' "$SCRATCH/said") || { cat "$SCRATCH/said" >&2 && die "$arch: .PKGINFO has a line without a key"; }
    grep -qx "pkgver = $VERSION-r1" "$SCRATCH/said" || { cat "$SCRATCH/said" >&2 && die "$arch: the .apk is of another version"; }
    tar --ignore-zeros -xOzf "$package" usr/bin/flux 2>/dev/null | cmp - "$SCRATCH/run-$arch/flux" || die "$arch: the .apk has another binary"
  done
  say "the .apk packages have the binaries of ${ARCHES[*]}"
}

# images: unpacks the image of this machine, and runs it in its own root, as its own user.
images() {
  local archive=$RELEASE/edgeflux_${VERSION}_image.tar arch architecture variant
  if ! command -v skopeo >/dev/null || ! command -v umoci >/dev/null; then
    say "the image is not tested: apt-get install skopeo umoci"
    return
  fi
  for arch in "${ARCHES[@]}"; do
    variant=''
    case $arch in
      armv7 | armv6) architecture=arm variant=v${arch#armv} ;;
      *) architecture=$arch ;;
    esac
    rm -rf "$SCRATCH/image"
    skopeo --insecure-policy --override-os linux --override-arch "$architecture" ${variant:+--override-variant "$variant"} \
      copy --quiet "oci-archive:$archive:$VERSION" "oci:$SCRATCH/image:$arch" || die "$arch: skopeo cannot copy the image"
    umoci unpack ${ROOTLESS[@]+"${ROOTLESS[@]}"} --image "$SCRATCH/image:$arch" "$SCRATCH/bundle-$arch" >"$SCRATCH/said" 2>&1 ||
      { cat "$SCRATCH/said" >&2 && die "$arch: umoci cannot unpack the image"; }
    cmp "$SCRATCH/bundle-$arch/rootfs/usr/local/bin/flux" "$SCRATCH/run-$arch/flux" || die "$arch: the image has another binary"
    if [ "$(uname -m)" = "$(machine_of "$arch")" ] && [ "$(id -u)" = 0 ]; then
      env -i HOME=/tmp "$(PATH=$PATH:/usr/sbin command -v chroot)" --userspec=65534:65534 "$SCRATCH/bundle-$arch/rootfs" \
        /usr/local/bin/flux version --client >"$SCRATCH/said" || die "the flux of the image does not run"
      say "the image for $arch was run in its own root"
    fi
  done
  say "the image was unpacked for ${ARCHES[*]}"
}

# homebrew: installs the formula and runs its test, with a stand-in for Homebrew.
homebrew() {
  if ! command -v ruby >/dev/null; then
    say "the formula is not tested: apt-get install ruby"
    return
  fi
  ruby -c "$RELEASE/edgeflux.rb" >/dev/null
  if [ "$(uname -m)" = x86_64 ] && grep -q _linux_amd64 "$RELEASE/edgeflux.rb"; then
    packaging/homebrew/try-formula "$RELEASE/edgeflux.rb" "$RELEASE" "$SCRATCH/homebrew" >"$SCRATCH/said" || die "the formula does not work"
    [ -x "$SCRATCH/homebrew/bin/flux" ] && [ -s "$SCRATCH/homebrew/share/man/man1/flux.1" ] || die "the formula installs no flux or man page"
    say "the formula was installed and tested"
  fi
}

# signature: the checksums are signed by the key in the release's install.sh.
signature() {
  local key sums=$RELEASE/edgeflux_${VERSION}_checksums.txt
  key=$(sed -n "s/^PUBLIC_KEY='\(..*\)'/\1/p" "$RELEASE/install.sh")
  if [ -z "$key" ]; then
    say "the release is not signed"
  else
    minisign -V -q -P "$key" -m "$sums" || die "the checksums are not signed by the key in install.sh"
    say "the checksums are signed by the key in install.sh"
  fi
}

packages() {
  RELEASE=$OUT/download/v$VERSION
  ROOTLESS=()
  [ "$(id -u)" = 0 ] || ROOTLESS=(--rootless)
  signature
  debian
  red_hat
  alpine
  images
  homebrew
}
