//! `tex!(r"…")`: LaTeX in the source, MathML in the program. The conversion happens while the program is compiled, so
//! a formula that is none is a compiler's error, and nothing that reads LaTeX has to be sent to a browser.
//!
//! Quantities keep their colour in formulas as in figures. The oracle's corner `v` and the word `gap` are coloured
//! by themselves; `\fw{…}`, `\pg{…}`, `\sgd{…}`, `\adam{…}` colour anything else by family, and `\won{…}` frames
//! the entry that the oracle picked. `\slot` is a place for a number that is known only later (the page's
//! `math::fill`). math-core writes colours as style attributes, which a strict content security policy refuses; they
//! become classes here, and every other style attribute is dropped.

use math_core::{LatexToMathML, MathCoreConfig, MathDisplay};
use proc_macro::TokenStream;
use quote::quote;
use syn::{LitStr, parse_macro_input};

/// A macro of ours, the colour it borrows to pass through math-core, how that is written, and its class.
struct Role {
    command: &'static str,
    colour: &'static str,
    style: &'static str,
    class: &'static str,
}

const ROLES: [Role; 5] = [
    Role { command: "fw", colour: "blue", style: "color:#0000FF;", class: "c-fw" },
    Role { command: "pg", colour: "orange", style: "color:#FF8001;", class: "c-pg" },
    Role { command: "sgd", colour: "teal", style: "color:#008080;", class: "c-sgd" },
    Role { command: "adam", colour: "violet", style: "color:#800080;", class: "c-adam" },
    Role { command: "won", colour: "black", style: "color:#000000;", class: "won" },
];

/// Identifiers that always mean the same thing here: the oracle's corner and the gap.
const NAMED: [(&str, &str); 2] =
    [("<mi>v</mi>", r#"<mi class="c-fw">v</mi>"#), ("<mi>gap</mi>", r#"<mi class="c-fw">gap</mi>"#)];

/// A number that no formula of ours contains, which passes through math-core in place of `\slot`.
const SLOT: &str = "4815162342";
/// What a slot is in the program: a character that no text contains.
const PLACE: &str = "\u{1}";

/// A formula in LaTeX as inline MathML, a `&'static str`.
#[proc_macro]
pub fn tex(input: TokenStream) -> TokenStream {
    let literal = parse_macro_input!(input as LitStr);
    match mathml(&literal.value()) {
        Ok(mathml) => quote!(#mathml).into(),
        Err(message) => syn::Error::new(literal.span(), message).to_compile_error().into(),
    }
}

fn mathml(tex: &str) -> Result<String, String> {
    let macros =
        ROLES.iter().map(|role| (role.command.to_string(), format!(r"{{\color{{{}}}#1}}", role.colour))).collect();
    let converter = LatexToMathML::new(MathCoreConfig { macros, ..MathCoreConfig::default() })
        .map_err(|_| "the macros of the formulas are wrong: see ROLES".to_string())?;
    let converted = converter
        .convert_with_local_state(&tex.replace(r"\slot", SLOT), MathDisplay::Inline)
        .map_err(|error| format!("this is no formula: {error:?}"))?;
    Ok(classes(&converted.mathml).replace(SLOT, PLACE))
}

/// Colours as classes, no style attributes.
fn classes(mathml: &str) -> String {
    const ATTRIBUTE: &str = " style=\"";
    let mut text = String::with_capacity(mathml.len());
    let mut rest = mathml;
    while let Some((before, after)) = rest.split_once(ATTRIBUTE) {
        text.push_str(before);
        let (style, after) = after.split_once('"').unwrap_or((after, ""));
        if let Some(role) = ROLES.iter().find(|role| role.style == style) {
            text.push_str(" class=\"");
            text.push_str(role.class);
            text.push('"');
        }
        rest = after;
    }
    text.push_str(rest);
    NAMED.iter().fold(text, |text, (plain, coloured)| text.replace(plain, coloured))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_become_classes_and_styles_go() {
        let mathml = mathml(r"\fw{v_t}=-\tau\,\operatorname{sign}(g)\!\won{x}").unwrap_or_default();
        assert!(mathml.contains(r#"class="c-fw""#) && mathml.contains(r#"class="won""#), "{mathml}");
        assert!(!mathml.contains("style="), "{mathml}");
        assert!(super::mathml("v").is_ok_and(|mathml| mathml.contains(r#"<mi class="c-fw">v</mi>"#)));
    }

    #[test]
    fn a_slot_is_a_number_to_come() {
        let mathml = mathml(r"\gamma_t=\fw{\slot}+\slot").unwrap_or_default();
        assert_eq!(mathml.matches(PLACE).count(), 2, "{mathml}");
        assert!(mathml.contains("<mn>\u{1}</mn>"), "{mathml}");
    }

    #[test]
    fn what_is_no_formula_is_refused() {
        assert!(mathml(r"\frac{<").is_err());
    }
}
