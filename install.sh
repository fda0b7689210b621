#!/bin/sh
# Installs edgeflux's `flux`: downloads the archive for this machine, verifies its checksum and signature, and
# replaces the binary at once. `curl -fsSL https://…/install.sh | sudo sh`, or without sudo for ~/.local/bin;
# options follow as `| sudo sh -s -- --completions`. `--help` lists them.
#
# Nothing changes before everything is verified and written beside its destination; every failure leaves the
# old binary in place. Needs only what busybox has too: any POSIX shell, curl or wget, tar with gzip, SHA-256.
set -eu
umask 022

# The minisign key that signs the checksums of every release; written by scripts/signing-key.
PUBLIC_KEY=''
# No clock is right that shows an earlier day.
WRITTEN=20261126

PUBLIC_KEY=${EDGEFLUX_PUBLIC_KEY:-$PUBLIC_KEY}
BASE_URL=${EDGEFLUX_BASE_URL:-https://github.com/edgeflux/edgeflux/releases}
VERSION=${EDGEFLUX_VERSION:-}
DIR=${EDGEFLUX_DIR:-}
FROM=''
CHECKSUM=''
COMPLETIONS=no
UNINSTALL=no

# A server's text may not control the terminal.
tell() { printf '%s\n' "$1" | LC_ALL=C tr -d '\000-\011\013-\037\177' >&2; }
say() { tell "edgeflux: $*"; }

fail() {
  say "error: $1"
  shift
  for hint in "$@"; do
    tell "  hint: $hint"
  done
  exit 1
}

usage() {
  cat <<'EOF'
Installs edgeflux's `flux`: downloads the archive for this machine, verifies its checksum and signature, and
replaces the binary.

  --version VERSION   the release to install (default: the newest)      EDGEFLUX_VERSION
  --from DIRECTORY    install without a network, from the files of a
                      release in this directory, such as a USB stick
  --base-url URL      location of the releases                          EDGEFLUX_BASE_URL
  --dir DIRECTORY     directory of the binary (default: /usr/local/bin
                      or, without the right to write there, ~/.local/bin) EDGEFLUX_DIR
  --completions       also install completions for bash, zsh and fish;
                      later installations keep them up to date
  --checksum SHA256   refuse an archive with another checksum, even if
                      the release has that one
  --public-key KEY    minisign key that must have signed the checksums  EDGEFLUX_PUBLIC_KEY
  --uninstall         remove what this script has installed (with --dir:
                      only from that directory)

The signature is verified where minisign is installed. Proxies are read from https_proxy, http_proxy and
no_proxy; sudo keeps these variables only with -E.
EOF
}

has() { command -v "$1" >/dev/null 2>&1; }

# without_password: filters the user and password of URLs out of a message.
without_password() { sed 's|://[^/@ ]*@|://|g'; }

# --- this machine ---------------------------------------------------------------------------------------

# Operating system and architecture as in the names of archives.
platform() {
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
    armv7* | armv8*) arch=armv7 ;;
    armv6*) arch=armv6 ;;
    riscv64) arch=riscv64 ;;
    *) fail "no build for the architecture $arch" "builds exist for x86_64, arm64, armv7, armv6 and riscv64" ;;
  esac
  # A 64-bit kernel may run a 32-bit system, as on Raspberry Pi OS: the fifth byte of its programs is 1.
  if [ "$os/$arch" = linux/arm64 ] && [ "$(dd if=/bin/sh bs=1 skip=4 count=1 2>/dev/null | tr '\001' 1)" = 1 ]; then
    arch=armv7
  fi
  case $os/$arch in
    darwin/armv* | darwin/riscv64) fail "no build for macOS on $arch" "builds exist for x86_64 and arm64" ;;
  esac
}

digests() {
  if has sha256sum; then
    digest() { sha256sum "$1" | cut -d ' ' -f 1; }
  elif has shasum; then
    digest() { shasum -a 256 "$1" | cut -d ' ' -f 1; }
  elif has openssl; then
    digest() { openssl dgst -sha256 "$1" | sed 's/.*= *//'; }
  else
    fail "found no program for SHA-256" "install sha256sum, shasum or openssl"
  fi
}

