//! What stands behind the repository that a cluster is bootstrapped from.

use crate::error::Result;
use crate::output::Ui;

/// What the bootstrap asks of the place where the repository lies, beside Git itself.
///
/// The order is: [`check`](Origin::check); the checks of cluster and repository; [`examine`](Origin::examine) where
/// the user brings a key; [`prepare`](Origin::prepare), the first outside effect; the components' commit and installation;
/// [`admit`](Origin::admit) where the cluster is let in by a key; the Secret; [`retire`](Origin::retire);
/// the sync.
pub trait Origin {
    /// Reads only, and refuses what could not be done later. `cluster` is the cluster's identity: the UID
    /// of its namespace `kube-system`.
    fn check(&mut self, ui: &Ui, cluster: &str) -> impl Future<Output = Result<()>>;

    /// Whether the repository is known not to be there yet; then it is taken for empty until `prepare`
    /// has made it.
    fn is_missing(&self) -> bool;

    /// Whether `admit` would let the key in, as far as that shows without changing anything.
    fn examine(&mut self, public_key: &str) -> impl Future<Output = Result<Admission>>;

    /// Makes the repository and who may use it as the flags say.
    fn prepare(&mut self, ui: &Ui) -> impl Future<Output = Result<()>>;

    /// Lets the holder of the key in, which is a line as in `identity.pub`. Called on each run that uses
    /// a key, with the Secret's own where it has one, before the Secret is applied.
    fn admit(&mut self, ui: &Ui, public_key: &str) -> impl Future<Output = Result<Admission>>;

    /// Takes back what the cluster was let in by before, after the Secret has been applied. `current` is
    /// the public key that the Secret holds now, `former` the one that it held when the command began.
    fn retire(
        &mut self,
        ui: &Ui,
        current: Option<&str>,
        former: Option<&str>,
    ) -> impl Future<Output = Result<()>>;
}

/// Whether a key was let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// It is.
    Admitted,
    /// Not this one: it belongs to another cluster or repository. The cluster needs a new key.
    NeedsAnotherKey,
}
