//! Which events are shown: those of an object and of what it refers to, of a kind, or of a namespace.

use crate::cluster::{Cluster, ListSelector};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::kinds::{self, Kind, SourceRef};
use crate::object::ObjectRef;

/// Events of a namespace, or of all of them, that a field selector selects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    /// Namespace; none means all of them.
    pub namespace: Option<String>,
    fields: Option<String>,
}

impl Selection {
    /// All events of a namespace, or of all of them.
    pub fn all(namespace: Option<&str>) -> Self {
        Selection { namespace: namespace.map(str::to_owned), fields: None }
    }

    fn of_kind(namespace: Option<&str>, kind: &str) -> Self {
        Selection { fields: Some(format!("involvedObject.kind={}", escaped(kind))), ..Self::all(namespace) }
    }

    fn of_object(namespace: Option<&str>, kind: &str, name: &str) -> Self {
        let (kind, name) = (escaped(kind), escaped(name));
        let fields = format!("involvedObject.kind={kind},involvedObject.name={name}");
        Selection { fields: Some(fields), ..Self::all(namespace) }
    }

    /// The same for the API server.
    pub fn selector(&self) -> ListSelector<'_> {
        ListSelector {
            namespace: self.namespace.as_deref(),
            fields: self.fields.as_deref(),
            ..ListSelector::default()
        }
    }
}

/// Escapes a value of a field selector.
fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace(',', "\\,").replace('=', "\\=")
}

/// Value of `--for`: a kind and perhaps the name of an object.
#[derive(Debug)]
pub struct For {
    kind: &'static Kind,
    name: Option<String>,
}

impl For {
    /// Reads `Kind` or `Kind/name`; the kind in any case.
    pub fn parse(text: &str) -> Result<Self> {
        let (kind, name) = match text.split_once('/') {
            Some((kind, name)) if !kind.is_empty() && !name.contains('/') => (kind, name),
            _ => (text, ""),
        };
        let Some(known) = kinds::by_name(kind) else {
            let names: Vec<&str> = kinds::KINDS.iter().map(|kind| kind.kind).collect();
            return Err(Error::usage(format!("'{kind}' is not a recognized Flux kind"))
                .hint(format!("write --for KIND or --for KIND/NAME with one of {}", names.join(", "))));
        };
        Ok(For { kind: known, name: Some(name.to_owned()).filter(|name| !name.is_empty()) })
    }

    /// Selections for the kind or the object, that of the object itself first, then those of what it refers to. With
    /// `everywhere`, objects of that name in all namespaces are selected, and the references of the one in the
    /// namespace of the call.
    ///
    /// # Errors
    /// The object refers to others by its kind, and does not exist.
    pub async fn selections(
        &self,
        context: &Context,
        cluster: &Cluster,
        everywhere: bool,
    ) -> Result<Vec<Selection>> {
        let Some(name) = &self.name else {
            return Ok(vec![Selection::of_kind((!everywhere).then(|| context.namespace()), self.kind.kind)]);
        };
        let object = self.object(context, cluster, name).await?;
        let namespace = object.namespace.as_deref().filter(|_| !everywhere);
        let own = Selection::of_object(namespace, self.kind.kind, &object.name);
        let Some(related) = self.kind.related else { return Ok(vec![own]) };
        let found = match cluster.get(&object).await {
            Ok(found) => found,
            Err(error) => return Err(cluster.hint_namespaces_of(error, &object).await),
        };
        let of_reference = |reference: SourceRef| {
            Selection::of_object(Some(&reference.namespace), &reference.kind, &reference.name)
        };
        Ok(std::iter::once(own).chain(related(&found).into_iter().map(of_reference)).collect())
    }

    /// The object that is meant. `name.namespace` is split unless there is an object whose name has the dot.
    async fn object(&self, context: &Context, cluster: &Cluster, name: &str) -> Result<ObjectRef> {
        let literal = ObjectRef::new(self.kind, context.namespace(), name);
        let Some((name, namespace)) = name.rsplit_once('.') else { return Ok(literal) };
        if cluster.find(&literal).await?.is_some() {
            return Ok(literal);
        }
        let split = ObjectRef::new(self.kind, namespace, name);
        Ok(if cluster.find(&split).await?.is_some() { split } else { literal })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_followed_by_a_name_or_nothing() {
        let parsed = |text| For::parse(text).map(|it| (it.kind.kind, it.name)).map_err(|e| e.to_string());
        assert_eq!(parsed("kustomization/apps"), Ok(("Kustomization", Some("apps".into()))));
        assert_eq!(parsed("GitRepository"), Ok(("GitRepository", None)));
        assert_eq!(parsed("GitRepository/"), Ok(("GitRepository", None)));
        for text in ["Pod/web", "a/b/c", "/apps", "Kustomization/a/b"] {
            assert!(
                parsed(text).is_err_and(|error| error.ends_with("is not a recognized Flux kind")),
                "{text}"
            );
        }
    }

    #[test]
    fn values_of_a_field_selector_are_escaped() {
        let selection = Selection::of_object(None, "Alert", r"a,b=c\d");
        assert_eq!(
            selection.selector().fields,
            Some(r"involvedObject.kind=Alert,involvedObject.name=a\,b\=c\\d")
        );
    }
}
