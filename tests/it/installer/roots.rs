//! Other machines: a Debian, and a system of nothing but busybox, as Alpine is. Each scenario runs as a script in
//! a throwaway copy of the system's root directory, as root or as a user.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use tempfile::TempDir;

use super::release::{Key, NEW, OLD, Release, Served, script};
use crate::support::sources::root;

/// A directory that `scripts/testenv --root` makes; none where this process is not root.
#[allow(clippy::print_stderr, reason = "says what is not tested")]
fn system(name: &'static str) -> Option<&'static str> {
    static DEBIAN: OnceLock<Option<String>> = OnceLock::new();
    static BUSYBOX: OnceLock<Option<String>> = OnceLock::new();
    let made = if name == "debian" { &DEBIAN } else { &BUSYBOX };
    made.get_or_init(|| {
        if fs::metadata("/proc/self").unwrap().uid() != 0 {
            eprintln!("NOT TESTED: only root can test install.sh on a {name} system");
            return None;
        }
        let output = Command::new(root().join("scripts/testenv"))
            .args(["--root", name])
            .stderr(Stdio::inherit())
            .output()
            .unwrap();
        assert!(output.status.success(), "scripts/testenv --root {name} failed");
        Some(String::from_utf8(output.stdout).unwrap().trim().to_owned())
    })
    .as_deref()
}

/// Mounts a copy of the root directory $1 in $2, and runs the script $3 there; `as_user` is a function for it.
const RUN: &str = r#"
set -e
mount -t tmpfs tmpfs "$2"
mkdir "$2/upper" "$2/work" "$2/root"
mount -t overlay -o "lowerdir=$1,upperdir=$2/upper,workdir=$2/work" overlay "$2/root"
mount --rbind /dev "$2/root/dev"
mount -t proc proc "$2/root/proc"
mkdir -p "$2/root/home/user"
chown 1000:1000 "$2/root/home/user"
echo "user:*:1000:1000::/home/user:/bin/sh" >>"$2/root/etc/passwd"
cd "$2/root"
exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root "URL=$4" \
  chroot "$2/root" /bin/sh -c '
    set -eu
    as_user() { su user -c "cd; $*"; }
    must_fail() { if "$@"; then echo "did not fail: $*"; exit 99; fi; }
    files() { find / -xdev ! -path "/tmp/*" ! -path "/proc/*" ! -path "/dev/*" | sort; }
    '"$3"
"#;

/// Runs a script on a system, and returns all that it prints; nothing where this process is not root.
fn run(name: &'static str, release: &Release, script: &str) -> Option<String> {
    let system = system(name)?;
    let mount = TempDir::new().unwrap();
    let output = Command::new("unshare")
        .args(["--mount", "--pid", "--fork", "sh", "-c", RUN, "sh", system])
        .arg(mount.path())
        .args([&format!("exec 2>&1\n{script}"), &release.url()])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    Some(said)
}

/// A signed release whose `install.sh` is as published: with the key and, for the test, its address.
fn published() -> Release {
    let (release, key) = (Release::serve(), Key::new());
    for version in [OLD, NEW] {
        release.sign(&key, version);
    }
    let text = String::from_utf8(script()).unwrap();
    let line = text.lines().find(|line| line.starts_with("PUBLIC_KEY='")).unwrap();
    let text = text
        .replace(line, &format!("PUBLIC_KEY='{}'", key.public()))
        .replace("https://github.com/edgeflux/edgeflux/releases", &release.url());
    release.put("/install.sh", Served::Whole(text.into()));
    release
}

#[test]
fn on_debian_the_documented_line_installs_for_root() {
    let release = published();
    let Some(said) = run(
        "debian",
        &release,
        r"
        files > /tmp/before
        curl -s $URL/install.sh | sudo bash
        flux --version
        stat -c '%A %U %n' /usr/local/bin/flux
        curl -s $URL/install.sh | sudo bash -s -- --version 9.8.6 --completions
        ls /usr/local/share/zsh/site-functions/_flux /etc/fish/completions/flux.fish
        bash -c '. /usr/share/bash-completion/bash_completion; _completion_loader flux; true'
        cat /usr/local/share/bash-completion/completions/flux
        curl -s $URL/install.sh | sudo bash -s -- --uninstall
        files > /tmp/after
        diff /tmp/before /tmp/after && echo nothing is left
        ",
    ) else {
        return;
    };
    for wanted in [
        "edgeflux: signature verified\nedgeflux: installed flux version 9.8.7 as /usr/local/bin/flux\nflux version 9.8.7\n",
        "-rwxr-xr-x root /usr/local/bin/flux",
        "installed flux version 9.8.6 as /usr/local/bin/flux, replacing flux version 9.8.7",
        "# bash, of flux 9.8.6\n",
        "nothing is left",
    ] {
        assert!(said.contains(wanted), "{wanted}: {said}");
    }
}

#[test]
fn on_debian_a_user_installs_without_root() {
    let release = published();
    let Some(said) = run(
        "debian",
        &release,
        r#"
        files > /tmp/before
        as_user "curl -s $URL/install.sh | bash -s -- --completions"
        as_user .local/bin/flux --version
        ls -A /home/user/.local/share /home/user/.config/fish
        as_user "curl -s $URL/install.sh | bash -s -- --uninstall"
        files > /tmp/after
        diff /tmp/before /tmp/after && echo nothing is left
        "#,
    ) else {
        return;
    };
    for wanted in ["installed flux version 9.8.7 as /home/user/.local/bin/flux", "nothing is left"] {
        assert!(said.contains(wanted), "{wanted}: {said}");
    }
}

/// Full disks and read-only ones. Each case leaves the old binary, and nothing else.
const DISKS: &str = r#"
    mkdir -p /usr/local/bin
    install() { sh -c "$FETCH $URL/install.sh | sh -s -- $*"; }
    check() {
      [ "$(cat /usr/local/bin/flux)" = old ] || { echo "the old binary is gone: $1"; exit 99; }
      [ "$(ls -A /usr/local/bin /tmp/small 2>/dev/null | grep -c -e edgeflux -e '^\.flux')" = 0 ] || { echo "something is left: $1"; exit 99; }
      echo "kept: $1"
    }

    mount -t tmpfs -o size=64k tmpfs /usr/local/bin
    echo old > /usr/local/bin/flux
    must_fail install
    check full
    mount -o remount,ro /usr/local/bin
    must_fail install
    check read-only
    umount /usr/local/bin

    echo old > /usr/local/bin/flux
    mkdir /tmp/small
    mount -t tmpfs -o size=4k tmpfs /tmp/small
    must_fail env TMPDIR=/tmp/small sh -c "$FETCH $URL/install.sh | sh"
    check temporary
    mount -o remount,size=48k /tmp/small
    must_fail env TMPDIR=/tmp/small sh -c "$FETCH $URL/install.sh | sh"
    check download
    must_fail env TMPDIR=/nowhere sh -c "$FETCH $URL/install.sh | sh"
    check nowhere
    umount /tmp/small

    mount -t tmpfs -o size=1k,nr_inodes=1 tmpfs /usr/local/share 2>/dev/null || { mkdir -p /usr/local/share; mount -t tmpfs -o nr_inodes=1 tmpfs /usr/local/share; }
    must_fail install --completions
    check completions
    umount /usr/local/share

    mount -t tmpfs -o noexec tmpfs /usr/local/bin
    echo old > /usr/local/bin/flux
    must_fail install
    check noexec
    umount /usr/local/bin

    mkdir -p /usr/local/share/edgeflux
    mount -t tmpfs -o ro tmpfs /usr/local/share/edgeflux
    install
    flux --version
"#;

fn disks(name: &'static str, fetch: &str) {
    let release = published();
    let Some(said) = run(name, &release, &format!("export FETCH='{fetch}'\n{DISKS}")) else { return };
    for wanted in [
        "/usr/local/bin has no space for the binary",
        "kept: full",
        "cannot write to /usr/local/bin: Read-only file system",
        "kept: read-only",
        "no space in /tmp/small",
        "kept: temporary",
        "linux_amd64.tar.gz: no space in /tmp/small",
        "kept: download",
        "cannot create a temporary directory",
        "kept: nowhere",
        "No space left on device\n  hint: free some space, or run this without --completions",
        "kept: completions",
        "if /usr/local/bin is mounted with noexec",
        "kept: noexec",
        "warning: cannot write /usr/local/share/edgeflux/installed",
        "installed flux version 9.8.7 as /usr/local/bin/flux\nflux version 9.8.7\n",
    ] {
        assert!(said.contains(wanted), "{wanted}: {said}");
    }
}

#[test]
fn on_debian_full_and_read_only_disks_keep_the_old_binary() {
    disks("debian", "curl -s");
}

#[test]
fn on_busybox_full_and_read_only_disks_keep_the_old_binary() {
    disks("busybox", "wget -q -O -");
}

#[test]
fn on_busybox_root_and_users_install_and_remove() {
    let release = published();
    let Some(said) = run(
        "busybox",
        &release,
        r#"
        files > /tmp/before
        for who in sh as_user; do
          run() { if [ $who = sh ]; then sh -c "$*"; else as_user "$*"; fi; }
          run "wget -q -O - $URL/install.sh | sh"
          run "wget -q -O - $URL/install.sh | sh -s -- --version 9.8.6 --completions"
          run "wget -q -O - $URL/install.sh | sh -s -- --uninstall"
        done
        files > /tmp/after
        diff /tmp/before /tmp/after && echo nothing is left
        "#,
    ) else {
        return;
    };
    for wanted in [
        "edgeflux: signature not verified: minisign is not installed",
        "edgeflux: installed flux version 9.8.7 as /usr/local/bin/flux",
        "installed flux version 9.8.6 as /usr/local/bin/flux, replacing flux version 9.8.7",
        "removed /etc/fish/completions/flux.fish",
        "installed flux version 9.8.6 as /home/user/.local/bin/flux, replacing flux version 9.8.7",
        "nothing is left",
    ] {
        assert!(said.contains(wanted), "{wanted}: {said}");
    }
}

#[test]
fn on_busybox_a_stick_and_a_proxy_are_used() {
    let release = published();
    let Some(said) = run(
        "busybox",
        &release,
        r"
        mkdir /tmp/stick
        for name in install.sh download/v9.8.7/edgeflux_9.8.7_linux_amd64.tar.gz download/v9.8.7/edgeflux_9.8.7_checksums.txt; do
          wget -q -P /tmp/stick $URL/$name
        done
        mount -o bind /tmp/stick /tmp/stick
        mount -o remount,ro,noexec,bind /tmp/stick
        http_proxy=http://127.0.0.1:1 sh /tmp/stick/install.sh --from /tmp/stick
        http_proxy=$URL sh /tmp/stick/install.sh --base-url http://releases.example
        must_fail sh /tmp/stick/install.sh --base-url https://releases.example --version 9.8.7
        https_proxy=$URL; export https_proxy
        must_fail sh /tmp/stick/install.sh --base-url https://releases.example --version 9.8.5
        flux --version
        ",
    ) else {
        return;
    };
    assert!(said.contains("edgeflux: reading /tmp/stick/edgeflux_9.8.7_linux_amd64.tar.gz"), "{said}");
    assert!(said.ends_with("flux version 9.8.7\n"), "{said}");
    let asked = release.asked();
    let through = |url: &str| asked.iter().any(|it| it == url);
    assert!(through("http://releases.example/latest/download/version.txt"), "{asked:?}");
    assert!(
        said.contains("hint: busybox's wget hardly works with a proxy for HTTPS: install curl"),
        "{said}"
    );
}