# Places of what is installed beside the binary, the record for --uninstall and completions: those of the
# system if root installs for all users, otherwise those of the user.
places() {
  user=$(id -u)
  case $DIR in "${HOME:-/nowhere}"/*) user=${user#0} ;; esac
  record=''
  if [ "$user" = 0 ]; then
    data=/usr/local/share
    fish_completions=/etc/fish/completions
  elif [ -n "${HOME:-}" ]; then
    data=${XDG_DATA_HOME:-$HOME/.local/share}
    fish_completions=${XDG_CONFIG_HOME:-$HOME/.config}/fish/completions
  else
    return 0
  fi
  record=$data/edgeflux/installed
  bash_completions=$data/bash-completion/completions
  zsh_completions=$data/zsh/site-functions
}

# --- downloads ------------------------------------------------------------------------------------------

# transfer <url> <file>: one attempt, which continues a file that is there in part.
downloader() {
  # curl and wget read some of these variables in one spelling only.
  if [ -z "${https_proxy:-}" ] && [ -n "${HTTPS_PROXY:-}" ]; then export https_proxy="$HTTPS_PROXY"; fi
  if [ -z "${http_proxy:-}" ] && [ -n "${HTTP_PROXY:-}" ]; then export http_proxy="$HTTP_PROXY"; fi
  if [ -z "${no_proxy:-}" ] && [ -n "${NO_PROXY:-}" ]; then export no_proxy="$NO_PROXY"; fi
  if has curl; then
    # No overall limit: a slow download is fine, a stalled one is not. A redirection may not leave HTTPS.
    protocols='=http,https'
    case $BASE_URL in https://*) protocols='=https' ;; esac
    transfer() {
      curl -fsSL --proto "$protocols" --retry 3 --connect-timeout 20 --speed-limit 1 --speed-time 30 -C - -o "$2" "$1"
    }
  elif has wget; then
    case $(wget --version 2>/dev/null) in
      *'GNU Wget'*) transfer() { wget -nv -t 3 -T 30 -O "$2" "$1"; } ;;
      *)
        # busybox: for HTTPS, too, it looks only at http_proxy, and few proxies understand what it asks then.
        # Built without a timeout, it crashes on -T.
        case ${https_proxy:+$BASE_URL} in
          https://*)
            export http_proxy="$https_proxy"
            connection="busybox's wget hardly works with a proxy for HTTPS: install curl"
            ;;
        esac
        timeout=''
        case $(wget --help 2>&1) in *-T*) timeout='-T 30' ;; esac
        # shellcheck disable=SC2086 # An option and its value.
        transfer() { wget -q -c $timeout -O "$2" "$1"; }
        ;;
    esac
  else
    fail "found neither curl nor wget" "install one of them, for example: apt-get install curl" \
      "or copy a release onto a USB stick and use --from"
  fi
}

# fetch <url> <file>: an interrupted download is continued twice. Messages go to $scratch/said.
fetch() {
  rm -f "$2"
  for attempt in 1 2 3; do
    code=0
    transfer "$1" "$2" 2>"$scratch/said" || code=$?
    [ $code != 0 ] || break
    [ -s "$2" ] && [ $attempt != 3 ] || return 1
    # The server cannot continue a download, as curl says.
    [ $code != 33 ] || rm -f "$2"
    sleep 1
  done
  if grep -q 'certificate validation not implemented' "$scratch/said" && [ -z "${unverified:-}" ]; then
    unverified=yes
    say "warning: this wget does not verify the server's certificate; install curl, or minisign for the signature"
  fi
}

# download_failed <what failed> <hint>…: ends with the reason in words that help.
download_failed() {
  # The last line, or the one that curl explains in those behind it.
  reason=$(sed -n '/^curl: (/{p;q;}; /[^ ]/p' "$scratch/said" 2>/dev/null | tail -n 1 |
    sed 's/^curl: *//; s/^wget: *//; s/^[0-9-]* [0-9:]* ERROR/error/' | without_password)
  clock=$(date -u '+%Y-%m-%d %H:%M UTC')
  set_clock="set the clock, for example: timedatectl set-ntp true, or: date -s 'YYYY-MM-DD hh:mm'; then run this again"
  what=$1
  shift
  case $FROM$BASE_URL in
    https://*)
      [ "$(date -u +%Y%m%d)" -ge "$WRITTEN" ] ||
        fail "$what: this machine's clock is wrong ($clock), so that no certificate is valid" "$set_clock"
      ;;
  esac
  case $(cat "$scratch/said" 2>/dev/null) in
    *'not yet valid'* | *'not yet activated'* | *'not yet been activated'*)
      fail "$what: by this machine's clock ($clock), the server's certificate is not yet valid" "$set_clock"
      ;;
    *expired*)
      fail "$what: by this machine's clock ($clock), the server's certificate has expired" \
        "check the clock and, if it is right, update the certificates of this system (package ca-certificates)"
      ;;
    *certificate* | *Certificate*)
      fail "$what: $reason" "install or update this system's certificates (package ca-certificates)" \
        "a proxy that replaces certificates needs its own authority installed there"
      ;;
    *'No space left'* | *'Failed writing'* | *'Failure writing'* | *'client returned ERROR on write'*) no_space=yes ;;
    # Or not even the message could be written.
    *) printf '\n' 2>/dev/null >"$scratch/probe" || no_space=yes ;;
  esac
  [ -z "${no_space:-}" ] || fail "$what: no space in ${scratch%/*}" "free some space, or set TMPDIR to a directory with space"
  fail "$what${reason:+: $reason}" "$@"
}

