//! Tests of installations with all options.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::*;
use crate::api::CRDS;

fn everything() -> Options {
    Options { components: COMPONENTS.iter().collect(), ..Options::default() }
}

fn of_kind<'a>(objects: &'a [Value], kind: &str) -> Vec<&'a Value> {
    objects.iter().filter(|object| object["kind"] == kind).collect()
}

fn named<'a>(objects: &'a [Value], kind: &str, name: &str) -> &'a Value {
    let found = objects.iter().find(|it| it["kind"] == kind && it["metadata"]["name"] == name);
    found.unwrap_or_else(|| panic!("no {kind} {name}"))
}

fn arguments<'a>(objects: &'a [Value], component: &str) -> Vec<&'a str> {
    let pod = &named(objects, "Deployment", component)["spec"]["template"]["spec"];
    let arguments = pod["containers"][0]["args"].as_array().expect("a list of arguments");
    arguments.iter().filter_map(Value::as_str).collect()
}

/// Calls `visit` with every text of an object other than the descriptions of its schema.
fn texts(value: &Value, visit: &mut impl FnMut(&str)) {
    match value {
        Value::String(text) => visit(text),
        Value::Array(items) => items.iter().for_each(|item| texts(item, visit)),
        Value::Object(fields) => {
            for (_, field) in fields.iter().filter(|(key, _)| *key != "description") {
                texts(field, visit);
            }
        }
        _ => {}
    }
}

#[test]
fn dependencies_come_first() {
    let objects = install(&everything());
    assert_eq!(objects[0]["kind"], "Namespace");
    for component in &COMPONENTS {
        let place = |kind: &str, name: &str| {
            objects.iter().position(|it| it["kind"] == kind && it["metadata"]["name"] == name)
        };
        let deployment = place("Deployment", component.name);
        assert!(deployment.is_some(), "{} has no Deployment", component.name);
        assert!(place("ServiceAccount", component.name) < deployment);
        for crd in component.crds {
            let position = place("CustomResourceDefinition", &crd.name());
            assert!(position.is_some() && position < deployment, "{} comes too late", crd.kind);
        }
    }
}

#[test]
fn every_kind_belongs_to_one_component() {
    let owned: Vec<&str> = COMPONENTS.iter().flat_map(|it| it.crds).map(|crd| crd.kind).collect();
    let known: Vec<&str> = CRDS.iter().map(|crd| crd.kind).collect();
    assert_eq!(owned, known);
}

#[test]
fn the_roles_reach_every_group_of_the_api() {
    let objects = install(&everything());
    let groups: BTreeSet<&str> = CRDS.iter().map(|crd| crd.group).collect();
    for role in of_kind(&objects, "ClusterRole") {
        let rules = role["rules"].as_array().expect("rules");
        let named: BTreeSet<&str> = rules
            .iter()
            .flat_map(|rule| rule["apiGroups"].as_array().into_iter().flatten())
            .filter_map(Value::as_str)
            .collect();
        assert!(groups.is_subset(&named), "{} leaves some out", role["metadata"]["name"]);
    }
    let bound = &named(&objects, "ClusterRoleBinding", "crd-controller-flux-system")["subjects"];
    for component in &COMPONENTS {
        let subject = json!({"kind": "ServiceAccount", "name": component.name, "namespace": "flux-system"});
        assert!(bound.as_array().is_some_and(|all| all.contains(&subject)), "{}", component.name);
    }
}

#[test]
fn every_object_has_the_labels_of_the_installation() {
    for object in install(&everything()) {
        let labels = &object["metadata"]["labels"];
        assert_eq!(labels["app.kubernetes.io/instance"], "flux-system");
        assert_eq!(labels["app.kubernetes.io/part-of"], "flux");
        assert_eq!(labels["app.kubernetes.io/version"], format!("v{}", distribution::VERSION));
    }
}

#[test]
fn a_deployment_refers_to_existing_objects() {
    let objects = install(&everything());
    for deployment in of_kind(&objects, "Deployment") {
        let template = &deployment["spec"]["template"];
        let pod = &template["spec"];
        let container = &pod["containers"][0];
        let names = |list: &Value| -> BTreeSet<String> {
            let items = list.as_array().into_iter().flatten();
            items.filter_map(|it| it["name"].as_str()).map(str::to_owned).collect()
        };
        let ports = names(&container["ports"]);
        for probe in ["livenessProbe", "readinessProbe"] {
            let port = container[probe]["httpGet"]["port"].as_str().unwrap_or_default();
            assert!(ports.contains(port), "{probe} asks the unknown port {port}");
        }
        assert_eq!(names(&container["volumeMounts"]), names(&pod["volumes"]));
        named(&objects, "ServiceAccount", pod["serviceAccountName"].as_str().unwrap_or_default());
        let app = &deployment["spec"]["selector"]["matchLabels"]["app"];
        assert_eq!(&template["metadata"]["labels"]["app"], app);
        for service in of_kind(&objects, "Service") {
            if &service["spec"]["selector"]["app"] == app {
                let target = service["spec"]["ports"][0]["targetPort"].as_str().unwrap_or_default();
                assert!(ports.contains(target), "a Service reaches the unknown port {target}");
            }
        }
    }
}

