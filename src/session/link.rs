//! Links: the text after `#` in the address, such as `#/train?v=1&seed=7&lr=0.05`. A page and its `key=value`
//! pairs, nothing else: what the keys mean is said by the tables in [`super::params`]. Pure text, no browser.
//!
//! Any text can be read (what makes no sense is left out), and what was read is written back so that it reads the
//! same again.

use std::fmt;

use super::params::{ATTACK, EXPERIMENT, RUN};

/// Keys that belong to the lab as a whole and may stand in the link of any page.
pub const SHELL_KEYS: [&str; 6] = ["v", "device", "lang", "theme", "present", "speed"];

/// A link, taken apart.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Link {
    /// `geometry`, `train`, `attack`; whatever stood there, unchecked.
    pub page: String,
    /// In the order in which they stand; keys are never empty after [`Link::parse`].
    pub pairs: Vec<(String, String)>,
}

impl Link {
    /// Reads a hash, with or without its `#`. Never fails: pairs without a key are left out, a broken percent
    /// sign stands for itself.
    pub fn parse(hash: &str) -> Self {
        let text = hash.strip_prefix('#').unwrap_or(hash);
        let text = text.strip_prefix('/').unwrap_or(text);
        let (page, query) = text.split_once('?').unwrap_or((text, ""));
        let pair = |part: &str| {
            let (key, value) = part.split_once('=').unwrap_or((part, ""));
            (decode(key), decode(value))
        };
        let pairs = query.split('&').map(pair).filter(|(key, _)| !key.is_empty()).collect();
        Self { page: decode(page), pairs }
    }

    /// The last value of `key`, as [`super::params::apply`] takes it.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.pairs.iter().rev().find(|(known, _)| known == key).map(|(_, value)| value.as_str())
    }

    /// The pairs that are not the lab's own ([`SHELL_KEYS`]): the page's state.
    pub fn own_pairs(&self) -> Vec<(String, String)> {
        self.pairs.iter().filter(|(key, _)| !SHELL_KEYS.contains(&key.as_str())).cloned().collect()
    }

    /// Keys that neither the lab nor the page knows, each once. Pages whose table is not in
    /// [`super::params`] know their keys themselves.
    pub fn unknown_keys(&self) -> Vec<String> {
        let mut unknown: Vec<String> = Vec::new();
        for (key, _) in &self.pairs {
            let known = SHELL_KEYS.contains(&key.as_str()) || page_knows(&self.page, key);
            if !known && !unknown.contains(key) {
                unknown.push(key.clone());
            }
        }
        unknown
    }
}

fn page_knows(page: &str, key: &str) -> bool {
    match page {
        "train" => {
            let run = key.strip_prefix("b.").unwrap_or(key);
            key == "compare"
                || EXPERIMENT.iter().any(|param| param.key == key)
                || RUN.iter().any(|param| param.key == run)
        }
        "attack" => {
            // How the page is looked at; its table is in `pages::attack`.
            ["show", "gain", "channels", "swipe", "mean"].contains(&key) || ATTACK.iter().any(|param| param.key == key)
        }
        _ => true,
    }
}

impl fmt::Display for Link {
    /// The hash with its `#`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#/{}", encode(&self.page))?;
        for (i, (key, value)) in self.pairs.iter().enumerate() {
            write!(f, "{}{}={}", if i == 0 { '?' } else { '&' }, encode(key), encode(value))?;
        }
        Ok(())
    }
}

/// Percent-encodes what may not stand in a fragment or would part it (RFC 3986, section 3.5). Colon, semicolon,
/// comma and slash may stay, so that links can be read.
fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~:;,/".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push('%');
            for digit in [byte >> 4, byte & 15] {
                encoded.extend(char::from_digit(u32::from(digit), 16).map(|c| c.to_ascii_uppercase()));
            }
        }
    }
    encoded
}

/// Undoes [`encode`]; a plus sign is a space, as forms write it.
fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        rest = after;
        match first {
            b'+' => bytes.push(b' '),
            b'%' => match escaped(after) {
                Some(byte) => {
                    bytes.push(byte);
                    rest = after.get(2..).unwrap_or_default();
                }
                None => bytes.push(b'%'),
            },
            byte => bytes.push(byte),
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

/// The byte that the two hexadecimal digits at the beginning of `text` stand for.
fn escaped(text: &[u8]) -> Option<u8> {
    let digit = |i: usize| char::from(*text.get(i)?).to_digit(16);
    u8::try_from(digit(0)? * 16 + digit(1)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_read_as_browsers_write_it() {
        let link = Link::parse("#/train?v=1&layers=linear%3Ak-sparse%3Aw3&x=a+b%2B&seed=7&seed=9");
        assert_eq!(link.page, "train");
        assert_eq!(link.get("layers"), Some("linear:k-sparse:w3"));
        assert_eq!(link.get("x"), Some("a b+"));
        assert_eq!(link.get("seed"), Some("9"), "the last one counts");
        assert_eq!(link.unknown_keys(), ["x"]);
        assert_eq!(link.to_string(), "#/train?v=1&layers=linear:k-sparse:w3&x=a%20b%2B&seed=7&seed=9");
    }

    #[test]
    fn rubbish_is_left_out() {
        let link = Link::parse("#/train?%%%=&&=&v=1&net=");
        let pairs: Vec<(&str, &str)> = link.pairs.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        assert_eq!(pairs, [("%%%", ""), ("v", "1"), ("net", "")]);
        assert_eq!(Link::parse(""), Link::default());
        assert_eq!(Link::parse("#"), Link::default());
        assert_eq!(Link::default().to_string(), "#/");
    }

    #[test]
    fn keys_of_run_b_are_known() {
        let link = Link::parse("#/train?compare=1&b.lr=0.1&b.b=32&b.nothing=1");
        assert_eq!(link.unknown_keys(), ["b.nothing"]);
    }
}