# take <name> <file>: one file of the release, from the directory or the server.
take() {
  if [ -n "$FROM" ]; then
    cp "$source/$1" "$2" 2>"$scratch/said"
  else
    fetch "$source/$1" "$2"
  fi
}

# newest: sets VERSION to the newest release, with --from to the one in the directory.
newest() {
  if [ -z "$FROM" ]; then
    fetch "$BASE_URL/latest/download/version.txt" "$scratch/version" ||
      download_failed "cannot find the newest version at $shown" "$connection, or set a version with --version" "$offline"
  elif [ -f "$FROM/version.txt" ]; then
    cp "$FROM/version.txt" "$scratch/version"
  elif [ -f "$FROM/latest/download/version.txt" ]; then
    cp "$FROM/latest/download/version.txt" "$scratch/version"
  else
    for file in "$FROM"/edgeflux_*_"${os}_$arch.tar.gz"; do
      [ -f "$file" ] || fail "$FROM has no release for $os on $arch" \
        "copy edgeflux_VERSION_${os}_$arch.tar.gz and edgeflux_VERSION_checksums.txt there"
      [ ! -f "$scratch/version" ] || fail "$FROM has several versions" "choose one with --version"
      file=${file##*/edgeflux_}
      printf '%s\n' "${file%"_${os}_$arch.tar.gz"}" >"$scratch/version"
    done
  fi
  VERSION=$(head -n 1 "$scratch/version" | tr -d '\r')
  VERSION=${VERSION#v}
}

# obtain: gets the archive and verifies it.
obtain() {
  name=edgeflux_${VERSION}_${os}_$arch.tar.gz
  checksums=edgeflux_${VERSION}_checksums.txt
  if [ -n "$FROM" ]; then
    source=$FROM
    [ -f "$source/$name" ] || source=$FROM/download/v$VERSION
    [ -f "$source/$name" ] || fail "$FROM has no $name" "copy it there, with $checksums"
    shown=$source
    failed="cannot read"
    again="copy it again"
    connection="copy the archive and the checksums of one release there"
    offline="check the disk or the USB stick"
    exists=''
    say "reading $source/$name"
  else
    source=$BASE_URL/download/v$VERSION
    shown=$shown/download/v$VERSION
    failed="failed to download"
    again="run this again"
    exists=", and that version $VERSION exists"
    say "downloading ${name%.tar.gz}"
  fi
  # The small files first: a release that cannot be verified costs no download.
  take "$checksums" "$scratch/checksums" ||
    download_failed "$failed $shown/$checksums" "$connection$exists" "$offline"
  signature
  wanted=$(while read -r sum file; do
    [ "${file#\*}" != "$name" ] || printf '%s\n' "$sum"
  done <"$scratch/checksums" | head -n 1)
  [ -n "$wanted" ] ||
    fail "the release has no checksum for $name" "version $VERSION has no build for $os on $arch, or is incomplete; set another version with --version"
  case ${CHECKSUM#sha256:} in
    '' | "$wanted") ;;
    *) fail "the checksum of $name is $wanted, not ${CHECKSUM#sha256:}" "the release was changed, or --checksum is that of another version or architecture" ;;
  esac
  take "$name" "$scratch/archive" || download_failed "$failed $shown/$name" "$connection; $again" "$offline"
  found=$(digest "$scratch/archive")
  [ "$found" = "$wanted" ] ||
    fail "the archive does not match its checksum: its SHA-256 is $found, not $wanted" "the file was truncated or changed; $again"
}

# signature: verifies the checksums where minisign is installed. Every release is signed: there, a missing
# signature is an error.
signature() {
  if [ -z "$PUBLIC_KEY" ]; then
    say "signature not verified: this script has no public key (--public-key)"
  elif ! has minisign; then
    say "signature not verified: minisign is not installed"
  else
    take "$checksums.minisig" "$scratch/checksums.minisig" ||
      download_failed "$failed the signature $shown/$checksums.minisig" "it must be beside the checksums; $again"
    minisign -V -q -P "$PUBLIC_KEY" -m "$scratch/checksums" -x "$scratch/checksums.minisig" >/dev/null 2>&1 ||
      fail "the signature of $checksums is not valid" "the release was changed or signed with another key; do not use it"
    say "signature verified"
  fi
}

# --- installation ---------------------------------------------------------------------------------------

# reason: the end of a program's last message, such as: Read-only file system
reason() { tail -n 1 "$scratch/said" | sed 's/.*: //'; }

# cannot <what> <hint>: ends with the reason.
cannot() {
  case $(reason) in
    *space*) fail "cannot $1: $(reason)" "free some space, or $2" ;;
    *) fail "cannot $1: $(reason)" "$([ "$(id -u)" = 0 ] || printf 'run this as root, or ')$2" ;;
  esac
}

