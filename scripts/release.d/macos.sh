# shellcheck shell=bash
# What can be done for macOS on Linux: check the types of our code for both of its processors. The C parts
# are compiled by zig, which has Apple's headers of the C library. The archives are built on a Mac, by
# release.d/macos-archive.

check_macos() {
  local target
  zig
  for target in aarch64-apple-darwin x86_64-apple-darwin; do
    has_std "$target" || { rustup_add target add "$target" && has_std "$target"; } ||
      die "found no standard library for $target: rustup target add $target"
    say "$target: checking types"
    env "PATH=$TOOLS/bin:$PATH" "${ZIG_ITSELF[@]}" \
      cargo-zigbuild check --locked --package edgeflux --bin flux --target "$target"
  done
}
