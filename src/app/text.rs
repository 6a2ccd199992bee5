//! Texts come from `locales/en.yml` and `locales/ja.yml`, nowhere else. The build makes a file of each, and the page
//! fetches the one it shows. Reading a text inside a view follows the language.

use std::sync::Arc;

use js_sys::{Array, Object};
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::Response;

use super::lab::DataState;
use super::{Lab, use_lab};
use crate::session::DataId;
use crate::told::{Told, Value, word_key, word_numbers};

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

/// The texts of one language.
#[derive(Debug, Clone, PartialEq)]
pub struct Texts {
    pub language: Language,
    /// The parts of the page whose texts are among them, beside those of the shell.
    parts: Vec<&'static str>,
    /// Sorted by key.
    by_key: Arc<[(String, String)]>,
}

impl Texts {
    /// Fetches the texts of a language: the shell's, and those of `parts` that have a file of their own
    /// (`scripts/page.mjs` says which).
    ///
    /// # Errors
    /// What the browser says if a file did not arrive, or is not what the build has written.
    pub async fn fetch(language: Language, parts: Vec<&'static str>) -> Result<Self, JsValue> {
        let mut all = fetch_file(&format!("{}.json", language.tag())).await?;
        for part in &parts {
            all.extend(fetch_file(&format!("{}.{part}.json", language.tag())).await?);
        }
        all.sort();
        Ok(Self { language, parts, by_key: all.into() })
    }

    fn add(&mut self, part: &'static str, more: Vec<(String, String)>) {
        if !self.parts.contains(&part) {
            let mut all = self.by_key.to_vec();
            all.extend(more);
            all.sort();
            self.parts.push(part);
            self.by_key = all.into();
        }
    }

    /// The text `key`; the key itself if there is none, so that a gap is seen.
    fn get(&self, key: &str) -> String {
        let found = self.by_key.binary_search_by(|(known, _)| known.as_str().cmp(key)).ok();
        found.and_then(|at| self.by_key.get(at)).map_or_else(|| key.into(), |(_, text)| text.clone())
    }
}

async fn fetch_file(name: &str) -> Result<Vec<(String, String)>, JsValue> {
    let address = format!("{}{name}", folder());
    let response: Response = JsFuture::from(window().fetch_with_str(&address)).await?.dyn_into()?;
    let texts: Object = JsFuture::from(response.json()?).await?.dyn_into()?;
    let pair = |entry| {
        let pair = Array::from(&entry);
        Some((pair.get(0).as_string()?, pair.get(1).as_string()?))
    };
    Ok(Object::entries(&texts).iter().filter_map(pair).collect())
}

/// Fetches the texts of a part that has a file of its own, unless they are here. What does not arrive shows as keys.
pub async fn need(lab: Lab, part: &'static str) {
    while lab.texts.with_untracked(|texts| !texts.parts.contains(&part)) {
        let language = lab.texts.with_untracked(|texts| texts.language);
        match fetch_file(&format!("{}.{part}.json", language.tag())).await {
            // Another language may have come meanwhile: once more, then.
            Ok(more) if lab.texts.with_untracked(|texts| texts.language == language) => {
                // Nothing on screen reads them yet, and nothing that is there changes.
                let _ = lab.texts.try_update_untracked(|texts| texts.add(part, more));
            }
            Ok(_) => {}
            Err(_) => return lab.report(wording(lab, "shell.not_loaded")),
        }
    }
}

/// The folder of this version of the page, which its start script names.
fn folder() -> String {
    let script = document().query_selector("script[data-app]").ok().flatten();
    script.and_then(|script| script.get_attribute("data-app")).unwrap_or_default()
}

/// Fetches the texts whenever another language is chosen; the old ones stay until they are here.
pub fn follow(lab: Lab) {
    Effect::new(move |_| {
        let language = lab.language.get();
        if lab.texts.with_untracked(|texts| texts.language == language) {
            return;
        }
        spawn_local(async move {
            loop {
                let parts = lab.texts.with_untracked(|texts| texts.parts.clone());
                let fetched = Texts::fetch(language, parts.clone()).await;
                if lab.language.get_untracked() != language {
                    return;
                }
                match fetched {
                    // A part may have come meanwhile: once more, then.
                    Ok(_) if lab.texts.with_untracked(|texts| texts.parts != parts) => {}
                    Ok(texts) => return lab.texts.set(texts),
                    Err(_) => return lab.report(wording(lab, "shell.not_loaded")),
                }
            }
        });
    });
}

/// The text `key` in the language on screen. Reactive inside views and effects.
pub fn tr(key: &str) -> String {
    use_lab().texts.with(|texts| texts.get(key))
}

/// The text `key` with `%{name}` placeholders filled in.
pub fn tr_with(key: &str, values: &[(&str, String)]) -> String {
    fill(tr(key), values)
}

/// The text `key` in the language on screen, outside views.
pub fn wording(lab: Lab, key: &str) -> String {
    lab.texts.with_untracked(|texts| texts.get(key))
}

/// [`wording`] with `%{name}` placeholders filled in.
pub fn wording_with(lab: Lab, key: &str, values: &[(&str, String)]) -> String {
    fill(wording(lab, key), values)
}

/// The names of a data set's classes. Those of the lab's own sets are texts; others are what their files say.
pub fn class_names(data: &DataState) -> Vec<String> {
    let name = |class: &String| {
        let key: String =
            class.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' }).collect();
        let key = format!("class.{key}");
        let text = tr(&key);
        if data.id == DataId::Own || text == key { class.clone() } else { text }
    };
    data.classes.iter().map(name).collect()
}

/// What an error says in the language on screen, or `english` if there is no text for it. The texts of errors are
/// fetched with the first one.
pub async fn telling(lab: Lab, told: Option<Told>, english: String) -> String {
    let elsewhere = lab.texts.with_untracked(|texts| texts.language != Language::English);
    let Some(told) = told.filter(|_| elsewhere) else { return english };
    need(lab, "errors").await;
    said(lab, &told).unwrap_or(english)
}

/// `None` if a text is missing.
fn said(lab: Lab, told: &Told) -> Option<String> {
    let value = |value: &Value| match value {
        Value::Text(text) => Some(text.clone()),
        // Words of which there is no text stay English: a sentence with one is better than none.
        Value::Word(english) => {
            let text = known(lab, &word_key(english)).map(|text| {
                let numbers = word_numbers(english);
                numbers.iter().fold(text, |text, (name, number)| fill(text, &[(name.as_str(), number.clone())]))
            });
            Some(text.unwrap_or_else(|| english.clone()))
        }
        Value::Told(told) => said(lab, told),
    };
    let mut values = Vec::with_capacity(told.values.len());
    for (name, found) in &told.values {
        values.push((name.as_str(), value(found)?));
    }
    Some(fill(known(lab, &told.key)?, &values))
}

/// The text `key`, if there is one.
fn known(lab: Lab, key: &str) -> Option<String> {
    Some(wording(lab, key)).filter(|text| text != key)
}

fn fill(text: String, values: &[(&str, String)]) -> String {
    values.iter().fold(text, |text, (name, value)| text.replace(&format!("%{{{name}}}"), value))
}
