//! Trees of files that use what kustomizations and Flux Kustomizations can say, as a seed decides: mostly right, in the
//! ways that people write YAML.

mod fitting;
mod flux;
mod kustomizations;
mod objects;
mod patches;
pub mod random;
mod words;
mod yaml;

use super::oracle::{Files, Request};
use objects::Object;
use random::Random;
use yaml::{Style, Yaml};

/// A tree that is being made.
struct Tree {
    random: Random,
    files: Files,
    /// Whether texts hold variables.
    expressions: bool,
    /// Whether mistakes are made.
    errors: bool,
    /// How often an object is changed in a way that nobody would, in percent.
    odd: usize,
    /// Kinds and names that are used.
    taken: Vec<(String, String)>,
    /// Folders with a kustomization, with the objects that they render.
    folders: Vec<(String, Vec<Object>)>,
    /// What the first folder renders before its own prefix, suffix and namespace.
    unnamed: Vec<Object>,
    next: usize,
    /// What is appended to names that must be this tree's own, where an API server is to take the objects.
    home: Option<String>,
}

/// The tree of a seed: with a Flux Kustomization, or for kustomize alone.
pub fn tree(seed: u64) -> Request {
    make(seed, None)
}

/// The tree of a seed, with a Flux Kustomization and mostly with objects that an API server takes. What is cluster-wide
/// has `home` at the end of its name, so that many trees may be applied to one cluster.
pub fn tree_for_cluster(seed: u64, home: &str) -> Request {
    make(seed, Some(home.to_owned()))
}

/// The namespaces that a tree for a cluster may use.
pub fn namespaces(home: &str) -> Vec<String> {
    words::NAMESPACES.iter().map(|name| format!("{name}-{home}")).collect()
}

fn make(seed: u64, home: Option<String>) -> Request {
    let mut random = Random::new(seed);
    let with_flux = random.chance(65) || home.is_some();
    let odd = if random.chance(75) || home.is_some() { 0 } else { 5 + random.below(15) };
    let tree = Tree {
        expressions: with_flux && random.chance(30),
        errors: random.chance(if home.is_some() { 5 } else { 15 }),
        odd,
        random,
        files: Files::new(),
        taken: Vec::new(),
        folders: Vec::new(),
        unnamed: Vec::new(),
        next: 0,
        home,
    };
    let path = "root/app".to_owned();
    if with_flux { tree.for_flux(path) } else { tree.for_kustomize(path) }
}

impl Tree {
    fn for_kustomize(mut self, path: String) -> Request {
        self.kustomization(&path, 0, false);
        Request { files: self.files, path, ..Request::default() }
    }

    fn style(&mut self) -> Style {
        Style::any(&mut self.random)
    }

    /// Writes a file.
    fn write(&mut self, path: &str, documents: &[Yaml]) {
        let style = self.style();
        let text = if documents.len() == 1 && self.random.chance(2) {
            patches::json(&documents[0])
        } else {
            yaml::write(documents, &style, &mut self.random)
        };
        self.files.insert(path.to_owned(), text);
    }

    /// The name of a namespace.
    fn namespace(&mut self) -> String {
        words::namespace(&mut self.random, self.home.as_deref())
    }

    fn number(&mut self) -> usize {
        self.next += 1;
        self.next
    }
}
