//! Settings of components: one declaration gives the struct, its defaults, serde that denies unknown fields, and the
//! schema that checks, cards and the JSON Schema are made from.
//!
//! ```text
//! settings! {
//!     /// What the doc of the struct says.
//!     pub struct Conv {
//!         /// Output channels.
//!         width: usize, kind = Kind::Dim;
//!         /// Side of the square kernel, in pixels.
//!         kernel: usize = 3, min = 1.0;
//!         /// What the padding holds.
//!         border: String = "zero", of = ["zero", "reflect", "replicate"];
//!         /// Norm after the convolution.
//!         norm: Slot = "batch", family = "norm";
//!     }
//! }
//! ```
//! A field without `=` is required. The kind follows from the type unless `kind = ..` says otherwise; `of` makes a text
//! a choice; `family` makes a slot.

use serde_json::Value;

/// The type of a setting, as a composite would declare it (language.md, 4.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    Integer,
    Number,
    Boolean,
    Text,
    Choice,
    /// An integer or `{ like = WIRE, times = R }`.
    Dim,
    /// `"same"` or an integer.
    Padding,
    /// An integer, or `[height, width]`.
    Kernel,
    Integers,
    Numbers,
    Texts,
    Table,
    File,
    /// `"5 epochs"`, `"100 steps"`, `"50 %"`.
    Span,
    Spans,
    Wire,
    Wires,
    Column,
    Columns,
    /// The name of an evaluation.
    Evaluation,
    /// `"random"`, `[indices]`, `{ best | median | worst = column }`, `{ near = { value = wire, at = numbers } }`.
    Pick,
    /// A component of this family.
    Slot(String),
}

/// Limits of a number, or of each element of an array.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Bounds {
    pub min: Option<f64>,
    pub max: Option<f64>,
    pub above: Option<f64>,
    pub below: Option<f64>,
    /// Length of an array.
    pub length: Option<usize>,
}

/// One setting of a card.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    pub name: String,
    pub doc: String,
    pub kind: Kind,
    /// `None`: required.
    pub default: Option<Value>,
    pub bounds: Bounds,
    /// The allowed values, if they are a list.
    pub of: Vec<Value>,
}

/// A slot's value as a component sees it: `{"use": name, settings..}`.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Slot(pub Value);

impl From<&str> for Slot {
    fn from(name: &str) -> Self {
        Slot(Value::String(name.into()))
    }
}

impl Slot {
    /// The component's name within the slot's family.
    pub fn name(&self) -> &str {
        match &self.0 {
            Value::String(s) => s,
            other => other.get("use").and_then(Value::as_str).unwrap_or(""),
        }
    }

    /// The component's settings, without `use`.
    pub fn settings(&self) -> super::Settings {
        match &self.0 {
            Value::Object(map) => {
                map.iter().filter(|(k, _)| *k != "use").map(|(k, v)| (k.clone(), v.clone())).collect()
            }
            _ => super::Settings::new(),
        }
    }
}

/// Pixels on each side, or `"same"` (language.md, section 10).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Padding {
    Same,
    Pixels(usize),
}

impl From<&str> for Padding {
    fn from(_: &str) -> Self {
        Padding::Same
    }
}

impl serde::Serialize for Padding {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        match self {
            Padding::Same => s.serialize_str("same"),
            Padding::Pixels(n) => s.serialize_u64(*n as u64),
        }
    }
}

impl<'de> serde::Deserialize<'de> for Padding {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        match Value::deserialize(d)? {
            Value::String(s) if s == "same" => Ok(Padding::Same),
            Value::Number(n) if n.is_u64() => Ok(Padding::Pixels(n.as_u64().unwrap_or(0) as usize)),
            other => Err(serde::de::Error::custom(format!("expected \"same\" or pixels, found {other}"))),
        }
    }
}

/// The sides of a kernel in pixels: one integer where it is square, or `[height, width]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KernelSize {
    pub height: usize,
    pub width: usize,
}

impl From<usize> for KernelSize {
    fn from(side: usize) -> Self {
        KernelSize { height: side, width: side }
    }
}

impl serde::Serialize for KernelSize {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        match (self.height, self.width) {
            (height, width) if height == width => s.serialize_u64(height as u64),
            sides => sides.serialize(s),
        }
    }
}

impl<'de> serde::Deserialize<'de> for KernelSize {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(d)?;
        let side = |v: &Value| v.as_u64().map(|side| side as usize);
        let read = match &value {
            Value::Array(sides) => match &sides[..] {
                [height, width] => side(height).zip(side(width)),
                _ => None,
            },
            one => side(one).map(|side| (side, side)),
        };
        let (height, width) = read.ok_or_else(|| {
            serde::de::Error::custom(format!("expected a side or `[height, width]` in pixels, found {value}"))
        })?;
        Ok(KernelSize { height, width })
    }
}

/// The kind a Rust type stands for.
pub trait OfKind {
    fn kind() -> Kind;
}

macro_rules! of_kind { ($($ty:ty => $kind:expr),* $(,)?) => { $(impl OfKind for $ty { fn kind() -> Kind { $kind } })* } }

of_kind! {
    usize => Kind::Integer, u64 => Kind::Integer, i64 => Kind::Integer, f64 => Kind::Number, bool => Kind::Boolean,
    String => Kind::Text, Vec<usize> => Kind::Integers, Vec<f64> => Kind::Numbers, Vec<String> => Kind::Texts,
    Padding => Kind::Padding, KernelSize => Kind::Kernel, Slot => Kind::Slot(String::new()), super::Settings => Kind::Table, Value => Kind::Pick,
}