# stage <kind> <directory> <name> <mode> <hint>: sets $staged to a new file, which commit renames to its
# destination, so that no partial file is ever visible.
stage() {
  missing=''
  parent=$2
  while [ ! -d "$parent" ]; do
    missing="$parent
$missing"
    parent=$(dirname "$parent")
  done
  printf '%s' "$missing" >>"$scratch/directories"
  mkdir -p "$2" 2>"$scratch/said" || cannot "create the directory $2" "$5"
  staged=$(mktemp "$2/.flux.XXXXXX" 2>"$scratch/said") || cannot "write to $2" "$5"
  printf '%s\t%s\t%s\n' "$1" "$staged" "$2/$3" >>"$scratch/staged"
  chmod "$4" "$staged"
}

# recorded <path>: whether an earlier run has installed it.
recorded() { [ -f "$record" ] && cut -f 3 "$record" | grep -qxF "$1"; }

# stage_completions: what the new binary prints. Those of an earlier run are always renewed.
stage_completions() {
  [ -n "$record" ] || [ $COMPLETIONS = no ] || fail "cannot install completions: HOME is not set" "run this without --completions"
  [ -n "$record" ] || return 0
  while IFS='	' read -r shell directory file; do
    [ $COMPLETIONS = yes ] || recorded "$directory/$file" || continue
    stage completion "$directory" "$file" 644 "run this without --completions"
    "$binary" completion "$shell" >"$staged" 2>/dev/null </dev/null ||
      fail "failed to write the completions to $directory" "free some space, or run this without --completions"
  done <<EOF
bash	$bash_completions	flux
zsh	$zsh_completions	_flux
fish	$fish_completions	flux.fish
EOF
}

