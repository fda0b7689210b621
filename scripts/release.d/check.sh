# shellcheck shell=bash
# Tests the archives: their binaries run here, those of other architectures under qemu-user (Debian's
# qemu-user-static), as the smallest board of the architecture.

# The output of `uname -m`, and qemu's name.
machine_of() {
  case $1 in
    amd64) echo x86_64 ;;
    arm64) echo aarch64 ;;
    armv7) echo armv7l ;;
    armv6) echo armv6l ;;
    *) echo "$1" ;;
  esac
}
emulator_of() {
  case $1 in
    amd64) echo x86_64 ;;
    arm64) echo aarch64 ;;
    armv7 | armv6) echo arm ;;
    *) echo "$1" ;;
  esac
}
processor_of() {
  case $1 in
    arm64) echo cortex-a53 ;;
    armv7) echo cortex-a7 ;;
    armv6) echo arm1176 ;;
  esac
}

# runner <arch>: the program that runs its binaries here; empty if none is needed.
runner() {
  [ "$(uname -m)" != "$(machine_of "$1")" ] || return 0
  command -v "qemu-$(emulator_of "$1")-static" || command -v "qemu-$(emulator_of "$1")" ||
    die "$1 runs here only under qemu-user: apt-get install qemu-user-static"
}

# unpack <arch>: sets FLUX to a command that runs the binary of the archive.
unpack() {
  local run processor
  mkdir -p "$SCRATCH/run-$1"
  tar -xzf "$OUT/download/v$VERSION/edgeflux_${VERSION}_linux_$1.tar.gz" -C "$SCRATCH/run-$1"
  FLUX=$SCRATCH/run-$1/flux
  run=$(runner "$1")
  if [ -n "$run" ]; then
    FLUX=$SCRATCH/run-$1/emulated
    processor=$(processor_of "$1")
    printf '#!/bin/sh\nexec %s %s %s "$@"\n' "$run" "${processor:+-cpu $processor}" "$SCRATCH/run-$1/flux" >"$FLUX"
    chmod 755 "$FLUX"
  fi
}

# home_lab <directory>: writes a HelmRelease whose chart nests as deeply as Helm allows, which needs a large stack.
home_lab() {
  mkdir -p "$1/charts/nest/templates"
  cat >"$1/release.yaml" <<'RELEASE'
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: nest, namespace: apps}
spec:
  interval: 1h
  chart: {spec: {chart: ./charts/nest, sourceRef: {kind: GitRepository, name: flux-system, namespace: flux-system}}}
  values: {depth: 990, ratio: 0.1, names: {b: 2, a: 1}}
RELEASE
  printf 'apiVersion: v2\nname: nest\nversion: 1.0.0\n' >"$1/charts/nest/Chart.yaml"
  cat >"$1/charts/nest/templates/nested.yaml" <<'TEMPLATE'
{{- define "nest" }}{{ if gt (int .) 0 }}{{ include "nest" (sub (int .) 1) }}x{{ end }}{{ end -}}
apiVersion: v1
kind: ConfigMap
metadata: {name: {{ .Release.Name }}}
data:
  nested: {{ include "nest" .Values.depth | len | quote }}
  numbers: {{ printf "%v %g %d" .Values.ratio (divf 1 3) (int64 .Values.depth) | quote }}
  random: {{ randAlphaNum 12 | quote }}
  names: |
    {{- toYaml .Values.names | nindent 4 }}
TEMPLATE
}

