//! `flux bootstrap github`: what it creates, prints and requests, and how another run converges.

use crate::support::fleet::{Fleet, components_commit, said_in_order};
use crate::support::github::{Key, TOKEN};
use crate::support::scenario::Scenario;

const PERSONAL: &str = "--owner=alice --personal --repository=fleet --path=clusters/cluster1 --timeout=3m";
const TITLE: &str = "flux-system-main-flux-system-./clusters/cluster1 (cluster CLUSTER)";

fn titles(fleet: &Fleet, repository: &str) -> Vec<(String, bool)> {
    let keys = fleet.keys(repository).into_iter();
    keys.map(|key| (fleet.plain(&key.title, repository), key.read_only)).collect()
}

/// The calls that changed something since `before`.
fn changes(fleet: &Fleet, before: usize) -> Vec<String> {
    fleet.github.changes()[before..].to_vec()
}

#[test]
fn a_cluster_follows_a_personal_repository_by_a_deploy_key() {
    let Some(fleet) = Fleet::start() else { return };
    let ssh = format!("--ssh-hostname=127.0.0.1:{}", fleet.github.ssh().expect("it was asked for").port());
    let run = |more: &str| {
        let before = fleet.github.changes().len();
        let output = fleet.bootstrap(&format!("{PERSONAL} {ssh} {more}")).ok();
        let said = fleet.plain(&output.stderr, "alice/fleet");
        (output, said, changes(&fleet, before))
    };

    let mut scenario = Scenario::new("a first run prints, commits and requests what flux does");
    let (output, said, changed) = run("");
    let url = "https://GITHUB_HOST/alice/fleet";
    said_in_order(
        &said,
        &[
            "► connecting to GITHUB_HOST",
            "► generating component manifests",
            "✔ generated component manifests",
            "✔ public key: ecdsa-sha2-nistp384 PUBLIC_KEY",
            &format!("✔ repository \"{url}\" created"),
            &format!("► cloning branch \"main\" from Git repository \"{url}.git\""),
            "✔ cloned repository",
            "✔ committed component manifests to \"main\" (\"COMMIT_1\")",
            &format!("► pushing component manifests to \"{url}.git\""),
            "► installing components in \"flux-system\" namespace",
            "✔ installed components",
            "✔ reconciled components",
            &format!("✔ configured deploy key \"{TITLE}\" for \"{url}\""),
            "► determining if source secret \"flux-system/flux-system\" exists",
            "► generating source secret",
            "► applying source secret \"flux-system/flux-system\"",
            "✔ reconciled source secret",
            "► generating sync manifests",
            "✔ generated sync manifests",
            "✔ committed sync manifests to \"main\" (\"COMMIT_2\")",
            &format!("► pushing sync manifests to \"{url}.git\""),
            "► applying sync manifests",
            "✔ reconciled sync configuration",
            "◎ waiting for GitRepository \"flux-system/flux-system\" to be reconciled",
            "✔ GitRepository reconciled successfully",
            "◎ waiting for Kustomization \"flux-system/flux-system\" to be reconciled",
            "✔ Kustomization reconciled successfully",
            "► confirming components are healthy",
            "✔ all components are healthy",
        ],
        &output,
    );
    assert_eq!(output.stdout, "");
    assert_eq!(
        changed,
        [
            "POST /user/repos",
            "git push /alice/fleet.git as alice",
            "POST /repos/alice/fleet/keys",
            "git push /alice/fleet.git as alice"
        ]
    );
    let commits = fleet.github.bare("alice/fleet");
    assert_eq!(commits.subjects("main"), ["Add Flux sync manifests", components_commit().as_str()]);
    let directory = "clusters/cluster1/flux-system";
    let files = commits.files("main");
    assert_eq!(
        files.keys().map(String::as_str).collect::<Vec<_>>(),
        ["gotk-components.yaml", "gotk-sync.yaml", "kustomization.yaml"]
            .map(|name| format!("{directory}/{name}"))
    );
    let sync = fleet.plain(&files[&format!("{directory}/gotk-sync.yaml")], "alice/fleet");
    assert!(sync.contains("  url: ssh://git@SSH_HOST:SSH_PORT/alice/fleet\n"), "{sync}");
    assert_eq!(titles(&fleet, "alice/fleet"), [(TITLE.to_owned(), true)]);
    let first = fleet.state("alice/fleet");

    scenario.next("a second run changes nothing");
    let (_, said, changed) = run("");
    assert_eq!(changed, Vec::<String>::new(), "{said}");
    assert_eq!(fleet.state("alice/fleet"), first);

    scenario.next("so does one that gets the certificates from standard input");
    let before = fleet.github.changes().len();
    let certificates = std::fs::read(fleet.github.ca_file()).expect("the file of the test bed");
    fleet.bootstrap(&format!("{PERSONAL} {ssh} --ca-file=-")).stdin(certificates).ok();
    assert_eq!(changes(&fleet, before), Vec::<String>::new());
    assert_eq!(fleet.state("alice/fleet"), first);

    scenario.next("a key deleted at GitHub is created again");
    fleet.github.world(|world| world.repositories.get_mut("alice/fleet").expect("there").keys.clear());
    let (_, _, changed) = run("");
    assert_eq!(changed, ["POST /repos/alice/fleet/keys"]);
    assert_eq!(fleet.state("alice/fleet"), first);

    // Keys of another cluster with the same path, made by flux and by us, always stay.
    let theirs = |title: &str, id: u64| Key {
        id,
        title: title.to_owned(),
        public: format!("ssh-ed25519 AAAAtheirs{id}"),
        read_only: true,
    };
    let flux_title = "flux-system-main-flux-system-./clusters/cluster1";
    let our_title = format!("{flux_title} (cluster 00000000-0000-0000-0000-000000000000)");
    fleet.github.world(|world| {
        let keys = &mut world.repositories.get_mut("alice/fleet").expect("there").keys;
        keys.insert(0, theirs(&our_title, 1));
        keys.insert(0, theirs(flux_title, 2));
    });
    let others = [(flux_title.to_owned(), true), (our_title, true)];
    let with_ours = |read_only| [others.as_slice(), &[(TITLE.to_owned(), read_only)]].concat();

    scenario.next("a read-only key is replaced by one with write access, and back");
    let (_, _, changed) = run("--read-write-key");
    assert!(changed[0].starts_with("DELETE /repos/alice/fleet/keys/"), "{changed:?}");
    assert_eq!(changed[1..], ["POST /repos/alice/fleet/keys"]);
    assert_eq!(titles(&fleet, "alice/fleet"), with_ours(false));
    run("");
    assert_eq!(titles(&fleet, "alice/fleet"), with_ours(true));

    scenario.next("--token-auth replaces the Secret and deletes the deploy key");
    let token_auth = fleet.bootstrap(&format!("{PERSONAL} --token-auth")).ok();
    assert_eq!(titles(&fleet, "alice/fleet"), others, "{token_auth:?}");
    assert_eq!(fleet.secret().keys().collect::<Vec<_>>(), ["ca.crt", "password", "username"]);
    let sync = fleet.cluster.get("GitRepository", "flux-system", "flux-system");
    let url = sync["spec"]["url"].as_str().expect("it has one");
    assert_eq!(fleet.plain(url, "alice/fleet"), "https://GITHUB_HOST/alice/fleet.git");

    scenario.next("a deploy key replaces the token in the Secret");
    run("");
    assert_eq!(titles(&fleet, "alice/fleet"), with_ours(true));
    assert_eq!(fleet.secret().keys().collect::<Vec<_>>(), ["identity", "identity.pub", "known_hosts"]);

    scenario.next("a key that another cluster uses too stays, and a new one is made");
    fleet.github.world(|world| {
        let keys = &mut world.repositories.get_mut("alice/fleet").expect("there").keys;
        keys.last_mut().expect("ours").title.clone_from(&others[1].0);
    });
    let copied = fleet.secret()["identity"].clone();
    let (_, _, changed) = run("");
    assert_eq!(changed, ["POST /repos/alice/fleet/keys"]);
    assert_eq!(
        titles(&fleet, "alice/fleet"),
        [others.as_slice(), &others[1..], &with_ours(true)[2..]].concat()
    );
    assert_ne!(fleet.secret()["identity"], copied);

    scenario.next("the visibility follows --private once it is given");
    let before = fleet.github.changes().len();
    run("--private=false");
    assert_eq!(changes(&fleet, before), ["PATCH /repos/alice/fleet"]);
    assert_eq!(fleet.github.repository("alice/fleet").expect("there").visibility, "public");
    let (_, said, changed) = run("");
    assert_eq!(changed, Vec::<String>::new());
    assert!(said.contains("stays public; use --reconcile to make it private"), "{said}");
    run("--reconcile");
    assert_eq!(fleet.github.repository("alice/fleet").expect("there").visibility, "private");

    scenario.next("no commit has the token");
    let content = format!("{:?}", fleet.github.bare("alice/fleet").files("main"));
    assert!(!content.contains(TOKEN));
}

