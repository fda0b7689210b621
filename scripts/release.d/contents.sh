# shellcheck shell=bash
# What goes with the binary: man pages, completions, licenses, the bill of materials; and the archive of all.

# documents: man pages and completions, the same for every architecture, in SCRATCH/documents.
documents() {
  local directory=$SCRATCH/documents
  say "man pages"
  scripts/man "$directory/man/man1"
  cp -R completions "$directory/completions"
}

# others: what no crate brings along, as words for dependencies.py; only Linux has our own C library.
others() {
  local doc std='' musl=${TOOLS:-}/ziglang/lib/libc/musl
  for doc in "$(rustc --print sysroot)/share/doc/rust/licenses/MIT.txt" /usr/share/doc/rustc/copyright; do
    [ -n "$std" ] || [ ! -e "$doc" ] || std=$doc
  done
  [ -n "$std" ] || die "found no license of Rust's standard library"
  OTHERS=(rust-std "$(rustc --version | cut -d ' ' -f 2)" "$std")
  [ "$1" = linux ] || return 0
  OTHERS+=(
    musl "$(sed -n 's/#define VERSION "\(.*\)"/\1/p' "$musl/src/internal/version.h")" "$musl/COPYRIGHT"
    zig-compiler-rt "$ZIG" "$TOOLS/ziglang/LICENSE"
  )
}

# archive <os> <arch> <target> <directory>: the directory has the binary; adds the rest, and packs it.
archive() {
  local name=edgeflux_${VERSION}_$1_$2 directory=$4
  others "$1"
  python3 scripts/release.d/dependencies.py licenses "$3" "${OTHERS[@]}" >"$directory/THIRD-PARTY-LICENSES"
  python3 scripts/release.d/dependencies.py sbom "$3" "${OTHERS[@]}" >"$SCRATCH/release/$name.cdx.json"
  cp -R LICENSE README.md "$SCRATCH/documents/." "$directory/"
  # The binary comes first: install.sh needs nothing else.
  python3 scripts/release.d/archive.py "$SCRATCH/release/$name.tar.gz" "$EPOCH" "$directory" \
    flux LICENSE README.md THIRD-PARTY-LICENSES completions man
  say "$2: $(wc -c <"$directory/flux") bytes, packed $(wc -c <"$SCRATCH/release/$name.tar.gz")"
}
