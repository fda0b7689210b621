//! Enums that are strings in YAML and on the command line.

/// Declares an API enum with the string of each variant.
/// Adds `ALL`, `as_str`, `Display`, `FromStr`, serde implementations and a schema that use these strings.
/// The first variant is the default.
macro_rules! string_enum {
    (
        $(#[$meta:meta])*
        pub enum $name:ident {
            $(#[$first_meta:meta])* $first:ident = $first_string:literal,
            $($(#[$variant_meta:meta])* $variant:ident = $string:literal,)*
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub enum $name {
            $(#[$first_meta])*
            #[default]
            $first,
            $($(#[$variant_meta])* $variant,)*
        }

        impl $name {
            /// All values, in declaration order.
            pub const ALL: &'static [Self] = &[Self::$first, $(Self::$variant),*];

            /// Returns the string used in YAML and on the command line.
            pub const fn as_str(self) -> &'static str {
                match self {
                    Self::$first => $first_string,
                    $(Self::$variant => $string,)*
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::api::UnknownValue;

            fn from_str(text: &str) -> Result<Self, $crate::api::UnknownValue> {
                Self::ALL
                    .iter()
                    .copied()
                    .find(|value| value.as_str() == text)
                    .ok_or_else(|| $crate::api::UnknownValue {
                        text: text.to_owned(),
                        expected: Self::ALL.iter().map(|value| value.as_str()).collect(),
                    })
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }

        impl schemars::JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                let values: Vec<_> = Self::ALL.iter().map(|value| value.as_str()).collect();
                schemars::json_schema!({"type": "string", "enum": values})
            }
        }
    };
}

pub(super) use string_enum;

/// Error for a string that is not a value of the enum.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not {}{}", if expected.len() > 1 { "one of " } else { "" }, expected.join(", "))]
pub struct UnknownValue {
    /// Invalid string.
    pub text: String,
    /// Valid strings.
    pub expected: Vec<&'static str>,
}
