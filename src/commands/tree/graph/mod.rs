//! The graph of sources, Kustomizations and HelmReleases, and how it is drawn.

pub(super) mod dot;
mod layout;
pub(super) mod mermaid;
pub(super) mod svg;

use std::collections::{BTreeMap, BTreeSet};

use futures::StreamExt;
use futures::stream;

use super::fleet::{Fleet, Member, State};
use super::node::Id;
use crate::cluster::Cluster;
use crate::error::{ErrorKind, Result};
use crate::kinds::{self, SourceRef};
use crate::object::ObjectRef;

/// Requests at the same time.
const CONCURRENT: usize = 16;

/// A graph of objects.
#[derive(Default)]
pub(super) struct Graph {
    pub vertices: Vec<Vertex>,
    pub edges: Vec<Edge>,
}

/// An object.
pub(super) struct Vertex {
    pub id: Id,
    pub state: State,
    /// Message of its Ready condition.
    pub message: String,
    pub is_source: bool,
}

/// A relation between two objects, by their places in the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Edge {
    pub from: usize,
    pub to: usize,
    pub relation: Relation,
}

/// What an edge says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Relation {
    /// `from` is the source of `to`.
    Source,
    /// `from` applied `to`.
    Applies,
    /// `to` waits until `from` is ready.
    Dependency,
}

impl State {
    /// The word for it in a legend.
    pub fn as_str(self) -> &'static str {
        match self {
            State::Ready => "ready",
            State::Failed => "failed",
            State::Progressing => "progressing",
            State::Suspended => "suspended",
            State::Unknown => "unknown",
        }
    }

    /// Colors of the background and the border.
    pub fn colors(self) -> (&'static str, &'static str) {
        match self {
            State::Ready => ("#dcfce7", "#15803d"),
            State::Failed => ("#fee2e2", "#b91c1c"),
            State::Progressing => ("#dbeafe", "#1d4ed8"),
            State::Suspended => ("#fef9c3", "#a16207"),
            State::Unknown => ("#f3f4f6", "#6b7280"),
        }
    }

    /// All states, in the order of a legend.
    pub const ALL: [State; 5] =
        [State::Ready, State::Failed, State::Progressing, State::Suspended, State::Unknown];
}

impl Vertex {
    /// Name, with the namespace unless that is the root's.
    pub fn label(&self, graph: &Graph) -> String {
        let home = graph.vertices.first().map(|root| root.id.namespace.as_str());
        if home == Some(self.id.namespace.as_str()) {
            self.id.name.clone()
        } else {
            format!("{}/{}", self.id.namespace, self.id.name)
        }
    }
}

/// What applied a member: its place, and its own source.
type Applier = (usize, Option<SourceRef>);

/// A graph that is being put together.
#[derive(Default)]
struct Growth {
    graph: Graph,
    places: BTreeMap<Id, usize>,
    known: BTreeSet<(usize, usize)>,
    dependencies: Vec<(Id, usize)>,
}

impl Graph {
    /// The graph of what was found. The states of sources are requested; problems are added to those of the fleet.
    pub async fn of(cluster: &Cluster, fleet: &mut Fleet) -> Graph {
        let mut growth = Growth::default();
        growth.add(fleet);
        let Growth { mut graph, places, dependencies, .. } = growth;
        for (id, to) in dependencies {
            // A dependency outside of the tree is not drawn.
            if let Some(&from) = places.get(&id) {
                graph.edges.push(Edge { from, to, relation: Relation::Dependency });
            }
        }
        let sources = graph.vertices.iter().enumerate().filter(|(_, vertex)| vertex.is_source);
        let sources: Vec<(usize, Id)> = sources.map(|(at, vertex)| (at, vertex.id.clone())).collect();
        let states = stream::iter(sources).map(async |(at, id)| (at, state(cluster, &id).await));
        let states: Vec<_> = states.buffered(CONCURRENT).collect().await;
        for (at, state) in states {
            match state {
                Ok((state, message)) => {
                    (graph.vertices[at].state, graph.vertices[at].message) = (state, message);
                }
                Err(error) => {
                    graph.vertices[at].message = error.to_string();
                    if error.kind() != ErrorKind::NotFound
                        && !fleet.problems.contains(&graph.vertices[at].message)
                    {
                        fleet.problems.push(error.to_string());
                    }
                }
            }
        }
        graph
    }
}

async fn state(cluster: &Cluster, id: &Id) -> Result<(State, String)> {
    let Some(kind) = kinds::by_name(&id.group_kind.kind) else { return Ok((State::Unknown, String::new())) };
    let object = cluster.get(&ObjectRef::new(kind, id.namespace.as_str(), &id.name)).await?;
    Ok(State::of(kind, &object))
}

