//! Texts come from `locales/en.yml` and `locales/ja.yml`, nowhere else. Reading one inside a view follows the
//! language signal.

use leptos::prelude::*;

use super::use_lab;

/// The languages of the lab.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    English,
    Japanese,
}

impl Language {
    /// BCP 47 tag, also the file name of its texts.
    pub fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Japanese => "ja",
        }
    }
}

/// The text `key` in the present language. Reactive inside views and effects.
pub fn tr(key: &str) -> String {
    let tag = use_lab().language.get().tag();
    rust_i18n::t!(key, locale = tag).into_owned()
}

/// The text `key` with `%{name}` placeholders filled in.
pub fn tr_with(key: &str, values: &[(&str, String)]) -> String {
    values.iter().fold(tr(key), |text, (name, value)| text.replace(&format!("%{{{name}}}"), value))
}