# answers <directory>: writes what the binary prints, a file for each command line. Sets SAID to their number.
answers() {
  local n=0 line tree
  mkdir -p "$1"
  home_lab "$SCRATCH/home-lab"
  while read -r line; do
    [ -n "$line" ] || continue
    n=$((n + 1))
    # shellcheck disable=SC2086 # Split into words on purpose.
    "$FLUX" $line >"$1/$n" 2>&1 || { cat "$1/$n" >&2 && die "failed: flux $line"; }
    [ -s "$1/$n" ] || die "printed nothing: flux $line"
  done <<COMMANDS
--version
version --client -o json
--help
completion bash
completion zsh
completion fish
completion powershell
install --export
install --export --components-extra=image-reflector-controller,image-automation-controller --network-policy=false
create source git app --url=https://example.com/app --branch=main --export
create source helm charts --url=https://example.com/charts --export
create kustomization app --source=app --path=./deploy --prune=true --interval=10m --export
create helmrelease app --chart=app --source=HelmRepository/charts --chart-version=1.0.0 --export
create image repository app --image=example.com/app --export
create image policy app --image-ref=app --select-semver=>=1.0.0 --export
create image update app --git-repo-ref=app --git-repo-path=./deploy --checkout-branch=main --author-name=flux --author-email=flux@example.com --export
create secret git app --url=https://example.com/app --username=u --password=p --export
build helmrelease nest -n apps --dry-run --path $SCRATCH/home-lab
COMMANDS
  for tree in crates/kustomize/tests/golden/build-kustomization/*/; do
    [ -e "$tree/expected.yaml" ] || continue
    n=$((n + 1))
    "$FLUX" build kustomization k --dry-run --path "${tree}app" --kustomization-file "${tree}ks.yaml" >"$1/$n" 2>"$SCRATCH/said" ||
      { cat "$SCRATCH/said" >&2 && die "failed: flux build kustomization of $tree"; }
    cmp "$1/$n" "${tree}expected.yaml" >&2 || die "flux build kustomization of $tree differs from the recording"
  done
  SAID=$n
}

# recorded <arch>: runs the recorded cases, against the kube-apiserver of the tests.
recorded() {
  local directory=${EDGEFLUX_CONFORMANCE:-../shared/conformance} said agree floor
  if [ ! -e "$directory/run.py" ]; then
    say "$1: no recorded cases in $directory: skipped"
    return
  fi
  : "${ASSETS:=$(scripts/testenv)}"
  floor=$(cat tests/conformance-floor)
  # It fails when any case differs; what counts is how many agree.
  said=$(python3 "$directory/run.py" --bin "$FLUX" --assets "$ASSETS" || true)
  agree=$(sed -n 's/^agree: \([0-9]*\) of .*/\1/p' <<<"$said")
  [ -n "$agree" ] || die "$1: the recorded cases could not be run"
  [ "$agree" -ge "$floor" ] || { printf '%s\n' "$said" >&2 && die "$1: $agree recorded cases agree, fewer than $floor"; }
  say "$1: $agree recorded cases agree"
}

# bootstraps <arch>: bootstraps a repository into a control plane on loopback, with the real controllers;
# shows what Flux has; and renders what it applies.
bootstraps() {
  local bed deadline url file=$SCRATCH/bed-$1 clone=$SCRATCH/clone-$1
  KUBEBUILDER_ASSETS=$(scripts/testenv --cluster)
  export KUBEBUILDER_ASSETS
  OPENSSL_SRC_PERL=$PWD/scripts/openssl-perl cargo build --quiet --locked --package edgeflux-testbed --bin local-cluster
  GIT_PASSWORD=$(openssl rand -hex 16)
  export GIT_PASSWORD
  # It ends when its standard input is closed.
  mkfifo "$file.alive"
  "${CARGO_TARGET_DIR:-target}/debug/local-cluster" <"$file.alive" >"$file" 2>"$file.log" &
  bed=$!
  exec 8>"$file.alive"
  deadline=$((SECONDS + 180))
  until grep -q '^READY' "$file"; do
    kill -0 "$bed" 2>/dev/null || { tail -n 15 "$file.log" >&2 && die "the local cluster did not start"; }
    [ $SECONDS -lt $deadline ] || die "the local cluster is not ready after three minutes"
    sleep 0.2
  done
  KUBECONFIG=$(sed -n 's/^KUBECONFIG=//p' "$file")
  export KUBECONFIG
  url=$(sed -n 's/^URL=//p' "$file")
  flux_says bootstrap git --url="$url" --username=git --token-auth --allow-insecure-http --branch=main \
    --path=clusters/edge --components=source-controller,kustomize-controller --timeout=10m
  flux_says get all -A
  grep -q 'kustomization/flux-system.*True.*Applied revision: main@sha1:' "$SCRATCH/said" ||
    { cat "$SCRATCH/said" >&2 && die "$1: flux get does not show what was bootstrapped"; }
  git clone --quiet "${url/:\/\//://git:$GIT_PASSWORD@}" "$clone"
  flux_says build kustomization flux-system --path "$clone/clusters/edge"
  grep -q 'name: kustomize-controller' "$SCRATCH/said" || die "$1: flux build does not render what was bootstrapped"
  exec 8>&-
  wait "$bed" || true
  unset KUBECONFIG GIT_PASSWORD
  say "$1: bootstrapped, listed and rendered a repository"
}

flux_says() { "$FLUX" "$@" >"$SCRATCH/said" 2>&1 || { cat "$SCRATCH/said" >&2 && die "failed: flux $*"; }; }