impl Growth {
    /// Adds the members in the order of the tree, from the root.
    fn add(&mut self, fleet: &Fleet) {
        let mut waiting: Vec<(Id, Option<Applier>)> = vec![(fleet.root.clone(), None)];
        while let Some((id, applier)) = waiting.pop() {
            let is_new = !self.places.contains_key(&id);
            let member = fleet.member(&id).and_then(|member| member.as_ref().ok());
            let problem = fleet.member(&id).and_then(|member| member.as_ref().err()).map(ToString::to_string);
            let place = self.vertex(&id, member, problem);
            if let Some((applier, _)) = &applier {
                self.edge(*applier, place, Relation::Applies);
            }
            let Some(member) = member.filter(|_| is_new) else { continue };
            let inherited = applier.and_then(|(_, source)| source);
            if let Some(source) = &member.source
                && inherited.as_ref() != Some(source)
            {
                let source = self.source(source);
                self.edge(source, place, Relation::Source);
            }
            self.dependencies.extend(member.depends_on.iter().map(|id| (id.clone(), place)));
            if !member.is_leaf {
                let below = member.objects.iter().filter(|id| id.applier().is_some());
                waiting.extend(below.rev().map(|id| (id.clone(), Some((place, member.source.clone())))));
            }
        }
    }

    fn vertex(&mut self, id: &Id, member: Option<&Member>, problem: Option<String>) -> usize {
        *self.places.entry(id.clone()).or_insert_with(|| {
            self.graph.vertices.push(Vertex {
                id: id.clone(),
                state: member.map_or(State::Unknown, |member| member.state),
                message: member.map(|member| member.message.clone()).or(problem).unwrap_or_default(),
                is_source: false,
            });
            self.graph.vertices.len() - 1
        })
    }

    fn source(&mut self, source: &SourceRef) -> usize {
        let group = kinds::by_name(&source.kind).map_or("", |kind| kind.group);
        let id = Id::new(group, &source.kind, &source.namespace, &source.name);
        let place = self.vertex(&id, None, None);
        self.graph.vertices[place].is_source = true;
        place
    }

    fn edge(&mut self, from: usize, to: usize, relation: Relation) {
        if from != to && self.known.insert((from, to)) {
            self.graph.edges.push(Edge { from, to, relation });
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A graph of a root with its source, and Kustomizations with five releases each that share three sources.
    pub fn fleet(count: usize) -> Graph {
        let mut graph = Graph::default();
        let mut add = |kind: &str, name: &str, is_source: bool| {
            let states = State::ALL;
            let state =
                if graph.vertices.len() % 7 == 3 { states[graph.vertices.len() % 5] } else { State::Ready };
            let id = Id::new("", kind, if is_source { "flux-system" } else { "apps" }, name);
            graph.vertices.push(Vertex { id, state, message: format!("about <{name}>"), is_source });
            graph.vertices.len() - 1
        };
        let root = add("Kustomization", "flux-system", false);
        let mut edges = vec![(add("GitRepository", "flux-system", true), root, Relation::Source)];
        let sources: Vec<usize> = ["bitnami", "podinfo", "a-very-long-name-of-a-helm-repository"]
            .map(|name| add("HelmRepository", name, true))
            .into();
        let (mut members, mut above, mut before) = (5, root, None);
        while members < count {
            if members % 6 == 5 {
                above = add("Kustomization", &format!("apps-{members}"), false);
                edges.push((root, above, Relation::Applies));
                if let Some(before) = before.replace(above) {
                    edges.push((before, above, Relation::Dependency));
                }
            } else {
                let release = add("HelmRelease", &format!("release-{members}"), false);
                edges.push((above, release, Relation::Applies));
                edges.push((sources[members % 3], release, Relation::Source));
            }
            members += 1;
        }
        graph.edges = edges.into_iter().map(|(from, to, relation)| Edge { from, to, relation }).collect();
        graph
    }

    #[test]
    fn every_language_names_every_object_and_relation() {
        let graph = fleet(40);
        let objects = graph.vertices.len();
        let (dot, mermaid, svg) = (dot::write(&graph), mermaid::write(&graph), svg::write(&graph));
        assert_eq!(dot.matches("label=").count(), objects);
        assert_eq!(dot.matches(" -> ").count(), graph.edges.len());
        assert_eq!(mermaid.matches(":::").count(), objects);
        assert_eq!(svg.matches("<title>").count(), objects);
        // Three lines are in the legend.
        assert_eq!(svg.matches("marker-end=").count(), graph.edges.len() + 3);
        assert!(svg.contains("about &lt;release-6&gt;") && !svg.contains("about <"));
    }
}
