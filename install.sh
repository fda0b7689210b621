#!/bin/sh
# Installs edgeflux's `flux`: downloads the archive for this machine, verifies its checksum, and replaces
# the binary at once. `curl -fsSL https://…/install.sh | sudo sh`, or without sudo for ~/.local/bin.
#
#   --version VERSION   the release to install (default: the newest)      EDGEFLUX_VERSION
#   --base-url URL      location of the releases                          EDGEFLUX_BASE_URL
#   --dir DIRECTORY     directory of the binary                           EDGEFLUX_DIR
#
# curl and wget read the proxy from https_proxy and related variables.
set -eu

BASE_URL=${EDGEFLUX_BASE_URL:-https://github.com/edgeflux/edgeflux/releases}
VERSION=${EDGEFLUX_VERSION:-}
DIR=${EDGEFLUX_DIR:-}

say() { printf '%s\n' "edgeflux: $*" >&2; }

fail() {
  say "error: $1"
  shift
  for hint in "$@"; do
    printf '  hint: %s\n' "$hint" >&2
  done
  exit 1
}

usage() {
  cat <<'EOF'
Installs edgeflux's `flux`: downloads the archive for this machine, verifies its checksum, and replaces the
binary.

  --version VERSION   the release to install (default: the newest)      EDGEFLUX_VERSION
  --base-url URL      location of the releases                          EDGEFLUX_BASE_URL
  --dir DIRECTORY     directory of the binary                           EDGEFLUX_DIR
EOF
}

# A script that was truncated on its way into the shell never reaches the call of this function.
main() {
  while [ $# -gt 0 ]; do
    case $1 in
      --version | --base-url | --dir)
        [ $# -ge 2 ] || fail "$1 needs a value"
        case $1 in
          --version) VERSION=$2 ;;
          --base-url) BASE_URL=$2 ;;
          --dir) DIR=$2 ;;
        esac
        shift 2
        ;;
      -h | --help)
        usage
        exit 0
        ;;
      *) fail "unknown argument: $1" "install.sh [--version VERSION] [--base-url URL] [--dir DIRECTORY]" ;;
    esac
  done
  BASE_URL=${BASE_URL%/}
  VERSION=${VERSION#v}

  # Operating system and architecture as in the names of archives.
  os=$(uname -s)
  case $os in
    Linux) os=linux ;;
    Darwin) os=darwin ;;
    *) fail "no build for the operating system $os" "builds exist for Linux and macOS" ;;
  esac
  arch=$(uname -m)
  case $arch in
    x86_64 | amd64) arch=amd64 ;;
    aarch64 | arm64) arch=arm64 ;;
    armv7* | armv8l) arch=armv7 ;;
    armv6*) arch=armv6 ;;
    *) fail "no build for the architecture $arch" "builds exist for x86_64, arm64, armv7 and armv6" ;;
  esac
  # A 64-bit kernel may run a 32-bit system, as on Raspberry Pi OS.
  if [ "$os/$arch" = linux/arm64 ] && [ "$(getconf LONG_BIT 2>/dev/null || echo 64)" = 32 ]; then
    arch=armv7
  fi
  case $os/$arch in
    darwin/armv*) fail "no build for macOS on $arch" ;;
  esac

  if command -v curl >/dev/null 2>&1; then
    # No overall limit: a slow download is fine, a stalled one is not.
    fetch() { curl -fsSL --retry 3 --connect-timeout 20 --speed-limit 1 --speed-time 30 -o "$2" "$1"; }
  elif command -v wget >/dev/null 2>&1; then
    fetch() { wget -q --tries=3 --timeout=30 -O "$2" "$1"; }
  else
    fail "found neither curl nor wget" "install one of them, for example: apt-get install curl"
  fi

  if command -v sha256sum >/dev/null 2>&1; then
    digest() { sha256sum "$1" | cut -d ' ' -f 1; }
  elif command -v shasum >/dev/null 2>&1; then
    digest() { shasum -a 256 "$1" | cut -d ' ' -f 1; }
  elif command -v openssl >/dev/null 2>&1; then
    digest() { openssl dgst -sha256 "$1" | sed 's/.*= *//'; }
  else
    fail "found no program for SHA-256" "install sha256sum, shasum or openssl"
  fi

  # A directory that this user may write to.
  if [ -z "$DIR" ]; then
    DIR=/usr/local/bin
    if [ ! -w "$DIR" ]; then
      [ -n "${HOME:-}" ] || fail "cannot write to /usr/local/bin, and HOME is not set" "set a directory with --dir"
      DIR=$HOME/.local/bin
    fi
  fi
  [ ! -d "$DIR/flux" ] || fail "$DIR/flux is a directory" "move it, or set another directory with --dir"
  mkdir -p "$DIR" 2>/dev/null || fail "cannot create the directory $DIR" "set another directory with --dir, or run as root"

  scratch=$(mktemp -d "${TMPDIR:-/tmp}/edgeflux.XXXXXX") || fail "cannot create a temporary directory" "set TMPDIR to a directory with free space"
  staged=''
  # shellcheck disable=SC2317 # Called by the trap.
  clean() {
    rm -rf "$scratch"
    [ -z "$staged" ] || rm -f "$staged"
  }
  trap clean EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP

  if [ -z "$VERSION" ]; then
    fetch "$BASE_URL/latest/download/version.txt" "$scratch/version" ||
      fail "cannot find the newest version at $BASE_URL" "check the connection and the proxy (https_proxy), or set a version with --version"
    VERSION=$(head -n 1 "$scratch/version" | tr -d '\r')
    VERSION=${VERSION#v}
  fi
  case $VERSION in
    '' | *[!0-9A-Za-z.+-]*) fail "invalid version '$VERSION'" "use a version such as 0.1.0" ;;
  esac

  name=edgeflux_${VERSION}_${os}_${arch}
  from=$BASE_URL/download/v$VERSION
  say "downloading $name"
  fetch "$from/$name.tar.gz" "$scratch/archive" ||
    fail "failed to download $from/$name.tar.gz" "check the connection and the proxy (https_proxy), and that this version exists for $os on $arch; then run this again"
  fetch "$from/edgeflux_${VERSION}_checksums.txt" "$scratch/checksums" ||
    fail "failed to download the checksums of version $VERSION from $from" "run this again"
  wanted=$(awk -v name="$name.tar.gz" '$2 == name || $2 == "*" name { print $1; exit }' "$scratch/checksums")
  [ -n "$wanted" ] || fail "the release has no checksum for $name.tar.gz" "the release is incomplete; set another version with --version"
  found=$(digest "$scratch/archive")
  [ "$found" = "$wanted" ] ||
    fail "the archive does not match its checksum: its SHA-256 is $found, not $wanted" "the download was truncated or changed; run this again"

  tar -xzf "$scratch/archive" -C "$scratch" flux || fail "cannot unpack the archive" "free some space in ${TMPDIR:-/tmp}"
  # In the target directory, so that the last step is a rename and no partial binary is ever visible.
  staged=$(mktemp "$DIR/.flux.XXXXXX" 2>/dev/null) || {
    staged=''
    fail "cannot write to $DIR" "run as root, or set another directory with --dir"
  }
  cat "$scratch/flux" >"$staged" 2>/dev/null || fail "$DIR has no space for the binary" "free some space, or set another directory with --dir"
  chmod 755 "$staged"
  "$staged" --version >/dev/null 2>&1 || fail "the binary does not run on this machine ($os/$arch)" "report this with the output of: uname -a"
  mv -f "$staged" "$DIR/flux" || fail "cannot replace $DIR/flux" "run as root, or set another directory with --dir"
  staged=''
  installed=$("$DIR/flux" --version) || fail "$DIR/flux does not run" "report this with the output of: uname -a"
  say "installed $installed as $DIR/flux"

  case :${PATH:-}: in
    *:"$DIR":*) ;;
    *) say "$DIR is not in PATH; add it: export PATH=\"$DIR:\$PATH\"" ;;
  esac
  first=$(command -v flux || true)
  if [ -n "$first" ] && [ "$first" != "$DIR/flux" ]; then
    say "another flux comes first in PATH: $first"
  fi
}

main "$@"