#[test]
fn the_teams_of_an_organization_get_the_permissions_of_the_flags() {
    let Some(fleet) = Fleet::start() else { return };
    let acme = "--owner=acme --repository=infra --path=clusters/cluster1 --token-auth --timeout=3m";
    let teams = || fleet.github.repository("acme/infra").expect("there").teams;
    let level = |team: &str| teams()[team].clone();

    let output = fleet.bootstrap(&format!("{acme} --team=platform --team=sre:admin")).ok();
    let said = fleet.plain(&output.stderr, "acme/infra");
    said_in_order(
        &said,
        &[
            "► connecting to GITHUB_HOST",
            "✔ repository \"https://GITHUB_HOST/acme/infra\" created",
            "► reconciling repository permissions",
            "✔ granted \"maintain\" permissions to \"platform\"",
            "✔ granted \"admin\" permissions to \"sre\"",
            "✔ reconciled repository permissions",
            "✔ committed component manifests to \"main\" (\"COMMIT_1\")",
            "► applying source secret \"flux-system/flux-system\"",
            "✔ reconciled source secret",
            "✔ committed sync manifests to \"main\" (\"COMMIT_2\")",
            "✔ all components are healthy",
        ],
        &output,
    );
    assert_eq!((level("platform"), level("sre")), ("maintain".to_owned(), "admin".to_owned()));
    assert_eq!(teams().len(), 2);
    assert_eq!(fleet.secret().keys().collect::<Vec<_>>(), ["ca.crt", "password", "username"]);

    // Manual changes and those of the flag converge; a team that is not named is not changed.
    fleet.github.world(|world| {
        let teams = &mut world.repositories.get_mut("acme/infra").expect("there").teams;
        teams.insert("sre".to_owned(), "pull".to_owned());
    });
    let before = fleet.github.changes().len();
    fleet.bootstrap(&format!("{acme} --team=platform:push,sre:admin")).ok();
    assert_eq!(
        changes(&fleet, before),
        ["PUT /orgs/acme/teams/platform/repos/acme/infra", "PUT /orgs/acme/teams/sre/repos/acme/infra"]
    );
    assert_eq!((level("platform"), level("sre")), ("push".to_owned(), "admin".to_owned()));
    let before = fleet.github.changes().len();
    fleet.bootstrap(acme).ok();
    assert_eq!(changes(&fleet, before), Vec::<String>::new());
    assert_eq!(teams().len(), 2);
}
