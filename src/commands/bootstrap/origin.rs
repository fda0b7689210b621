//! Origin of a cluster's repository: a forge, or a plain Git server.

use crate::error::Result;
use crate::output::Ui;

/// What a bootstrap needs of the origin of the repository, beside Git itself.
///
/// The methods are called in this order: [`check`](Origin::check); the checks of cluster and repository; [`examine`](Origin::examine) where
/// the user gives a key; [`prepare`](Origin::prepare), the first change; the commit and installation of the components;
/// [`admit`](Origin::admit) if the cluster uses a key; the Secret; [`retire`](Origin::retire);
/// the sync.
pub trait Origin {
    /// Refuses what could not be done later. Changes nothing. `cluster` is the cluster's identity: the UID of its
    /// namespace `kube-system`.
    fn check(&mut self, ui: &Ui, cluster: &str) -> impl Future<Output = Result<()>>;

    /// Whether the repository is known not to exist. It counts as empty until `prepare` has created it.
    fn is_missing(&self) -> bool;

    /// Predicts the result of `admit`. Changes nothing.
    fn examine(&mut self, public_key: &str) -> impl Future<Output = Result<Admission>>;

    /// Creates or updates the repository and the access to it.
    fn prepare(&mut self, ui: &Ui) -> impl Future<Output = Result<()>>;

    /// Gives a key access. `public_key` is a line as in `identity.pub`. Called before the Secret is applied, on each run
    /// that uses a key.
    fn admit(&mut self, ui: &Ui, public_key: &str) -> impl Future<Output = Result<Admission>>;

    /// Revokes the access of the cluster's former keys. Called after the Secret is applied. `current` is the public key in
    /// the Secret, `former` the one at the start of the command.
    fn retire(
        &mut self,
        ui: &Ui,
        current: Option<&str>,
        former: Option<&str>,
    ) -> impl Future<Output = Result<()>>;
}

/// Whether a key has access.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// It has.
    Admitted,
    /// It belongs to another cluster or repository: the cluster needs a new key.
    NeedsAnotherKey,
}
