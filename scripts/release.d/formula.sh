# shellcheck shell=bash
# The formula for Homebrew's tap, with the checksums of the archives of this release.

# source_of <os> <arch>: the lines that name an archive; nothing without it.
source_of() {
  local name=edgeflux_${VERSION}_$1_$2.tar.gz sum
  sum=$(awk -v name="$name" '$2 == name { print $1 }' "$SCRATCH/sums")
  [ -n "$sum" ] || return 0
  printf '      url "https://github.com/edgeflux/edgeflux/releases/download/v%s/%s"\n      sha256 "%s"\n' "$VERSION" "$name" "$sum"
}

# platform <block of the OS> <os>: both processors that Homebrew knows.
platform() {
  local arm intel
  arm=$(source_of "$2" arm64)
  intel=$(source_of "$2" amd64)
  [ -n "$arm$intel" ] || return 0
  printf '\n  %s do\n' "$1"
  [ -z "$arm" ] || printf '    on_arm do\n%s\n    end\n' "$arm"
  [ -z "$intel" ] || printf '    on_intel do\n%s\n    end\n' "$intel"
  printf '  end\n'
}

# formula: prints it, from SCRATCH/release.
formula() {
  (cd "$SCRATCH/release" && sha256sum -- *.tar.gz) >"$SCRATCH/sums"
  cat <<'RUBY'
# Written by scripts/release of edgeflux.
class Edgeflux < Formula
  desc "Flux command-line for GitOps at the edge, as one small binary"
  homepage "https://github.com/edgeflux/edgeflux"
RUBY
  printf '  version "%s"\n  license "Apache-2.0"\n' "$VERSION"
  platform on_macos darwin
  platform on_linux linux
  cat <<'RUBY'

  conflicts_with "fluxcd/tap/flux", because: "both install a `flux` binary"

  def install
    bin.install "flux"
    man1.install Dir["man/man1/*.1"]
    bash_completion.install "completions/flux.bash" => "flux"
    zsh_completion.install "completions/_flux"
    fish_completion.install "completions/flux.fish"
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/flux --version")
    source = shell_output("#{bin}/flux create source git app --url=https://example.com/app --branch=main --export")
    assert_match "kind: GitRepository", source
    (testpath/"app/config.yaml").write <<~YAML
      apiVersion: v1
      kind: ConfigMap
      metadata:
        name: config
    YAML
    (testpath/"kustomization.yaml").write <<~YAML
      apiVersion: kustomize.toolkit.fluxcd.io/v1
      kind: Kustomization
      metadata:
        name: app
        namespace: flux-system
      spec:
        interval: 10m
        path: ./app
        prune: true
        sourceRef:
          kind: GitRepository
          name: app
    YAML
    built = shell_output("#{bin}/flux build kustomization app --dry-run --path app --kustomization-file kustomization.yaml")
    assert_match "kustomize.toolkit.fluxcd.io/name: app", built
    assert_match "cannot reach the Kubernetes API server", shell_output("#{bin}/flux get all --server=http://127.0.0.1:1 2>&1", 1)
  end
end
RUBY
}
