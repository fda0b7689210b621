# shellcheck shell=bash
# What makes a directory of archives a release: the image, the formula, checksums and a signature.

# Certificates of authorities for the image, which has no distribution to bring them.
CERTIFI=2026.10.19.post1

certificates() {
  local root=$CACHE/certifi-$CERTIFI
  if [ ! -e "$root/certifi/cacert.pem" ]; then
    say "certifi $CERTIFI: from PyPI"
    python3 -m pip install --quiet --root-user-action ignore --target "$root" "certifi==$CERTIFI" || die "failed to install certifi"
  fi
  CERTIFICATES=$root/certifi/cacert.pem
}

image() {
  local arch binaries=()
  certificates
  for arch in "${ARCHES[@]}"; do
    binaries+=("$arch=$SCRATCH/$arch/flux")
  done
  python3 scripts/release.d/image.py "$SCRATCH/release/edgeflux_${VERSION}_image.tar" "$VERSION" "$EPOCH" "$CERTIFICATES" "${binaries[@]}"
  say "image for ${ARCHES[*]}"
}

# sign <file>: with the minisign key that $EDGEFLUX_SIGNING_KEY names. install.sh gets its public half, or has
# it already: a signature by another key than the one that users have is a mistake, or worse.
sign() {
  local key public
  if [ -z "${EDGEFLUX_SIGNING_KEY:-}" ]; then
    say "NOT SIGNED: EDGEFLUX_SIGNING_KEY names no key (scripts/signing-key creates one)"
    return
  fi
  command -v minisign >/dev/null || die "a signature needs minisign: apt-get install minisign"
  minisign_ -R -s "$EDGEFLUX_SIGNING_KEY" -p "$SCRATCH/public" || die "failed to read the key $EDGEFLUX_SIGNING_KEY"
  key=$(tail -n 1 "$SCRATCH/public")
  public=$(sed -n "s/^PUBLIC_KEY='\(.*\)'/\1/p" "$SCRATCH/release/install.sh")
  if [ -z "$public" ]; then
    say "install.sh gets the public key $key"
    sed -i "s|^PUBLIC_KEY=''|PUBLIC_KEY='$key'|" "$SCRATCH/release/install.sh"
    grep -qF "PUBLIC_KEY='$key'" "$SCRATCH/release/install.sh" || die "install.sh has no place for the public key"
  elif [ "$public" != "$key" ]; then
    die "install.sh has the public key $public, but $EDGEFLUX_SIGNING_KEY is that of $key"
  fi
  minisign_ -S -s "$EDGEFLUX_SIGNING_KEY" -m "$1" -t "edgeflux $VERSION" || die "failed to sign $1"
  minisign -V -q -P "$key" -m "$1"
  say "signed by $key"
}

# The password, if the key has one, comes from the environment.
minisign_() { printf '%s\n' "${EDGEFLUX_SIGNING_PASSWORD:-}" | minisign "$@" >"$SCRATCH/minisign" 2>&1 || { cat "$SCRATCH/minisign" >&2 && return 1; }; }

# publish: completes SCRATCH/release, and puts it in its place.
publish() {
  local sums=edgeflux_${VERSION}_checksums.txt
  printf '%s\n' "$VERSION" >"$SCRATCH/release/version.txt"
  cp install.sh "$SCRATCH/release/"
  formula >"$SCRATCH/release/edgeflux.rb"
  (cd "$SCRATCH/release" && find . -type f ! -name install.sh ! -name version.txt -printf '%P\n' | LC_ALL=C sort | xargs sha256sum --) >"$SCRATCH/$sums"
  mv "$SCRATCH/$sums" "$SCRATCH/release/"
  sign "$SCRATCH/release/$sums"
  rm -rf "$OUT/download/v$VERSION" "$OUT/latest"
  mkdir -p "$OUT/download" "$OUT/latest"
  cp -R "$SCRATCH/release" "$OUT/download/v$VERSION"
  cp -R "$SCRATCH/release" "$OUT/latest/download"
}