/// A settings struct: declared with [`settings!`](crate::registry::settings).
pub trait Declared: Sized + serde::de::DeserializeOwned {
    fn schema() -> Vec<Setting>;

    /// Typed settings from resolved ones. The graph has checked them, so a failure here is a gap in those checks.
    fn read(settings: &super::Settings) -> Result<Self, SettingsError> {
        Self::deserialize(settings).map_err(|e| SettingsError(e.to_string()))
    }
}

/// The lines of a doc comment as one text.
pub fn join_doc(lines: &[&str]) -> String {
    lines.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ")
}

#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("settings do not fit: {0}")]
pub struct SettingsError(pub String);

/// Declares a settings struct; see the module.
#[macro_export]
#[doc(hidden)]
macro_rules! __settings {
    (
        $(#[$meta:meta])*
        $vis:vis struct $name:ident {
            $( $(#[doc = $doc:literal])* $field:ident : $ty:ty $(= $default:expr)? $(, $key:ident = $value:expr)* ; )*
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, serde::Deserialize)]
        #[serde(deny_unknown_fields, rename_all = "kebab-case")]
        $vis struct $name {
            $( $(#[doc = $doc])* pub $field: $ty, )*
        }

        impl $crate::registry::Declared for $name {
            #[allow(unused_mut, reason = "a struct without settings pushes none")]
            fn schema() -> Vec<$crate::registry::Setting> {
                let mut all: Vec<$crate::registry::Setting> = Vec::new();
                $(
                    #[allow(unused_mut, reason = "not every setting has bounds")]
                    let mut setting = $crate::registry::Setting {
                        name: stringify!($field).trim_start_matches("r#").replace('_', "-"),
                        doc: $crate::registry::join_doc(&[$($doc),*]),
                        kind: <$ty as $crate::registry::OfKind>::kind(),
                        default: None,
                        bounds: $crate::registry::Bounds::default(),
                        of: Vec::new(),
                    };
                    $( setting.default = Some(serde_json::to_value(<$ty>::from($default)).unwrap_or_default()); )?
                    $( $crate::__setting_key!(setting, $key, $value); )*
                    all.push(setting);
                )*
                all
            }
        }
    };
}

#[macro_export]
#[doc(hidden)]
macro_rules! __setting_key {
    ($s:ident, min, $v:expr) => {
        $s.bounds.min = Some($v as f64)
    };
    ($s:ident, max, $v:expr) => {
        $s.bounds.max = Some($v as f64)
    };
    ($s:ident, above, $v:expr) => {
        $s.bounds.above = Some($v as f64)
    };
    ($s:ident, below, $v:expr) => {
        $s.bounds.below = Some($v as f64)
    };
    ($s:ident, length, $v:expr) => {
        $s.bounds.length = Some($v)
    };
    ($s:ident, kind, $v:expr) => {
        $s.kind = $v
    };
    ($s:ident, family, $v:expr) => {
        $s.kind = $crate::registry::Kind::Slot($v.to_string())
    };
    ($s:ident, of, $v:expr) => {{
        $s.of = $v.iter().map(|v| serde_json::json!(v)).collect();
        if $s.kind == $crate::registry::Kind::Text {
            $s.kind = $crate::registry::Kind::Choice;
        }
    }};
}

pub use crate::__settings as settings;

#[cfg(test)]
mod tests {
    use super::*;

    settings! {
        /// An example.
        #[allow(dead_code, reason = "only its schema and its reading are looked at")]
        pub struct Example {
            /// Output channels.
            width: usize, kind = Kind::Dim, min = 1;
            /// Side of the kernel.
            kernel_size: usize = 3_usize, min = 1;
            /// Border.
            border: String = "zero", of = ["zero", "reflect"];
            /// Norm.
            norm: Slot = "batch", family = "norm";
            padding: Padding = "same";
            sides: KernelSize = 3_usize, min = 1;
            shares: Vec<f64> = vec![0.5, 0.5], length = 2, max = 1.0;
        }
    }

    #[test]
    fn one_declaration_gives_schema_and_struct() {
        let schema = Example::schema();
        assert_eq!(schema[0].default, None);
        assert_eq!(schema[1].name, "kernel-size");
        assert_eq!(schema[1].default, Some(serde_json::json!(3)));
        assert_eq!(schema[2].kind, Kind::Choice);
        assert_eq!(schema[3].kind, Kind::Slot("norm".into()));
        let all: super::super::Settings =
            schema.iter().map(|s| (s.name.clone(), s.default.clone().unwrap_or(serde_json::json!(8)))).collect();
        let read = Example::read(&all).unwrap();
        assert_eq!((read.width, read.kernel_size, read.norm.name()), (8, 3, "batch"));
        assert_eq!(schema[5].default, Some(serde_json::json!(3)));
        assert_eq!(read.sides, KernelSize { height: 3, width: 3 });
        let mut oblong = all.clone();
        oblong.insert("sides".into(), serde_json::json!([1, 7]));
        assert_eq!(Example::read(&oblong).unwrap().sides, KernelSize { height: 1, width: 7 });
        oblong.insert("sides".into(), serde_json::json!([1, 7, 3]));
        assert!(Example::read(&oblong).is_err());
        let mut wrong = all;
        wrong.insert("kernal".into(), 3.into());
        assert!(Example::read(&wrong).unwrap_err().to_string().contains("unknown field `kernal`"));
    }
}
