//! What tests of commands that watch share.

use std::process::Command;
use std::time::Duration;

use super::cluster::Cluster;
use super::flux::Running;

/// How long a running command may take to say something.
pub const WAIT: Duration = Duration::from_mins(1);

/// Waits until a running command has printed a text.
pub fn says(cluster: &Cluster, running: &Running, text: &str) {
    cluster.wait(&format!("{text:?} of {:?}", running.said()), WAIT, || running.said().contains(text));
}

/// Interrupts a running command, as Ctrl-C does.
pub fn interrupt(running: &Running) {
    let sent = Command::new("kill").args(["-INT", &running.id().to_string()]).status();
    assert!(sent.expect("kill is there").success());
}