# commit: renames everything that is staged, and records it for --uninstall.
commit() {
  while IFS='	' read -r kind temporary path; do
    sum=$(digest "$temporary")
    # A power failure may not leave an empty file. Not every sync knows files.
    sync "$temporary" 2>/dev/null || true
    mv -f "$temporary" "$path" 2>"$scratch/said" || cannot "replace $path" "$elsewhere"
    printf '%s\t%s\t%s\n' "$kind" "$sum" "$path" >>"$scratch/record"
  done <"$scratch/staged"
  if [ -z "$record" ]; then
    say "HOME is not set: --uninstall will not know of this installation"
    return 0
  fi
  # In a subshell: without a record, the installation is complete as well.
  (
    stage record "${record%/*}" installed 644 '' 2>/dev/null
    {
      cat "$scratch/record"
      sed 's/^/directory	-	/' "$scratch/directories"
      [ ! -f "$record" ] || while IFS='	' read -r kind sum path; do
        cut -f 3 "$scratch/record" | grep -qxF "$path" || printf '%s\t%s\t%s\n' "$kind" "$sum" "$path"
      done <"$record"
    } >"$staged" && mv -f "$staged" "$record"
  ) || say "warning: cannot write $record; --uninstall will not know of this installation"
}

install() {
  platform
  elsewhere="set another directory with --dir"
  connection="check the connection and the proxy (https_proxy; sudo keeps it only with -E)"
  offline="without a network, copy a release to this machine and use --from"
  shown=$(printf '%s\n' "$BASE_URL" | without_password)
  if [ -n "$FROM" ]; then
    [ -d "$FROM" ] || fail "found no directory $FROM" "set --from to a directory with the files of a release"
  else
    downloader
  fi
  [ ! -d "$DIR/flux" ] || fail "$DIR/flux is a directory" "move it, or $elsewhere"
  # Before the download, which may be slow.
  stage binary "$DIR" flux 755 "$elsewhere"
  binary=$staged

  [ -n "$VERSION" ] || newest
  case $VERSION in
    '' | *[!0-9A-Za-z.+-]*) fail "invalid version '$VERSION'" "use a version such as 0.1.0" ;;
  esac
  obtain
  if ! tar -xzOf "$scratch/archive" flux >"$binary" 2>"$scratch/said"; then
    tar -tzf "$scratch/archive" flux >/dev/null 2>&1 || fail "cannot unpack the archive: $(reason)" "report this"
    fail "$DIR has no space for the binary" "free some space, or $elsewhere"
  fi
  installed=$("$binary" --version 2>"$scratch/said" </dev/null) ||
    fail "the binary does not run on this machine ($os/$arch): $(reason)" \
      "if $DIR is mounted with noexec, $elsewhere; otherwise report this with the output of: uname -a"
  stage_completions
  before=$("$DIR/flux" --version 2>/dev/null </dev/null) || before=''
  commit
  say "installed $installed as $DIR/flux${before:+, replacing $before}"

  if [ $COMPLETIONS = yes ]; then
    say "installed completions for bash, zsh and fish; they are ready in a new shell"
    [ "$data" = /usr/local/share ] || say "zsh needs this in ~/.zshrc, before compinit: fpath+=('$zsh_completions')"
  fi
  case :${PATH:-}: in
    *:"$DIR":*) ;;
    *) say "$DIR is not in PATH; add it: export PATH=\"$DIR:\$PATH\"" ;;
  esac
  first=$(command -v flux || true)
  if [ -n "$first" ] && [ "$first" != "$DIR/flux" ]; then
    say "another flux comes first in PATH: $first"
  fi
}

# --- removal --------------------------------------------------------------------------------------------

# keep <kind> <digest> <path>: leaves a line in the record.
keep() { printf '%s\t%s\t%s\n' "$1" "$2" "$3" >>"$scratch/kept"; }

# remove <kind> <digest> <path>: removes a file, unless someone has replaced it.
remove() {
  if [ ! -f "$3" ]; then
    return 0
  elif [ "$(digest "$3")" != "$2" ]; then
    say "left $3: it is not the file that this script installed"
  elif rm -f "$3" 2>"$scratch/said"; then
    say "removed $3"
  else
    cannot "remove $3" "run this again when it can be removed"
  fi
}

