//! Formulas as MathML, drawn by the browser itself, so no script and no font is needed. They are written as LaTeX
//! and converted while the lab is compiled (`fwlab_tex::tex!`).

use leptos::prelude::*;

use crate::plot::scientific;

/// What `\slot` is in a converted formula.
const SLOT: char = '\u{1}';

/// A formula with its slots filled in, in order.
pub fn fill(mathml: &str, numbers: &[&str]) -> String {
    let mut pieces = mathml.split(SLOT);
    let mut text = pieces.next().unwrap_or_default().to_string();
    for (i, piece) in pieces.enumerate() {
        text.push_str(numbers.get(i).copied().unwrap_or("–"));
        text.push_str(piece);
    }
    text
}

/// How many numbers a converted formula takes.
pub fn slots(mathml: &str) -> usize {
    mathml.matches(SLOT).count()
}

/// Two formulas as one, an em apart.
pub fn joined(first: &str, second: &str) -> String {
    let (first, second) = (first.strip_suffix("</math>"), second.strip_prefix("<math>"));
    format!(r#"{}<mspace width="1em"></mspace>{}"#, first.unwrap_or_default(), second.unwrap_or_default())
}

/// Numbers for one slot, with `between` set between them.
pub fn numbers(values: &[f32], between: &str) -> String {
    values.iter().map(|value| scientific(f64::from(*value))).collect::<Vec<_>>().join(between)
}

/// A formula, or nothing. `class="num"` makes the line of live numbers under a formula's symbols.
#[component]
pub fn Tex(#[prop(into)] mathml: Signal<String>, #[prop(optional)] class: &'static str) -> impl IntoView {
    let list = if class.is_empty() { "tex".to_string() } else { format!("tex {class}") };
    view! { <span class=list inner_html=move || mathml.get()></span> }.into_any()
}

#[cfg(test)]
mod tests {
    use super::{fill, joined, slots};

    #[test]
    fn slots_are_filled_in_order() {
        assert_eq!(fill("<mn>\u{1}</mn>+<mn>\u{1}</mn>", &["1", "2"]), "<mn>1</mn>+<mn>2</mn>");
        assert_eq!(fill("\u{1}", &[]), "–");
        assert_eq!(slots(fwlab_tex::tex!(r"\slot\leq\min\{\slot,\,\slot\}")), 3);
    }

    #[test]
    fn two_formulas_are_one() {
        let both = joined(fwlab_tex::tex!("a"), fwlab_tex::tex!("b"));
        assert_eq!(both, r#"<math><mi>a</mi><mspace width="1em"></mspace><mi>b</mi></math>"#);
    }
}
