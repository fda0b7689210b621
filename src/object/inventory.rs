//! Entries of inventories: the objects that a controller has applied, in the status of its object.

/// An object in an inventory, whose entry is `<namespace>_<name>_<group>_<Kind>` (cli-utils' `ObjMetadata`). The namespace
/// is empty for cluster-scoped objects, and the group for the core group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InventoryEntry {
    /// Namespace; empty if the object is cluster-scoped.
    pub namespace: String,
    /// Name.
    pub name: String,
    /// API group; empty for the core group.
    pub group: String,
    /// Kind, such as `Deployment`.
    pub kind: String,
}

impl InventoryEntry {
    /// Reads an entry. In names, such as those of roles, `__` stands for a colon.
    pub fn parse(entry: &str) -> Option<Self> {
        let (namespace, rest) = entry.split_once('_')?;
        let (rest, kind) = rest.rsplit_once('_')?;
        let (name, group) = rest.rsplit_once('_')?;
        Some(InventoryEntry {
            namespace: namespace.into(),
            name: name.replace("__", ":"),
            group: group.into(),
            kind: kind.into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_read_with_colons_in_names() {
        let read = |entry: &str| {
            let InventoryEntry { namespace, name, group, kind } = InventoryEntry::parse(entry)?;
            Some([namespace, name, group, kind].join(" "))
        };
        assert_eq!(read("apps_web_apps_Deployment").as_deref(), Some("apps web apps Deployment"));
        assert_eq!(read("_web__Namespace").as_deref(), Some(" web  Namespace"));
        assert_eq!(
            read("_system__node_rbac.authorization.k8s.io_ClusterRole").as_deref(),
            Some(" system:node rbac.authorization.k8s.io ClusterRole")
        );
        for wrong in ["", "a", "a_b", "a_b_c"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
