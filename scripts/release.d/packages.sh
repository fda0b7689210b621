# shellcheck shell=bash
# Packages for Debian, Red Hat and Alpine from the directory of an archive, with nfpm from its Go module.

# Newer ones need modules that not every proxy serves.
NFPM=2.43.4

nfpm() {
  local root=$CACHE/nfpm-$NFPM
  if [ ! -x "$root/nfpm" ]; then
    command -v go >/dev/null || die "the packages need nfpm, which is built with Go: https://go.dev/dl"
    say "nfpm $NFPM: from its Go module"
    GOBIN=$root GOFLAGS='' go install "github.com/goreleaser/nfpm/v2/cmd/nfpm@v$NFPM" || die "failed to install nfpm $NFPM"
  fi
  "$root/nfpm" "$@"
}

# debian_changelog <revision>: our changelog has what users notice; Debian's says which release this is.
debian_changelog() {
  cat <<CHANGELOG
edgeflux ($VERSION-$1) stable; urgency=medium

  * Release $VERSION. What is new: /usr/share/doc/edgeflux/changelog.gz

 -- edgeflux authors <edgeflux@users.noreply.github.com>  $(LC_ALL=C date -u -R -d "@$EPOCH")
CHANGELOG
}

# package <arch>: SCRATCH/<arch> has what is in the archive.
package() {
  local kind arch=$1 stage=$SCRATCH/$1 revision=1 name page without number
  case $arch in
    armv7) arch=arm7 ;;
    armv6) arch=arm6 ;;
  esac
  # Raspbian's armhf is ARMv6, Debian's ARMv7: the packages differ in their revision, as Raspbian's do.
  [ "$arch" != arm6 ] || revision=1+rpi1
  mkdir -p "$stage/package/man1"
  for page in "$stage"/man/man1/*.1; do
    gzip -9nc "$page" >"$stage/package/man1/${page##*/}.gz"
  done
  gzip -9nc "$stage/THIRD-PARTY-LICENSES" >"$stage/package/third-party.gz"
  gzip -9nc CHANGELOG.md >"$stage/package/changelog.gz"
  debian_changelog "$revision" | gzip -9nc >"$stage/package/changelog.Debian.gz"
  for kind in deb rpm apk; do
    without='' number=1
    case $kind in
      # Debian's packages have no field for the license.
      deb) without=/^license:/d number=$revision name=$(deb_of "$1") ;;
      rpm) name=edgeflux-$VERSION-1.$(rpm_of "$1").rpm ;;
      # Alpine's have one line of description, and conflict with what they provide.
      apk) without='/^  edgeflux installs/,/^$/d; /^provides:/d' number=r1 name=edgeflux_$VERSION-r1_$(alpine_of "$1").apk ;;
    esac
    sed -e "$without" -e "s|\${ARCH}|$arch|; s|\${VERSION}|$VERSION|; s|\${REVISION}|$number|; s|\${STAGE}|$stage|" \
      -e "s|\${MTIME}|$(date -u -d "@$EPOCH" +%Y-%m-%dT%H:%M:%SZ)|" packaging/nfpm.yaml >"$stage/package/nfpm.yaml"
    SOURCE_DATE_EPOCH=$EPOCH nfpm package --config "$stage/package/nfpm.yaml" --packager "$kind" \
      --target "$SCRATCH/release/$name" >"$SCRATCH/nfpm" 2>&1 || { cat "$SCRATCH/nfpm" >&2 && die "$1: failed to build the $kind"; }
  done
  say "$1: packages for Debian, Red Hat and Alpine"
}

# The .deb of an architecture. A user of a Pi 1 or Zero finds Raspbian's by its name.
deb_of() {
  case $1 in
    armv6) echo "edgeflux_$VERSION-1_raspbian_armhf.deb" ;;
    armv7) echo "edgeflux_$VERSION-1_armhf.deb" ;;
    *) echo "edgeflux_$VERSION-1_$1.deb" ;;
  esac
}
rpm_of() {
  case $1 in
    amd64) echo x86_64 ;;
    arm64) echo aarch64 ;;
    armv7) echo armv7hl ;;
    armv6) echo armv6hl ;;
    *) echo "$1" ;;
  esac
}
alpine_of() {
  case $1 in
    amd64) echo x86_64 ;;
    arm64) echo aarch64 ;;
    armv6) echo armhf ;;
    *) echo "$1" ;;
  esac
}
