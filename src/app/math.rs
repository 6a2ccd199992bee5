//! Formulas: LaTeX in, MathML out (math-core), drawn by the browser itself, so no script and no font is needed.
//!
//! Quantities keep their colour in formulas as in figures. The oracle's corner `v` and the word `gap` are coloured
//! by themselves; `\fw{…}`, `\pg{…}`, `\sgd{…}`, `\adam{…}` colour anything else by family, and `\won{…}` frames
//! the entry that the oracle picked. math-core writes colours as style attributes, which the page's security
//! policy refuses; they are turned into classes here, and every other style attribute is dropped.

use leptos::prelude::*;
use math_core::{LatexToMathML, MathCoreConfig, MathDisplay};

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

thread_local! {
    static CONVERTER: Option<LatexToMathML> = converter();
}

fn converter() -> Option<LatexToMathML> {
    let macros =
        ROLES.iter().map(|role| (role.command.to_string(), format!(r"{{\color{{{}}}#1}}", role.colour))).collect();
    LatexToMathML::new(MathCoreConfig { macros, ..MathCoreConfig::default() }).ok()
}

/// A formula as inline MathML. What cannot be converted is shown as its source.
pub fn tex_to_mathml(tex: &str) -> String {
    CONVERTER.with(|converter| {
        converter
            .as_ref()
            .and_then(|converter| converter.convert_with_local_state(tex, MathDisplay::Inline).ok())
            .map_or_else(|| source(tex), |result| classes(&result.mathml))
    })
}

/// The LaTeX text itself, escaped.
fn source(tex: &str) -> String {
    let escaped = tex.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    format!("<code>{escaped}</code>")
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

/// A formula. `class="num"` makes the line of live numbers under a formula's symbols.
#[component]
pub fn Tex(#[prop(into)] tex: Signal<String>, #[prop(optional)] class: &'static str) -> impl IntoView {
    let list = if class.is_empty() { "tex".to_string() } else { format!("tex {class}") };
    view! { <span class=list inner_html=move || tex.with(|tex| tex_to_mathml(tex))></span> }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_become_classes_and_styles_go() {
        let mathml = tex_to_mathml(r"\fw{v_t}=-\tau\,\operatorname{sign}(g)\!\won{x}");
        assert!(mathml.contains(r#"class="c-fw""#) && mathml.contains(r#"class="won""#), "{mathml}");
        assert!(!mathml.contains("style="), "{mathml}");
        assert!(tex_to_mathml("v").contains(r#"<mi class="c-fw">v</mi>"#));
    }

    #[test]
    fn every_formula_of_the_tables_converts() {
        let sets = crate::sets::SETS.iter().flat_map(|entry| [entry.oracle_tex, entry.set_tex]);
        let methods = crate::optim::METHODS.iter().map(|entry| entry.move_tex);
        for tex in sets.chain(methods) {
            assert!(tex_to_mathml(tex).starts_with("<math"), "{tex}");
        }
    }

    #[test]
    fn what_is_no_formula_is_shown_as_text() {
        assert_eq!(tex_to_mathml(r"\frac{<"), r"<code>\frac{&lt;</code>");
    }
}
