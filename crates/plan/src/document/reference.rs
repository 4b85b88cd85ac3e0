//! Names of things that stand elsewhere in the plan.

use super::context::Sort;
use super::value::{FieldOf, Value};
use serde_json::{Value as Json, json};
use std::fmt;
use std::ops::Deref;

/// A type for the names of one sort of things. Reading it notes that there must be one of this name.
macro_rules! references {
    ($($(#[doc = $about:literal])+ $name:ident: $sort:ident;)+) => {$(
        $(#[doc = $about])+
        #[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub String);

        impl Deref for $name {
            type Target = str;

            fn deref(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl Value for $name {
            fn read(field: &FieldOf<'_, '_>, _: (f64, f64)) -> Option<$name> {
                let text = field.field.text()?;
                field.context.refer(Sort::$sort, text, &field.field.span);
                Some($name(text.to_owned()))
            }

            fn placeholder(_: (f64, f64), _: &str) -> $name {
                $name::default()
            }

            fn schema(_: (f64, f64)) -> Json {
                json!({ "type": "string", "pattern": "\\S" })
            }
        }
    )+};
}

references! {
    /// The name of a site.
    SiteName: Site;
    /// The name of a tier.
    TierName: Tier;
    /// The name of a service.
    ServiceName: Service;
    /// The name of a data class.
    DataName: Data;
    /// The name of a dependency on others.
    DependencyName: Dependency;
}
