//! The controls of the side panel. A parameter's row in `session::params` says what it is; here it becomes a slider
//! with a number field, a list of rows, a menu or a text field. Every control has its name in words, works by
//! keyboard and touch, and says when it could not take a value as it was given.

mod chips;
mod choice;
mod folder;
mod number;
mod param;
mod toggle;

pub use chips::{SetChips, outline as set_outline};
pub use choice::Choice;
pub use folder::folded_on_phone;
pub use param::ParamField;
pub use toggle::Toggle;
