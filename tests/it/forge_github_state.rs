//! The forge against a GitHub on loopback: repositories, branches, teams and deploy keys become as requested.

use edgeflux::forge::converge::{self, Change};
use edgeflux::forge::{
    ErrorKind, Forge, GitHub, NewDeployKey, NewRepository, OwnerKind, PublicKey, Purpose, Role, TeamAccess,
    Visibility,
};

use crate::support::forge_bed::*;
use crate::support::github::{self as standin, Fault, TokenRights};

#[tokio::test]
async fn repositories_are_created_as_requested_and_found_again() {
    let bed = Bed::start(LIMITS);
    let forge = &bed.forge;
    assert_eq!(forge.repository(&at("alice/fleet")).await.expect("an answer"), None);
    assert_eq!(forge.owner_kind("alice").await.expect("an answer"), Some(OwnerKind::User));
    assert_eq!(forge.owner_kind("acme").await.expect("an answer"), Some(OwnerKind::Organization));
    assert_eq!(forge.owner_kind("nobody").await.expect("an answer"), None);

    let made = forge.create_repository(&new_repository("alice/fleet", OwnerKind::User)).await.expect("made");
    assert_eq!(made.visibility, Visibility::Private);
    assert_eq!(made.role, Role::Admin);
    assert_eq!(forge.repository(&at("alice/fleet")).await.expect("an answer"), Some(made));
    let public = NewRepository {
        visibility: Visibility::Public,
        ..new_repository("acme/open", OwnerKind::Organization)
    };
    let made = forge.create_repository(&public).await.expect("made");
    assert_eq!(made.visibility, Visibility::Public);
    let private = forge.set_visibility(&at("acme/open"), Visibility::Private).await.expect("changed");
    assert_eq!(private.visibility, Visibility::Private);

    let bodies: Vec<String> = bed.standin.world(|world| {
        let posts = world.calls.iter().filter(|call| call.line.starts_with("POST"));
        posts.map(|call| call.body.to_string()).collect()
    });
    assert_eq!(
        bodies,
        [
            r#"{"name":"fleet","private":true,"visibility":"private"}"#,
            r#"{"name":"open","visibility":"public"}"#
        ]
    );
}

#[tokio::test]
async fn a_repository_that_was_created_meanwhile_is_used() {
    let bed = Bed::start(LIMITS).with_repository("acme/fleet");
    let new = NewRepository { at: at("acme/fleet"), ..new_repository("acme/fleet", OwnerKind::Organization) };
    let found = bed.forge.create_repository(&new).await.expect("the one that is there");
    assert_eq!(found.at.to_string(), "acme/fleet");
}

#[tokio::test]
async fn the_protection_of_a_branch_is_read() {
    let bed = Bed::start(LIMITS).with_repository("acme/fleet");
    let fleet = at("acme/fleet");
    assert_eq!(bed.forge.branch(&fleet, "feature/x").await.expect("an answer"), None);
    assert!(!bed.forge.branch(&fleet, "main").await.expect("an answer").expect("a branch").protected);
    bed.standin.world(|world| {
        world.repositories.get_mut("acme/fleet").expect("there").protected.insert("main".to_owned())
    });
    assert!(bed.forge.branch(&fleet, "main").await.expect("an answer").expect("a branch").protected);
}

#[tokio::test]
async fn a_team_gets_exactly_the_requested_permission() {
    let bed = Bed::start(LIMITS).with_repository("acme/fleet");
    let fleet = at("acme/fleet");
    assert!(bed.forge.team_exists("acme", "sre").await.expect("an answer"));
    assert!(!bed.forge.team_exists("acme", "poets").await.expect("an answer"));
    let sre = |level: &str| TeamAccess::parse::<GitHub>(&format!("sre:{level}")).expect("a team");
    let grant =
        async |level: &str| converge::team_access(&bed.forge, &fleet, &sre(level)).await.expect("granted");
    assert_eq!(grant("push").await, Change::Created);
    assert_eq!(grant("push").await, Change::None);
    assert_eq!(grant("admin").await, Change::Updated);
    assert_eq!(grant("pull").await, Change::Updated);
    assert_eq!(bed.standin.repository("acme/fleet").expect("there").teams["sre"], "pull");
}

#[tokio::test]
async fn a_deleted_deploy_key_is_created_again_and_its_access_can_change() {
    let bed = Bed::start(LIMITS).with_repository("acme/fleet");
    let fleet = at("acme/fleet");
    let key = PublicKey::new(KEY);
    let set = async |read_only| {
        converge::deploy_key(&bed.forge, &fleet, &title("uid-1"), &key, read_only).await.expect("set")
    };
    let keys = || {
        let keys = bed.standin.repository("acme/fleet").expect("there").keys;
        keys.into_iter().map(|key| (key.title, key.read_only)).collect::<Vec<_>>()
    };
    let name = "flux-system-main-flux-system-./clusters/one (cluster uid-1)".to_owned();
    assert_eq!(set(true).await, Change::Created);
    assert_eq!(set(true).await, Change::None);
    assert_eq!(keys(), [(name.clone(), true)]);
    assert_eq!(set(false).await, Change::Updated);
    assert_eq!(keys(), [(name.clone(), false)]);
    bed.standin.world(|world| world.repositories.get_mut("acme/fleet").expect("there").keys.clear());
    assert_eq!(set(false).await, Change::Created);
    assert_eq!(keys(), [(name, false)]);
}

