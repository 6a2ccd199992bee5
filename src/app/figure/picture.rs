//! A figure as one self-contained SVG document: what stands on screen, with every computed colour and font written
//! out, so that it draws the same away from the page's style sheets.
//!
//! HTML parts (captions, bars, pixel canvases) are kept as boxes inside a `foreignObject`; controls, menus and data
//! tables are left out. Reading the screen instead of drawing twice means that no figure needs code of its own.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{CssStyleDeclaration, Element, Node};

const SVG: &str = "http://www.w3.org/2000/svg";
const HTML: &str = "http://www.w3.org/1999/xhtml";
const MATHML: &str = "http://www.w3.org/1998/Math/MathML";

/// Space round the figure, px: labels may hang over its edge.
const MARGIN: f64 = 8.0;

/// Parts of a figure that are not part of its picture.
const LEFT_OUT: &str = ".figure-menu, .figure-table, .vh, input, select, textarea, [hidden], [data-act]";

/// Presentation attributes that carry the look of a mark.
const MARK: [&str; 19] = [
    "fill",
    "fill-opacity",
    "stroke",
    "stroke-width",
    "stroke-opacity",
    "stroke-dasharray",
    "stroke-linecap",
    "stroke-linejoin",
    "opacity",
    "visibility",
    "font-family",
    "font-size",
    "font-style",
    "font-weight",
    "text-anchor",
    "dominant-baseline",
    "baseline-shift",
    "paint-order",
    "vector-effect",
];

/// Style properties that carry place and look of a box.
const BOX: [&str; 49] = [
    "display",
    "position",
    "top",
    "right",
    "bottom",
    "left",
    "width",
    "height",
    "margin-top",
    "margin-right",
    "margin-bottom",
    "margin-left",
    "padding-top",
    "padding-right",
    "padding-bottom",
    "padding-left",
    "border-top",
    "border-right",
    "border-bottom",
    "border-left",
    "outline",
    "background-color",
    "opacity",
    "visibility",
    "overflow",
    "clip-path",
    "grid-template-columns",
    "grid-template-rows",
    "grid-column-start",
    "grid-column-end",
    "grid-row-start",
    "grid-row-end",
    "column-gap",
    "row-gap",
    "align-items",
    "align-self",
    "align-content",
    "justify-content",
    "justify-items",
    "justify-self",
    "flex-direction",
    "flex-wrap",
    "flex-grow",
    "flex-shrink",
    "order",
    "text-align",
    "white-space",
    "text-overflow",
    "image-rendering",
];

/// Style properties of text, for boxes and formulas alike.
const TEXT: [&str; 9] = [
    "color",
    "font-family",
    "font-size",
    "font-style",
    "font-weight",
    "font-variant-numeric",
    "line-height",
    "letter-spacing",
    "list-style-type",
];

/// A drawn figure.
pub struct Picture {
    /// The SVG document.
    pub svg: String,
    /// Its size in CSS pixels.
    pub width: f64,
    pub height: f64,
    /// Colour of the paper behind it.
    pub paper: String,
}

/// Draws `figure` as it stands; `None` if it is not on screen.
pub fn draw(figure: &Element) -> Option<Picture> {
    let area = figure.get_bounding_client_rect();
    let (width, height) = (area.width() + 2.0 * MARGIN, area.height() + 2.0 * MARGIN);
    if area.width() < 1.0 || area.height() < 1.0 {
        return None;
    }
    let body = document().body()?;
    let paper = computed(&body)?.get_property_value("background-color").ok()?;

    let mut pen = Pen { text: String::new() };
    pen.text.push_str(&format!(
        r#"<svg xmlns="{SVG}" width="{width}" height="{height}"><foreignObject x="{MARGIN}" y="{MARGIN}" width="{}" height="{}" overflow="visible">"#,
        area.width(),
        area.height(),
    ));
    pen.root(figure);
    pen.text.push_str("</foreignObject></svg>");
    Some(Picture { svg: pen.text, width, height, paper })
}

fn computed(element: &Element) -> Option<CssStyleDeclaration> {
    window().get_computed_style(element).ok().flatten()
}

struct Pen {
    text: String,
}

impl Pen {
    /// The figure itself: its place on the page does not matter here.
    fn root(&mut self, figure: &Element) {
        let Some(style) = computed(figure) else { return };
        self.text.push_str("<div xmlns=\"");
        self.text.push_str(HTML);
        self.text.push_str("\" style=\"");
        self.styles(&style, &BOX);
        self.styles(&style, &TEXT);
        self.text.push_str("box-sizing:border-box;position:relative;top:0;left:0;margin:0\">");
        self.children(figure);
        self.text.push_str("</div>");
    }

    fn children(&mut self, parent: &Node) {
        let nodes = parent.child_nodes();
        for node in (0..nodes.length()).filter_map(|i| nodes.item(i)) {
            if let Some(element) = node.dyn_ref::<Element>() {
                self.element(element);
            } else if node.node_type() == Node::TEXT_NODE {
                self.escaped(&node.node_value().unwrap_or_default());
            }
        }
    }

