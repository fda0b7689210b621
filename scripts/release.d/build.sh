# shellcheck shell=bash
# Builds the static binaries. Zig's clang compiles and links the C parts for every architecture
# (cargo-zigbuild and zig, from PyPI if they are missing). Rust's standard library for musl comes from the
# toolchain, from `rustup target add`, or is built from its sources (rustup's or Debian's rust-src).

ZIG=0.17.1
ZIGBUILD=0.24.0
AUDITABLE=0.7.7

target_of() {
  case $1 in
    amd64) echo x86_64-unknown-linux-musl ;;
    arm64) echo aarch64-unknown-linux-musl ;;
    armv7) echo armv7-unknown-linux-musleabihf ;;
    armv6) echo arm-unknown-linux-musleabihf ;;
    riscv64) echo riscv64gc-unknown-linux-musl ;;
    *) die "unknown architecture $1; use amd64, arm64, armv7, armv6 or riscv64" ;;
  esac
}

# The C compiler and cargo-zigbuild, in a directory of their own.
zig() {
  TOOLS=$CACHE/zig-$ZIG-$ZIGBUILD
  if ! PYTHONPATH=$TOOLS python3 -m ziglang version >/dev/null 2>&1; then
    say "zig $ZIG and cargo-zigbuild $ZIGBUILD: from PyPI"
    rm -rf "$TOOLS"
    python3 -m pip install --quiet --root-user-action ignore --target "$TOOLS" "ziglang==$ZIG" "cargo-zigbuild==$ZIGBUILD" ||
      die "failed to install zig and cargo-zigbuild; with pip: pip install ziglang==$ZIG cargo-zigbuild==$ZIGBUILD"
  fi
}

# zig itself, which cargo-zigbuild would otherwise start through Python for every C file.
ZIG_ITSELF=(CARGO_ZIGBUILD_PYTHON_PATH=/nonexistent "CARGO_ZIGBUILD_ZIG_PATH=$CACHE/zig-$ZIG-$ZIGBUILD/ziglang/zig")

# tool <crate> <version>: a program of crates.io, in a directory of its own, which is added to PATH.
tool() {
  local root=$CACHE/$1-$2
  if [ ! -x "$root/bin/$1" ]; then
    say "$1 $2: from crates.io"
    env -u CARGO_TARGET_DIR cargo install --quiet "$1" --locked --version "$2" --root "$root" || die "failed to install $1 $2"
  fi
  PATH=$root/bin:$PATH
}

# llvm <name>: the path of one of LLVM's programs, which know every architecture.
llvm() {
  local own
  own=$(rustc --print sysroot)/lib/rustlib/$(rustc -vV | sed -n 's/^host: //p')/bin/llvm-$1
  [ -x "$own" ] || rustup_add component add llvm-tools || true
  if [ -x "$own" ]; then
    echo "$own"
  else
    command -v "llvm-$1" || die "needs llvm-$1: rustup component add llvm-tools, or apt-get install llvm"
  fi
}

has_std() { compgen -G "$(rustc --print target-libdir --target "$1")/libstd-*.rlib" >/dev/null; }
has_sources() { [ -e "$(rustc --print sysroot)/lib/rustlib/src/rust/library/Cargo.lock" ]; }
rustup_add() { command -v rustup >/dev/null && timeout 300 rustup "$@" >"$SCRATCH/rustup" 2>&1; }

# Where the standard library for a target comes from: given or sources.
way() {
  if has_std "$1" || { rustup_add target add "$1" && has_std "$1"; }; then
    echo given
  elif has_sources || { rustup_add component add rust-src && has_sources; }; then
    echo sources
  else
    die "found neither a standard library for $1 nor its sources: rustup target add $1, or apt-get install rust-src"
  fi
}

# The time that C code has in it: always the same, so that objects can be used again for the next commit.
COMPILED=315532800 # 1980-01-01

# compile <arch>: sets BUILT to the binary, and SYMBOLS to the one that was not stripped.
#
# Neither depends on the directory: rustc and clang are told to forget it (release.d/rustc, TARGET_CFLAGS).
compile() {
  local target how map command variables target_dir
  local cargo_home=${CARGO_HOME:-$HOME/.cargo}
  # Cargo does not look at the content of its wrapper: crates that an earlier one compiled would be used again.
  target_dir=${CARGO_TARGET_DIR:-$PWD/target}/wrapper-$(sha256sum scripts/release.d/rustc | cut -c 1-12)
  target=$(target_of "$1")
  how=$(way "$target")
  command=(cargo auditable zigbuild --release --locked --package edgeflux --bin flux --target "$target")
  map="-ffile-prefix-map=$cargo_home=/cargo -ffile-prefix-map=$target_dir=/target"
  # zig's cache takes an object that was compiled at another time for the same, unless the flags differ.
  map+=" -DSOURCE_DATE_EPOCH=$COMPILED"
  variables=(
    "PATH=$TOOLS/bin:$PATH" "${ZIG_ITSELF[@]}"
    "SOURCE_DATE_EPOCH=$COMPILED" "CARGO_TARGET_DIR=$target_dir" CARGO_PROFILE_RELEASE_STRIP=none
    "RUSTC_WRAPPER=$PWD/scripts/release.d/rustc" "TARGET_CFLAGS=$map"
    "EDGEFLUX_SYSROOT=$(rustc --print sysroot)" "EDGEFLUX_CARGO_HOME=$cargo_home" "EDGEFLUX_SOURCE=$PWD" "EDGEFLUX_TARGET=$target_dir"
    "EDGEFLUX_LINK_ORDER=$PWD/scripts/release.d/link-order.txt"
  )
  if [ "$how" = sources ]; then
    # Still unstable; nothing else is allowed by it.
    variables+=(RUSTC_BOOTSTRAP=1 "EDGEFLUX_CRT=$target")
    command+=("-Zbuild-std=std,panic_abort")
  fi
  say "$1: building ($target; standard library: $how)"
  env "${variables[@]}" "${command[@]}"
  SYMBOLS=$target_dir/$target/release/flux
  BUILT=$SCRATCH/$1/flux
  mkdir -p "$SCRATCH/$1"
  # cargo-auditable's list of crates is no part of the program, and would be stripped too.
  "$(llvm strip)" --strip-all --keep-section=.dep-v0 -o "$BUILT" "$SYMBOLS"
  local path
  for path in "$target_dir" "$cargo_home" "$PWD"; do
    ! grep -qF "$path/" "$BUILT" || die "$1: the binary names a directory of this machine: $path"
  done
}

# The binary may need no interpreter and no library of the system.
is_static() {
  local headers
  headers=$(readelf --program-headers --dynamic --wide "$1")
  ! grep -E 'INTERP|\(NEEDED\)' <<<"$headers" >&2
}
