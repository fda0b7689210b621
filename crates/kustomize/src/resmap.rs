//! The objects of a build in their order, found by their ids in constant time.

use std::collections::HashMap;

use super::error::{Error, Result};
use super::id::ResId;
use super::resource::{Behavior, Resource};

/// The objects of a build.
#[derive(Debug, Default)]
pub(super) struct ResMap {
    resources: Vec<Resource>,
    /// Made when it is first asked for, and dropped when ids may have changed.
    index: Option<Index>,
    /// What steps had to say of what they did.
    warnings: Vec<Error>,
}

#[derive(Debug, Default)]
struct Index {
    current: HashMap<ResId, Vec<usize>>,
    /// By present and former ids.
    any: HashMap<ResId, Vec<usize>>,
    /// The first of two objects that have the same present id.
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
    /// The objects in order.
    pub fn resources(&self) -> &[Resource] {
        &self.resources
    }

    /// The objects, for changes that may concern their ids.
    pub fn resources_mut(&mut self) -> &mut Vec<Resource> {
        self.index = None;
        &mut self.resources
    }

    /// The objects, for changes that leave their ids as they are.
    pub fn contents_mut(&mut self) -> &mut [Resource] {
        &mut self.resources
    }

    /// One object, for a change that may concern its id.
    pub fn change<T>(&mut self, at: usize, change: impl FnOnce(&mut Resource) -> T) -> T {
        let resource = &mut self.resources[at];
        let (before, former) = (resource.id().into_key(), resource.previous.len());
        let result = change(resource);
        // That its present name has been remembered is no news.
        let remembered = resource.previous_ids().skip(former).any(|id| id.into_key() != before);
        if remembered || resource.id().into_key() != before {
            self.index = None;
        }
        result
    }

    /// Notes what should be changed although it works.
    pub fn warn(&mut self, warning: Error) {
        self.warnings.push(warning);
    }

    /// What has been noted since this was last asked for.
    pub fn take_warnings(&mut self) -> Vec<Error> {
        std::mem::take(&mut self.warnings)
    }

    /// The objects in order.
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
    /// Where there is one with the same id.
    pub fn append(&mut self, resource: Resource) -> Result<()> {
        let id = resource.id();
        let at = self.resources.len();
        let index = self.index();
        if index.current.contains_key(&id.key()) {
            return Err(Error::new(format!("{id} is there already"))
                .hint("two resources may not have the same kind, name and namespace"));
        }
        index.add(at, &resource);
        self.resources.push(resource);
        Ok(())
    }

    /// Adds all objects of `other` at the end.
    pub fn append_all(&mut self, other: Self) -> Result<()> {
        other.resources.into_iter().try_for_each(|resource| self.append(resource))
    }

    /// The places of the objects with this present or former id.
    pub fn places(&mut self, id: &ResId) -> Vec<usize> {
        let found = self.index().any.get(&id.key()).cloned().unwrap_or_default();
        found.into_iter().filter(|at| !self.resources[*at].is_gone()).collect()
    }

    /// The place of the one object with this present or former id.
    pub fn place(&mut self, id: &ResId) -> Result<usize> {
        match self.places(id).as_slice() {
            [at] => Ok(*at),
            [] => Err(self.not_found(id)),
            _ => Err(Error::new(format!("more than one resource has been {id}"))),
        }
    }

    fn not_found(&self, id: &ResId) -> Error {
        let error = Error::new(format!("there is no resource {id}"));
        let similar: Vec<String> = self
            .resources
            .iter()
            .map(Resource::id)
            .filter(|other| other.name == id.name && other.gvk.kind == id.gvk.kind)
            .map(|other| other.to_string())
            .take(3)
            .collect();
        if similar.is_empty() { error } else { error.hint(format!("there is {}", similar.join(" and "))) }
    }

    /// Adds what a generator made, or merges it into the object that it names.
    pub fn absorb(&mut self, mut resource: Resource) -> Result<()> {
        let id = resource.id();
        let places = self.places(&id);
        match (places.as_slice(), resource.behavior) {
            ([], Behavior::Create) => self.append(resource),
            ([], _) => Err(Error::new(format!("{id} is not there to be changed"))
                .hint("behavior merge and replace need a resource or generator of that name below")),
            ([_], Behavior::Create) => Err(Error::new(format!("{id} is there already"))
                .hint("use behavior: merge or replace to change it")),
            ([at], behavior) => {
                let old = &self.resources[*at];
                resource.inherit(old);
                if resource.gvk() != old.gvk() {
                    return Err(Error::new(format!(
                        "{id} is {} by now, which cannot be merged with",
                        old.id()
                    ))
                    .hint("let no patch change the kind of what a generator changes"));
                }
                if behavior == Behavior::Merge {
                    resource.merge_data(old);
                }
                self.resources[*at] = resource;
                self.index = None;
                Ok(())
            }
            _ => Err(Error::new(format!("more than one resource has been {id}"))),
        }
    }

    /// Refuses two objects with the same present id.
    pub fn check_unique(&mut self, what: &str) -> Result<()> {
        match self.index().twice {
            None => Ok(()),
            Some(at) => Err(Error::new(format!("{what} makes two resources {}", self.resources[at].id()))),
        }
    }

    /// Drops the objects of which nothing is left.
    pub fn drop_gone(&mut self) {
        if self.resources.iter().any(Resource::is_gone) {
            self.resources_mut().retain(|resource| !resource.is_gone());
        }
    }

    /// The objects by the order of their kinds, or any other.
    pub fn sort_by_key<K: Ord>(&mut self, key: impl FnMut(&Resource) -> K) {
        self.resources_mut().sort_by_cached_key(key);
    }
}
