//! The few kinds of marks that plots are made of, and how they become SVG. Plots are lists of marks, computed by plain
//! functions; [`svg`] writes a list as text, which the browser reads much faster than it is told every attribute, and
//! which keeps the page small.

use std::fmt::Write;

/// A mark at pixel positions.
#[derive(Debug, Clone, PartialEq)]
pub enum Mark {
    Path {
        class: String,
        d: String,
    },
    Line {
        class: &'static str,
        from: (f64, f64),
        to: (f64, f64),
    },
    Disc {
        class: String,
        at: (f64, f64),
        r: f64,
    },
    Rect {
        fill: String,
        at: (f64, f64),
        size: (f64, f64),
    },
    /// A bold part, then a regular one; `anchor` is SVG's `text-anchor`.
    Text {
        class: String,
        at: (f64, f64),
        anchor: &'static str,
        strong: String,
        text: String,
    },
    /// Marks that belong to a quantity (`data-q`), which hovering keeps while the others fade.
    Of {
        quantity: &'static str,
        marks: Vec<Mark>,
    },
}

impl Mark {
    /// A path.
    pub fn path(class: impl Into<String>, d: impl Into<String>) -> Self {
        Self::Path { class: class.into(), d: d.into() }
    }

    /// Text without a bold part.
    pub fn text(class: impl Into<String>, at: (f64, f64), anchor: &'static str, text: impl Into<String>) -> Self {
        Self::Text { class: class.into(), at, anchor, strong: String::new(), text: text.into() }
    }

    /// The mark as one of a quantity's.
    pub fn of(self, quantity: &'static str) -> Self {
        Self::Of { quantity, marks: vec![self] }
    }

    // Pixels to a tenth: finer than the eye. Writing into a string cannot fail.
    fn write(&self, out: &mut String) {
        let _ = match self {
            Self::Path { class, d } => write!(out, r#"<path class="{class}" d="{d}"/>"#),
            Self::Line { class, from, to } => write!(
                out,
                r#"<line class="{class}" x1="{:.1}" y1="{:.1}" x2="{:.1}" y2="{:.1}"/>"#,
                from.0, from.1, to.0, to.1
            ),
            Self::Disc { class, at, r } => {
                write!(out, r#"<circle class="{class}" cx="{:.1}" cy="{:.1}" r="{r:.1}"/>"#, at.0, at.1)
            }
            Self::Rect { fill, at, size } => write!(
                out,
                r#"<rect fill="{fill}" x="{:.1}" y="{:.1}" width="{:.1}" height="{:.1}"/>"#,
                at.0, at.1, size.0, size.1
            ),
            Self::Text { class, at, anchor, strong, text } => write!(
                out,
                r#"<text class="{class}" x="{:.1}" y="{:.1}" text-anchor="{anchor}"><tspan class="b">{}</tspan>{}</text>"#,
                at.0,
                at.1,
                escape(strong),
                escape(text)
            ),
            Self::Of { quantity, marks } => {
                let _ = write!(out, r#"<g data-q="{quantity}">"#);
                marks.iter().for_each(|mark| mark.write(out));
                out.write_str("</g>")
            }
        };
    }
}

/// Text that stands between tags.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// The marks as the inside of an SVG element, first ones below.
pub fn svg(marks: &[Mark]) -> String {
    let mut out = String::new();
    marks.iter().for_each(|mark| mark.write(&mut out));
    out
}

/// Shape of a family's marker round the origin, about 5 pixels in radius: disc, square, triangle, diamond.
pub fn marker(family: &str) -> &'static str {
    match family {
        "pg" => "M-4.5 -4.5H4.5V4.5H-4.5Z",
        "sgd" => "M-5.5 4.6H5.5L0 -5.4Z",
        "adam" => "M0 -6L6 0L0 6L-6 0Z",
        _ => "M-5 0A5 5 0 1 0 5 0A5 5 0 1 0 -5 0Z",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_written_in_order_and_text_cannot_become_tags() {
        let marks = [
            Mark::path("ln fw", "M0 0L1 1").of("x"),
            Mark::Line { class: "edge", from: (0.0, 0.04), to: (1.25, 2.0) },
            Mark::text("ax", (1.0, 2.0), "end", "a < b & c"),
        ];
        let text = svg(&marks);
        assert!(text.starts_with(r#"<g data-q="x"><path class="ln fw" d="M0 0L1 1"/></g><line class="edge" x1="0.0""#));
        assert!(text.contains("a &lt; b &amp; c") && text.matches('<').count() == 8, "{text}");
    }
}