    fn element(&mut self, element: &Element) {
        if element.matches(LEFT_OUT).unwrap_or(false) {
            return;
        }
        let Some(style) = computed(element) else { return };
        let space = element.namespace_uri().unwrap_or_default();
        match space.as_str() {
            SVG => self.mark(element, &style),
            MATHML => self.formula(element, &style),
            _ => self.shape(element, &style),
        }
    }

    /// An SVG element: its own attributes, then what the style sheets make of it.
    fn mark(&mut self, element: &Element, style: &CssStyleDeclaration) {
        let tag = element.local_name();
        if style.get_property_value("display").is_ok_and(|display| display == "none") {
            return;
        }
        self.text.push('<');
        self.text.push_str(&tag);
        let outermost = tag == "svg";
        self.attributes(element, |name| {
            let size = outermost && matches!(name, "xmlns" | "width" | "height");
            !size && !matches!(name, "class" | "style") && !name.starts_with("aria-") && !MARK.contains(&name)
        });
        for name in MARK {
            if let Ok(value) = style.get_property_value(name)
                && !value.is_empty()
            {
                self.attribute(name, &value);
            }
        }
        if outermost {
            let area = element.get_bounding_client_rect();
            self.attribute("xmlns", SVG);
            self.attribute("width", &area.width().to_string());
            self.attribute("height", &area.height().to_string());
            self.text.push_str(" style=\"");
            self.styles(style, &BOX);
            self.text.push('"');
        }
        self.text.push('>');
        self.children(element);
        self.close(&tag);
    }

    /// A MathML element.
    fn formula(&mut self, element: &Element, style: &CssStyleDeclaration) {
        let tag = element.local_name();
        self.text.push('<');
        self.text.push_str(&tag);
        self.attributes(element, |name| !matches!(name, "class" | "style" | "xmlns"));
        self.attribute("xmlns", MATHML);
        self.text.push_str(" style=\"");
        self.styles(style, &TEXT);
        self.text.push_str("\">");
        self.children(element);
        self.close(&tag);
    }

    /// An HTML element: a box with everything said, so that nothing depends on what kind of element it was.
    fn shape(&mut self, element: &Element, style: &CssStyleDeclaration) {
        if style.get_property_value("display").is_ok_and(|display| display == "none") {
            return;
        }
        let source = match element.dyn_ref::<web_sys::HtmlCanvasElement>() {
            Some(canvas) => canvas.to_data_url().ok(),
            None => element.dyn_ref::<web_sys::HtmlImageElement>().map(web_sys::HtmlImageElement::src),
        };
        let tag = if source.is_some() { "img" } else { "div" };
        self.text.push('<');
        self.text.push_str(tag);
        // HTML inside a drawing (a foreignObject of the figure's own) leaves the drawing's namespace.
        if element.parent_element().and_then(|parent| parent.namespace_uri()).is_some_and(|space| space != HTML) {
            self.attribute("xmlns", HTML);
        }
        // An image from elsewhere would not load inside a picture; its place stays.
        if let Some(source) = source.filter(|source| source.starts_with("data:")) {
            self.attribute("src", &source);
        }
        self.text.push_str(" style=\"box-sizing:");
        self.text.push_str(&style.get_property_value("box-sizing").unwrap_or_default());
        self.text.push(';');
        self.styles(style, &BOX);
        self.styles(style, &TEXT);
        self.text.push_str("\">");
        if tag == "div" {
            self.children(element);
        }
        self.close(tag);
    }

    fn close(&mut self, tag: &str) {
        self.text.push_str("</");
        self.text.push_str(tag);
        self.text.push('>');
    }

    /// The element's attributes that `keep` wants.
    fn attributes(&mut self, element: &Element, keep: impl Fn(&str) -> bool) {
        for name in element.get_attribute_names().iter().filter_map(|name| name.as_string()) {
            if keep(&name)
                && !name.contains(':')
                && let Some(value) = element.get_attribute(&name)
            {
                self.attribute(&name, &value);
            }
        }
    }

    fn attribute(&mut self, name: &str, value: &str) {
        self.text.push(' ');
        self.text.push_str(name);
        self.text.push_str("=\"");
        self.escaped(value);
        self.text.push('"');
    }

    /// `name:value;` of each property.
    fn styles(&mut self, style: &CssStyleDeclaration, names: &[&str]) {
        for name in names {
            if let Ok(value) = style.get_property_value(name)
                && !value.is_empty()
            {
                self.text.push_str(name);
                self.text.push(':');
                self.escaped(&value);
                self.text.push(';');
            }
        }
    }

    fn escaped(&mut self, text: &str) {
        for c in text.chars() {
            match c {
                '&' => self.text.push_str("&amp;"),
                '<' => self.text.push_str("&lt;"),
                '>' => self.text.push_str("&gt;"),
                '"' => self.text.push_str("&quot;"),
                other => self.text.push(other),
            }
        }
    }
}