#[tokio::test]
async fn a_key_that_another_cluster_uses_is_never_deleted() {
    let bed = Bed::start(LIMITS).with_repository("acme/fleet");
    let fleet = at("acme/fleet");
    let (theirs, ours) = (PublicKey::new(OTHER_KEY), PublicKey::new(KEY));
    let forge = &bed.forge;
    converge::deploy_key(forge, &fleet, &title("theirs"), &theirs, true).await.expect("set");

    let error =
        converge::deploy_key(forge, &fleet, &title("ours"), &theirs, false).await.expect_err("refused");
    assert_eq!(error.kind(), ErrorKind::KeyOfAnotherCluster);
    converge::deploy_key(forge, &fleet, &title("ours"), &ours, true).await.expect("set");
    let removed =
        converge::remove_former_keys(forge, &fleet, &title("ours"), Some(&ours), Some(&theirs)).await;
    let removed = removed.expect("an answer");
    assert!(removed.deleted.is_empty() && removed.kept.is_empty(), "{removed:?}");
    assert_eq!(bed.standin.repository("acme/fleet").expect("there").keys.len(), 2);
}

#[tokio::test]
async fn old_deploy_keys_of_this_cluster_are_deleted_and_unclear_ones_kept() {
    let bed = Bed::start(LIMITS).with_repository("acme/fleet");
    let fleet = at("acme/fleet");
    let forge = &bed.forge;
    let key = |number: usize| format!("ssh-ed25519 AAAAkey{number}");
    let flux = "flux-system-main-flux-system-./clusters/one";
    for (number, title) in [
        title("ours").to_string(),
        title("ours").to_string(),
        title("theirs").to_string(),
        flux.to_owned(),
        flux.to_owned(),
        "laptop".to_owned(),
    ]
    .into_iter()
    .enumerate()
    {
        let new = NewDeployKey { title, public_key: PublicKey::new(&key(number)), read_only: true };
        forge.add_deploy_key(&fleet, &new).await.expect("added");
    }
    let (current, former) = (PublicKey::new(&key(0)), PublicKey::new(&key(3)));
    let removed =
        converge::remove_former_keys(forge, &fleet, &title("ours"), Some(&current), Some(&former)).await;
    let removed = removed.expect("an answer");
    let names = |keys: &[edgeflux::forge::DeployKey]| {
        keys.iter().map(|it| it.public_key.as_str().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names(&removed.deleted), [key(1), key(3)]);
    assert_eq!(names(&removed.kept), [key(4)]);
    let stay: Vec<String> =
        bed.standin.repository("acme/fleet").expect("there").keys.into_iter().map(|it| it.public).collect();
    assert_eq!(stay, [key(0), key(2), key(4), key(5)]);
}

#[tokio::test]
async fn a_deploy_key_in_use_by_another_repository_is_reported() {
    let bed = Bed::start(LIMITS).with_repository("acme/fleet").with_repository("acme/other");
    bed.forge.add_deploy_key(&at("acme/other"), &new_key(KEY)).await.expect("added");
    let error = bed.forge.add_deploy_key(&at("acme/fleet"), &new_key(KEY)).await.expect_err("in use");
    assert_eq!(error.kind(), ErrorKind::KeyInUse);
    assert!(error.to_string().contains("key is already in use"), "{error}");
}

#[tokio::test]
async fn all_pages_of_a_long_list_are_read() {
    let bed = Bed::start(LIMITS).with_repository("acme/fleet");
    bed.standin.world(|world| {
        let keys = &mut world.repositories.get_mut("acme/fleet").expect("there").keys;
        keys.extend((0..250).map(|id| standin::Key {
            id,
            title: format!("key {id}"),
            public: format!("ssh-ed25519 AAAA{id}"),
            read_only: true,
        }));
    });
    assert_eq!(bed.forge.deploy_keys(&at("acme/fleet")).await.expect("the keys").len(), 250);
}

#[tokio::test]
async fn admin_access_is_checked_without_a_change() {
    let fine = "github_pat_11AAAAAAA0123456789";
    let bed = Bed::with_token(LIMITS, fine).with_repository("acme/fleet");
    let set = |reads_settings_only| {
        let rights = TokenRights { login: "alice".to_owned(), scopes: None, reads_settings_only };
        bed.standin.world(|world| world.tokens.insert(fine.to_owned(), rights));
    };
    set(false);
    bed.standin.fail("POST", "/keys", 1, Fault::bad_gateway());
    bed.forge.check_administration(&at("acme/fleet")).await.expect("it has the right");
    set(true);
    let error = bed.forge.check_administration(&at("acme/fleet")).await.expect_err("it has not");
    assert_eq!(error.kind(), ErrorKind::Forbidden);
    assert!(bed.standin.repository("acme/fleet").expect("it was there").keys.is_empty());
}

#[tokio::test]
async fn missing_token_permissions_are_reported_with_where_to_set_them() {
    let weak = "ghp_weak0123456789";
    let bed = Bed::with_token(LIMITS, weak);
    bed.standin.world(|world| {
        let scopes = Some(vec!["read:user".to_owned()]);
        world.tokens.insert(
            weak.to_owned(),
            TokenRights { login: "alice".to_owned(), scopes, reads_settings_only: false },
        )
    });
    let identity = bed.forge.identity().await.expect("alice");
    let missing = bed.forge.missing_scope(&identity, Purpose::Repository(Visibility::Private));
    assert_eq!(missing, Some("repo"));
    let new = new_repository("alice/fleet", OwnerKind::User);
    let error = bed.forge.create_repository(&new).await.expect_err("no right");
    let page = format!("https://{}/settings/tokens", bed.standin.hostname());
    assert!(
        error.hints().iter().any(|hint| hint.contains("scope repo") && hint.contains(&page)),
        "{error:?}"
    );
}
