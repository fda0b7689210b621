//! `images`: new names, tags and digests.

use super::decode::{At, Decode};
use crate::error::Result;

/// An entry of `images`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Image {
    pub name: String,
    pub new_name: String,
    pub tag_suffix: String,
    pub new_tag: String,
    pub digest: String,
}

impl Decode for Image {
    fn decode(at: &At<'_>) -> Result<Self> {
        let mut fields = at.fields()?;
        let image = Self {
            name: fields.get("name")?,
            new_name: fields.get("newName")?,
            tag_suffix: fields.get("tagSuffix")?,
            new_tag: fields.get("newTag")?,
            digest: fields.get("digest")?,
        };
        fields.finish()?;
        Ok(image)
    }
}
