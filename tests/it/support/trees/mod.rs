//! Trees of files generated from a seed, which use the features of kustomizations and Flux Kustomizations: mostly valid, in
//! the styles in which people write YAML.

mod fitting;
mod flux;
mod generators;
mod kustomizations;
mod objects;
mod patches;
mod pods;
pub mod random;
mod replacements;
mod settings;
mod words;
mod yaml;

use super::oracle::{Files, Request};
use objects::Object;
use random::Random;
use yaml::{Style, Yaml};

/// A tree under construction.
struct Tree {
    random: Random,
    files: Files,
    /// Whether strings contain variables.
    expressions: bool,
    /// Whether mistakes are made.
    errors: bool,
    /// Probability of an unusual change of an object, in percent.
    odd: usize,
    /// Kinds and names in use.
    taken: Vec<(String, String)>,
    /// Directories with a kustomization, and the objects that they render.
    directories: Vec<(String, Vec<Object>)>,
    /// The objects of the first directory before its prefix, suffix and namespace.
    unnamed: Vec<Object>,
    next: usize,
    /// Suffix of names that must be unique to this tree, if an API server is to accept the objects.
    home: Option<String>,
}

/// The tree of a seed: with a Flux Kustomization, or for kustomize alone.
pub fn tree(seed: u64) -> Request {
    make(seed, None)
}

/// The tree of a seed, with a Flux Kustomization and mostly with objects that an API server accepts. Names of cluster-scoped
/// objects end with `home`, so that many trees can be applied to one cluster.
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
        directories: Vec::new(),
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