#[test]
fn the_yaml_contains_the_objects_after_a_comment() {
    let options = everything();
    let text = to_yaml(&options);
    assert!(
        text.starts_with(
            "---\n# This manifest was generated by flux. DO NOT EDIT.\n# Flux Version: v2.9.6\n\
             # Components: source-controller,kustomize-controller,helm-controller,\
             notification-controller,image-reflector-controller,image-automation-controller,\
             source-watcher\napiVersion: v1\nkind: Namespace\n"
        ),
        "{}",
        &text[..300]
    );
    assert_eq!(edgeflux_yaml::documents(&text).expect("YAML"), install(&options));
}

#[test]
fn another_namespace_is_used_everywhere() {
    let objects = install(&Options { namespace: "gitops".into(), ..everything() });
    for object in &objects {
        let meta = &object["metadata"];
        let cluster_wide = ["Namespace", "ClusterRole", "ClusterRoleBinding", "CustomResourceDefinition"];
        if !cluster_wide.iter().any(|kind| object["kind"] == *kind) {
            assert_eq!(meta["namespace"], "gitops", "{}", meta["name"]);
        }
        texts(object, &mut |text| assert!(!text.contains("flux-system"), "{text}"));
    }
    named(&objects, "Namespace", "gitops");
    named(&objects, "ClusterRole", "flux-view-gitops");
    let binding = named(&objects, "ClusterRoleBinding", "crd-controller-gitops");
    assert_eq!(binding["roleRef"]["name"], "crd-controller-gitops");
}

#[test]
fn events_are_not_sent_without_notification_controller() {
    let with = install(&Options { cluster_domain: "edge.local".into(), ..Options::default() });
    assert_eq!(
        arguments(&with, "helm-controller")[0],
        "--events-addr=http://notification-controller.$(RUNTIME_NAMESPACE).svc.edge.local./"
    );
    assert_eq!(arguments(&with, "notification-controller")[0], "--watch-all-namespaces=true");
    let components = Component::all_named(["source-controller", "kustomize-controller"]);
    let without = install(&Options { components: components.expect("known names"), ..Options::default() });
    assert_eq!(arguments(&without, "source-controller")[0], "--events-addr=");
}

#[test]
fn external_artifacts_are_enabled_once_a_component_creates_them() {
    let gate = "--feature-gates=ExternalArtifact=true";
    let objects = install(&everything());
    for component in &COMPONENTS {
        let expected = ["kustomize-controller", "helm-controller"].contains(&component.name);
        assert_eq!(arguments(&objects, component.name).contains(&gate), expected);
    }
    let defaults = install(&Options::default());
    assert!(!arguments(&defaults, "helm-controller").contains(&gate));
}

#[test]
fn the_options_reach_every_deployment() {
    let objects = install(&Options {
        registry: "registry.example/mirror".into(),
        image_pull_secret: Some("regcred".into()),
        watch_all_namespaces: false,
        log_level: "debug".into(),
        toleration_keys: vec!["edge".into(), "arm".into()],
        ..everything()
    });
    for deployment in of_kind(&objects, "Deployment") {
        let name = deployment["metadata"]["name"].as_str().unwrap_or_default();
        let pod = &deployment["spec"]["template"]["spec"];
        let image = pod["containers"][0]["image"].as_str().unwrap_or_default();
        assert!(image.starts_with(&format!("registry.example/mirror/{name}:v")), "{image}");
        assert_eq!(pod["imagePullSecrets"], json!([{"name": "regcred"}]));
        assert_eq!(
            pod["tolerations"],
            json!([{"key": "edge", "operator": "Exists"}, {"key": "arm", "operator": "Exists"}])
        );
        let arguments = arguments(&objects, name);
        assert!(arguments.contains(&"--watch-all-namespaces=false"), "{arguments:?}");
        assert!(arguments.contains(&"--log-level=debug"), "{arguments:?}");
    }
    for deployment in of_kind(&install(&Options::default()), "Deployment") {
        let pod = &deployment["spec"]["template"]["spec"];
        assert_eq!((pod.get("imagePullSecrets"), pod.get("tolerations")), (None, None));
    }
}

#[test]
fn network_policies_can_be_left_out() {
    let options = Options { network_policy: false, ..Options::default() };
    assert_eq!(of_kind(&install(&options), "NetworkPolicy").len(), 0);
    assert_eq!(of_kind(&install(&Options::default()), "NetworkPolicy").len(), 3);
}

#[test]
fn components_are_found_by_name_and_listed_once() {
    let found = Component::all_named(["helm-controller", "source-controller", "helm-controller"]);
    let names: Vec<&str> = found.expect("known names").iter().map(|it| it.name).collect();
    assert_eq!(names, ["helm-controller", "source-controller"]);
    let unknown = Component::all_named(["helm-controler"]).map_err(|error| error.to_string());
    assert_eq!(unknown.err().as_deref(), Some("component helm-controler is not available"));
    assert_eq!(Component::defaults().len(), 4);
    let image = COMPONENTS[0].image("");
    assert!(image.starts_with("fluxcd/source-controller:v"), "{image}");
}

#[test]
fn the_pull_secret_needs_a_name_and_credentials() {
    let credentials: Credentials = "robot:s3cret".parse().expect("a user and a password");
    let with_name = Options { image_pull_secret: Some("regcred".into()), ..Options::default() };
    let with_both = Options { registry_credentials: Some(credentials), ..with_name.clone() };
    assert_eq!(Options::default().pull_secret(), None);
    assert_eq!(with_name.pull_secret(), None);
    assert!(with_both.pull_secret().is_some());
    assert!(!to_yaml(&with_both).contains("s3cret"));
    assert!(!format!("{with_both:?}").contains("s3cret"));
}
