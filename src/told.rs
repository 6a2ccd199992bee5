//! Errors that can be said in another language. What an error displays is an English sentence, and the command line
//! prints that; beside it an error names a text and what stands in its placeholders, and the page looks them up.
//! English texts and English sentences are equal, and a test holds them so.

use std::fmt::Display;

use serde::{Deserialize, Serialize};

/// A text that is still to be looked up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// Text key, `error.…`.
    pub key: String,
    /// What stands in the placeholders, by name.
    pub values: Vec<(String, Value)>,
}

/// What stands in a placeholder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Value {
    /// The same in every language: numbers, names, what another program says.
    Text(String),
    /// English words; [`word_key`] says where they stand in other languages.
    Word(String),
    /// The error behind this one.
    Told(Told),
}

/// An error that can be told.
pub trait Tell {
    /// Every text key that [`Tell::told`] uses itself.
    const KEYS: &'static [&'static str];

    fn told(&self) -> Told;
}

/// A value that no language changes.
pub fn text(value: &dyn Display) -> Value {
    Value::Text(value.to_string())
}

/// Words out of a short list, in English.
pub fn word(english: &str) -> Value {
    Value::Word(english.into())
}

/// The error behind this one.
pub fn inner(error: &impl Tell) -> Value {
    Value::Told(error.told())
}

/// The text key of English words, made of those that are no numbers: `error.word.between_and` for “between 1 and 9”.
pub fn word_key(english: &str) -> String {
    let plain = |word: &&str| !word.is_empty() && !word.contains(|c: char| c.is_ascii_digit());
    let words = english.split(|c: char| !c.is_ascii_alphanumeric() && c != '.').map(|word| word.trim_matches('.'));
    format!("error.word.{}", words.filter(plain).collect::<Vec<_>>().join("_").to_ascii_lowercase())
}

/// The numbers among English words, for the placeholders `n0`, `n1` … of their text.
pub fn word_numbers(english: &str) -> Vec<(String, String)> {
    let parts = english.split(|c: char| !c.is_ascii_digit() && c != '.').map(|part| part.trim_matches('.'));
    parts.filter(|part| !part.is_empty()).enumerate().map(|(i, part)| (format!("n{i}"), part.into())).collect()
}

/// Makes [`Tell`] for an error: `pattern => "key" { placeholder = value, … }` a row; variants that only pass another
/// error on stand behind `through`.
macro_rules! tell {
    ($error:ty { $($pattern:pat => $key:literal $({ $($name:ident = $value:expr),+ })?,)* } $(through $($passed:ident),+)?) => {
        impl $crate::told::Tell for $error {
            const KEYS: &'static [&'static str] = &[$($key),*];

            fn told(&self) -> $crate::told::Told {
                match self {
                    $($pattern => $crate::told::Told {
                        key: $key.into(),
                        values: vec![$($((stringify!($name).into(), $value)),+)?],
                    },)*
                    $($(Self::$passed(error) => error.told(),)+)?
                }
            }
        }
    };
}
pub(crate) use tell;
