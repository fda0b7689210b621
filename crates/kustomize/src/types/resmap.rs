//! The objects of a build in their order, found by id in constant time.

use std::collections::HashMap;

use super::generator::Behavior;
use super::id::ResId;
use super::resource::Resource;
use crate::error::{Error, Result, Warning};

/// The objects of a build.
#[derive(Debug, Default)]
pub(crate) struct ResMap {
    resources: Vec<Resource>,
    /// Built when it is first needed, and dropped when ids may have changed.
    index: Option<Index>,
    /// Warnings of the current step.
    warnings: Vec<Warning>,
}

#[derive(Debug, Default)]
struct Index {
    current: HashMap<ResId, Vec<usize>>,
    /// By current and former ids.
    any: HashMap<ResId, Vec<usize>>,
    /// First of two objects with the same current id.
    twice: Option<usize>,
}

impl Index {
    fn add(&mut self, at: usize, resource: &Resource) {
        let mut any = |id: ResId| {
            let places = self.any.entry(id).or_default();
            if places.last() != Some(&at) {
                places.push(at);
            }
        };
        let key = resource.id().into_key();
        resource.previous_ids().for_each(|id| any(id.into_key()));
        any(key.clone());
        let places = self.current.entry(key).or_default();
        places.push(at);
        if let [first, _, ..] = places.as_slice() {
            self.twice = Some(self.twice.map_or(*first, |twice| twice.min(*first)));
        }
    }
}

impl ResMap {
    /// Returns the objects in order.
    pub fn resources(&self) -> &[Resource] {
        &self.resources
    }

    /// Returns the objects, for changes that may affect their ids.
    pub fn resources_mut(&mut self) -> &mut Vec<Resource> {
        self.index = None;
        &mut self.resources
    }

    /// Returns the objects, for changes that do not affect their ids.
    pub fn contents_mut(&mut self) -> &mut [Resource] {
        &mut self.resources
    }

    /// Changes an object in a way that may affect its id.
    pub fn change<T>(&mut self, at: usize, change: impl FnOnce(&mut Resource) -> T) -> T {
        let resource = &mut self.resources[at];
        let (before, former) = (resource.id().into_key(), resource.previous.len());
        let result = change(resource);
        // Remembering the current name does not change the index.
        let remembered = resource.previous_ids().skip(former).any(|id| id.into_key() != before);
        if remembered || resource.id().into_key() != before {
            self.index = None;
        }
        result
    }

    /// Adds a warning of the current step.
    pub fn warn(&mut self, warning: Warning) {
        self.warnings.push(warning);
    }

    /// Returns the warnings since the last call.
    pub fn take_warnings(&mut self) -> Vec<Warning> {
        std::mem::take(&mut self.warnings)
    }

    /// Returns the objects in order.
    pub fn into_resources(self) -> Vec<Resource> {
        self.resources
    }

    fn index(&mut self) -> &mut Index {
        let resources = &self.resources;
        self.index.get_or_insert_with(|| {
            let mut index = Index::default();
            for (at, resource) in resources.iter().enumerate() {
                index.add(at, resource);
            }
            index
        })
    }

    /// Adds an object at the end.
    ///
    /// # Errors
    /// There is an object with the same id.
    pub fn append(&mut self, resource: Resource) -> Result<()> {
        let id = resource.id();
        let at = self.resources.len();
        let index = self.index();
        if index.current.contains_key(&id.key()) {
            return Err(Error::new(format!("{id} already exists"))
                .hint("change its name or namespace, or remove one of the two"));
        }
        index.add(at, &resource);
        self.resources.push(resource);
        Ok(())
    }

    /// Adds all objects of `other` at the end.
    pub fn append_all(&mut self, other: Self) -> Result<()> {
        other.resources.into_iter().try_for_each(|resource| self.append(resource))
    }

    /// Returns the indexes of the objects with this current or former id.
    pub fn places(&mut self, id: &ResId) -> Vec<usize> {
        let found = self.index().any.get(&id.key()).cloned().unwrap_or_default();
        found.into_iter().filter(|at| !self.resources[*at].is_gone()).collect()
    }

    /// Returns the index of the only object with this current or former id.
    pub fn place(&mut self, id: &ResId) -> Result<usize> {
        match self.places(id).as_slice() {
            [at] => Ok(*at),
            [] => Err(self.not_found(id)),
            _ => Err(Error::new(format!("several resources have or had the ID {id}"))),
        }
    }

    fn not_found(&self, id: &ResId) -> Error {
        let error = Error::new(format!("no resource {id}"));
        let similar: Vec<String> = self
            .resources
            .iter()
            .map(Resource::id)
            .filter(|other| other.name == id.name && other.gvk.kind == id.gvk.kind)
            .map(|other| other.to_string())
            .take(3)
            .collect();
        if similar.is_empty() { error } else { error.hint(format!("did you mean {}?", similar.join(" or "))) }
    }

    /// Adds a generated object, or merges it into the object that it names.
    pub fn absorb(&mut self, mut resource: Resource) -> Result<()> {
        let id = resource.id();
        let places = self.places(&id);
        match (places.as_slice(), resource.behavior) {
            ([], Behavior::Create) => self.append(resource),
            ([], _) => Err(Error::new(format!("no resource {id} to change")).hint(
                "behavior: merge and behavior: replace need a resource or generator with that name in \
                    resources",
            )),
            ([_], Behavior::Create) => Err(Error::new(format!("{id} already exists"))
                .hint("use behavior: merge or replace to change it")),
            ([at], behavior) => {
                let old = &self.resources[*at];
                resource.inherit(old);
                if resource.gvk() != old.gvk() {
                    return Err(Error::new(format!("{id} cannot be merged: it has become {}", old.id()))
                        .hint("do not change the kind of an object that a generator changes"));
                }
                if behavior == Behavior::Merge {
                    resource.merge_data(old);
                }
                self.resources[*at] = resource;
                self.index = None;
                Ok(())
            }
            _ => Err(Error::new(format!("several resources have or had the ID {id}"))),
        }
    }

    /// Refuses two objects with the same current id.
    pub fn check_unique(&mut self, what: &str) -> Result<()> {
        match self.index().twice {
            None => Ok(()),
            Some(at) => Err(Error::new(format!("{what} creates two resources {}", self.resources[at].id()))),
        }
    }

    /// Removes the objects of which nothing is left.
    pub fn drop_gone(&mut self) {
        if self.resources.iter().any(Resource::is_gone) {
            self.resources_mut().retain(|resource| !resource.is_gone());
        }
    }

    /// Sorts the objects, keeping the order of those with equal keys.
    pub fn sort_by_key<K: Ord>(&mut self, key: impl FnMut(&Resource) -> K) {
        self.resources_mut().sort_by_cached_key(key);
    }
}