uninstall() {
  [ -f "$record" ] || fail "found no record of an installation by this user (${record:-HOME is not set})" \
    "run this as the user who installed flux (root with sudo), or remove its package with the package manager"
  if [ -n "$SET_DIR" ]; then
    recorded "$DIR/flux" || fail "no record of an installation in $DIR" "run this without --dir to remove all of them"
  fi
  cp "$record" "$scratch/record"
  : >"$scratch/kept"
  while IFS='	' read -r kind sum path; do
    [ "$kind" = binary ] || continue
    if [ -z "$SET_DIR" ] || [ "$path" = "$DIR/flux" ]; then
      remove "$kind" "$sum" "$path"
    else
      keep "$kind" "$sum" "$path"
    fi
  done <"$scratch/record"
  if [ -s "$scratch/kept" ]; then
    # Completions serve the other binaries.
    grep -v '^binary' "$scratch/record" >>"$scratch/kept" || true
    cat "$scratch/kept" >"$record"
    return 0
  fi
  while IFS='	' read -r kind sum path; do
    [ "$kind" != completion ] || remove "$kind" "$sum" "$path"
  done <"$scratch/record"
  rm -f "$record" || fail "cannot remove $record" "run this as root"
  # Those that existed before, or hold something else, stay.
  sed -n 's/^directory	-	//p' "$scratch/record" >"$scratch/directories"
}

# shellcheck disable=SC2317 # Called by the trap.
clean() {
  while IFS='	' read -r kind temporary path; do
    rm -f "$temporary"
  done <"$scratch/staged"
  # Of the directories that were created, the empty ones; the deepest first.
  sort -r "$scratch/directories" | while IFS= read -r directory; do
    rmdir "$directory" 2>/dev/null || true
  done
  rm -rf "$scratch"
}

# A script that was truncated on its way into the shell never reaches the call of this function.
main() {
  SET_DIR=$DIR
  while [ $# -gt 0 ]; do
    case $1 in
      --version=* | --from=* | --base-url=* | --dir=* | --checksum=* | --public-key=*)
        option=$1
        shift
        set -- "${option%%=*}" "${option#*=}" "$@"
        ;;
      --version | --from | --base-url | --dir | --checksum | --public-key)
        [ $# -ge 2 ] || fail "$1 needs a value"
        case $1 in
          --version) VERSION=$2 ;;
          --from) FROM=$2 ;;
          --base-url) BASE_URL=$2 ;;
          --dir) SET_DIR=$2 ;;
          --checksum) CHECKSUM=$2 ;;
          --public-key) PUBLIC_KEY=$2 ;;
        esac
        shift 2
        ;;
      --completions)
        COMPLETIONS=yes
        shift
        ;;
      --uninstall)
        UNINSTALL=yes
        shift
        ;;
      -h | --help)
        usage
        exit 0
        ;;
      *) fail "unknown argument: $1" "--help lists the options" ;;
    esac
  done
  BASE_URL=${BASE_URL%/}
  case $FROM in ?*/) FROM=${FROM%/} ;; esac
  VERSION=${VERSION#v}

  # A directory that this user may write to.
  DIR=${SET_DIR%/}
  if [ -z "$DIR" ]; then
    DIR=/usr/local/bin
    if [ "$(id -u)" != 0 ] && [ ! -w "$DIR" ]; then
      [ -n "${HOME:-}" ] || fail "cannot write to /usr/local/bin, and HOME is not set" "set a directory with --dir"
      DIR=$HOME/.local/bin
    fi
  fi
  case $DIR in
    /*) ;;
    *) DIR=$PWD/$DIR ;;
  esac
  places
  digests
  scratch=$(mktemp -d "${TMPDIR:-/tmp}/edgeflux.XXXXXX" 2>/dev/null) ||
    fail "cannot create a temporary directory in ${TMPDIR:-/tmp}" "set TMPDIR to a directory with free space"
  : >"$scratch/staged"
  : >"$scratch/directories"
  trap clean EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  if [ $UNINSTALL = yes ]; then
    uninstall
  else
    install
  fi
}

main "$@"