# emulated <arch>: lets the kernel start programs of that architecture, as root and until this script ends.
emulated() {
  local run conf register=/proc/sys/fs/binfmt_misc name
  run=$(runner "$1")
  [ -n "$run" ] || return 0
  name=qemu-$(emulator_of "$1")
  if [ ! -e "$register/register" ] && mount -t binfmt_misc binfmt_misc "$register" 2>/dev/null; then
    UNDO+=("umount '$register'")
  fi
  [ ! -e "$register/$name" ] || return 0
  for conf in "/usr/lib/binfmt.d/$name.conf" "/usr/share/qemu/binfmt.d/$name.conf"; do
    if [ -e "$conf" ] && [ -w "$register/register" ] && cat "$conf" >"$register/register" 2>/dev/null; then
      UNDO+=("echo -1 >'$register/$name'")
      return 0
    fi
  done
  return 1
}

# installs <url> <arch>: runs install.sh as on that machine, from a server on loopback.
installs() {
  local url=$1 arch=$2 version_said
  if ! emulated "$arch"; then
    say "$arch: not installed here: the kernel cannot start its programs (binfmt_misc)"
    return
  fi
  rm -rf "$SCRATCH/machine"
  mkdir -p "$SCRATCH/machine/programs" "$SCRATCH/machine/home"
  printf '#!/bin/sh\n[ "$*" != -m ] || { echo %s; exit; }\necho Linux\n' "$(machine_of "$arch")" >"$SCRATCH/machine/programs/uname"
  chmod 755 "$SCRATCH/machine/programs/uname"
  for version_said in '' "$VERSION"; do
    env -i "PATH=$SCRATCH/machine/programs:/usr/bin:/bin" "HOME=$SCRATCH/machine/home" \
      EDGEFLUX_VERSION="$version_said" sh "$OUT/latest/download/install.sh" --base-url "$url" \
      --dir "$SCRATCH/machine/home/bin" 2>"$SCRATCH/said" || { cat "$SCRATCH/said" >&2 && die "$arch: install.sh failed"; }
    cmp "$SCRATCH/machine/home/bin/flux" "$SCRATCH/run-$arch/flux" >&2 || die "$arch: install.sh installed another binary"
  done
  say "$arch: $(sed -n 's/^edgeflux: \(installed .*\) as .*/\1/p' "$SCRATCH/said") by install.sh"
}

# audited <arch>: the binary has the list of its crates, for cargo-audit and other scanners.
audited() {
  readelf --sections --wide "$SCRATCH/run-$1/flux" | grep -q ' \.dep-v0 ' || die "$1: the binary has no list of its crates"
}

# archives: every archive on its own, and install.sh with all.
archives() {
  local arch first='' url server
  [ -d "$OUT/download/v$VERSION" ] || die "there is no release $VERSION in $OUT"
  (cd "$OUT/download/v$VERSION" && sha256sum --quiet --check "edgeflux_${VERSION}_checksums.txt")
  for arch in "${ARCHES[@]}"; do
    unpack "$arch"
    is_static "$SCRATCH/run-$arch/flux" || die "$arch: the binary is not linked statically"
    audited "$arch"
    answers "$SCRATCH/answers-$arch"
    if [ -z "$first" ]; then
      first=$arch
      say "$arch: $SAID command lines"
    else
      diff -r "$SCRATCH/answers-$first" "$SCRATCH/answers-$arch" >&2 || die "the output of $arch differs from that of $first"
      say "$arch: $SAID command lines, identical to $first"
    fi
    # A name is resolved, and a missing server is reported.
    "$FLUX" get all --server=https://localhost:1 --timeout=20s >"$SCRATCH/said" 2>&1 && die "$arch: reached a server that does not exist"
    grep -qi refused "$SCRATCH/said" || { cat "$SCRATCH/said" >&2 && die "$arch: localhost is not resolved"; }
    recorded "$arch"
    bootstraps "$arch"
  done

  python3 -u -m http.server --bind 127.0.0.1 --directory "$OUT" 0 >"$SCRATCH/server" 2>/dev/null &
  server=$!
  UNDO+=("kill $server")
  until grep -q port "$SCRATCH/server"; do
    kill -0 $server || die "no server on loopback"
    sleep 0.1
  done
  url=http://127.0.0.1:$(sed -n 's/.* port \([0-9]*\) .*/\1/p' "$SCRATCH/server")
  for arch in "${ARCHES[@]}"; do
    installs "$url" "$arch"
  done
}
