//! Our forge, connected to the GitHub on loopback.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use edgeflux::event::{Event, Events};
use edgeflux::forge::{
    GitHub, KeyTitle, Limits, NewDeployKey, NewRepository, OwnerKind, PublicKey, RepositoryRef, Token,
    Visibility,
};
use edgeflux::net::NetworkSettings;

use super::github::{self as standin, TOKEN};

pub const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIExampleExampleExampleExampleExampleExample1";
pub const OTHER_KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIExampleExampleExampleExampleExampleExample2";

/// Long enough for a busy machine, short enough to wait for.
pub const LIMITS: Limits = Limits {
    connect: Duration::from_secs(10),
    answer: Duration::from_secs(2),
    total: Duration::from_mins(1),
    pause: Duration::from_millis(1),
};

/// One attempt, then the time is over.
pub const IMPATIENT: Limits =
    Limits { answer: Duration::from_secs(1), total: Duration::from_millis(1), ..LIMITS };

pub struct Bed {
    pub standin: standin::GitHub,
    pub forge: GitHub,
    /// What it reported beside its requests.
    pub events: Arc<Mutex<Vec<Event>>>,
}

impl Bed {
    pub fn start(limits: Limits) -> Self {
        Self::with_token(limits, TOKEN)
    }

    pub fn with_token(limits: Limits, token: &str) -> Self {
        let standin = standin::GitHub::start();
        let (forge, events) = connect(&standin, limits, token, Some(&standin.ca_pem()));
        Self { standin, forge, events }
    }

    /// With a private repository, a branch and a deploy key.
    pub fn with_repository(self, name: &str) -> Self {
        self.standin.world(|world| {
            let bare = world.add_repository(name, "private");
            bare.commit("main", "first", &[("README.md", Some("mine\n"))]);
        });
        self
    }
}

pub fn connect(
    standin: &standin::GitHub,
    limits: Limits,
    token: &str,
    ca: Option<&str>,
) -> (GitHub, Arc<Mutex<Vec<Event>>>) {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&seen);
    let events = Events::new(move |event| {
        if !matches!(event, Event::Request { .. }) {
            sink.lock().expect("only pushed to").push(event);
        }
    });
    let token = Token::new(&token.into()).expect("a token");
    let forge = GitHub::new(
        &standin.hostname(),
        token,
        ca.map(str::as_bytes),
        &NetworkSettings::default(),
        limits,
        events,
    );
    (forge.expect("a client"), seen)
}

pub fn at(name: &str) -> RepositoryRef {
    let (owner, name) = name.split_once('/').expect("owner/name");
    RepositoryRef::new(owner, name).expect("a valid name")
}

pub fn new_repository(name: &str, owner_kind: OwnerKind) -> NewRepository {
    NewRepository { at: at(name), owner_kind, visibility: Visibility::Private }
}

pub fn new_key(public_key: &str) -> NewDeployKey {
    NewDeployKey { title: "a key".into(), public_key: PublicKey::new(public_key), read_only: true }
}

pub fn title(cluster: &str) -> KeyTitle {
    KeyTitle::new("flux-system", "main", "flux-system", "./clusters/one", cluster)
}
